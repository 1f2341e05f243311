"""Digits to memorize and digits to look at, and the images that hyperplanes tell apart."""

from __future__ import annotations

import functools

import numpy as np
import xarray as xr

from infonb.data import load_digits, load_mnist

__all__ = ["code_of", "images_of", "memorized_and_others", "part_of"]


def code_of(labels: np.ndarray) -> np.ndarray:
    """Return the number that stands for each of ten classes, from −1 to 1."""
    return 2 * labels / 9 - 1


def memorized_and_others(n: int, labels: str, seed: int) -> dict[str, xr.Dataset]:
    """
    Return ``train``, n digits with true or random labels, and ``held_out``, all others.

    ``code`` (sample) is the number that stands for the label. True and random labels are of the
    same digits.
    """
    rng = np.random.default_rng([seed, 47])
    digits = load_digits()
    order = rng.permutation(digits.sizes["sample"])
    drawn = rng.integers(10, size=n)
    train, held_out = (digits.isel(sample=part) for part in (order[:n], order[n:]))
    if labels == "random":
        train = train.assign(label=("sample", drawn))
    return {
        name: part.assign(code=("sample", code_of(part.label.values)))
        for name, part in {"train": train, "held_out": held_out}.items()
    }


@functools.lru_cache(maxsize=2)
def images_of(dataset: str, folder: str = "") -> xr.Dataset:
    """Return all images of a data set, divided by their largest norm: no norm is above 1."""
    if dataset == "digits":
        images = load_digits()
    else:
        images = xr.concat([load_mnist(part, folder=folder or None) for part in ("train", "test")],
                           "sample")  # fmt: skip
    flat = images.input.values.reshape(images.sizes["sample"], -1)
    flat = flat / np.linalg.norm(flat, axis=1).max()
    return xr.Dataset(
        {"input": (("sample", "pixel"), flat), "label": ("sample", images.label.values)}
    )


def part_of(images: xr.Dataset, pair: tuple[int, int] | None, share: int) -> xr.Dataset:
    """
    Return the images of two digits, or all, or a share (per cent) of them with the same balance.

    Of two digits the first is class 1, whose images are covered. A larger share holds a smaller.
    """
    if pair is not None:
        at = np.flatnonzero(np.isin(images.label.values, pair))
        images = images.isel(sample=at)
        flat = images.input / np.linalg.norm(images.input.values, axis=1).max()
        covered = (images.label.values == pair[0]).astype(np.int64)
        images = images.assign(input=flat, label=("sample", covered))
    if share == 100:
        return images
    rng = np.random.default_rng(53)
    kept = [
        rng.permutation(np.flatnonzero(images.label.values == one))
        for one in np.unique(images.label.values)
    ]
    n = [round(share / 100 * part.size) for part in kept]
    chosen = [part[: max(1, size)] for part, size in zip(kept, n, strict=True)]
    return images.isel(sample=np.sort(np.concatenate(chosen)))
