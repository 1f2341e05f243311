"""What commands share that make a report: their options, and how it is made and told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from infonb.reports.plan import START_TIMEOUT

if TYPE_CHECKING:
    from infonb.reports.plan import ReportPlan
    from infonb.reports.run import Report

__all__ = ["cluster_of", "make_report", "report_options"]


def report_options(default: str) -> Callable[[Any], Any]:
    """Give a command the options of a report; its folder is `default` unless one is given."""
    options = [
        click.option("-o", "--output", metavar="DIR",
                     help=f"Folder for notebook, page and results  [default: {default}]"),
        click.option("--workers", type=click.IntRange(1), metavar="N",
                     help="Make the runs in N processes, side by side."),
        click.option("--scheduler", metavar="ADDRESS",
                     help="Make the runs on a dask cluster: tcp://HOST:8786, or its file."),
        click.option("--show-code", is_flag=True,
                     help="Open the page with its code shown, not folded."),
        click.option("-q", "--quiet", is_flag=True, help="No progress bar."),
        click.option("--start-timeout", type=click.IntRange(1), default=START_TIMEOUT,
                     show_default=True, metavar="SECONDS",
                     help="How long the kernel may take to start."),
    ]  # fmt: skip

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def cluster_of(options: Mapping[str, Any]) -> list[str]:
    """Return the parameter, as ``name=value``, that says where runs are made; none for here."""
    workers, scheduler = options["workers"], options["scheduler"]
    if workers and scheduler:
        raise ValueError("give --workers or --scheduler, not both: runs are made in one place.")
    return [f"cluster={workers or scheduler}"] if workers or scheduler else []


def make_report(plan: Callable[[str | None], ReportPlan], options: Mapping[str, Any]) -> Report:
    """Check all with `plan`, which takes the folder, then run it, and print where its files are."""
    output = options["output"]
    if output is not None and not output.strip():
        raise click.UsageError("-o is empty; name a folder, such as -o report.")
    try:
        checked = plan(output)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from None

    # what notebooks are checked with makes grammars of addresses as it is imported, for a second;
    # there is none to check
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from infonb.reports.errors import ReportError
    from infonb.reports.run import execute_plan

    try:
        report = execute_plan(
            checked,
            show_code=options["show_code"],
            progress=not options["quiet"],
            start_timeout=options["start_timeout"],
        )
    except (ReportError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for path in (report.notebook, report.page, report.results):
        if path is not None:
            click.echo(path)
    return report
