"""What a conclusion depends on: the same comparison under every setting, in one figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np  # noqa: F401  (for the example)
import xarray as xr

from infonb.claims.grid import axes_of, measures_of
from infonb.claims.sentences import describe_grid
from infonb.claims.words import is_ordered
from infonb.plots.picture import DPI, Picture
from infonb.plots.sensitivity_lines import plan_lines
from infonb.plots.sensitivity_table import plan_table
from infonb.plots.style import label_of
from infonb.validate import check_choice

__all__ = ["plot_sensitivity"]


class Block(NamedTuple):
    """The panels of one measure: their size in inches, and what draws them into a subfigure."""

    width: float
    height: float
    draw: Callable[[Any], None]


def plot_sensitivity(grid: xr.Dataset, measure: str | None = None) -> Picture:
    """
    Draw the change of each measure under every setting, and what the closing table says of it.

    A choice of numbers, such as the number of bins or the length of training, runs along x; choices
    without an order, such as the edges of bins, are lines of different colour and stroke. Bands
    hold both 95 % intervals; filled marks are as the paper says, crosses against it, hollow marks
    too close to tell. A measure without an ordered choice is a table.

    Parameters
    ----------
    grid
        What `infonb.claims.sensitivity` or `infonb.claims.compare_settings` returned.
    measure
        Only this one; None: all, one below the other.

    Returns
    -------
    Picture
        Its ``alt`` says which choices decide.

    Raises
    ------
    ValueError
        For a data set that is no grid.

    Examples
    --------
    >>> from infonb.claims import sensitivity
    >>> acts = xr.DataArray(
    ...     np.random.default_rng(0).normal(size=(2, 1, 8, 100)),
    ...     {"alpha": [0, 1], "layer": ["fc1"]}, ("alpha", "layer", "neuron", "sample"),
    ... )
    >>> picture = plot_sensitivity(sensitivity(acts, "alpha", 0, 1, bins=[5, 10], k=[3]))
    >>> picture.alt.split(":")[0]
    'Change from α = 0 to α = 1 in every setting, with 95 % intervals'
    """
    names = measures_of(grid)
    if measure is not None:
        check_choice("measure", measure, names)
        names = [measure]
    blocks = [_plan(grid, name) for name in names]
    size = (max(block.width for block in blocks), sum(block.height for block in blocks))
    picture = Picture(figsize=size, dpi=DPI, layout="constrained")
    parts = picture.subfigures(
        len(blocks), 1, squeeze=False, height_ratios=[block.height for block in blocks]
    )
    for block, part in zip(blocks, parts[:, 0], strict=True):
        block.draw(part)
    levels = ""
    if "start" in grid.attrs:
        over = grid.attrs["over"]
        levels = " from {} to {}".format(*(label_of(over, grid.attrs[e]) for e in ("start", "end")))
    said = " ".join(describe_grid(_only(grid, names)))
    picture.alt = f"Change{levels} in every setting, with 95 % intervals: {said}"
    return picture


def _plan(grid: xr.Dataset, measure: str) -> Block:
    ordered = [
        axis
        for axis in axes_of(grid, measure)
        if grid.sizes[axis] > 1 and is_ordered(grid[axis].values.tolist())
    ]
    plan = plan_lines if ordered else plan_table
    return Block(*plan(grid, measure))


def _only(grid: xr.Dataset, names: list[str]) -> xr.Dataset:
    """Return the grid without the verdicts on other measures."""
    others = [f"{name}_verdict" for name in measures_of(grid) if name not in names]
    return grid.drop_vars(others)
