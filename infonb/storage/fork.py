"""A fork of a process that has computed with dask can compute, too, instead of waiting for ever."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

__all__ = ["start_anew_in_forks"]


def start_anew_in_forks() -> None:
    """Let dask start threads of its own in a fork: those that it knows have not come along."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_threads)


def _forget_threads() -> None:
    threaded: Any = sys.modules.get("dask.threaded")
    if threaded is not None:
        threaded.default_pool = None
        threaded.pools.clear()
        threaded.pools_lock = threading.Lock()  # another thread may have held it
