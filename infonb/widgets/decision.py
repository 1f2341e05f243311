"""What networks answer over the plane, at a third feature that can be moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from infonb.dims import check_array
from infonb.plots import plot_decision, plot_surface
from infonb.plots.picture import Picture
from infonb.validate import check_dim
from infonb.widgets.panel.controls import choice
from infonb.widgets.panel.panel import Panel
from infonb.widgets.panel.settled import settled

__all__ = ["explore_decision"]


def explore_decision(
    probability: xr.DataArray,
    points: Mapping[str, xr.Dataset],
    radial: xr.DataArray | None = None,
    *,
    interactive: bool = True,
) -> Panel:
    """
    Choose a network, move the third feature c1, and see what the network answers.

    Parameters
    ----------
    probability
        Probability of label 1, dims (network, c1, y, x).
    points
        Name of a network → points to lay over its answers.
    radial
        The same as mean over all directions, dims (network, c1_fine, radius): one network is shown
        at a time, with the cut through all planes beside it. None: all networks, without it.
    interactive
        False: only the picture, for reports.

    Returns
    -------
    Panel
        Its ``value`` is the choice.

    Examples
    --------
    >>> import numpy as np
    >>> values = xr.DataArray(np.full((1, 2, 3, 3), 0.5), dims=("network", "c1", "y", "x"), coords={
    ...     "network": ["baseline"], "c1": [-3.0, 3.0], "x": [-1, 0, 1], "y": [-1, 0, 1]})
    >>> panel = explore_decision(values, {})
    >>> panel.controls["c1"].value = -3.0
    >>> panel.alt
    'What the networks baseline answer over the plane at c1 = -3.'
    """
    import ipywidgets as widgets

    check_array(probability, "the probability of label 1")
    for dim in ("network", "c1", "y", "x"):
        check_dim(dim, probability.dims, "probability")
    for dim in ("network", "c1_fine", "radius") if radial is not None else ():
        check_dim(dim, radial.dims, "radial")  # type: ignore[union-attr]
    values = [float(value) for value in probability.c1.values]
    controls: dict[str, Any] = {
        "c1": choice(
            [(f"{value:g}", value) for value in values],
            "third feature c1",
            values[len(values) // 2],
        )
    }
    if radial is None:

        def draw_all(c1: float) -> Picture:
            return plot_decision(probability.sel(c1=[c1]), points, rows="c1", columns="network")

        return Panel(settled(draw_all), controls, interactive=interactive, owns_controls=True)
    names = [str(name) for name in probability.network.values]
    controls = {"network": widgets.Dropdown(options=names, description="network")} | controls

    def draw(network: str, c1: float) -> Picture:
        return plot_surface(
            probability.sel(network=[network], c1=[c1]), radial.sel(network=[network]), points
        )

    return Panel(settled(draw), controls, interactive=interactive, owns_controls=True)
