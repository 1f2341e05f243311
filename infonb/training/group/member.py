"""One network of a group: its data, its settings, its state, and what is kept of it on disk."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature as signature_of
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from infonb.data.batches import Batches
from infonb.networks.checkpoint import TrainingCheckpoint, shapes
from infonb.networks.state import (
    device_and_dtype,
    get_random_state,
    random_state,
    seed_random_state,
    set_random_state,
)
from infonb.training.callbacks import Callbacks
from infonb.training.evaluation import count_outputs
from infonb.training.fitting import check_monitor, checked_settings, fit, history_of
from infonb.training.group.chain import chain_of, signature
from infonb.training.group.padding import chunked
from infonb.training.losses import choose_loss, choose_optimizer
from infonb.training.state import Run, Saver
from infonb.validate import check_choice, check_integer

__all__ = ["EVALUATED", "Fit", "Member"]

#: So many examples at least are evaluated at once, as in `infonb.fit`.
EVALUATED = 1024

#: What may be among the options of a training: what `infonb.fit` takes by its name.
_OPTIONS = [
    name for name, one in signature_of(fit).parameters.items()
    if one.kind is one.KEYWORD_ONLY and name != "checkpoint"
]  # fmt: skip


@dataclass
class Fit:
    """One training that is asked for: the arguments of `infonb.fit`, of which no other is one."""

    model: nn.Module
    train: Any
    validation: Any = None
    checkpoint: str | Path | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.options:
            check_choice("an option of infonb.fit", name, _OPTIONS)


class Member:
    """A training under way in a group, which ends as that of `infonb.fit` would."""

    def __init__(self, asked: Fit) -> None:
        self.asked = asked
        self.model, options = asked.model, {"epochs": 100, "save_every": 1} | asked.options
        layers = chain_of(self.model)
        assert layers is not None
        self.layers, self.parameters = layers, list(self.model.parameters())
        self.device, dtype = device_and_dtype(self.model)
        self.settings = _settings(options, asked.validation is not None)
        self.epochs = check_integer("epochs", options["epochs"], 1)
        self.save_every = check_integer("save_every", options["save_every"], 1)
        self.is_exact = self.settings["stop_at"] is not None or (
            (self.settings["monitor"] or "").startswith("train")
        )
        self.callback: Callable[[int, dict[str, float]], object] | None = options.get("callback")
        self._watching = Callbacks(options.get("callbacks", ()), self.model, self.device)
        given = {"train": asked.train, "validation": asked.validation}
        self.parts = {
            name: Batches(data, device=self.device, dtype=dtype, name=name)
            for name, data in given.items() if data is not None
        }  # fmt: skip
        self.error: Exception | None = None
        self._begin(options)
        self._open(asked.checkpoint, options.get("resume", True))

    @property
    def key(self) -> tuple[Any, ...]:
        """What members of a group have in common: all that the shapes and the steps depend on."""
        size = self.settings["batch_size"]
        counted = tuple(
            (name, chunked(batches.shape[0], max(size, EVALUATED)))  # type: ignore[index]
            for name, batches in self.parts.items()
            if name != "train" or self.is_exact
        )
        same = "loss", "learning_rate"
        return (
            signature(self.model, self.layers), str(self.device), self.is_exact, counted,
            chunked(self.n_train, size), size, *(self.settings[name] for name in same),
            bool(self.settings["penalty"]),
        )  # fmt: skip

    @property
    def n_train(self) -> int:
        """Number of training examples."""
        assert self.parts["train"].shape is not None
        return self.parts["train"].shape[0]

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, or to an error."""
        return bool(self.run.stopped) or self.error is not None

    @property
    def outcome(self) -> xr.Dataset | Exception:
        """The history, or the error that has ended the training."""
        return self.error or self._history

    def started(self) -> bool:
        """Tell the callbacks at which epoch it begins; return whether there is more to train."""
        self._watched(lambda: self._watching.start(self.run.epoch))
        if self.run.stopped and self.error is None:
            self._watched(self._finish)
        return not self.is_done

    def finish_epoch(self, values: Mapping[str, float]) -> None:
        """Write down the quantities of an epoch, and the state where that is due."""
        self._watched(lambda: self._finish_epoch(values))
        if self.run.stopped and self.error is None:
            self._watched(self._finish)

    def leave(self) -> None:
        """Write what is not on disk yet, and give the network tensors of its own."""
        for parameter in self.parameters:
            parameter.data = parameter.data.clone()
        self.run.optimizer.state.clear()
        if self._saver is not None:
            self._watched(self._saver.flush)

    def _watched(self, work: Callable[[], object]) -> None:
        """Do what may fail for this network alone: an error ends its training, not the group's."""
        try:
            work()
        except Exception as error:
            self.error = self.error or error

    def _finish_epoch(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            if not math.isfinite(value):
                raise ValueError(
                    f"{name} became {value} in epoch {self.run.epoch + 1}: training has diverged. "
                    "Use a lower learning_rate."
                )
        self.run.finish_epoch(
            values, patience=self.settings["patience"], stop_at=self.settings["stop_at"],
            patience_below=self.settings.get("patience_below"), epochs=self.epochs,
        )  # fmt: skip
        if self._saver is not None:
            self._with_random_state(self._saver.end_of_epoch)
        before = self._weights_at()
        if self.callback is not None:
            self.callback(self.run.epoch, dict(values))
        self._watching.step(self.run.epoch)
        if self._weights_at() != before:
            raise ValueError(
                "a callback has replaced weights, or frozen some, which a network in a group does "
                "not notice. Train this one by infonb.fit, or write into the weights (copy_)."
            )

    def _weights_at(self) -> list[tuple[int, bool]]:
        """Return where the weights are, and whether they are trained."""
        return [(one.data_ptr(), one.requires_grad) for one in self.model.parameters()]

    def _finish(self) -> None:
        """Tell the callbacks, and put the best weights back if they are kept."""
        self._watching.finish()
        if self.settings["keep"] == "best" and self.run.monitor is not None:
            self.model.load_state_dict(self.run.best_weights)
        self._history = history_of(self.run, self.settings, self.is_exact)

    def _begin(self, options: Mapping[str, Any]) -> None:
        n_outputs = count_outputs(self.model, self.parts["train"])
        self.settings["loss"], _ = choose_loss(options.get("loss", "auto"), n_outputs)
        for batches in self.parts.values():
            batches.check_labels(max(n_outputs, 2))
        self.settings["optimizer"], optimizer = choose_optimizer(
            "adam", self.parameters, self.settings["learning_rate"]
        )
        order, other = np.random.SeedSequence(self.settings["seed"]).generate_state(2).tolist()
        with random_state(self.device):
            seed_random_state(self.device, other)
            self._random = get_random_state(self.device)
        generator = torch.Generator().manual_seed(order)
        self.run = Run(self.model, optimizer, generator, self.settings["monitor"])

    def _open(self, checkpoint: str | Path | None, resume: bool) -> None:
        self._saver: Saver | None = None
        if checkpoint is None:
            return
        same: dict[str, Any] = {
            f"shape of {name}": size for name, size in shapes(self.model).items()
        }
        same |= {f"{name} data": batches.fingerprint() for name, batches in self.parts.items()}
        kept = TrainingCheckpoint(checkpoint, self.settings | same)
        self._saver = Saver(kept, self.run, self.save_every)
        if resume:
            with random_state(self.device):
                self._saver.load(self.epochs)
                if self.run.epoch:
                    self._random = get_random_state(self.device)

    def _with_random_state(self, save: Callable[[], None]) -> None:
        """Save torch's random state as `infonb.fit` would, which draws nothing from it here."""
        with random_state(self.device):
            set_random_state(self.device, self._random)
            save()


def _settings(options: Mapping[str, Any], has_validation: bool) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "learning_rate": 1e-3, "penalty": 0.0, "batch_size": 512, "patience": None,
        "patience_below": None, "monitor": "auto", "stop_at": None, "keep": "best", "seed": 0,
    }  # fmt: skip
    found = {name: options.get(name, value) for name, value in usual.items()}
    found["monitor"] = check_monitor(found["monitor"], found["patience"], has_validation)
    return checked_settings(**found)
