"""What examples look like to a reader: images, words, or named numbers; and many side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["Examples", "Shown", "as_rgb", "gap_of", "montage"]

#: What can be shown.
Shown = xr.Dataset | xr.DataArray | np.ndarray | Sequence[Any]

#: Of examples that are rows of numbers so many are written, those farthest from zero.
_MOST_NUMBERS = 4

_FORMS = (
    "images (sample, row, column) or (sample, channel, row, column), texts (sample), or rows of "
    "numbers (sample, feature); a data set has them as 'input'"
)


class Examples:
    """Inputs of a network, as images or in words."""

    def __init__(self, examples: Shown) -> None:
        if isinstance(examples, xr.Dataset):
            if "input" not in examples:
                raise ValueError(
                    f"the examples have no variable 'input' but "
                    f"{sorted(map(str, examples.data_vars))}; give the array: examples['name']."
                )
            examples = examples["input"]
        labels = None
        self._channel: int | None = None
        self._features: list[str] = []
        if isinstance(examples, xr.DataArray):
            if "sample" not in examples.dims:
                raise ValueError(f"the examples have dims {examples.dims}, but no dim 'sample'.")
            examples = examples.transpose("sample", ...)
            labels = examples.indexes.get("sample")
            dims = examples.dims[1:]
            self._channel = dims.index("channel") if "channel" in dims else None
            if len(dims) == 1 and dims[0] in examples.coords:
                self._features = [str(one) for one in examples[dims[0]].values]
            values = examples.data
        else:
            values = examples if hasattr(examples, "shape") else _stacked(examples)
        if not hasattr(values, "dtype"):
            raise _no_examples(examples)
        self._labels, self._values = labels, values
        words = getattr(values.dtype, "kind", "f") in "OUST"  # a tensor holds numbers
        if values.ndim not in ((1,) if words else (2, 3, 4)):
            raise ValueError(
                f"examples must be {_FORMS}; not {values.dtype} of shape {values.shape}."
            )
        self.are_images = values.ndim > 2

    def __len__(self) -> int:
        return len(self._values)

    def check_number(self, n_samples: int) -> None:
        """Raise unless there is an example for each sample, where they have no labels."""
        if self._labels is None and len(self) != n_samples:
            raise ValueError(
                f"there are {len(self):,} examples and {n_samples:,} samples in the activations; "
                "give those that were recorded, in their order, or an array with their labels as "
                "coordinate 'sample'."
            )

    def places(self, position: np.ndarray, label: np.ndarray) -> np.ndarray:
        """Return where samples stand among the examples: by their labels if these are known."""
        if self._labels is None:
            return position
        if not self._labels.is_unique:
            raise ValueError("the examples have the same label of 'sample' twice; drop it.")
        found = self._labels.get_indexer(np.ravel(label)).reshape(np.shape(label))
        if (found < 0).any():
            missing = np.asarray(label)[found < 0].tolist()[0]
            raise ValueError(
                f"the examples have no sample {missing!r}, which the activations have; give those "
                "that were recorded."
            )
        return found

    def images(self, places: np.ndarray) -> np.ndarray:
        """Return examples as (place, row, column, 3) in 0 .. 1."""
        return as_rgb(_in_memory(self._values, places), self._channel)

    def words(self, places: np.ndarray) -> list[str]:
        """Return examples in words, on one line each."""
        values = _in_memory(self._values, places)
        if self.are_images:
            names = places if self._labels is None else self._labels[places]
            return [f"image {name}" for name in names]
        if values.ndim == 1:
            return [" ".join(str(text).split()) for text in values]
        names = places if self._labels is None else self._labels[places]
        return [self._numbers(row, name) for row, name in zip(values, names, strict=True)]

    def _numbers(self, row: np.ndarray, sample: Any) -> str:
        """Return a row in words: of many numbers those farthest from zero, and whose they are."""
        if len(row) <= _MOST_NUMBERS:
            names = [f"{name} = " for name in self._features] or [""] * len(row)
            said = [f"{name}{value:.3g}" for name, value in zip(names, row.tolist(), strict=True)]
            return ", ".join(said).replace("-", "−")
        farthest = np.sort(np.argsort(-abs(np.nan_to_num(row)), kind="stable")[:_MOST_NUMBERS])
        said = [
            f"{self._features[at] if self._features else f'[{at}]'} = {row[at]:.3g}"
            for at in farthest.tolist()
        ]
        return f"sample {sample}: {', '.join(said)}, …".replace("-", "−")


def _stacked(examples: Any) -> np.ndarray:
    """Return a list of texts, arrays or pictures as one array."""
    if isinstance(examples, str | bytes | Mapping | Set):  # without an order, or of letters
        raise _no_examples(examples)
    try:
        examples = list(examples)
    except TypeError:
        raise _no_examples(examples) from None
    if not examples or isinstance(examples[0], str):
        return np.array(examples, dtype=object)
    arrays = [_array(one) for one in examples]
    shapes = {one.shape for one in arrays}
    if len(shapes) > 1:
        some = " and ".join(map(str, sorted(shapes)[:2]))
        raise ValueError(f"the examples have several shapes, such as {some}; resize them to one.")
    return np.stack(arrays)


def _array(one: Any) -> np.ndarray:
    """Return an example as an array of numbers."""
    try:
        values = np.asarray(one)
    except ValueError:  # such as (input, label)
        values = np.array(None)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"examples must be {_FORMS}; not a list that holds {_described(one)}.")
    return values


def _no_examples(examples: Any) -> TypeError:
    return TypeError(f"examples must be {_FORMS}; not {_described(examples)}.")


def _described(value: Any) -> str:
    """Return what something is, and where in a dict the examples may be."""
    if not isinstance(value, Mapping):
        return type(value).__name__
    keys = ", ".join(map(repr, value))
    return f"a dict of {keys}: give the array, examples[{next(iter(value))!r}]" if value else "{}"


def _in_memory(values: Any, places: np.ndarray) -> np.ndarray:
    """Return some examples; of a lazy array, or of a tensor, only these are read."""
    some = values[places]
    if hasattr(some, "detach"):
        some = some.detach().cpu()
    return np.asarray(some)


def as_rgb(images: np.ndarray, channel: int | None = None) -> np.ndarray:
    """
    Return images (image, ...) as red, green and blue (image, row, column, 3) in 0 .. 1.

    Grey (row, column), or with channels first or last (`channel`; None: where there are few): one
    is grey, two are red and green, a fourth is transparency. Bytes reach to 255; other numbers
    beyond 0 .. 1 are scaled to the range of these images.
    """
    values = images.astype(np.float32)
    if images.dtype.kind in "iu" and images.dtype.itemsize == 1:
        values /= 255
    elif values.size and (values.min() < 0 or values.max() > 1):
        low, high = values.min(), values.max()
        values = (values - low) / max(high - low, np.float32(1e-12))
    if values.ndim == 3:
        values = values[:, None]
    else:
        last = values.shape[1] > 4 >= values.shape[3] if channel is None else channel == 2
        values = np.moveaxis(values, 3 if last else 1 + (channel or 0), 1)
    n = values.shape[1]
    if n > 4:
        raise ValueError(f"images must have 1 to 4 channels; not {n}.")
    if n == 1:
        values = values.repeat(3, axis=1)
    elif n == 2:
        red, green = values[:, 0], values[:, 1]
        # blue is added to green, so that colour-blind readers can tell the two
        values = np.stack([red, 0.75 * green, green], axis=1)
    return np.moveaxis(values[:, :3], 1, -1)


def montage(
    images: np.ndarray, columns: int, line: tuple[float, float, float] = (1, 1, 1)
) -> np.ndarray:
    """Return images (image, row, column, 3) as one, row by row, with lines of a colour between."""
    n, height, width, _ = images.shape
    rows = -(-n // columns)
    gap = gap_of(images)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    whole = np.full(size, line, np.float32)
    for at, image in enumerate(images):
        top, left = (height + gap) * (at // columns), (width + gap) * (at % columns)
        whole[top : top + height, left : left + width] = image
    return whole


def gap_of(images: np.ndarray) -> int:
    """Return the width of the lines between images in pixels: of large ones, one is not seen."""
    return max(1, images.shape[2] // 12)
