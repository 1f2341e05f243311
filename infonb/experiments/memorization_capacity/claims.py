"""The rows of the table: growth, plateau, bits a parameter, the null, and what neurons show."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row, Trend, entropy_in_rulers
from infonb.experiments.memorization_capacity.capacity import PUBLISHED, last_growth

__all__ = ["rows_of"]

#: What the largest set may add to the one before, for the network to count as full.
FULL = 0.1
#: The least that counts as the published bits a parameter.
LEAST = PUBLISHED - 0.2


def rows_of(n_strings: Sequence[int]) -> list[Row]:
    """Return the rows of the numbers of strings that were tried."""
    if len(n_strings) < 2:
        return [*_size(), *_null()]
    few, many = min(n_strings), max(n_strings)
    before = sorted(n_strings)[-2]
    return [
        Compare(
            "of {end} strings a network holds more bits than of {start} (in 1,000)",
            lambda runs: runs.total_bits / 1000, 1,
            over="n_strings", each="size", between=(few, many),
            paper="grows until the model is full",
        ),
        Compare(
            f"it is full: {many} strings add less than {100 * FULL:g} % to the bits of {before}",
            beside(last_growth, "added", FULL), 1, over="part", each="size",
            between=("added", "limit"), paper="a plateau",
        ),
        *_size(), *_null(), *_neurons(few, many),
    ]  # fmt: skip


def beside(
    value: Callable[[xr.Dataset], xr.DataArray], name: str, limit: float
) -> Callable[[xr.Dataset], xr.DataArray]:
    """Return a function runs → a value and a limit that it is compared with, along ``part``."""

    def both(runs: xr.Dataset) -> xr.DataArray:
        found = value(runs)
        part = xr.Variable("part", np.array([name, "limit"], object))
        return xr.concat([found, xr.full_like(found, limit)], part)

    return both


def _size() -> list[Row]:
    return [
        Trend("larger networks hold more", lambda runs: runs.capacity, 1, over="size",
              paper="in proportion to parameters"),
        Compare(
            f"a parameter holds at least {LEAST:g} bits", beside(
                lambda runs: runs.capacity_per_parameter, "here", LEAST), 1, over="part",
            each="size", between=("limit", "here"), paper=f"about {PUBLISHED:g}",
        ),
    ]  # fmt: skip


def _null() -> list[Row]:
    return [
        Compare(
            "a string that was trained on holds more bits than a held-out one",
            lambda runs: runs.bits_each.mean("n_strings"), 1, over="group", each="size",
            between=("held out", "trained"), paper="",
        ),
        Compare(
            "of held-out strings, the null, a network holds no bits: below 0 each",
            beside(lambda runs: runs.bits_each.sel(group="held out", drop=True).max("n_strings"),
                   "held out", 0.0),
            1, over="part", each="size", between=("held out", "limit"), paper="",
        ),
    ]  # fmt: skip


def _neurons(few: int, many: int) -> list[Row]:
    """Return what entropy and MI do from far below capacity to far above it."""
    words = "of MLP neurons, from {start} to {end} strings"
    return [
        Compare(
            f"the entropy {{rises}} {words}", entropy_in_rulers, 1, over="n_strings",
            each=("size", "layer"), between=(few, many), paper="", subject="median entropy",
        ),
        Compare(
            f"mutual information {{rises}} {words}", "mutual_information", -1, over="n_strings",
            each=("size", "layer"), between=(few, many), paper="",
            subject="median mutual information",
        ),
    ]  # fmt: skip
