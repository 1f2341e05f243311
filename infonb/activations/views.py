"""Views of each sample in a recording: drawn block by block, whatever the model and the batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.activations.batch import Batch, describe, is_array
from infonb.activations.examples import Examples
from infonb.activations.memory import Memory
from infonb.activations.size import check_size, format_bytes, size_line
from infonb.networks.state import random_state, seed_random_state
from infonb.validate import check_integer

__all__ = ["Augment", "MemoryOfViews", "Views"]

Augment = Callable[..., Any]

_REMEDY = (
    "Record fewer layers (layers=[...]), fewer samples at a time, fewer views (n_augmentations=), "
    "or fewer neurons (reduce='mean' or a function); max_bytes= sets another limit."
)

#: Views are drawn for so many samples at once, in the order of the data, whatever the batches.
BLOCK = 64


@dataclass(frozen=True)
class Piece:
    """Where the rows of a batch belong: which view, and which samples."""

    view: int
    start: int
    stop: int


class Views:
    """Batches of views of the samples, and to which samples those that have come belong."""

    def __init__(
        self, augment: Augment, n: int, seed: int | None, source: Examples, batch_size: int,
        model: nn.Module,
    ) -> None:  # fmt: skip
        if isinstance(augment, type) or not callable(augment):
            what = f"the class {augment.__name__}" if isinstance(augment, type) else repr(augment)
            raise TypeError(
                "augment must be a function of images (sample, ...) that returns views of them, "
                f"such as infonb.data.ImageViews(); not {what}."
            )
        self.augment, self.n = augment, check_integer("n_augmentations", n, 1)
        if source.n_samples is None:
            raise TypeError(
                f"augment= needs data whose number of samples is known; not {source.name}. Give a "
                "data set, an array, (inputs, labels) or an ordinary DataLoader."
            )
        self._model = model
        self.n_samples, self._source, self._size = source.n_samples, source, min(batch_size, BLOCK)
        self.seed = 0 if seed is None else check_integer("seed", seed, 0)
        self._takes_generator = _takes_generator(augment)
        self.pieces: list[Piece] = []

    def __str__(self) -> str:
        kind = type(self.augment)
        plain = hasattr(self.augment, "__name__") or "__repr__" not in vars(kind)
        return getattr(self.augment, "__name__", kind.__name__) if plain else repr(self.augment)

    def batches(self) -> Iterator[Batch]:
        """Yield the batches of all views of a block of samples, then those of the next block."""
        start = 0
        for number, (images, labels) in enumerate(_blocks(self._source.batches)):
            self.check_number(start + len(images), whole=False)
            for view in range(self.n):
                views = self._draw(images, view, number)
                for low in range(0, len(views), self._size):
                    part = slice(low, min(low + self._size, len(views)))
                    self.pieces.append(Piece(view, start + part.start, start + part.stop))
                    known = None if labels is None else labels[part]
                    yield Batch((views[part],), {}, known, len(views[part]))
                    self._check_eval()
            start += len(images)

    def check_number(self, n: int, whole: bool = True) -> None:
        """Raise if there are more samples than was said, or in the end fewer."""
        if n > self.n_samples or (whole and n < self.n_samples):
            raise ValueError(
                f"data give {n:,} samples, but say that they have {self.n_samples:,}; their views "
                "need the number before: give the inputs as one array."
            )

    def _check_eval(self) -> None:
        """Raise if the model's own code has left eval mode: views would depend on each other."""
        for name, module in self._model.named_modules():
            if module.training:
                raise ValueError(
                    f"module {name or type(module).__name__!r} is in train mode after a forward "
                    "pass of the recording: the model's own code calls train(). In that mode "
                    "views of other samples would count in each activation; take that out of it."
                )

    def by_sample(self, rows: np.ndarray) -> np.ndarray:
        """Bring values of all rows, in the order they came in, into (augmentation, sample)."""
        found = np.empty((self.n, len(rows) // self.n), rows.dtype)
        low = 0
        for piece in self.pieces:
            high = low + piece.stop - piece.start
            found[piece.view, piece.start : piece.stop] = rows[low:high]
            low = high
        return found

    def coords(self, noted: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return what batches and outputs tell: labels (sample), predictions of each view."""
        found = {name: self.by_sample(values) for name, values in noted.items()}
        return {name: x[0] if name == "label" else x for name, x in found.items()}

    def _draw(self, images: torch.Tensor, view: int, block: int) -> torch.Tensor:
        key = np.random.SeedSequence([self.seed, view, block]).generate_state(1, np.uint64)
        seed = int(key[0] >> np.uint64(1))
        if self._takes_generator:
            views = self.augment(images.clone(), torch.Generator().manual_seed(seed))
        else:
            cpu = torch.device("cpu")
            with random_state(cpu):
                seed_random_state(cpu, seed)
                views = self.augment(images.clone())
        if not isinstance(views, torch.Tensor) or views.shape != images.shape:
            raise ValueError(
                f"augment must return views of the shape of the images, {tuple(images.shape)}; "
                f"it returned {describe(views)}."
            )
        return views


class MemoryOfViews(Memory):
    """An array (augmentation, layer, neuron, sample) to be filled, block by block of samples."""

    def __init__(self, views: Views, n_samples: int, dtype: str, max_bytes: float | None) -> None:
        super().__init__(n_samples, dtype, max_bytes)
        self._views = views

    def start(self, widths: list[int], layers: Any) -> str:
        """Check the size and take the memory; say the size."""
        self.widths, n = widths, self._views.n_samples
        line = size_line(widths, n, self.dtype.itemsize)
        line += f"; with {self._views.n} views of each: {format_bytes(self._bytes(n))}"
        check_size(self._bytes(n), self.max_bytes, line, _REMEDY)
        self.blocks = [self._empty(n)]
        return line

    def append(self, rows: list[torch.Tensor], known: Mapping[str, np.ndarray | None]) -> None:
        """Take the rows (sample, neuron) of one batch, a tensor for each layer."""
        piece = self._views.pieces[-1]
        self.filled = piece.stop
        for index, block in enumerate(rows):
            place = (piece.view, index, slice(block.shape[1]), slice(piece.start, piece.stop))
            self.blocks[0][place] = block.numpy().T

    def finish(self) -> np.ndarray:
        """Return the array (augmentation, layer, neuron, sample)."""
        self._views.check_number(self.filled)
        return self.blocks[0]

    def _empty(self, n_samples: int) -> np.ndarray:
        block = np.empty((self._views.n, len(self.widths), max(self.widths), n_samples), self.dtype)
        for index, width in enumerate(self.widths):
            block[:, index, width:] = np.nan
        return block

    def _bytes(self, n_samples: int) -> int:
        return self._views.n * super()._bytes(n_samples)


def _images(batch: Batch) -> torch.Tensor:
    """Return the one tensor that a batch consists of."""
    if batch.kwargs or len(batch.args) != 1 or not is_array(batch.args[0]):
        raise TypeError(
            f"augment= makes views of one array of inputs, such as images; the model is called "
            f"with {batch}. Record texts and several inputs without it: make the views yourself, "
            "and join the recordings by xarray.concat(recordings, dim='augmentation')."
        )
    value = batch.args[0]
    tensor = value if isinstance(value, torch.Tensor) else torch.from_numpy(_native(value))
    return tensor.detach().cpu()


def _native(value: Any) -> np.ndarray:
    """Return a copy of an array in the machine's order of bytes, which torch needs."""
    array = np.array(value)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _blocks(batches: Iterable[Batch]) -> Iterator[tuple[torch.Tensor, np.ndarray | None]]:
    """Yield images and labels by the block, however long the batches are."""
    images: list[torch.Tensor] = []
    labels: list[np.ndarray | None] = []
    n = 0
    for batch in batches:
        images, labels, n = [*images, _images(batch)], [*labels, batch.labels], n + batch.size
        if n >= BLOCK:
            whole, known = torch.cat(images), _joined(labels)
            stop = n - n % BLOCK
            for low in range(0, stop, BLOCK):
                part = slice(low, low + BLOCK)
                yield whole[part], None if known is None else known[part]
            images, n = [whole[stop:]], n - stop
            labels = [None if known is None else known[stop:]]
    if n:
        yield torch.cat(images), _joined(labels)


def _joined(labels: list[np.ndarray | None]) -> np.ndarray | None:
    there = [x for x in labels if x is not None]
    return np.concatenate(there) if len(there) == len(labels) else None


def _takes_generator(augment: Augment) -> bool:
    try:
        return "generator" in inspect.signature(augment).parameters
    except (TypeError, ValueError):  # of some compiled functions nothing is known
        return False
