"""Which rule is right most often without being wrong on twins, and what others would do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import xarray as xr

from infonb.experiments.verdicts.rates import weights
from infonb.measures.rows.edges import RULERS
from infonb.selection.verdict.judge import EXAMPLES, HEURISTIC, VERDICTS, decide, directions
from infonb.selection.verdict.rule import Rule

__all__ = [
    "ENTROPY",
    "FAMILIES",
    "INFORMATION",
    "LAYERS",
    "MOST_FALSE",
    "Family",
    "choose",
    "said_of",
]

#: The largest share of twins of which something may be said.
MOST_FALSE = 0.05

INFORMATION = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7)
ENTROPY = (0.05, 0.1, 0.2, 0.3)
#: Fewer than half of the layers are never enough.
LAYERS = (0.5, 0.6, 0.75, 1.0)

#: Of a rule whose MI is never enough by itself.
_NEVER = 2.0


@dataclass(frozen=True)
class Family:
    """Rules of one form: which measures speak; the margins are chosen."""

    rulers: tuple[str, ...] = ()
    """In which the entropy has to agree with MI."""
    alone: bool = False
    """Whether much MI is enough by itself."""
    only: str = ""
    """The only measure that speaks: ``information``, or the ruler of the entropy."""

    def grid(self) -> list[Rule]:
        """Return the rules among which one is chosen; of equals the last one is taken."""
        information = (0.0,) if self.only in RULERS else INFORMATION
        entropy = (0.0,) if self.only == "information" else ENTROPY
        alone = INFORMATION if self.alone else (_NEVER,)
        return [
            Rule(i, h, share, self.rulers or ("common",), enough)
            for enough, i, h, share in product(alone, information, entropy, LAYERS)
            if i < enough
        ]

    def say(self, shown: xr.Dataset, rule: Rule) -> np.ndarray:
        """Return what a rule of this form says of each pair, places in `VERDICTS`."""
        if not self.only:
            return decide(shown, rule)[0]
        moved, entropies = directions(shown, rule)
        way = moved if self.only == "information" else -entropies[:, RULERS.index(self.only)]
        code = np.zeros(len(way), int)
        code[way > 0], code[way < 0] = VERDICTS.index(HEURISTIC), VERDICTS.index(EXAMPLES)
        return code


#: The form of `infonb.selection.Rule`.
USUAL = "much MI, or less with entropy in common bins"

#: Name → form.
FAMILIES: dict[str, Family] = {
    USUAL: Family(("common",), alone=True),
    "MI only": Family(only="information"),
    "MI with entropy in common bins": Family(("common",)),
    "MI with entropy in shared bins": Family(("shared",)),
    "MI with entropy in neuron bins": Family(("neuron",)),
    "MI with entropy in all three": Family(RULERS),
    "entropy only, common bins": Family(only="common"),
    "entropy only, shared bins": Family(only="shared"),
    "entropy only, neuron bins": Family(only="neuron"),
}


def said_of(pairs: xr.Dataset, family: Family, rule: Rule) -> xr.DataArray:
    """Return the verdict on each pair, in words, dim pair."""
    code = family.say(pairs, rule)
    return xr.DataArray(np.array(VERDICTS, dtype=object)[code], pairs.truth.coords, ("pair",))


def choose(pairs: xr.Dataset, family: Family) -> Rule | None:
    """
    Return the rule that is right most often, of those that say something of few twins.

    At most `MOST_FALSE` of them; None: no rule is that quiet. Of equals the one that says less of
    twins, then the strictest.
    """
    of_kinds, of_twins = weights(pairs)
    truth = np.array([VERDICTS.index(verdict) for verdict in pairs.truth.values])
    claims = [VERDICTS.index(HEURISTIC), VERDICTS.index(EXAMPLES)]
    best, score = None, (-1.0, 0.0)
    for rule in family.grid():
        code = family.say(pairs, rule)
        false = float(of_twins @ np.isin(code, claims))
        if false > MOST_FALSE:
            continue
        found = float(of_kinds @ (code == truth)), -false
        if found >= score:
            best, score = rule, found
    return best
