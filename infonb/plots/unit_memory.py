"""Selectivity of single units for single samples, by layer, trained beside untrained."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.boxes import draw_box, finite_part
from infonb.plots.comparison import label_layers
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import DPI, Picture
from infonb.plots.style import palette
from infonb.validate import check_dim

__all__ = ["plot_unit_memory"]

_NULL = "#b8b8b8"
_COLUMNS = 4


@with_narrow
def plot_unit_memory(
    unit_mem: xr.DataArray,
    untrained: xr.DataArray | None = None,
    *,
    by: str = "model",
    width: float | None = None,
) -> Picture:
    """
    Draw UnitMem of the neurons of each layer as boxes, and that of the untrained network in grey.

    Parameters
    ----------
    unit_mem
        Of `infonb.memorization.unit`: dims (layer, neuron), perhaps `by`, and others (such as
        seeds), which are pooled.
    untrained
        The same of networks with new weights: without training. Where it is NaN, or None, there is
        no grey box. Without the dim `by` it is that of all.
    by
        The dim that has a panel for each of its labels, if there is one.
    width
        Of the picture in inches. None: as it needs.

    Returns
    -------
    Picture
        A panel for each model, boxes from the first to the third quartile; dead units have none.

    Raises
    ------
    ValueError
        If there is no dim layer or neuron.

    Examples
    --------
    >>> mem = xr.DataArray([[[0.5, 0.6, 0.7]]], {"model": ["a"], "layer": ["fc1"]},
    ...     ("model", "layer", "neuron"))
    >>> plot_unit_memory(mem, mem - 0.2).alt
    'Median UnitMem by layer. a: fc1 0.60 (untrained 0.40).'
    """
    for dim in ("layer", "neuron"):
        check_dim(dim, unit_mem.dims, "unit_mem")
    names = unit_mem[by].values.tolist() if by in unit_mem.dims else [""]
    layers = [str(layer) for layer in unit_mem.layer.values]
    columns = 1 if width and width < 6 else min(len(names), _COLUMNS)
    each = (width or min(10.5, max(4.4, 3.3 * columns))) / columns
    picture, axes = _grid(len(names), columns, each)
    words = []
    for name, axis in zip(names, axes, strict=True):
        new = None if untrained is None else _of(untrained, by, name)
        told = _draw(axis, _of(unit_mem, by, name), new)
        axis.set_title(str(name), fontsize=10, loc="left", fontweight="bold")
        label_layers(axis, layers, each)
        words.append(f"{name}: {', '.join(told)}" if name else ", ".join(told))
    picture.alt = f"Median UnitMem by layer. {'; '.join(words)}."
    return picture


def _of(values: xr.DataArray, by: str, name: object) -> xr.DataArray:
    return values.sel({by: name}) if by in values.dims else values


def _grid(n: int, columns: int, each: float) -> tuple[Picture, list[Any]]:
    """Return a picture with so many panels, with room for the legend on top."""
    rows = -(-n // columns)
    picture = Picture(figsize=(each * columns, 2.5 * rows + 0.4), dpi=DPI, layout="constrained")
    axes = picture.subplots(rows, columns, squeeze=False, sharey=True)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9)
        axis.grid(axis="y", alpha=0.3)
    for axis in axes.flat[n:]:
        axis.set_visible(False)
    for row in axes:
        row[0].set_ylabel("UnitMem", fontsize=10)
    from matplotlib.patches import Patch

    boxes = {"trained": palette(1, "layers")[0], "untrained: without any training": _NULL}
    picture.legend(
        [Patch(facecolor=colour, edgecolor="black") for colour in boxes.values()], list(boxes),
        loc="outside upper center", ncols=2 if each * columns > 4 else 1, frameon=False, fontsize=9,
    )  # fmt: skip
    return picture, list(axes.flat[:n])


def _draw(axis: Any, trained: xr.DataArray, untrained: xr.DataArray | None) -> list[str]:
    """Draw two boxes for each layer, and tell the medians."""
    colour, words = palette(1, "layers")[0], []
    for place, layer in enumerate(trained.layer.values):
        values, _, told = finite_part(trained.sel(layer=layer))
        draw_box(axis, values, place - 0.2, 0.34, colour)
        new = np.zeros(0)
        if untrained is not None and layer in untrained.layer.values:
            new, _, median = finite_part(untrained.sel(layer=layer))
            draw_box(axis, new, place + 0.2, 0.34, _NULL)
        words.append(f"{layer} {told}" + (f" (untrained {median})" if new.size else ""))
    axis.set(xlim=(-0.6, trained.sizes["layer"] - 0.4), ylim=(-0.03, 1.03))
    return words
