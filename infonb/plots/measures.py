"""Entropy boxes with the accuracy line, and densities of mutual information."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import PAIR_DIMS, check_array, group_dim, with_layer, without_diagonal
from infonb.measures import mixture_density
from infonb.plots.boxes import draw_box, finite_part
from infonb.plots.labels import add_legend, keep_apart, touching
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette, palette_kind
from infonb.validate import check_dim, check_number

__all__ = ["plot_entropy", "plot_mutual_information"]

#: How legends name the null, and its colour.
_BEFORE, _GREY = "before training", "0.35"
_DOTTED: dict[str, Any] = {"linestyle": ":", "linewidth": 1.6}


@with_narrow
def plot_entropy(
    entropy: xr.DataArray, accuracy: xr.DataArray | None = None, *, by: str | None = None,
    null: xr.DataArray | None = None, width: float | None = None,
) -> Picture:  # fmt: skip
    """
    Draw the entropy of neurons as notched boxes: a group for each level, a colour for each layer.

    Parameters
    ----------
    entropy
        What `infonb.entropy` returned: dims (layer, neuron), and perhaps seed and a dimension of
        levels. The neurons of all seeds go into one box. The notch is the 95 % interval of the
        median; a box has none where this reaches beyond the box (`infonb.plots.boxes`). Neurons
        at minus infinity, which ``estimator="knn"`` gives where there is no density, are in no box:
        legend and ``alt`` say how many they are.
    accuracy
        Validation accuracy (level[, seed]) as a line on the right axis: mean, and the range over
        seeds as a bar. Its attribute ``long_name`` replaces the words in the legend.
    by
        The dimension of the levels; needed only if there are several candidates.
    null
        The entropy of the same networks before their training, dims as `entropy`: the median of
        each layer as a dotted line in its colour.
    width
        Of the picture, in inches; words keep their size. None: as the boxes need it.

    Returns
    -------
    Picture
        With the figure's content in words as ``alt``. Levels that are many have only their value
        at the axis, and the name of the dimension below it.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), Figures 2 and 6.

    Examples
    --------
    >>> import numpy as np, infonb as inb
    >>> acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(100, 5))})
    >>> plot_entropy(inb.entropy(acts)).alt
    'Notched boxes of the entropy of neurons. Medians (nat): fc1 3.68.'
    """
    check_array(entropy, "what infonb.entropy returned")
    by = group_dim(entropy, by, {"layer", "neuron"})
    values = with_layer(entropy)
    layers = values.layer.values
    levels = list(values[by].values) if by else [None]
    names = [label_of(by, level) if by else "" for level in levels]
    needed = min(max(6.8, 1.1 + 0.42 * len(levels) * len(layers)), 10.5)
    picture, axes = subplots(size=(_width(width) or needed, 4.2))
    axis = axes[0, 0]
    handles: list[Any] = []
    drawn: Any = None
    medians: dict[str, list[str]] = {name: [] for name in names}
    box = 0.8 / len(layers)
    labels = []
    for number, (layer, colour) in enumerate(
        zip(layers, palette(len(layers), "layers"), strict=True)
    ):
        infinite = 0
        for at, name in enumerate(names):
            one = (values.isel({by: at}) if by else values).isel(layer=number)
            column, lost, middle = finite_part(one.values)
            infinite += lost
            medians[name].append(f"{layer} {middle}")
            place = at + (number - (len(layers) - 1) / 2) * box
            drawn = draw_box(axis, column, place, 0.9 * box, colour)
        handles.append(drawn)
        labels.append(f"{layer} ({infinite} at −∞)" if infinite else str(layer))
    axis.set_xticks(*((np.arange(len(levels)), names) if by else ([], [])))
    axis.set_xlim(-0.6, len(levels) - 0.4)
    units = entropy.attrs.get("units", "nat")
    axis.set(ylabel=f"entropy of a neuron ({units})")
    told = ""
    if null is not None:
        middles = _draw_null(axis, null)
        handles.append(_null_in_legend(axis))
        labels.append(_BEFORE)
        told = f" {_BEFORE.capitalize()}: {middles}."
    if accuracy is not None:
        handles.append(_draw_accuracy(axis, accuracy, by))
        labels.append(str(accuracy.attrs.get("long_name", "validation accuracy")))
    add_legend(picture, handles, labels)
    if by and touching(picture, [axis]) and palette_kind(levels) == "levels":
        # the name once, and only values at the ticks
        axis.set_xticks(np.arange(len(levels)), [f"{level:g}" for level in levels])
        axis.set_xlabel(label_of(by))
    keep_apart(picture, [axis])
    words = "; ".join(
        f"{name}: {', '.join(parts)}".removeprefix(": ") for name, parts in medians.items()
    )
    line = f" {labels[-1].capitalize()} as a line." if accuracy is not None else ""
    picture.alt = (
        f"Notched boxes of the entropy of neurons.{line} Medians ({units}): {words}.{told}"
    )
    return picture


def _draw_accuracy(axis: Any, accuracy: xr.DataArray, by: str | None) -> Any:
    if by is None or by not in accuracy.dims:
        raise ValueError(
            f"accuracy needs the dimension of the levels, {by!r}; not {accuracy.dims}."
        )
    seeds = [dim for dim in accuracy.dims if dim != by]
    mean = accuracy.mean(seeds).values
    low, high = (mean - accuracy.min(seeds).values, accuracy.max(seeds).values - mean)
    right = axis.twinx()
    line = right.errorbar(
        np.arange(mean.size), mean, yerr=[low, high], color="0.25", marker="o", ms=5, capsize=3,
        linestyle="--", linewidth=1.2,
    )  # fmt: skip
    # an accuracy ends at 1; other numbers, such as a compression, may go on
    top = 1.05 * max(1.0, float(np.nanmax(mean + high)))
    right.set(ylim=(0, top), ylabel=accuracy.attrs.get("long_name", "validation accuracy"))
    right.spines["top"].set_visible(False)
    right.tick_params(labelsize=10)
    return line


def _draw_null(axis: Any, null: xr.DataArray) -> str:
    """Draw the median of each layer before the training; return them in words."""
    values = with_layer(null)
    middles = values.median([dim for dim in values.dims if dim != "layer"])
    layers = values.layer.values
    for middle, colour in zip(middles.values, palette(len(layers), "layers"), strict=True):
        axis.axhline(middle, color=colour, zorder=0, **_DOTTED)
    both = zip(layers, middles.values, strict=True)
    return ", ".join(f"{layer} {middle:.2f}" for layer, middle in both)


def _null_in_legend(axis: Any) -> Any:
    return axis.plot([], [], color=_GREY, **_DOTTED)[0]


@with_narrow
def plot_mutual_information(
    information: xr.DataArray, *, by: str | None = None, components: int = 3,
    null: xr.DataArray | None = None, width: float | None = None,
) -> Picture:  # fmt: skip
    """
    Draw how the mutual information of neuron pairs is distributed, in each layer and in all.

    Parameters
    ----------
    information
        What `infonb.mutual_information` returned: dims (layer, neuron, other_layer,
        other_neuron), without other_layer or without both layers, and perhaps seed and a dimension
        of levels. Pairs of all seeds go into one density; a neuron with itself is left out.
    by
        The dimension of the levels; needed only if there are several candidates.
    components
        Of the Gaussian mixture, see `infonb.mixture_density`.
    null
        Mutual information of the same networks before their training, dims as `information`: its
        median in each panel as a dotted line.
    width
        Of the picture, in inches; words keep their size. None: 4.9 for each column of panels.

    Returns
    -------
    Picture
        One panel for each layer (pairs within it) and one for all pairs, where they were measured;
        medians as ticks on the axis. A peak that would flatten the other levels (many pairs of
        exactly 0, from neurons that are constant) is cut off, with its height beside it.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), Figures 3 and 7.

    Examples
    --------
    >>> import numpy as np, infonb as inb
    >>> acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(100, 8))})
    >>> picture = plot_mutual_information(inb.mutual_information(acts))
    >>> len(picture.axes)
    1
    """
    check_array(information, "what infonb.mutual_information returned")
    check_dim("other_neuron", information.dims, "information")
    by = group_dim(information, by, set(PAIR_DIMS))
    levels = list(information[by].values) if by else [None]
    names = [label_of(by, level) if by else "" for level in levels]
    panels = _panels(information)
    columns = 1 if len(panels) == 1 or (width or 9.8) < 4.5 else 2
    rows = -(-len(panels) // columns)
    height = 2.9 if width is None else max(2.3, 4.2 / rows)  # beside the boxes: as high as they
    picture, axes = subplots(
        rows, columns, size=((_width(width) or 4.9 * columns) / columns, height)
    )  # fmt: skip
    colours = palette(len(levels), palette_kind(levels))
    nulls = {} if null is None else {t: float(part.median()) for t, part in _panels(null)}
    units = information.attrs.get("units", "nat")
    handles: list[Any] = []
    words = []
    for axis, (title, part) in zip(axes.flat, panels, strict=False):
        handles = []
        medians = []
        reach = []
        dims = [dim for dim in (*PAIR_DIMS, "seed") if dim in part.dims]
        # all levels in one call: no curve of a panel is narrower than their common spread allows
        density = mixture_density(part, components=components, points=1024, dim=dims)
        density = density.transpose(..., "value")
        for at, (name, colour) in enumerate(zip(names, colours, strict=True)):
            values = part.isel({by: at}) if by else part
            y = (density.isel({by: at}) if by else density).values
            axis.fill_between(density.value.values, y, alpha=0.1, color=colour, linewidth=0)
            handles += axis.plot(density.value.values, y, color=colour, linewidth=2)
            if not bool(values.notnull().any()):
                medians.append(f"{name} none".strip())
                continue
            middle = float(values.median())
            axis.plot([middle], [0], marker="|", ms=14, mew=2.5, color=colour, clip_on=False)
            medians.append(f"{name} {middle:.2f}".strip())
            reach.append(np.nanquantile(values.values, [0.001, 0.995]))
        low, high = np.min(reach, axis=0)[0], np.max(reach, axis=0)[1]
        if title in nulls:
            low, high = min(low, nulls[title]), max(high, nulls[title])
            axis.axvline(nulls[title], color=_GREY, zorder=0, **_DOTTED)
            medians.append(f"{_BEFORE} {nulls[title]:.2f}")
        margin = 0.08 * (high - low) + 1e-3
        axis.set(xlim=(low - margin, high + margin))
        curves = density.values.reshape(len(levels), -1)
        cut = _bound_peaks(axis, density.value.values, curves, names)
        axis.set_title(title, fontsize=11, loc="left")
        words.append(f"{title}: {', '.join(medians)}" + (f" ({', '.join(cut)})" if cut else ""))
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    picture.supxlabel(f"mutual information of a pair of neurons ({units})", fontsize=11)
    picture.supylabel("density of neuron pairs", fontsize=11)
    if nulls:
        handles.append(_null_in_legend(axes[0, 0]))
        names = [*names, _BEFORE] if by else [_BEFORE]
    if by or nulls:
        legend = add_legend(picture, handles[-len(names) :], names)
        # thick, so that neighbouring colours can be told apart
        for line in legend.get_lines()[: len(levels) if by else 0]:
            line.set_linewidth(5)
    picture.alt = (
        f"Densities of the mutual information of neuron pairs. Medians ({units}): "
        f"{'; '.join(words)}."
    )
    return picture


def _width(width: float | None) -> float | None:
    return None if width is None else check_number("width", width, 3.0, 30.0)


def _bound_peaks(axis: Any, x: np.ndarray, density: np.ndarray, names: list[str]) -> list[str]:
    """Cut peaks of (level, value) above 4 times a middling one, at 2.5 times; say which."""
    peaks = np.nan_to_num(density).max(axis=1)
    known = np.sort(peaks[peaks > 0])
    middling = known[(known.size - 1) // 2]
    bound = 2.5 * middling if peaks.max() > 4 * middling else peaks.max()
    axis.set_ylim(0, 1.05 * bound)
    cut: list[str] = []
    for number in np.flatnonzero(peaks > 1.05 * bound):
        words = f"{names[number]}: peak {peaks[number]:.3g}"
        axis.annotate(
            words, (x[np.nanargmax(density[number])], 1.0), xycoords=("data", "axes fraction"),
            xytext=(14, -11 * (len(cut) + 1)), textcoords="offset points", fontsize=9.5,
            va="center",
        )  # fmt: skip
        cut.append(words)
    return cut


def _panels(information: xr.DataArray) -> list[tuple[str, xr.DataArray]]:
    """Return title → pairs of different neurons, of which some were measured."""
    information = without_diagonal(information)
    panels = [("all pairs", information)]
    if "layer" in information.dims:
        every = "other_layer" in information.dims  # not so with within="layer"
        panels = [
            (
                f"{layer}, pairs within the layer",
                information.isel(
                    {"layer": [at], "other_layer": [at]} if every else {"layer": [at]}
                ),
            )
            for at, layer in enumerate(information.layer.values)
        ]
        if len(panels) > 1 and every:
            panels.append(("all layers, all pairs", information))
    measured = [(title, part) for title, part in panels if bool(part.notnull().any())]
    if not measured:
        raise ValueError("information holds no value of a pair of different neurons to draw.")
    return measured
