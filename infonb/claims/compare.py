"""A quantity at two levels: the change of a median over neurons or pairs, or of a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.bootstrap import Change, Medians, change, change_of_median
from infonb.claims.rows import Row, known_seeds, levels_of, lowest_and_highest
from infonb.claims.verdict import MEAN, About, Claim
from infonb.dims import within_layer, within_layers

__all__ = ["Compare"]

#: So far beyond its limits a value may be.
_ROUNDING = 1e-6

Pairs = tuple | Sequence[tuple] | Callable[[xr.Dataset], Sequence[tuple]] | None


@dataclass(frozen=True)
class Compare(Row):
    """
    A quantity changes from one level to another.

    Values of neurons, or of pairs within a layer, are compared by their medians
    (`change_of_median`), single numbers of networks as they are (`change`).

    Parameters
    ----------
    statement
        The claim in words; ``{rises}``, ``{above}`` and ``{higher}`` become the word of the
        direction (falls, below, lower), ``{start}`` and ``{end}`` the levels. Or a function runs →
        words.
    value
        Name of a variable of the runs, or a function runs → DataArray: dims (`over`, perhaps seed,
        layer, neuron), or with other_layer and other_neuron, or one number each (`over`, seed).
    direction
        1 if the claim is that the value rises, -1 that it falls.
    paper
        What the paper reports, or a function (where, start, end) → words.
    where
        Of a row without `each`: ``"network"``, or such as ``"all pairs"``.
    over
        Dimension of the levels, if it is not that of the experiment.
    each
        One row for each label of this dimension, or of these; where the values have none: one row.
        None: one row.
    between
        Start and end; or several of them, (start, end) or (start, end, sign), where sign -1 turns
        the direction; or a function runs → these. None: lowest and highest level.
    mean_of_layers
        One more row on the mean of the layers' medians.
    limits
        Least and greatest value that the value can have, such as ``(0, 1)`` of a share, which an
        accuracy is: intervals of its difference end where differences do, at -1 and 1.
    subject
        What changes, as sentences call it, such as ``"median entropy"``; empty: no sentence tells
        it (`infonb.claims.describe_claims`).

    Raises
    ------
    ValueError
        If a value lies beyond its limits.

    Notes
    -----
    With one level, or where a level, a layer or all seeds are missing, there is no row;
    `claims_table` then says why. A seed whose value is NaN at one of the two levels is left out.

    Examples
    --------
    >>> runs = xr.Dataset({"accuracy": (("alpha", "seed"), [[0.9, 0.8], [0.5, 0.6]])},
    ...     {"alpha": [0, 1]})
    >>> row = Compare("accuracy {rises}", "accuracy", -1, paper="0.6 → 0.5")
    >>> [(claim.statement, claim.where, claim.here) for claim in row.claims(runs, "alpha")]
    [('accuracy falls', 'network', '0.85 → 0.55')]
    """

    _: KW_ONLY
    each: str | Sequence[str] | None = "layer"
    between: Pairs = None
    mean_of_layers: bool = False
    limits: tuple[float, float] = (-math.inf, math.inf)
    subject: str = ""

    def _judged(self, runs: xr.Dataset, values: xr.DataArray, over: str) -> Iterator[Claim | str]:
        self._check_limits(values)
        there, pairs = levels_of(values, over), self._pairs(runs, values, over)
        whole = self._mean_of_layers(values, over, pairs)
        for start, end, sign in pairs:
            words = self._statement(runs, self.direction * sign, start=start, end=end)
            missing = [repr(level) for level in (start, end) if level not in there]
            if start == end:
                yield f"{words} (only one {over}: {start!r})"
            elif missing:
                yield f"{words} (no {over} {' and '.join(missing)})"
            else:
                yield from self._rows(values, over, (start, end), words, sign, whole)

    def _rows(
        self, values: xr.DataArray, over: str, ends: tuple[Any, Any], words: str, sign: int,
        whole: Medians | str | None,
    ) -> Iterator[Claim | str]:  # fmt: skip
        each = [self.each] if isinstance(self.each, str) else list(self.each or ())
        each = [dim for dim in each if dim in values.dims]
        for labels in product(*(values[dim].values.tolist() for dim in each)):
            if not each and whole is not None:
                break  # the mean of the layers is all that was asked for
            where = ", ".join(map(str, labels)) or self.where
            one = known_seeds(_at(values, dict(zip(each, labels, strict=True))), over, ends)
            if one.sizes["seed"]:
                of = change_of_median if "neuron" in one.dims else change
                found = of(one, over, *ends)
                yield self._claim(words, where, ends, sign, found, values)
            else:
                yield f"{words} ({where}: no finite values)"
        if isinstance(whole, str):
            yield f"{words} ({whole})"
        elif whole is not None:
            yield self._claim(words, MEAN, ends, sign, whole.change(*ends), values)

    def _mean_of_layers(
        self, values: xr.DataArray, over: str, pairs: Sequence[tuple[Any, Any, int]]
    ) -> Medians | str | None:
        """Return the medians that all pairs share, or why there are none."""
        if not self.mean_of_layers or "layer" not in values.dims:
            return None
        used = [end for pair in pairs for end in pair[:2]]
        there = [level for level in levels_of(values, over) if level in used]
        one = known_seeds(within_layers(values), over, there)
        return Medians(one, over) if one.sizes["seed"] else f"{MEAN}: no finite values"

    def _claim(
        self, words: str, where: str, ends: tuple[Any, Any], sign: int, found: Change,
        values: xr.DataArray,
    ) -> Claim:  # fmt: skip
        most = self.limits[1] - self.limits[0]
        about = About(self.subject, *ends, values.attrs.get("units", ""))
        return Claim(
            words, where, sign * self.direction, self._paper(where, *ends), *found,
            bounds=(-most, most), about=about if self.subject else None,
        )  # fmt: skip

    def _check_limits(self, values: xr.DataArray) -> None:
        low, high = self.limits
        off = np.maximum(low - values.values, values.values - high)
        beyond = values.values[off > _ROUNDING]  # NaN is not
        if beyond.size:
            raise ValueError(
                f"{values.name or 'what value returned'} has the value {beyond[0]:.6g}, beyond the "
                f"limits of its row, {low:g} and {high:g}; give others, or none."
            )

    def _pairs(
        self, runs: xr.Dataset, values: xr.DataArray, over: str
    ) -> list[tuple[Any, Any, int]]:
        between = self.between(runs) if callable(self.between) else self.between
        if between is None:
            return [(*lowest_and_highest(values, over), 1)]
        if not between:
            return []
        if isinstance(between[0], tuple | list):
            return [(*pair[:2], *(pair[2:] or (1,))) for pair in between]
        return [(*between[:2], *(between[2:] or (1,)))]


def _at(values: xr.DataArray, labels: dict[str, Any]) -> xr.DataArray:
    """Return the values at some labels; pairs within the layer."""
    if "layer" in labels:
        values = within_layer(values, labels.pop("layer"))
    return values.sel(labels)
