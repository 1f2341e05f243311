"""The experiments and their parameters as text for a terminal."""

from __future__ import annotations

import textwrap

from infonb import experiments
from infonb.parameters import describe, to_text
from infonb.reports.plan import RESERVED

__all__ = ["describe_experiment"]

_WIDTH = 100

#: Longest text of a column.
_CELL = 30


def describe_experiment(name: str) -> str:
    """Return an experiment and its parameters as text that fits the screen."""
    experiment = experiments.get(name)
    rows = [
        (info.name, info.type, to_text(info.default), info.limits, info.help)
        for info in describe(experiment)
        if info.name not in RESERVED
    ]
    header = ("parameter", "type", "default", "valid", "meaning")
    widths = [max(min(len(row[i]), _CELL) for row in [header, *rows]) for i in range(4)]
    lines = [f"{name}: {experiment.title()}"]
    lines += textwrap.wrap(" ".join(experiment.claim.split()), _WIDTH - 2, initial_indent="  ",
                           subsequent_indent="  ")  # fmt: skip
    for preset, values in experiment.PRESETS.items():
        words = ", ".join(f"{key}={to_text(value)}" for key, value in values.items())
        spaced = f"preset={preset}: {words}".replace(", ", ",").replace(",", ", ")
        lines += textwrap.wrap(
            spaced, _WIDTH - 2, initial_indent="  ", subsequent_indent="    "
        )  # fmt: skip
    for row in [header, *rows]:
        if max(map(len, row[:4])) > _CELL:  # as sentences, with room to break lists
            lines += [f"  {row[0].ljust(widths[0])}  {row[1]}"]
            told = [
                f"default: {row[2]}".replace(",", ", "),
                *([f"valid: {row[3]}"] if row[3] else []),
                row[4],
            ]
            for words in told:
                lines += textwrap.wrap(
                    words, _WIDTH, initial_indent=" " * 6,
                    subsequent_indent=" " * 8,
                )  # fmt: skip
            continue
        start = "  " + "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=False)
        )
        room = _WIDTH - len(start) - 2
        if room >= 24:
            lines += textwrap.wrap(row[4], _WIDTH, initial_indent=f"{start}  ",
                                   subsequent_indent=" " * (len(start) + 2)) or [start]  # fmt: skip
        else:  # names or values so long that the meaning goes below
            lines += [start.rstrip()]
            lines += textwrap.wrap(
                row[4], _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6
            )
    return "\n".join(line.rstrip() for line in lines)
