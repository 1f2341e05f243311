"""How often verdicts are right: rates over settings, and counts of what was said of which pair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from infonb.claims import interval
from infonb.experiments.verdicts.pairs import TRUTH
from infonb.selection.verdict.judge import DEPENDS, EXAMPLES, HEURISTIC, INCONCLUSIVE

__all__ = [
    "Rates",
    "by_setting",
    "confusion",
    "group_names",
    "rates_of",
    "right_answers",
    "weights",
]

#: In the order of the tables.
SAID = (HEURISTIC, EXAMPLES, DEPENDS, INCONCLUSIVE)
TWINS, EARLY = "twins", "clean → early"


class Rates(NamedTuple):
    """Shares of pairs: means over settings, of which each counts alike."""

    right: float
    """Of pairs of different kinds, all of which count alike, those with the right verdict."""
    wrong: float
    """Of the same, those with the opposite verdict."""
    false: float
    """Of twins, those with a verdict."""
    right_interval: tuple[float, float]
    """95 %: over settings, and of as many pairs as share no network; the wider one."""
    false_interval: tuple[float, float]


def group_names(pairs: xr.DataArray | xr.Dataset) -> np.ndarray:
    """Return which group each pair belongs to: two kinds, or twins."""
    both = zip(pairs.reference.values, pairs.other.values, strict=True)
    return np.array([TWINS if a == b else f"{a} → {b}" for a, b in both], dtype=object)


def weights(pairs: xr.DataArray | xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """
    Return how much each pair counts in the mean over pairs of different kinds, and over twins.

    Settings count alike; within one, groups of different kinds; within these, pairs.
    """
    table = pd.DataFrame({"setting": pairs.setting.values, "group": group_names(pairs)})
    found = []
    for chosen in (~table.group.isin([TWINS, EARLY]), table.group == TWINS):
        part = table[chosen]
        share = 1 / part.groupby(["setting", "group"])["group"].transform("size")
        share /= part.groupby("setting")["group"].transform("nunique") * part.setting.nunique()
        found.append(share.reindex(table.index, fill_value=0.0).to_numpy())
    return found[0], found[1]


def rates_of(said: xr.DataArray) -> Rates:
    """Return how often verdicts (pair) are right."""
    table = _table(said)
    of_kinds, of_twins = weights(said)
    found = []
    for weight, what in ((of_kinds, "right"), (of_twins, "claims")):
        shares = (weight * table[what]).groupby(table.setting).sum() * table.setting.nunique()
        found.append((float(shares.mean()), _interval(shares, _disjoint(said, weight > 0))))
    (right, of_right), (false, of_false) = found
    return Rates(right, float(of_kinds @ table.opposite), false, of_right, of_false)


def _disjoint(said: xr.DataArray, chosen: np.ndarray) -> int:
    """Return how many pairs of the chosen ones' networks share none."""
    part = said.isel(pair=np.flatnonzero(chosen))
    ends = [
        zip(part.setting.values, part[kind].values, part[seed].values, strict=True)
        for kind, seed in (("reference", "reference_seed"), ("other", "other_seed"))
    ]
    return len({network for end in ends for network in end}) // 2


def _interval(shares: pd.Series, n: int) -> tuple[float, float]:
    """
    Return a 95 % interval of the mean of shares, one for each setting: the wider one of two.

    Student's t over settings; and Clopper and Pearson's (Biometrika 26, 404 (1934)) for `n`
    independent pairs, without which equal shares, such as 0 everywhere, would leave no doubt.
    """
    from scipy.stats import beta

    ends = interval(shares.to_numpy())
    hits = float(shares.mean()) * n
    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return max(0.0, min(low, ends[0])), min(1.0, max(high, ends[1]))


def confusion(said: xr.DataArray) -> pd.DataFrame:
    """Return how many pairs of each group (rows) got each verdict (columns)."""
    table = _table(said)
    rows = [name for name in right_answers() if (table.group == name).any()]
    counts = pd.crosstab(table.group, table.said)
    return counts.reindex(index=rows, columns=list(SAID), fill_value=0)


def right_answers() -> dict[str, str]:
    """Return what should be said of each group of pairs."""
    return {TWINS if a == b else f"{a} → {b}": truth for (a, b), truth in TRUTH.items()}


def by_setting(said: xr.DataArray) -> pd.DataFrame:
    """Return for each setting the share of right verdicts by group, and of twins with a verdict."""
    table = _table(said)
    table["value"] = np.where(table.group.isin([TWINS, EARLY]), table.claims, table.right)
    found = table.pivot_table("value", "setting", "group", aggfunc="mean", sort=False)
    return found[[name for name in right_answers() if name in found]]


def _table(said: xr.DataArray) -> pd.DataFrame:
    """Return one row for each pair: setting, group, what was said, and how right that was."""
    table = pd.DataFrame(
        {
            "setting": said.setting.values,
            "group": group_names(said),
            "said": said.values,
            "truth": said.truth.values,
        }
    )
    table["right"] = table.said == table.truth
    table["claims"] = table.said.isin([HEURISTIC, EXAMPLES])
    table["opposite"] = table.claims & ~table.right & (table.truth != INCONCLUSIVE)
    return table.astype({"right": float, "claims": float, "opposite": float})
