"""How the commands end: every error one line, and options that are another program's."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import Any

import click

from infonb.reports.signals import Signals
from infonb.start import INTERRUPTED, started
from infonb.streams import usable_streams
from infonb.validate import did_you_mean

__all__ = ["REST", "OneLineGroup", "PassThrough", "end_with"]

#: Where a command finds what stood after ``--``.
REST = "infonb.rest"


class OneLineGroup(click.Group):
    """Commands whose every error is one line on standard error."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command and end the process with its code."""
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
        """Find the command, or say which there are."""
        name = args[0]
        commands = self.list_commands(ctx)
        if name not in commands and not name.startswith("-"):
            listed = ", ".join(repr(command) for command in commands)
            hint = _meant(name, args[1:]) or did_you_mean(name, commands)
            raise click.UsageError(f"no command {name!r}; there are {listed}.{hint}")
        return super().resolve_command(ctx, args)


def _meant(name: str, others: list[str]) -> str:
    """Return the command for models of one's own, where words or files say that it is wanted."""
    if name == "report" and not _is_model(others[:1]):
        return " Did you mean 'run', for an experiment, or 'compare', for models of your own?"
    if name in ("report", "verdict", "diff", "models") or _is_model([name]):
        return " Did you mean 'compare'? As in: infonb compare A B --reference A"
    return ""


def _is_model(args: list[str]) -> bool:
    endings = (".zarr", ".safetensors", ".pt", ".pth", ".bin", ".ckpt")
    return any(arg.rstrip("/").endswith(endings) for arg in args)


class PassThrough(click.Command):
    """A command that leaves alone what stands after ``--``: options of another program."""

    def __init__(self, *args: Any, program: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.program = program

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the parts of the line of usage."""
        return [*super().collect_usage_pieces(ctx), f"[-- {self.program.upper()} OPTIONS]"]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Set aside what is another program's, and parse the rest."""
        if "--" in args:
            place = args.index("--")
            args, ctx.meta[REST] = args[:place], args[place + 1 :]
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


def end_with(code: int) -> None:
    """End with the exit code of a server."""
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    sys.exit(code)
