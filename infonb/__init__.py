"""Entropy and mutual information of a network's activations, labelled and notebook-native.

The public names are imported on first use, so that ``import infonb`` costs little more than
numpy and xarray.
"""

from __future__ import annotations

from infonb import start as _start  # noqa: F401  (first: the command answers Ctrl-C from here on)

# isort: split
from importlib import import_module
from typing import TYPE_CHECKING, Any

from infonb.measures import accessor as _accessor  # noqa: F401  (registers ds.infonb)
from infonb.version import __version__

if TYPE_CHECKING:
    from infonb.activations import (
        from_arrays,
        list_layers,
        open,
        open_activations,
        record,
        save,
        save_activations,
    )
    from infonb.measures import entropy, mixture_density, mutual_information, summary
    from infonb.plots import plot_activations, plot_entropy, plot_mutual_information
    from infonb.reports import report
    from infonb.selection import Watch, activating_examples, compare, intervene, rank
    from infonb.training import fit
    from infonb.widgets import explore, explore_sweep, explore_training

_HOME = {
    "record": "infonb.activations",
    "list_layers": "infonb.activations",
    "from_arrays": "infonb.activations",
    "save_activations": "infonb.activations",
    "open_activations": "infonb.activations",
    "save": "infonb.activations",
    "open": "infonb.activations",
    "entropy": "infonb.measures",
    "mutual_information": "infonb.measures",
    "mixture_density": "infonb.measures",
    "summary": "infonb.measures",
    "plot_entropy": "infonb.plots",
    "plot_mutual_information": "infonb.plots",
    "plot_activations": "infonb.plots",
    "compare": "infonb.selection",
    "rank": "infonb.selection",
    "activating_examples": "infonb.selection",
    "Watch": "infonb.selection",
    "report": "infonb.reports",
    "intervene": "infonb.selection",
    "fit": "infonb.training",
    "explore": "infonb.widgets",
    "explore_sweep": "infonb.widgets",
    "explore_training": "infonb.widgets",
}

__all__ = [
    "Watch",
    "__version__",
    "activating_examples",
    "compare",
    "entropy",
    "explore",
    "explore_sweep",
    "explore_training",
    "fit",
    "from_arrays",
    "intervene",
    "list_layers",
    "mixture_density",
    "mutual_information",
    "open",
    "open_activations",
    "plot_activations",
    "plot_entropy",
    "plot_mutual_information",
    "rank",
    "record",
    "report",
    "save",
    "save_activations",
    "summary",
]


#: Rooms that are used by their name, as in ``inb.memorization.in_out``; imported on first use, too.
_ROOMS = ("memorization", "probing", "training")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"infonb.{name}")
    if name in _HOME:
        globals()[name] = found = getattr(import_module(_HOME[name]), name)
        return found
    raise AttributeError(f"module 'infonb' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
