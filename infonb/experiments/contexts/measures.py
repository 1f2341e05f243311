"""What is measured on a network that sees objects in contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["STAGES", "pair_accuracy", "record_stages", "sum_by_pair"]

#: The residual stages whose pooled outputs are the neurons.
STAGES = ("stage1", "stage2", "stage3", "stage4")


def record_stages(model: nn.Module, evaluation: xr.Dataset, side: str) -> xr.Dataset:
    """Return the pooled stages before (pre) or after (post) their last ReLU."""
    from infonb.activations import record

    hook = {"post": "output", "pre": "input"}[side]
    places = {stage: stage if side == "post" else f"{stage}.block2.relu2" for stage in STAGES}
    return record(model, evaluation, layers=places, hook=hook, progress=False)


def pair_accuracy(recorded: xr.Dataset, evaluation: xr.Dataset) -> xr.DataArray:
    """Return the accuracy on each object in each context, dims (object_name, context_name)."""
    correct = (recorded.prediction == recorded.label).values
    return sum_by_pair(correct, evaluation) / sum_by_pair(np.ones(correct.size), evaluation)


def sum_by_pair(values: np.ndarray, examples: xr.Dataset) -> xr.DataArray:
    """Return the sum of values over the examples of each object in each context."""
    names = {
        f"{what}_name": examples.attrs[attribute].split(", ")
        for what, attribute in (("object", "classes"), ("context", "contexts"))
    }
    places = [
        [there.index(name) for name in examples[what].values]
        for what, there in zip(("object", "context"), names.values(), strict=True)
    ]
    total = np.zeros([len(there) for there in names.values()])
    np.add.at(total, tuple(places), values)
    return xr.DataArray(total, {k: np.array(v, dtype=object) for k, v in names.items()})
