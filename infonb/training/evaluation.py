"""What a trained network says: its outputs, and how many of them are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.data.batches import Batches
from infonb.networks.state import device_and_dtype, modes_restored
from infonb.training.losses import Loss
from infonb.validate import check_integer

__all__ = ["accuracy", "predict"]


def predict(model: nn.Module, data: Any, *, batch_size: int = 1024) -> np.ndarray:
    """
    Return the outputs of a network, in eval mode and without gradients.

    Parameters
    ----------
    model
        Any network; it is left in the mode that it was in.
    data
        As in `infonb.fit`, or inputs (sample, ...) alone.
    batch_size
        Examples in a batch. A DataLoader uses its own.

    Returns
    -------
    numpy.ndarray
        Logits with the shape of the network's output, (sample, output).

    Examples
    --------
    >>> from infonb.networks.mlp import MLP
    >>> predict(MLP([2, 4, 3]), np.zeros((5, 2))).shape
    (5, 3)
    """
    check_integer("batch_size", batch_size, 1)
    device, dtype = device_and_dtype(model)
    batches = Batches(data, device=device, dtype=dtype, labels=False)
    with modes_restored(model), torch.no_grad():
        model.eval()
        return np.concatenate(
            [forward(model, inputs).cpu().numpy() for inputs, _ in batches(batch_size)]
        )


def accuracy(model: nn.Module, data: Any, *, batch_size: int = 1024) -> float:
    """
    Return the fraction of examples that a network classifies correctly.

    Parameters
    ----------
    model
        A classifier with one logit (class 1 if above 0) or one logit per class.
    data
        As in `infonb.fit`, with labels.
    batch_size
        Examples in a batch. A DataLoader uses its own.

    Examples
    --------
    >>> from infonb.networks.mlp import MLP
    >>> inputs = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = MLP([2, 4, 3])
    >>> accuracy(model, (inputs, predict(model, inputs).argmax(axis=1)))
    1.0
    """
    check_integer("batch_size", batch_size, 1)
    device, dtype = device_and_dtype(model)
    batches = Batches(data, device=device, dtype=dtype)
    with modes_restored(model):
        batches.check_labels(max(count_outputs(model, batches), 2))
        return evaluate(model, batches, batch_size)["accuracy"]


@torch.no_grad()
def evaluate(
    model: nn.Module, batches: Batches, batch_size: int, loss_function: Loss | None = None
) -> dict[str, float]:
    """Return the accuracy and, if asked for, the mean loss; the network is left in eval mode."""
    model.eval()
    total, correct, n = 0.0, 0, 0
    for inputs, labels in batches(batch_size):
        assert labels is not None
        logits = forward(model, inputs)
        if loss_function is not None:
            total += float(loss_function(logits, labels)) * len(labels)
        correct += int(is_correct(logits, labels).sum())
        n += len(labels)
    result = {"accuracy": correct / n}
    return result if loss_function is None else {"loss": total / n, **result}


def forward(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Return the logits; say what the inputs were if the network cannot take them."""
    try:
        logits = model(inputs)
    except torch.cuda.OutOfMemoryError:
        raise
    except (RuntimeError, IndexError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise ValueError(
            f"the model fails on inputs of shape {tuple(inputs.shape)} and dtype "
            f"{inputs.dtype}: {reason}"
        ) from error
    if not isinstance(logits, torch.Tensor) or logits.ndim not in (1, 2):
        what = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise ValueError(f"the model must return logits (sample, output); not {what}.")
    return logits


def is_correct(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return, for every example, whether the most probable class is the label."""
    if logits.ndim == 1 or logits.shape[1] == 1:
        return (logits.reshape(-1) > 0) == (labels > 0)
    return logits.argmax(dim=1) == labels


@torch.no_grad()
def count_outputs(model: nn.Module, batches: Batches) -> int:
    """Return the number of outputs, by showing the network the first examples."""
    model.eval()
    inputs, _ = next(iter(batches(2)))
    logits = forward(model, inputs)
    if len(logits) != len(inputs):
        raise ValueError(f"{len(inputs)} examples give {len(logits)} rows of logits.")
    return 1 if logits.ndim == 1 else logits.shape[1]
