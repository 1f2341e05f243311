"""Curves of a metric against the number of neurons that are switched off."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.dims import group_dim
from infonb.plots.labels import add_legend
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette
from infonb.validate import check_dim

__all__ = ["band", "plot_interventions"]

_DRAWN = "0.45"


def plot_interventions(found: xr.Dataset, *, by: str | None = None) -> Picture:
    """
    Draw what becomes of a metric when more and more neurons are switched off.

    Parameters
    ----------
    found
        What `infonb.intervene` returned: ``value`` (by, number, set) and ``null`` (repeat, number,
        set); or several of them along a dimension, and along ``seed``, whose mean is drawn.
    by
        The dimension of the rows, such as ``network`` or ``layer``; needed only if there are
        several.

    Returns
    -------
    Picture
        A column for each set, a row for each label of that dimension; a line for each choice of
        neurons, and in grey the mean of the drawn ones and the middle 95 % of them.

    Examples
    --------
    >>> import numpy as np
    >>> value = xr.DataArray(np.ones((2, 3, 1)), dims=("by", "number", "set"),
    ...     coords={"by": ["lowest entropy", "highest entropy"], "number": [0, 1, 2], "set": ["a"]})
    >>> null = xr.DataArray(np.ones((5, 3, 1)), dims=("repeat", "number", "set"))
    >>> picture = plot_interventions(xr.Dataset({"value": value, "null": null}))
    >>> picture.alt[:46]
    'The metric against the number of neurons that '
    """
    for dim in ("by", "number", "set"):
        check_dim(dim, found["value"].dims, "value")
    over = group_dim(found["value"], by, {"by", "number", "set"})
    rows = found[over].values.tolist() if over else [None]
    sets = found["set"].values.tolist()
    metric = str(found.attrs.get("metric", "the metric"))
    picture, axes = subplots(
        len(rows), len(sets), size=(min(4.6, 10.2 / len(sets)), 2.7), sharex=True, sharey="row"
    )
    handles: list[Any] = []
    for row, label in zip(axes, rows, strict=True):
        one = found.sel({over: label}) if over else found
        for axis, name in zip(row, sets, strict=True):
            handles = _panel(axis, one.sel(set=name))
        words = f"{label_of(over, label)}\n" if over else ""
        row[0].set_ylabel(f"{words}{metric}", fontsize=10)
    for axis, name in zip(axes[0], sets, strict=True):
        axis.set_title(str(name), fontsize=11, loc="left")
    for axis in axes[-1]:
        axis.set_xlabel("neurons off", fontsize=10)
        axis.locator_params(axis="x", integer=True, nbins=8)
    names = [str(name) for name in found.by.values]
    add_legend(picture, handles, [*names, "drawn: mean, middle 95 %"])
    picture.alt = _words(found, over, metric)
    return picture


def band(found: xr.Dataset) -> xr.Dataset:
    """Return mean and ends of the drawn orders: (..., repeat, number) → mean, low, high."""
    null = found["null"]
    if "seed" in null.dims:  # of the mean over seeds, one drawn order of each
        null = null.mean("seed")
    ends = null.quantile([0.025, 0.975], "repeat", skipna=False)
    return xr.Dataset({
        "mean": null.mean("repeat", skipna=False),
        "low": ends.isel(quantile=0, drop=True), "high": ends.isel(quantile=1, drop=True),
    })  # fmt: skip


def _mean(value: xr.DataArray) -> xr.DataArray:
    return value.mean("seed", skipna=False) if "seed" in value.dims else value


def _panel(axis: Any, one: xr.Dataset) -> list[Any]:
    """Draw one set of one network, and return what the legend names."""
    x, drawn, value = one.number.values, band(one), _mean(one["value"])
    fill = axis.fill_between(x, drawn.low, drawn.high, color=_DRAWN, alpha=0.25, linewidth=0)
    (line,) = axis.plot(x, drawn["mean"], color=_DRAWN, linewidth=1.4, linestyle="--")
    handles = []
    for name, colour in zip(value.by.values, palette(value.sizes["by"], "layers"), strict=True):
        handles += axis.plot(
            x, value.sel(by=name), color=colour, linewidth=1.7, marker="o", markersize=3.5
        )
    return [*handles, (fill, line)]


def _words(found: xr.Dataset, over: str | None, metric: str) -> str:
    """Say in numbers where the curves begin and end."""
    last = found.number.values[-1]
    value, drawn = _mean(found["value"]), band(found)["mean"]
    parts = []
    for label in found[over].values.tolist() if over else [None]:
        at = {over: label} if over else {}
        for name in found["set"].values.tolist():
            here = {**at, "set": name}
            start = float(value.sel(here).isel(by=0, number=0))
            ends = [
                f"{by} {float(value.sel(here).sel(by=by).isel(number=-1)):.2f}"
                for by in found.by.values.tolist()
            ]
            where = f"{label_of(over, label)}, {name}" if over else str(name)
            parts.append(
                f"{where}: {start:.2f} with none off, with {last} off {', '.join(ends)}, drawn "
                f"{float(drawn.sel(here).isel(number=-1)):.2f}"
            )
    metric = metric[0].upper() + metric[1:]
    return f"{metric} against the number of neurons that are off. {'; '.join(parts)}."
