"""``infonb run``: an experiment as executed notebook, page and results."""

from __future__ import annotations

import click

from infonb.cli.parameter_texts import parameter_texts
from infonb.reports.plan import START_TIMEOUT

__all__ = ["run"]


@click.command()
@click.argument("name")
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="KEY=VALUE",
              help="Value of a parameter; may be given again for others.")  # fmt: skip
@click.option("-o", "--output", metavar="DIR",
              help="Folder for notebook, page and results  [default: report/NAME]")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), metavar="N",
              help="Make the runs in N processes, side by side.")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS",
              help="Make the runs on a dask cluster: tcp://HOST:8786, or its file.")  # fmt: skip
@click.option("--show-code", is_flag=True, help="Open the page with its code shown, not folded.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
@click.option("--start-timeout", type=click.IntRange(1), default=START_TIMEOUT, show_default=True,
              metavar="SECONDS", help="How long the kernel may take to start.")  # fmt: skip
def run(
    name: str,
    pairs: tuple[str, ...],
    output: str | None,
    workers: int | None,
    scheduler: str | None,
    show_code: bool,
    quiet: bool,
    start_timeout: int,
) -> None:
    """
    Run experiment NAME: executed notebook, HTML page and results.zarr.

    For example: infonb run colored-digits -p alpha=0,1 -o out

    With --workers or --scheduler the result is the same, bit for bit. A worker that is killed costs
    its own run, which another takes up.
    """
    from infonb.reports.plan import plan_report

    if output is not None and not output.strip():
        raise click.UsageError("-o is empty; name a folder, such as -o report.")
    try:
        parameters = parameter_texts([*pairs, *_cluster(workers, scheduler)])
        plan = plan_report(name, parameters, output, text=True)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from None

    from infonb.reports.errors import ReportError
    from infonb.reports.run import execute_plan

    try:
        report = execute_plan(
            plan, show_code=show_code, progress=not quiet, start_timeout=start_timeout
        )
    except (ReportError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for path in (report.notebook, report.page, report.results):
        if path is not None:
            click.echo(path)


def _cluster(workers: int | None, scheduler: str | None) -> list[str]:
    """Return the parameter that says where runs are made."""
    if workers and scheduler:
        raise ValueError("give --workers or --scheduler, not both: runs are made in one place.")
    return [f"cluster={workers or scheduler}"] if workers or scheduler else []
