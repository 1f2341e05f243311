"""The command line: list the experiments, run a report, serve a dashboard, open the laboratory."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import click

from infonb.reports.plan import START_TIMEOUT
from infonb.reports.signals import Signals
from infonb.start import INTERRUPTED, started
from infonb.streams import usable_streams
from infonb.validate import did_you_mean
from infonb.version import __version__

__all__ = ["main"]

_REST = "infonb.rest"


class _Group(click.Group):
    """Commands whose every error is one line on standard error."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["standalone_mode"] = False
        with started(), Signals() as signals, usable_streams():
            try:
                code = super().main(*args, **kwargs)
            except click.ClickException as error:
                click.echo(f"Error: {error.format_message().strip()}", err=True)
                code = error.exit_code
            except (KeyboardInterrupt, click.Abort):
                code = INTERRUPTED
            except SystemExit as end:
                code = end.code
            except BrokenPipeError:  # the reader of a pipe has seen enough
                code = 1
            except OSError as error:
                # one without a file comes of writing to the stream
                is_stream = error.errno is not None and error.filename is None
                told = f"standard output: {error.strerror}." if is_stream else str(error)
                click.echo(f"Error: {told}", err=True)
                code = 1
            except Exception:  # an import that is interrupted can fail in other ways
                if not signals.came:
                    raise
                code = 128 + signals.came[0]
            if code in (INTERRUPTED, *(128 + number for number in signals.came)):
                click.echo("Interrupted.", err=True)
            sys.exit(code if isinstance(code, int) else 0)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0]
        commands = self.list_commands(ctx)
        if name not in commands and not name.startswith("-"):
            listed = ", ".join(repr(command) for command in commands)
            raise click.UsageError(
                f"no command {name!r}; there are {listed}.{did_you_mean(name, commands)}"
            )
        return super().resolve_command(ctx, args)


class _PassThrough(click.Command):
    """A command that leaves alone what stands after ``--``: options of another program."""

    def __init__(self, *args: Any, program: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.program = program

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), f"[-- {self.program.upper()} OPTIONS]"]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            args, ctx.meta[_REST] = args[:place], args[place + 1 :]
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name
            words = [word.lstrip("-") for word in error.possibilities or []]
            near = get_close_matches(name.lstrip("-"), words, n=1)
            hint = f" Did you mean --{near[0]}?" if near else ""
            named = next((arg for arg in given if arg.startswith(name)), name)
            raise click.UsageError(
                f"no option {name} of infonb.{hint} An option of {self.program} goes after --, "
                f"as in: infonb {self.name} ... -- {named}"
            ) from None


@click.group(
    cls=_Group,
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
    `lab` opens a copy of all notebooks and lessons to work in.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@main.command("list")
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


@main.command()
@click.argument("name")
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="KEY=VALUE",
              help="Value of a parameter; may be given again for others.")  # fmt: skip
@click.option("-o", "--output", metavar="DIR",
              help="Folder for notebook, page and results  [default: report/NAME]")  # fmt: skip
@click.option("--show-code", is_flag=True, help="Open the page with its code shown, not folded.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
@click.option("--start-timeout", type=click.IntRange(1), default=START_TIMEOUT, show_default=True,
              metavar="SECONDS", help="How long the kernel may take to start.")  # fmt: skip
def run(
    name: str,
    pairs: tuple[str, ...],
    output: str | None,
    show_code: bool,
    quiet: bool,
    start_timeout: int,
) -> None:
    """
    Run experiment NAME: executed notebook, HTML page and results.zarr.

    For example: infonb run colored-digits -p alpha=0,1 -o out
    """
    from infonb.reports.plan import plan_report

    if output is not None and not output.strip():
        raise click.UsageError("-o is empty; name a folder, such as -o report.")
    try:
        plan = plan_report(name, _parameters(pairs), output, text=True)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None

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


@main.command()
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


@main.command(cls=_PassThrough, program="Voilà")
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
        plan = plan_dashboard(name, _parameters(pairs), text=True)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from None
    click.echo(plan.title)
    options = ["--no-browser"] if no_browser else []
    try:
        code = start_dashboard(plan, port, [*options, *ctx.meta.get(_REST, [])])
    except OSError as error:
        raise click.ClickException(str(error)) from None
    _exit(code)


@main.command(cls=_PassThrough, program="JupyterLab")
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

    options = [*(["--no-browser"] if no_browser else []), *ctx.meta.get(_REST, [])]
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
    _exit(code)


def _exit(code: int) -> None:
    """End with the exit code of a server."""
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    sys.exit(code)


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _parameters(pairs: Iterable[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name = name.strip()
        if not sign or not name:
            raise ValueError(f"-p {pair!r} must have the form name=value.")
        if name in texts:
            raise ValueError(f"parameter {name!r} is given twice.")
        texts[name] = text
    return texts


if __name__ == "__main__":
    main()
