"""Networks side by side: activations, entropy and mutual information in one figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import group_dim, with_layer, without_diagonal
from infonb.measures.density import mixture_density
from infonb.plots.activations import choose_labels, sample_coordinate
from infonb.plots.boxes import draw_box, finite_part
from infonb.plots.heat import draw_heat_map, label_ticks
from infonb.plots.picture import DPI, Picture
from infonb.plots.style import label_of, palette
from infonb.validate import check_dim, check_integer

__all__ = ["plot_side_by_side", "shown_samples"]


def plot_side_by_side(
    activation: xr.DataArray,
    entropy: xr.DataArray,
    information: xr.DataArray,
    *,
    by: str | None = None,
    n_samples: int = 400,
    seed: int = 0,
) -> Picture:
    """
    Draw activations, entropy and mutual information of a few networks in one figure.

    Parameters
    ----------
    activation
        Dims (levels, layer, neuron, sample).
    entropy
        Dims (levels, seed, layer, neuron); seed may be missing.
    information
        Of pairs within layers, dims (levels, seed, layer, neuron, other_neuron).
    by
        The dimension of the levels; needed only if there are several candidates.
    n_samples
        How many samples of the heat maps to show at most: a random choice.
    seed
        Seed of the choice.

    Returns
    -------
    Picture
        Above a heat map for each network (neurons scaled to standard deviation 1, those that act
        alike side by side), below notched boxes of the entropy of the neurons and the density of
        the MI of pairs, both of all seeds and in the networks' colours.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), Figure 1.

    Examples
    --------
    >>> import infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(60, 5))}
    >>> acts = inb.from_arrays(values).activation
    >>> both = xr.concat([acts, acts**3], dim=xr.Variable("network", ["a", "b"]))
    >>> picture = plot_side_by_side(
    ...     both, inb.entropy(both), inb.mutual_information(both, within="layer"))
    >>> len(picture.axes)
    5
    """
    check_integer("n_samples", n_samples, 1)
    check_dim("other_neuron", information.dims, "information")
    by = group_dim(activation, by, {"layer", "neuron", "sample"})
    if by is None:
        raise ValueError("activation has no dimension of networks; give at least two side by side.")
    activation, entropy, information = map(with_layer, (activation, entropy, information))
    activation = choose_labels(activation, (by, "layer", "neuron", "sample"))
    levels = list(activation[by].values)
    colours = palette(len(levels), "names")
    picture = Picture(figsize=(10.2, 6.6), dpi=DPI, layout="constrained")
    halves: Any = picture.subfigures(2, 1, height_ratios=[1, 1.05])
    above, below = halves
    maps = above.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    order, ticks = shown_samples(activation, n_samples, seed)
    image: Any = None
    for axis, level, colour in zip(maps, levels, colours, strict=True):
        image = _draw_map(axis, activation.sel({by: level}).isel(sample=order))
        axis.set_title(label_of(by, level), fontsize=12, color=colour, weight="bold")
        axis.set_yticks(*ticks)
    maps[0].set_ylabel("samples, by label", fontsize=10)
    bar = above.colorbar(image, ax=list(maps), pad=0.01, shrink=0.9)
    bar.set_label("activation (sd)", fontsize=10)
    boxes, densities = below.subplots(1, 2, width_ratios=[1, 1.15])
    for axis in (boxes, densities):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=10)
    words = [
        _draw_boxes(boxes, entropy.transpose(by, ...), levels, colours),
        _draw_densities(densities, information.transpose(by, ...), levels, colours),
    ]
    units = entropy.attrs.get("units", "nat")
    boxes.set_ylabel(f"entropy of a neuron ({units})", fontsize=10)
    densities.set_xlabel(f"mutual information of a pair ({units})", fontsize=10)
    densities.set_ylabel("density of neuron pairs", fontsize=10)
    picture.alt = (
        f"Networks {', '.join(label_of(by, level) for level in levels)} side by side: heat maps of "
        f"activations, boxes of the entropy, densities of the mutual information. Median entropy "
        f"({units}): {words[0]}. Median mutual information ({units}): {words[1]}."
    )
    return picture


def shown_samples(
    activation: xr.DataArray, n_samples: int, seed: int
) -> tuple[np.ndarray, tuple[list[float], list[str]]]:
    """Return a random choice of samples, ordered by label, and the ticks of the labels."""
    chosen = np.random.default_rng(seed).permutation(activation.sizes["sample"])[:n_samples]
    labels = activation[sample_coordinate(activation, None, "sort")].values
    order = chosen[np.argsort(labels[chosen], kind="stable")]
    return order, label_ticks(labels[order])


def _draw_map(axis: Any, activation: xr.DataArray) -> Any:
    image, _ = draw_heat_map(axis, activation, 64, np.random.default_rng(0))
    axis.tick_params(length=0, labelsize=10)
    return image


def _draw_boxes(axis: Any, entropy: xr.DataArray, levels: list, colours: list) -> str:
    by = str(entropy.dims[0])
    layers = entropy.layer.values
    words = []
    width = 0.8 / len(levels)
    for number, (level, colour) in enumerate(zip(levels, colours, strict=True)):
        medians = []
        for at, layer in enumerate(layers):
            values, _, middle = finite_part(entropy.isel({by: number}).isel(layer=at).values)
            place = at + (number - (len(levels) - 1) / 2) * width
            draw_box(axis, values, place, 0.85 * width, colour)
            medians.append(f"{layer} {middle}")
        words.append(f"{label_of(by, level)} {', '.join(medians)}")
    axis.set_xticks(np.arange(len(layers)), layers)
    axis.set_xlim(-0.5, len(layers) - 0.5)
    return "; ".join(words)


def _draw_densities(axis: Any, information: xr.DataArray, levels: list, colours: list) -> str:
    by = str(information.dims[0])
    words, reach, peaks = [], [], []
    for number, (level, colour) in enumerate(zip(levels, colours, strict=True)):
        values = without_diagonal(information.isel({by: number}))
        density = mixture_density(values, dim=list(values.dims))
        axis.fill_between(density.value.values, density.values, alpha=0.25, color=colour)
        axis.plot(
            density.value.values, density.values, color=colour, lw=1.6, label=label_of(by, level)
        )
        middle = float(values.median())
        axis.plot([middle], [0], marker="|", ms=14, mew=2.5, color=colour, clip_on=False)
        words.append(f"{label_of(by, level)} {middle:.2f}")
        reach.append(np.nanquantile(values.values, [0.001, 0.99]))
        peaks.append(float(density.max()))
    low, high = np.min(reach, axis=0)[0], np.max(reach, axis=0)[1]
    # one narrow peak must not flatten all others
    top = min(max(peaks), 2.5 * float(np.median(peaks)))
    axis.set(xlim=(low - 0.05 * (high - low), high), ylim=(0, 1.05 * top))
    axis.legend(frameon=False, fontsize=10)
    return "; ".join(words)
