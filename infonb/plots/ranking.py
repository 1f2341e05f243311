"""Models in the order of a ranking, and how well orders agree with a metric."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.live.names import shortened
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette
from infonb.validate import check_dim

__all__ = ["plot_agreement", "plot_ranking"]

#: Panels in a row.
_COLUMNS = 3

#: Letters of a model's name; inches of its row, and of all that stands above and below the rows.
_LETTERS, _ROW, _REST = 26, 0.27, 1.15

#: Inches of the page, and left and right of the panels.
_WIDTH, _RIGHT = 9.8, 0.15


def plot_ranking(ranked: xr.Dataset) -> Picture:
    """
    Draw models from the one to keep on, with their scores and, if there is one, the metric.

    Parameters
    ----------
    ranked
        What `infonb.rank` returned, dims (model,) and perhaps seed.

    Returns
    -------
    Picture
        A row for each model, the one to keep on top: its score with its 95 % interval, small dots
        for the seeds, and beside it the metric. Kendall's τ with interval and p-value stands above.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import infonb as inb
    >>> entropy = xr.DataArray([[1.0, 1.2], [2.0, 2.2]], dims=("model", "neuron"),
    ...     coords={"model": ["shortcut", "clean"]})
    >>> plot_ranking(inb.rank(entropy, by="entropy", metric=[0.6, 0.9])).alt
    'Models ranked by mean entropy, highest first: clean 2.10, shortcut 1.10.
    τ = 1.00 (1.00 … 1.00), p = 1.'
    """
    if not isinstance(ranked, xr.Dataset) or not {"score", "rank"} <= set(ranked.data_vars):
        raise ValueError(
            "ranked must be what infonb.rank returned: a Dataset with 'score', 'rank'."
        )
    check_dim("model", ranked["score"].dims, "ranked")
    names = [shortened(str(label), _LETTERS) for label in ranked["model"].values]
    what = str(ranked["score"].attrs.get("long_name", "score"))
    unit = ranked["score"].attrs.get("units")
    panels = [("score", f"{what} ({unit})" if unit else what)]
    if "metric" in ranked:
        panels.append(("metric", str(ranked["metric"].attrs.get("long_name", "metric"))))
    height = _ROW * len(names) + _REST
    left = (0.25 + 0.085 * max(map(len, names))) / _WIDTH
    picture, axes = subplots(
        1, len(panels), size=(_WIDTH / len(panels), height), sharey=True,
        margins={"left": left, "right": 1 - _RIGHT / _WIDTH, "bottom": 0.5 / height,
                 "top": 1 - 0.55 / height, "wspace": 0.06},
    )  # fmt: skip
    rows = np.arange(len(names))
    for axis, (name, words), colour in zip(axes[0], panels, palette(2, "layers"), strict=False):
        _dots(axis, ranked, name, rows, colour)
        axis.set_xlabel(words, fontsize=10, parse_math=False)
        axis.grid(axis="y", color="0.92")
        axis.set_axisbelow(True)
    axes[0, 0].set_yticks(rows, names, parse_math=False)
    axes[0, 0].set_ylim(len(names) - 0.4, -0.6)
    agreed = _agreement(ranked)
    keep = ranked.attrs.get("keep", "best")
    title = f"{what}, {keep} first" + (f": {agreed}" if agreed else "")
    picture.suptitle(title, x=0.1 / _WIDTH, y=1 - 0.1 / height, ha="left", va="top", fontsize=10)
    listed = ", ".join(
        f"{name} {value:.2f}" for name, value in zip(names, ranked["score"].values, strict=True)
    )
    picture.alt = f"Models ranked by {what}, {keep} first: {listed}." + (
        f" {agreed}." if agreed else ""
    )
    return picture


def _dots(axis: Any, ranked: xr.Dataset, name: str, rows: np.ndarray, colour: Any) -> None:
    """Draw a value of each model, its interval, and the values of the seeds."""
    values = ranked[name].values
    if f"{name}_interval" in ranked:
        low, high = ranked[f"{name}_interval"].transpose("bound", "model").values
        axis.hlines(rows, low, high, color=colour, linewidth=1.6)
    if f"{name}_of_seed" in ranked:
        seeds = ranked[f"{name}_of_seed"].transpose("seed", "model").values
        for one in seeds:
            axis.plot(one, rows, "o", ms=3.5, mfc="none", mec=colour, mew=0.8, alpha=0.8)
    axis.plot(values, rows, "o", ms=7, color=colour)


def _agreement(ranked: xr.Dataset) -> str:
    """Return Kendall's τ in words, empty if nothing was compared."""
    if "tau" not in ranked:
        return ""
    if not np.isfinite(ranked["tau"]):
        return "τ is undefined: all models have the same score, or the same metric"
    low, high = ranked["tau_interval"].values
    interval = f" ({low:.2f} … {high:.2f})" if np.isfinite([low, high]).all() else ""
    words = f"τ = {ranked['tau'].item():.2f}{interval}, p = {ranked['p_value'].item():.2g}"
    return words.replace("-", "−")


@with_narrow
def plot_agreement(found: xr.Dataset, *, width: float = 10.2) -> Picture:
    """
    Draw Kendall's τ of several rankings with a metric, a panel for each setting.

    Parameters
    ----------
    found
        Dims (setting, measure): ``tau``, and perhaps ``tau_interval`` (setting, measure, bound),
        ``tau_of_seed`` (setting, measure, seed), ``p_value`` and ``paper``, the published τ.
    width
        Of the picture in inches; below 7 the panels stand one below the other, else three in a
        row.

    Returns
    -------
    Picture
        A row for each measure: τ of the means over seeds with its 95 % interval, small circles for
        the seeds, a diamond for the paper. 1: the same order as the metric, −1: the opposite.

    Examples
    --------
    >>> found = xr.Dataset({"tau": (("setting", "measure"), [[1.0, -0.6]])},
    ...     {"setting": ["digits"], "measure": ["MI", "entropy"]})
    >>> plot_agreement(found).alt
    'Kendall τ of rankings and metric. digits: MI 1.00, entropy −0.60.'
    """
    for dim in ("setting", "measure"):
        check_dim(dim, found["tau"].dims, "tau")
    settings, measures = (found[dim].values.tolist() for dim in ("setting", "measure"))
    colour, paper = palette(4, "layers")[0], palette(4, "layers")[3]
    stacked, n = width < 7, len(settings)
    columns = 1 if stacked else min(n, _COLUMNS)
    size = (width if stacked else width / max(columns, 2), 0.42 * len(measures) + 1.1)
    picture, axes = subplots(-(-n // columns), columns, size=size, sharey=True)
    rows = np.arange(len(measures))
    said = []
    for axis in axes.flat[n:]:
        axis.set_visible(False)
    for axis, setting in zip(axes.flat, settings, strict=False):
        one = found.sel(setting=setting).rename(measure="model")
        axis.axvline(0, color="0.6", linewidth=0.8)
        _dots(axis, one, "tau", rows, colour)
        if "paper" in one:
            axis.plot(one["paper"].values, rows - 0.22, "D", ms=5, color=paper, label="paper")
        axis.set(xlim=(-1.12, 1.12), xticks=[-1, -0.5, 0, 0.5, 1], xlabel="Kendall's τ")
        axis.set_title(str(setting).replace("_", " "), fontsize=11, loc="left")
        taus = zip(measures, one["tau"].values, strict=True)
        listed = ", ".join(f"{name} {_number(tau)}" for name, tau in taus)
        said.append(f"{setting}: {listed}")
        axis.set_yticks(rows, measures)
    axes[0, 0].set_ylim(len(measures) - 0.5, -0.6)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    if handles:
        picture.legend(handles, labels, loc="outside upper right", frameon=False, fontsize=10)
    picture.alt = f"Kendall τ of rankings and metric. {'; '.join(said)}."
    return picture


def _number(tau: float) -> str:
    return f"{tau:.2f}".replace("-", "−") if np.isfinite(tau) else "undefined"
