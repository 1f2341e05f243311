"""How a measure changes between two networks, pair by pair, beside the margins of a rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette
from infonb.validate import check_choice

__all__ = ["plot_changes"]


def plot_changes(
    change: xr.DataArray, *, margins: Sequence[float] = (), words: str = "change"
) -> Picture:
    """
    Draw the change of each pair as a point: a panel for each setting, a row for each group.

    Parameters
    ----------
    change
        Dims (pair), with the coordinates ``setting`` and ``group`` on it.
    margins
        Where lines are drawn, on both sides of zero.
    words
        What the change is, for the axis.

    Returns
    -------
    Picture
        Its ``alt`` tells the median change of each group.

    Examples
    --------
    >>> change = xr.DataArray([0.5, 0.1], dims="pair", coords={
    ...     "setting": ("pair", ["a", "a"]), "group": ("pair", ["shortcut", "twins"])})
    >>> plot_changes(change, margins=[0.3], words="change of MI").alt
    'The change of MI of each pair; medians: shortcut +0.50, twins +0.10.'
    """
    for name in ("setting", "group"):
        check_choice("coordinates of change", name, list(map(str, change.coords)))
    settings = list(dict.fromkeys(change.setting.values.tolist()))
    groups = list(dict.fromkeys(change.group.values.tolist()))
    across = min(len(settings), 3)
    picture, axes = subplots(
        -(-len(settings) // across), across, size=(3.6, 0.9 + 0.3 * len(groups)), sharex=True,
        sharey=True,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    colours = palette(len(groups), "layers")
    for axis, setting in zip(axes.flat, settings, strict=False):
        for row, (group, colour) in enumerate(zip(groups, colours, strict=True)):
            here = (change.setting.values == setting) & (change.group.values == group)
            values = change.values[here]
            height = row + rng.uniform(-0.2, 0.2, values.size)
            axis.scatter(values, height, s=16, color=colour, alpha=0.7, linewidths=0)
        axis.axvline(0, color="0.6", linewidth=0.8)
        for margin in margins:
            for side in (-margin, margin):
                axis.axvline(side, color="black", linewidth=1, linestyle=":")
        axis.set_title(str(setting), fontsize=10, loc="left")
        axis.set_yticks(range(len(groups)), groups, fontsize=9)
        axis.set_ylim(len(groups) - 0.5, -0.5)
    for axis in axes.flat[len(settings) :]:
        axis.set_visible(False)
    for axis in axes[-2, len(settings) - axes.size :] if len(settings) < axes.size else ():
        axis.tick_params(labelbottom=True)  # what stands above an empty place
    picture.supxlabel(words, fontsize=10)
    medians = ", ".join(
        f"{group} {np.median(change.values[change.group.values == group]):+.2f}" for group in groups
    )
    picture.alt = f"The {words} of each pair; medians: {medians}."
    return picture
