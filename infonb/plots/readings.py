"""Readings of a training side by side: how well each ranks the samples, beside chance."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette

__all__ = ["plot_readings"]

_WORDS = {"AUROC": "AUROC", "Spearman": "Spearman's rank correlation"}


def plot_readings(table: xr.Dataset) -> Picture:
    """
    Draw how well each reading ranks the samples, with its interval and what chance makes of it.

    Parameters
    ----------
    table
        As of `infonb.memorization.rank_readings`: ``value`` (reading) or (reading, seed),
        ``interval`` and ``null_interval``.

    Returns
    -------
    Picture
        A row for each reading: dots are seeds, bars intervals, the grey band is chance.

    Raises
    ------
    ValueError
        If it has other dims than reading, seed and bound.

    Examples
    --------
    >>> table = xr.Dataset(
    ...     {"value": ("reading", [0.9]), "interval": (("reading", "bound"), [[0.8, 0.95]]),
    ...      "null_interval": (("reading", "bound"), [[0.4, 0.6]])},
    ...     {"reading": ["loss"], "bound": ["low", "high"]},
    ...     {"statistic": "AUROC", "chance": 0.5, "against": "is_wrong"},
    ... )
    >>> plot_readings(table).alt
    'AUROC of is_wrong: loss 0.90; 0.5 is chance.'
    """
    other = [str(dim) for dim in table.dims if dim not in ("reading", "seed", "bound")]
    if other:
        raise ValueError(f"table has the dim {other[0]!r}; choose one of it with .sel first.")
    names = [str(name) for name in table.reading.values]
    picture, axes = subplots(1, 1, size=(7.4, 0.36 * len(names) + 1.0))
    axis: Any = axes[0, 0]
    for row, name in enumerate(names):
        one = table.sel(reading=name)
        _draw_row(axis, row, one if "seed" in table.dims else one.expand_dims("seed"))
    axis.axvline(table.chance, color="black", lw=1)
    axis.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
    what = f"{_WORDS[table.statistic]} {'of' if table.statistic == 'AUROC' else 'with'}"
    axis.set_xlabel(f"{what} {table.against}")
    level = 100 * table.attrs.get("level", 0.95)
    axis.set_title(f"bars: {level:g} % intervals; grey: by chance", fontsize=11, loc="left")
    axis.grid(axis="x", alpha=0.3)
    means = table.value.mean("seed") if "seed" in table.dims else table.value
    said = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, means.values, strict=True))
    picture.alt = f"{what} {table.against}: {said}; {table.chance:g} is chance."
    return picture


def _draw_row(axis: Any, row: int, one: xr.Dataset) -> None:
    """Draw the seeds of a reading, a little apart, on the band of chance."""
    low, high = (float(one.null_interval.sel(bound=bound).mean()) for bound in ("low", "high"))
    axis.fill_betweenx([row - 0.34, row + 0.34], low, high, color="0.86", lw=0, zorder=0)
    n, colour = one.sizes["seed"], palette(1, "layers")[0]
    for place in range(n):
        at = row + (place - (n - 1) / 2) * 0.5 / n
        seed = one.isel(seed=place)
        axis.plot(seed.interval.sel(bound=["low", "high"]), [at, at], color=colour, lw=2)
        axis.plot(float(seed.value), at, "o", ms=7 if n == 1 else 5, color=colour)
