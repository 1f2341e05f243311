"""What the paper says, what was found here, and whether it holds: with intervals over seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from infonb.validate import check_choice, check_number

__all__ = ["Claim", "ClaimsTable", "change", "interval"]

HOLDS, FAILS, UNCLEAR = "holds", "does not hold", "too close to tell"
_SIGNS = {HOLDS: "✓", FAILS: "✗", UNCLEAR: "?"}  # not by colour alone


def interval(values: Sequence[float] | np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """
    Return Student's t interval of a mean; (-inf, inf) for a single value.

    A bootstrap over three or five seeds would be far too narrow, hence the t distribution.

    Parameters
    ----------
    values
        One value per seed, shape (seed,).
    level
        Probability that the interval covers the mean, if the values are normal.

    Examples
    --------
    >>> low, high = interval([1.0, 2.0, 3.0])
    >>> round(low, 2), round(high, 2)
    (-0.48, 4.48)
    >>> interval([1.0])
    (-inf, inf)
    """
    check_number("level", level, 0.0, 1.0)
    values = np.asarray(values, dtype=float)
    if values.size < 2:
        return -math.inf, math.inf
    from scipy.stats import t

    half = t.ppf((1 + level) / 2, values.size - 1) * values.std(ddof=1) / math.sqrt(values.size)
    return float(values.mean() - half), float(values.mean() + half)


@dataclass(frozen=True)
class Claim:
    """
    One claim of the paper against the runs made here.

    Parameters
    ----------
    statement
        The claim in words.
    where
        Layer or other place that it is about.
    direction
        1 if `effect` should be positive, -1 if negative.
    paper
        What the paper reports, in words and numbers.
    here
        What was found here, in numbers.
    effect
        One value per seed: the difference whose sign decides.

    Examples
    --------
    >>> claim = Claim("entropy falls", "fc1", -1, "3.0 → 1.0", "3.1 → 1.2", (-1.8, -1.9, -2.0))
    >>> claim.verdict, claim.agreeing
    ('holds', 3)
    """

    statement: str
    where: str
    direction: int
    paper: str
    here: str
    effect: tuple[float, ...]

    def __post_init__(self) -> None:
        check_choice("direction", self.direction, [1, -1])
        if not self.effect or not np.isfinite(self.effect).all():
            raise ValueError(f"effect must hold one finite value per seed; not {self.effect!r}.")

    @property
    def agreeing(self) -> int:
        """Number of seeds whose effect has the claimed sign."""
        return sum(self.direction * value > 0 for value in self.effect)

    @property
    def verdict(self) -> str:
        """
        ``holds`` or ``does not hold`` if the 95 % interval over seeds is on one side of zero.

        Else, and for a single seed, which gives no interval, ``too close to tell``.
        """
        low, high = interval(self.effect)
        if low > 0 or high < 0:
            return HOLDS if self.direction * (low + high) > 0 else FAILS
        return UNCLEAR

    def as_row(self) -> dict[str, str]:
        """Return the row of the claim in the closing table."""
        low, high = interval(self.effect)
        known = math.isfinite(low)
        mean = float(np.mean(self.effect))
        digits = _digits([mean, (high - low) / 2])
        return {
            "the paper says": self.statement,
            "where": self.where,
            "paper": self.paper,
            "here": self.here,
            "difference": _signed(mean, digits),
            "95 % interval": f"{_signed(low, digits)} … {_signed(high, digits)}"
            if known
            else "one seed: none",
            "seeds that agree": f"{self.agreeing} of {len(self.effect)}",
            "holds?": f"{_SIGNS[self.verdict]} {self.verdict}" if known else "? one seed only",
        }


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _digits(values: Sequence[float]) -> int:
    """Return how many decimals show two digits of the smallest value that is not 0: 2 to 4."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    return min(4, max(2, 1 - math.floor(math.log10(min(sizes))))) if sizes else 2


class ClaimsTable:
    """
    The table that closes a notebook, shown as HTML in Jupyter and as text elsewhere.

    Parameters
    ----------
    claims
        The rows.
    caption
        Words below the table: what the numbers are.

    Examples
    --------
    >>> table = ClaimsTable([Claim("entropy falls", "fc1", -1, "3 → 1", "3 → 2", (-1.0, -1.1))])
    >>> table.summary
    '1 of 1 claims hold, 0 do not hold, 0 are too close to tell.'
    """

    def __init__(self, claims: Iterable[Claim], caption: str = "") -> None:
        self.claims = tuple(claims)
        self.caption = caption

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a data frame of strings."""
        return pd.DataFrame([claim.as_row() for claim in self.claims])

    @property
    def summary(self) -> str:
        """One sentence that counts the verdicts."""
        if not self.claims:
            return "Nothing was compared."
        n = {v: sum(c.verdict == v for c in self.claims) for v in (HOLDS, FAILS, UNCLEAR)}
        return (
            f"{n[HOLDS]} of {len(self.claims)} claims hold, {n[FAILS]} do not hold, "
            f"{n[UNCLEAR]} are too close to tell."
        )

    def __repr__(self) -> str:
        if not self.claims:
            return f"{self.summary} {self.caption}".rstrip()
        return f"{self.to_frame().to_string(index=False)}\n{self.summary} {self.caption}".rstrip()

    def _repr_html_(self) -> str:
        from html import escape

        if not self.claims:
            return f"<p><strong>{self.summary}</strong> {escape(self.caption)}</p>"
        frame = self.to_frame()
        for column in ("here", "95 % interval", "seeds that agree", "holds?"):
            frame[column] = frame[column].str.replace(" ", "\N{NO-BREAK SPACE}")
        with pd.option_context("display.max_colwidth", None):
            table = frame.to_html(index=False, border=0, classes="infonb-claims")
        return f"{table}<p><strong>{self.summary}</strong> {escape(self.caption)}</p>"


def change(
    values: xr.DataArray, over: str, start: object, end: object
) -> tuple[str, tuple[float, ...]]:
    """
    Return "start → end" in numbers and the difference for each seed.

    Parameters
    ----------
    values
        One number per level and seed, dims (`over`, seed).
    over
        The dimension of the levels, such as ``alpha``.
    start, end
        Two of its labels.

    Examples
    --------
    >>> values = xr.DataArray([[3.0, 3.2], [1.0, 1.1]], {"alpha": [0, 1]}, ("alpha", "seed"))
    >>> here, effect = change(values, "alpha", 0, 1)
    >>> here, [round(value, 2) for value in effect]
    ('3.10 → 1.05', [-2.0, -2.1])
    """
    first, last = values.sel({over: start}), values.sel({over: end})
    ends = float(first.mean()), float(last.mean())
    digits = _digits([ends[1] - ends[0]])
    here = " → ".join(f"{end:.{digits}f}" for end in ends)
    return here, tuple(float(v) for v in np.atleast_1d((last - first).values))
