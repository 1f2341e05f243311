"""Choose which neurons are off and how many; see what becomes of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from infonb.dims import group_dim
from infonb.plots.circles import plot_cuts
from infonb.plots.interventions import band
from infonb.plots.live.interventions import Curves, draw_sets
from infonb.plots.picture import Picture
from infonb.plots.style import label_of
from infonb.validate import check_dim
from infonb.widgets.panel.controls import choice, named
from infonb.widgets.panel.dependence import depending_on
from infonb.widgets.panel.panel import Panel
from infonb.widgets.panel.settled import settled

__all__ = ["explore_interventions"]


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
    >>> import numpy as np
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
    numbers, sets_there = found.number.values.tolist(), found["set"].values.tolist()
    value = found["value"].where(found["value"].notnull(), found["value"].mean())
    others = [dim for dim in value.dims if dim != "set"]
    # the set that has most to show
    most = int((value.max(others) - value.min(others)).argmax("set"))
    controls = {
        "by": choice(named(found.by.values.tolist()), "switched off", found.by.values.tolist()[0]),
        "number": choice(named(numbers), "neurons off", numbers[len(numbers) // 3]),
        "set": choice(named(sets_there), "set", sets_there[most]),
    }
    if over is not None:
        labels = found[over].values.tolist()
        controls = {over: choice(named(labels), label_of(over), labels[0])} | controls
    group = [] if over is None else [over]
    curves = Curves()

    def curve(chosen: Mapping[str, Any]) -> Picture:
        where = "" if over is None else label_of(over, chosen[over])
        return curves.draw(_one(found, over, chosen), where, **_choice(chosen), name=chosen["set"])

    def sets(chosen: Mapping[str, Any]) -> Picture:
        return draw_sets(_one(found, over, chosen), **_choice(chosen))

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


def _choice(chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: chosen[name] for name in ("by", "number")}


def _one(found: xr.Dataset, over: str | None, chosen: Mapping[str, Any]) -> xr.Dataset:
    """Return the chosen network: mean over seeds, value (by, number, set), and the drawn ones."""
    one = found if over is None else found.sel({over: chosen[over]})
    value = one["value"]
    value = value.mean("seed", skipna=False) if "seed" in value.dims else value
    return xr.Dataset({"value": value, **band(one)}).assign_attrs(found.attrs)
