"""``infonb lab``: JupyterLab on a copy of the notebooks and lessons."""

from __future__ import annotations

import click

from infonb.cli.group import REST, PassThrough, end_with

__all__ = ["lab"]


@click.command(cls=PassThrough, program="JupyterLab")
@click.argument("folder", metavar="[DIR]", default="infonb-lab")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.pass_context
def lab(ctx: click.Context, folder: str, no_browser: bool) -> None:
    """
    Open JupyterLab on a copy of the notebooks and lessons in DIR (default: infonb-lab).

    Files that you have changed are kept; others are brought up to date. What stands after `--`
    goes to JupyterLab.
    """
    from infonb.reports.folders import named
    from infonb.reports.serve.copies import GUIDE, copy_notebooks
    from infonb.reports.serve.lab import start_lab

    options = [*(["--no-browser"] if no_browser else []), *ctx.meta.get(REST, [])]
    if not folder.strip():
        raise click.UsageError("DIR is empty; name a folder, such as infonb-lab.")
    try:
        copies = copy_notebooks(folder)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    updated = f", {len(copies.updated)} brought up to date" if copies.updated else ""
    guide = copies.guide
    click.echo(f"{named(guide.parent)}: {_files(len(copies.copied))} copied{updated}.")
    if guide.name != GUIDE:
        click.echo(f"kept: {named(guide.with_name(GUIDE))} is not infonb's; see {named(guide)}")
    for path in copies.kept:
        click.echo(f"kept, for it has been changed: {named(path)}")
    for path in copies.beside:
        click.echo(f"its new version: {named(path)}")
    for path in copies.cut:
        click.echo(f"put aside, for its end is missing: {named(path)}")
    try:
        code = start_lab(guide.parent, options)
    except OSError as error:
        raise click.ClickException(str(error)) from None
    end_with(code)


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
