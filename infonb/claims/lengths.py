"""At which lengths of training a claim holds, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import xarray as xr

from infonb.claims.sentences import EDGES
from infonb.validate import check_choice, check_number

__all__ = ["what_lengths_decide"]

#: Changes of a median smaller than this, in nats, count as no clear change. A choice, not an error
#: bar: there is one network of each level and length.
CLEAR = 0.02

_OUTCOMES = {1: "as the paper says", -1: "against the paper", 0: "no clear change"}
_UNKNOWN = "not measured"


def what_lengths_decide(found: xr.Dataset, direction: int, *, clear: float = CLEAR) -> str:
    """
    Return at which lengths of training the claim holds, a line for each measure and convention.

    Parameters
    ----------
    found
        What `infonb.experiments.lengths.over_lengths` returned: dims (level, epochs, relu, edges,
        layer). The change is that from the first to the last level; there is one network of each,
        so no interval.
    direction
        Claimed sign of the change of entropy, 1 or -1; that of mutual information is the other.
    clear
        Smaller changes of a median, in nats, count as no clear change.

    Returns
    -------
    str
        Lines of text; layers with the same outcomes are named together.

    Raises
    ------
    ValueError
        For another direction, or a negative `clear`.

    Examples
    --------
    >>> entropy = xr.DataArray(
    ...     np.zeros((2, 2, 1, 1, 2)), {"epochs": [5, 10], "relu": ["before"], "edges": ["neuron"],
    ...     "layer": [1, 2]}, ("beta", "epochs", "relu", "edges", "layer"),
    ... )
    >>> entropy[1, :, 0, 0] = [[-0.5, 0.01], [-0.6, -0.3]]
    >>> information = entropy.sel(edges="neuron", drop=True)
    >>> found = xr.Dataset({"entropy": entropy, "mutual_information": information})
    >>> entropy_line, information_line = what_lengths_decide(found, -1).splitlines()
    >>> entropy_line.split("; ")[0]
    'Entropy, own bins, before the ReLU: as the paper says in layer 1 at all lengths'
    >>> entropy_line.split("; ")[1]
    'as the paper says in layer 2 only at 10 epochs (no clear change at 5 epochs).'
    """
    check_choice("direction", direction, [1, -1])
    check_number("clear", clear, 0.0)
    (over,) = set(found.entropy.dims) - {"epochs", "relu", "edges", "layer"}
    change = (found.isel({over: -1}, drop=True) - found.isel({over: 0}, drop=True)).sortby("epochs")
    lines = []
    for side in change.relu.values:
        part = change.sel(relu=side)
        for edges in part.edges.values:
            words = _by_layer(direction * part.entropy.sel(edges=edges), clear)
            lines.append(f"Entropy, {EDGES[str(edges)]}, {side} the ReLU: {words}.")
    for side in change.relu.values:
        words = _by_layer(-direction * change.mutual_information.sel(relu=side), clear)
        lines.append(f"Mutual information, {side} the ReLU: {words}.")
    return "\n".join(lines)


def _by_layer(change: xr.DataArray, clear: float) -> str:
    """Return the outcomes of a claimed rise, dims (epochs, layer), in words."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for layer in change.layer.values:
        values = change.sel(layer=layer).values
        outcomes = tuple(_outcome(value, clear) for value in values)
        alike.setdefault(outcomes, []).append(str(layer))
    parts = []
    for outcomes, layers in alike.items():
        where = f"in layer{'s' if len(layers) > 1 else ''} {', '.join(layers)}"
        if len(set(outcomes)) == 1:
            parts.append(f"{outcomes[0]} {where} at all lengths")
        else:
            parts.append(_over_time(where, outcomes, change.epochs.values.tolist()))
    return "; ".join(parts)


def _outcome(change: float, clear: float) -> str:
    if not np.isfinite(change):
        return _UNKNOWN
    return _OUTCOMES[int(np.sign(change)) if abs(change) >= clear else 0]


def _over_time(where: str, outcomes: Sequence[str], epochs: Sequence[int]) -> str:
    """Return which outcome holds when; the short way if it turns once, to the paper's."""
    spans = []
    for outcome, members in groupby(zip(outcomes, epochs, strict=True), lambda member: member[0]):
        times = [time for _, time in members]
        if len(times) == 1:
            when = f"at {_epochs(times[0])}"
        elif times[0] == epochs[0]:
            when = f"up to {_epochs(times[-1])}"
        elif times[-1] == epochs[-1]:
            when = f"from {_epochs(times[0])} on"
        else:
            when = f"from {times[0]} to {_epochs(times[-1])}"
        spans.append((outcome, when))
    if len(spans) == 2 and spans[1][0] == _OUTCOMES[1]:
        return f"{_OUTCOMES[1]} {where} only {spans[1][1]} ({' '.join(spans[0])})"
    return f"{where} {', '.join(' '.join(span) for span in spans)}"


def _epochs(number: int) -> str:
    return f"{number} epoch{'' if number == 1 else 's'}"
