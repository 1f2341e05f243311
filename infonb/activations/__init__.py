"""The labelled activations: recorded from a torch model, made from arrays, saved and opened.

``record`` and ``list_layers`` bring torch along and are imported on first use; the rest needs
numpy and xarray only, so that saved activations open quickly and without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from infonb.activations.arrays import from_arrays
from infonb.activations.labelled import check_activations
from infonb.activations.results import open, save
from infonb.activations.saving import open_activations, save_activations

if TYPE_CHECKING:
    from infonb.activations.recording import record
    from infonb.activations.table import list_layers

__all__ = [
    "check_activations",
    "from_arrays",
    "list_layers",
    "open",
    "open_activations",
    "record",
    "save",
    "save_activations",
]

_HOME = {"list_layers": "infonb.activations.table", "record": "infonb.activations.recording"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'infonb.activations' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
