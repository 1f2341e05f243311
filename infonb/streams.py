"""The streams of a command, which may be closed, full, or take no letters but ASCII."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["fill_streams", "usable_streams"]


class _Forgiving:
    """Standard error, on which nothing that cannot be written ends the work that it is about."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def fill_streams() -> None:
    """Open what was closed of the three streams, whose numbers other files would get."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, stream)


@contextmanager
def usable_streams() -> Iterator[None]:
    """Within it every text can be written, and a full or closed standard error is no error."""
    before, sys.stderr = sys.stderr, _Forgiving(sys.stderr)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # names that are not UTF-8 are written as they are; other encodings lack letters
        is_utf8 = codecs.lookup(sys.stdout.encoding).name == "utf-8"
        sys.stdout.reconfigure(errors="surrogateescape" if is_utf8 else "replace")
    try:
        yield
    finally:
        sys.stderr = before
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            if not _is_writable(stream):  # Python would say so once more at its end
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _is_writable(stream: Any) -> bool:
    """Whether all that was written to a stream has gone where it was to go."""
    try:
        stream.flush()
    except (OSError, ValueError):
        return False
    return True
