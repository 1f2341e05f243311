"""Other rulers of memorization beside a comparison: each layer of each model, with its null."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.comparison import label_layers
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import DPI, Picture
from infonb.plots.style import palette

__all__ = ["TITLES", "plot_other_rulers"]

#: What a ruler is called for readers, and its unit.
TITLES = {
    "mi_over_entropy": ("MI over entropy", "1"),
    "mean_unit_mem": ("mean UnitMem", "1"),
    "matrix_entropy": ("matrix entropy", "nat"),
    "imbalance_to_label": ("imbalance to the label", "1"),
    "layer_information": ("information with the label", "nat"),
}
_COLUMNS = 3
_NULL = "#8a8a8a"

#: More models have no colours of their own.
_MANY = 9


@with_narrow
def plot_other_rulers(found: xr.Dataset, *, width: float | None = None) -> Picture:
    """
    Draw what other rulers say of each layer of the models that were compared.

    Parameters
    ----------
    found
        Of `infonb.compare`: ``other_rulers`` (ruler, model, layer), with ``other_rulers_interval``
        and ``other_rulers_null``; of several seeds the means are drawn.
    width
        Of the picture in inches. None: as it needs.

    Returns
    -------
    Picture
        A panel for each ruler that was read: a colour for each of the first nine models, bars for
        the intervals, and grey marks for the nulls.

    Raises
    ------
    ValueError
        If `found` has no other rulers, or none could be read.

    Examples
    --------
    >>> values = xr.DataArray([[[0.1, 0.2]]], {"ruler": ["mean_unit_mem"], "model": ["a"],
    ...     "layer": ["fc1", "fc2"]}, ("ruler", "model", "layer"))
    >>> ends = values + xr.DataArray([-0.1, 0.1], {"bound": ["low", "high"]}, "bound")
    >>> plot_other_rulers(xr.Dataset({"other_rulers": values, "other_rulers_interval": ends,
    ...     "other_rulers_null": values * 0})).alt
    'Other rulers by layer. mean UnitMem: a fc1 0.1, fc2 0.2.'
    """
    if "other_rulers" not in found:
        raise ValueError("found has no other rulers; infonb.compare(..., rulers=True) reads them.")
    pooled = [dim for dim in ("seed",) if dim in found.other_rulers.dims]
    values, null, ends = (
        found[name].mean(pooled) if pooled else found[name]
        for name in ("other_rulers", "other_rulers_null", "other_rulers_interval")
    )
    names = [name for name in values.ruler.values if values.sel(ruler=name).notnull().any()]
    if not names:
        raise ValueError("no other ruler could be read: all values are NaN.")
    models = values.model.values.tolist()
    if len(models) > _MANY:
        models, left = models[:_MANY], len(models) - _MANY
        values, null, ends = (one.sel(model=models) for one in (values, null, ends))
    else:
        left = 0
    columns = 1 if width and width < 6 else min(len(names), _COLUMNS)
    whole = width or min(10.5, 3.5 * columns)
    rows = -(-len(names) // columns)
    picture = Picture(figsize=(whole, 2.5 * rows + 0.5), dpi=DPI, layout="constrained")
    axes = picture.subplots(rows, columns, squeeze=False)
    colours = dict(zip(models, palette(len(models), "names"), strict=True))
    words = []
    for name, axis in zip(names, axes.flat, strict=False):
        own, its_ends, chance = (one.sel(ruler=name) for one in (values, ends, null))
        _panel(axis, own, its_ends, chance, colours)
        title, unit = TITLES.get(str(name), (str(name), "1"))
        axis.set_title(title, fontsize=10, loc="left", fontweight="bold")
        axis.set_ylabel("" if unit == "1" else unit, fontsize=9)
        label_layers(axis, [str(layer) for layer in values.layer.values], whole / columns)
        words.append(f"{title}: {_words(own)}")
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    _legend(picture, colours, whole)
    more = f" {left} other models are not drawn." if left else ""
    picture.alt = f"Other rulers by layer. {'. '.join(words)}.{more}"
    return picture


def _panel(
    axis: Any, values: xr.DataArray, ends: xr.DataArray, null: xr.DataArray, colours: dict[Any, Any]
) -> None:
    """Draw one ruler: (model, layer)."""
    step = 0.7 / len(colours)
    for place, (model, colour) in enumerate(colours.items()):
        at = np.arange(values.sizes["layer"]) + (place - (len(colours) - 1) / 2) * step
        middle = values.sel(model=model).values
        low, high = (ends.sel(model=model, bound=end).values for end in ("low", "high"))
        axis.vlines(at, low, high, color=colour, linewidth=1.6)
        axis.plot(at, middle, "o", color=colour, markersize=4.5)
        chance = null.sel(model=model).values
        axis.plot(at, chance, "_", color=_NULL, markersize=9, markeredgewidth=1.8)
    axis.set_xlim(-0.6, values.sizes["layer"] - 0.4)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=9)
    axis.grid(axis="y", alpha=0.3)


def _legend(picture: Picture, colours: dict[Any, Any], width: float) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, marker="o", linewidth=1.6) for colour in
               colours.values()]  # fmt: skip
    handles.append(Line2D([], [], color=_NULL, marker="_", linewidth=0, markersize=9,
                          markeredgewidth=1.8))  # fmt: skip
    picture.legend(
        handles, [*map(str, colours), "null"], loc="outside upper center",
        ncols=max(1, min(len(handles), int(width / 1.6))), frameon=False, fontsize=9,
    )  # fmt: skip


def _words(values: xr.DataArray) -> str:
    """Return the readings of a ruler: (model, layer)."""
    parts = []
    for model in values.model.values:
        one = values.sel(model=model).dropna("layer")
        told = ", ".join(f"{layer} {value:.2g}" for layer, value in one.to_series().items())
        parts.append(f"{model} {told}" if told else f"{model} nothing")
    return "; ".join(parts)
