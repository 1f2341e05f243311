"""Curves of what a network knows of wrong and of right labels along its training."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.dims import group_dim
from infonb.plots.labels import add_legend
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette, palette_kind

__all__ = ["plot_known_labels"]

#: Group of labels, the answer that is the label itself, and the words above a panel.
_PANELS = (
    ("wrong", "noisy", "wrong labels, learnt by heart"),
    ("clean", "true", "true labels"),
)


@with_narrow
def plot_known_labels(
    fraction: xr.DataArray, *, by: str | None = None, width: float = 9.8
) -> Picture:
    """
    Draw which share of the wrong and of the true training labels a network gives, by epoch.

    Parameters
    ----------
    fraction
        Of `infonb.memorization.outcome_fractions`, dims (epoch, group, outcome), perhaps with seed
        and a dimension of levels besides.
    by
        The dimension of the levels; needed only if there are several candidates.
    width
        Of the picture in inches; below 7 the panels stand one below the other.

    Returns
    -------
    Picture
        A thin line for each seed, a thick one for their mean as long as all of them train.

    Examples
    --------
    >>> import numpy as np
    >>> from infonb.memorization import outcome_fractions
    >>> labels = {"label": ("sample", [0, 1, 1]), "true_label": ("sample", [0, 1, 0])}
    >>> told = xr.DataArray([[0, 1, 0], [0, 1, 1]], labels | {"epoch": [1, 2]}, ("epoch", "sample"))
    >>> len(plot_known_labels(outcome_fractions(told)).axes)
    2
    """
    by = group_dim(fraction, by, {"epoch", "group", "outcome"})
    levels = list(fraction[by].values) if by else [None]
    stacked = width < 7
    size = (width if stacked else width / 2, 3.1)
    picture, axes = subplots(*((2, 1) if stacked else (1, 2)), size=size, sharey=True)
    colours = palette(len(levels), palette_kind(levels))
    handles: dict[int, Any] = {}
    for axis, (group, outcome, words) in zip(axes.flat, _PANELS, strict=True):
        for at, (level, colour) in enumerate(zip(levels, colours, strict=True)):
            curves = fraction.sel(group=group, outcome=outcome)
            curves = curves.sel({by: level}) if by else curves
            if not bool(curves.notnull().any()):
                continue  # without wrong labels nothing is known of them
            curves = curves.expand_dims("seed") if "seed" not in curves.dims else curves
            for seed in range(curves.sizes["seed"]):
                axis.plot(curves.epoch, curves.isel(seed=seed), color=colour, lw=0.6, alpha=0.5)
            mean = curves.mean("seed", skipna=False)
            (handles[at],) = axis.plot(curves.epoch, mean, color=colour, lw=1.8)
        axis.set_title(words, fontsize=11, loc="left")
        axis.set(xlabel="epoch", ylim=(0, 1.03))
    for axis in axes[:, 0]:
        axis.set_ylabel("share that the network gives")
    if by:
        known = sorted(handles)
        add_legend(
            picture, [handles[at] for at in known], [label_of(by, levels[at]) for at in known]
        )
    picture.alt = _told(fraction, by, levels)
    return picture


def _told(fraction: xr.DataArray, by: str | None, levels: list[Any]) -> str:
    """Return the alt text: the share of wrong labels at the end of each training."""
    curves = fraction.sel(group="wrong", outcome="noisy")
    last = (curves.notnull().sum("epoch") - 1).clip(0)  # of trainings of different length
    ends = curves.isel(epoch=last)
    ends = ends.mean("seed") if "seed" in ends.dims else ends
    told = [
        f"{label_of(by, level)} {float(ends.sel({by: level})):.0%}" if by else f"{float(ends):.0%}"
        for level in levels
        if bool((ends.sel({by: level}) if by else ends).notnull())
    ]
    return f"Share of wrong labels that the network gives at the end: {', '.join(told)}."
