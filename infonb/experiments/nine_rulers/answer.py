"""What the runs say in sentences and tables, each number with its interval where there is one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.nine_rulers.analysis import ceiling, counted, network_order
from infonb.experiments.nine_rulers.verdict import FEWEST, NETWORK, chance_words, with_minus

__all__ = [
    "answer_words", "cheapest_words", "expected_words", "first_up", "means", "named", "noise_words",
    "unit_words",
]  # fmt: skip


def named(names: Iterable[str], last: str = "and") -> str:
    """Return names of rulers or kinds in a row of words; "none" if there is none."""
    from infonb.plots.ruler_names import ruler_words

    words = [ruler_words(name) for name in names]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def first_up(words: str) -> str:
    """Return words with a capital at the front, and all other letters as they are."""
    return words[:1].upper() + words[1:]


def answer_words(
    runs: xr.Dataset, found: xr.Dataset, twins: xr.Dataset, expected: pd.DataFrame
) -> str:
    """Return the answer in a few points with their numbers, of the network with noise; a list."""
    points = [
        _memory_words(twins), *_kind_words(runs, found), _paper_words(runs),
        expected_words(expected),
    ]  # fmt: skip
    return with_minus("\n".join(f"- {one}" for one in points))


def _seen(found: xr.Dataset, kind: str) -> dict[str, str]:
    """Return ruler → whether its samples of a kind lie above, alike or below the others."""
    low, high = (found["auroc_interval"].sel(kind=kind).isel(bound=end) for end in (0, 1))
    words = {}
    for name in found["ruler"].values.tolist():
        one, other = float(low.sel(ruler=name)), float(high.sel(ruler=name))
        if np.isfinite(one):
            words[name] = "above" if one > 0.5 else "below" if other < 0.5 else "alike"
    return words


def _auroc(found: xr.Dataset, ruler: str, kind: str) -> str:
    one = found.sel(ruler=ruler, kind=kind)
    low, high = one["auroc_interval"].values
    return f"{float(one.auroc):.2f} [{low:.2f}, {high:.2f}]"


def _memory_words(twins: xr.Dataset) -> str:
    """Return which rulers are higher on what was trained on than on its twins."""
    one = twins.sel(network=NETWORK)
    seen = {kind: _seen(one, kind) for kind in ("wrong label", "outlier")}
    known = list(seen["outlier"])
    memory = [name for name in known if all(words[name] == "above" for words in seen.values())]
    hard = [name for name in known if all(words[name] == "below" for words in seen.values())]
    told = (
        f"**Memory itself is seen by {len(memory)} of {len(known)} rulers of samples "
        f"({named(memory)})**: they are higher on wrong labels and odd images that the network was "
        "trained on than on *twins*, made in the same way, that it never saw."
        if memory else
        f"**Memory itself is seen by none of {len(known)} rulers of samples**: none is clearly "
        "higher on wrong labels and odd images that the network was trained on than on *twins*, "
        "made in the same way, that it never saw."
    )  # fmt: skip
    if not hard:
        return told
    return (
        f"{told} {len(hard)} {'is' if len(hard) == 1 else 'are'} *lower* there ({named(hard)}), "
        "seeing how hard a sample is, which training makes easier."
    )


def _kind_words(runs: xr.Dataset, found: xr.Dataset) -> list[str]:
    """Return who finds wrong labels and outliers, and what in and out says of the other kinds."""
    one = found.sel(network=NETWORK)
    mem = means(runs)
    wrong, odd = (_seen(one, kind) for kind in ("wrong label", "outlier"))
    finds = [name for name, word in wrong.items() if word == "above"]
    of_odd = [name for name, word in odd.items() if word == "above"]
    turned = [name for name in finds if odd.get(name) == "below"]
    # by in and out: what others put below typical ones is known by heart
    turn_words = (
        f" *Below* typical ones, though known by heart, they are put by {named(turned)}."
        if turned and odd.get("in_out") == "above" else ""
    )  # fmt: skip
    return [
        f"**Wrong labels** are found by {_how_many(finds, wrong)}: {named(finds)} (in/out: AUROC "
        f"{_auroc(one, 'in_out', 'wrong label')}; 0.5 is chance).",
        f"**Odd images** are found by {_how_many(of_odd, odd)}: {named(of_odd)} (in/out "
        f"{_auroc(one, 'in_out', 'outlier')}).{turn_words}",
        f"**How much by heart**, by in/out, from 0 to 1: a wrong label {mem['wrong label']:.2f}, "
        f"an odd image {mem['outlier']:.2f}, near-duplicates {mem['near-duplicate']:.2f}, images "
        f"with a mark {mem['shortcut']:.2f}, typical ones with their true label "
        f"{mem['typical']:.2f}.",
    ]


def _how_many(names: list[str], known: dict[str, str]) -> str:
    return f"{len(names)} of {len(known)} rulers"


def _paper_words(runs: xr.Dataset) -> str:
    """Return whether entropy and MI of neurons see what in and out sees: over networks."""
    if (n := runs.sizes["network"]) < FEWEST:
        return (
            f"**Entropy and MI of neurons**: {n} networks are too few to be put in an order beyond "
            f"chance, which takes {FEWEST}."
        )
    order = network_order(runs)
    told = []
    for name, should in {"mean_entropy": "rise", "mean_mi": "fall"}.items():
        one = order.sel(network_ruler=name)
        told.append(
            f"{named([name])}, which should {should}: τ = {float(one.tau):+.2f} "
            f"({chance_words(float(one.p_value))}; among those trained alike "
            f"{float(one.tau_trained):+.2f})"
        )
    return (
        f"**Entropy and MI of neurons**, behind the nonlinearity, against mean in/out of the {n} "
        f"networks, of which {order.attrs['n_trained']} are trained alike: {'; '.join(told)}."
    )


def means(runs: xr.Dataset, name: str = "in_out", network: str = NETWORK) -> dict[str, float]:
    """Return the mean of a ruler of samples for each kind, trained on; noise left out."""
    at = counted(runs, network)
    score = runs["score"].sel(network=network, ruler=name).mean("seed").values
    kind = runs["kind"].values
    return {one: float(score[at & (kind == one)].mean()) for one in dict.fromkeys(kind.tolist())}


def expected_words(expected: pd.DataFrame) -> str:
    """Return how many of the expectations came true, and which did not."""
    right, n = int(expected["as expected"].sum()), len(expected)
    wrong = expected[~expected["as expected"]]
    by_kind = {
        kind: [ruler for ruler, one in wrong.index if one == kind]
        for kind in dict.fromkeys(kind for _, kind in wrong.index)
    }
    told = "; ".join(f"{kind}: {named(rulers)}" for kind, rulers in by_kind.items())
    return f"**{right} of {n}** pairs of ruler and kind came out as planting implies" + (
        f"; not so: {told}. *Not as expected: why?* below says why." if told else "."
    )


def noise_words(runs: xr.Dataset) -> str:
    """Return how well in and out agrees with itself: a ruler cannot be expected to do better."""
    found = ceiling(runs)
    told = [
        f"{network} {float(found.sel(network=network)):.2f}"
        for network in found["network"].values.tolist()
        if np.isfinite(float(found.sel(network=network)))
    ]
    if not told:
        return "One repeat does not say how noisy in/out is itself."
    n = int(runs["n_out"].max())
    return with_minus(
        f"In/out is a noisy ruler itself: with each seed a sample was left out {n} times at most. "
        f"Two halves of the repeats agree with τ = {'; '.join(told)}. All repeats together agree "
        "better than a half does, so this is a low mark for what other rulers can reach."
    )


def cheapest_words(table: pd.DataFrame) -> str:
    """Return which ruler is the cheapest that agrees with in and out."""
    always = table[(table["agrees"] == table["networks"]) & (table["networks"] > 0)]
    first = (
        "No ruler agrees clearly with in/out in all networks in which it can be taken."
        if always.empty
        else f"The cheapest that goes with in/out in every network in which it can be taken (the "
        f"interval of τ above 0) is **{named([always.index[0]])}** ({_cost(always.iloc[0])}; τ = "
        f"{always.iloc[0]['tau']:.2f} on average, from {always.iloc[0]['lowest']:.2f} to "
        f"{always.iloc[0]['highest']:.2f})."
        + (
            " It looks at no network and no label: it can tell odd images, not wrong labels."
            if always.index[0] == "density"
            else ""
        )
    )
    own = table[table["trainings"] > 0]
    name = own["tau"].astype(float).idxmax()
    best = own.loc[name]
    second = (
        f" Of those that look at the network **{named([name])}** agrees best ({_cost(best)}; τ = "
        f"{best['tau']:.2f} on average, clear in {int(best['agrees'])} of {int(best['networks'])} "
        "networks)."
    )
    return with_minus(first + second)


def _cost(row: pd.Series) -> str:
    n = int(row["trainings"])
    return f"{n} training{'' if n == 1 else 's'}, {row['seconds']:.1f} s"


def unit_words(units: xr.Dataset) -> str:
    """Return whether rulers of units tell which of them hold wrong labels, and agree at all."""
    one = units.sel(network=NETWORK)
    off = one.sel(other_unit_ruler="switching_off")
    names = [name for name in off["unit_ruler"].values.tolist() if name != "switching_off"]
    clear = [
        name for name in names
        if float(np.prod(np.sign(off["interval"].sel(unit_ruler=name).values))) > 0
    ]  # fmt: skip
    told = ", ".join(
        f"{named([name])} {float(off.tau.sel(unit_ruler=name)):+.2f}" for name in names
    )
    pair = one.sel(unit_ruler="unit_mem", other_unit_ruler="entropy")
    low, high = pair["interval"].values
    return with_minus(
        f"In the network with noise UnitMem and entropy order the units with τ = "
        f"{float(pair.tau):.2f} [{low:.2f}, {high:.2f}], in the untrained network with "
        f"{float(pair.null_tau):.2f}: "
        + ("most of this connection is there without any training. " if
           abs(float(pair.null_tau)) > 0.5 * abs(float(pair.tau)) else "training has made it. ")
        + f"With what is lost where a unit is switched off, wrong labels less typical ones, τ is "
        f"{told}: "
        + (f"clear for {named(clear)}." if clear else
           "no ruler of units tells which of them hold the wrong labels.")
    )  # fmt: skip
