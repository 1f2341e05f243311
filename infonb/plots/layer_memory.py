"""LayerMem by depth: the roles of samples on the band of the null group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.comparison import label_layers
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import DPI, Picture
from infonb.plots.style import palette
from infonb.validate import check_choice, check_dim

__all__ = ["ROLES", "plot_layer_agreement", "plot_layer_memory"]

#: What the roles of an experiment with two encoders mean.
ROLES = {
    "C": "candidates: seen by the target alone",
    "I": "independent: seen by the reference alone",
    "S": "shared: seen by both",
    "E": "external: seen by neither (null)",
}
_NULL = "#9a9a9a"
_COLUMNS = 3


@with_narrow
def plot_layer_memory(
    found: xr.Dataset,
    *,
    by: str = "network",
    null: str = "E",
    names: Mapping[str, str] | None = None,
    width: float | None = None,
) -> Picture:
    """
    Draw LayerMem of each role by layer, on the band of the samples that no encoder saw.

    Parameters
    ----------
    found
        Of `infonb.memorization.layer`: ``group_mem`` and ``group_error`` (group, layer), perhaps
        with seeds and the dim `by`.
    by
        The dim that has a panel for each of its labels, if there is one.
    null
        The group in neither training set.
    names
        Groups → words of the legend, in its order; None: those of C, I, S and E.
    width
        Of the picture in inches. None: as it needs.

    Returns
    -------
    Picture
        Thick lines are means over seeds, thin ones single seeds. Grey: the null group, its mean
        with twice the standard error of its samples.

    Raises
    ------
    ValueError
        If there are no groups, or not that of the null.

    Examples
    --------
    >>> found = xr.Dataset(
    ...     {name: (("group", "layer"), [[0.1, 0.4], [0.0, 0.0]])
    ...      for name in ("group_mem", "group_error")},
    ...     {"group": ["C", "E"], "layer": ["fc1", "fc2"]})
    >>> plot_layer_memory(found).alt
    'LayerMem in the last layer. C 0.40, E 0.00.'
    """
    check_dim("group", found.group_mem.dims, "group_mem")
    groups = [str(group) for group in found.group.values]
    check_choice("null", null, groups)
    words = {name: text for name, text in (names or ROLES).items() if name in groups}
    labels = found[by].values.tolist() if by in found.group_mem.dims else [""]
    columns = 1 if width and width < 6 else min(len(labels), _COLUMNS)
    each = (width or max(4.6, 3.2 * columns)) / columns
    picture, axes = _grid(len(labels), columns, each)
    colours = dict(zip(ROLES, palette(3, "layers"), strict=False))
    handles: dict[str, Any] = {}
    said = []
    for axis, label in zip(axes, labels, strict=True):
        one = found.sel({by: label}) if by in found.group_mem.dims else found
        one = one if "seed" in one.group_mem.dims else one.expand_dims("seed")
        _draw_null(axis, one.sel(group=null))
        for group, text in words.items():
            colour = _NULL if group == null else colours.get(group, "black")
            handles[text] = _draw_group(axis, one.group_mem.sel(group=group), colour)
        label_layers(axis, [str(layer) for layer in found.layer.values], each)
        axis.set_title(str(label), fontsize=10, loc="left", fontweight="bold")
        last = one.group_mem.isel(layer=-1).mean("seed")
        told = ", ".join(f"{name} {_number(last.sel(group=name))}" for name in words)
        said.append(f"{label}: {told}" if label else told)
    picture.legend(handles.values(), handles, loc="outside upper center", frameon=False,
                   fontsize=9, ncols=1 if each * columns < 6 else 2)  # fmt: skip
    picture.alt = f"LayerMem in the last layer. {'; '.join(said)}."
    return picture


def _grid(n: int, columns: int, each: float) -> tuple[Picture, list[Any]]:
    rows = -(-n // columns)
    picture = Picture(figsize=(each * columns, 2.5 * rows + 0.7), dpi=DPI, layout="constrained")
    axes = picture.subplots(rows, columns, squeeze=False, sharey=True)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9)
        axis.axhline(0, color="0.6", lw=0.8)
    for axis in axes.flat[n:]:
        axis.set_visible(False)
    for row in axes:
        row[0].set_ylabel("LayerMem", fontsize=10)
    return picture, list(axes.flat[:n])


def _draw_null(axis: Any, one: xr.Dataset) -> None:
    """Draw the band of the null group: twice its standard error on either side of its mean."""
    mean = one.group_mem.mean("seed").values
    # of seeds with other networks and the same samples: the error of one, not that of their mean
    error = np.sqrt((one.group_error**2).mean("seed")).values
    place = np.arange(mean.size)
    axis.fill_between(place, mean - 2 * error, mean + 2 * error, color="0.85", lw=0, zorder=0)


def _draw_group(axis: Any, mem: xr.DataArray, colour: Any) -> Any:
    """Draw a group, (seed, layer): a thin line for each seed, a thick one for their mean."""
    place = np.arange(mem.sizes["layer"])
    if mem.sizes["seed"] > 1:
        axis.plot(place, mem.transpose("layer", "seed").values, color=colour, lw=0.7, alpha=0.6)
    return axis.plot(place, mem.mean("seed").values, "o-", color=colour, lw=2, ms=4)[0]


@with_narrow
def plot_layer_agreement(
    tau: xr.DataArray, *, by: str = "network", width: float | None = None
) -> Picture:
    """
    Draw how well the orders of samples in two layers agree, a matrix of layers.

    Parameters
    ----------
    tau
        Kendall's τ of the scores of samples, dims (layer, other_layer), perhaps with seeds, of
        which the mean is drawn, and the dim `by`.
    by
        The dim that has a panel for each of its labels, if there is one.
    width
        Of the picture in inches. None: as it needs.

    Returns
    -------
    Picture
        1: the same order, 0: none, −1: the opposite; the numbers where there is room.

    Raises
    ------
    ValueError
        If a dim is missing.

    Examples
    --------
    >>> tau = xr.DataArray([[1.0, 0.4], [0.4, 1.0]], {"layer": ["a", "b"]},
    ...     ("layer", "other_layer"))
    >>> plot_layer_agreement(tau).alt
    'Kendall τ of the scores in two layers: neighbours 0.40, first and last 0.40.'
    """
    for dim in ("layer", "other_layer"):
        check_dim(dim, tau.dims, "tau")
    labels = tau[by].values.tolist() if by in tau.dims else [""]
    columns = 1 if width and width < 6 else min(len(labels), _COLUMNS)
    n = tau.sizes["layer"]
    each = (width or columns * max(3.2, 0.42 * n + 1.2)) / columns
    rows = -(-len(labels) // columns)
    stacked = rows > 1 and columns == 1
    high = rows * (each - 0.3) + 0.6 if stacked else rows * (each - 0.3)
    picture = Picture(figsize=(each * columns, high), dpi=DPI, layout="constrained")
    axes = picture.subplots(rows, columns, squeeze=False)
    layers = [str(layer) for layer in tau.layer.values]
    image: Any = None
    said = []
    for axis, label in zip(axes.flat, labels, strict=False):
        one = tau.sel({by: label}) if by in tau.dims else tau
        one = one.mean([dim for dim in one.dims if dim not in ("layer", "other_layer")])
        values = one.transpose("layer", "other_layer").values
        image = axis.imshow(values, cmap="PuOr_r", vmin=-1, vmax=1)
        _write_numbers(axis, values, 6.5 if n > 6 else 9)
        axis.set_xticks(range(n), layers, rotation=90 if n > 5 else 0, fontsize=8.5)
        axis.set_yticks(range(n), layers, fontsize=8.5)
        axis.set_title(str(label), fontsize=10, loc="left", fontweight="bold")
        near, far = np.diag(values, 1).mean(), values[0, -1]
        said.append(f"{label}{': ' * bool(label)}neighbours {_number(near)}, "
                    f"first and last {_number(far)}")  # fmt: skip
    for axis in axes.flat[len(labels) :]:
        axis.set_visible(False)
    where: Any = "bottom" if stacked else "right"
    bar = picture.colorbar(image, ax=axes, shrink=0.8, location=where, label="Kendall's τ")
    bar.set_ticks([-1, -0.5, 0, 0.5, 1])
    bar.ax.tick_params(labelsize=8.5)
    picture.alt = f"Kendall τ of the scores in two layers: {'; '.join(said)}."
    return picture


def _write_numbers(axis: Any, values: np.ndarray, size: float) -> None:
    for (row, column), value in np.ndenumerate(values):
        dark = np.isfinite(value) and abs(value) > 0.6
        axis.text(column, row, _number(value, 1 if size < 8 else 2), ha="center", va="center",
                  fontsize=size, color="white" if dark else "black")  # fmt: skip


def _number(value: Any, digits: int = 2) -> str:
    value = float(value)
    if not np.isfinite(value):
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
