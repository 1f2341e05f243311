"""Ctrl-C and the signals that end a process: at once in a long work, after the end of a short."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Signals"]

_NUMBERS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Signals:
    """
    Within it TERM and HUP do what Ctrl-C does: they raise, so that all is left in order.

    They raise a `SystemExit` with the exit code 128 + n, Ctrl-C a `KeyboardInterrupt`. Signals that
    the process ignores (nohup) stay ignored, handlers of the process's own are called. Outside the
    main thread, which alone can receive signals, it does nothing.
    """

    def __init__(self) -> None:
        #: The numbers that came.
        self.came: list[int] = []
        self._before: dict[int, Any] = {}
        self._held = False
        self._pending: list[int] = []

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in _NUMBERS:
                before = signal.getsignal(number)
                if before not in (signal.SIG_IGN, None):
                    self._before[number] = before
                    signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Bring what is within to its end first; a signal that came raises afterwards."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self._answer_pending()

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Within what is held: a long work, which a signal ends at once."""
        self._held = False
        try:
            self._answer_pending()
            yield
        finally:
            self._held = True

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.came.append(number)
        if self._held:
            self._pending.append(number)
        else:
            self._answer(number, frame)

    def _answer_pending(self) -> None:
        if self._pending:
            number, self._pending = self._pending[0], []
            self._answer(number, None)

    def _answer(self, number: int, frame: FrameType | None) -> None:
        before = self._before.get(number)
        if callable(before):
            before(number, frame)
        else:
            raise SystemExit(128 + number)
