"""A table of changes where no choice has an order; colour and sign say what holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.patches import Patch, Rectangle

from infonb.claims.grid import axes_of
from infonb.claims.table import signed
from infonb.claims.words import label_words, measure_words
from infonb.plots.sensitivity_marks import LOOKS

__all__ = ["plan_table"]

_PAGE, _CELL, _ROW = 10.4, 0.82, 0.3


def plan_table(grid: xr.Dataset, measure: str) -> tuple[float, float, Callable[[Any], None]]:
    """Return width and height in inches, and a function that draws into a subfigure."""
    row, columns, panels = _roles(grid, measure)
    n_rows, n_columns = grid.sizes[row], prod(grid.sizes[axis] for axis in columns)
    names = [_row(row, label) for label in grid[row].values.tolist()]
    head = 0.3 + 0.075 * max(map(len, names))
    words = [label_words(axis, label) for axis in columns for label in grid[axis].values]
    cell = max([_CELL, *(0.085 * len(word) for word in words)])
    n_panels = prod(grid.sizes[axis] for axis in panels)
    across = max(1, min(n_panels, int((_PAGE - head) / (cell * n_columns + 0.15))))
    down = -(-n_panels // across)
    width = head + across * (cell * n_columns + 0.15)
    titled = 0.3 if panels else 0.0
    height = 0.75 + down * (n_rows * _ROW + titled) + (0.2 * max(1, len(columns)) + 0.1)

    def draw(part: Any) -> None:
        axes = part.subplots(down, across, squeeze=False, sharex=True, sharey=True)
        used: set[str] = set()
        places = list(product(*(grid[axis].values.tolist() for axis in panels)))
        for axis, labels in zip(axes.flat, places, strict=False):
            table = grid.sel(dict(zip(panels, labels, strict=True)))
            _draw_table(axis, table, measure, row, columns, used)
            title = ", ".join(_row(*one) for one in zip(panels, labels, strict=True))
            axis.set_title(title, fontsize=10.5, loc="left", weight="bold")
            axis.set_yticks(np.arange(n_rows), names, fontsize=9.5)
        for at in range(len(places), axes.size):
            axes.flat[at].set_visible(False)
            axes.flat[at - across].tick_params(labelbottom=True)
        units = grid[f"{measure}_change"].attrs["units"]
        part.suptitle(f"change of the {measure_words(grid, measure)} ({units})", fontsize=11)
        handles = [
            Patch(facecolor=look.colour, edgecolor="0.8", label=f"{look.sign} {look.words}".strip())
            for verdict, look in LOOKS.items()
            if verdict in used
        ]
        part.legend(
            handles=handles,
            loc="outside lower center",
            ncols=len(handles),
            frameon=False,
            fontsize=10,
        )

    return max(width, 5.0), height, draw


def _roles(grid: xr.Dataset, measure: str) -> tuple[str, list[str], list[str]]:
    """Return which choice is down, which are across (two at most), and which make panels."""
    several = [axis for axis in axes_of(grid, measure) if grid.sizes[axis] > 1]
    across = ("relu", "side", "edges", "estimator")
    down = [axis for axis in several if axis not in across]
    row = "comparison" if "comparison" in several else "layer"
    if row == "layer" and grid.sizes["layer"] == 1 and down:
        row = down[0]
    rest = [axis for axis in ("layer", *several) if axis != row and grid.sizes[axis] > 1]
    rest.sort(key=lambda axis: axis in across)
    return row, rest[-2:], rest[:-2]


def _draw_table(
    axis: Any, table: xr.Dataset, measure: str, row: str, columns: list[str], used: set[str]
) -> None:
    """Draw a table; the verdicts that it shows are added to those used."""
    one = table[[f"{measure}_change", f"{measure}_verdict"]].squeeze(drop=True)
    missing = [dim for dim in (row, *columns) if dim not in one.dims]
    one = one.expand_dims(missing).transpose(row, *columns)
    change = one[f"{measure}_change"].values.reshape(one.sizes[row], -1)
    verdicts = one[f"{measure}_verdict"].values.ravel().tolist()
    used |= set(verdicts)
    for (i, j), value in np.ndenumerate(change):
        look = LOOKS[verdicts[i * change.shape[1] + j]]
        axis.add_patch(Rectangle((j - 0.48, i - 0.46), 0.96, 0.92, facecolor=look.colour))
        text = f"{signed(value)} {look.sign}".rstrip() if np.isfinite(value) else "–"
        axis.text(
            j, i, text, ha="center", va="center", fontsize=9.5,
            weight="bold" if look.sign else "normal", color="black" if look.sign else "0.3",
        )  # fmt: skip
    labels = product(*(table[axis].values.tolist() for axis in columns))
    words = [
        "\n".join(label_words(*each) for each in zip(columns, one, strict=True)) for one in labels
    ]
    axis.set_xticks(np.arange(change.shape[1]), words, fontsize=9.5)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set(xlim=(-0.5, change.shape[1] - 0.5), ylim=(len(change) - 0.5, -0.5))


def _row(axis: str, label: Any) -> str:
    """Return the name of a row or of a panel."""
    if axis == "layer" and not isinstance(label, str):
        return f"layer {label}"
    return f"points: {label}" if axis == "alignment" else label_words(axis, label)
