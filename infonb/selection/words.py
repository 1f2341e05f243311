"""Why a verdict is what it is, in a sentence with the numbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims.words import join
from infonb.selection.rule import Rule

__all__ = ["reasons"]


def reasons(found: xr.Dataset, shown: xr.Dataset, rule: Rule) -> list[str]:
    """Return a sentence for each comparison of a judged dataset and its evidence."""
    return [
        _reason(found.isel(comparison=i), shown.isel(comparison=i), rule)
        for i in range(found.sizes["comparison"])
    ]


def _reason(one: xr.Dataset, shown: xr.Dataset, rule: Rule) -> str:
    number = int(shown["layers"])
    if not number:
        return (
            "No layer has pairs of neurons in both models, so that mutual information, which "
            "decides first, was not measured."
        )
    size, up, down = (float(shown[f"information_{part}"]) for part in ("size", "up", "down"))
    moved = _moved(size, up, down, rule.information, rule.layers)
    words = (
        f"Median MI {'rises' if size > 0 else 'falls'} ({_ends(one, 'mutual_information')} nat, "
        f"mean of {_layers(number)}; by {abs(size):.0%} of the two models' mean), clearly in "
        f"{_of(up if size > 0 else down, number)}"
    )
    if not moved:
        needs = f"at least {rule.information:.0%}, clearly in {rule.layers:.0%} of the layers"
        return f"{words}: too close to tell, for the rule asks for {needs}."
    agree = [str(r) for r in one["edges"].values[one["rulers_agree"].values]]
    rest = [str(r) for r in one["edges"].values if r not in agree]
    turned = [r for r in rest if _entropy_moved(shown, r, rule) == moved]
    unclear = [r for r in rest if r not in turned]
    parts = [
        f"{join(rulers)} bins ({join([_change(shown, ruler) for ruler in rulers])})"
        for rulers in (agree, turned, unclear)
    ]
    said = []
    if agree:
        said.append(f"{'falls' if moved > 0 else 'rises'} in {parts[0]}")
    if turned:
        said.append(f"{'rises' if moved > 0 else 'falls'} like MI in {parts[1]}")
    if unclear:
        said.append(f"is too close to tell in {parts[2]}")
    return f"{words}; median entropy {join(said)}."


def _moved(size: float, up: float, down: float, least: float, layers: float) -> int:
    if abs(size) < least or not size:
        return 0
    return int(size > 0 and up >= layers) - int(size < 0 and down >= layers)


def _entropy_moved(shown: xr.Dataset, ruler: str, rule: Rule) -> int:
    at = shown.sel(edges=ruler)
    size, up, down = (float(at[f"entropy_{part}"]) for part in ("size", "up", "down"))
    return _moved(size, up, down, rule.entropy, rule.layers)


def _ends(one: xr.Dataset, measure: str) -> str:
    """Return "start → end": means over seeds, and over the layers that both have."""
    medians = one[f"median_{measure}"]
    there = one[f"{measure}_change"].notnull()
    medians = medians.where(there).mean([d for d in ("seed", "layer") if d in medians.dims])
    start, end = (
        float(medians.sel(model=m)) for m in (one.attrs["reference"], str(one["comparison"].values))
    )
    return f"{start:.3g} → {end:.3g}"


def _change(shown: xr.Dataset, ruler: str) -> str:
    return f"{float(shown['entropy_size'].sel(edges=ruler)):+.2f} nat"


def _layers(number: int) -> str:
    return f"{number} layer{'s' if number > 1 else ''}"


def _of(share: float, number: int) -> str:
    return f"{int(np.rint(share * number))} of {number}"
