"""An option that takes several words: ``--weights a.pt b.pt``, as the shell writes out ``*.pt``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

__all__ = ["SeveralWords"]


class SeveralWords(click.Command):
    """A command of whose options some take all words up to the next option."""

    def __init__(self, *args: Any, several: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.several = tuple(several)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat such an option before each of its words, and parse that."""
        return super().parse_args(ctx, self._repeated(args))

    def _repeated(self, args: list[str]) -> list[str]:
        told: list[str] = []
        option = ""  # the one whose words are being taken
        for place, arg in enumerate(args):
            if arg == "--":
                return [*told, *args[place:]]
            name, sign, word = arg.partition("=")
            if name in self.several:
                option = name
                following = args[place + 1 : place + 2]
                if sign:
                    told += [option, word]
                elif not following or following[0].startswith("-"):
                    raise click.UsageError(f"{option} is empty; name at least one.")
            elif arg.startswith("-") and arg != "-":
                option = ""
                told.append(arg)
            else:
                told += [option, arg] if option else [arg]
        return told
