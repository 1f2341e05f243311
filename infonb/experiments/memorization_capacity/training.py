"""Random strings, and how a network is trained on them: on all of them in each step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["one_after_the_other", "random_strings", "train"]

#: Streams of random numbers of a seed, each for itself.
TRAINED, HELD_OUT = 0, 1


def random_strings(n: int, length: int, vocabulary: int, *, seed: int, stream: int) -> xr.Dataset:
    """
    Return uniform random strings: ``tokens`` (sample, position), int64.

    The first ones are the same, however many there are.
    """
    rng = np.random.default_rng([seed, stream])
    tokens = rng.integers(vocabulary, size=(n, length))
    return xr.Dataset(
        {"tokens": (("sample", "position"), tokens)}, {"sample": np.arange(n)},
        {"vocabulary": vocabulary},
    )  # fmt: skip


def one_after_the_other(network: nn.Module) -> nn.Module:
    """
    Return a GPT-NeoX whose MLPs come behind the attention of their block, as in GPT-2.

    Side by side with it, as GPT-NeoX has them, the MLP of a single block sees one token only, and
    holds about half as many bits of strings over few tokens.
    """
    network.config.use_parallel_residual = False  # type: ignore[union-attr]
    for block in network.gpt_neox.layers:  # type: ignore[union-attr]
        block.use_parallel_residual = False
    return network


def train(
    network: nn.Module, strings: xr.Dataset, *, steps: int, learning_rate: float, warmup: int,
    seed: int, checkpoint: Path | None, progress: bool | str,
) -> xr.Dataset:  # fmt: skip
    """Train a network in place; return its history, in which an epoch is a step."""
    from infonb.training import NextToken, fit
    from infonb.training.threads import torch_threads

    with torch_threads(1):  # in networks this small several threads only wait for each other
        return fit(
            network, strings[["tokens"]], objective=NextToken(),
            optimizer=_optimizer(learning_rate, warmup, steps), epochs=steps, monitor=None,
            keep="last", batch_size=strings.sizes["sample"], seed=seed, checkpoint=checkpoint,
            save_every=100, progress=progress,
        )  # fmt: skip


def _optimizer(learning_rate: float, warmup: int, steps: int) -> Any:
    def make(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        from infonb.training.warm_up import WarmAdamW

        # no weight decay: it would take from what is to be kept
        return WarmAdamW(
            parameters, learning_rate=learning_rate, weight_decay=0.0, warmup_steps=warmup,
            total_steps=steps,
        )  # fmt: skip

    return make
