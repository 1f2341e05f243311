"""The command line, a file a command: list, run, compare, dashboard, lab, results, cache."""

from __future__ import annotations

import click

from infonb.cli.cache import cache
from infonb.cli.compare import compare
from infonb.cli.dashboard import dashboard
from infonb.cli.group import OneLineGroup
from infonb.cli.lab import lab
from infonb.cli.list_experiments import list_
from infonb.cli.results import results
from infonb.cli.run import run
from infonb.version import __version__

__all__ = ["main"]


@click.group(
    cls=OneLineGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="infonb")
@click.pass_context
def main(ctx: click.Context) -> None:
    """
    Ask what kind of memorization is in a network's activations.

    Each of the paper's experiments is a notebook with parameters; `run` turns it into an
    executed notebook, a page and labelled results, `dashboard` into a page with live controls.
    `compare` does so with your own models, from checkpoints or activations to a verdict.
    `lab` opens a copy of all notebooks and lessons to work in, `results` the page of larger runs.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for _command in (cache, compare, dashboard, lab, list_, results, run):
    main.add_command(_command)
