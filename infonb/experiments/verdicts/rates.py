"""How often verdicts are right: rates over settings, and counts of what was said of which pair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from infonb.claims import interval
from infonb.experiments.verdicts.pairs import TRUTH
from infonb.selection.verdict import DEPENDS, EXAMPLES, HEURISTIC, INCONCLUSIVE

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
TWINS, EARLY = "twins", "clean → clean, early"


class Rates(NamedTuple):
    """Shares of pairs: means over settings, of which each counts alike."""

    right: float
    """Of pairs of different kinds, all of which count alike, those with the right verdict."""
    wrong: float
    """Of the same, those with the opposite verdict."""
    false: float
    """Of twins, those with a verdict."""
    right_interval: tuple[float, float]
    """95 %, Student's t over settings."""
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
    right, false = (
        (weight * table[what]).groupby(table.setting).sum() * table.setting.nunique()
        for weight, what in ((of_kinds, "right"), (of_twins, "claims"))
    )
    return Rates(
        float(right.mean()), float(of_kinds @ table.opposite), float(false.mean()),
        _limited(right), _limited(false),
    )  # fmt: skip


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


def _limited(shares: pd.Series) -> tuple[float, float]:
    """Return Student's t interval of the mean of shares, between 0 and 1."""
    low, high = interval(shares.to_numpy())
    return max(0.0, low), min(1.0, high)
