"""Rulers of single samples: how each is read from what is given."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization.area_under_margin import area_under_margin
from infonb.memorization.cumulative_loss import cumulative_loss
from infonb.memorization.density import leave_one_out
from infonb.memorization.forgetting_events import forgetting_events
from infonb.memorization.in_out import in_out
from infonb.memorization.loss_curvature import loss_curvature
from infonb.memorization.pointwise_information import pointwise_information
from infonb.memorization.rulers.given import Given
from infonb.memorization.rulers.ruler import Reading

__all__ = [
    "in_out_of", "loss_at_end", "owned", "read_area", "read_curvature", "read_density",
    "read_early", "read_forgetting", "read_losses", "read_pointwise",
]  # fmt: skip

#: The running mean of early learning: the share that is kept from one epoch to the next.
MOMENTUM = 0.7


def in_out_of(given: Given) -> Reading:
    """Return score in less score out of each sample: (..., sample)."""
    trainings = given.trainings
    if trainings.mem is not None:
        return Reading(trainings.mem)
    dims = [str(dim) for dim in trainings.held_out.dims if dim != "sample"]
    found = in_out(trainings.score, trainings.held_out, dim=dims, level=given.settings.level)
    return Reading(found.mem, found.interval)


def read_losses(given: Given) -> Reading:
    """Return the cumulative loss: (..., sample)."""
    return Reading(cumulative_loss(given.dynamics))


def read_area(given: Given) -> Reading:
    """Return the area under the margin: (..., sample)."""
    return Reading(area_under_margin(given.dynamics))


def read_forgetting(given: Given) -> Reading:
    """Return how often each sample was forgotten: (..., sample)."""
    dynamics = given.dynamics
    if "label" not in dynamics.variables and given.label is not None:
        dynamics = dynamics.assign_coords(label=("sample", given.label.values))
    return Reading(forgetting_events(dynamics))


def read_early(given: Given) -> Reading:
    """Return how little the running mean of early outputs believes in each label: (..., sample)."""
    dynamics = given.dynamics
    if "probability" not in dynamics and "loss" not in dynamics:
        raise ValueError("early_learning needs probability or loss (epoch, sample) in dynamics.")
    belief: xr.DataArray = (
        dynamics["probability"] if "probability" in dynamics else np.exp(-dynamics["loss"])
    )
    n = belief.sizes["epoch"]
    last = max(1, round(given.settings.early * n))
    weight = MOMENTUM ** np.arange(last)[::-1]
    mean = (belief.isel(epoch=slice(last)).drop_vars("epoch", errors="ignore")
            * xr.DataArray(weight / weight.sum(), dims="epoch")).sum("epoch")  # fmt: skip
    found = (1 - mean).assign_attrs(
        units="1", long_name="disbelief in the label, early", epochs=last, momentum=MOMENTUM,
        formula="1 - running mean of the label's probability over the first epochs",
    )  # fmt: skip
    return Reading(found)


def read_curvature(given: Given) -> Reading:
    """Return the curvature of the loss by the input: (sample)."""
    data = xr.Dataset({"input": given.data["input"], "label": given.label})
    return Reading(loss_curvature(given.model, data, seed=given.settings.seed))


def read_pointwise(given: Given) -> Reading:
    """Return pointwise sliced information with the label: (..., layer, sample)."""
    label = given.label
    return Reading(pointwise_information(given.acts, label.values, seed=given.settings.seed))


def loss_at_end(given: Given) -> Reading:
    """Return the loss of each label at the end: (..., sample)."""
    loss = given.told["loss"]
    return Reading(loss.assign_attrs(units="nat", long_name="loss at the end of training"))


def owned(given: Given) -> Reading:
    """Return how many units answer most to each sample: (..., sample)."""
    owners = given.unit.argmax_sample
    n = given.views.sizes["sample"]
    index = given.views.indexes.get("sample")
    labels = np.arange(n)
    if index is not None and index.dtype.kind in "iu":
        labels = index.to_numpy()
    order = np.argsort(labels, kind="stable")

    def count(places: np.ndarray) -> np.ndarray:
        known = places[places >= 0].ravel()
        found = np.zeros(n)
        np.add.at(found, order[np.searchsorted(labels, known, sorter=order)], 1)
        return found

    counted = xr.apply_ufunc(
        count, owners, input_core_dims=[["layer", "neuron"]], output_core_dims=[["sample"]],
        vectorize=True,
    )  # fmt: skip
    if index is not None:
        counted = counted.assign_coords(sample=given.views["sample"])
    counted = counted.drop_attrs()
    return Reading(counted.assign_attrs(units="1", long_name="units that answer most to it"))


def read_density(given: Given) -> Reading:
    """Return the log-density of each input by a kernel density of all others: (sample)."""
    inputs = given.data["input"].transpose("sample", ...).astype(float)
    values = inputs.values.reshape(inputs.sizes["sample"], -1)
    flat = xr.DataArray(values, dims=("sample", "feature"))
    # the width under which the samples are most probable by all others
    widths = _nearest(values) * 2.0 ** np.arange(-2, 2)
    found = [leave_one_out(flat, width=float(width)).V for width in widths]
    best = int(np.argmax([float(one.mean()) for one in found]))
    value = xr.DataArray(found[best].values, dims="sample")
    return Reading(value.assign_attrs(
        units="nat", long_name="log-density by all others", width=float(widths[best]),
        formula="log of the mean of Gaussians around all other samples",
    ))  # fmt: skip


def _nearest(values: np.ndarray) -> float:
    """Return the median distance to the nearest other sample, over at most 500 of them."""
    from scipy.spatial.distance import cdist

    some = values[:: max(1, len(values) // 500)]
    distances = cdist(some, values)
    distances[distances == 0] = np.inf
    least = distances.min(axis=1)
    known = least[np.isfinite(least)]
    return float(np.median(known)) if known.size else 1.0
