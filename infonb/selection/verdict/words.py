"""Why a verdict is what it is, in a sentence with the numbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims.words import join
from infonb.selection.verdict.rule import Rule

__all__ = ["reasons"]


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
    words = (
        f"Median MI {'rises' if size > 0 else 'falls'} ({_ends(one, 'mutual_information')} nat, "
        f"mean of {_layers(number)}{_share(size, number)}), clearly in "
        f"{_of(up if size > 0 else down, number)}"
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


def _ends(one: xr.Dataset, measure: str) -> str:
    """Return "start → end": means over seeds, and over the layers that both have."""
    medians = one[f"median_{measure}"]
    there = one[f"{measure}_change"].notnull()
    medians = medians.where(there).mean([d for d in ("seed", "layer") if d in medians.dims])
    start, end = (
        float(medians.sel(model=m)) for m in (one.attrs["reference"], str(one["comparison"].values))
    )
    return f"{start:.3g} → {end:.3g}"


def _share(size: float, number: int) -> str:
    """Return the size of a change that the rule looks at."""
    where = "; in a layer on average" if number > 1 else ";"
    return f"{where} by {abs(size):.0%} of the two models' mean"


def _change(shown: xr.Dataset, ruler: str) -> str:
    return f"{float(shown['entropy_size'].sel(edges=ruler)):+.2f} nat"


def _layers(number: int) -> str:
    return f"{number} layer{'s' if number > 1 else ''}"


def _of(share: float, number: int) -> str:
    return f"{int(np.rint(share * number))} of {number}"
