"""The answer in words, computed from the runs: whether raising the entropy helps, how much."""

from __future__ import annotations

import xarray as xr

from infonb.claims import Claim, Compare
from infonb.claims.verdict import FAILS, HOLDS, UNCLEAR
from infonb.dims import median_within_layers
from infonb.experiments.entropy_regularizer.claims import ACCURACY, COLOUR, RULERS, measure_rows
from infonb.experiments.entropy_regularizer.treatments import NONE, controls, raising

__all__ = ["answer"]

_LEGEND = "In brackets: whether the answers follow the colour less or more than with *none*."


def answer(runs: xr.Dataset) -> str:
    """
    Return the verdict in Markdown: two sentences on all shortcuts, then a table of the numbers.

    It *helps* where both intervals of the table of claims say that the answers follow the colour
    less (with a shortcut, α above 0), and *harms* where they say that they follow it more.
    """
    treatments = runs.treatment.values.tolist()
    up = raising(treatments)
    shortcuts = [float(alpha) for alpha in runs.alpha.values if alpha > 0]
    if not up or not shortcuts:
        return "Nothing to answer: it takes a treatment that raises the entropy, and an α above 0."
    colour = {
        (alpha, words): _change(runs, alpha, words) for alpha in shortcuts for words in up
    }  # fmt: skip
    rulers = ", ".join(RULERS)
    lines = [
        f"| α | added to the loss | right | follow the colour | median entropy: {rulers} | MI |",
        "|---|---|---|---|---|---|",
    ]
    for alpha in runs.alpha.values.tolist():
        lines += [_line(runs, alpha, words) for words in (NONE, *up, *controls(treatments))]
    lines += ["", "Means over seeds and layers, entropy and MI in nats. " + _LEGEND]
    words = f"{_verdict(colour)} {_largest(runs, colour)} {_measures(runs, up[0])}"
    return f"{words}\n\n" + "\n".join(lines)


def _change(runs: xr.Dataset, alpha: float, words: str) -> Claim | None:
    """Return the claim that the answers follow the colour less; None if it was not compared."""
    row = Compare("", COLOUR, -1, each=None, between=(NONE, words))
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
    be = "is" if left == 1 else "are"
    return f"**{words}" + (f"; {left} {be} {UNCLEAR}.**" if left else ".**")


def _largest(runs: xr.Dataset, colour: dict[tuple[float, str], Claim | None]) -> str:
    """Return one sentence on the largest change of what the answers follow."""
    known = {level: one for level, one in colour.items() if one is not None}
    if not known:
        return ""
    alpha, words = max(known, key=lambda level: abs(sum(known[level].effect)))
    start, end = (runs[COLOUR].sel(alpha=alpha, treatment=one) for one in (NONE, words))
    return (
        f"The largest change is that of *{words}* at α = {alpha:g}: {_percent(end)} of the answers "
        f"follow the colour instead of {_percent(start)}."
    )


def _measures(runs: xr.Dataset, words: str) -> str:
    """Return one sentence on what happened to the measures themselves."""
    claims = [
        claim
        for row in measure_rows(words)
        for alpha in runs.alpha.values
        for claim in row.claims(runs.sel(alpha=alpha, drop=True), "treatment")
    ]
    entropy = [claim.verdict for claim in claims if claim.direction > 0]
    information = [claim.verdict for claim in claims if claim.direction < 0]
    return (
        f"With *{words}* the entropy itself rises in {entropy.count(HOLDS)} of {len(entropy)} "
        "comparisons (at each α, in common, shared and neuron bins: one range for each network, "
        "for all networks, for each neuron). MI, which the paper finds low where entropy is high, "
        f"clearly falls at {information.count(HOLDS) or 'none'} of {len(information)} values of α "
        f"and clearly rises at {information.count(FAILS) or 'none'}."
    )


def _line(runs: xr.Dataset, alpha: float, words: str) -> str:
    at = runs.sel(alpha=alpha, treatment=words)
    entropy = at.entropy.median("neuron").mean(["layer", "seed"])
    information = float(median_within_layers(at.mutual_information).mean(["layer", "seed"]))
    rulers = ", ".join(f"{float(entropy.sel(edges=ruler)):.2f}" for ruler in RULERS)
    claim = None if words == NONE else _change(runs, alpha, words)
    told = {HOLDS: "less", FAILS: "more"}
    if claim is not None and not any(claim.effect):
        told = {claim.verdict: "the same"}
    sign = "" if claim is None else f" ({told.get(claim.verdict, claim.verdict)})"
    return (
        f"| {alpha:g} | {words} | {_percent(at[ACCURACY])} | {_percent(at[COLOUR])}{sign} | "
        f"{rulers} | {information:.2f} |"
    )


def _percent(share: xr.DataArray) -> str:
    return f"{100 * float(share.mean()):.1f} %"
