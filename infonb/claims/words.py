"""What measures, their choices and the labels of these are called in sentences and figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xarray as xr

from infonb.claims.verdict import MEAN, NETWORK

__all__ = [
    "axis_words",
    "choice_words",
    "is_ordered",
    "join",
    "label_words",
    "measure_words",
    "where",
]

_MEASURES = {"entropy": "median entropy", "mutual_information": "median mutual information"}

#: Axis → what decides; what its control is called.
_CHOICES = {
    "edges": ("the ruler of the bins", "edges"),
    "bins": ("the number of bins", "bins"),
    "n_samples": ("the number of samples", "samples"),
    "k": ("the number of neighbours k", "neighbours k"),
    "estimator": ("the estimator", "estimator"),
    "relu": ("the side of the ReLU", "ReLU"),
    "side": ("the side of the ReLU", "ReLU"),
    "epochs": ("the length of training", "epochs"),
    "alignment": ("the choice of points", "points"),
}

#: Axis and label → short words for a figure, words for a sentence.
_LABELS = {
    ("edges", "common"): ("common bins", "in common bins"),
    ("edges", "shared"): ("shared bins", "in shared bins"),
    ("edges", "neuron"): ("neuron bins", "in neuron bins"),
    ("estimator", "ksg"): ("KSG", "by the KSG estimator"),
    ("estimator", "mixture"): ("mixture", "by the mixture estimator"),
    **{
        (axis, name): (f"{side} ReLU", f"{side} the ReLU")
        for axis in ("relu", "side")
        for side in ("before", "after")
        for name in (side, f"{side} the ReLU")
    },
}

#: Ordered axis → words for one label, for all up to one, from one on, from one to another.
_RANGES = {
    "bins": ("with {} bins", "with up to {} bins", "with {} bins or more", "with {} to {} bins"),
    "n_samples": (
        "on {} samples", "on up to {} samples", "on {} samples or more", "on {} to {} samples",
    ),
    "k": ("with k = {}", "with k up to {}", "with k = {} or more", "with k from {} to {}"),
    "epochs": (
        "after {} epochs", "up to {} epochs", "from {} epochs on", "from {} to {} epochs",
    ),
}  # fmt: skip


def measure_words(grid: xr.Dataset, measure: str) -> str:
    """Return what is compared, such as "median entropy"."""
    known = grid[f"{measure}_change"].attrs.get("long_name", measure.replace("_", " "))
    return _MEASURES.get(measure, str(known))


def choice_words(axis: str) -> str:
    """Return what an axis chooses, as in "the number of bins"."""
    return _CHOICES.get(axis, (f"the choice of {axis.replace('_', ' ')}", ""))[0]


def axis_words(axis: str) -> str:
    """Return what the axis of a figure, or its control, is called."""
    return _CHOICES.get(axis, ("", axis.replace("_", " ")))[1]


def label_words(axis: str, label: Any) -> str:
    """Return short words for a label: "common bins", "k = 3"."""
    if (axis, label) in _LABELS:
        return _LABELS[axis, label][0]
    if isinstance(label, str):
        return label
    return {"bins": f"{label} bins", "n_samples": f"S = {label}", "epochs": f"{label} epochs"}.get(
        axis, f"{axis.replace('_', ' ')} = {label}"
    )


def is_ordered(labels: Sequence[Any]) -> bool:
    """Return whether the labels of an axis are numbers."""
    return not any(isinstance(label, str | bool) for label in labels)


def where(axis: str, labels: Sequence[Any], among: Sequence[Any]) -> str:
    """Return where labels, in the order of all, are chosen: "in common bins"."""
    if not is_ordered(among):
        return join([_LABELS.get((axis, one), ("", _with(axis, one)))[1] for one in labels])
    name = axis.replace("_", " ")
    default = (f"at {name} {{}}", f"up to {name} {{}}", f"from {name} {{}} on")
    one, up_to, onward, between = _RANGES.get(axis, (*default, f"from {name} {{}} to {{}}"))
    first, last = (f"{label:,}" for label in (labels[0], labels[-1]))
    if len(labels) == 1:
        return one.format(first) if first != "1" else one.format(first).replace("epochs", "epoch")
    if labels[0] == among[0]:
        return up_to.format(last)
    return onward.format(first) if labels[-1] == among[-1] else between.format(first, last)


def layers_words(layers: Sequence[str]) -> str:
    """Return of what a sentence speaks: " of fc1 and fc2"."""
    if list(layers) == [NETWORK]:
        return ""
    if list(layers) == [MEAN]:
        return " (mean of the layers)"
    numbers = [layer.removeprefix("layer ") for layer in layers]
    if all(number.isdigit() for number in numbers):
        return f" of layer{'s' if len(layers) > 1 else ''} {join(numbers)}"
    return f" of {join(layers)}"


def join(words: Sequence[str]) -> str:
    """Return a list in words: "a, b and c"."""
    words = [str(word) for word in words]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _with(axis: str, label: Any) -> str:
    return f"on the points {label!r}" if axis == "alignment" else f"with {axis} {label!r}"
