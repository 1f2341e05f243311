"""One recording of a model at a time, under settings of torch that call every module."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import nn

__all__ = ["alone", "every_module_called"]

_CHANGED = threading.Condition()
_USED: dict[int, int] = {}  # module → the thread that records it
_SETTINGS = ExitStack()
_N_USERS = [0]


def _forget() -> None:
    """Begin anew in a forked process, which has none of the threads."""
    global _CHANGED
    _CHANGED = threading.Condition()
    _USED.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def alone(model: nn.Module, *others: object) -> Iterator[None]:
    """Wait until no other thread records a module of a model, or uses others; keep it waiting."""
    me = threading.get_ident()
    things = {id(thing) for thing in (*model.modules(), *others)}
    with _CHANGED:
        _CHANGED.wait_for(lambda: all(_USED.get(thing, me) == me for thing in things))
        mine = things - _USED.keys()  # not those of a recording that this one is a part of
        _USED.update(dict.fromkeys(mine, me))
    try:
        yield
    finally:
        with _CHANGED:
            for thing in mine:
                _USED.pop(thing, None)
            _CHANGED.notify_all()


@contextmanager
def every_module_called() -> Iterator[None]:
    """Let torch call every module by itself: nothing compiled, no layer as one function."""
    # the settings are those of the whole process: the first to come sets them, the last restores
    with _CHANGED:
        if _N_USERS[0] == 0:
            _set()
        _N_USERS[0] += 1
    try:
        yield
    finally:
        with _CHANGED:
            _N_USERS[0] -= 1
            if _N_USERS[0] == 0:
                _SETTINGS.close()


def _set() -> None:
    fast = torch.backends.mha.get_fastpath_enabled()
    # else torch's transformer layers compute as one function and call no submodule
    torch.backends.mha.set_fastpath_enabled(False)
    _SETTINGS.callback(torch.backends.mha.set_fastpath_enabled, fast)
    # what is compiled needs this module, which takes seconds to import
    if "torch._dynamo" in sys.modules and hasattr(torch.compiler, "set_stance"):  # torch 2.6
        _SETTINGS.enter_context(torch.compiler.set_stance("force_eager"))
