"""``infonb dashboard``: a notebook as a page with live controls."""

from __future__ import annotations

import click

from infonb.cli.group import REST, PassThrough, end_with
from infonb.cli.parameter_texts import parameter_texts

__all__ = ["dashboard"]


@click.command(cls=PassThrough, program="Voilà")
@click.argument("name")
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="KEY=VALUE",
              help="Value of an experiment's parameter; may be given again.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8866, show_default=True,
              metavar="PORT",
              help="Port to serve on, or the next that is free; 0 is any.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.pass_context
def dashboard(
    ctx: click.Context, name: str, pairs: tuple[str, ...], port: int, no_browser: bool
) -> None:
    """
    Serve experiment or lesson NAME as a dashboard: code hidden, controls live.

    NAME is that of an experiment, or the number or name of a lesson. The notebook runs anew for
    each page that is opened, from a temporary copy, until the page is closed; Ctrl-C ends it. The
    address has a token, without which nobody but you is let in.

    What stands after `--` goes to Voilà: --theme=dark, --token= (none is asked for), --ip=0.0.0.0
    (for other machines), --host=NAME (a name under which it is asked for there), --max_kernels=8
    (pages that may be open at once).

    For example: infonb dashboard colored-digits -p alpha=0,1 -- --theme=dark
    """
    from infonb.reports.serve.dashboard import plan_dashboard, start_dashboard

    try:
        plan = plan_dashboard(name, parameter_texts(pairs), text=True)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from None
    click.echo(plan.title)
    options = ["--no-browser"] if no_browser else []
    try:
        code = start_dashboard(plan, port, [*options, *ctx.meta.get(REST, [])])
    except OSError as error:
        raise click.ClickException(str(error)) from None
    end_with(code)
