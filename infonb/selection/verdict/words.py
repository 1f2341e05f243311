"""Why a verdict is what it is, in a sentence with the numbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims.words import join
from infonb.selection.verdict.rule import Rule

__all__ = ["reasons"]

#: The medians of so many layers stand in the sentence.
_MOST_LAYERS = 4


def reasons(
    found: xr.Dataset, shown: xr.Dataset, ways: tuple[np.ndarray, np.ndarray], rule: Rule
) -> list[str]:
    """Return a sentence for each comparison: its evidence, and which way MI and entropy go."""
    return [
        _reason(found.isel(comparison=i), shown.isel(comparison=i), int(moved), against, rule)
        for i, (moved, against) in enumerate(zip(*ways, strict=True))
    ]


def _reason(one: xr.Dataset, shown: xr.Dataset, moved: int, entropy: np.ndarray, rule: Rule) -> str:
    number = int(shown["layers"])
    if not number:
        return (
            "No layer has pairs of neurons in both models, so that mutual information, which "
            "decides first, was not measured."
        )
    size, up, down = (float(shown[f"information_{part}"]) for part in ("size", "up", "down"))
    verb = "rises" if size > 0 else "falls"
    words = (
        f"Median MI {verb} by {abs(size):.0%} of the two models' mean"
        f"{' in a layer on average' if number > 1 else ''} ({_ends(one)} nat), clearly in "
        f"{_of(up if size > 0 else down, number)} layer{'s' if number > 1 else ''}"
    )
    if not moved:
        needs = f"at least {rule.information:.0%}, clearly in {rule.layers:.0%} of the layers"
        return f"{words}: too close to tell, for the rule asks for {needs}."
    ways = {  # of the entropy, beside that of MI
        -moved: f"{'falls' if moved > 0 else 'rises'} in",
        moved: f"{'rises' if moved > 0 else 'falls'} like MI in",
        0: "is too close to tell in",
    }
    said = []
    for way, verb in ways.items():
        rulers = [str(r) for r in one["edges"].values[entropy == way]]
        if rulers:
            said.append(f"{verb} {join(rulers)} bins ({join([_change(shown, r) for r in rulers])})")
    return f"{words}; median entropy {join(said)}{_ending(one, entropy, moved, size, rule)}."


def _ending(one: xr.Dataset, entropy: np.ndarray, moved: int, size: float, rule: Rule) -> str:
    """Return what decided, where it is not that the entropy agrees."""
    if (entropy == moved).all():
        return ": in every ruler like MI, as in neither kind of memorization"
    agree = one["edges"].values[entropy == -moved].tolist()
    if abs(size) > rule.alone and not set(rule.rulers) <= set(agree):
        return f"; a change of MI by more than {rule.alone:.0%} is enough by itself"
    return "" if agree else ": in no ruler against MI"


def _ends(one: xr.Dataset) -> str:
    """Return "fc1: start → end, ..." of the layers that both models have, means over seeds."""
    medians = one["median_mutual_information"]
    medians = medians.mean("seed") if "seed" in medians.dims else medians
    there = np.flatnonzero(one["mutual_information_change"].notnull().values)
    start, end = (
        medians.sel(model=m).values[there]
        for m in (one.attrs["reference"], str(one["comparison"].values))
    )
    names = one["layer"].values[there].tolist()
    said = [f"{name}: {a:.3g} → {b:.3g}" for name, a, b in zip(names, start, end, strict=True)]
    # of many layers the first and the last
    return ", ".join(said if len(said) <= _MOST_LAYERS else [said[0], "…", said[-1]])


def _change(shown: xr.Dataset, ruler: str) -> str:
    return f"{float(shown['entropy_size'].sel(edges=ruler)):+.2f} nat"


def _of(share: float, number: int) -> str:
    return f"{int(np.rint(share * number))} of {number}"
