"""One ruler of memorization: what it measures, of what, and what it needs for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import xarray as xr

if TYPE_CHECKING:
    from infonb.memorization.rulers.given import Given

__all__ = ["NEEDS", "Reading", "Ruler"]

#: What a ruler may need, and where one gets it.
NEEDS = {
    "acts": "activations: a network and data, or a recording of infonb.record",
    "labels": "the labels that were taught: data with label (sample), or label=",
    "model": "the network itself and its data: a torch module, with data that have input and label",
    "inputs": "the inputs: data with input (sample, ...)",
    "loss": "the loss of each label: a network with data and labels, or dynamics=",
    "told": "what the network says of each sample: a network with data and labels, or dynamics=",
    "truth": "the true labels: a coordinate true_label (sample) beside the labels that were taught",
    "is_in": "which samples were trained on: is_in= (sample), with samples that were not",
    "dynamics": "a training that was followed: dynamics= the results of infonb.training.Dynamics",
    "trainings": "trainings with and without each sample: trainings=(score, held_out), as in_out "
    "takes them",
}


class Reading(NamedTuple):
    """What a ruler reads, with what it knows itself of its error and of chance."""

    value: xr.DataArray
    interval: xr.DataArray | None = None
    null: xr.DataArray | None = None
    null_words: str = ""


@dataclass(frozen=True)
class Ruler:
    """A ruler: one row of `rulers`, and, where data allow it, how it is read."""

    name: str
    measures: str
    of: str
    """What it is a reading of: sample, pair, unit, layer or network."""
    dims: str
    needs: tuple[str, ...]
    """Keys of `NEEDS`; or, of a ruler with a function of its own alone, words."""
    trainings: int
    """How many trainings it takes; of `in_out`, that of ten halves and their complements."""
    source: str
    functions: tuple[str, ...]
    memorized: str = "high"
    """Which of its values speak for memorization."""
    read: Callable[[Given], Reading] | None = None
    """None: it has a function of its own, and is not among those that `measure` reads."""
    quick: bool = True
    """Whether one pass over the data is enough; others are read only where they are asked for."""
    null: str = ""
    """Where its null is from: ``"untrained"``, else the labels dealt out anew; empty: none."""

    @property
    def needs_words(self) -> str:
        """What it needs, in words."""
        return "; ".join(NEEDS.get(need, need) for need in self.needs)
