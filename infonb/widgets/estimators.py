"""Estimators of mutual information beside each other, on pairs whose MI is known."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.ticker import MaxNLocator

from infonb.measures import TiesWarning, mutual_information
from infonb.plots.picture import Picture, check_array, label_of, palette, subplots
from infonb.validate import check_dim
from infonb.widgets.panel import Panel

__all__ = ["explore_estimators"]

#: Name → options of `infonb.mutual_information`.
ESTIMATORS: dict[str, dict[str, Any]] = {
    "KSG": {"estimator": "ksg"},
    "mixture": {"estimator": "mixture"},
    "binned": {"estimator": "binned"},
    "Miller–Madow": {"estimator": "binned", "corrected": "miller-madow"},
    "permutation": {"estimator": "binned", "corrected": "permutation"},
}

_MARGINS = {"left": 0.075, "right": 0.985, "bottom": 0.16, "top": 0.91, "wspace": 0.42}

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
    settings = [str(dim) for dim in pairs.dims if dim not in ("seed", "neuron", "sample")]
    if set(truth.dims) != set(settings):
        raise ValueError(f"truth has dims {truth.dims}; it needs the settings {tuple(settings)}.")
    controls: dict[str, Any] = {}
    for dim in settings:
        values = pairs[dim].values.tolist()
        controls[dim] = widgets.SelectionSlider(
            options=[(str(value), value) for value in values], value=values[len(values) // 2],
            description=pairs[dim].attrs.get("long_name", label_of(dim)),
        )  # fmt: skip
    most = pairs.sizes["sample"]
    sizes = [size for size in SIZES if size < most] + [most]
    controls["n_samples"] = widgets.SelectionSlider(
        options=sizes, value=most, description="samples"
    )
    controls["k"] = widgets.IntSlider(k, 1, max(30, k), description="k")
    controls["bins"] = widgets.IntSlider(bins, 2, max(100, bins), description="bins")

    def draw(n_samples: int, k: int, bins: int, **chosen: Any) -> Picture:
        some = pairs.sel(chosen).isel(sample=slice(n_samples))
        return _draw(some, float(truth.sel(chosen)), k, bins)

    return Panel(draw, controls, interactive=interactive)


def _draw(pairs: xr.DataArray, truth: float, k: int, bins: int) -> Picture:
    picture, axes = subplots(1, 2, size=(4.6, 3.2), margins=_MARGINS)
    left, right = axes[0]
    x, y = pairs.isel(seed=0).transpose("neuron", "sample").values
    left.plot(x, y, ".", ms=4, alpha=0.5, mew=0, color="0.3")
    left.set(xlabel="neuron", ylabel="other neuron")
    left.set_title(f"{len(x)} samples", fontsize=11, loc="left")

    values, tied = _estimates(pairs, k, bins)
    means = {name: float(value.mean()) for name, value in values.items()}
    # a KSG value ruined by ties must not squeeze the others into one point
    shown = [value for name, value in values.items() if not (tied and name == "KSG")]
    low, high = min(0.0, truth, *map(np.min, shown)), max(truth, *map(np.max, shown))
    margin = max(0.06 * (high - low), 0.02)
    right.set_xlim(low - margin, high + margin)
    right.axvline(truth, color="black", linewidth=1, linestyle="--")
    for row, (value, colour) in enumerate(
        zip(values.values(), palette(len(values), "layers"), strict=True)
    ):
        right.plot(value, np.full(len(value), row), "o", ms=5, alpha=0.5, mew=0, color=colour)
        right.plot([value.mean()], [row], "|", ms=18, mew=2.5, color=colour)
    names = [f"{name}  {mean:.2f}" for name, mean in means.items()]
    if tied:
        names[0] += "\nwarns of ties"
    right.set_yticks(range(len(names)), names)
    right.set_ylim(len(names) - 0.5, -0.5)
    right.set_xlabel("mutual information (nat)")
    right.xaxis.set_major_locator(MaxNLocator(6))
    right.set_title(
        f"exactly {truth:.2f} nat (dashed), {len(value)} seeds", fontsize=11, loc="left"
    )
    words = ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
    picture.alt = (
        f"Left: scatter of two neurons, {len(x)} samples. Right: estimates of their mutual "
        f"information, exactly {truth:.2f} nat; means over seeds: {words}."
    )
    return picture


def _estimates(pairs: xr.DataArray, k: int, bins: int) -> tuple[dict[str, np.ndarray], bool]:
    """Return name → the values of all seeds, and whether KSG warned of ties."""
    values = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TiesWarning)
        for name, options in ESTIMATORS.items():
            choice: dict[str, Any] = {"bins": bins} if name not in ("KSG", "mixture") else {"k": k}
            both = mutual_information(pairs, **options, **choice)
            values[name] = both.isel(neuron=0, other_neuron=1).values
    return values, any(str(one.message).startswith("KSG on ties") for one in caught)
