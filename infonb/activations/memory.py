"""The activations in memory, filled batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr

from infonb.activations.batch import Batch
from infonb.activations.size import check_size, size_line

__all__ = ["Memory"]


class Memory:
    """
    An array (layer, neuron, sample) to be filled, padded with NaN beyond the widths.

    Without the number of samples it is made of blocks, which are joined in the end.
    """

    def __init__(self, n_samples: int | None, dtype: str, max_bytes: float | None) -> None:
        self.n_samples, self.dtype, self.max_bytes = n_samples, np.dtype(dtype), max_bytes
        self.widths: list[int] = []
        self.layers: list[dict[str, Any]] = []
        self.recorded: list[dict[str, np.ndarray | None]] = []
        self.finished = False
        self.filled = 0
        self.blocks: list[np.ndarray] = []

    def is_recorded(self, batch: Batch) -> bool:
        """Tell whether the batch is there already, which it never is."""
        return False

    def start(self, widths: list[int], layers: Sequence[Mapping[str, Any]]) -> str:
        """Check the size, take the memory if the number of samples is known; say the size."""
        self.widths = widths
        line = size_line(widths, self.n_samples, self.dtype.itemsize)
        if self.n_samples is not None:
            check_size(self._bytes(self.n_samples), self.max_bytes, line)
            self.blocks = [self._empty(self.n_samples)]
        return line

    def append(self, rows: list[torch.Tensor], known: Mapping[str, np.ndarray | None]) -> None:
        """Take the rows (sample, neuron) of one batch, a tensor for each layer."""
        start, stop = self.filled, self.filled + len(rows[0])
        self.filled = stop
        if self.n_samples is None or stop > self.n_samples:  # as long as the data last
            if self.n_samples is not None:
                self.blocks, self.n_samples = [self.blocks[0][..., :start]], None
            self._check_more(len(rows[0]))
            self.blocks.append(self._empty(len(rows[0])))
            start, stop = 0, len(rows[0])
        for index, block in enumerate(rows):
            self.blocks[-1][index, : block.shape[1], start:stop] = block.numpy().T

    def finish(self) -> np.ndarray:
        """Return the array (layer, neuron, sample)."""
        if len(self.blocks) > 1:
            return np.concatenate(self.blocks, axis=2)
        (only,) = self.blocks
        return only if only.shape[2] == self.filled else only[..., : self.filled].copy()

    def reject_coords(self) -> None:
        """Do nothing: there is no next run."""

    def publish(self, dataset: xr.Dataset) -> xr.Dataset:
        """Return the dataset, which is in memory."""
        return dataset

    def close(self, error: BaseException | None = None) -> None:
        """Do nothing: after an error, nothing is kept."""

    def _empty(self, n_samples: int) -> np.ndarray:
        block = np.empty((len(self.widths), max(self.widths), n_samples), self.dtype)
        for index, width in enumerate(self.widths):
            block[index, width:] = np.nan
        return block

    def _bytes(self, n_samples: int) -> int:
        return len(self.widths) * max(self.widths) * n_samples * self.dtype.itemsize

    def _check_more(self, n_samples: int) -> None:
        needed = self._bytes(self.filled)
        if self.max_bytes is None:  # what is free must take the new block, and all once more
            needed += self._bytes(n_samples)
        line = size_line(self.widths, self.filled, self.dtype.itemsize)
        check_size(needed, self.max_bytes, f"so far {line}")
