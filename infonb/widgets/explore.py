"""One control for each notebook: a neuron up close, and a network's answers over the plane."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.measures import TiesWarning, entropy, mutual_information, take_activation
from infonb.plots import plot_decision, plot_neuron, plot_surface
from infonb.plots.picture import Picture, group_dim, label_of, with_layer
from infonb.widgets.panel import Panel

__all__ = ["explore_decision", "explore_neurons"]


def explore_neurons(
    activation: xr.DataArray | xr.Dataset,
    *,
    by: str | None = None,
    bins: int = 100,
    edges: str = "common",
    k: int = 3,
    colour_by: str | None = None,
    interactive: bool = True,
) -> Panel:
    """
    Choose network, layer, neurons and bins; see the histogram with its entropy, and a pair's MI.

    The MI is KSG's; of a pair with many ties (units after a ReLU) that of the mixture estimator,
    and the title says so.

    Parameters
    ----------
    activation
        Dims (layer, neuron, sample), and perhaps a dimension of levels.
    by
        The dimension of the levels; needed only if there are several candidates.
    bins, edges, k
        Where the controls start.
    colour_by
        Coordinate on ``sample`` that colours the scatter; None: as `plot_neuron`.
    interactive
        False: only the picture, for reports.

    Returns
    -------
    Panel
        Its ``value`` is the choice.

    Examples
    --------
    >>> import infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(50, 3))}
    >>> acts = inb.from_arrays(values, coords={"label": np.arange(50) % 2})
    >>> panel = explore_neurons(acts.activation, bins=10)
    >>> panel.controls["bins"].value = 5
    >>> panel.alt.split(",")[0]
    'Left: histogram of a neuron in 5 bins'
    """
    import ipywidgets as widgets

    activation = with_layer(take_activation(activation))
    by = group_dim(activation, by, {"layer", "neuron", "sample"})
    layers = [str(layer) for layer in activation.layer.values]
    last = activation.sizes["neuron"] - 1
    controls: dict[str, Any] = {}
    if by:
        levels = [(label_of(by, level), level) for level in activation[by].values]
        controls["level"] = widgets.SelectionSlider(
            options=levels, value=levels[-1][1], description="network"
        )
    controls["layer"] = widgets.Dropdown(options=layers, value=layers[-1], description="layer")
    controls["neuron"] = widgets.IntSlider(0, 0, last, description="neuron")
    controls["other"] = widgets.IntSlider(min(1, last), 0, last, description="other neuron")
    controls["bins"] = widgets.IntSlider(bins, 1, max(200, bins), description="bins")
    controls["edges"] = widgets.ToggleButtons(
        options=[("common", "common"), ("its own", "neuron")], value=edges, description="edges"
    )

    def draw(
        layer: str, neuron: int, other: int, bins: int, edges: str, level: Any = None
    ) -> Picture:
        network = activation.sel({by: level}) if by else activation
        values = network.sel(layer=layer)
        width = int(values.width) if "width" in values.coords else last + 1
        # sliders reach as far as the widest layer
        first, second = (values.isel(neuron=min(at, width - 1)) for at in (neuron, other))
        scope = network if edges == "common" else first
        low, high = float(scope.min()), float(scope.max())
        grid = np.linspace(low, high if high > low else low + 1.0, bins + 1)
        h = float(entropy(first.drop_vars("width", errors="ignore"), bins=bins, edges=grid))
        pair = xr.concat([first, second], dim="neuron", coords="minimal", compat="override")
        pair = pair.drop_vars("width", errors="ignore")
        i, how = _information(pair, k)
        name = f"{label_of(by, level)}, " if by else ""
        return plot_neuron(
            first, second, bin_edges=grid, colour_by=colour_by,
            titles=(
                f"{name}{layer}, neuron {int(first.neuron)}: H = {h:.2f} nat",
                f"with neuron {int(second.neuron)}: I = {i:.2f} nat{how}",
            ),
        )  # fmt: skip

    return Panel(draw, controls, interactive=interactive)


def _information(pair: xr.DataArray, k: int) -> tuple[float, str]:
    """Return the MI of two neurons by KSG, or by the mixture estimator where ties forbid it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", TiesWarning)
        try:
            return float(mutual_information(pair, k=k).values[0, 1]), ""
        except TiesWarning:
            mixture = mutual_information(pair, k=k, estimator="mixture")
            return float(mixture.values[0, 1]), " (mixture: ties)"


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
    >>> values = xr.DataArray(np.full((1, 2, 3, 3), 0.5), dims=("network", "c1", "y", "x"), coords={
    ...     "network": ["baseline"], "c1": [-3.0, 3.0], "x": [-1, 0, 1], "y": [-1, 0, 1]})
    >>> panel = explore_decision(values, {})
    >>> panel.controls["c1"].value = -3.0
    >>> panel.alt
    'What the networks baseline answer over the plane at c1 = -3.'
    """
    import ipywidgets as widgets

    values = [float(value) for value in probability.c1.values]
    controls: dict[str, Any] = {
        "c1": widgets.SelectionSlider(
            options=[(f"{value:g}", value) for value in values],
            value=values[len(values) // 2],
            description="third feature c1",
        )
    }
    if radial is None:
        return Panel(
            lambda c1: plot_decision(
                probability.sel(c1=[c1]), points, rows="c1", columns="network"
            ),
            controls, interactive=interactive,
        )  # fmt: skip
    names = [str(name) for name in probability.network.values]
    controls = {"network": widgets.Dropdown(options=names, description="network")} | controls

    def draw(network: str, c1: float) -> Picture:
        return plot_surface(
            probability.sel(network=[network], c1=[c1]), radial.sel(network=[network]), points
        )

    return Panel(draw, controls, interactive=interactive)
