"""One progress bar for all long work: live in a notebook or terminal, plain text in a report."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from infonb.validate import check_choice

__all__ = ["progress_bar"]


def progress_bar(
    iterable: Iterable[Any] | None = None,
    *,
    show: bool | str = True,
    total: int | None = None,
    desc: str | None = None,
    unit: str = "it",
    leave: bool = True,
) -> Any:
    """
    Return a tqdm bar around an iterable.

    Parameters
    ----------
    iterable
        What to iterate over; None for a bar that is moved by ``update``.
    show
        True: a live bar (a widget in Jupyter). ``"transient"``: one that vanishes when it is
        full, for a step of a longer work. ``"text"``: plain text on standard output, for pages
        that are read without a kernel. False: nothing.
    total, desc, unit, leave
        As in tqdm: number of steps, the words before the bar, the name of a step, whether the
        finished bar stays.

    Examples
    --------
    >>> [i for i in progress_bar(range(3), show=False)]
    [0, 1, 2]
    """
    check_choice("show", show, [True, False, "text", "transient"])
    leave = leave and show != "transient"
    if show == "text":
        from tqdm import tqdm

        return tqdm(
            iterable, total=total, desc=desc, unit=unit, leave=leave, file=sys.stdout, ascii=True,
            mininterval=1.0, ncols=80,
        )  # fmt: skip
    from tqdm.auto import tqdm as auto

    return auto(iterable, total=total, desc=desc, unit=unit, leave=leave, disable=not show)
