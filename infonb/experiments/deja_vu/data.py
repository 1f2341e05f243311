"""Pairs of images and captions: two training sets, held-out ones, and public images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.data import image_composites, scenes_and_captions

__all__ = ["check_images", "pairs", "scored"]


def check_images(dataset: str, folder: str, n_objects: int) -> None:
    """Find the files of a data set, before anything is created."""
    if dataset == "mnist":
        from infonb.data import load_mnist

        load_mnist("train", folder=folder or None)
    elif dataset == "cifar10":
        from infonb.data.cifar10 import check_cifar10

        check_cifar10("train", n_objects, folder or None)


def pairs(
    dataset: str, n: Mapping[str, int], *, n_objects: int, named: int, likelier: float,
    noise: float, seed: int, folder: str = "",
) -> dict[str, xr.Dataset]:  # fmt: skip
    """Return the pairs of each role: A, B, C and public."""
    options: dict[str, Any] = {
        "n_objects": n_objects,
        "named": named,
        "likelier": likelier,
        "noise": noise,
    }
    if dataset == "scenes":
        whole = scenes_and_captions(n, seed=seed, **options)
    else:
        whole = image_composites(n, dataset, seed=seed, folder=folder or None, **options)
    parts = {role: whole.isel(sample=np.flatnonzero(whole.role == role)) for role in n}
    # numbered by themselves: the same pairs of C, however many there are of A
    return {role: part.assign_coords(sample=np.arange(n[role])) for role, part in parts.items()}


def scored(data: Mapping[str, xr.Dataset], n: int) -> xr.Dataset:
    """Return the first pairs of A, B and C: (sample), with the coordinate role."""
    first = [data[role].isel(sample=slice(n)) for role in ("A", "B", "C")]
    whole = xr.concat(first, "sample", data_vars="all", coords="minimal", compat="override")
    return whole.assign_coords(sample=np.arange(whole.sizes["sample"]))
