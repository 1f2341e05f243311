"""How the two networks are trained: alike, each on its own pairs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["epochs_of", "make_network", "train"]


def epochs_of(n: int, batch_size: int, steps: int) -> int:
    """Return so many epochs that there are about so many steps, at least one."""
    return max(1, round(steps / math.ceil(n / batch_size)))


def make_network(pairs: xr.Dataset, settings: dict[str, Any], **options: Any) -> nn.Module:
    """Return an untrained network for such images and captions."""
    from infonb.networks import DualEncoder

    return DualEncoder(
        pairs.attrs["n_tokens"], pairs.attrs["cell"], channels=pairs.sizes.get("channel", 1),
        temperature=settings["temperature"], learned=settings["learned"], **options,
    )  # fmt: skip


def train(
    network: nn.Module, pairs: xr.Dataset, settings: dict[str, Any], *, learning_rate: float,
    warmup: int, epochs: int, batch_size: int, seed: int, checkpoint: Path | None,
    progress: bool | str,
) -> xr.Dataset:  # fmt: skip
    """Train one network in place; return its history."""
    from infonb.training import ImageText, fit
    from infonb.training.threads import torch_threads

    with torch_threads(1):  # in networks this small several threads only wait for each other
        return fit(
            network, pairs[["input", "caption"]], objective=ImageText(mask=settings["mask"]),
            optimizer=_optimizer(learning_rate, settings["decay"], warmup), epochs=epochs,
            monitor=None, keep="last", batch_size=batch_size, seed=seed, checkpoint=checkpoint,
            save_every=50, progress=progress,
        )  # fmt: skip


def _optimizer(learning_rate: float, decay: float, warmup: int) -> Any:
    def make(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        from infonb.training.warm_up import WarmAdamW

        return WarmAdamW(
            parameters, learning_rate=learning_rate, weight_decay=decay, warmup_steps=warmup
        )

    return make
