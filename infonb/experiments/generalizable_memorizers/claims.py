"""The rows of the table: who memorizes, who generalizes, and what width and parameters have to do.

Then what entropy and MI say of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row
from infonb.experiments.generalizable_memorizers.readings import FEW_DIRECTIONS, side_by_side

__all__ = ["rows_of_information", "rows_of_laws", "rows_of_pairs"]

_FIGURE = "M1 far above (numbers not obtainable)"
_ABSTRACT = "abstract, without numbers"
#: Accuracy that is not far above chance, and that is high; change of accuracy that is none.
_LOW, _HIGH, _FLAT = 0.7, 0.95, 0.03
Value = Callable[[xr.Dataset], xr.DataArray]


def rows_of_pairs(kinds: Sequence[str]) -> list[Row]:
    """Return the rows over pairs of digits, of the memorizers that were built."""
    few = [kind for kind in FEW_DIRECTIONS if kind in kinds]

    def memorized(runs: xr.Dataset) -> xr.DataArray:
        return side_by_side(0.9999, runs["train_accuracy"].min("memorizer"))

    stored = [kind for kind in ("relu", "bits") if kind in kinds]

    def stay_low(some: list[str]) -> Row:
        def value(runs: xr.Dataset) -> xr.DataArray:
            return side_by_side(runs["accuracy"].sel(memorizer=some).max("memorizer"), _LOW)

        return _side(f"{_listed(some)}: accuracy held out stays below {_LOW}", value)

    rows = [_side("every memorizer knows more than 99.99 % of its training images", memorized)]
    rows += [
        Compare(f"cells: accuracy held out is {{higher}} than of {kind}", "accuracy", 1,
                over="memorizer", between=(kind, "cells"), limits=(0, 1), each=None,
                paper=_FIGURE if kind in stored else _ABSTRACT)
        for kind in few
    ]  # fmt: skip
    rows += [
        _side("cells decide as the nearest neighbour on more than 98 % of the held-out images",
              _of_cells("agreement", 0.98)),
        _side("with sharp edges on more than 99.99 %", _of_cells("sharp_agreement_of_all", 0.9999)),
        _side("with sharp edges on more than 99.99 %, but for images equally near to both classes",
              _of_cells("sharp_agreement", 0.9999)),
        _side(f"cells: accuracy held out is above {_HIGH}", _of_cells("accuracy", _HIGH)),
    ]  # fmt: skip
    if few:
        rows.append(stay_low(few))
    if stored and stored != few:
        rows.append(stay_low(stored))
    return [
        *rows,
        _side("null: of labels in random order cells know nothing of others (within 0.1 of ½)",
              _null_of_cells),
    ]  # fmt: skip


def rows_of_laws(runs: xr.Dataset) -> list[Row]:
    """Return the rows of width, parameters and parity, over draws of points."""
    n, few, many = runs.sizes["rank"], int(runs.law_points.min()), int(runs.law_points.max())

    def flat_in_n(table: xr.Dataset) -> xr.DataArray:
        narrow = table["width_accuracy"].sel(rank=slice(None, n - 1))
        change = narrow.sel(law_points=many) - narrow.sel(law_points=few)
        # of the width that changes most: in a mean over widths, rise and fall would cancel
        return side_by_side(abs(change).max("rank").reset_coords(drop=True), _FLAT)

    def at(rank: int) -> Value:
        return lambda table: table["width_accuracy"].sel(rank=rank, law_points=many, drop=True)

    def growth(table: xr.Dataset) -> xr.DataArray:
        ends = table["bit_parameters"].isel(bit_points=[0, -1])
        points = np.log(ends.bit_points.values)
        less, more = (ends.isel(bit_points=at, drop=True) for at in (0, 1))
        rise = xr.apply_ufunc(np.log, more / less)
        return side_by_side(rise / (points[1] - points[0]), 0.75)

    rows = [
        _side(f"width n − 1 = {n - 1}: accuracy stays below 0.96 with {many:,} points",
              lambda table: side_by_side(at(n - 1)(table), 0.96), paper=_ABSTRACT),
        _side(f"width n = {n}: it is above 0.99", lambda table: side_by_side(0.99, at(n)(table)),
              paper=_ABSTRACT),
        _side("a narrower layer does not see some direction: its output changes by less than 1e-9",
              lambda table: side_by_side(
                  table["unseen_change"].sel(rank=slice(None, n - 1)).max("rank"), 1e-9)),
        _side("cells never know a corner of the cube that they have not seen: at most half of them",
              lambda table: side_by_side(table["parity_unseen"].max("seen"), 0.5)),
    ]  # fmt: skip
    if few < many:
        rows.insert(0, _side(
            f"any width below n: {few:,} → {many:,} points change the accuracy by less than "
            f"{_FLAT}",
            flat_in_n, paper=_ABSTRACT))  # fmt: skip
    if runs.sizes["bit_points"] > 1:
        rows.append(_side("parameters of bits grow more slowly than N^0.75 (N: linear)", growth))
    return rows


def rows_of_information(runs: xr.Dataset) -> list[Row]:
    """Return whether MI / H is lower where a memorizer generalizes, on the one pair measured."""
    known = runs["entropy"].notnull().any(["memorizer", "pair", "seed"])
    there = set(runs.layer.values[known.values].tolist())

    def higher(low: list[str], high: list[str]) -> Value:
        return lambda table: side_by_side(
            table["ratio"].sel(layer=low).max("layer"), table["ratio"].sel(layer=high).min("layer")
        )

    rows = []
    good = [one for one in ("cells", "mlp") if one in there]
    bad = [one for one in ("relu 1", "relu 2") if one in there]
    if good and bad:
        rows.append(_side(f"MI/H of {' and '.join(bad)}, which do not generalize, is above that of "
                          f"{' and '.join(good)}, which do", higher(good, bad)))  # fmt: skip
    if "cells" in there and "projected cells" in there:
        rows.append(_side("MI/H of projected cells, which do not generalize, is above that of "
                          "cells, which do", higher(["cells"], ["projected cells"])))  # fmt: skip
    return rows


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _side(statement: str, value: Value, paper: str = "not reported") -> Row:
    return Compare(statement, value, 1, over="side", between=("less", "more"), each=None,
                   paper=paper)  # fmt: skip


def _of_cells(name: str, limit: float) -> Value:
    return lambda runs: side_by_side(limit, runs[name].sel(memorizer="cells", drop=True))


def _null_of_cells(runs: xr.Dataset) -> xr.DataArray:
    off = abs(runs["accuracy_null"].sel(memorizer="cells", drop=True) - 0.5)
    return side_by_side(off, 0.1)
