"""What is minimised, and how: losses, optimisers, the squared-norm penalty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from infonb.validate import check_choice

Loss = Callable[..., torch.Tensor]  # (logits, labels), or with the index of the samples as well
MakeOptimizer = Callable[[list[nn.Parameter]], torch.optim.Optimizer]


def choose_loss(loss: str | Loss, n_outputs: int) -> tuple[str, Loss]:
    """Return the name of a loss and the function (logits, labels) → mean loss."""
    if callable(loss):
        # with its parameters, if it has any: a training that is resumed must have the same
        told = takes_index(loss) and isinstance(loss, nn.Module)
        return repr(loss) if told else _name(loss), loss
    check_choice("loss", loss, ["auto", "binary_cross_entropy", "cross_entropy"])
    if loss == "auto":
        loss = "binary_cross_entropy" if n_outputs == 1 else "cross_entropy"
    if (loss == "binary_cross_entropy") != (n_outputs == 1):
        raise ValueError(
            f"loss {loss!r} does not suit a network of {n_outputs} output(s): binary_cross_entropy "
            "needs one, cross_entropy one per class. loss='auto' chooses."
        )
    return loss, binary_cross_entropy if n_outputs == 1 else functional.cross_entropy


def takes_index(loss: object) -> bool:
    """Whether a loss asks for the places of the samples in the data set."""
    return callable(loss) and getattr(loss, "takes_index", False) is True


def check_table(loss: object, shape: tuple[int, ...] | None) -> None:
    """Raise if a loss has a table for another number of samples than are trained on (shape[0])."""
    n_rows = getattr(loss, "n_samples", None) if takes_index(loss) else None
    if n_rows is not None and shape is not None and n_rows != shape[0]:
        raise ValueError(
            f"{_name(loss)} was made for {n_rows:,} samples, but train has {shape[0]:,}: its table "
            f"has a row for each of them. Make it with n={shape[0]}."
        )


def evaluation_loss(loss: Loss) -> Loss:
    """Return the loss of samples that are looked at only: one with a table would change it."""
    return _cross_entropy if takes_index(loss) else loss


def _cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    n_outputs = 1 if logits.ndim == 1 else logits.shape[1]
    return choose_loss("auto", n_outputs)[1](logits, labels)


def call_loss(
    loss: Loss, logits: torch.Tensor, labels: torch.Tensor, index: torch.Tensor | None
) -> torch.Tensor:
    """Return the loss of a batch, told the places of its samples if it asks for them."""
    if not takes_index(loss):
        return loss(logits, labels)
    if index is None:
        raise ValueError(
            f"{_name(loss)} needs the place of each sample in the data set: let the DataLoader "
            "yield (inputs, labels, index), or give the data as a Dataset or a tuple."
        )
    return loss(logits, labels, index)


def _name(loss: Any) -> str:
    return getattr(loss, "__qualname__", type(loss).__name__)


def binary_cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of labels 0 and 1 and single logits, in nats."""
    logits = logits.reshape(-1)
    return functional.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))


def choose_optimizer(
    optimizer: str | MakeOptimizer, parameters: list[nn.Parameter], learning_rate: float
) -> tuple[str, torch.optim.Optimizer]:
    """Return the name of an optimiser and the optimiser of these parameters."""
    if callable(optimizer):
        made = optimizer(parameters)
        return type(made).__name__, made
    check_choice("optimizer", optimizer, ["adam"])
    # one pass over the weights instead of one for each step of the formula: 20 % of an epoch
    is_fused = {parameter.device.type for parameter in parameters} <= {"cpu", "cuda"}
    return "adam", torch.optim.Adam(parameters, lr=learning_rate, fused=is_fused)


@torch.no_grad()
def add_penalty(parameters: list[nn.Parameter], penalty: float) -> None:
    """Add the gradient of penalty·Σw², which is 2·penalty·w; cheaper than through the graph."""
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = 2 * penalty * parameter.detach()
        else:
            parameter.grad.add_(parameter, alpha=2 * penalty)
