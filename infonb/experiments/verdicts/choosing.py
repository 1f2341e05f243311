"""Which rule is right most often without being wrong on twins, and what others would do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import xarray as xr

from infonb.experiments.verdicts.rates import weights
from infonb.measures.rows.edges import RULERS
from infonb.selection.rule import Rule
from infonb.selection.verdict import EXAMPLES, HEURISTIC, VERDICTS, decide, directions

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

INFORMATION = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7)
ENTROPY = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3)
LAYERS = (0.3, 0.5, 0.6, 0.75, 1.0)


@dataclass(frozen=True)
class Family:
    """Rules of one form: which measures speak; the constants are chosen."""

    rulers: tuple[str, ...] = ()
    """In which the entropy has to agree with MI."""
    alone: str = ""
    """The only measure that speaks: ``information``, or the ruler of the entropy."""

    def grid(self) -> list[Rule]:
        """Return the rules among which one is chosen, the most lenient first."""
        information = INFORMATION if self.alone in ("", "information") else (0.0,)
        entropy = (0.0,) if self.alone == "information" else ENTROPY
        return [
            Rule(information=i, entropy=h, layers=share, rulers=self.rulers or ("common",))
            for i, h, share in product(information, entropy, LAYERS)
        ]

    def say(self, shown: xr.Dataset, rule: Rule) -> np.ndarray:
        """Return what a rule of this form says of each pair, places in `VERDICTS`."""
        if not self.alone:
            return decide(shown, rule)[0]
        moved, entropies = directions(shown, rule)
        way = moved if self.alone == "information" else -entropies[:, RULERS.index(self.alone)]
        code = np.zeros(len(way), int)
        code[way > 0], code[way < 0] = VERDICTS.index(HEURISTIC), VERDICTS.index(EXAMPLES)
        return code


#: Name → form.
FAMILIES: dict[str, Family] = {
    "MI, and entropy in common bins": Family(("common",)),
    "MI, and entropy in shared bins": Family(("shared",)),
    "MI, and entropy in bins of each neuron": Family(("neuron",)),
    "MI, and entropy in all three": Family(RULERS),
    "MI alone": Family(alone="information"),
    "entropy alone, common bins": Family(alone="common"),
    "entropy alone, shared bins": Family(alone="shared"),
    "entropy alone, bins of each neuron": Family(alone="neuron"),
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
    best, score = None, (-1.0, 0.0)
    for rule in family.grid():
        said = said_of(pairs, family, rule).values
        claims = np.isin(said, (HEURISTIC, EXAMPLES))
        false = float(of_twins @ claims)
        if false > MOST_FALSE:
            continue
        found = float(of_kinds @ (said == pairs.truth.values)), -false
        if found >= score:
            best, score = rule, found
    return best
