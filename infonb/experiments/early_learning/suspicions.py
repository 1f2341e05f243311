"""What one training says of each of its images: the more, the more suspect its label looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

__all__ = ["COURSE", "LAST", "NULLS", "READINGS", "along_the_course", "readings"]

#: Read off the course of the training.
COURSE = ("cumulative loss", "area under the margin", "forgetting events")

#: Pointwise information with the label: in the last hidden layer, and where nothing was learnt.
LAST, NULLS = "information, last hidden layer", ("information, untrained", "information, pixels")

READINGS = (*COURSE, LAST, *NULLS)


def along_the_course(dynamics: xr.Dataset) -> NDArray[np.float64]:
    """
    Return what `COURSE` says of each image, from (epoch, sample) to (reading, image).

    Nothing can be forgotten in one epoch: NaN.
    """
    from infonb.memorization import area_under_margin, cumulative_loss, forgetting_events

    found = [_suspect(cumulative_loss(dynamics)), _suspect(area_under_margin(dynamics))]
    n = dynamics.sizes["epoch"]
    if n > 1:  # images that are never learnt stand beyond all others, and are finite
        found.append(_suspect(forgetting_events(dynamics, never_learnt=float(n))))
    else:
        found.append(np.full_like(found[0], np.nan))
    return np.stack(found)


def readings(
    course: NDArray[np.float64], model: nn.Module, make: Callable[[], nn.Module],
    examples: xr.Dataset, layer: str,
) -> xr.Dataset:  # fmt: skip
    """
    Return ``reading_value`` (reading, image): all of `READINGS`, of training images.

    Information is that of a layer of the trained network, of the same layer before training (what
    `make` returns), and of the pixels: of what only these tell, nothing was learnt.
    """
    from infonb.activations import record
    from infonb.memorization import pointwise_information

    pixels = examples["input"].stack(neuron=examples["input"].dims[1:]).reset_index("neuron")
    seen: dict[str, xr.DataArray | xr.Dataset] = {
        LAST: record(model, examples, layers=[layer], progress=False).isel(layer=0),
        NULLS[0]: record(make(), examples, layers=[layer], progress=False).isel(layer=0),
        NULLS[1]: xr.DataArray(pixels).drop_vars("neuron", errors="ignore"),
    }
    label = examples["label"].values
    told = [_suspect(pointwise_information(seen[name], label)) for name in (LAST, *NULLS)]
    dims = ("reading", "image")
    return xr.Dataset(
        {"reading_value": (dims, np.stack([*course, *told]))},
        {"reading": np.array(READINGS, object), "image": np.arange(len(label))},
    )


def _suspect(reading: xr.DataArray) -> NDArray[np.float64]:
    """Return a reading so that wrong labels, which take memory, are high in it."""
    sign = {"high": 1.0, "low": -1.0}[reading.attrs["memorized"]]
    return sign * reading.values.astype(np.float64)
