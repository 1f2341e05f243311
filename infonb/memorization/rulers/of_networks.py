"""Rulers of whole networks, or of each layer: how each is read, with an interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from infonb.memorization.in_out import Pooled, wilson
from infonb.memorization.ranking import BOUND, auroc
from infonb.memorization.rulers.given import Given
from infonb.memorization.rulers.of_samples import in_out_of
from infonb.memorization.rulers.ruler import Reading

__all__ = [
    "imbalance", "information_of_layer", "mean_entropy", "mean_in_out", "mean_mi", "mean_unit_mem",
    "membership_auroc", "memorized_share", "mi_over_entropy", "spread",
]  # fmt: skip


#: A null without an untrained network: each neuron alone, as it is.
_APART = "samples of each neuron permuted"

#: Of fewer samples halves say nothing.
_LEAST = 20


def mean_in_out(given: Given) -> Reading:
    """Return the mean memorization over samples: (...)."""
    mem = in_out_of(given).value
    count = mem.notnull().sum("sample")
    error = mem.std("sample", ddof=1) / count**0.5
    words = {"units": str(mem.attrs.get("units", "1")), "long_name": "mean memorization"}
    return Reading(
        mem.mean("sample").assign_attrs(words), _around(mem.mean("sample"), error, given, count - 1)
    )


def memorized_share(given: Given) -> Reading:
    """Return the share of wrong labels that the network says: (...)."""
    label, truth, said = given.label, given.truth, given.told["prediction"]
    wrong = label.values != truth.values
    if given.is_in is not None:
        wrong &= given.is_in.values
    n = int(wrong.sum())
    if not n:
        raise ValueError(
            "memorized_share needs samples with wrong labels that were trained on; all labels are "
            "the true ones."
        )
    right = said.transpose(..., "sample").values[..., wrong] == label.values[wrong]
    share = np.asarray(right.mean(axis=-1))
    _, low, high = wilson(Pooled(share, share, np.asarray(n)), given.settings.level)
    value = said.isel(sample=0, drop=True).copy(data=share).drop_attrs()
    value = value.drop_vars([name for name in value.coords if name not in value.dims])
    interval = xr.DataArray(
        np.stack([low, high], axis=-1), dims=(*value.dims, "bound"), coords={"bound": BOUND}
    )
    return Reading(value.assign_attrs(units="1", n_wrong=n), interval)


def membership_auroc(given: Given) -> Reading:
    """Return how well a low loss tells the samples that were trained on: (...)."""
    is_in = given.is_in
    loss = given.told["loss"].astype(float)
    plain = xr.DataArray(is_in.values, dims="sample")
    if "sample" in loss.coords:
        loss = loss.reset_coords(drop=True).drop_vars("sample")
    found = auroc(-loss, plain, level=given.settings.level)
    chance = xr.full_like(found.auroc, 0.5)
    return Reading(found.auroc, found.interval, chance, "chance")


def mean_entropy(given: Given) -> Reading:
    """Return the mean entropy of the neurons of each layer: (..., layer)."""
    return _halved(given, _mean_entropy, extremes=True)


def mean_mi(given: Given) -> Reading:
    """Return the mean MI of pairs of different neurons of each layer: (..., layer)."""
    return _beside_chance(given, _mean_mi)


def mi_over_entropy(given: Given) -> Reading:
    """Return the mean MI of pairs over the mean entropy: (..., layer)."""
    return _beside_chance(given, _ratio)


def mean_unit_mem(given: Given) -> Reading:
    """Return the mean UnitMem of the units of each layer: (..., layer)."""
    return _halved(given, lambda one: one.unit.unit_mem.mean("neuron"), extremes=True)


def spread(given: Given) -> Reading:
    """Return the matrix entropy of each layer: (..., layer)."""
    from infonb.measures import matrix_entropy

    n, most = given.acts.sizes["sample"], given.settings.max_samples
    if n > most:  # drawn once, or the halves would be of other samples
        rng = np.random.default_rng(given.settings.seed)
        some = given.acts.isel(sample=np.sort(rng.choice(n, most, replace=False)))
        given = Given(given.settings, recording=some, alone=given.alone)
    return _beside_chance(given, lambda one: matrix_entropy(one.acts))


def imbalance(given: Given) -> Reading:
    """Return the information imbalance from each layer to the label: (..., layer)."""
    from infonb.measures import information_imbalance

    settings = given.settings
    if (given.label == given.label[0]).all():
        raise ValueError("imbalance_to_label needs labels of at least two classes; there is one.")
    found = information_imbalance(
        given.acts, given.label.values, max_samples=settings.max_samples, level=settings.level,
        seed=settings.seed,
    )  # fmt: skip
    return Reading(found.imbalance, found.interval, found.null, "labels permuted")


def information_of_layer(given: Given) -> Reading:
    """Return the MI of each layer, as a whole, with the label: (..., layer)."""
    from infonb.measures import layer_information

    settings = given.settings
    found = layer_information(
        given.acts, given.label.values, max_samples=settings.max_samples, level=settings.level,
        seed=settings.seed,
    )  # fmt: skip
    return Reading(found.information, found.interval, found.null, "labels permuted")


def _mean_entropy(given: Given) -> xr.DataArray:
    return given.entropy.mean("neuron").assign_attrs(given.entropy.attrs)


def _mean_mi(given: Given) -> xr.DataArray:
    found = given.information.mean(["neuron", "other_neuron"])
    return found.assign_attrs(given.information.attrs)


def _ratio(given: Given) -> xr.DataArray:
    entropy = _mean_entropy(given)
    found = _mean_mi(given) / entropy.where(entropy > 0)
    return found.assign_attrs(units="1", long_name="mean MI over mean entropy")


def _beside_chance(given: Given, of: Callable[[Given], xr.DataArray]) -> Reading:
    """Return a value with its interval, and what it is where no neuron knows of another."""
    found = _halved(given, of)
    return found if given.alone else found._replace(null=of(_apart(given)), null_words=_APART)


def _apart(given: Given) -> Given:
    """Return activations in which each neuron has its samples in an order of its own."""
    rng = np.random.default_rng(given.settings.seed)
    acts = given.acts.transpose(..., "sample")
    return Given(given.settings, recording=acts.copy(data=rng.permuted(acts.values, axis=-1)))


def _halved(given: Given, of: Callable[[Given], xr.DataArray], extremes: bool = False) -> Reading:
    """
    Return a value, and its interval for new samples: from halves of them.

    Two halves are independent, and differ by 2 deviations of the whole: so do those of any number
    of divisions, and what falls or grows with the number of samples is in both. Where the largest
    values decide, twice as many samples are hardly surer: then it is the deviation of a half.
    """
    value = of(given)
    if given.alone or given.views.sizes["sample"] < _LEAST:
        return Reading(value)
    squares = [(of(one) - of(other)) ** 2 for one, other in given.halves]
    error = (xr.concat(squares, "division", compat="override", coords="minimal")
             .mean("division") / (2 if extremes else 4)) ** 0.5  # fmt: skip
    return Reading(value, _around(value, error, given, given.settings.divisions))


def _around(
    value: xr.DataArray, error: xr.DataArray, given: Given, freedom: xr.DataArray | int
) -> xr.DataArray:
    """Return value ± Student's quantile of errors: (..., bound)."""
    from scipy.stats import t

    far = t.ppf((1 + given.settings.level) / 2, np.maximum(freedom, 1)) * error
    both = xr.concat([value - far, value + far], dim="bound", coords="minimal", compat="override")
    return both.assign_coords(bound=BOUND).transpose(..., "bound")
