"""What a grid of settings says, in words: each setting, and which choice turns the conclusion."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.sensitivity import CHOICES
from infonb.validate import check_choice

__all__ = ["claimed_direction", "conclusion", "outcomes", "what_decides"]

NAMES = {"entropy": "median entropy", "mutual_information": "median MI"}
EDGES = {"common": "common bins", "shared": "shared bins", "neuron": "own bins"}
SYMBOLS = {"n_samples": "S", "k": "k"}
FALLS, UNCLEAR, RISES, MIXED = -1, 0, 1, 2
_VERBS = {
    FALLS: "falls",
    UNCLEAR: "does not change clearly",
    RISES: "rises",
    MIXED: "depends on the rest",
}


def outcomes(result: xr.Dataset, measure: str) -> xr.DataArray:
    """
    Return where a median rises (1), falls (-1), or where zero is in the interval (0).

    Parameters
    ----------
    result
        What `sensitivity` returned.
    measure
        ``"entropy"`` or ``"mutual_information"``.

    Returns
    -------
    xarray.DataArray
        Dims (edges, bins, n_samples, layer) or (k, n_samples, layer), int.

    Examples
    --------
    See `what_decides`.
    """
    check_choice("measure", measure, list(CHOICES))
    interval = result[f"{measure}_interval"]
    low, high = (interval.sel(bound=bound, drop=True) for bound in ("low", "high"))
    return (low > 0).astype(int) - (high < 0).astype(int)


def conclusion(result: xr.Dataset, measure: str, **setting: Any) -> str:
    """
    Return what one setting says, in words.

    Parameters
    ----------
    result
        What `sensitivity` returned.
    measure
        ``"entropy"`` or ``"mutual_information"``.
    setting
        Its choices and the layer: edges, bins, n_samples and layer; k, n_samples and layer.

    Examples
    --------
    >>> from infonb.claims.sensitivity import sensitivity
    >>> acts = xr.DataArray(
    ...     np.random.default_rng(0).normal(size=(2, 1, 8, 100)),
    ...     {"alpha": [0, 1], "layer": ["fc1"]}, ("alpha", "layer", "neuron", "sample"),
    ... )
    >>> acts[1] = np.sign(acts[1])
    >>> result = sensitivity(
    ...     acts, "alpha", 0, 1, bins=[10], k=[3], direction=-1)
    >>> words = conclusion(result, "entropy", edges="common", bins=10, n_samples=100, layer="fc1")
    >>> words.split(" by ")[0], words.split(": ")[1]
    ('median entropy falls', 'as the paper says')
    """
    there = {name: setting[name] for name in (*CHOICES[measure], "layer")}
    change = float(result[f"{measure}_change"].sel(there))
    low, high = (float(end) for end in result[f"{measure}_interval"].sel(there))
    outcome = int(outcomes(result, measure).sel(there))
    claimed = claimed_direction(result, measure)
    if outcome == UNCLEAR:
        words = f"{NAMES[measure]} changes by {change:+.2f} nat [{low:+.2f}, {high:+.2f}]: unclear"
        return words.replace("-", "−")
    verb = "rises" if outcome == RISES else "falls"
    ends = sorted((outcome * low, outcome * high))
    words = f"{NAMES[measure]} {verb} by {abs(change):.2f} nat [{ends[0]:.2f}, {ends[1]:.2f}]"
    if claimed is None:
        return words
    return f"{words}: {'as the paper says' if claimed == outcome else 'against the paper'}"


def claimed_direction(result: xr.Dataset, measure: str) -> int | None:
    """
    Return the claimed sign of a measure's change, or None if nothing was claimed.

    Examples
    --------
    >>> claimed_direction(xr.Dataset(attrs={"direction": -1}), "mutual_information")
    1
    """
    direction = result.attrs.get("direction")
    if direction is None:
        return None
    return int(direction) if measure == "entropy" else -int(direction)


def what_decides(result: xr.Dataset) -> str:
    """
    Return in which settings the conclusion turns, a line for each measure and set of layers.

    For each layer the one choice (edges, bins, k, number of samples) that tells most of the
    outcomes is named, with how many of its settings say so.

    Parameters
    ----------
    result
        What `sensitivity` returned.

    Examples
    --------
    >>> def table(values, **coords):
    ...     dims = (*coords, "layer", "bound")
    ...     return dims, np.array(values, dtype=float)[..., None, None] + [-0.1, 0.1]
    >>> result = xr.Dataset(
    ...     {
    ...         "entropy_interval": table(
    ...             [[[-1], [-1]], [[1], [1]]], edges=2, bins=2, n_samples=1),
    ...         "mutual_information_interval": table([[1]], k=1, n_samples=1),
    ...     },
    ...     {"edges": ["common", "neuron"], "bins": [10, 30], "n_samples": [100], "k": [3],
    ...      "layer": ["fc1"], "bound": ["low", "high"]},
    ... )
    >>> print(what_decides(result))
    Median entropy, fc1: the sign turns: with common bins it falls, with own bins it rises.
    Median MI, fc1: it rises in the only setting.
    """
    lines = []
    for measure, choices in CHOICES.items():
        found = outcomes(result, measure)
        says: dict[str, list[str]] = {}
        for layer in found.layer.values:
            words = _decided(found.sel(layer=layer), choices)
            says.setdefault(words, []).append(str(layer))
        name = NAMES[measure].replace("median", "Median")
        lines += [f"{name}, {', '.join(layers)}: {words}." for words, layers in says.items()]
    return "\n".join(lines)


def _decided(found: xr.DataArray, choices: Sequence[str]) -> str:
    """Return what one layer does, by the choice that tells most of the outcomes."""
    values, counts = np.unique(found.values, return_counts=True)
    if values.size == 1:
        return f"it {_VERBS[int(values[0])]} in {_all(found.size)}"
    groups = {name: _groups(found, name) for name in choices if found.sizes[name] > 1}
    best = max(groups, key=lambda name: sum(right for _, right in groups[name]))
    majorities = {outcome for outcome, _ in groups[best]}
    if len(majorities) == 1:
        parts = [f"{_VERBS[int(v)]} in {count}" for v, count in zip(values, counts, strict=True)]
        return f"of {found.size} settings it {' and '.join(parts)}; no one choice decides"
    words = []
    for outcome, members in groupby(zip(found[best].values, groups[best], strict=True), _outcome):
        labels, inside = zip(*members, strict=True)
        right, total = sum(n for _, n in inside), found.size // found.sizes[best] * len(labels)
        share = "" if outcome == MIXED or right == total else f" in {right} of {total} settings"
        words.append(f"with {_named(best, labels)} it {_VERBS[outcome]}{share}")
    turns = "the sign turns: " if {RISES, FALLS} <= majorities else ""
    return turns + ", ".join(words)


def _outcome(member: tuple[Any, tuple[int, int]]) -> int:
    return member[1][0]


def _all(number: int) -> str:
    return "the only setting" if number == 1 else f"all {number} settings"


def _groups(found: xr.DataArray, name: str) -> list[tuple[int, int]]:
    """Return for each label of a choice the outcome of most settings, and how often it is."""
    groups = []
    for label in found[name].values:
        values, counts = np.unique(found.sel({name: label}).values, return_counts=True)
        most = int(np.argmax(counts))
        outcome = int(values[most]) if 2 * counts[most] > counts.sum() else MIXED
        groups.append((outcome, int(counts[most])))
    return groups


def _named(name: str, labels: Sequence[Any]) -> str:
    if name == "edges":
        return " and ".join(EDGES[label] for label in labels)
    listed = f"{labels[0]}" if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"
    return f"{listed} bins" if name == "bins" else f"{SYMBOLS[name]} = {listed}"
