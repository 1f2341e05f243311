"""A draw of neurons from all layers: mutual information of all pairs would take too long."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["draw_neurons", "in_place"]


def draw_neurons(activation: xr.DataArray, n: int, *, seed: int = 0) -> xr.DataArray:
    """
    Return the activations of some neurons, drawn from each layer in proportion to its width.

    Parameters
    ----------
    activation
        Dims (layer, neuron, sample), NaN beyond the coordinate ``width`` of the layer.
    n
        How many in all; 0, or as many as there are: all. The paper draws 768 of 960. Where `n`
        suffices, at least two of each layer that has them: one alone makes no pair.
    seed
        Of the draw.

    Returns
    -------
    xarray.DataArray
        The same dims; the coordinate ``drawn_neuron`` (layer, neuron) tells which neurons were
        drawn, -1 beyond the ``width`` of the layer.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"a": np.zeros((5, 2)), "b": np.ones((5, 4))}).activation
    >>> drawn = draw_neurons(acts, 3)
    >>> drawn.width.values, drawn.drawn_neuron.values[0]
    (array([1, 2]), array([ 1, -1]))
    """
    widths = activation.width.values
    total = int(widths.sum())
    n = min(n, total) or total
    shares = n * widths / total
    sizes = np.floor(shares).astype(int)
    sizes[np.argsort(sizes - shares, kind="stable")[: n - sizes.sum()]] += 1
    least = np.minimum(widths, 2)
    if n >= least.sum():
        sizes = np.maximum(sizes, least)
        while sizes.sum() > n:
            sizes[np.argmax(sizes - least)] -= 1
    rng = np.random.default_rng(seed)
    drawn = np.full((len(widths), sizes.max()), -1)
    values = np.full((*drawn.shape, activation.sizes["sample"]), np.nan, activation.dtype)
    for row, (width, size) in enumerate(zip(widths, sizes, strict=True)):
        drawn[row, :size] = np.sort(rng.choice(width, size, replace=False))
        values[row, :size] = activation.values[row, drawn[row, :size]]
    return xr.DataArray(
        values,
        {
            "layer": activation.layer,
            "width": ("layer", sizes),
            "drawn_neuron": (("layer", "neuron"), drawn),
        },
        ("layer", "neuron", "sample"),
    )


def in_place(information: xr.DataArray, activation: xr.DataArray) -> xr.DataArray:
    """
    Return the MI of drawn neurons where they stand among all neurons; NaN elsewhere.

    Parameters
    ----------
    information
        Mutual information of what `draw_neurons` returned: dims (layer, neuron, other_layer,
        other_neuron).
    activation
        What it was drawn from: dims (layer, neuron, sample).

    Returns
    -------
    xarray.DataArray
        Dims (layer, neuron, other_layer, other_neuron), with the attribute ``neurons``: how many
        were drawn.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"a": np.random.default_rng(0).normal(size=(50, 4))}).activation
    >>> information = inb.mutual_information(draw_neurons(acts, 2))
    >>> int(in_place(information, acts).notnull().sum())
    4
    """
    drawn = information.drawn_neuron.values
    rows, slots = np.nonzero(drawn >= 0)
    among = rows, drawn[rows, slots]
    shape = activation.sizes["layer"], activation.sizes["neuron"]
    full = np.full((*shape, *shape), np.nan)
    full[among[0][:, None], among[1][:, None], among[0], among[1]] = information.values[
        rows[:, None], slots[:, None], rows, slots
    ]
    coords = {
        f"{other}{name}": (f"{other}{dim}", activation[name].values)
        for other in ("", "other_")
        for name, dim in (("layer", "layer"), ("width", "layer"), ("neuron", "neuron"))
    }
    dims = ("layer", "neuron", "other_layer", "other_neuron")
    return xr.DataArray(full, coords, dims, attrs=information.attrs | {"neurons": rows.size})
