"""Images of 0 and 1, some of them planted so that it is known what must be memorized."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import xarray as xr

__all__ = ["images_of", "measured", "planted"]


@functools.cache
def images_of(dataset: str, folder: str = "") -> xr.Dataset:
    """Return the images to draw from, read once: not to be changed."""
    from infonb.data import load_digits, load_mnist

    if dataset == "digits":
        return load_digits()
    # the paper's 32 x 32 pixels
    return load_mnist("train", folder=folder or None).pad(row=2, column=2, constant_values=0)


def planted(
    images: xr.Dataset, numbers: Mapping[str, int], *, copies: int, binarize: str, seed: int
) -> xr.Dataset:
    """
    Draw images for each role: (sample, row, column), 0 or 1; those `single` and `copies` shuffled.

    ``intensity`` is what a pixel is drawn from anew in training (fresh); equal to ``input`` where
    it is not (static). Coordinates of sample: role, label, ``copy_of``: the number of the different
    image, equal for its copies.
    """
    rng = np.random.default_rng([seed, 18])
    different = np.array([numbers[role] for role in numbers])
    source = _order(images, seed)[: different.sum()]
    role = np.repeat(np.array(list(numbers), dtype=object), different)
    pixels = images["input"].values[source].astype(np.float32)
    for at in np.flatnonzero(np.isin(role, ["single", "copies"])):
        pixels[at] = rng.permutation(pixels[at].ravel()).reshape(pixels[at].shape)
    binary = _binary(pixels, binarize, rng)
    intensity = pixels if binarize == "fresh" else binary
    copy_of = np.repeat(np.arange(role.size), np.where(role == "copies", copies, 1))
    dims = images["input"].dims
    known = {
        "role": role[copy_of], "label": images["label"].values[source][copy_of],
        "copy_of": copy_of, "sample": np.arange(copy_of.size),
    }  # fmt: skip
    return xr.Dataset(
        {"input": (dims, binary[copy_of]), "intensity": (dims, intensity[copy_of])},
        {name: ("sample", values) for name, values in known.items()},
        {"name": images.attrs["name"]},
    )


def measured(images: xr.Dataset, n: int, *, skip: int, binarize: str, seed: int) -> xr.Dataset:
    """
    Return other images of 0 and 1, none of the first `skip` that were drawn for the roles.

    No two are equal: neighbours of equal images say nothing of the others. `n`, if there are.
    """
    source = _order(images, seed)[skip : skip + 2 * n]
    rng = np.random.default_rng([seed, 19])
    binary = _binary(images["input"].values[source].astype(np.float32), binarize, rng)
    _, first = np.unique(binary.reshape(len(binary), -1), axis=0, return_index=True)
    binary = binary[np.sort(first)[:n]]
    return xr.Dataset({"input": (images["input"].dims, binary)}, {"sample": np.arange(len(binary))})


def _order(images: xr.Dataset, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 17]).permutation(images.sizes["sample"])


def _binary(pixels: np.ndarray, binarize: str, rng: np.random.Generator) -> np.ndarray:
    """Return one image of 0 and 1 for each: what all networks are asked about."""
    if binarize == "static":
        return (pixels >= 0.5).astype(np.float32)
    return (rng.random(pixels.shape) < pixels).astype(np.float32)
