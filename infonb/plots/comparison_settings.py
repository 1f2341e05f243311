"""The verdict on two models under every setting, as a table of coloured cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.picture import Picture, subplots
from infonb.selection import DEPENDS, EXAMPLES, HEURISTIC, INCONCLUSIVE

__all__ = ["GROUNDS", "plot_verdicts"]

#: Verdict → its colour; words or letters stand beside it.
GROUNDS: Mapping[str, str] = {
    HEURISTIC: "#ffe3b8", EXAMPLES: "#cfe2f6", DEPENDS: "#e3d8f0", INCONCLUSIVE: "#ffffff",
}  # fmt: skip
_LETTERS = {HEURISTIC: "H", EXAMPLES: "M", DEPENDS: "R", INCONCLUSIVE: "–"}


def plot_verdicts(verdict: xr.DataArray) -> Picture:
    """
    Draw the verdict in every setting: a panel for each number of samples, bins by neighbours.

    Parameters
    ----------
    verdict
        Dims (n_samples, bins, k), verdicts in words.

    Returns
    -------
    Picture
        Cells with a letter and a colour, explained below; its ``alt`` counts them.

    Examples
    --------
    >>> words = np.full((1, 2, 2), INCONCLUSIVE, object)
    >>> verdict = xr.DataArray(
    ...     words, {"n_samples": [500], "bins": [30, 100], "k": [1, 3]}, ("n_samples", "bins", "k"))
    >>> plot_verdicts(verdict).alt
    'Verdict by number of samples, bins and neighbours k: inconclusive in 4 of 4 settings.'
    """
    verdict = verdict.transpose("n_samples", "bins", "k")
    sizes, bins, neighbours = (verdict[dim].values for dim in verdict.dims)
    width = max(2.2, 0.5 * len(neighbours) + 0.9)
    picture, axes = subplots(
        1, len(sizes), size=(width, 0.36 * len(bins) + 1.15), sharex=True, sharey=True
    )
    for axis, size in zip(axes[0], sizes, strict=True):
        for (row, column), words in np.ndenumerate(verdict.sel(n_samples=size).values):
            axis.add_patch(_cell(column, row, GROUNDS[words]))
            axis.text(column, row, _LETTERS[words], ha="center", va="center", fontsize=10)
        axis.set(xlim=(-0.5, len(neighbours) - 0.5), ylim=(len(bins) - 0.5, -0.5))
        axis.set_xticks(range(len(neighbours)), [str(k) for k in neighbours])
        axis.set_yticks(range(len(bins)), [str(number) for number in bins])
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        axis.set_title(f"{size:,} samples", fontsize=10, loc="left")
        axis.set_xlabel("neighbours k", fontsize=9)
    axes[0, 0].set_ylabel("bins", fontsize=9)
    found = list(dict.fromkeys(verdict.values.ravel().tolist()))
    handles = [_cell(0, 0, GROUNDS[words]) for words in found]
    picture.legend(
        handles, [f"{_LETTERS[words]}  {words}" for words in found],
        loc="outside lower center", ncols=min(len(found), 2 if len(sizes) < 3 else 4),
        frameon=False, fontsize=9,
    )  # fmt: skip
    counts = [f"{words} in {int((verdict == words).sum())}" for words in found]
    picture.alt = (
        f"Verdict by number of samples, bins and neighbours k: {', '.join(counts)} of "
        f"{verdict.size} settings."
    )
    return picture


def _cell(column: int, row: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="0.6")
