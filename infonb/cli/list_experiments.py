"""``infonb list``: the experiments with their parameters, and the lessons."""

from __future__ import annotations

import click

__all__ = ["list_"]


@click.command("list")
@click.argument("name", required=False)
def list_(name: str | None) -> None:
    """Show the experiments (or only NAME) with their parameters, and the lessons."""
    from infonb import experiments
    from infonb.reports.listing import describe_experiment
    from infonb.reports.notebooks import lessons, notebook_title

    try:
        chosen = [experiments.get(name).name] if name else None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo("\n\n".join(describe_experiment(item) for item in chosen or experiments.names()))
    if chosen is None and (paths := lessons()):
        click.echo("\nlessons, for `infonb lab` and `infonb dashboard NUMBER`:")
        click.echo("\n".join(f"  {notebook_title(path)}" for path in paths.values()))
