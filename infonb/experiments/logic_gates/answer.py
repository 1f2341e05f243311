"""What the runs say in sentences and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from infonb.claims import ClaimsTable
from infonb.claims.verdict import HOLDS
from infonb.experiments.logic_gates.claims import in_order
from infonb.experiments.logic_gates.kinds import (
    CLEAN,
    GAUSSIAN,
    kind_of,
    pairs_of_depth,
    with_noise,
)

if TYPE_CHECKING:
    from infonb.experiments.logic_gates.experiment import LogicGates

__all__ = [
    "answer_words", "circuit_table", "estimator_words", "kinds_table", "neuron_words",
    "published_words", "shrinking",
]  # fmt: skip

#: Test accuracies on MNIST, %, by architecture: (the paper's, of others, what it is about).
_PUBLISHED = {
    "dense": (
        97.69, "97.09 ± 0.18 in five trainings by others",
        "6 layers of 8,000 gates, from Gaussian weights in 200,000 steps",
    ),
    "conv": (98.46, "", "the smallest convolutional network (S), 147,000 gates"),
}  # fmt: skip
_KINDS = {
    "soft": "soft", "hard": "hard", "gap": "apart", "train_hard": "hard, training labels",
    "memorized": "wrong labels memorized", "seen_through": "wrong labels seen through",
}  # fmt: skip
#: More than this in the last quarter of a training is said to be still rising.
_RISING = 0.02
_GATES = ("learned", "spatial", "constant", "passthrough", "negation", "two_input")


def answer_words(runs: xr.Dataset, table: ClaimsTable) -> str:
    """Return the answer in a few sentences with their numbers."""
    clean = runs.sel(kind=CLEAN)
    words = [
        f"A circuit of Boolean gates that was learnt says the right class of "
        f"{_percent(clean.hard)} of images that it has not seen; as soft mixtures its gates say it "
        f"of {_percent(clean.soft)}."
    ]
    if GAUSSIAN in runs.kind.values:
        curve = runs.validation_accuracy.sel(kind=GAUSSIAN).mean("seed").dropna("epoch")
        late = float(curve[-1] - curve[-1 - curve.size // 4]) if curve.size > 3 else 0.0
        words.append(
            f"From Gaussian weights instead of gates that pass bits on it is "
            f"{_percent(runs.hard.sel(kind=GAUSSIAN))} after as many epochs"
            + (", and still rising." if late > _RISING else ".")
        )
    words += [
        f"With {kind_of(first).depth} dense layers the two starts come to "
        f"{_percent(runs.hard.sel(kind=first))} and {_percent(runs.hard.sel(kind=second))} "
        "(chance: 10 %); before training the gradient shrinks "
        f"{shrinking(runs.gradient.sel(kind=first)):.2g} and "
        f"{shrinking(runs.gradient.sel(kind=second)):.2g} times a layer."
        for first, second in pairs_of_depth(runs.kind.values.tolist())
    ]
    below = [_circuit_words(clean), neuron_words(runs, table)]
    return " ".join(words) + "\n\n" + " ".join(word for word in below if word)


def shrinking(gradient: xr.DataArray) -> float:
    """Return how many times shorter gradients (layer, seed) are a layer further from the end."""
    there = gradient.dropna("layer", how="all")
    logs: xr.DataArray = xr.ufuncs.log(there)
    rise = float((logs.isel(layer=-1) - logs.isel(layer=0)).mean())
    return float(np.exp(rise / max(there.sizes["layer"] - 1, 1)))


def _circuit_words(clean: xr.Dataset) -> str:
    same = float(clean.same_logits.min())
    equal = (
        "says exactly what the network says of all test images" if same == 1
        else f"**differs** from the network on {100 * (1 - same):.1f} % of the test images"
    )  # fmt: skip
    whole, simplified = float(clean.circuit.mean()), float(clean.simplified.mean())
    speed = float(clean.gates_per_second.mean())
    return (
        f"Written out, its {whole:,.0f} gates simplify to {simplified:,.0f}, and this circuit "
        f"{equal}, at {_big(speed)} gates a second (a gate on one image counts as one)."
    )


def _big(number: float) -> str:
    for unit, words in ((1e9, "billion"), (1e6, "million")):
        if number >= unit:
            return f"{number / unit:.3g} {words}"
    return f"{number:,.0f}"


def neuron_words(runs: xr.Dataset, table: ClaimsTable) -> str:
    """Return what wrong labels do to the bits of the dense layers, as the rows decide it."""
    noisy = with_noise(runs.kind.values.tolist())
    if not noisy:
        return ""
    found = []
    for variable, words in (("information", "mutual information"), ("entropy", "entropy")):
        rows = [one for one in table.claims if one.statement.startswith(f"mean {words} of bits")]
        holds = [one.where for one in rows if one.verdict == HOLDS]
        last = in_order([one.where for one in rows] or ["gates1"])[-1]
        before, after = (
            float(runs[variable].sel(kind=kind, layer=last).mean()) for kind in (CLEAN, noisy[-1])
        )
        which = f"in {', '.join(holds)}" if holds else "clearly in no layer"
        there = "there" if holds == [last] else f"in {last}"
        if rows and len(holds) == len(rows):
            which = "in all dense layers"
        found.append(f"mean {words} falls {which} ({there} from {before:.4f} to {after:.4f} nats)")
    gaps = [float(runs.gap.sel(kind=kind).mean()) for kind in (CLEAN, noisy[-1])]
    found.append(
        f"soft and hard accuracy are {100 * gaps[1]:.1f} instead of {100 * gaps[0]:.1f} points "
        "apart"
    )
    return f"With {100 * kind_of(noisy[-1]).noise:g} % wrong labels {'; '.join(found)}."


def published_words(experiment: LogicGates, runs: xr.Dataset) -> str:
    """Return how it compares with published numbers, where there are any to compare with."""
    if experiment.dataset != "mnist":
        return (
            "The literature has no numbers of these images of 8 x 8 pixels. What can be compared "
            "is MNIST: `infonb run logic-gates -p preset=mnist` trains the dense network with "
            "48,000 gates, `preset=mnist_conv` one with trees."
        )
    paper, others, what = _PUBLISHED[experiment.architecture]
    here = 100 * runs.hard.sel(kind=CLEAN)
    low, high, mean = float(here.min()), float(here.max()), float(here.mean())
    shown = f"{mean:.2f} %" + (f" ({low:.2f} to {high:.2f})" if here.size > 1 else "")
    words = (
        f"Hard test accuracy on MNIST is {shown}. Published for {what}: {paper:.2f} %"
        + (f"; {others}" if others else "")
        + f". That is {abs(mean - paper):.2f} points {'below' if mean < paper else 'above'} the "
        "published number"
    )
    steps = experiment.epochs * -(-experiment.n_train // experiment.batch_size)
    return words + f", after {steps:,} steps of {experiment.batch_size} images."


def estimator_words(known: xr.Dataset, neurons: xr.DataArray) -> str:
    """Return how far estimators are off on bits, and why."""
    off = abs(known.information - known.exact).mean(["pair", "flip"])
    counted = neurons.sel(estimator="counts")
    told = [
        f"{name} {float(off.sel(estimator=name)):.3f} on bits of known MI and "
        f"{float(abs(neurons.sel(estimator=name) - counted).mean()):.4f} on pairs of neurons"
        for name in ("2 bins", "mixture", "KSG")
    ]
    return (
        f"Counts are off by {float(off.sel(estimator='counts')):.3f} nats on average on bits of "
        "known MI, which is the luck of the draw; on neurons they are the measure. Distance from "
        f"the right answer, or from counts: {'; '.join(told)}. KSG asks how far the k-th neighbour "
        "is. Of bits all distances are 0 or 1, and with more than k samples at each place the k-th "
        "neighbour is at distance 0: its formula then counts ties, and says little of the MI. The "
        "mixture estimator counts equal values there, which is right but for the difference of ψ "
        "and log."
    )


def kinds_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a row for each kind: accuracies, and what became of wrong labels, as shares."""
    return pd.DataFrame(
        {words: runs[name].mean("seed").values for name, words in _KINDS.items()},
        index=runs.kind.values.tolist(),
    )


def circuit_table(runs: xr.Dataset, kind: str = CLEAN) -> pd.DataFrame:
    """Return a row for each layer of gates: how many there are, and what they have become."""
    one = runs[list(_GATES)].sel(kind=kind).mean("seed").dropna("layer", how="all")
    table = pd.DataFrame(
        {name.replace("_", " "): one[name].values for name in _GATES},
        index=one.layer.values.tolist(),
    )
    table.loc["all"] = table.sum()
    return table.round().astype(np.int64)


def _percent(values: xr.DataArray) -> str:
    return f"{100 * float(values.mean()):.1f} %"
