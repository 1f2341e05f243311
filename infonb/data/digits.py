"""The 8 x 8 digits that come with scikit-learn: the embedded default, no download."""

from __future__ import annotations

import functools

import numpy as np
import xarray as xr

__all__ = ["image_dataset", "load_digits"]


def load_digits() -> xr.Dataset:
    """
    Return scikit-learn's 1,797 handwritten digits of 8 x 8 pixels.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, row, column) float32 in 0 .. 1; ``label`` (sample) in 0 .. 9.

    Examples
    --------
    >>> digits = load_digits()
    >>> dict(digits.input.sizes), float(digits.input.max())
    ({'sample': 1797, 'row': 8, 'column': 8}, 1.0)
    """
    images, labels = _read()
    return image_dataset(images.copy(), labels.copy(), "digits")


@functools.cache
def _read() -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels, read once: scikit-learn keeps them as text."""
    from sklearn.datasets import load_digits as sklearn_digits

    bunch = sklearn_digits()
    return (bunch.images / 16).astype(np.float32), bunch.target


def image_dataset(images: np.ndarray, labels: np.ndarray, name: str) -> xr.Dataset:
    """
    Put grey images and their labels into the common form of all data sets.

    Parameters
    ----------
    images
        (sample, row, column).
    labels
        (sample), whole numbers.
    name
        The attribute ``name``.

    Examples
    --------
    >>> image_dataset(np.zeros((2, 8, 8), "float32"), np.array([3, 4]), "blank").input.dims
    ('sample', 'row', 'column')
    """
    return xr.Dataset(
        {
            "input": (("sample", "row", "column"), images),
            "label": ("sample", labels.astype(np.int64)),
        },
        {"sample": np.arange(labels.size, dtype=np.int64)},
        {"name": name},
    )
