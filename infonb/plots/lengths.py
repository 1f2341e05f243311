"""How a difference between two networks grows with the length of training."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.dims import group_dim
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette

__all__ = ["plot_lengths"]

_LINES = {"before": "-", "after": "--"}


def plot_lengths(found: xr.Dataset, *, by: str | None = None) -> Picture:
    """
    Draw the change of the medians between two levels over the length of training.

    Parameters
    ----------
    found
        What `infonb.experiments.lengths.over_lengths` returned: ``entropy`` (level, epochs, relu,
        edges, layer) and ``mutual_information`` (level, epochs, relu, layer).
    by
        The dimension of the levels; needed only if there are several candidates.

    Returns
    -------
    Picture
        Entropy above, mutual information below, a column for each layer; a line above zero says
        that the measure is higher at the last level than at the first.

    Examples
    --------
    >>> import numpy as np
    >>> dims = ("beta", "epochs", "relu", "edges", "layer")
    >>> coords = {"beta": [0.0, 1.0], "epochs": [5, 10], "relu": ["before", "after"],
    ...           "edges": ["common", "neuron"], "layer": [1]}
    >>> entropy = xr.DataArray(np.zeros((2, 2, 2, 2, 1)), coords, dims)
    >>> information = entropy.sel(edges="neuron", drop=True)
    >>> found = xr.Dataset({"entropy": entropy, "mutual_information": information})
    >>> plot_lengths(found).alt.split(":")[0]
    'Change from β = 0 to β = 1 over the length of training'
    """
    by = group_dim(found.entropy, by, {"epochs", "relu", "edges", "layer"})
    assert by is not None
    first, last = found[by].values[0], found[by].values[-1]
    change = found.sel({by: last}) - found.sel({by: first})
    layers = found.layer.values
    picture, axes = subplots(
        2, len(layers), size=(10.2 / max(len(layers), 2), 2.6), sharex=True, sharey="row"
    )
    colours = dict(zip(("common", "neuron", "pairs"), palette(3, "layers"), strict=True))
    handles: dict[str, Any] = {}
    for column, layer in enumerate(layers):
        above, below = axes[:, column]
        part = change.sel(layer=layer)
        for side, style in _LINES.items():
            for edges, word in (("common", "common bins"), ("neuron", "own bins")):
                values = part.entropy.sel(relu=side, edges=edges)
                handles[f"entropy, {word}, {side} the ReLU"] = above.plot(
                    found.epochs, values, style, color=colours[edges], marker="o", ms=4
                )[0]
            handles[f"mutual information, {side} the ReLU"] = below.plot(
                found.epochs, part.mutual_information.sel(relu=side), style,
                color=colours["pairs"], marker="o", ms=4,
            )[0]  # fmt: skip
        for axis in (above, below):
            axis.axhline(0, color="0.4", linewidth=1)
            axis.set_xscale("log", base=2)
            axis.set_xticks(found.epochs.values, [str(n) for n in found.epochs.values])
            axis.minorticks_off()
        above.set_title(_layer_name(layer), fontsize=11, loc="left")
        below.set_xlabel("epochs of training")
    axes[0, 0].set_ylabel("change of\nmedian entropy (nat)")
    axes[1, 0].set_ylabel("change of\nmedian MI (nat)")
    picture.legend(
        handles.values(), handles.keys(), loc="outside upper center", ncols=2, frameon=False
    )
    picture.alt = (
        f"Change from {label_of(by, first)} to {label_of(by, last)} over the length of training: "
        f"median entropy and mutual information of layers {', '.join(map(str, layers))}, before "
        "and after the ReLU."
    )
    return picture


def _layer_name(layer: object) -> str:
    """Return the names that a layer has in the other figures, before and after its ReLU."""
    return f"layer {layer} (fc{layer}, relu{layer})"
