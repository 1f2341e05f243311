"""Panels that a cell of a notebook made: when it runs again, those of before are closed."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

__all__ = ["remember"]

#: Cell → its last execution, and the panels that this made.
_MADE: dict[str, tuple[str, WeakSet[Any]]] = {}


def remember(panel: Any) -> None:
    """
    Close the panels that the running cell made when it ran before, and keep this one in mind.

    IPython keeps what a cell showed, and ipywidgets every widget: a cell that is run ten times
    would hold the data ten times. Outside a notebook, and where the front end does not tell which
    cell runs, nothing is done.

    Parameters
    ----------
    panel
        Has a method ``release``.

    Examples
    --------
    See `infonb.widgets.Panel`.
    """
    cell, execution = _running()
    if not cell:
        return
    before = _MADE.get(cell)
    if before is None or before[0] != execution:
        _MADE[cell] = (execution, WeakSet())
        for old in list(before[1]) if before else []:
            old.release()
    _MADE[cell][1].add(panel)


def _running() -> tuple[str, str]:
    """Return the cell that runs, and the number of its execution; nothing if they are not known."""
    import sys

    if "IPython" not in sys.modules:
        return "", ""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None or not hasattr(kernel, "get_parent"):
        return "", ""
    parent = kernel.get_parent("shell") or {}
    cell = (parent.get("metadata") or {}).get("cellId") or ""
    return str(cell), str((parent.get("header") or {}).get("msg_id", ""))
