"""What the runs say in sentences and tables: who memorizes, what neurons show, what planes need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.relu_memorizers.published import NOT_HERE

if TYPE_CHECKING:
    from infonb.experiments.relu_memorizers.hyperplanes import RandomHyperplanes

__all__ = [
    "answer_words", "counter_words", "error_words", "hyperplane_words", "networks_table",
    "pair_words", "points_table", "ruler_words", "widths_table",
]  # fmt: skip


def networks_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a row for each network and layer: accuracy, entropy, MI and their ratio; means."""
    mean = runs[[
        "train_accuracy", "held_out_accuracy", "unit_entropy", "pair_information", "ratio",
    ]].mean("seed")  # fmt: skip
    rows = {}
    for network in runs.network.values.tolist():
        for labels in runs.labels.values.tolist():
            for layer in runs.layer.values.tolist():
                one = mean.sel(network=network, labels=labels, layer=layer)
                rows[f"{network}, {labels} labels, {layer}"] = {
                    "memorized": float(one.train_accuracy),
                    "held out": float(one.held_out_accuracy),
                    "H (nat)": float(one.unit_entropy),
                    "MI (nat)": float(one.pair_information), "MI / H": float(one.ratio),
                }  # fmt: skip
    return pd.DataFrame(rows).T


def points_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a row for each number of points: widths, what they hold, errors; means over seeds."""
    mean = runs[[
        "d1", "d2", "capacity", "parameters", "necessary", "error", "error_float32", "weight_max",
        "pieces", "needed", "possible",
    ]].mean("seed")  # fmt: skip
    rows = {}
    for n in runs.n_points.values.tolist():
        one = mean.sel(n_points=n)
        rows[f"N\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{n:,}"] = {
            "d1": int(one.d1), "d2": int(one.d2), "holds 4pq": int(one.capacity),
            "parameters": int(one.parameters), "impossible beyond": int(one.necessary),
            "error, float64": f"{float(one.error):.0e}".replace("-", "−"),
            "error, float32": f"{float(one.error_float32):.0e}".replace("-", "−"),
            "largest weight": f"{float(one.weight_max):.0e}".replace("+0", ""),
            "pieces": float(one.pieces), "needed": int(one.needed), "possible": int(one.possible),
        }  # fmt: skip
    return pd.DataFrame(rows).T


def answer_words(runs: xr.Dataset) -> str:
    """Return the answer in a few sentences with their numbers."""
    kinds = runs.network.values.tolist()
    built = [kind for kind in kinds if kind in ("hard tanh", "relu")]
    if not built:
        return "No network was built: take network=['relu', 'trained']."
    labels = runs.labels.values.tolist()
    n, error = _widths(runs), float(runs.train_error.sel(network=built).max())
    right = float(runs.train_accuracy.sel(network=built).min())
    words = [
        f"Two hidden layers of {n} ReLUs are given weights, without any training, with which they "
        f"know **{_percent(right)} of the digits by heart**, with "
        f"{' and '.join(labels)} labels alike; the largest error of a value is {error:.0e}."
    ]
    held = "true" if "true" in labels else labels[0]
    first = runs.sel(labels=held)
    known = _mean(first.held_out_accuracy.sel(network=built))
    words.append(f"Of digits that they have not seen they know {_percent(known)}, where one in ten "
                 "is chance.")  # fmt: skip
    if "trained" in kinds:
        learnt = _mean(first.held_out_accuracy.sel(network="trained"))
        also = _percent(_mean(first.train_accuracy.sel(network="trained")))
        words.append(
            f"A network of the same widths that is trained on the same digits with {held} labels "
            f"until it knows {also} of them knows {_percent(learnt)} of the others."
        )
        words.append(_signature(runs, built[0]))
    return " ".join(words).replace("e-", "e−")


def _signature(runs: xr.Dataset, kind: str) -> str:
    """Return how far entropy and MI by entropy of a built network are from the trained ones."""
    names = runs.labels.values.tolist()
    trained = runs.ratio.sel(network="trained").mean("seed")
    ours = runs.ratio.sel(network=kind).mean("seed")
    entropy = runs.unit_entropy.mean("seed")
    lower = bool((entropy.sel(network=kind) < entropy.sel(network="trained")).all())
    higher = float(ours.min()) > float(trained.max())
    return (
        f"By its neurons the built network ({kind} units) looks "
        f"{'**unlike**' if higher else 'like'} both: MI by entropy is {_range(ours)}, in "
        "trained networks "
        + ", ".join(f"{_range(trained.sel(labels=one))} with {one} labels" for one in names)
        + f"; its entropy is {'lower' if lower else 'not lower'} in both layers."
    )


def counter_words(runs: xr.Dataset) -> str:
    """Return what the measures can say of a network that is built, as this run shows it."""
    kinds, labels = runs.network.values.tolist(), runs.labels.values.tolist()
    if not {"hard tanh", "trained"} <= set(kinds) or not {"true", "random"} <= set(labels):
        return "For this section, take hard tanh and trained networks, with true and random labels."
    ratio = runs.ratio.mean("seed")
    trained = ratio.sel(network="trained")
    falls = bool((trained.sel(labels="random") < trained.sel(labels="true")).all())
    built = ratio.sel(network="hard tanh", labels="true")
    above = bool((built > trained.sel(labels="true")).all())
    same = float(abs(
        runs.entropy.sel(network="hard tanh", layer="hidden1", labels="true", drop=True)
        - runs.entropy.sel(network="hard tanh", layer="hidden1", labels="random", drop=True)
    ).max())  # fmt: skip
    words = [
        "Among *trained* networks the rule of the paper "
        + ("holds here" if falls else "does not hold here")
        + ": with random labels, which can only be memorized, MI by entropy is "
        + ("lower" if falls else "not lower in both layers")
        + f" ({_range(trained.sel(labels='random'))} after {_range(trained.sel(labels='true'))})."
    ]
    if above:
        words.append(
            "The built network memorizes every digit, too, and has *more* MI by entropy than the "
            f"trained one that generalizes ({_range(built)}). So a low MI is no sign of "
            "memorization, nor a high one of the opposite, without a word on how the network came "
            "about: all units of the built one are functions of one number, the place on a line, "
            "which is why they tell so much of each other."
        )
    else:
        words.append("In this run the built network has no more of it than the trained one.")
    words.append(
        "And layer 1 is the same to the last bit whatever the labels are:"
        if same == 0
        else f"And layer 1 hardly depends on the labels (by {same:.0e} nats):"
    )
    words.append(
        "no measure of it alone can tell memorized labels from learnt ones. What the measures "
        "compare are networks that are *trained* alike."
    )
    return " ".join(words)


def ruler_words(runs: xr.Dataset) -> str:
    """Return what the range of the bins does to the entropy of layer 1 that is built of ReLUs."""
    from infonb.claims import entropy_in_rulers

    if "relu" not in runs.network.values:
        return "For this sentence, take a network of ReLUs."
    one = runs.sel(network="relu").isel(labels=0)
    entropy = entropy_in_rulers(one[["entropy", "activation"]].rename(image="sample"))
    first = entropy.sel(layer="hidden1").median("neuron").mean("seed")
    spread = abs(one.activation).max(["neuron", "image"]).mean("seed")
    times = float(spread.sel(layer="hidden2") / spread.sel(layer="hidden1"))
    return (
        "The range of the bins matters here more than elsewhere. Values of the second layer that "
        f"is built of ReLUs are up to {times:,.0f} times as large as those of the first, whose "
        "median entropy is "
        + ", ".join(f"{float(first.sel(edges=name)):.2f} nats in *{name}* bins"
                    for name in first.edges.values.tolist())
        + ". The rows of the table say in which bins they hold."
    )  # fmt: skip


def error_words(runs: xr.Dataset) -> str:
    """Return what sets the limit: rounding, with numbers of this run."""
    last = runs.isel(n_points=-1)
    return (
        f"Weights of up to {float(last.weight_max.max()):.0e} cancel in a sum, so that of the 16 "
        f"digits of float64 about {-np.log10(float(last.error.max())):.0f} are left at "
        f"N = {int(last.n_points):,}, and of the 7 of float32 "
        + ("none" if float(last.error_float32.max()) > 0.1 else
           f"{-np.log10(float(last.error_float32.max())):.0f}")
        + ". It is the place of the points on their line that asks for it: neighbours that are "
        "near each other need steep units between them."
    ).replace("e+0", "e")  # fmt: skip


def widths_table(experiment: RandomHyperplanes, runs: xr.Dataset) -> pd.DataFrame:
    """
    Return a row for each number of hyperplanes and share: here, and as published if it is here.

    ``interpolate``: share of the networks that classify all images rightly.
    """
    published = experiment.published()
    rows = {}
    for n in experiment.n_hyperplanes:
        for share in experiment.share:
            one = runs.sel(n_hyperplanes=n, share=share)
            row: dict[str, Any] = {
                "images": int(one.n_images[0]),
                "interpolate": f"{int(one.interpolates.sum())} of {one.sizes['seed']}",
                "accuracy": f"{100 * float(one.accuracy.mean()):.3f} %",
                "units of layer 2": _spread(one.width.values),
            }
            if published is not None:
                there = published[(published.n_hyperplanes == n) & (published.share == share)]
                row |= _published_row(there)
            rows[f"n = {n:,}" + (f", {share} %" if len(experiment.share) > 1 else "")] = row
    return pd.DataFrame(rows).T


def _published_row(there: pd.DataFrame) -> dict[str, str]:
    names = ("published: interpolate", "accuracy, published", "units, published")
    if there.empty:
        return dict.fromkeys(names, "–")
    return dict(zip(names, (
        f"{int(there.interpolates.sum())} of {len(there)}",
        f"{100 * there.accuracy.mean():.3f} %", _spread(there.width.to_numpy()),
    ), strict=True))  # fmt: skip


def hyperplane_words(experiment: RandomHyperplanes, runs: xr.Dataset) -> str:
    """Return how many hyperplanes are enough, and what the published runs say."""
    share = runs.interpolates.mean("seed").isel(share=0)
    enough = [int(n) for n in share.n_hyperplanes.values[share.values == 1]]
    none = [int(n) for n in share.n_hyperplanes.values[share.values == 0]]
    images = int(runs.n_images.isel(share=0)[0, 0])
    words = [
        f"**{min(enough)} random hyperplanes are enough** for {images:,} images in all of "
        f"{runs.sizes['seed']} restarts" if enough else
        f"No number of hyperplanes is enough in all {runs.sizes['seed']} restarts for {images:,} "
        "images"
    ]  # fmt: skip
    if none:
        words.append(f"; {max(none)} are so in none")
    widths = runs.width.mean("seed").isel(share=0)
    if enough:
        here = float(widths.sel(n_hyperplanes=min(enough)))
        words.append(f". Behind {min(enough)} stand {here:,.0f} units of layer 2, ")
        words.append(f"{images / here:.1f} images to a unit")
    return "".join(words) + ". " + _published_words(experiment, runs)


def pair_words(experiment: RandomHyperplanes, runs: xr.Dataset) -> str:
    """Return how layer 2 grows with the number of images of two digits."""
    shares = experiment.share
    few, many = min(shares), max(shares)
    if few == many:
        widths = [
            f"{float(runs.width.sel(n_hyperplanes=n).mean()):.0f} units behind {n:,} hyperplanes"
            for n in experiment.n_hyperplanes
        ]
        return f"For {few} % of the images of {experiment.pair}: {'; '.join(widths)}. " + (
            _published_words(experiment, runs)
        )
    said = []
    for n in experiment.n_hyperplanes:
        one = runs.sel(n_hyperplanes=n).mean("seed")
        before, after = (float(one.width.sel(share=part)) for part in (few, many))
        said.append(f"{before:.0f} → {after:.0f} units behind {n:,} hyperplanes")
    times = float((runs.n_images.sel(share=many) / runs.n_images.sel(share=few)).mean())
    return (
        f"From {few} to {many} % of the images of {experiment.pair}, {times:.1f} times as many: "
        f"{'; '.join(said)}. " + _published_words(experiment, runs)
    )


def _published_words(experiment: RandomHyperplanes, runs: xr.Dataset) -> str:
    if experiment.dataset != "mnist":
        return "The published runs are of MNIST: `preset=mnist` stands beside them."
    found = experiment.published()
    if found is None:
        return NOT_HERE
    if found.empty:
        return "Of these numbers of hyperplanes there are no published runs."
    mean = found.groupby(["n_hyperplanes", "share"]).width.mean().to_xarray()
    here = runs.width.mean("seed")
    off = 100 * (here / mean.reindex_like(here) - 1)
    low, high = (f"{float(end):+.1f}".replace("-", "−") for end in (off.min(), off.max()))
    return (
        f"Of {len(found)} published runs of the same levels, mean widths here differ by {low} to "
        f"{high} %; draws of hyperplanes are others."
    )


def _widths(runs: xr.Dataset) -> str:
    found = {
        int(runs.width.sel(network=kind).max()) for kind in ("relu", "trained")
        if kind in runs.network.values
    } if "network" in runs.width.dims else {int(runs.width.max())}  # fmt: skip
    return str(max(found)) if found else str(2 * int(runs.width.max()))


def _mean(values: xr.DataArray) -> float:
    return float(values.mean())


def _percent(value: float) -> str:
    return f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def _range(values: xr.DataArray) -> str:
    low, high = (f"{float(end):.2f}" for end in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def _spread(values: np.ndarray) -> str:
    deviation = f" ± {values.std(ddof=1):,.0f}" if values.size > 1 else ""
    return f"{values.mean():,.0f}{deviation}"
