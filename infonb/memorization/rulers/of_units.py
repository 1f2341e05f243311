"""Rulers of single units: how each is read from what is given."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization.class_mem import class_selectivity
from infonb.memorization.rulers.given import Given
from infonb.memorization.rulers.ruler import Reading

__all__ = ["label_information", "mean_information", "selectivity", "unit_entropy", "unit_mem"]


def unit_mem(given: Given) -> Reading:
    """Return UnitMem: (..., layer, neuron)."""
    return Reading(given.unit.unit_mem)


def selectivity(given: Given) -> Reading:
    """Return the selectivity for a single class: (..., layer, neuron)."""
    label = given.label
    plain = xr.DataArray(label.values, dims="sample")
    return Reading(class_selectivity(given.acts, plain, negative="rectify").class_mem)


def unit_entropy(given: Given) -> Reading:
    """Return the binned entropy: (..., layer, neuron)."""
    return Reading(given.entropy)


def label_information(given: Given) -> Reading:
    """Return the MI with the label: (..., layer, neuron)."""
    from infonb.measures import mutual_information

    label, acts = given.label, given.acts
    values = label.values
    n, most = values.size, given.settings.max_samples
    if n > most:
        rng = np.random.default_rng(given.settings.seed)
        some = np.sort(rng.choice(n, most, replace=False))
        acts, values = acts.isel(sample=some), values[some]
    return Reading(mutual_information(acts, other=values, estimator="mixture"))


def mean_information(given: Given) -> Reading:
    """Return the mean MI with the other neurons of the layer: (..., layer, neuron)."""
    found = given.information.mean("other_neuron").assign_attrs(given.information.attrs)
    if found.sizes["neuron"] < given.acts.sizes["neuron"]:  # NaN of those that were not drawn
        labels = given.acts["neuron"].values  # without labels of their own, places
        found = found.reindex(neuron=labels)
        if "neuron" not in given.acts.coords:
            found = found.drop_vars("neuron")
    return Reading(found)
