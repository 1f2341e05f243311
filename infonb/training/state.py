"""The state of a training under way, and how it is kept on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from infonb.networks.checkpoint import (
    TrainingCheckpoint,
    check_epochs,
    pack_optimizer,
    unpack_optimizer,
)
from infonb.networks.copies import Copier, Tensors, copy_tensors
from infonb.networks.state import device_and_dtype, get_random_state, set_random_state
from infonb.training.due import Due


@dataclass
class Run:
    """A training under way: what changes from epoch to epoch."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    monitor: str | None
    history: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    best_weights: Tensors = field(default_factory=dict)
    stopped: str = ""
    loss: nn.Module | None = None  # one with buffers of its own, such as a value for each sample

    @property
    def epoch(self) -> int:
        """Number of epochs that are done."""
        return len(self.history.get("train_loss", ()))

    def finish_epoch(
        self,
        values: Mapping[str, float],
        *,
        patience: int | None,
        stop_at: float | None,
        epochs: int,
        patience_below: float | None = None,
    ) -> None:
        """Write down the quantities of an epoch; note whether it is the best and the last."""
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)
        if self._is_improved():
            self.best_epoch = self.epoch
            if self.monitor is not None:  # else the best weights are those of the model now
                self.best_weights = copy_tensors(self.model.state_dict())
        if stop_at is not None and values["train_accuracy"] >= stop_at:
            self.stopped = "stop_at"
        elif patience is not None and self._idle(patience_below) >= patience:
            self.stopped = "patience"
        elif self.epoch >= epochs:
            self.stopped = "epochs"

    def _idle(self, below: float | None) -> int:
        """Return for how many epochs nothing has improved, since the loss came below a number."""
        start = self.best_epoch
        if below is not None:
            losses = self.history["train_loss"]
            first = next((i for i, loss in enumerate(losses) if loss < below), len(losses))
            start = max(start, first)
        return self.epoch - start

    def _is_improved(self) -> bool:
        if self.monitor is None or self.best_epoch == 0:
            return True
        past = self.history[self.monitor]
        best, now = past[self.best_epoch - 1], past[-1]
        return now > best if self.monitor.endswith("accuracy") else now < best


class Saver:
    """Holds the state at the end of the last epoch, and writes it to disk when it is due."""

    def __init__(self, checkpoint: TrainingCheckpoint, run: Run, save_every: int) -> None:
        self.checkpoint, self.run = checkpoint, run
        self.pending: tuple[dict[str, Tensors], dict[str, Any]] | None = None
        self._due = Due(save_every)
        self._copiers = {name: Copier() for name in ("model", "optimizer", "loss")}

    def end_of_epoch(self) -> None:
        """Copy the state; write it if it is due."""
        # a copy: an interrupt in the middle of the next epoch finds the weights changed already
        run = self.run
        optimizer_tensors, optimizer = pack_optimizer(
            run.optimizer, self._copiers["optimizer"].copy
        )
        device, _ = device_and_dtype(run.model)
        random = {"order": run.generator.get_state(), **get_random_state(device)}
        tensors = {
            "model": self._copiers["model"].copy(run.model.state_dict()),
            "best": run.best_weights,
            "optimizer": optimizer_tensors,
            "random": random,
        }
        if run.loss is not None:
            tensors["loss"] = self._copiers["loss"].copy(run.loss.state_dict())
        record = {
            "epochs": run.epoch,
            "best_epoch": run.best_epoch,
            "stopped": run.stopped,
            "history": {name: list(values) for name, values in run.history.items()},
            "optimizer": optimizer,
        }
        self.pending = tensors, record
        if self._due.at(run.epoch, has_ended=bool(run.stopped)):
            self.flush()

    def flush(self) -> None:
        """Write the state that is not on disk yet, if there is one."""
        if self.pending is not None:
            tensors, record = self.pending
            if self.run.monitor is None:  # the best weights are those of the model, in other places
                tensors = tensors | {"best": copy_tensors(tensors["model"])}
            self.checkpoint.save(tensors, record)
            self.pending = None
            self._due.written()

    def load(self, epochs: int) -> None:
        """Put the run into the state that is on disk, if there is one."""
        saved = self.checkpoint.load()
        if saved is None:
            return
        tensors, record = saved
        run = self.run
        check_epochs(self.checkpoint.folder, record["epochs"], epochs)
        run.model.load_state_dict(tensors["model"])
        if run.loss is not None:
            run.loss.load_state_dict(tensors.get("loss", {}))
        unpack_optimizer(run.optimizer, tensors.get("optimizer", {}), record["optimizer"])
        run.best_weights = tensors["best"]
        run.best_epoch, run.history = record["best_epoch"], record["history"]
        run.stopped = record["stopped"]
        if run.stopped == "epochs" and run.epoch < epochs:
            run.stopped = ""
        elif not run.stopped and run.epoch >= epochs:
            run.stopped = "epochs"
        run.generator.set_state(tensors["random"]["order"])
        set_random_state(device_and_dtype(run.model)[0], tensors["random"])
