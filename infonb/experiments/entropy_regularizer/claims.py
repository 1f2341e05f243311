"""The rows of the table: does it help, and what does it do to the measures themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import xarray as xr

from infonb.claims import Compare, Row
from infonb.experiments.entropy_regularizer.treatments import NONE, controls, raising

__all__ = ["ACCURACY", "COLOUR", "RULERS", "measure_rows", "rows_of"]

#: The three rulers of the bins of the entropy.
RULERS = ("common", "shared", "neuron")

#: The two variables that say whether it helps.
ACCURACY, COLOUR = "final_validation_accuracy", "follows_color"


def rows_of(treatments: Sequence[str]) -> list[Row]:
    """
    Return the rows: treatments against none, at each strength of the shortcut.

    What the answers follow, of all; accuracy, of those that raise the entropy; what happens to the
    measures themselves, of the weakest of these.
    """
    up = raising(treatments)
    tried = [(NONE, words) for words in (*up, *controls(treatments))]
    rows: list[Row] = [
        Compare(
            "the answers follow the colour less with {end}", COLOUR, -1, each=None,
            over="treatment", between=tried, limits=(0, 1),
        ),
    ]  # fmt: skip
    if not up:
        return rows
    rows.append(
        Compare(
            "validation accuracy {rises} with {end}", ACCURACY, 1, each=None, over="treatment",
            between=[(NONE, words) for words in up], limits=(0, 1),
        )
    )  # fmt: skip
    return rows + measure_rows(up[0])


def measure_rows(words: str) -> list[Row]:
    """Return the rows on the measures themselves: entropy in all rulers rises, MI falls."""
    rows: list[Row] = [
        Compare(
            f"median entropy {{rises}} with {{end}}, {ruler} bins", _of_ruler(ruler), 1, each=None,
            mean_of_layers=True, over="treatment", between=(NONE, words),
        )
        for ruler in RULERS
    ]  # fmt: skip
    rows.append(
        Compare(
            "median mutual information {rises} with {end}", "mutual_information", -1, each=None,
            mean_of_layers=True, over="treatment", between=(NONE, words),
        )
    )  # fmt: skip
    return rows


def _of_ruler(ruler: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda runs: runs.entropy.sel(edges=ruler, drop=True)
