"""Activations as they are: the heat map of a network, and one neuron or pair up close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import group_dim, with_layer
from infonb.measures import take_activation
from infonb.plots.heat import draw_heat_map, label_ticks
from infonb.plots.labels import keep_apart
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette
from infonb.validate import check_choice, check_integer

__all__ = ["choose_labels", "plot_activations", "plot_neuron", "sample_coordinate"]


def plot_activations(
    activation: xr.DataArray | xr.Dataset,
    *,
    by: str | None = None,
    sort: str | None = None,
    n_samples: int = 200,
    n_neurons: int = 64,
    seed: int = 0,
) -> Picture:
    """
    Draw a heat map, samples from top to bottom and neurons from left to right.

    Parameters
    ----------
    activation
        Dims (layer, neuron, sample), and perhaps a dimension of levels (one panel each).
    by
        The dimension of the levels; needed only if there are several candidates. Of all others,
        such as seed, a label has to be chosen: ``activation.sel(seed=0)``.
    sort
        Coordinate on ``sample`` by which samples are ordered; None: the label if it is known, else
        the prediction, else as recorded.
    n_samples, n_neurons
        How many to show at most: a random choice of samples, and of neurons in each layer.
    seed
        Seed of the choice.

    Returns
    -------
    Picture
        Each neuron is scaled to mean 0 and standard deviation 1; neurons of a layer that act
        alike stand side by side (hierarchical clustering of their correlation). Layers have blocks
        of the same width, however many neurons they have.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), Figure 1.

    Examples
    --------
    >>> import numpy as np, infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(30, 5))}
    >>> acts = inb.from_arrays(values, coords={"label": np.arange(30) % 2})
    >>> len(plot_activations(acts.activation).axes)
    2
    """
    check_integer("n_samples", n_samples, 1)
    check_integer("n_neurons", n_neurons, 1)
    activation = with_layer(take_activation(activation))
    by = group_dim(activation, by, {"layer", "neuron", "sample"})
    activation = choose_labels(activation, (by, "layer", "neuron", "sample"))
    sort = sample_coordinate(activation, sort, "sort")
    levels = list(activation[by].values) if by else [None]
    columns = 2 if len(levels) == 4 else min(len(levels), 3)
    picture, axes = subplots(-(-len(levels) // columns), columns, size=(10.2 / columns, 3.4))
    panels = list(axes.flat[: len(levels)])
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(activation.sizes["sample"])[:n_samples]
    order = chosen[np.argsort(activation[sort].values[chosen], kind="stable")]
    image: Any = None
    widths: list[int] = []
    for axis, level in zip(panels, levels, strict=True):
        values = activation.sel({by: level}) if by else activation
        image, widths = draw_heat_map(axis, values.isel(sample=order), n_neurons, rng)
        axis.set_yticks(*label_ticks(activation[sort].values[order]))
        axis.set_title(label_of(by, level) if by else "", fontsize=11, loc="left")
        axis.tick_params(length=0)
    for axis in axes.flat[len(levels) :]:
        axis.set_visible(False)
    picture.supylabel(f"samples, by {sort}", fontsize=11)
    bar = picture.colorbar(image, ax=axes, shrink=0.8, pad=0.01)
    bar.set_label("activation (standard deviations)", fontsize=10)
    if len(set(widths)) > 1:
        picture.supxlabel("layer (number of neurons shown)", fontsize=11)
    keep_apart(picture, panels)
    picture.alt = (
        f"Heat map of activations: {len(order)} samples ordered by {sort}, neurons of "
        f"{', '.join(map(str, activation.layer.values))}"
        + (f"; panels: {', '.join(label_of(by, level) for level in levels)}." if by else ".")
    )
    return picture


def choose_labels(
    activation: xr.DataArray, dims: Sequence[str | None], what: str = "activation"
) -> xr.DataArray:
    """Return activations with no dims but those that are drawn; raise where there is a choice."""
    left = [str(dim) for dim in activation.dims if dim not in dims]
    many = [dim for dim in left if activation.sizes[dim] > 1]
    if many:
        there = "; ".join(f"{dim}: {_some(activation[dim].values.tolist())}" for dim in many)
        first = ", ".join(f"{dim}={activation[dim].values.tolist()[0]!r}" for dim in many)
        raise ValueError(
            f"{what} has more dims than the figure draws ({', '.join(filter(None, dims))}): choose "
            f"a label of {there}. As in {what}.sel({first})."
        )
    return activation.squeeze(left)


def _some(labels: Sequence[Any]) -> str:
    """Return the labels of a dimension, of many the first and the last."""
    if len(labels) > 8:
        labels = [*labels[:3], ..., labels[-1]]
    return ", ".join("…" if label is ... else repr(label) for label in labels)


def sample_coordinate(activation: xr.DataArray, name: str | None, what: str) -> str:
    """Return the coordinate on ``sample`` that is meant: label, prediction, or sample."""
    there = [str(key) for key, c in activation.coords.items() if c.dims == ("sample",)]
    if name is None:
        return next((key for key in ("label", "prediction") if key in there), "sample")
    check_choice(what, name, there)
    return name


def plot_neuron(
    activation: xr.DataArray,
    other: xr.DataArray,
    *,
    bin_edges: np.ndarray,
    colour_by: str | None = None,
    titles: tuple[str, str] = ("", ""),
) -> Picture:
    """
    Draw the histogram of a neuron with its bins, and its scatter against another neuron.

    Parameters
    ----------
    activation, other
        Activations of two neurons over the same samples, dims (sample). Of other dims a label has
        to be chosen: ``activation.sel(seed=0, layer="fc1", neuron=3)``.
    bin_edges
        Edges of the bins, shape (bins + 1,).
    colour_by
        Coordinate on ``sample`` with the classes that colour the scatter; None: the label if it is
        known, else the prediction, else one colour.
    titles
        Of the two panels: the measured entropy and mutual information in words.

    Returns
    -------
    Picture
        Two panels.

    Examples
    --------
    >>> import numpy as np, infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(30, 2))}
    >>> acts = inb.from_arrays(values, coords={"label": np.arange(30) % 2}).activation
    >>> first, second = acts.isel(layer=0, neuron=0), acts.isel(layer=0, neuron=1)
    >>> picture = plot_neuron(first, second, bin_edges=np.linspace(-3, 3, 11))
    >>> len(picture.axes)
    2
    """
    activation = choose_labels(take_activation(activation), ["sample"])
    other = choose_labels(take_activation(other), ["sample"], "other")
    colour_by = sample_coordinate(activation, colour_by, "colour_by")
    picture, axes = subplots(1, 2, size=(4.6, 3.3))
    left, right = axes[0]
    counts, _ = np.histogram(activation.values, bins=bin_edges)
    left.stairs(counts / counts.sum(), bin_edges, fill=True, color=palette(1, "layers")[0])
    left.set(xlabel="activation of the neuron", ylabel="fraction of samples in the bin")
    left.set_title(titles[0], fontsize=11, loc="left")
    classes = activation[colour_by].values
    if colour_by == "sample":
        classes = np.full(classes.shape, "all samples", dtype=object)
    for value, colour in zip(
        np.unique(classes), palette(len(np.unique(classes)), "layers"), strict=True
    ):
        at = classes == value
        right.scatter(
            activation.values[at], other.values[at], s=6, alpha=0.6, color=colour, label=f"{value}"
        )
    right.set(xlabel="activation of the neuron", ylabel="activation of the other neuron")
    right.set_title(titles[1], fontsize=11, loc="left")
    right.legend(
        title=colour_by, fontsize=8, title_fontsize=8, markerscale=2, frameon=False,
        loc="center left", bbox_to_anchor=(1.0, 0.5),
    )  # fmt: skip
    picture.alt = (
        f"Left: histogram of a neuron in {len(bin_edges) - 1} bins, {titles[0]}. Right: scatter of "
        f"two neurons coloured by {colour_by}, {titles[1]}."
    )
    return picture
