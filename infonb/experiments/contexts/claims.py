"""The claims on balanced and unbalanced training, and what the networks have learnt."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row, entropy_in_rulers

__all__ = ["ROWS", "SETTINGS", "accuracy_by_context", "usual_contexts", "what_was_learnt"]

#: The two training sets; the measures are compared from the first to the second.
SETTINGS = ("balanced", "unbalanced")

#: What Figure 5 shows: no numbers can be read off it.
_FIGURE = "lower at every stage"
_DENSITY = "more pairs at high MI"

#: Less of the way from guessing to no error than this counts as hardly anything learnt; and a
#: smaller difference between contexts than this as no clear shortcut.
_LITTLE = 0.2


def _quantile(quantile: float) -> Row:
    """Return the row on a quantile of the MI of all pairs of different neurons."""

    def of_all_pairs(runs: xr.Dataset) -> xr.DataArray:
        values = runs.mutual_information
        same = (values.layer == values.other_layer) & (values.neuron == values.other_neuron)
        pairs = ["layer", "neuron", "other_layer", "other_neuron"]
        return values.where(~same).quantile(quantile, pairs)

    word = {0.5: "median", 0.9: "9th decile"}[quantile]
    return Compare(
        f"{word} of mutual information is higher when unbalanced", of_all_pairs, 1, each=None,
        where="all pairs", paper=_DENSITY,
    )  # fmt: skip


ROWS: tuple[Row, ...] = (
    Compare(
        "median entropy is lower when unbalanced", entropy_in_rulers, -1, paper=_FIGURE,
        subject="median entropy",
    ),
    Compare(
        "median mutual information is higher when unbalanced", "mutual_information", 1,
        paper=_DENSITY, subject="median mutual information",
    ),
    _quantile(0.5),
    _quantile(0.9),
    Compare(
        "accuracy in all contexts is lower when unbalanced", "final_validation_accuracy", -1,
        each=None, limits=(0, 1),
    ),
)  # fmt: skip


def usual_contexts(results: xr.Dataset) -> xr.DataArray:
    """
    Return which context is the usual one of each object: that of the unbalanced training set.

    Dims (object_name, context_name), true or false.
    """
    counts = results.n_training.sel(setting="unbalanced").isel(seed=0, drop=True)
    return (counts > 0).reset_coords(drop=True)


def accuracy_by_context(results: xr.Dataset) -> xr.DataArray:
    """
    Return the accuracy on objects in their usual context, and in the others.

    Dims (setting, seed, context); all pairs of object and context count alike.
    """
    pairs = ["object_name", "context_name"]
    usual = usual_contexts(results)
    kinds = [results.pair_accuracy.where(where).mean(pairs) for where in (usual, ~usual)]
    index = xr.DataArray(np.array(["usual", "another"], dtype=object), dims="context")
    accuracy = xr.concat(kinds, dim=index.assign_coords(context=index).context)
    return accuracy.transpose("setting", "seed", "context").rename("accuracy")


def what_was_learnt(results: xr.Dataset) -> str:
    """
    Return what each training set taught, two sentences in Markdown computed from the accuracies.

    Whether the balanced networks tell the objects better than guessing (by more than a fifth of
    what is possible), and whether the unbalanced ones need the usual context (by more than 20
    percentage points for every seed).
    """
    chance = 1 / results.sizes["object_name"]
    pairs = ["object_name", "context_name"]
    balanced = float(results.pair_accuracy.sel(setting="balanced").mean([*pairs, "seed"]))
    words = (
        f"Balanced training: {_percent(balanced)} right in all contexts; guessing gives "
        f"{_percent(chance)}. "
    )
    if balanced - chance < _LITTLE * (1 - chance):
        words += (
            "**This is close to chance: the balanced networks have learnt little or nothing of the "
            "objects, and their entropies are not those of networks that tell objects.** Train "
            "longer or on more pictures before reading on."
        )
    else:
        words += "These networks have learnt something of the objects."
    kinds = accuracy_by_context(results).sel(setting="unbalanced")
    usual, another = (float(kinds.sel(context=kind).mean("seed")) for kind in ("usual", "another"))
    gap = kinds.sel(context="usual") - kinds.sel(context="another")
    words += (
        f"\n\nUnbalanced training: {_percent(usual)} right in the usual context, "
        f"{_percent(another)} in another. "
    )
    if bool((gap > _LITTLE).all()):
        return words + "The shortcut is plain for every seed: these networks go by the context."
    return words + (
        "**There is no clear shortcut for every seed**: a difference in the measures cannot be put "
        "down to one."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
