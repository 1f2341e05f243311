"""What was said of cases of which the truth is known: a map of counts and shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from infonb.plots.narrow import with_narrow
from infonb.plots.picture import Picture, subplots

__all__ = ["plot_confusion"]


@with_narrow
def plot_confusion(
    counts: pd.DataFrame, right: Mapping[str, str], *, rows: str = "known", columns: str = "said",
    width: float | None = None,
) -> Picture:  # fmt: skip
    """
    Draw how often what was said, a cell with share and count; the right answers are framed.

    Parameters
    ----------
    counts
        Number of cases of each kind (rows) that got each answer (columns).
    right
        Kind → the right answer.
    rows, columns
        Words for the axes.
    width
        Of the picture in inches; in less than 5 without the bar of colours, whose shares stand in
        the cells. None: as the answers need it.

    Returns
    -------
    Picture
        Colour is the share in the row. Its ``alt`` tells the share of right answers of each kind.

    Raises
    ------
    ValueError
        If a kind has no case, or a right answer is no column.

    Examples
    --------
    >>> counts = pd.DataFrame({"yes": [3, 1], "no": [1, 7]}, ["one", "none"])
    >>> plot_confusion(counts, {"one": "yes", "none": "no"}).alt
    'What was said of known cases: one 75 % right (3 of 4), none 88 % right (7 of 8).'
    """
    import seaborn as sns
    from matplotlib.patches import Rectangle

    totals = counts.sum(axis=1)
    for kind in counts.index:
        if not totals[kind]:
            raise ValueError(f"there is no case of the kind {kind!r}; leave its row out.")
        if right.get(kind) not in counts.columns:
            raise ValueError(
                f"the right answer of {kind!r} must be one of {list(counts.columns)}; not "
                f"{right.get(kind)!r}."
            )
    shares = counts.div(totals, axis=0)
    words = np.array(
        [
            [f"{100 * share:.0f} %\n{number}" for share, number in zip(*both, strict=True)]
            for both in zip(shares.to_numpy(), counts.to_numpy(), strict=True)
        ]
    )
    across = width or 2.6 + 1.45 * counts.shape[1]
    is_narrow = across < 5
    picture, axes = subplots(1, 1, size=(across, 1.1 + is_narrow + 0.62 * counts.shape[0]))
    axis: Any = axes.flat[0]
    sns.heatmap(
        shares, ax=axis, vmin=0, vmax=1, cmap="viridis", annot=words, fmt="", linewidths=1,
        annot_kws={"fontsize": 9}, cbar=not is_narrow,
        cbar_kws=None if is_narrow else {"label": "share of the row"},
    )  # fmt: skip
    for text, value in zip(axis.texts, shares.to_numpy().ravel(), strict=True):
        text.set_color("white" if value < 0.6 else "black")
    for row, kind in enumerate(counts.index):
        column = list(counts.columns).index(right[kind])
        axis.add_patch(Rectangle((column + 0.03, row + 0.05), 0.94, 0.9, fill=False, ec="tab:red",
                                 lw=2))  # fmt: skip
    axis.set_xticks(np.arange(counts.shape[1]) + 0.5, [_wrapped(name) for name in counts.columns],
                    rotation=90 if is_narrow else 0)  # fmt: skip
    axis.set_yticks(
        np.arange(counts.shape[0]) + 0.5,
        [
            _wrapped(f"{name} ({total})") if is_narrow else f"{name} ({total})"
            for name, total in totals.items()
        ], rotation=0,
    )  # fmt: skip
    axis.tick_params(length=0)
    axis.set(xlabel=columns, ylabel=rows)
    said = ", ".join(
        f"{kind} {shares.loc[kind, right[kind]]:.0%} right "
        f"({counts.loc[kind, right[kind]]} of {totals[kind]})".replace("%", " %")
        for kind in counts.index
    )
    picture.alt = f"What was {columns} of known cases: {said}."
    return picture


def _wrapped(name: str) -> str:
    """Return words on two lines, where they are long."""
    from textwrap import fill

    return fill(name, 16)
