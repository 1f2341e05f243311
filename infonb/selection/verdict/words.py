"""Why a verdict is what it is, in a sentence with the numbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims.words import join
from infonb.selection.verdict.rule import Rule
from infonb.selection.verdict.silent import silent

__all__ = ["reasons"]

#: The medians of so many layers stand in the sentence.
_MOST_LAYERS = 4

#: A change by less, as a share, is none in words.
_NOTHING = 0.005


def reasons(
    found: xr.Dataset, shown: xr.Dataset, ways: tuple[np.ndarray, np.ndarray], rule: Rule
) -> list[str]:
    """Return a sentence for each comparison: its evidence, and which way MI and entropy go."""
    quiet = silent(found)
    told = found.assign(silent=False if quiet is None else quiet)
    return [
        _reason(told.isel(comparison=i), shown.isel(comparison=i), int(moved), against, rule)
        for i, (moved, against) in enumerate(zip(*ways, strict=True))
    ]


def _reason(one: xr.Dataset, shown: xr.Dataset, moved: int, entropy: np.ndarray, rule: Rule) -> str:
    number, out = int(shown["layers"]), _left_out(one)
    if not number:
        return (
            "No layer has pairs of neurons that vary in both models, so that mutual information, "
            f"which decides first, was not compared.{out}"
        )
    size, up, down = (float(shown[f"information_{part}"]) for part in ("size", "up", "down"))
    words = f"{_moves(size, number)} ({_ends(one)} nat), clearly in {_of(up, down, size, number)}"
    if not moved:
        return f"{words}: {_missing(size, up, down, number, rule)}.{out}"
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
    return f"{words}; median entropy {join(said)}{_ending(one, entropy, moved, size, rule)}.{out}"


def _moves(size: float, number: int) -> str:
    """Return how far MI moves, in words."""
    if abs(size) < _NOTHING:
        return "Median MI stays as it is"
    where = " in a layer on average" if number > 1 else ""
    verb = "rises" if size > 0 else "falls"
    return f"Median MI {verb} by {100 * abs(size):.0f} % of the two models' mean{where}"


def _missing(size: float, up: float, down: float, number: int, rule: Rule) -> str:
    """Return what the rule asks for that MI lacks."""
    if abs(size) < rule.information or not size:
        return f"too close to tell, for the rule asks for at least {100 * rule.information:.0f} %"
    way, other = (up, down) if size > 0 else (down, up)
    if way < rule.layers:
        least = int(np.ceil(rule.layers * number - 1e-9))
        return f"too close to tell, for the rule asks for at least {least} of {number} layers"
    return (
        f"the layers contradict each other, for in {round(other * number)} of {number} it clearly "
        f"{'falls' if size > 0 else 'rises'}"
    )


def _ending(one: xr.Dataset, entropy: np.ndarray, moved: int, size: float, rule: Rule) -> str:
    """Return what decided, where it is not that the entropy agrees."""
    if (entropy == moved).all():
        return ": in every ruler like MI, as in neither kind of memorization"
    agree = one["edges"].values[entropy == -moved].tolist()
    if abs(size) > rule.alone and not set(rule.rulers) <= set(agree):
        return f"; a change of MI by more than {100 * rule.alone:.0f} % is enough by itself"
    return "" if agree else ": in no ruler against MI"


def _ends(one: xr.Dataset) -> str:
    """Return "fc1: start → end, ..." of the layers that both models have, means over seeds."""
    medians = one["median_mutual_information"]
    medians = medians.mean("seed") if "seed" in medians.dims else medians
    there = np.flatnonzero((one["mutual_information_change"].notnull() & ~one["silent"]).values)
    start, end = (
        medians.sel(model=m).values[there]
        for m in (one.attrs["reference"], str(one["comparison"].values))
    )
    names = one["layer"].values[there].tolist()
    said = [f"{name}: {a:.3f} → {b:.3f}" for name, a, b in zip(names, start, end, strict=True)]
    # of many layers the first and the last
    return ", ".join(said if len(said) <= _MOST_LAYERS else [said[0], "…", said[-1]])


def _left_out(one: xr.Dataset) -> str:
    """Return which layers are left out, as a further sentence."""
    names = [
        str(name)
        for name in one["layer"].values[np.broadcast_to(one["silent"], one.sizes["layer"])]
    ]
    if not names:
        return ""
    return f" Left out, for half of the neurons or more are constant: {join(names)}."


def _change(shown: xr.Dataset, ruler: str) -> str:
    return f"{float(shown['entropy_size'].sel(edges=ruler)):+.2f} nat".replace("-", "−")


def _of(up: float, down: float, size: float, number: int) -> str:
    """Return in how many layers MI clearly moves that way."""
    clear = round((up if size > 0 else down) * number)
    return f"{clear} of {number} layer{'s' if number > 1 else ''}"
