"""The state of a training by ELR+ on disk, from which it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from infonb.networks.checkpoint import (
    TrainingCheckpoint,
    check_epochs,
    pack_optimizer,
    unpack_optimizer,
)
from infonb.networks.copies import Tensors, copy_tensors
from infonb.networks.state import get_random_state, set_random_state
from infonb.training.elr_plus_learner import Learner

__all__ = ["load_state", "save_state"]


def save_state(
    checkpoint: TrainingCheckpoint, both: nn.Module, learners: Sequence[Learner],
    history: Sequence[dict[str, Any]], stopped: bool,
) -> None:  # fmt: skip
    """Write two networks, their averages, tables, optimisers and draws, and the history."""
    random = get_random_state(_device(both))
    weights = copy_tensors(both.state_dict())
    tensors: dict[str, Tensors] = {"model": weights, "best": copy_tensors(weights)}
    about = []
    for number, learner in enumerate(learners):
        moments, optimizer = pack_optimizer(learner.optimizer)
        tensors[f"optimizer {number}"] = moments
        tensors[f"average {number}"] = copy_tensors(learner.average.state_dict())
        tensors[f"table {number}"] = copy_tensors(learner.loss.state_dict())
        random[f"order {number}"] = learner.order.get_state()
        mixing = learner.mixing.bit_generator.state
        about.append({"step": learner.step, "mixing": mixing, "optimizer": optimizer})
    record = {
        "epochs": len(history), "stopped": "epochs" if stopped else "", "history": list(history),
        "optimizer": about,  # which the page for the reader leaves out
    }  # fmt: skip
    checkpoint.save(tensors | {"random": random}, record)


def load_state(
    checkpoint: TrainingCheckpoint, both: nn.Module, learners: Sequence[Learner], epochs: int
) -> list[dict[str, Any]]:
    """Put all into the state that is on disk, if there is one; return the history so far."""
    saved = checkpoint.load()
    if saved is None:
        return []
    tensors, record = saved
    check_epochs(checkpoint.folder, record["epochs"], epochs)
    both.load_state_dict(tensors["model"])
    for number, (learner, about) in enumerate(zip(learners, record["optimizer"], strict=True)):
        moments = tensors.get(f"optimizer {number}", {})
        unpack_optimizer(learner.optimizer, moments, about["optimizer"])
        learner.average.load_state_dict(tensors[f"average {number}"])
        learner.loss.load_state_dict(tensors[f"table {number}"])
        learner.order.set_state(tensors["random"][f"order {number}"])
        learner.step, learner.mixing.bit_generator.state = about["step"], about["mixing"]
    set_random_state(_device(both), tensors["random"])
    return list(record["history"])


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
