"""Run a module as a server does: stopped at any time without a word, and gone with its parent.

This file is run by its path, before any package is there: it imports nothing that takes time, so
that Ctrl-C finds it ready. ``python -P child.py MODULE OPTIONS`` stands for ``python -m MODULE
OPTIONS``.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import runpy
import signal
import sys
import threading
import time

_INTERRUPTED = 130
# variable that names the end of a pipe whose other end the parent holds
_PARENT = "INFONB_PARENT"
_LONGEST_END = 20.0  # seconds
_PACKAGE = os.path.abspath(os.path.join(__file__, *3 * [os.pardir]))


def run(module: str) -> None:
    """Run a module; end with 130, and without a traceback, if Ctrl-C came while it started."""
    interrupted = False

    def note(number: int, frame: object) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    end_with_terminal()
    end_with_parent()
    for name in ("tornado.application", "asyncio"):
        logging.getLogger(name).addFilter(is_news)
    try:
        if module.startswith("infonb."):
            import_own_package()
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


def end_with_terminal() -> None:
    """Take the end of the terminal for a request to end, unless that is to be ignored (nohup)."""
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        signal.signal(hang_up, lambda *_: end())


def end_with_parent() -> None:
    """Take it for a request to end if the parent is gone, however it went."""
    handle = os.environ.pop(_PARENT, None)
    if handle is None:
        return
    os.set_inheritable(int(handle), False)

    def watch() -> None:
        os.read(int(handle), 1)  # nothing is ever written: it returns at the other end's end
        end()
        time.sleep(_LONGEST_END)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def end() -> None:
    """Ask this process to end."""
    os.kill(os.getpid(), signal.SIGTERM)


def import_own_package() -> None:
    """Import the infonb that this file belongs to, whatever else goes by that name."""
    spec = importlib.util.spec_from_file_location(
        "infonb", os.path.join(_PACKAGE, "__init__.py"), submodule_search_locations=[_PACKAGE]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules["infonb"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a record is more than that a tab was closed while its page was being computed."""
    error = record.exc_info[0] if record.exc_info else None
    return error is None or error.__name__ not in ("WebSocketClosedError", "StreamClosedError")


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    run(sys.argv[0])
