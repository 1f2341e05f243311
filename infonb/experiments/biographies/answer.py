"""What the biographies say, in sentences: the entropy, the order of the networks, the gender."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.claims import Claim, ClaimsTable
from infonb.claims.verdict import FAILS, HOLDS
from infonb.claims.words import join
from infonb.experiments.biographies.claims import LEVELS, METRICS

__all__ = ["claims_words", "groups_table", "what_is_known"]

_FIRST = LEVELS[0]


def claims_words(table: ClaimsTable) -> str:
    """Return what a table of these claims says, of entropy and of the order of the networks."""
    entropies = [claim for claim in table.claims if claim.about]
    ranked = [claim for claim in table.claims if claim.n_levels]
    parts = [_of_entropy(entropies)] if entropies else []
    for what in ("mutual information", "entropy"):
        some = [claim for claim in ranked if what in claim.statement]
        parts += [_of_order(what, some)] if some else []
    return " ".join(parts) or table.summary


def _of_entropy(claims: Sequence[Claim]) -> str:
    """Return with how many training sets the entropy is above that of raw original."""
    n = len(claims)
    words = []
    for ruler in claims[0].rulers or ("",):
        outcomes = [claim.rulers[ruler] if ruler else claim.outcome for claim in claims]
        above, below = outcomes.count(HOLDS), outcomes.count(FAILS)
        of = f"clearly lower than that of {_count(above, n)}"
        if below:
            of += f", clearly higher than that of {_count(below, n)}"
        words.append(f"in {ruler} bins {of}" if ruler else of)
    shown = "; ".join(words) + f" of the {n} other training sets"
    lowest = all(np.mean(claim.effect) > 0 for claim in claims)
    mean = "the lowest" if lowest else "not the lowest"
    one = len(claims[0].effect) == 1
    few = " There is one seed only, so that nothing is clear." if one else ""
    return (
        f"In the mean of the seeds the median entropy of the last block is {mean} of all on "
        f"{_FIRST} texts; it is {shown}.{few}"
    )


def _of_order(what: str, claims: Sequence[Claim]) -> str:
    """Return Kendall's τ of one measure with each of the metrics, the paper's beside it."""
    parts = []
    for claim in claims:
        metric = claim.statement.rpartition("with a higher ")[2]
        tau = f"{np.mean(claim.effect):.2f}".replace("-", "−")
        paper = claim.paper.replace("τ = ", "")
        doubt = "" if claim.outcome == HOLDS else ", not shown"
        doubt = ", the other way" if claim.outcome == FAILS else doubt
        parts.append(f"the {metric} (τ = {tau}{doubt}; the paper {paper})")
    sign = "more" if what == "mutual information" else "less"
    return f"Networks with {sign} {what} are compared with the order by {join(parts)}."


def _count(k: int, n: int) -> str:
    return "all" if k == n else str(k) if k else "none"


def what_is_known(runs: xr.Dataset) -> str:
    """
    Return how many networks know the gender beyond chance, in words and Markdown.

    Parameters
    ----------
    runs
        What `Biographies.run` returned.

    Returns
    -------
    str
        Which networks' compression is, for every seed, above all codes with permuted genders; what
        raw, original texts do to people of the other gender; and what that means for the order.
    """
    known = knowing(runs)
    others = [level for level in runs["training_set"].values.tolist() if level not in known]
    words = f"The gender can be read from the networks trained on {join(known)}" if known else (
        "The gender can be read from no network"
    )  # fmt: skip
    words += (
        f" beyond every code with permuted genders (compression {_numbers(runs, known)}); "
        if known
        else "; "
    )
    if others:
        words += f"from {join(others)} it cannot ({_numbers(runs, others)})."
    words = words.rstrip("; ") + ("" if words.endswith(".") else ".")
    if len(others) > 1 and known:
        words += (
            f" **Among these {len(others)} the order by compression is chance**, so that τ over "
            f"all rests on {join(known)}."
        )
    return f"{words} {_accuracies(runs)}"


def knowing(runs: xr.Dataset) -> list[str]:
    """Return the training sets whose compression is above its null for every seed."""
    if "null_compression" not in runs:
        return []
    above = (runs["compression"] > runs["null_compression"].max("permutation")).all("seed")
    return runs["training_set"].values[above.values].tolist()


def _numbers(runs: xr.Dataset, levels: list[str]) -> str:
    values = runs["compression"].sel(training_set=levels)
    low, high = float(values.min()), float(values.max())
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"


def _accuracies(runs: xr.Dataset) -> str:
    parts = []
    for level in (_FIRST, "raw oversampled", "scrubbed original"):
        if level in runs["training_set"].values:
            one = runs["accuracy_of"].sel(training_set=level).mean("seed")
            usual, opposite = (100 * float(one.sel(stereotype=s)) for s in ("usual", "opposite"))
            parts.append(f"{level} {usual:.0f} and {opposite:.0f} %")
    return f"Right on people of the usual gender of their occupation, and on others: {join(parts)}."


def groups_table(runs: xr.Dataset) -> xr.Dataset:
    """
    Return the means over seeds of what is known of each network, (training_set), to be shown.

    Accuracies in per cent; metrics, each with its null.
    """
    usual = 100 * runs["accuracy_of"].sel(stereotype="usual", drop=True)
    opposite = 100 * runs["accuracy_of"].sel(stereotype="opposite", drop=True)
    columns = {"usual gender (%)": usual, "opposite (%)": opposite}
    for name in METRICS:
        columns[name.replace("_", " ")] = runs[name]
        null = f"{name}_null"
        if name == "compression" and "null_compression" in runs:
            columns["null of it"] = runs["null_compression"].mean("permutation")
        elif null in runs:
            columns[f"null of {name.replace('_', ' ')}"] = runs[null]
    found = {name: value.mean("seed") for name, value in columns.items()}
    if "gold_accuracy_of" in runs:
        gold = runs["gold_accuracy_of"].mean("seed")
        found["gold: usual (%)"] = 100 * gold.sel(stereotype="usual", drop=True)
        found["gold: opposite (%)"] = 100 * gold.sel(stereotype="opposite", drop=True)
    return xr.Dataset(found).reset_coords(drop=True)
