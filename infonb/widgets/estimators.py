"""Estimators of mutual information beside each other, on pairs whose MI is known."""

from __future__ import annotations

import warnings
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.measures import TiesWarning, mutual_information
from infonb.plots.live import EstimatorDots
from infonb.plots.picture import Picture
from infonb.plots.style import label_of
from infonb.validate import check_dim, check_integer
from infonb.widgets.panel.controls import choice
from infonb.widgets.panel.panel import Panel

__all__ = ["explore_estimators"]

#: Name → options of `infonb.mutual_information`.
ESTIMATORS: dict[str, dict[str, Any]] = {
    "KSG": {"estimator": "ksg"},
    "mixture": {"estimator": "mixture"},
    "binned": {"estimator": "binned"},
    "Miller–Madow": {"estimator": "binned", "corrected": "miller-madow"},
    "permutation": {"estimator": "binned", "corrected": "permutation"},
}

#: Those that look for the k-th neighbour; the others take bins.
_BY_K = ("KSG", "mixture")

SIZES = (100, 200, 500, 1000, 2000, 5000, 10000)


def explore_estimators(
    pairs: xr.DataArray,
    truth: xr.DataArray,
    *,
    k: int = 3,
    bins: int = 10,
    interactive: bool = True,
) -> Panel:
    r"""
    Choose a pair of known MI and a number of samples; see what each estimator says of it.

    Parameters
    ----------
    pairs
        Dims (\*settings, seed, neuron, sample) with two neurons. Each setting is a slider with the
        labels of its coordinate, named by its attribute ``long_name``.
    truth
        The MI in nats, dims (\*settings).
    k, bins
        Where these controls start.
    interactive
        False: only the picture, for reports.

    Returns
    -------
    Panel
        Its ``value`` is the choice.

    Examples
    --------
    >>> z = np.random.default_rng(0).normal(size=(2, 5, 2, 200))
    >>> z[1, :, 1] += z[1, :, 0]
    >>> pairs = xr.DataArray(z, {"gain": [0, 1]}, ("gain", "seed", "neuron", "sample"))
    >>> truth = xr.DataArray([0.0, 0.5 * np.log(2)], {"gain": [0, 1]}, ("gain",))
    >>> panel = explore_estimators(pairs, truth)
    >>> panel.controls["gain"].value = 1
    >>> panel.value
    {'gain': 1, 'n_samples': 200, 'k': 3, 'bins': 10}
    """
    import ipywidgets as widgets

    check_array(pairs, "pairs of neurons")
    for dim in ("seed", "neuron", "sample"):
        check_dim(dim, pairs.dims, "pairs")
    if pairs.sizes["neuron"] != 2:
        raise ValueError(
            f"pairs has {pairs.sizes['neuron']} neurons; choose two: "
            "pairs.isel(neuron=[first, second])."
        )
    if isinstance(truth, Real):
        truth = xr.DataArray(float(truth))
    check_array(truth, "the exact mutual information as truth")
    settings = [str(dim) for dim in pairs.dims if dim not in ("seed", "neuron", "sample")]
    if set(truth.dims) != set(settings):
        raise ValueError(f"truth has dims {truth.dims}; it needs the settings {tuple(settings)}.")
    controls: dict[str, Any] = {}
    for dim in settings:
        values = pairs[dim].values.tolist()
        controls[dim] = choice(
            [(str(value), value) for value in values],
            pairs[dim].attrs.get("long_name", label_of(dim)),
            values[len(values) // 2],
        )
    most = pairs.sizes["sample"]
    check_integer("k", k, 1, most - 1)
    check_integer("bins", bins, 2)
    sizes = [size for size in SIZES if size < most] + [most]
    controls["n_samples"] = widgets.SelectionSlider(
        options=sizes, value=most, description="samples"
    )
    controls["k"] = widgets.IntSlider(k, 1, max(30, k), description="k")
    controls["bins"] = widgets.IntSlider(bins, 2, max(100, bins), description="bins")

    dots, estimates = EstimatorDots(list(ESTIMATORS)), Estimates(pairs)

    def draw(n_samples: int, k: int, bins: int, **chosen: Any) -> Picture:
        found, tied = estimates.of(chosen, n_samples, k, bins)
        first = pairs.sel(chosen).isel(seed=0, sample=slice(n_samples))
        x, y = first.transpose("neuron", "sample").values
        return dots.draw(x, y, found, float(truth.sel(chosen)), tied=tied)

    return Panel(draw, controls, interactive=interactive, owns_controls=True)


class Estimates:
    """The estimates of pairs; each estimator is asked again only for what it depends on."""

    def __init__(self, pairs: xr.DataArray) -> None:
        self._pairs = pairs
        self._measured = lru_cache(64)(self._measure)

    def of(
        self, chosen: dict[str, Any], n_samples: int, k: int, bins: int
    ) -> tuple[dict[str, np.ndarray], list[str]]:
        """Return name → the values of all seeds, and the names of those that warned of ties."""
        place = tuple(chosen.items())
        found = {
            name: self._measured(name, place, n_samples, **choice)
            for name in ESTIMATORS
            for choice in [{"k": k} if name in _BY_K else {"bins": bins}]
        }
        values = {name: one[0] for name, one in found.items()}
        return values, [name for name, one in found.items() if one[1]]

    def _measure(
        self, name: str, place: tuple[tuple[str, Any], ...], n_samples: int, **choice: Any
    ) -> tuple[np.ndarray, bool]:
        some = self._pairs.sel(dict(place)).isel(sample=slice(n_samples))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", TiesWarning)
            both = mutual_information(some, **ESTIMATORS[name], **choice)
        tied = any(str(one.message).startswith("KSG on ties") for one in caught)
        return both.isel(neuron=0, other_neuron=1).values, tied
