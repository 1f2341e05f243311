"""What the rows that an experiment declares have in common; the table that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.table import ClaimsTable
from infonb.claims.verdict import NETWORK, Claim
from infonb.dims import check_not_infinite, same_neuron
from infonb.validate import check_choice, check_dim

__all__ = ["Row", "claims_table"]

Value = str | Callable[[xr.Dataset], xr.DataArray]


@dataclass(frozen=True)
class Row:
    """A declared claim; its kinds say what makes the effect of a seed."""

    statement: str | Callable[[xr.Dataset], str]
    value: Value
    direction: int
    _: KW_ONLY
    paper: str | Callable[[str, Any, Any], str] = "not reported"
    where: str = NETWORK
    over: str | None = None

    def __post_init__(self) -> None:
        check_choice("direction", self.direction, [1, -1])

    def claims(self, runs: xr.Dataset, over: str) -> list[Claim]:
        """Return the rows of the closing table; none where there is nothing to compare."""
        return [one for one in self._found(runs, over) if isinstance(one, Claim)]

    def missing(self, runs: xr.Dataset, over: str) -> list[str]:
        """Return why rows are missing, in words; empty if none is."""
        return [one for one in self._found(runs, over) if isinstance(one, str)]

    def _found(self, runs: xr.Dataset, over: str) -> Iterator[Claim | str]:
        """Yield the rows; of an entropy in several rulers of the bins those in its own one."""
        values, over = self._values(runs, over)
        own = str(values.attrs.get("edges"))
        rulers = values["edges"].values.tolist() if "edges" in values.dims else []
        if own not in rulers:
            yield from self._judged(runs, values, over)
            return
        found = [
            list(self._judged(runs, values.sel(edges=ruler, drop=True), over)) for ruler in rulers
        ]
        for alike in zip(*found, strict=True):
            yield _in_all_rulers(dict(zip(rulers, alike, strict=True)), own)

    def _judged(self, runs: xr.Dataset, values: xr.DataArray, over: str) -> Iterator[Claim | str]:
        raise NotImplementedError

    def _values(self, runs: xr.Dataset, over: str) -> tuple[xr.DataArray, str]:
        """Return the values of the runs, and the dimension of their levels."""
        over = self.over or over
        if callable(self.value):
            values = self.value(runs)
        else:
            if self.value not in runs:
                check_choice("value", self.value, [str(name) for name in runs.data_vars])
            values = runs[self.value]
        check_dim(over, values.dims, str(values.name or "what value returned"))
        check_not_infinite(values, str(values.name or "what value returned"))
        if over not in values.coords:
            values = values.assign_coords({over: np.arange(values.sizes[over])})
        return values, over

    def _statement(self, runs: xr.Dataset, direction: int, **words: Any) -> str:
        """Return the statement with the words of its direction and levels filled in."""
        if callable(self.statement):
            return self.statement(runs)
        up = direction > 0
        return self.statement.format(
            rises="rises" if up else "falls",
            above="above" if up else "below",
            higher="higher" if up else "lower",
            **words,
        )

    def _paper(self, where: str, start: Any, end: Any) -> str:
        return self.paper(where, start, end) if callable(self.paper) else self.paper


def _in_all_rulers(alike: dict[str, Claim | str], own: str) -> Claim | str:
    """Return the row in its own ruler, with what it is in each."""
    claim = alike[own]
    if isinstance(claim, str):
        return claim
    outcomes = {
        ruler: one.outcome for ruler, one in alike.items() if isinstance(one, Claim)
    }  # fmt: skip
    about = claim.about and claim.about._replace(subject=f"{claim.about.subject} in {own} bins")
    return replace(claim, rulers=outcomes, about=about)


def claims_table(
    rows: Iterable[Row], runs: xr.Dataset, over: str, caption: str = "", each: str = "seed"
) -> ClaimsTable:
    """
    Return the closing table of declared rows; what could not be compared is told below it.

    Parameters
    ----------
    rows
        `Compare`, `Trend`, `Rank`, `Within`.
    runs
        What an experiment measured, dims (`over`, perhaps seed, ...).
    over
        The dimension of the levels, such as ``alpha``.
    caption
        Words below the table: what the numbers are.
    each
        What ``seed`` of the runs stands for, as in "repeats that agree".

    Examples
    --------
    >>> from infonb.claims import Compare
    >>> runs = xr.Dataset({"accuracy": (("alpha", "seed"), [[0.9, 0.8]])}, {"alpha": [0.0]})
    >>> claims_table([Compare("accuracy falls", "accuracy", -1)], runs, "alpha")
    Nothing was compared. Not compared: accuracy falls (only one alpha: 0.0).
    """
    claims: list[Claim] = []
    missing: dict[str, None] = {}  # each said once, in order
    for row in rows:
        for one in row._found(runs, over):
            if isinstance(one, Claim):
                claims.append(one)
            else:
                missing[one] = None
    words = f"Not compared: {'; '.join(missing)}." if missing else ""
    return ClaimsTable(claims, " ".join(part for part in (caption, words) if part), each)


def levels_of(values: xr.DataArray, over: str) -> list[Any]:
    """Return the labels of the levels."""
    return values[over].values.tolist()


def lowest_and_highest(values: xr.DataArray, over: str) -> tuple[Any, Any]:
    """Return the ends of the levels: of numbers by size, of names the first and the last."""
    levels = levels_of(values, over)
    if any(isinstance(level, str) for level in levels):
        return levels[0], levels[-1]
    return min(levels), max(levels)


def known_seeds(values: xr.DataArray, over: str, levels: Sequence[Any]) -> xr.DataArray:
    """Return these levels without the seeds that have no finite value at one of them."""
    if "seed" not in values.dims:
        values = values.expand_dims(seed=[0])
    part = values.sel({over: list(levels)})
    inner = [dim for dim in part.dims if dim not in (over, "seed", "layer")]
    finite = part.notnull()
    if "other_neuron" in part.dims:  # a neuron with itself is no pair
        finite = finite & ~same_neuron(part)
    there = finite.any(inner)
    there = there.all([dim for dim in there.dims if dim != "seed"])
    return values if bool(there.all()) else values.isel(seed=np.flatnonzero(there.values))
