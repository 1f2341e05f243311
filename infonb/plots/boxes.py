"""A notched box, the form in which the entropy of neurons is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["draw_box", "has_notch"]


def has_notch(values: ArrayLike) -> bool:
    """
    Return whether the interval of the median lies within the box; else a notch would fold over.

    Parameters
    ----------
    values
        What the box is drawn of, shape (value,).

    Examples
    --------
    >>> has_notch(range(100)), has_notch(range(5)), has_notch([0] * 60 + [1] * 40)
    (True, False, False)
    """
    values = np.asarray(values, float)
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    half = 1.57 * (high - low) / np.sqrt(values.size)  # as matplotlib draws it
    return bool(low <= middle - half and middle + half <= high and half > 0)


def draw_box(axis: Any, values: ArrayLike, place: float, width: float, colour: Any) -> Any:
    """
    Draw a box of values with its median and, where it has room, its notch; return the box.

    Parameters
    ----------
    axis
        To draw on.
    values
        Shape (value,).
    place, width
        Middle and width of the box along the x axis.
    colour
        Of the box.

    Notes
    -----
    The box goes from the first to the third quartile, the whiskers to the last value within 1.5
    times its height, the notch is the 95 % interval of the median: median ± 1.57 times the height
    of the box / sqrt(number of values). A box whose interval reaches beyond a quartile, as that of
    few or of skewed values does, is drawn without a notch.

    References
    ----------
    McGill, Tukey and Larsen (1978), Variations of box plots, The American Statistician 32, 12.

    Examples
    --------
    >>> from infonb.plots.style import subplots
    >>> _, axes = subplots()
    >>> box = draw_box(axes[0, 0], range(100), 0.0, 0.5, "tab:blue")
    >>> len(box.get_path().vertices)  # 4 corners, 3 points for each notch, closed twice
    12
    """
    # not seaborn: its boxes use an argument that matplotlib is about to remove
    drawn = axis.boxplot(
        [np.asarray(values, float)], positions=[place], widths=width, notch=has_notch(values),
        patch_artist=True, manage_ticks=False, boxprops={"facecolor": colour, "linewidth": 0.8},
        medianprops={"color": "black", "linewidth": 2},
        flierprops={"marker": ".", "markersize": 3, "markeredgecolor": "0.3"},
    )  # fmt: skip
    return drawn["boxes"][0]
