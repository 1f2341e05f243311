"""The one definition of "holds": two intervals, and what they say of a claim."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from infonb.claims.bootstrap import bootstrap_interval
from infonb.claims.resampling import draw_seeds, rank_p_value
from infonb.validate import check_choice, check_number

__all__ = [
    "FAILS",
    "FALLS",
    "HOLDS",
    "INTERVALS",
    "MEAN",
    "MISSING",
    "NETWORK",
    "RISES",
    "SILENT",
    "UNCLEAR",
    "About",
    "Claim",
    "interval",
]

#: Where a row is about all layers, or about one number of a whole network.
MEAN, NETWORK = "mean of layers", "network"

HOLDS, FAILS, UNCLEAR = "holds", "does not hold", "too close to tell"
#: Verdicts on a change of which nothing was claimed, and on one that was not measured.
RISES, FALLS, MISSING = "rises", "falls", "not measured"
#: What stands for the paper's words where it says nothing: such a row is no claim of the paper.
SILENT = ("not reported", "not in the paper", "")
#: For the caption of a table: what its two intervals are, and what decides.
INTERVALS = (
    "Two 95 % intervals of the mean difference: a bootstrap over seeds and, within each network, "
    "neurons (accuracy: seeds only), its percentiles expanded for few seeds (Hesterberg 2015), and "
    "Student's t over seeds. A claim holds if both lie on the claimed side of zero: a bootstrap "
    "does not reach beyond the few seeds that it has, and Student's t is too sure where few seeds "
    "agree by luck."
)


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


class About(NamedTuple):
    """What a claim compares, for sentences: a measure, at two levels, in units."""

    subject: str
    start: Any
    end: Any
    units: str = ""


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
        Least and greatest value that the effect can have, such as -1 and 1 for Kendall's τ or a
        difference of shares: the intervals in the table end there. The verdict is the same with
        and without.
    n_levels
        How many levels were ranked, if the effect is Kendall's τ: the verdict then also needs that
        random rankings would agree as much with a chance below 0.05 (`p_value`).
    rulers
        Ruler of the bins → the outcome in it, of a claim on an entropy that is known in several,
        its own among them.
    about
        What is compared, for sentences; None: no sentence tells it.

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
    rulers: Mapping[str, str] = field(default_factory=dict)
    about: About | None = None

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
    def of_paper(self) -> bool:
        """Whether the paper says so, or shows it; other rows are further checks."""
        return self.paper not in SILENT

    @property
    def p_value(self) -> float | None:
        """Of Kendall's τ, the exact rank test's; None where nothing is ranked."""
        return rank_p_value(self.effect, self.n_levels) if self.n_levels else None

    @property
    def verdict(self) -> str:
        """The outcome; where it holds in some rulers of the bins only, it says in which."""
        holding = [ruler for ruler, outcome in self.rulers.items() if outcome == HOLDS]
        if self.outcome != HOLDS or len(holding) == len(self.rulers):
            return self.outcome
        return f"holds only in {' and '.join(holding)} bins"

    @property
    def outcome(self) -> str:
        """
        ``holds`` or ``does not hold`` if both 95 % intervals are on one side of zero.

        Else, and for a single seed, ``too close to tell``. Both, because each misses something: a
        bootstrap does not reach beyond the seeds that it has, of which there are few; Student's t
        takes normal values for granted, and is too sure where few seeds agree by luck, which the
        spread of the neurons then shows.
        """
        if self.p_value is not None and self.p_value >= 0.05:
            return UNCLEAR
        both = (self.bootstrap, interval(self.effect))
        if min(low for low, _ in both) > 0:
            return HOLDS if self.direction > 0 else FAILS
        if max(high for _, high in both) < 0:
            return HOLDS if self.direction < 0 else FAILS
        return UNCLEAR
