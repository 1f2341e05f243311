"""Training without labels: an objective in place of a loss, and one epoch of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from infonb.data.tensor_batches import TensorBatches
from infonb.networks.state import device_and_dtype, random_state, seed_random_state
from infonb.training.epoch import check_finite
from infonb.training.losses import add_penalty
from infonb.training.state import Run

__all__ = ["Objective", "check_objective", "objective_epoch", "settings_words"]


class Objective(Protocol):
    """What `fit` takes as its objective: (model, tensors of a batch) → mean loss."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables (sample, ...) of a data set that it is given, in order."""

    def __call__(self, model: nn.Module, /, *tensors: torch.Tensor) -> torch.Tensor:
        """Return the mean loss over the samples of a batch."""


def check_objective(objective: Any, loss: Any, stop_at: float | None, monitor: Any) -> None:
    """Raise unless this is an objective and what else was asked for goes with one."""
    if isinstance(objective, type) or not callable(objective):
        what = f"the class {objective.__name__}" if isinstance(objective, type) else repr(objective)
        raise TypeError(
            f"objective must be an object, such as Contrastive(views), called as (model, *tensors)"
            f" → mean loss; not {what}."
        )
    variables = getattr(objective, "variables", None)
    if isinstance(variables, str) or not isinstance(variables, Iterable) or not tuple(variables):
        raise TypeError(
            "objective must say by its attribute variables which variables of a data set it is "
            f"given, such as ('input',); not {variables!r}."
        )
    if isinstance(objective, nn.Module) and objective.state_dict():
        raise TypeError(
            f"objective {type(objective).__name__} has parameters or buffers of its own, which are "
            "neither trained nor kept in a checkpoint: make them part of the model."
        )
    if loss != "auto":
        raise ValueError("objective takes the place of loss: give one of them.")
    if stop_at is not None:
        raise ValueError("stop_at is an accuracy, of which an objective has none; use patience.")
    if isinstance(monitor, str) and monitor.endswith("accuracy"):
        raise ValueError(
            f"monitor={monitor!r} needs labels, of which an objective knows nothing: choose "
            "'validation_loss', 'train_loss' or None."
        )


def settings_words(one: Any) -> str:
    """Return the repr of what a training depends on, without places in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(one))


def objective_epoch(
    run: Run,
    parts: Mapping[str, TensorBatches],
    objective: Objective,
    parameters: list[nn.Parameter],
    settings: Mapping[str, Any],
    regularizer: Any,
    is_exact: bool,
) -> dict[str, float]:
    """Train for one epoch and return its losses."""
    run.model.train()
    with nullcontext() if regularizer is None else regularizer.attached(run.model) as term:
        loss = _train(run, parts["train"], objective, parameters, settings, term)
    if is_exact:
        loss = _evaluate(run.model, parts["train"], objective, settings)
    values = {"train_loss": loss}
    if "validation" in parts:
        values["validation_loss"] = _evaluate(run.model, parts["validation"], objective, settings)
    check_finite(values, run.epoch + 1)
    return values


def _train(
    run: Run, batches: TensorBatches, objective: Objective, parameters: list[nn.Parameter],
    settings: Mapping[str, Any], term: Any,
) -> float:  # fmt: skip
    losses, sizes = [], []
    for tensors in batches(settings["batch_size"], run.generator):
        run.optimizer.zero_grad(set_to_none=True)
        loss = _loss(objective, run.model, tensors)
        (loss if term is None else loss + term()).backward()
        if settings["penalty"]:
            add_penalty(parameters, settings["penalty"])
        run.optimizer.step()
        losses.append(loss.detach())
        sizes.append(len(tensors[0]))
    return _mean(losses, sizes)


@torch.no_grad()
def _evaluate(
    model: nn.Module, batches: TensorBatches, objective: Objective, settings: Mapping[str, Any]
) -> float:
    """Return the mean loss in eval mode; what is drawn is the same in each epoch."""
    model.eval()
    device, _ = device_and_dtype(model)
    losses, sizes = [], []
    with random_state(device):
        # the third number of the seed: the first two are for the order and the draws of training
        drawn = np.random.SeedSequence(settings["seed"]).generate_state(3).tolist()
        seed_random_state(device, drawn[2])
        # the batches of training: a contrastive loss depends on how many samples are in one
        for tensors in batches(settings["batch_size"]):
            losses.append(_loss(objective, model, tensors))
            sizes.append(len(tensors[0]))
    return _mean(losses, sizes)


def _loss(
    objective: Objective, model: nn.Module, tensors: tuple[torch.Tensor, ...]
) -> torch.Tensor:
    loss = objective(model, *tensors)
    if not isinstance(loss, torch.Tensor) or loss.ndim != 0:
        what = tuple(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise ValueError(f"the objective must return the mean loss, one number; not {what}.")
    return loss


def _mean(losses: list[torch.Tensor], sizes: list[int]) -> float:
    # read from the device once: after each step it would be waited for
    values = torch.stack(losses).tolist()
    return math.fsum(a * n for a, n in zip(values, sizes, strict=True)) / sum(sizes)
