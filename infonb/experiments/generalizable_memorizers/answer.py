"""What the runs say in sentences and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.generalizable_memorizers.building import KINDS
from infonb.experiments.generalizable_memorizers.laws import ASKED
from infonb.experiments.generalizable_memorizers.measures import MOST_COVERED
from infonb.experiments.generalizable_memorizers.readings import (
    FEW_DIRECTIONS,
    by_memorizer,
    ratio_of,
)

__all__ = [
    "answer_words", "cover_words", "information_words", "memorizers_table", "pairs_words",
    "size_words", "width_words",
]  # fmt: skip


def answer_words(runs: xr.Dataset) -> str:
    """Return the answer in a few sentences with their numbers."""
    kinds = runs.memorizer.values.tolist()
    accuracy, known = by_memorizer(runs, "accuracy"), by_memorizer(runs, "train_accuracy")
    pairs = runs.sizes["pair"]
    all_known = bool((known == 1).all())
    told = ", ".join(f"{_words(kind)} {_percent(accuracy.sel(memorizer=kind))}" for kind in kinds)
    words = [
        ("All of them know every training image that was asked" if all_known else
         "Not all of them know their training images (at least "
         f"{_percent(known.min())})")
        + f", and yet of images that they have not seen they know, over {pairs} "
        f"pair{'s' if pairs != 1 else ''} of digits: {told}. Chance is 50 %."
    ]  # fmt: skip
    if bool(runs["accuracy_null"].notnull().any()):
        null = by_memorizer(runs, "accuracy_null")
        words.append(
            f"With labels in random order it is {_percent(null.min())} to {_percent(null.max())}."
        )
    n = runs.sizes["rank"]
    law = runs["width_accuracy"].mean("draw").isel(law_points=-1)
    many = int(runs.law_points[-1])
    words.append(
        f"What decides is what they keep of the data: on a ball in a shell in {n} dimensions a "
        f"memorizer of {many:,} points with a first layer of width {n - 1} knows "
        f"{_percent(law.isel(rank=-2))} of others, and one of width {n} "
        f"{_percent(law.isel(rank=-1))}."
    )
    return " ".join(words)


def pairs_words(runs: xr.Dataset) -> str:
    """Return how far cells are the nearest neighbour, and which pairs are hardest."""
    one = runs.sel(memorizer="cells").mean("seed", keep_attrs=False)
    tied = int(runs["sharp_ties"].sel(memorizer="cells").sum())
    same = bool((runs["sharp_agreement"].sel(memorizer="cells") == 1).all())
    hardest = one["accuracy"].to_series().nsmallest(3)
    told = ", ".join(f"{pair} {_percent(v, 2)}" for pair, v in hardest.items() if v < 1) or "none"
    ties = f", but for {tied} that are equally near to both classes" if tied else ""
    return (
        f"With sharp edges cells decide {'exactly' if same else 'not always'} as scikit-learn's "
        f"nearest neighbour{ties}; at the sharpness of the run they agree on "
        f"{_percent(one['agreement'].mean(), 2)} of the held-out images, and are right on "
        f"{_percent(one['accuracy'].mean(), 2)}, the nearest neighbour on "
        f"{_percent(one['nearest_accuracy'].mean(), 2)}. The hardest pairs: {told}."
        f"{_best_of_few(runs)}"
    )


def _best_of_few(runs: xr.Dataset) -> str:
    """Return the best pair of the memorizers of few directions, which may be far from chance."""
    kinds = [kind for kind in FEW_DIRECTIONS if kind in runs.memorizer.values]
    if not kinds:
        return ""
    of_pairs = runs["accuracy"].sel(memorizer=kinds).mean("seed")
    best = of_pairs.isel(of_pairs.argmax(["memorizer", "pair"]))
    return (
        f" Of those that keep few directions the best is {_words(str(best.memorizer.item()))} on "
        f"{best.pair.item()}, {_percent(best)}."
    )


def width_words(runs: xr.Dataset) -> str:
    """Return how far more points change the accuracy of each width: mean, and single draws."""
    few, many = runs.law_points.values[[0, -1]].tolist()
    if few == many:
        return ""
    change = runs["width_accuracy"].sel(law_points=many) - runs["width_accuracy"].sel(
        law_points=few
    )
    n = runs.sizes["rank"]
    told = ", ".join(
        f"{rank}: {float(change.sel(rank=rank).mean('draw')):+.3f}" for rank in range(1, n + 1)
    )
    most = float(abs(change.sel(rank=slice(None, n - 1))).max())
    return (
        f"From {few:,} to {many:,} points accuracy changes, as a mean over {change.sizes['draw']} "
        f"draw{'s' if change.sizes['draw'] != 1 else ''}, by (width: change) {told}. Of a single "
        f"draw, asked about {ASKED:,} points, it is up to {most:.3f} at a width below {n}: the row "
        "of the table is of the width that changes most, draw by draw."
    )


def memorizers_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a row for each memorizer: its size, and its accuracy over pairs and seeds."""
    rows = {}
    for kind in runs.memorizer.values.tolist():
        one = runs.sel(memorizer=kind)
        of_pairs = one["accuracy"].mean("seed")
        rows[f"{kind}: {KINDS[kind]}"] = {
            "points": int(one["n_points"].max()),
            "parameters": int(one["n_parameters"].mean()),
            "known (%)": 100 * float(one["train_accuracy"].mean()),
            "held out (%)": 100 * float(of_pairs.mean()),
            "worst pair": 100 * float(of_pairs.min()), "best pair": 100 * float(of_pairs.max()),
            "labels permuted (%)": 100 * float(one["accuracy_null"].mean()),
        }  # fmt: skip
    return pd.DataFrame(rows).T.astype({"points": int, "parameters": int})


def size_words(runs: xr.Dataset) -> str:
    """Return how parameters grow with the points, and how many bits a word has."""
    points = runs.bit_points.values
    bits, cells = (runs[name].mean("draw") for name in ("bit_parameters", "cell_parameters"))

    def power(values: xr.DataArray) -> float:
        ends = np.log(values.values[[0, -1]])
        return float((ends[1] - ends[0]) / np.log(points[-1] / points[0]))

    grows = (
        f"From {points[0]} to {points[-1]} points its parameters grow as N^{power(bits):.2f}, "
        f"those of the cells as N^{power(cells):.2f}, and the numbers that are to be known as N. "
        if len(points) > 1 else ""
    )  # fmt: skip
    longest = float(runs["word_bits"].mean("draw")[-1])
    return (
        f"Bit extraction needs {float(bits[-1]):,.0f} parameters for {points[-1]} points. {grows}"
        f"What it saves in parameters it needs in bits: one of its numbers has {longest:.0f} of "
        "them, and float64 holds 52. So it is calculated with fractions."
    )


def cover_words(runs: xr.Dataset) -> str:
    """Return how many balls cover the points, which is what the efficient algorithm needs."""
    law = runs["cover"].mean("draw")
    told = ", ".join(
        f"{float(law.sel(law_points=n)):.0f} balls cover {n:,} points"
        for n in law.law_points.values.tolist()
    )
    one = runs.sel(memorizer="cells")[["cover_of", "n_train"]].mean("seed")
    share = one["cover_of"] / np.minimum(one["n_train"], MOST_COVERED)
    low, high = int(share.argmin("pair")), int(share.argmax("pair"))
    pairs = runs.pair.values.tolist()
    return (
        "The efficient algorithm of the paper wants more points than there are balls that cover "
        "the distribution, each around a point and so large that it stays away from the other "
        f"class. Counted greedily, with half the distance to the other class, {told} of ball and "
        f"shell. Of the images of a pair they are {_percent(share[low], 0)} ({pairs[low]}) to "
        f"{_percent(share[high], 0)} ({pairs[high]}) of as many images: where that is near "
        "100\N{NO-BREAK SPACE}%, hardly any image lies in the ball of another, and what the cells "
        "know of unseen ones is not explained by balls."
    )


def information_words(runs: xr.Dataset) -> str:
    """Return what MI / H and accuracy have to do with each other on the pair measured."""
    ratio = ratio_of(runs).mean("seed")
    ratio = ratio[ratio.notnull().values]
    if not ratio.size:
        return "Entropy and MI were not measured (`information_of` names no pair of the run)."
    accuracy = accuracy_of_layers(runs)
    told = ", ".join(
        f"{layer} {float(ratio.sel(layer=layer)):.3f} (accuracy "
        f"{_percent(accuracy.sel(layer=layer))})"
        for layer in ratio.layer.values.tolist()
    )
    entropy = runs["entropy"].max(["memorizer", "pair"]).mean("seed")
    heights = ", ".join(
        f"{layer} {float(entropy.sel(layer=layer)):.2f}" for layer in ratio.layer.values.tolist()
    )
    words = (
        f"MI/H of the layers, on held-out images: {told}. Their mean entropy in nats: {heights}."
        + (
            " Of *bits* there is none: float64 could not hold its units."
            if "bits" in runs.memorizer.values
            else ""
        )
    )
    there = set(ratio.layer.values.tolist())
    if {"cells", "projected cells", "relu 1"} <= there:
        narrow, wide, line = (
            float(ratio.sel(layer=one)) for one in ("projected cells", "cells", "relu 1")
        )
        if max(narrow, wide) < line:
            words += (
                " The ReLU units, all of which are functions of one number, share far more than "
                "cells do. But that is no test of generalization: projected cells, which know "
                f"{_percent(accuracy.sel(layer='projected cells'))} of unseen images, share as "
                "little."
            )
    return words


def accuracy_of_layers(runs: xr.Dataset) -> xr.DataArray:
    """Return the accuracy of the memorizer that a layer belongs to, on the pair measured."""
    there = runs["entropy"].notnull()
    return runs["accuracy"].where(there).max(["memorizer", "pair"]).mean("seed")


def _words(kind: str) -> str:
    return f"*{kind}*"


def _percent(value: float | xr.DataArray, digits: int = 1) -> str:
    return f"{100 * float(value):.{digits}f}\N{NO-BREAK SPACE}%"
