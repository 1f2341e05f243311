"""A language model is trained in one pass over the corpus, and looked at on the way."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["train_along"]


def train_along(
    model: nn.Module, windows: xr.DataArray, stops: Sequence[int], *, batch_size: int,
    learning_rate: float, warmup: int, decay: float, seed: int, checkpoint: Path | None = None,
    progress: bool | str = False,
) -> tuple[list[nn.Module], xr.Dataset]:  # fmt: skip
    """
    Train a model in place, once over the windows in their order; return it as it was at each stop.

    Windows (sample, position); a stop is a number of steps, a step `batch_size` windows. The
    history (epoch) has an entry for each part of the corpus between two stops.

    Each part is a training of one epoch, with the optimiser of the one before: what a checkpoint
    holds of a part that is done is read, and the rest goes on from there.
    """
    import torch

    from infonb.networks.state import device_and_dtype
    from infonb.training import NextToken, fit
    from infonb.training.threads import torch_threads
    from infonb.training.warm_up import WarmAdamW

    tokens = torch.from_numpy(np.ascontiguousarray(windows.values))
    # half a cosine that the end cuts off where a fiftieth of the rate is left
    optimizer = WarmAdamW(
        model.parameters(), learning_rate=learning_rate, weight_decay=decay, warmup_steps=warmup,
        total_steps=warmup + 1 + round(1.1 * max(stops[-1] - warmup, 0)),
    )  # fmt: skip
    found: list[nn.Module] = []
    histories: list[xr.Dataset] = []
    with torch_threads(1 if device_and_dtype(model)[0].type == "cpu" else None):
        for number, (start, stop) in enumerate(zip([0, *stops[:-1]], stops, strict=True)):
            part = tokens[start * batch_size : stop * batch_size]
            histories.append(fit(
                model, _in_order(part, batch_size), objective=NextToken(),
                optimizer=lambda _: optimizer, epochs=1, monitor=None, keep="last", seed=seed,
                checkpoint=None if checkpoint is None else checkpoint / f"part-{number}",
                progress=progress, desc=f"part {number + 1} of {len(stops)}",
            ))  # fmt: skip
            found.append(copy.deepcopy(model).eval())
    history = xr.concat(
        [one.drop_vars("epoch") for one in histories], "epoch", combine_attrs="override"
    )
    return found, history.assign_coords(epoch=np.arange(1, len(stops) + 1))


def _in_order(tokens: torch.Tensor, batch_size: int) -> Any:
    """Return a loader that gives batches in the order that there is."""
    from torch.utils.data import BatchSampler, DataLoader, SequentialSampler, TensorDataset

    data = TensorDataset(tokens)
    batches = BatchSampler(SequentialSampler(data), batch_size, drop_last=False)
    return DataLoader(data, batch_size=None, sampler=batches)
