"""Choose which neurons are off and how many; see what becomes of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import group_dim
from infonb.plots.circles import plot_cuts
from infonb.plots.interventions import band
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette
from infonb.validate import check_dim
from infonb.widgets.panel.controls import choice, named
from infonb.widgets.panel.dependence import depending_on
from infonb.widgets.panel.panel import Panel
from infonb.widgets.panel.settled import settled

__all__ = ["explore_interventions"]

_SIZE = (4.9, 3.4)


def explore_interventions(
    found: xr.Dataset,
    radial: xr.DataArray | None = None,
    points: xr.Dataset | None = None,
    *,
    interactive: bool = True,
) -> Panel:
    """
    Choose which neurons are off and how many; see the curve, and what becomes of the network.

    Everything is computed already.

    Parameters
    ----------
    found
        What `infonb.intervene` returned: ``value`` (by, number, set), ``null`` (repeat, number,
        set); or several along one dimension, which can be chosen too, and ``seed``, whose mean is
        shown.
    radial
        Of a network on the circles, what it answers with those neurons off: the probability of
        label 1, mean over all directions, dims (by, number, c1_fine, radius). None: bars of all
        sets.
    points
        Of the circles, to lay over the answers.
    interactive
        False: only the picture, for reports.

    Returns
    -------
    Panel
        Its ``value`` is the choice. On the left the metric on one set, the chosen order in colour,
        the others pale, drawn ones grey; beside it the answers untouched and with the neurons off,
        or all sets.

    Examples
    --------
    >>> value = xr.DataArray(np.ones((2, 3, 1)), dims=("by", "number", "set"),
    ...     coords={"by": ["lowest entropy", "highest entropy"], "number": [0, 1, 2], "set": ["a"]})
    >>> null = xr.DataArray(np.ones((5, 3, 1)), dims=("repeat", "number", "set"))
    >>> panel = explore_interventions(xr.Dataset({"value": value, "null": null}))
    >>> panel.controls["number"].value = 1
    >>> panel.value
    {'by': 'lowest entropy', 'number': 1, 'set': 'a'}
    """
    for dim in ("by", "number", "set"):
        check_dim(dim, found["value"].dims, "value")
    over = group_dim(found["value"], None, {"by", "number", "set"})
    numbers = found.number.values.tolist()
    controls = {
        "by": choice(named(found.by.values.tolist()), "switched off", found.by.values.tolist()[0]),
        "number": choice(named(numbers), "neurons off", numbers[len(numbers) // 3]),
        "set": choice(named(found["set"].values.tolist()), "set", found["set"].values.tolist()[-1]),
    }
    if over is not None:
        labels = found[over].values.tolist()
        controls = {over: choice(named(labels), label_of(over), labels[0])} | controls
    group = [] if over is None else [over]

    def curve(chosen: Mapping[str, Any]) -> Picture:
        return _curve(_one(found, over, chosen), over, chosen)

    def sets(chosen: Mapping[str, Any]) -> Picture:
        return _bars(_one(found, over, chosen), chosen)

    def answers(chosen: Mapping[str, Any]) -> Picture:
        assert radial is not None
        names = ["untouched", f"{chosen['number']} off"]
        one = radial.sel(by=chosen["by"]).sel(number=[numbers[0], chosen["number"]])
        one = one.drop_vars("number").rename(number="network").assign_coords(network=names)
        return plot_cuts(one, None if points is None else dict.fromkeys(names, points))

    draws = {"curve": depending_on([*group, "by", "number", "set"], curve)}
    if radial is None:
        draws["sets"] = depending_on([*group, "by", "number"], sets)
    else:
        draws["answers"] = settled(depending_on(["by", "number"], answers))
    return Panel(draws, controls, interactive=interactive, owns_controls=True)


def _one(found: xr.Dataset, over: str | None, chosen: Mapping[str, Any]) -> xr.Dataset:
    """Return the chosen network: mean over seeds, value (by, number, set), and the drawn ones."""
    one = found if over is None else found.sel({over: chosen[over]})
    value = one["value"]
    value = value.mean("seed", skipna=False) if "seed" in value.dims else value
    return xr.Dataset({"value": value, **band(one)}).assign_attrs(found.attrs)


def _curve(one: xr.Dataset, over: str | None, chosen: Mapping[str, Any]) -> Picture:
    """Draw the metric on the chosen set against the number, the chosen order in colour."""
    metric, here = str(one.attrs.get("metric", "the metric")), one.sel(set=chosen["set"])
    picture, axes = subplots(
        size=_SIZE, margins={"left": 0.13, "right": 0.98, "bottom": 0.16, "top": 0.86}
    )
    axis, x = axes[0, 0], here.number.values
    axis.fill_between(x, here.low, here.high, color="0.45", alpha=0.22, linewidth=0)
    axis.plot(x, here["mean"], color="0.45", linewidth=1.4, linestyle="--", label="drawn neurons")
    labels = here.by.values.tolist()
    colour = dict(zip(labels, palette(len(labels), "layers"), strict=True))
    for by in labels:
        bold = by == chosen["by"]
        axis.plot(
            x, here.value.sel(by=by), color=colour[by], linewidth=2.2 if bold else 1.0,
            alpha=1.0 if bold else 0.25, label=by if bold else None, zorder=3 if bold else 2,
        )  # fmt: skip
    y = float(here.value.sel(by=chosen["by"], number=chosen["number"]))
    axis.axvline(chosen["number"], color="0.25", linewidth=1.0, zorder=1.5)
    axis.scatter([chosen["number"]], [y], s=60, color=colour[chosen["by"]], edgecolors="black",
                 linewidths=1.3, zorder=4)  # fmt: skip
    values = one[["value", "low", "high"]].to_array().values  # all sets have one scale
    low, high = np.nanmin(values), np.nanmax(values)
    pad = 0.05 * (high - low) or 0.05
    axis.set(
        xlabel="neurons off", ylabel=f"{metric} on {chosen['set']}", ylim=(low - pad, high + pad)
    )
    axis.locator_params(axis="x", integer=True, nbins=8)
    axis.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2)
    drawn = [float(here[name].sel(number=chosen["number"])) for name in ("mean", "low", "high")]
    where = "" if over is None else f"{label_of(over, chosen[over])}: "
    picture.alt = (
        f"{where}{metric} on {chosen['set']} with {chosen['number']} neurons of {chosen['by']} "
        f"off: {y:.2f}; untouched {float(here.value.isel(by=0, number=0)):.2f}; with drawn neurons "
        f"off {drawn[0]:.2f} ({drawn[1]:.2f} to {drawn[2]:.2f})."
    )
    return picture


def _bars(one: xr.Dataset, chosen: Mapping[str, Any]) -> Picture:
    """Draw all sets side by side: untouched, with the chosen neurons off, with drawn ones off."""
    metric, sets = str(one.attrs.get("metric", "the metric")), one["set"].values.tolist()
    here = one.sel(number=chosen["number"])
    picture, axes = subplots(
        size=_SIZE, margins={"left": 0.13, "right": 0.98, "bottom": 0.16, "top": 0.86}
    )
    axis, at = axes[0, 0], np.arange(len(sets))
    labels = one.by.values.tolist()
    colour = palette(len(labels), "layers")[labels.index(chosen["by"])]
    bars = {
        "untouched": (one.value.isel(by=0, number=0).values, "0.82"),
        "off": (here.value.sel(by=chosen["by"]).values, colour),
        "drawn off": (here["mean"].values, "0.45"),
    }
    for place, (name, (values, shade)) in enumerate(bars.items()):
        axis.bar(at + 0.27 * (place - 1), values, 0.25, color=shade, label=name)
    error = [here["mean"] - here.low, here.high - here["mean"]]
    axis.errorbar(at + 0.27, here["mean"], yerr=error, fmt="none", ecolor="black", capsize=3)
    axis.set_xticks(at, sets)
    axis.set_ylabel(metric, fontsize=10)
    values = one[["value", "low", "high"]].to_array().values
    axis.set_ylim(min(0.0, np.nanmin(values)), 1.05 * np.nanmax(values) or 1.0)
    axis.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3)
    words = [
        f"{name}: " + ", ".join(f"{kind} {values[0][i]:.2f}" for kind, values in bars.items())
        for i, name in enumerate(sets)
    ]
    picture.alt = f"{metric} on all sets: {'; '.join(words)}."
    return picture
