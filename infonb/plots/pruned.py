"""What a probe loses where units of high, drawn, or low selectivity are switched off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.narrow import with_narrow
from infonb.plots.picture import DPI, Picture
from infonb.plots.style import palette
from infonb.validate import check_dim

__all__ = ["plot_pruned"]


@with_narrow
def plot_pruned(
    accuracy: xr.DataArray,
    drawn: xr.DataArray | None = None,
    *,
    by: str = "network",
    names: Mapping[str, str] | None = None,
    width: float | None = None,
) -> Picture:
    """
    Draw the accuracy that is left when some units are off, of the whole network and of parts.

    Parameters
    ----------
    accuracy
        Dims (pruned,), perhaps with seeds and the dim `by`.
    drawn
        Accuracies for units that were drawn at random, with a dim ``draw``: the null, drawn as
        small dots and as a band.
    by
        The dim that has a panel for each of its labels, if there is one.
    names
        Labels of ``pruned`` → words, in order.
    width
        Of the picture in inches. None: as it needs.

    Returns
    -------
    Picture
        Dots are seeds, bars their means; grey: from the lowest to the highest accuracy of all
        draws.

    Raises
    ------
    ValueError
        If there is no dim pruned.

    Examples
    --------
    >>> accuracy = xr.DataArray([0.9, 0.6], {"pruned": ["none", "highest"]}, "pruned")
    >>> plot_pruned(accuracy).alt
    'Accuracy of the probe: none 0.90, highest 0.60.'
    """
    check_dim("pruned", accuracy.dims, "accuracy")
    words = dict(names or {str(name): str(name) for name in accuracy.pruned.values})
    labels = accuracy[by].values.tolist() if by in accuracy.dims else [""]
    columns = 1 if width and width < 6 else len(labels)
    rows = -(-len(labels) // columns)
    size = (width or max(4.2, 3.1 * columns), 2.7 * rows)
    picture = Picture(figsize=size, dpi=DPI, layout="constrained")
    axes = picture.subplots(rows, columns, squeeze=False, sharey=columns > 1)
    said = []
    for axis, label in zip(axes.flat, labels, strict=True):
        one, null = (_of(values, by, label) for values in (accuracy, drawn))
        means = _draw(axis, one, null, words)
        axis.set_title(str(label), fontsize=10, loc="left", fontweight="bold")
        lines = [text.replace("\n", " ") for text in words.values()]
        told = ", ".join(f"{name} {mean:.2f}" for name, mean in zip(lines, means, strict=True))
        said.append(f"{label}: {told}" if label else told)
    for row in axes:
        row[0].set_ylabel("accuracy of a linear probe", fontsize=9)
    picture.alt = f"Accuracy of the probe: {'; '.join(said)}."
    return picture


def _of(values: xr.DataArray | None, by: str, label: object) -> Any:
    return values.sel({by: label}) if values is not None and by in values.dims else values


def _draw(
    axis: Any, one: xr.DataArray, null: xr.DataArray | None, words: Mapping[str, str]
) -> list[float]:
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=9)
    if null is not None:
        axis.axhspan(float(null.min()), float(null.max()), color="0.88", lw=0, zorder=0)
    means = []
    for place, (name, colour) in enumerate(zip(words, palette(len(words), "layers"), strict=True)):
        values = np.ravel(one.sel(pruned=name).values)
        means.append(float(values.mean()))
        axis.hlines(means[-1], place - 0.3, place + 0.3, color=colour, lw=3)
        axis.plot(place + _apart(values.size), values, "o", ms=5, color=colour, alpha=0.7)
    axis.set_xticks(range(len(words)), list(words.values()), fontsize=8.5)
    axis.set_xlim(-0.6, len(words) - 0.4)
    return means


def _apart(n: int) -> np.ndarray:
    return np.linspace(-0.15, 0.15, n) if n > 1 else np.zeros(1)
