"""Accuracy for every pair of two things, such as objects and contexts, as a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_array, group_dim
from infonb.plots.labels import keep_apart
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of
from infonb.validate import check_dim

__all__ = ["plot_accuracy_map"]


def plot_accuracy_map(
    accuracy: xr.DataArray,
    *,
    rows: str = "object_name",
    columns: str = "context_name",
    by: str | None = None,
    usual: xr.DataArray | None = None,
) -> Picture:
    """
    Draw the accuracy of each pair as a cell with its number: a panel for each level.

    Parameters
    ----------
    accuracy
        In 0 .. 1, dims (`rows`, `columns`), and perhaps seed (its mean is drawn) and a dimension of
        levels. NaN: no such pair; its cell stays grey.
    rows, columns
        The two dimensions of the map, with names as labels.
    by
        The dimension of the levels; needed only if there are several candidates.
    usual
        Dims (`rows`, `columns`), true for pairs that belong together: they are framed, and their
        mean accuracy and that of the others go into the words.

    Returns
    -------
    Picture
        With the means of each panel in words as ``alt``.

    Raises
    ------
    ValueError
        If a dimension is missing.

    Examples
    --------
    >>> names = {"object_name": ["cat", "dog"], "context_name": ["grass", "snow"]}
    >>> accuracy = xr.DataArray([[0.9, 0.3], [0.5, 0.7]], names, tuple(names))
    >>> plot_accuracy_map(accuracy).alt
    'Accuracy for each object in each context: mean 0.60.'
    >>> plot_accuracy_map(accuracy, usual=accuracy > 0.6).alt
    'Accuracy for each object in each context: usual pairs 0.80, others 0.40.'
    """
    check_array(accuracy, "an accuracy for each pair")
    for dim in (rows, columns):
        check_dim(dim, accuracy.dims, "accuracy")
        if usual is not None:
            check_dim(dim, usual.dims, "usual")
    by = group_dim(accuracy, by, {rows, columns})
    levels = list(accuracy[by].values) if by else [None]
    values = accuracy.mean([dim for dim in accuracy.dims if dim not in (rows, columns, by)])
    values = values.transpose(..., rows, columns)
    frames = None if usual is None else usual.transpose(rows, columns).values.astype(bool)
    n_rows, n_columns = values.shape[-2:]
    size = (max(3.4, 1.7 + 0.62 * n_columns), max(2.6, 1.2 + 0.5 * n_rows))
    across = min(len(levels), max(1, int(11 / size[0])))
    picture, axes = subplots(-(-len(levels) // across), across, size=size, sharey=True)
    panels = list(axes.flat[: len(levels)])
    image: Any = None
    words = []
    for axis, level in zip(panels, levels, strict=True):
        cells = values.sel({by: level}).values if by else values.values
        image = _draw_cells(axis, cells, frames)
        axis.set_xticks(np.arange(n_columns) + 0.5, values[columns].values)
        axis.set_yticks(np.arange(n_rows) + 0.5, values[rows].values)
        axis.set_title(label_of(by, level) if by else "", fontsize=11, loc="left")
        words.append(f"{label_of(by, level) if by else ''} {_words(cells, frames)}".strip())
    for axis in axes.flat[len(levels) :]:
        axis.set_visible(False)
    names = [dim.removesuffix("_name") for dim in (rows, columns)]
    picture.supylabel(names[0], fontsize=11)
    picture.supxlabel(names[1], fontsize=11)
    bar = picture.colorbar(image, ax=axes, shrink=0.8, pad=0.01)
    seeds = ", mean over seeds" if accuracy.sizes.get("seed", 1) > 1 else ""
    bar.set_label(f"accuracy{seeds}", fontsize=10)
    keep_apart(picture, panels)
    picture.alt = f"Accuracy for each {names[0]} in each {names[1]}{seeds}: {'; '.join(words)}."
    return picture


def _draw_cells(axis: Any, cells: np.ndarray, frames: np.ndarray | None) -> Any:
    import seaborn as sns
    from matplotlib.patches import Rectangle

    axis.set_facecolor("0.85")
    # cells without a value are left out
    sns.heatmap(
        cells, ax=axis, vmin=0, vmax=1, cmap="viridis", cbar=False, annot=True, fmt=".2f",
        annot_kws={"fontsize": 10}, xticklabels=False, yticklabels=False,
    )  # fmt: skip
    axis.spines[["left", "bottom"]].set_visible(True)
    for text, value in zip(axis.texts, cells[np.isfinite(cells)], strict=True):
        # seaborn writes white on a green that is too light for it
        text.set_color("white" if value < 0.6 else "black")
    for row, column in np.argwhere(frames) if frames is not None else ():
        corner = (column + 0.03, row + 0.03)
        axis.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, ec="tab:red", lw=2))
    axis.tick_params(length=0)
    return axis.collections[0]


def _words(cells: np.ndarray, frames: np.ndarray | None) -> str:
    if frames is None:
        return f"mean {np.nanmean(cells):.2f}"
    return f"usual pairs {np.nanmean(cells[frames]):.2f}, others {np.nanmean(cells[~frames]):.2f}"
