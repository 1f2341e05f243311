"""What the biographies say, in sentences: the entropy, the order of the networks, the gender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.claims import Claim, ClaimsTable
from infonb.claims.verdict import FAILS, HOLDS
from infonb.claims.words import join
from infonb.dims import PAIR_DIMS, without_diagonal
from infonb.experiments.biographies.claims import LEVELS, METRICS, last_block

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims_words", "groups_table", "knowing", "spread_words", "what_is_known"]

_FIRST = LEVELS[0]

#: Of two orders of the networks.
_VERBS = {HOLDS: "agrees with", FAILS: "is opposite to"}
_UNCLEAR = "is not shown to agree with"


def claims_words(table: ClaimsTable) -> str:
    """Return what a table of these claims says, of entropy and of the order of the networks."""
    entropies = [claim for claim in table.claims if claim.about]
    parts = [_of_entropy(entropies)] if entropies else []
    for what in ("mutual information", "entropy"):
        ranked = [one for one in table.claims if one.n_levels and f" mean {what} " in one.statement]
        parts += [_of_order(what, ranked)] if ranked else []
    few = "In brackets Kendall's τ, 1 for the same order, here and in the paper."
    return " ".join([*parts, few] if len(parts) > 1 else parts) or table.summary


def _of_entropy(claims: Sequence[Claim]) -> str:
    """Return with how many training sets the entropy is above that of raw original."""
    n = len(claims)
    by_ruler: dict[str, list[str]] = {}
    for ruler in claims[0].rulers or ("",):
        outcomes = [claim.rulers[ruler] if ruler else claim.outcome for claim in claims]
        lower, higher = outcomes.count(HOLDS), outcomes.count(FAILS)
        parts = [f"clearly below {_count(lower, n)}"] if lower else []
        parts += [f"clearly above {_count(higher, n)}"] if higher else []
        by_ruler.setdefault(" and ".join(parts) or "clearly below none", []).append(ruler)
    words = "; ".join(
        f"{said} of the {n} others{f' in {join(rulers)} bins' if any(rulers) else ''}"
        for said, rulers in by_ruler.items()
    )
    below = sum(float(np.mean(claim.effect)) > 0 for claim in claims)
    place = "lowest" if below == n else f"not lowest (below {below} of the {n} others)"
    few = " There is one seed only, so that nothing is clear."
    return (
        f"On **{_FIRST}** texts the mean of the seeds' median entropies, in the last block, is "
        f"{place}: {words}.{few if len(claims[0].effect) == 1 else ''}"
    )


def _of_order(what: str, claims: Sequence[Claim]) -> str:
    """Return Kendall's τ of one measure with each of the metrics, the paper's beside it."""
    groups: dict[str, list[str]] = {}
    for claim in claims:
        metric = claim.statement.rpartition("with a higher ")[2]
        tau = f"{np.mean(claim.effect):.2f}".replace("-", "−")
        groups.setdefault(_VERBS.get(claim.outcome, _UNCLEAR), []).append(
            f"the {metric} ({tau}, paper {claim.paper.removeprefix('τ = ')})"
        )
    words = "; ".join(f"{verb} that by {join(parts)}" for verb, parts in groups.items())
    return f"The order of the networks by **{what}** {words}."


def _count(k: int, n: int) -> str:
    return "all" if k == n else str(k)


def what_is_known(runs: xr.Dataset) -> str:
    """
    Return which networks know the gender beyond chance, and what that means, in Markdown.

    Parameters
    ----------
    runs
        What `Biographies.run` returned.

    Returns
    -------
    str
        For how many seeds MI is highest on raw original texts; from which networks the gender
        compresses more, for every seed, than permuted ones; how sure the order of the others then
        is; the accuracy on people of the usual gender of their occupation and on others; and how
        much the entropy differs by training set and by seed.

    Examples
    --------
    >>> print(what_is_known(runs))  # doctest: +SKIP
    """
    known = knowing(runs)
    others = [level for level in runs["training_set"].values.tolist() if level not in known]
    if known:
        words = (
            "The gender can be read, beyond the 95 % interval of permuted genders, from networks "
            f"that were trained on {join(known)} (compression {_range(runs, known)})"
        )
        words += f"; not from {join(others)} ({_range(runs, others)})." if others else "."
    elif "null_interval" not in runs:
        words = (
            f"The gender compresses by {_range(runs, others)}; whether that is more than chance, "
            "two or more permutations of the genders would tell."
        )
    else:
        words = f"The gender can be read from no network (compression {_range(runs, others)})."
    if len(others) > 2 and "null_interval" in runs:
        words += (
            f" **Among these {len(others)} the order by compression is chance**"
            f"{f': τ rests on {join(known)}' if known else ''}."
        )
    return " ".join(
        part for part in (highest_words(runs), words, _accuracies(runs), spread_words(runs)) if part
    )


def highest_words(runs: xr.Dataset) -> str:
    """Return for how many seeds raw original has the highest mean MI of all training sets."""
    levels = runs["training_set"].values.tolist()
    if _FIRST not in levels or len(levels) < 2:
        return ""
    pairs = without_diagonal(last_block(runs["mutual_information"]))
    mean = pairs.mean([dim for dim in PAIR_DIMS if dim in pairs.dims])
    others = mean.drop_sel(training_set=_FIRST).max("training_set")
    k, n = int((mean.sel(training_set=_FIRST) > others).sum()), mean.sizes["seed"]
    of = "every seed" if k == n else f"{k or 'none'} of {n} seeds"
    return f"Mutual information is highest on {_FIRST} for {of}."


def knowing(runs: xr.Dataset) -> list[str]:
    """Return the training sets whose compression is above the null's interval, for every seed."""
    if "null_interval" not in runs:
        return []
    above = (runs["compression"] > runs["null_interval"].sel(bound="high", drop=True)).all("seed")
    return runs["training_set"].values[above.values].tolist()


def spread_words(runs: xr.Dataset) -> str:
    """Return by how much the median entropy differs between training sets, and between seeds."""
    if runs.sizes["seed"] < 2 or runs.sizes["training_set"] < 2:
        return ""
    middle = last_block(runs["entropy"]).median(["layer", "neuron"])
    sets = float(middle.mean("seed").std("training_set", ddof=1))
    # of the mean over seeds, as the other is
    seeds = float(np.sqrt(middle.var("seed", ddof=1).mean() / runs.sizes["seed"]))
    more = (
        "more than" if sets > 2 * seeds else "little more than" if sets > seeds else "no more than"
    )
    return (
        f"The training sets differ in median entropy by {sets:.2f} nat, {more} what seeds alone do "
        f"({seeds:.2f}; standard deviations of the means over seeds)."
    )


def _range(runs: xr.Dataset, levels: list[str]) -> str:
    values = runs["compression"].sel(training_set=levels)
    low, high = f"{float(values.min()):.2f}", f"{float(values.max()):.2f}"
    return low if low == high else f"{low} to {high}"


def _accuracies(runs: xr.Dataset) -> str:
    parts = []
    for level in (_FIRST, "raw oversampled", "scrubbed original"):
        if level in runs["training_set"].values:
            one = 100 * runs["accuracy_of"].sel(training_set=level).mean("seed")
            usual, opposite = (float(one.sel(stereotype=kind)) for kind in ("usual", "opposite"))
            parts.append(f"{usual:.0f} and {opposite:.0f} % ({level})")
    if not parts:
        return ""
    return (
        "Right on people of the usual gender of their occupation, and on people of the other: "
        f"{join(parts)}."
    )


def groups_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return what is known of each network beside its null: means over seeds, a row a training set.

    Parameters
    ----------
    runs
        What `Biographies.run` returned.

    Returns
    -------
    pandas.DataFrame
        Accuracies in per cent, on both genders; compression of the gender and the gaps, each with
        its mean null; of BUG also the accuracies on its gold part.

    Examples
    --------
    >>> groups_table(runs).loc["raw original", "compression"]  # doctest: +SKIP
    """
    columns = _by_stereotype(runs["accuracy_of"], "")
    for name in METRICS:
        short = name.replace("_", " ").replace("tpr", "TPR")
        columns[short] = runs[name]
        null = runs.get("null_compression" if name == "compression" else f"{name}_null")
        if null is not None:
            columns[f"null of {short}"] = (
                null.mean("permutation") if "permutation" in null.dims else null
            )
    if "gold_accuracy_of" in runs:
        columns |= _by_stereotype(runs["gold_accuracy_of"], "gold: ")
    found = {name: value.mean("seed").reset_coords(drop=True) for name, value in columns.items()}
    return xr.Dataset(found).to_dataframe().rename_axis(None)[list(found)]


def _by_stereotype(accuracy: xr.DataArray, prefix: str) -> dict[str, xr.DataArray]:
    return {
        f"{prefix}{kind} gender, %": 100 * accuracy.sel(stereotype=kind, drop=True)
        for kind in ("usual", "opposite")
    }
