"""A metric of a model with these neurons off, and with those: on one set of examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from infonb.activations.batch import Batch, Place
from infonb.activations.examples import examples
from infonb.activations.last_operation import LastOperation
from infonb.activations.sample_notes import predictor
from infonb.networks.state import random_state
from infonb.selection.interventions.switching import Switches

__all__ = ["Masks", "Metric", "evaluate"]

#: A name, or a function of the model and a set of examples.
Metric = str | Callable[[nn.Module, Any], Any]


class Masks(Protocol):
    """What is switched off in each evaluation, as often as one likes to go through it."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]: ...


def evaluate(
    metric: Metric, model: nn.Module, data: Any, switches: Switches, masks: Masks,
    *, name: str, batch_size: int, done: Callable[[float], Any],
) -> np.ndarray:  # fmt: skip
    """
    Return the metric of the model on one set for every mask, (mask,).

    `done` is told the share of the work that each step was. The model is in eval mode.
    """
    if callable(metric):
        found = []
        for mask in masks:
            switches.put(mask)
            found.append(_number(metric(model, data), metric))
            done(1 / len(masks))
        return np.array(found)
    return _accuracies(model, data, switches, masks, name, batch_size, done)


def _accuracies(
    model: nn.Module, data: Any, switches: Switches, masks: Masks, name: str,
    batch_size: int, done: Callable[[float], Any],
) -> np.ndarray:  # fmt: skip
    """Return the share of right answers for every mask; each batch is read and placed once."""
    source = examples(data, batch_size)
    place, right, n = Place(model), np.zeros(len(masks)), 0
    now: list[Batch] = []
    predict = predictor(True, lambda: _last_operation(now[0], model, place.device))
    labels = source.coords.get("label")
    for batch in source.batches:
        if batch.size == 0:
            continue
        own = batch.labels if labels is None else np.asarray(labels)[n : n + batch.size]
        own = _checked(own, name)
        placed = batch.changed(place)
        now[:] = [placed]
        for at, mask in enumerate(masks):
            switches.put(mask)
            # a copy: the model may change its inputs
            output = placed.changed(_copied).call(model)
            assert predict is not None
            answer = predict(output, batch.size)
            if answer is None:
                raise ValueError(
                    "the model returns no logits (sample, class), nor a single one whose class is "
                    "known, so that no accuracy can be told; pass metric= a function of the model "
                    "and the data that returns a number."
                )
            n_outputs = getattr(output, "logits", output).reshape(batch.size, -1).shape[1]
            if at == 0:
                _check_classes(own, n_outputs, name)
            right[at] += np.sum(answer == ((own > 0) if n_outputs == 1 else own))
        n += batch.size
        done(batch.size / source.n_samples if source.n_samples else 0.0)
    if n == 0:
        raise ValueError(f"the set {name!r} is empty; an accuracy needs examples.")
    if not source.n_samples:
        done(1.0)
    return right / n


def _checked(labels: np.ndarray | None, name: str) -> np.ndarray:
    if labels is None:
        raise ValueError(
            f"the set {name!r} has no labels, which the accuracy needs; give (inputs, labels), a "
            "dataset with 'label', or metric= a function of the model and the data."
        )
    if labels.dtype.kind not in "iub" and not np.array_equal(labels, np.round(labels)):
        raise ValueError(
            f"the labels of the set {name!r} are no whole numbers; pass metric= a function of the "
            "model and the data that returns a number."
        )
    return labels


def _check_classes(labels: np.ndarray, n_outputs: int, name: str) -> None:
    """Raise for labels that are no class; with a single output they are above zero or not."""
    beyond = labels[(labels < 0) | (labels >= n_outputs)]
    if n_outputs > 1 and beyond.size:
        raise ValueError(
            f"the set {name!r} has the label {int(beyond[0])}, but the model has {n_outputs} "
            f"classes, 0 to {n_outputs - 1}; number the labels so, or pass metric= a function of "
            "the model and the data that returns a number."
        )


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def _last_operation(batch: Batch, model: nn.Module, device: torch.device) -> str:
    """Return the name of the operation that makes the output of the model; empty: unknown."""
    with random_state(device), LastOperation() as last:
        try:
            return last.of(batch.changed(_copied).call(model))
        except Exception:  # some models cannot be watched
            return ""


def _number(value: Any, metric: Any) -> float:
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"metric must return a number; {getattr(metric, '__name__', type(metric).__name__)} "
            f"returned {type(value).__name__}."
        )
    return float(value)
