"""What the paper says, what was found here, and whether it holds: with two intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infonb.claims.bootstrap import bootstrap_interval, decimals
from infonb.claims.resampling import draw_seeds, rank_p_value
from infonb.validate import check_choice, check_number

__all__ = [
    "FAILS",
    "FALLS",
    "HOLDS",
    "INTERVALS",
    "MISSING",
    "RISES",
    "SIGNS",
    "UNCLEAR",
    "Claim",
    "ClaimsTable",
    "interval",
    "signed",
]

HOLDS, FAILS, UNCLEAR = "holds", "does not hold", "too close to tell"
#: Verdicts on a change of which nothing was claimed, and on one that was not measured.
RISES, FALLS, MISSING = "rises", "falls", "not measured"
BOOTSTRAP, STUDENT = "95 % bootstrap (seeds, neurons)", "95 % t (seeds)"
#: For the caption of a table: what its two intervals are, and what decides.
INTERVALS = (
    "Two 95 % intervals of the mean difference: a bootstrap over seeds and, within each network, "
    "neurons (accuracy: seeds only), its percentiles expanded for few seeds (Hesterberg 2015), and "
    "Student's t over seeds. A claim holds if both lie on the claimed side of zero: a bootstrap "
    "does not reach beyond the few seeds that it has, and Student's t is too sure where few seeds "
    "agree by luck."
)
SIGNS = {HOLDS: "✓", FAILS: "✗", UNCLEAR: "?"}  # not by colour alone


def interval(values: Sequence[float] | np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """
    Return Student's t interval of a mean; (-inf, inf) for a single value.

    It covers the mean of normal values even with three seeds, where a bootstrap is too narrow.

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


@dataclass(frozen=True, eq=False)
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
    draws
        Bootstrap draws of the mean effect (draw,), see `infonb.claims.change`; None:
        they are made here, over seeds only.
    bounds
        Least and greatest value that the effect can have, such as -1 and 1 for Kendall's τ: the
        intervals in the table end there. The verdict is the same with and without.
    n_levels
        How many levels were ranked, if the effect is Kendall's τ: the verdict then also needs that
        random rankings would agree as much with a chance below 0.05 (`rank_p_value`).

    Examples
    --------
    >>> claim = Claim("entropy falls", "fc1", -1, "3.0 → 1.0", "3.1 → 1.2", (-1.8, -1.9, -2.0))
    >>> claim.verdict, claim.agreeing
    ('holds', 3)
    >>> claim.bootstrap
    (-2.0, -1.8)
    """

    statement: str
    where: str
    direction: int
    paper: str
    here: str
    effect: tuple[float, ...]
    draws: np.ndarray | None = None
    bounds: tuple[float, float] = (-math.inf, math.inf)
    n_levels: int = 0

    def __post_init__(self) -> None:
        check_choice("direction", self.direction, [1, -1])
        low, high = self.bounds
        if not low < 0 < high:
            raise ValueError(f"bounds must be on either side of zero; not {self.bounds!r}.")
        if not self.effect or not np.isfinite(self.effect).all():
            raise ValueError(f"effect must hold one finite value per seed; not {self.effect!r}.")
        if self.draws is None:
            seeds = np.array(self.effect)[:, None]
            drawn = draw_seeds([seeds], 1000, np.random.default_rng(0))[0].mean(axis=1)
            object.__setattr__(self, "draws", drawn)
        elif not (np.size(self.draws) and np.isfinite(self.draws).all()):
            raise ValueError("draws must hold finite values; give None to draw seeds only.")

    @property
    def agreeing(self) -> int:
        """Number of seeds whose effect has the claimed sign."""
        return sum(self.direction * value > 0 for value in self.effect)

    @property
    def bootstrap(self) -> tuple[float, float]:
        """The 95 % bootstrap interval of the mean effect, expanded for the number of seeds."""
        assert self.draws is not None
        return bootstrap_interval(self.draws, len(self.effect))

    @property
    def verdict(self) -> str:
        """
        ``holds`` or ``does not hold`` if both 95 % intervals are on one side of zero.

        Else, and for a single seed, ``too close to tell``. Both, because each misses something: a
        bootstrap does not reach beyond the seeds that it has, of which there are few; Student's t
        takes normal values for granted, and is too sure where few seeds agree by luck, which the
        spread of the neurons then shows.
        """
        if self.n_levels and rank_p_value(self.effect, self.n_levels) >= 0.05:
            return UNCLEAR
        both = (self.bootstrap, interval(self.effect))
        if min(low for low, _ in both) > 0:
            return HOLDS if self.direction > 0 else FAILS
        if max(high for _, high in both) < 0:
            return HOLDS if self.direction < 0 else FAILS
        return UNCLEAR

    def _possible(self, ends: tuple[float, float]) -> tuple[float, float]:
        """Return an interval without values that the effect cannot have."""
        low, high = np.clip(ends, *self.bounds)
        return float(low), float(high)

    def as_row(self) -> dict[str, str]:
        """Return the row of the claim in the closing table."""
        student, bootstrap = interval(self.effect), self.bootstrap
        several = len(self.effect) > 1
        mean = float(np.mean(self.effect))
        shown = student if several else bootstrap
        digits = decimals([mean, (shown[1] - shown[0]) / 2])
        return {
            "the paper says": self.statement,
            "where": self.where,
            "paper": _typeset(self.paper),
            "here": _typeset(self.here),
            "difference": signed(mean, digits),
            BOOTSTRAP: _range(
                self._possible(bootstrap), digits, several or bootstrap[0] < bootstrap[1]
            ),
            STUDENT: _range(self._possible(student), digits, several),
            "seeds that agree": f"{self.agreeing} of {len(self.effect)}",
            "holds?": f"{SIGNS[self.verdict]} {self.verdict}" if several else "? one seed only",
        }


def _typeset(words: str) -> str:
    """Write minus signs, and both ends of "0.98 → 0.1" with the same decimals, at least two."""
    words = re.sub(r"(?<![\w.])-(?=\d)", "−", words)
    number = r"[+−]?\d+(?:\.\d+)?"
    return re.sub(rf"(?<![\w.])({number}) → ({number})(?![\w.])", _same_decimals, words)


def _same_decimals(found: re.Match) -> str:
    ends = [found[1], found[2]]
    lengths = [len(end.partition(".")[2]) for end in ends]
    if not any(lengths):
        return found[0]  # counts
    digits = max(2, *lengths)
    return " → ".join(
        f"{end}{'' if '.' in end else '.'}" + "0" * (digits - length)
        for end, length in zip(ends, lengths, strict=True)
    )


def _together(words: str) -> str:
    """Keep numbers and the signs between them on one line, "3.0 → 1.0"; words may be broken."""
    space = "\N{NO-BREAK SPACE}"
    words = re.sub(r"(?<=\d) (→|…|of) (?=[\d+−])", rf"{space}\1{space}", words)
    return re.sub(r"^(τ =|✓|✗|\?) ", lambda start: start[0].replace(" ", space), words)


def _range(ends: tuple[float, float], digits: int, known: bool) -> str:
    return " … ".join(signed(end, digits) for end in ends) if known else "none"


def signed(value: float, digits: int = 2) -> str:
    """
    Return a difference with its sign, typeset.

    Examples
    --------
    >>> signed(-0.5)
    '−0.50'
    """
    return f"{value:+.{digits}f}".replace("-", "−")


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
        for column in ("paper", "here", BOOTSTRAP, STUDENT, "seeds that agree", "holds?"):
            frame[column] = frame[column].map(_together)
        with pd.option_context("display.max_colwidth", None):
            table = frame.to_html(index=False, border=0, classes="infonb-claims")
        return f"{table}<p><strong>{self.summary}</strong> {escape(self.caption)}</p>"
