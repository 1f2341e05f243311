"""TorchLens, which sees every operation of a forward pass: lent, and torch restored afterwards."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

__all__ = [
    "ONE_AT_A_TIME",
    "check_installed",
    "looks_like_operation",
    "torch_lens",
    "torch_lens_version",
]

#: What recordings of operations wait for: functions of torch are changed for the whole process.
ONE_AT_A_TIME = object()

_NAME = re.compile(r"[a-z][a-z0-9]*(_\d+){2}(:\d+)?")  # relu_1_2; its second call relu_1_2:2


def looks_like_operation(name: str) -> bool:
    """Tell whether a name is of the form that TorchLens gives to operations."""
    return _NAME.fullmatch(name) is not None


def check_installed(what: str) -> None:
    """Raise unless TorchLens is there; `what` needs it."""
    if find_spec("torchlens") is None:
        raise ImportError(
            f"{what}; operations are seen by TorchLens, which is not installed: "
            "pip install 'infonb[operations]'."
        )


def torch_lens_version() -> str:
    """Return the name and version of TorchLens, which gives the names."""
    return f"torchlens {version('torchlens')}"


@contextmanager
def torch_lens() -> Iterator[Any]:
    """Lend TorchLens for a ``with`` block, during which it wraps the functions of torch."""
    import torchlens
    from torchlens.backends.torch.wrappers import wrapped
    from torchlens.errors import TorchLensWarning

    with warnings.catch_warnings():
        # what it says of itself: errors of the model come as such
        warnings.simplefilter("ignore", TorchLensWarning)
        warnings.filterwarnings("ignore", message="TorchLens")
        with wrapped():
            yield torchlens
