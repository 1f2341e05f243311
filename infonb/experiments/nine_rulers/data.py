"""The images to draw from, read once, and those that no network sees."""

from __future__ import annotations

import functools

import numpy as np
import xarray as xr

__all__ = ["images_of", "unseen_images", "with_marks"]


@functools.lru_cache(maxsize=2)
def images_of(dataset: str, folder: str = "") -> xr.Dataset:
    """Return the images to draw from, read once: not to be changed."""
    from infonb.data import load_cifar10, load_digits, load_mnist, subsample

    if dataset == "digits":
        return load_digits()
    if dataset == "mnist":
        return subsample(load_mnist("train", folder=folder or None))
    whole = load_cifar10("train", folder=folder or None)
    # means of 2 x 2 pixels: a subsample would keep the noise of single ones
    pixels = whole["input"].drop_vars(list(whole["input"].coords)).coarsen(row=2, column=2).mean()
    return xr.Dataset(
        # around 0, which a plain network learns from sooner
        {"input": (pixels - 0.5).astype(np.float32), "label": ("sample", whole["label"].values)},
        attrs={"name": "cifar10"},
    )


def unseen_images(images: xr.Dataset, used: np.ndarray, n: int) -> xr.Dataset:
    """Return images with their true label that are made use of nowhere else."""
    free = np.setdiff1d(np.arange(images.sizes["sample"]), used)
    drawn = np.sort(np.random.default_rng(73).permutation(free)[:n])
    plain = images[["input", "label"]].isel(sample=drawn)
    return plain.assign_coords(sample=drawn)


def with_marks(others: xr.Dataset, images: xr.Dataset) -> xr.Dataset:
    """Return images each with the mark of a class that is drawn: it tells nothing of the image."""
    from infonb.data.planted_images import marked_images

    n_classes = int(images["label"].max()) + 1
    drawn = np.random.default_rng(74).integers(n_classes, size=others.sizes["sample"])
    pixels = others["input"].transpose("sample", ..., "row", "column")
    found = marked_images(pixels.values, drawn, n_classes, float(images["input"].max()))
    return others.assign(input=pixels.copy(data=found).transpose(*others["input"].dims))
