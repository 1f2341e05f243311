"""What the runs say in sentences and tables, each number with its interval where there is one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.nine_rulers.analysis import ceiling, counted
from infonb.experiments.nine_rulers.expected import SENTENCES, WHY
from infonb.experiments.nine_rulers.kinds import WORDS
from infonb.experiments.nine_rulers.verdict import NETWORK, with_minus

__all__ = [
    "answer_words", "beyond_words", "cheapest_words", "entropy_words", "expected_words",
    "kinds_table", "named", "network_words", "networks_table", "noise_words", "rulers_table",
    "unit_words", "why_words",
]  # fmt: skip

#: Readings that are taken of the course of the loss.
_OF_LOSS = ("cumulative_loss", "area_under_margin", "forgetting_events", "early_learning")


def named(names: Iterable[str], last: str = "and") -> str:
    """Return names of rulers or kinds in a row of words; "none" if there is none."""
    from infonb.plots.ruler_names import ruler_words

    words = [ruler_words(name) for name in names]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _first(words: str) -> str:
    """Return words with a capital at the front, and all other letters as they are."""
    return words[:1].upper() + words[1:]


def kinds_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return mean in and out of each kind in each network, of trained samples and (twins)."""
    seen, kind = runs["is_in"].values, runs["kind"].values
    rows = {}
    for network in runs["network"].values.tolist():
        mem = runs["mem"].sel(network=network).mean("seed").values
        rows[network] = {
            one: with_minus(
                f"{mem[(kind == one) & seen].mean() + 0:.2f} "
                f"({mem[(kind == one) & ~seen].mean() + 0:.2f})"
            ).replace("−0.00", "0.00")
            for one in dict.fromkeys(kind.tolist())
        }
    return pd.DataFrame(rows).T


def networks_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a row for each network: what it is, what it says rightly, how much it memorizes."""
    mean = runs[["taught_accuracy", "unseen_accuracy", "network_score"]].mean("seed")
    rows = {}
    for network in runs["network"].values.tolist():
        one = mean.sel(network=network)
        rows[network] = {
            "what it is": WORDS[network], "taught labels": float(one.taught_accuracy),
            "unseen images": float(one.unseen_accuracy),
            "mean in/out": float(one.network_score.sel(network_ruler="mean_in_out")),
        }  # fmt: skip
    return pd.DataFrame(rows).T


def rulers_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a sentence for each ruler of samples, units and networks."""
    dims = {"ruler": "sample", "unit_ruler": "unit", "network_ruler": "network"}
    rows = {
        name: {"of a": of, "it is": SENTENCES[name]}
        for dim, of in dims.items() for name in runs[dim].values.tolist()
    }  # fmt: skip
    return pd.DataFrame(rows).T


def answer_words(
    runs: xr.Dataset, found: xr.Dataset, twins: xr.Dataset, expected: pd.DataFrame
) -> str:
    """Return the answer in a few sentences with their numbers, of the network with noise."""
    return with_minus(" ".join([
        _memory_words(twins), _kind_words(runs, found), expected_words(expected),
    ]))  # fmt: skip


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
    return (
        f"**Of {len(known)} rulers that can be asked about twins, {len(memory)} see memory itself**"
        f" ({named(memory)}): they are higher on wrong labels and odd images that the network was "
        "trained on than on twins of these, made in the same way, that it never saw. "
        f"{len(hard)} are *lower* there ({named(hard)}): they see how hard a sample is, which "
        "training makes easier."
    )


def _kind_words(runs: xr.Dataset, found: xr.Dataset) -> str:
    """Return who finds wrong labels and outliers, and what in and out says of the other kinds."""
    one = found.sel(network=NETWORK)
    mem = _means(runs)
    wrong, odd = (_seen(one, kind) for kind in ("wrong label", "outlier"))
    finds = [name for name, word in wrong.items() if word == "above"]
    of_odd = [name for name, word in odd.items() if word == "above"]
    turned = [name for name in finds if odd.get(name) == "below"]
    return (
        f"Wrong labels are found among typical samples by {named(finds)} (in/out "
        f"{_auroc(one, 'in_out', 'wrong label')} as AUROC; 0.5 is chance), odd images by "
        f"{named(of_odd)} (in/out {_auroc(one, 'in_out', 'outlier')}). "
        + (f"{_first(named(turned))} find wrong labels, and put odd images, which are known "
           "by heart just as well, *below* typical ones. " if turned else "")
        + f"By in/out a wrong label is memorized by {mem['wrong label']:.2f}, an outlier by "
        f"{mem['outlier']:.2f}, near-duplicates by {mem['near-duplicate']:.2f}, images with a mark "
        f"by {mem['shortcut']:.2f}, typical ones by {mem['typical']:.2f}."
    )  # fmt: skip


def _means(runs: xr.Dataset, name: str = "in_out", network: str = NETWORK) -> dict[str, float]:
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
    return (
        f"What planting implies for each ruler and kind was written down beforehand; **{right} of "
        f"{n}** came out as expected" + (f", the others are ({told})." if told else ".")
    )


def why_words(runs: xr.Dataset, expected: pd.DataFrame) -> str:
    """Return why rulers did otherwise than expected, with numbers of this run; a list."""
    wrong = {index for index, row in expected.iterrows() if not row["as expected"]}
    parts = [_why_outliers(runs, wrong), _why_membership(runs, wrong), _why_density(runs, wrong),
             _why_shortcut(runs, wrong)]  # fmt: skip
    found = [f"- {part}" for part in parts if part]
    told = {("density", "shortcut"), *(("membership", k) for k in _KINDS),
            *((name, "outlier") for name in (*_OF_LOSS, "loss_curvature")),
            *((name, "shortcut") for name in (*_OF_LOSS, "loss_curvature"))}  # fmt: skip
    rest = [index for index in expected.index if index in wrong and index not in told]
    for ruler, kind in rest:
        row = expected.loc[(ruler, kind)]
        found.append(
            f"- **{named([ruler])}, {kind}**: {row['expected']} was expected, for {WHY[ruler]}; "
            f"AUROC {row['auroc']:.2f} [{row['low']:.2f}, {row['high']:.2f}]. This run does not "
            "tell why."
        )
    return with_minus("\n".join(found)) if found else "All came out as expected."


_KINDS = ("wrong label", "outlier", "near-duplicate", "shortcut")


def _why_outliers(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    """Return why readings of the loss miss outliers: these are learnt sooner than noisy typical."""
    names = [name for name in (*_OF_LOSS, "loss_curvature") if (name, "outlier") in wrong]
    if not names:
        return ""
    loss, clean = _means(runs, "cumulative_loss"), _means(runs, "cumulative_loss", "true labels")
    sooner = loss["outlier"] < loss["typical"]
    return (
        f"**{named(names)}, outlier**: an odd image is far from all others, so that nothing speaks "
        f"against its label. Over the training its loss adds up to {loss['outlier']:.1f} nats, "
        f"that of typical samples to {loss['typical']:.1f}, among which others have wrong labels, "
        f"and that of a wrong label to {loss['wrong label']:.1f}. Where all labels are true it is "
        f"{clean['outlier']:.1f} against {clean['typical']:.1f}. "
        + (
            "So it is learnt at once: these readings see a conflict with other samples, and here "
            "there is none to be overcome."
            if sooner else "These readings do not see it clearly in this run.")
    )  # fmt: skip


def _why_membership(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    kinds = [kind for kind in _KINDS if ("membership", kind) in wrong]
    if not kinds:
        return ""
    loss = {kind: -value for kind, value in _means(runs, "membership").items()}
    told = ", ".join(f"{kind} {loss[kind]:.3f}" for kind in kinds)
    return (
        f"**membership, {named(kinds)}**: all were trained on, but at the end their loss is lower "
        f"({told} nats) than that of typical samples ({loss['typical']:.3f}). A low loss tells who "
        "was there only beside samples that are alike in all else, as twins are."
    )


def _why_density(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    if ("density", "shortcut") not in wrong:
        return ""
    mem = _means(runs, "density")
    return (
        f"**density, shortcut**: the mark is part of the image and makes it rarer: "
        f"{mem['shortcut']:.1f} nats after {mem['typical']:.1f} of typical images. This ruler sees "
        "images; that the mark is a rule it cannot know."
    )


def _why_shortcut(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    names = [name for name in (*_OF_LOSS, "loss_curvature") if (name, "shortcut") in wrong]
    if not names:
        return ""
    loss = _means(runs, "cumulative_loss")
    return (
        f"**{named(names)}, shortcut**: the digit speaks against the mark until the rule is learnt "
        f"(loss {loss['shortcut']:.1f} nats over the training, typical {loss['typical']:.1f})."
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
    return (
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
        else f"The cheapest that agrees with in/out in every network in which it can be taken is "
        f"**{named([always.index[0]])}** ({_cost(always.iloc[0])}; τ = {always.iloc[0]['tau']:.2f} "
        f"on average, from {always.iloc[0]['lowest']:.2f} to {always.iloc[0]['highest']:.2f})."
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


def network_words(runs: xr.Dataset, order: xr.Dataset) -> str:
    """Return whether entropy, MI and the rest put networks in the order of in and out."""
    names = [one for one in order["network_ruler"].values.tolist() if one != "mean_in_out"]
    clear = [name for name in names if float(order.p_value.sel(network_ruler=name)) < 0.05]
    words = [
        f"Of {len(names)} rulers of networks {len(clear)} put the {runs.sizes['network']} networks "
        f"in the order of mean in/out beyond chance (p < 0.05): {named(clear)}."
    ]
    for name in ("mean_entropy", "mean_mi", "mi_over_entropy"):
        one = order.sel(network_ruler=name)
        words.append(
            f"{_first(named([name]))}: τ = {float(one.tau):+.2f}, p = {float(one.p_value):.2f}"
            f" (networks trained alike: {float(one.tau_trained):+.2f})."
        )
    return with_minus(" ".join([*words, _fails_words(runs)]))


def _fails_words(runs: xr.Dataset) -> str:
    """Return what constructed networks and says-the-label do to the rulers."""
    mean = runs["network_score"].mean("seed")
    ratio = mean.sel(network_ruler="mi_over_entropy")
    parts = []
    networks = runs["network"].values.tolist()
    if "constructed" in networks:
        highest = str(ratio["network"].values[int(ratio.values.argmax())])
        memory = float(mean.sel(network="constructed", network_ruler="mean_in_out"))
        its, true = (float(ratio.sel(network=one)) for one in ("constructed", "true labels"))
        parts.append(
            f"The constructed network has a mean in/out of {memory:.2f} and MI / entropy of "
            f"{its:.2f}; with true labels it is {true:.2f}: "
            + (
                "**little MI is no sign of much memory where a network is not trained.**"
                if highest == "constructed"
                else "it does not stand out by it in this run."
            )
        )
    if "shortcut" in networks:
        share = float(mean.sel(network="shortcut", network_ruler="memorized_share"))
        memory = float(mean.sel(network="shortcut", network_ruler="mean_in_out"))
        parts.append(
            f"With a mark on every image the network says {100 * share:.0f} % of the wrong labels, "
            f"and its mean in/out is {memory:.2f}: it knows them by a rule, not by heart."
        )
    return " ".join(parts)


def entropy_words(runs: xr.Dataset, units: xr.Dataset) -> str:
    """Return how entropy moves with wrong labels in both kinds of bins, and what goes with it."""
    names = [one for one in ("true labels", NETWORK, "random labels") if one in runs["network"]]
    mean = runs["network_score"].mean("seed")
    told = {"common bins": mean.sel(network_ruler="mean_entropy")}
    if "layer_entropy" in runs:
        of_edges = runs["layer_entropy"].mean(["layer", "seed"])
        told = {f"{edges} bins": of_edges.sel(edges=edges) for edges in ("common", "neuron")}
    row = {
        bins: " → ".join(f"{float(values.sel(network=one)):.2f}" for one in names)
        for bins, values in told.items()
    }
    start, end = (float(mean.sel(network=one, network_ruler="mean_unit_mem")) for one in names[:2])
    tau = float(units.tau.sel(network=NETWORK, unit_ruler="unit_mem", other_unit_ruler="entropy"))
    falls = all(
        float(v.sel(network=names[1])) < float(v.sel(network=names[0])) for v in told.values()
    )
    words = (
        f"Mean entropy behind the ReLU, {' → '.join(names)}: "
        + "; ".join(f"{numbers} nats in {bins}" for bins, numbers in row.items())
        + ". "
    )
    if falls and end > start and tau < 0:
        words += (
            "H2 expects it to rise. Here it falls, in both kinds of bins, since units become "
            f"selective: mean UnitMem goes from {start:.2f} to {end:.2f}, and a unit that answers "
            f"to few images is 0 for all others (τ of UnitMem and entropy {tau:.2f})."
        )
    elif falls:
        words += "H2 expects it to rise; here it falls in both kinds of bins."
    else:
        words += "The direction depends on the bins."
    return with_minus(words)


def beyond_words(runs: xr.Dataset, order: xr.Dataset) -> str:
    """Return whether rulers of whole layers say the same as pairs do, and can be relied on."""
    names = runs["beyond"].values.tolist()
    parts = []
    for name in names:
        one = order.sel(network_ruler=name)
        pair = runs["network_score"].mean("seed").sel(network_ruler=name)
        first, second = (float(pair.sel(network=at)) for at in ("true labels", NETWORK))
        sure = float(runs["reliable"].sel(beyond=name).mean())
        parts.append(
            f"{_first(named([name]))} goes from {first:.2f} with true labels to {second:.2f} "
            f"with noise; its τ with mean in/out is {float(one.tau):+.2f} (trained alike "
            f"{float(one.tau_trained):+.2f}); its own checks say “reliable” of {100 * sure:.0f} % "
            "of the networks."
        )
    return with_minus(" ".join(parts))
