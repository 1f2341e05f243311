"""``infonb results``: the recorded runs on real data, as a page."""

from __future__ import annotations

import click

__all__ = ["results"]


@click.command()
@click.option("-o", "--output", metavar="DIR", default="report", show_default=True,
              help="Folder for RESULTS.html.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def results(output: str, no_browser: bool) -> None:
    """
    Open the page of the recorded runs: what came of the experiments on real data.

    These runs are longer than those of the defaults; each stands there with its command. A report
    has the same page beside its own.
    """
    from infonb.reports.folders import named
    from infonb.reports.results_page import write_results_page

    if not output.strip():
        raise click.UsageError("-o is empty; name a folder, such as -o report.")
    try:
        path = write_results_page(output)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    click.echo(named(path))
    if not no_browser:
        click.launch(path.absolute().as_uri())
