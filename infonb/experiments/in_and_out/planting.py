"""Samples of which it is known whether they can be learnt or must be memorized."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import xarray as xr

__all__ = ["ROLES", "images_of", "planted"]

#: What a sample was planted as, in the order in which they stand.
ROLES = ("clean", "wrong", "pair", "copies", "null")

#: Those with a wrong label.
_WRONG = ("wrong", "pair", "copies")


@functools.cache
def images_of(dataset: str) -> xr.Dataset:
    """Return the images to draw from, read once: not to be changed."""
    from infonb.data import load_digits, load_mnist, subsample

    return load_digits() if dataset == "digits" else subsample(load_mnist())


def planted(
    images: xr.Dataset, numbers: Mapping[str, int], *, copies: int, labels: str, seed: int
) -> xr.Dataset:
    """
    Draw images for each role and give some a wrong label, some copies: (sample, row, column).

    `numbers` of different images by role; a *pair* is two copies. With labels="random" all labels
    are drawn anew, copies share theirs. Coordinates of sample: label's truth and role, ``source``
    among the images, ``copy_of``: the number of the different image, equal for its copies.
    """
    rng = np.random.default_rng([seed, 15])
    times = np.array([{"pair": 2, "copies": copies}.get(role, 1) for role in ROLES])
    different = np.array([numbers[role] for role in ROLES])
    source = rng.permutation(images.sizes["sample"])[: different.sum()]
    role = np.repeat(np.array(ROLES, dtype=object), different)
    true = images["label"].values[source]
    n_classes = int(images["label"].max()) + 1
    label = np.where(
        np.isin(role, _WRONG), (true + rng.integers(1, n_classes, true.size)) % n_classes, true
    )
    if labels == "random":
        label = rng.integers(0, n_classes, true.size)
    copy_of = np.repeat(np.arange(true.size), np.repeat(times, different))
    known = {
        "true_label": true[copy_of],
        "is_wrong": (label != true)[copy_of],
        "role": role[copy_of],
        "source": source[copy_of],
        "copy_of": copy_of,
        "sample": np.arange(copy_of.size),
    }
    return xr.Dataset(
        {
            "input": (images["input"].dims, images["input"].values[source[copy_of]]),
            "label": ("sample", label[copy_of].astype(np.int64)),
        },
        {name: ("sample", values) for name, values in known.items()},
        {"name": images.attrs["name"], "n_classes": n_classes},
    )
