"""ELR+: two networks teach each other early learning, with mixed examples and averaged weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn
from torch.nn import functional

from infonb.data.batches import Batches
from infonb.networks.checkpoint import TrainingCheckpoint, shapes
from infonb.networks.state import device_and_dtype, modes_restored, random_state, seed_random_state
from infonb.progress import progress_bar
from infonb.training.due import Due
from infonb.training.early_learning import ELRLoss
from infonb.training.elr_plus_learner import Learner
from infonb.training.elr_plus_state import load_state, save_state
from infonb.training.evaluation import count_outputs, evaluate, forward
from infonb.training.losses import MakeOptimizer, choose_optimizer
from infonb.validate import check_integer, check_number

__all__ = ["MeanLogits", "fit_elr_plus"]


class MeanLogits(nn.Module):
    """Several networks as one: the mean of their logits."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the mean logits (sample, class)."""
        return torch.stack([network(inputs) for network in self.networks]).mean(0)


def fit_elr_plus(
    networks: Sequence[nn.Module],
    train: Any,
    validation: Any = None,
    *,
    lam: float = 3.0,
    beta: float = 0.7,
    alpha: float = 1.0,
    momentum: float = 0.997,
    ramp_steps: int = 40_000,
    optimizer: str | MakeOptimizer = "adam",
    learning_rate: float = 1e-3,
    batch_size: int = 128,
    epochs: int = 100,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    save_every: int = 1,
    resume: bool = True,
    progress: bool | str = True,
) -> tuple[MeanLogits, xr.Dataset]:
    r"""
    Train two networks in place by ELR+; return both as one, and the history.

    Parameters
    ----------
    networks
        Two networks of the same classes, with weights of different seeds.
    train, validation
        As in `infonb.fit`; in memory, with inputs that can be mixed (floating point).
    lam, beta
        As in `infonb.training.ELRLoss`. The table of one network holds what the averaged weights of
        the *other* say of the inputs as they are.
    alpha
        Of the mixing: :math:`\ell \sim` Beta(α, α), :math:`\ell' = \max(\ell, 1 - \ell)`; inputs,
        labels and table rows of a batch are mixed with those of the same batch in another order.
        0: nothing is mixed.
    momentum, ramp_steps
        Of the averages of weights, times :math:`\exp(-5 (1 - s / S)^2)` for the first S steps.
    optimizer, learning_rate, batch_size, epochs, seed, progress
        As in `infonb.fit`. Each network has an order of its own.
    checkpoint, save_every, resume
        A folder, written every so many epochs, at the end, and ten seconds after it was written
        before; an interrupted training goes on from there, bit for bit as one that was not
        interrupted.

    Returns
    -------
    model : MeanLogits
        Whose logits are the means of those of the two, for `infonb.record`, `predict` and others.
    history : xarray.Dataset
        ``train_loss`` (epoch, network), of mixed examples with the regularizer, in nats, and with
        validation ``validation_accuracy`` (epoch) of the mean logits. Attributes: the settings.

    Raises
    ------
    TypeError, ValueError
        Unless there are two networks of the same two classes or more, for settings out of range, a
        DataLoader, labels outside the classes, a loss that becomes NaN or infinite, or a checkpoint
        that is damaged or of other settings.

    Notes
    -----
    Of the published method the changes for CIFAR-100 (a ramp of λ, labels weighted by the table)
    are left out.

    References
    ----------
    Liu, Niles-Weed, Razavian and Fernandez-Granda, NeurIPS 2020, Algorithm 2.

    Examples
    --------
    >>> from infonb.networks import MLP
    >>> inputs = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
    >>> data = inputs, (inputs[:, 0] > 0).astype(int)
    >>> model, history = fit_elr_plus([MLP([4, 8, 2], seed=0), MLP([4, 8, 2], seed=1)], data, data,
    ...     epochs=3, batch_size=20, progress=False)
    >>> dict(history.train_loss.sizes), model(torch.zeros(5, 4)).shape
    ({'epoch': 3, 'network': 2}, torch.Size([5, 2]))
    """
    _check_two(networks)
    check_number("alpha", alpha, 0.0)
    check_number("momentum", momentum, 0.0, 1.0)
    sizes = [check_integer("batch_size", batch_size, 1), check_integer("ramp_steps", ramp_steps, 1)]
    check_integer("epochs", epochs, 1)
    check_integer("save_every", save_every, 1)
    device, dtype = device_and_dtype(networks[0])
    parts = {"train": Batches(train, device=device, dtype=dtype, name="train")}
    if validation is not None:
        parts["validation"] = Batches(validation, device=device, dtype=dtype, name="validation")
    if parts["train"].shape is None:
        raise ValueError("ELR+ needs its data in memory: a Dataset or a tuple, no DataLoader.")
    both = MeanLogits(networks)
    history: list[dict[str, Any]] = []
    with modes_restored(both), random_state(device):
        n_classes = _n_classes(networks, parts["train"])
        for batches in parts.values():
            batches.check_labels(n_classes)
        order, own, torch_seed = np.random.SeedSequence(
            check_integer("seed", seed, 0)
        ).generate_state(3).tolist()  # fmt: skip
        seed_random_state(device, torch_seed)
        learners = [
            Learner(
                network, ELRLoss(parts["train"].shape[0], n_classes, lam, beta),
                choose_optimizer(optimizer, list(network.parameters()), learning_rate)[1], seed_,
            )
            for network, seed_ in zip(networks, (order, own), strict=True)
        ]  # fmt: skip
        settings: dict[str, Any] = {
            "lam": float(lam), "beta": float(beta), "alpha": float(alpha),
            "momentum": float(momentum), "ramp_steps": sizes[1], "batch_size": sizes[0],
            "seed": int(seed),
        }  # fmt: skip
        if optimizer == "adam":
            settings["learning_rate"] = float(learning_rate)
        kept = None
        if checkpoint is not None:
            same: dict[str, Any] = {f"shape of {name}": size for name, size in shapes(both).items()}
            same |= {f"{name} data": batches.fingerprint() for name, batches in parts.items()}
            same["optimizer"] = type(learners[0].optimizer).__name__
            kept = TrainingCheckpoint(checkpoint, settings | same)
            if resume:
                history = load_state(kept, both, learners, epochs)
        bar = progress_bar(show=progress, total=epochs, desc="ELR+", unit="epoch")
        try:
            bar.update(len(history))
            due = Due(save_every)
            while len(history) < epochs:
                history.append(_epoch(learners, both, parts, alpha, momentum, sizes))
                has_ended = len(history) == epochs
                if kept is not None and due.at(len(history), has_ended=has_ended):
                    save_state(kept, both, learners, history, has_ended)
                    due.written()
                bar.update(1)
        finally:
            bar.close()
    return both, _history(history, settings)


def _check_two(networks: Any) -> None:
    """Raise unless there are two networks."""
    is_list = hasattr(networks, "__len__") and hasattr(networks, "__getitem__")
    what = type(networks).__name__
    if not is_list or isinstance(networks, nn.Sequential):
        raise TypeError(f"networks must be a list of two torch networks; not {what}.")
    if not all(isinstance(one, nn.Module) for one in networks):
        what = ", ".join(getattr(one, "__name__", type(one).__name__) for one in networks)
        raise TypeError(f"networks must be a list of two torch networks; not of {what}.")
    if len(networks) != 2:
        raise ValueError(f"ELR+ needs two networks; not {len(networks)}.")
    if networks[0] is networks[1]:
        raise ValueError(
            "ELR+ needs two networks; not the same one twice. Make one with another seed."
        )


def _n_classes(networks: Sequence[nn.Module], train: Batches) -> int:
    """Return how many classes both networks tell apart."""
    first, second = (count_outputs(one, train) for one in networks)
    if first != second:
        raise ValueError(
            f"the networks have {first} and {second} outputs; both must have one for each class."
        )
    if first < 2:
        raise ValueError(
            "ELR+ needs an output for each class, at least 2; these networks have 1. Give their "
            "last layer two outputs."
        )
    return first


def _epoch(
    learners: Sequence[Learner], both: nn.Module, parts: dict[str, Batches], alpha: float,
    momentum: float, sizes: Sequence[int],
) -> dict[str, Any]:  # fmt: skip
    """Train each network for one epoch, with what the other knows by then."""
    losses = []
    for learner, other in zip(learners, reversed(learners), strict=True):
        learner.network.train()
        found = []
        for inputs, labels, index in parts["train"].indexed(sizes[0], learner.order):
            assert index is not None
            learner.loss.update(_said(other.average, inputs), index)
            found.append(_step(learner, inputs, labels, index, alpha))
            learner.follow(momentum, sizes[1])
        losses.append(float(torch.stack(found).mean()))
    if not all(map(math.isfinite, losses)):
        raise ValueError(
            f"the loss became {losses}: training has diverged. Use a lower learning_rate."
        )
    values: dict[str, Any] = {"train_loss": losses}
    if "validation" in parts:
        values["validation_accuracy"] = evaluate(both, parts["validation"], 1024)["accuracy"]
    return values


@torch.no_grad()
def _said(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    return forward(network, inputs)


def _step(
    learner: Learner, inputs: torch.Tensor, labels: Any, index: Any, alpha: float
) -> torch.Tensor:
    """Take one step on mixed examples; return its loss."""
    target = learner.loss.target[index]
    y = functional.one_hot(labels, target.shape[1]).to(target.dtype)
    share = mixing_share(learner.mixing, alpha)
    with_ = torch.randperm(len(inputs), generator=learner.order).to(inputs.device)
    inputs, y, target = (share * one + (1 - share) * one[with_] for one in (inputs, y, target))
    learner.optimizer.zero_grad(set_to_none=True)
    logits = forward(learner.network, inputs)
    loss = functional.cross_entropy(logits, y)
    loss = loss + learner.loss.lam * learner.loss.regularizer(logits, target).mean()
    loss.backward()
    learner.optimizer.step()
    return loss.detach()


def mixing_share(rng: np.random.Generator, alpha: float) -> float:
    """Return the share of the first of two mixed examples, at least a half."""
    if alpha == 0:
        return 1.0
    share = float(rng.beta(alpha, alpha))
    return max(share, 1 - share)


def _history(epochs: Sequence[dict[str, Any]], settings: dict[str, Any]) -> xr.Dataset:
    dims = {"train_loss": ("epoch", "network"), "validation_accuracy": ("epoch",)}
    values = {
        name: (dims[name], np.array([one[name] for one in epochs])) for name in epochs[0]
    }  # fmt: skip
    coords = {"epoch": np.arange(1, len(epochs) + 1), "network": [0, 1]}
    found = xr.Dataset(values, coords, settings)
    found.train_loss.attrs["units"] = "nat"
    return found
