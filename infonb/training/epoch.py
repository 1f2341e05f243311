"""One epoch of a training: the steps over its batches, and the quantities at its end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from infonb.data.batches import Batches
from infonb.training.evaluation import evaluate, forward, is_correct
from infonb.training.losses import Loss, add_penalty, call_loss, evaluation_loss
from infonb.training.state import Run

__all__ = ["check_finite", "train_epoch"]


def train_epoch(
    run: Run,
    parts: Mapping[str, Batches],
    loss_function: Loss,
    parameters: list[nn.Parameter],
    settings: Mapping[str, Any],
    regularizer: Any,
    is_exact: bool,
) -> dict[str, float]:
    """Train for one epoch and return its quantities."""
    run.model.train()
    batches = parts["train"].indexed(settings["batch_size"], run.generator)
    # only while it is trained: what is evaluated after it is not measured
    with nullcontext() if regularizer is None else regularizer.attached(run.model) as term:
        metrics = _train(run, batches, loss_function, parameters, settings["penalty"], term)
    # larger batches cost memory, smaller ones time; at least those that fit in training do
    size = max(settings["batch_size"], 1024)
    loss_function = evaluation_loss(loss_function)
    if is_exact:
        metrics = evaluate(run.model, parts["train"], size, loss_function)
    values = {f"train_{name}": value for name, value in metrics.items()}
    if "validation" in parts:
        metrics = evaluate(run.model, parts["validation"], size, loss_function)
        values |= {f"validation_{name}": value for name, value in metrics.items()}
    check_finite(values, run.epoch + 1)
    return values


def check_finite(values: Mapping[str, float], epoch: int) -> None:
    """Raise a ValueError if a quantity of an epoch is NaN or infinite."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise ValueError(
                f"{name} became {value} in epoch {epoch}: training has diverged. Use a "
                "lower learning_rate."
            )


def _train(
    run: Run,
    batches: Iterator[tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]],
    loss_function: Loss,
    parameters: list[nn.Parameter],
    penalty: float,
    term: Any,
) -> dict[str, float]:
    # kept on the device until the end: reading a number after each step would wait for it
    losses, hits, sizes = [], [], []
    for inputs, labels, index in batches:
        assert labels is not None
        run.optimizer.zero_grad(set_to_none=True)
        logits = forward(run.model, inputs)
        loss = call_loss(loss_function, logits, labels, index)
        (loss if term is None else loss + term()).backward()
        if penalty:
            add_penalty(parameters, penalty)
        run.optimizer.step()
        losses.append(loss.detach())
        hits.append(is_correct(logits.detach(), labels).sum())
        sizes.append(len(labels))
    total = math.fsum(a * n for a, n in zip(torch.stack(losses).tolist(), sizes, strict=True))
    return {"loss": total / sum(sizes), "accuracy": int(torch.stack(hits).sum()) / sum(sizes)}
