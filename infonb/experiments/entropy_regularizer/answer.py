"""The answer in words, computed from the runs: whether raising the entropy helps, and by how much."""

from __future__ import annotations

import xarray as xr

from infonb.claims import Claim, Compare
from infonb.claims.table import signed
from infonb.claims.verdict import FAILS, HOLDS
from infonb.dims import median_within_layers
from infonb.experiments.entropy_regularizer.claims import ACCURACY, COLOUR
from infonb.experiments.entropy_regularizer.treatments import NONE, controls, raising

__all__ = ["answer"]


def answer(runs: xr.Dataset) -> str:
    """
    Return the verdict in Markdown: a sentence on all shortcuts, then the numbers of each.

    It *helps* where both intervals of the table say that the answers follow the colour less (with
    a shortcut, α above 0), and *harms* where they say that they follow it more.
    """
    up = raising(runs.treatment.values.tolist())
    shortcuts = [float(alpha) for alpha in runs.alpha.values if alpha > 0]
    if not up or not shortcuts:
        return "Nothing to answer: it takes a treatment that raises the entropy, and an α above 0."
    colour = {
        (alpha, words): _change(runs, alpha, words, COLOUR, -1)
        for alpha in shortcuts for words in up
    }  # fmt: skip
    parts = [_verdict(colour)]
    for alpha in runs.alpha.values.tolist():
        lines = [_line(runs, alpha, words) for words in (*up, *controls(runs.treatment.values))]
        parts.append(f"At α = {alpha:g}, where {_without(runs, alpha)}:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _change(runs: xr.Dataset, alpha: float, words: str, value: str, sign: int) -> Claim | None:
    """Return the claim that a treatment changes a value; None if it could not be compared."""
    row = Compare(value, value, sign, each=None, between=(NONE, words))
    found = row.claims(runs.sel(alpha=alpha, drop=True), "treatment")
    return found[0] if found else None


def _verdict(colour: dict[tuple[float, str], Claim | None]) -> str:
    """Return one sentence on how many of the comparisons help, harm or leave it open."""
    verdicts = [None if one is None else one.verdict for one in colour.values()]
    helps, harms = verdicts.count(HOLDS), verdicts.count(FAILS)
    n = len(verdicts)
    if helps and not harms:
        words = f"Raising the entropy keeps networks from the shortcut in {helps} of {n} settings"
    elif harms and not helps:
        words = (
            "Raising the entropy does not keep networks from the shortcut: in "
            f"{harms} of {n} settings they lean on it more"
        )
    elif helps:
        words = f"Raising the entropy helps in {helps} of {n} settings and harms in {harms}"
    else:
        words = f"Raising the entropy is not shown to help in any of {n} settings"
    left = n - helps - harms
    return f"**{words}" + (f"; {left} are too close to tell.**" if left else ".**")


def _without(runs: xr.Dataset, alpha: float) -> str:
    at = runs.sel(alpha=alpha, treatment=NONE)
    return (
        f"without a term {_percent(at[ACCURACY].mean())} of the answers are right and "
        f"{_percent(at[COLOUR].mean())} follow the colour"
    )


def _line(runs: xr.Dataset, alpha: float, words: str) -> str:
    at = runs.sel(alpha=alpha)
    entropy = at.entropy.sel(edges="common").median("neuron").mean(["layer", "seed"])
    information = median_within_layers(at.mutual_information).mean(["layer", "seed"])
    ends = [
        " → ".join(f"{float(of.sel(treatment=end)):.2f}" for end in (NONE, words))
        for of in (entropy, information)
    ]
    return (
        f"- *{words}*: right {_difference(runs, alpha, words, ACCURACY)}, following the colour "
        f"{_difference(runs, alpha, words, COLOUR)}; entropy {ends[0]} nats (common bins), MI "
        f"{ends[1]} nats."
    )


def _difference(runs: xr.Dataset, alpha: float, words: str, value: str) -> str:
    claim = _change(runs, alpha, words, value, 1)
    if claim is None:
        return "not compared"
    points = 100 * sum(claim.effect) / len(claim.effect)
    sure = "" if claim.verdict in (HOLDS, FAILS) else " (too close to tell)"
    return f"{signed(points, 1)} points{sure}"


def _percent(share: xr.DataArray) -> str:
    return f"{100 * float(share):.0f} %"
