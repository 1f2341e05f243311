"""The first moments of the command ``infonb``, before anything is imported that takes time.

The package imports this first: half a second goes by until the command line itself can answer
Ctrl-C. In other programs that import infonb nothing happens.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

__all__ = ["INTERRUPTED", "started"]

INTERRUPTED = 130


def _start() -> None:
    """Make Ctrl-C an end without a traceback, the current folder no place of modules."""
    by_module = _by_module()
    if not by_module and os.path.basename(_called_as()) not in ("infonb", "infonb.exe"):
        return
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    from infonb.streams import fill_streams  # not before: it imports more

    fill_streams()
    if by_module and not sys.flags.safe_path and sys.path and sys.path[0] in ("", _current()):
        # what lies there is the user's; infonb, if it does, is found already
        del sys.path[0]


@contextmanager
def started() -> Iterator[None]:
    """Within it Ctrl-C is an exception as elsewhere: what has been made is left in order."""
    is_ours = signal.getsignal(signal.SIGINT) is _end
    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, _end)


def _called_as() -> str:
    return (getattr(sys, "argv", None) or [""])[0]


def _by_module() -> bool:
    """Whether Python is just starting ``python -m infonb``."""
    return _called_as() == "-m" and ("-m", "infonb") in pairwise(sys.orig_argv)


def _current() -> str:
    try:
        return os.getcwd()
    except OSError:  # it has been removed
        return ""


def _end(number: int, frame: object) -> None:
    # nothing has been made that would have to be cleaned up, and no import is asked to end well
    os.write(2, b"Interrupted.\n")
    os._exit(INTERRUPTED)


_start()
