"""A neuron up close: its histogram with its entropy, and a pair with its mutual information."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.measures import take_activation
from infonb.validate import check_dim
from infonb.widgets.explorer.controls import activation_controls, keep_in_layer, settings_controls
from infonb.widgets.explorer.measured import Measured
from infonb.widgets.explorer.views import Views
from infonb.widgets.panel.panel import Panel

__all__ = ["explore_neurons"]


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
    and the title says so. `explore` shows all pairs and all layers too.

    Parameters
    ----------
    activation
        Dims (layer, neuron, sample), and perhaps dimensions of levels, as in `explore`.
    by
        The dimension of the control ``level``; None: the first of them.
    bins, edges, k
        Where the controls start; k stays.
    colour_by
        Coordinate on ``sample`` that colours the scatter; None: the label if it is known, else the
        prediction, else one colour.
    interactive
        False: only the picture, for reports.

    Returns
    -------
    Panel
        Its ``value`` is the choice.

    Examples
    --------
    >>> import numpy as np, infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(50, 3))}
    >>> acts = inb.from_arrays(values, coords={"label": np.arange(50) % 2})
    >>> panel = explore_neurons(acts.activation, bins=10)
    >>> panel.controls["bins"].value = 5
    >>> panel.alt.split(":")[0]
    'Histogram of a neuron in 5 common bins, 50 samples'
    """
    activation = take_activation(activation)
    check_dim("sample", activation.dims, "activation")
    measured = Measured(activation, by=by, max_samples=max(activation.sizes["sample"], 2))
    controls: dict[str, Any] = activation_controls(measured)
    controls |= settings_controls(measured, bins=bins, edges=edges)

    keep_in_layer(controls, measured, lambda: panel.hold())
    views = Views(measured, colour_by, heights=(3.4, 3.4)).functions(
        "histogram", "scatter", k=k, n_samples=measured.n_samples, unit="nat"
    )
    panel = Panel(views, controls, interactive=interactive, owns_controls=True)
    return panel
