"""Run a module as a server does, so that being stopped while it starts is no error.

This file is run by its path, before any package is there: it imports nothing that takes time, so
that Ctrl-C finds it ready. ``python -P child.py MODULE OPTIONS`` stands for ``python -m MODULE
OPTIONS``.
"""

from __future__ import annotations

import logging
import os
import runpy
import signal
import sys

_INTERRUPTED = 130


def run(module: str) -> None:
    """Run a module; end with 130, and without a traceback, if Ctrl-C came while it started."""
    interrupted = False

    def note(number: int, frame: object) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    for name in ("tornado.application", "asyncio"):
        logging.getLogger(name).addFilter(is_news)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Exception:  # an import that is interrupted can fail in other ways
        if not interrupted:
            raise
    except KeyboardInterrupt:
        pass
    else:
        return
    # what threads and half-made modules would say at the end is no news either
    os._exit(_INTERRUPTED)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a record is more than that a tab was closed while its page was being computed."""
    error = record.exc_info[0] if record.exc_info else None
    return error is None or error.__name__ not in ("WebSocketClosedError", "StreamClosedError")


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    run(sys.argv[0])
