"""The state of a network and of chance: device, train and eval modes, torch's random numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

__all__ = [
    "device_and_dtype",
    "eval_mode",
    "get_random_state",
    "modes_restored",
    "random_state",
    "seed_random_state",
    "set_random_state",
    "undisturbed",
]


def device_and_dtype(model: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Return the device and the floating dtype of a network."""
    for parameter in model.parameters():
        if parameter.is_floating_point():
            return parameter.device, parameter.dtype
    return torch.device("cpu"), torch.get_default_dtype()


@contextmanager
def modes_restored(model: nn.Module) -> Iterator[None]:
    """Put every module back into the mode (train or eval) that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Put a model into eval mode without gradients, and give every module its own mode back."""
    # no_grad rather than inference_mode: what a model caches on the way stays good for training
    with modes_restored(model), torch.no_grad():
        for module in model.modules():
            module.training = False  # no train(): some models override it with side effects
        yield


@contextmanager
def random_state(device: torch.device) -> Iterator[None]:
    """Give torch's global random state back afterwards: dropout and DataLoaders draw from it."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


@contextmanager
def undisturbed(model: nn.Module, data: Any) -> Iterator[None]:
    """Give torch's random state back, and that of the generator of data that are a loader."""
    # a loader draws a seed for its workers, also where it does not shuffle
    generator = getattr(data, "generator", None)
    state = None if generator is None else generator.get_state()
    try:
        with random_state(device_and_dtype(model)[0]):
            yield
    finally:
        if generator is not None:
            generator.set_state(state)


def seed_random_state(device: torch.device, seed: int) -> None:
    """Seed torch's global random state of the CPU and of one device."""
    # torch.manual_seed would also reseed every other device, which nobody restores
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)


def get_random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """Return torch's global random state: that of the CPU first, and of a CUDA device."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_random_state(device: torch.device, states: Mapping[str, torch.Tensor]) -> None:
    """Set what `get_random_state` returned; other entries are left alone."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
