"""What the results say, in words: what was learnt, and what the choice of convention changes."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import xarray as xr

from infonb.claims.sentences import EDGES
from infonb.claims.table import signed
from infonb.experiments.contexts.measures import accuracy_by_context

__all__ = [
    "entropy_by_convention",
    "entropy_by_length",
    "what_length_does",
    "what_was_learnt",
    "which_convention",
]

#: Less of the way from guessing to no error than this counts as hardly anything learnt; and a
#: smaller difference between contexts than this as no clear shortcut.
_LITTLE = 0.2

_RELU = {"before": "before the ReLU", "after": "after the ReLU"}


def what_was_learnt(results: xr.Dataset) -> str:
    """
    Return what each training set taught, two sentences in Markdown computed from the accuracies.

    Parameters
    ----------
    results
        What `run` returned.

    Returns
    -------
    str
        Whether the balanced networks tell the objects better than guessing (by more than a fifth
        of what is possible), and whether the unbalanced ones need the usual context (by more than
        20 percentage points for every seed).

    Examples
    --------
    >>> counts = xr.DataArray(
    ...     [[[[3, 3], [3, 3]]], [[[6, 0], [0, 6]]]], {"setting": ["balanced", "unbalanced"]},
    ...     ("setting", "seed", "object_name", "context_name"),
    ... )
    >>> accuracy = xr.zeros_like(counts, float) + [[[[[0.5]]], [[[1.0]]]]][0]
    >>> print(what_was_learnt(xr.Dataset({"n_training": counts, "pair_accuracy": accuracy})))
    ... # doctest: +ELLIPSIS
    Balanced training: 50 % right in all contexts; guessing gives 50 %. **This is close to ...
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


def entropy_by_convention(results: xr.Dataset) -> pd.DataFrame:
    """
    Return how the median entropy changes from balanced to unbalanced, by every convention.

    Parameters
    ----------
    results
        What `run` returned: ``median_entropy`` (setting, seed, relu, edges, layer).

    Returns
    -------
    pandas.DataFrame
        A row for each side of the ReLU and choice of bins, a column for each stage: the mean
        change in nats and, in brackets, for how many seeds the entropy falls.

    Examples
    --------
    >>> medians = xr.DataArray(
    ...     [[[[[1.0]]]], [[[[0.5]]]]],
    ...     {"setting": ["balanced", "unbalanced"], "relu": ["after"], "edges": ["neuron"],
    ...      "layer": ["stage4"]}, ("setting", "seed", "relu", "edges", "layer"),
    ... )
    >>> entropy_by_convention(xr.Dataset({"median_entropy": medians})).loc[
    ...     ("after the ReLU", "own bins"), "stage4"]
    '−0.50 (1 of 1)'
    """
    return _table(_change(results), _cell)


def entropy_by_length(half: xr.Dataset, whole: xr.Dataset) -> pd.DataFrame:
    """
    Return the change of the median entropy after half the training and after the whole.

    Parameters
    ----------
    half, whole
        What `run_half` and `run` returned; compared are the seeds that both have.

    Returns
    -------
    pandas.DataFrame
        As `entropy_by_convention`; each cell has the two changes, means over seeds in nats.

    Examples
    --------
    >>> coords = {"setting": ["balanced", "unbalanced"], "seed": [0], "relu": ["after"],
    ...           "edges": ["neuron"], "layer": ["stage4"]}
    >>> half, whole = (
    ...     xr.Dataset({"median_entropy": (tuple(coords), [[[[[1.0]]]], [[[[end]]]]])}, coords)
    ...     for end in (1.5, 0.5)
    ... )
    >>> entropy_by_length(half, whole).loc[("after the ReLU", "own bins"), "stage4"]
    '+0.50 → −0.50'
    """
    return _table(
        _by_length(half, whole),
        lambda change: " → ".join(
            signed(float(change.isel(length=i).mean())) for i in range(change.sizes["length"])
        ),
    )


def what_length_does(half: xr.Dataset, whole: xr.Dataset) -> str:
    """
    Return whether longer training brings more stages to the paper's claim on entropy.

    Parameters
    ----------
    half, whole
        As for `entropy_by_length`, with the attribute ``epochs``.

    Examples
    --------
    See `infonb.experiments.contexts.run_half`.
    """
    changes = _by_length(half, whole)
    change, n_seeds = changes.mean("seed"), changes.sizes["seed"]
    falls = [int((change.isel(length=i) < 0).sum()) for i in range(2)]
    moves = (
        "towards the paper's claim" if falls[1] > falls[0]
        else "away from the paper's claim" if falls[1] < falls[0]
        else "neither towards the paper's claim nor away from it"
    )  # fmt: skip
    epochs = [int(one.epochs.max()) for one in (half, whole)]
    return (
        f"After {epochs[0]} epoch{'s' * (epochs[0] > 1)} the median entropy falls in {falls[0]} of "
        f"{change[0].size} combinations of stage and convention, after {epochs[1]} epochs in "
        f"{falls[1]}: by this "
        f"count longer training moves it {moves}. This is {n_seeds} seed"
        f"{'s' * (n_seeds > 1)}; networks trained anew can differ."
    )


def which_convention(results: xr.Dataset) -> str:
    """
    Return what the side of the ReLU and the bins make of the claim on entropy, as a Markdown list.

    Parameters
    ----------
    results
        As for `entropy_by_convention`.

    Returns
    -------
    str
        A line for each convention, for each stage whose sign turns, and for the whole. A stage
        counts as falling or rising where all seeds agree.

    Examples
    --------
    >>> medians = xr.DataArray(
    ...     [[[[[1.0], [1.0]]]], [[[[0.5], [1.5]]]]],
    ...     {"setting": ["balanced", "unbalanced"], "relu": ["after"],
    ...      "edges": ["common", "neuron"], "layer": ["stage4"]},
    ...     ("setting", "seed", "relu", "edges", "layer"),
    ... )
    >>> print(which_convention(xr.Dataset({"median_entropy": medians})))
    - after the ReLU, common bins: falls in stage4
    - after the ReLU, own bins: rises in stage4
    - The sign turns with the convention in stage4.
    - In all 1 stages it falls, as the paper says, with: after the ReLU, common bins.
    """
    change = _change(results)
    outcome = (change > 0).all("seed").astype(int) - (change < 0).all("seed").astype(int)
    lines, falling = [], {}
    for relu in outcome.relu.values:
        for edges in outcome.edges.values:
            name = f"{_RELU[relu]}, {EDGES[edges]}"
            one = outcome.sel(relu=relu, edges=edges)
            falling[name] = int((one == -1).sum())
            parts = [
                f"{verb} in {', '.join(map(str, one.layer.values[one.values == sign]))}"
                for sign, verb in ((-1, "falls"), (1, "rises"), (0, "seeds disagree"))
                if (one == sign).any()
            ]
            lines.append(f"- {name}: {'; '.join(parts)}")
    both = (outcome == -1).any(["relu", "edges"]) & (outcome == 1).any(["relu", "edges"])
    turning = ", ".join(map(str, outcome.layer.values[both.values]))
    lines.append(
        f"- The sign turns with the convention in {turning}."
        if turning
        else "- In no stage does the convention turn a change on which all seeds agree."
    )
    return "\n".join([*lines, f"- {_whole(falling, outcome.sizes['layer'])}"])


def _whole(falling: dict[str, int], n_stages: int) -> str:
    """Return how far the paper's claim on all stages goes, given the falling stages of each."""
    most = max(falling.values())
    names = [name for name, count in falling.items() if count == most]
    best = "every convention" if 1 < len(names) == len(falling) else "; ".join(names)
    if most == n_stages:
        return f"In all {n_stages} stages it falls, as the paper says, with: {best}."
    if most == 0:
        return (
            "With no convention does it fall for all seeds in any stage: neither the bins nor the "
            "side of the ReLU explain the difference from the paper."
        )
    return (
        f"With no convention does it fall for all seeds in all {n_stages} stages, so that bins and "
        f"side of the ReLU alone do not explain the difference from the paper. Most, {most} of "
        f"{n_stages}, fall with: {best}."
    )


def _table(change: xr.DataArray, cell: Callable[[xr.DataArray], str]) -> pd.DataFrame:
    """Return a row for each convention and a column for each stage."""
    rows = {}
    for relu in change.relu.values:
        for edges in change.edges.values:
            one = change.sel(relu=relu, edges=edges)
            rows[_RELU[relu], EDGES[edges]] = {
                str(stage): cell(one.sel(layer=stage)) for stage in one.layer.values
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def _by_length(half: xr.Dataset, whole: xr.Dataset) -> xr.DataArray:
    """Return the changes of the seeds that both have, dims (length, seed, relu, edges, layer)."""
    return xr.concat([_change(half), _change(whole)], dim="length", join="inner")


def _change(results: xr.Dataset) -> xr.DataArray:
    medians = results.median_entropy
    return medians.sel(setting="unbalanced") - medians.sel(setting="balanced")


def _cell(change: xr.DataArray) -> str:
    falls = int((change < 0).sum())
    return f"{signed(float(change.mean()))} ({falls} of {change.size})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
