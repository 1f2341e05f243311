"""``infonb cache``: the finished runs that are kept."""

from __future__ import annotations

import click

__all__ = ["cache"]


@click.command()
@click.option("--clear", is_flag=True, help="Remove all runs that are kept.")
def cache(clear: bool) -> None:
    """
    Show the runs that are kept, or remove them.

    They are in the folder named by the environment variable INFONB_CACHE, else in the user's
    cache, and are used again when a sweep is repeated, resumed or extended. Runs that a process
    is making are not removed, nor is anything that infonb has not made.
    """
    from infonb.experiments.cache import cache_folder
    from infonb.experiments.clearing import describe_runs, remove_runs

    folder = cache_folder()
    if folder is None:
        click.echo("No runs are kept: INFONB_CACHE is none.")
        return
    try:
        for line in describe_runs(folder, to_remove=clear):
            click.echo(line)
        for line in remove_runs(folder) if clear else ():
            click.echo(line)
    except OSError as error:
        raise click.ClickException(str(error)) from None
