"""``infonb run``: an experiment as executed notebook, page and results."""

from __future__ import annotations

from typing import Any

import click

from infonb.cli.parameter_texts import parameter_texts
from infonb.cli.reporting import cluster_of, make_report, report_options

__all__ = ["run"]


@click.command()
@click.argument("name")
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="KEY=VALUE",
              help="Value of a parameter; may be given again for others.")  # fmt: skip
@report_options("report/NAME")
def run(name: str, pairs: tuple[str, ...], **options: Any) -> None:
    """
    Run experiment NAME: executed notebook, HTML page and results.zarr.

    For example: infonb run colored-digits -p alpha=0,1 -o out

    With --workers or --scheduler the result is the same, bit for bit. A worker that is killed costs
    its own run, which another takes up.
    """
    from infonb.reports.plan import ReportPlan, plan_report

    def plan(output: str | None) -> ReportPlan:
        parameters = parameter_texts([*pairs, *cluster_of(options)])
        return plan_report(name, parameters, output, text=True)

    make_report(plan, options)
