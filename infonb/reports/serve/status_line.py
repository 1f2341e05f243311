"""Progress of a dashboard while it is made: one line that the page shows, and what went wrong.

Voilà shows a cell's outputs when the cell is done, so that a bar among them would be seen too late.
The first cell of a dashboard therefore shows one widget, which all bars write to while they move.
"""

from __future__ import annotations

import io
from html import escape
from typing import Any, ClassVar

from tqdm.std import tqdm

__all__ = ["status_line"]


def status_line() -> Any:
    """
    Return the widget that progress is written to, and let bars and errors write to it.

    Bars of `tqdm.auto` in the same process move on this line instead of among the outputs, and
    after a cell has failed no other is run, since each would fail for want of what it was to make.
    """
    import ipywidgets
    import tqdm.auto
    from IPython import get_ipython

    line = ipywidgets.HTML("<span data-failed=''></span>")
    _Bar.line = line
    tqdm.auto.tqdm = _Bar  # type: ignore[assignment]
    shell = get_ipython()
    if shell is not None:
        _stop_at_error(shell, line)
    return line


class _Bar(tqdm):
    """A progress bar whose text is written to the line of the page."""

    line: ClassVar[Any] = None
    shown: ClassVar[dict[int, str]] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"file": io.StringIO(), "mininterval": 0.3})

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Write the state of all bars, the outermost first."""
        of = "" if self.total is None else f" of {self.total:,}"
        self.shown[id(self)] = f"{self.desc.removesuffix(': ')} {self.n:,}{of}"
        self._write()

    def close(self) -> None:
        """Take the bar off the line."""
        super().close()
        if self.shown.pop(id(self), None) is not None:
            self._write()

    def _write(self) -> None:
        text = " · ".join(escape(text) for text in self.shown.values())
        self.line.value = f"<span data-failed=''>{text}</span>"


def _stop_at_error(shell: Any, line: Any) -> None:
    """Run no other cell after one has failed, and say so."""
    failed: list[bool] = []

    def after_cell(result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        if error is not None and not failed:
            failed.append(True)
            words = f"{type(error).__name__}: {error}"
            message = f"A cell failed, and those after it were not run. {words}"
            line.value = f'<span data-failed="{escape(message, quote=True)}"></span>'

    shell.events.register("post_run_cell", after_cell)
    shell.input_transformers_cleanup.append(lambda lines: [] if failed else lines)
