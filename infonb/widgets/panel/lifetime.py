"""Panels and widgets that are closed for good: a cell that runs again leaves none of before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakSet

__all__ = ["Closable", "close_previous", "close_widgets", "with_children"]

_CLOSED = "This panel is closed, and its data are gone: run the cell again that makes it."

#: Cell → its last execution, and the panels that this made.
_MADE: dict[str, tuple[str, WeakSet[Any]]] = {}


class Closable:
    """What has controls and pictures that can be closed: it holds no widget and no data then."""

    controls: dict[str, Any]
    beside: list[Any]
    images: dict[str, Any]
    message: Any
    _view: Any = None
    _over = ""
    """Why it cannot draw any more; empty while it can."""
    _owns_controls = False

    def close(self) -> None:
        """Close the panel and all its widgets; it holds no data any more."""
        self.release(everything=True)

    def release(self, everything: bool = False) -> None:
        """Close the panel, but leave the controls that are not its own, unless `everything`."""
        if self.images:
            if not self._over:
                self._forget(_CLOSED)
            self._over = _CLOSED
            self._close_widgets(everything)
            self.images, self._view = {}, None

    def _update(self, change: Any = None) -> None:
        """Follow the controls."""

    def _forget(self, why: str) -> None:
        """Let go of the data; the pictures stay as they are."""
        self._over = why
        for control in self.controls.values():
            control.unobserve(self._update, names="value")
        if self._owns_controls:
            for one in [*self.controls.values(), *self.beside]:
                one.unobserve_all()
            for control in self.controls.values():
                control.observe(_complain(why), names="value")

    def _close_widgets(self, everything: bool) -> None:
        given = [*self.controls.values(), *self.beside]
        mine = [self._view, self.message, *self.images.values()]
        if everything or self._owns_controls:
            close_widgets([*mine, *given])
        else:
            close_widgets(mine, keep=given)

    def _check_open(self, drawing: bool = False) -> None:
        """Raise if the panel is closed, or cannot draw any more."""
        if self._over and (drawing or not self.images):
            raise RuntimeError(self._over)


def _complain(why: str) -> Callable[[Any], None]:
    def complain(change: Any) -> None:
        raise RuntimeError(why)

    return complain


def with_children(widgets: Iterable[Any]) -> list[Any]:
    """Return widgets with all that belong to them: children, layouts, styles, links."""
    from ipywidgets import Widget

    found: dict[int, Any] = {}
    left = list(widgets)
    while left:
        one = left.pop()
        if isinstance(one, list | tuple):
            left += one
        elif isinstance(one, Widget) and id(one) not in found:
            found[id(one)] = one
            left += [*one._trait_values.values(), *vars(one).values()]
    return list(found.values())


def close_widgets(widgets: Iterable[Any], keep: Iterable[Any] = ()) -> None:
    """Close widgets and all that belong to them, but for some; they keep their values."""
    stay = {id(one) for one in with_children(keep)}
    for one in with_children(widgets):
        if id(one) not in stay:
            one.close()


def close_previous(panel: Closable) -> None:
    """
    Close the panels that the running cell made when it ran before, and keep this one in mind.

    IPython keeps what a cell showed, and ipywidgets every widget: a cell that is run ten times
    would hold the data ten times. Outside a notebook, and where the front end does not tell which
    cell runs, nothing is done.
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
