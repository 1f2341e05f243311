"""Déjà vu of groups of pairs: gains by treatment and by number of neighbours, recall."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette
from infonb.validate import check_dim

__all__ = ["plot_gain_curve", "plot_gains", "plot_recall_survival"]

_GREY = "#8a8a8a"


def plot_gains(
    gains: xr.DataArray, *, null: str = "C", n: int | None = None, name: str = "PRG"
) -> Picture:
    """
    Draw a gain of each treatment, a dot for each seed, with the null group in grey.

    Parameters
    ----------
    gains
        Dims (treatment, group) or (treatment, seed, group), as of
        `infonb.memorization.deja_vu_gains`; any dim may stand for treatment.
    null
        The group that neither model has seen.
    n
        How many samples the null group has: the band of 3 over the root of n is drawn.
    name
        What the numbers are.

    Returns
    -------
    Picture
        A row for each treatment.

    Raises
    ------
    ValueError
        Without the dim group, or with more than one other dim beside seed.

    Examples
    --------
    >>> gains = xr.DataArray(
    ...     [[0.5, 0.0]], {"treatment": ["default"], "group": ["A", "C"]}, ("treatment", "group")
    ... )
    >>> plot_gains(gains).alt
    'PRG by treatment: default A +0.50, C +0.00.'
    """
    over = _over(gains)
    table = _with_seed(gains).transpose(over, "group", "seed")
    levels, groups = table[over].values.tolist(), table.group.values.tolist()
    picture, axes = subplots(1, 1, size=(7.4, 0.42 * len(levels) + 1.2))
    axis: Any = axes[0, 0]
    if n:
        axis.axvspan(-3 / np.sqrt(n), 3 / np.sqrt(n), color="0.9", lw=0, zorder=0)
    axis.axvline(0, color="black", lw=1)
    for group, colour in _colours(groups, null).items():
        one = table.sel(group=group).values
        rows = np.arange(len(levels))[:, None] + np.linspace(-0.14, 0.14, one.shape[1] + 2)[1:-1]
        axis.plot(one.ravel(), rows.ravel(), "o", ms=5.5, color=colour, alpha=0.8,
                  label=_group_words(group, null))  # fmt: skip
    axis.set(yticks=range(len(levels)), yticklabels=levels, ylim=(len(levels) - 0.5, -0.5))
    axis.set(xlim=(-1.02, 1.02), xlabel=f"{name}, target over reference")
    axis.grid(axis="x", alpha=0.3)
    picture.legend(loc="outside upper center", ncols=len(groups), frameon=False, fontsize=9.5)
    means = table.mean("seed")
    said = [
        f"{level} " + ", ".join(f"{g} {float(means.sel({over: level, 'group': g})):+.2f}"
                                for g in groups)
        for level in levels
    ]  # fmt: skip
    picture.alt = f"{name} by {over}: {'; '.join(said)}.".replace("-", "−")
    return picture


def plot_gain_curve(
    gains: xr.DataArray, *, null: str = "C", n: int | None = None, name: str = "PRG"
) -> Picture:
    """
    Draw a gain against the number of neighbours that predict the objects.

    Parameters
    ----------
    gains
        Dims (n_neighbors, group), perhaps seed.
    null, n, name
        As in `plot_gains`.

    Returns
    -------
    Picture
        A line for each group, thin ones for the seeds.

    Raises
    ------
    ValueError
        Without these dims.

    Examples
    --------
    >>> gains = xr.DataArray(
    ...     [[0.5, 0.0], [0.7, 0.1]], {"n_neighbors": [1, 5], "group": ["A", "C"]},
    ...     ("n_neighbors", "group"),
    ... )
    >>> plot_gain_curve(gains).alt
    'PRG by number of neighbours 1, 5: C +0.00, +0.10; A +0.50, +0.70.'
    """
    check_dim("n_neighbors", gains.dims, "gains")
    check_dim("group", gains.dims, "gains")
    table = _with_seed(gains).transpose("group", "n_neighbors", "seed").sortby("n_neighbors")
    picture, axes = subplots(1, 1, size=(5.2, 3.4))
    axis: Any = axes[0, 0]
    if n:
        axis.axhspan(-3 / np.sqrt(n), 3 / np.sqrt(n), color="0.9", lw=0, zorder=0)
    axis.axhline(0, color="black", lw=1)
    numbers, said = table.n_neighbors.values, []
    for group, colour in _colours(table.group.values.tolist(), null).items():
        one = table.sel(group=group)
        axis.plot(numbers, one, color=colour, lw=0.6, alpha=0.6)
        mean = one.mean("seed")
        axis.plot(numbers, mean, "o-", ms=4, color=colour, lw=2, label=_group_words(group, null))
        said.append(f"{group} " + ", ".join(f"{float(value):+.2f}" for value in mean))
    axis.set(xscale="log", xlabel="public images next to the caption, k", ylabel=name)
    axis.set_xticks(numbers, [str(number) for number in numbers])
    axis.minorticks_off()
    picture.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=8.5)
    listed = ", ".join(str(number) for number in numbers)
    picture.alt = f"{name} by number of neighbours {listed}: {'; '.join(said)}.".replace("-", "−")
    return picture


def plot_recall_survival(survival: xr.DataArray, *, null: str = "C") -> Picture:
    """
    Draw the share of pairs whose recall reaches a threshold, of target and reference.

    Parameters
    ----------
    survival
        Dims (group, model, threshold), as of `infonb.memorization.recall_survival`.
    null
        The group that neither model has seen.

    Returns
    -------
    Picture
        A panel for each group; the area between its lines is AUCG.

    Raises
    ------
    ValueError
        Without these dims.

    Examples
    --------
    >>> survival = xr.DataArray(
    ...     [[[1.0, 0.5], [1.0, 0.0]]],
    ...     {"group": ["A"], "model": ["target", "reference"], "threshold": [0.0, 1.0]},
    ...     ("group", "model", "threshold"),
    ... )
    >>> plot_recall_survival(survival).alt
    'Share of pairs by recall; mean recall of target and reference: A 0.75, 0.50.'
    """
    for dim in ("group", "model", "threshold"):
        check_dim(dim, survival.dims, "survival")
    groups = survival.group.values.tolist()
    picture, axes = subplots(1, len(groups), size=(3.2, 3.0), sharey=True)
    said, colours = [], dict(zip(("target", "reference"), palette(2, "names"), strict=True))
    for axis, group in zip(axes[0], groups, strict=True):
        one = survival.sel(group=group)
        lines = [one.sel(model=model).values for model in colours]
        axis.fill_between(one.threshold, *lines, color="0.88", lw=0)
        for (model, colour), line in zip(colours.items(), lines, strict=True):
            axis.plot(one.threshold, line, color=colour, lw=2, label=model)
        axis.set_title(_group_words(group, null), fontsize=10, loc="left")
        axis.set(xlabel="recall", xlim=(0, 1), ylim=(0, 1.02))
        areas = one.integrate("threshold").sel(model=list(colours)).values
        said.append(f"{group} {areas[0]:.2f}, {areas[1]:.2f}")
    axes[0, 0].set_ylabel("share of pairs that reach it")
    axes[0, -1].legend(frameon=False, fontsize=9)
    picture.alt = (
        f"Share of pairs by recall; mean recall of target and reference: {'; '.join(said)}."
    )
    return picture


def _over(gains: xr.DataArray) -> str:
    """Return the dim of the treatments: the only one but seed and group."""
    check_dim("group", gains.dims, "gains")
    left = [str(dim) for dim in gains.dims if dim not in ("group", "seed")]
    if len(left) != 1:
        raise ValueError(f"gains must have one dim beside group and seed; it has {left}.")
    return left[0]


def _with_seed(values: xr.DataArray) -> xr.DataArray:
    return values if "seed" in values.dims else values.expand_dims("seed")


def _colours(groups: list, null: str) -> dict[Any, Any]:
    """Return the colour of each group, of the null grey, which is drawn first."""
    others = [group for group in groups if group != null]
    found = {null: _GREY} if null in groups else {}
    return found | dict(zip(others, palette(len(others), "layers"), strict=True))


def _group_words(group: Any, null: str) -> str:
    words = {"A": "A: the target's own", "B": "B: the reference's own"}
    return f"{group}: held out (null)" if group == null else words.get(group, str(group))
