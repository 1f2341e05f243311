"""A notched box, the form in which the entropy of neurons is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["draw_box", "finite_part", "has_notch"]


def finite_part(values: ArrayLike) -> tuple[np.ndarray, int, str]:
    """
    Return the values that a box is drawn of, how many are at minus infinity, and the median.

    Entropies from neighbours are minus infinity for a neuron without a density; NaN is padding.
    """
    values = np.ravel(np.asarray(values, float))
    known, lost = values[np.isfinite(values)], int(np.isneginf(values).sum())
    words = f"{np.median(known):.2f}" if known.size else "none"
    if lost:
        words += f" ({lost} of {known.size + lost} at −inf, not drawn)"
    return known, lost, words


def has_notch(values: ArrayLike) -> bool:
    """Return whether the interval of the median lies within the box; else a notch folds over."""
    values = np.asarray(values, float)
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    half = 1.57 * (high - low) / np.sqrt(values.size)  # as matplotlib draws it
    return bool(low <= middle - half and middle + half <= high and half > 0)


def draw_box(axis: Any, values: ArrayLike, place: float, width: float, colour: Any) -> Any:
    """
    Draw a box of values (value,) with its median and, where there is room, its notch; return it.

    From the first to the third quartile; whiskers to the last value within 1.5 times its height;
    the notch is the 95 % interval of the median, ± 1.57 times the height / sqrt(number of values).
    McGill, Tukey and Larsen (1978), Variations of box plots, The American Statistician 32, 12.
    Without values there is a box for the legend only.
    """
    if not np.size(values):
        from matplotlib.patches import Patch

        return Patch(facecolor=colour, edgecolor="black", linewidth=0.8)
    # not seaborn: its boxes use an argument that matplotlib is about to remove
    drawn = axis.boxplot(
        [np.asarray(values, float)], positions=[place], widths=width, notch=has_notch(values),
        patch_artist=True, manage_ticks=False, boxprops={"facecolor": colour, "linewidth": 0.8},
        medianprops={"color": "black", "linewidth": 2},
        flierprops={"marker": ".", "markersize": 3, "markeredgecolor": "0.3"},
    )  # fmt: skip
    return drawn["boxes"][0]
