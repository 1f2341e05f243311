"""Images by what they are to the two encoders: shared, candidate, independent, external."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import xarray as xr

__all__ = ["MOST", "ROLES", "divide", "joined", "planted", "some_of_each"]

#: What images are to the encoders f (first) and g (second); the last one is the null.
ROLES = ("S", "C", "I", "E")

#: Data set → its parts → which sizes they have together, and how many images there are.
MOST: dict[str, dict[str, tuple[tuple[str, ...], int]]] = {
    "digits": {
        "": (
            ("n_shared", "n_candidates", "n_independent", "n_external", "n_probe", "n_evaluation"),
            1797,
        )
    },
    "cifar10": {
        "train": (("n_shared", "n_candidates", "n_independent"), 10_000),
        "test": (("n_external", "n_probe", "n_evaluation"), 5_000),
    },
}

#: One division, and the same textures, for all seeds: they vary the networks, not the images.
_DIVISION = 0


def divide(
    dataset: str, sizes: Mapping[str, int], n_planted: int, folder: str | None = None
) -> dict[str, xr.Dataset]:
    """
    Return images (sample, channel, row, column) by role: S, C, I, E, probe, evaluation.

    Of C, I and E the first `n_planted` are textures. `sample` counts over all roles, so that a
    number tells an image.
    """
    pools = [_whole(dataset, folder, part) for part in MOST[dataset]]
    groups = [names for names, _ in MOST[dataset].values()]
    found: dict[str, xr.Dataset] = {}
    start = 0
    for pool, names in zip(pools, groups, strict=True):
        order = np.random.default_rng(_DIVISION).permutation(pool.sizes["sample"])
        for name in names:
            n, role = sizes[name], _role_of(name)
            here, order = order[:n], order[n:]
            part = pool.isel(sample=np.sort(here))
            if role in ROLES[1:]:
                part = planted(part, n_planted, seed=ROLES.index(role))
            else:
                part = part.assign_coords(kind=("sample", _words("typical", n)))
            numbers = np.arange(start, start + n)
            found[role] = part.assign_coords(
                sample=numbers, role=("sample", _words(role, n))
            ).assign_attrs(name=dataset)
            start += n
    return {role: found[role] for role in (*ROLES, "probe", "evaluation")}


def planted(images: xr.Dataset, n: int, *, seed: int) -> xr.Dataset:
    """
    Return images of which the first `n` are random black and white textures, with `kind`.

    A texture keeps the label of the image in whose place it is.
    """
    values = images["input"].values.copy()
    rng = np.random.default_rng([_DIVISION, seed])
    values[:n] = rng.integers(0, 2, size=values[:n].shape)
    kind = _words("typical", len(values))
    kind[:n] = "texture"
    return images.assign(input=(images["input"].dims, values)).assign_coords(kind=("sample", kind))


def joined(data: Mapping[str, xr.Dataset], roles: str) -> xr.Dataset:
    """Return the images of several roles, such as "SC", one after the other."""
    parts = [data[role] for role in roles]
    return xr.concat(parts, "sample", coords="minimal", compat="override", combine_attrs="override")


def some_of_each(data: Mapping[str, xr.Dataset], n: int) -> xr.Dataset:
    """Return so many images of each role, evenly spread; 0, or more than there are: all."""
    found = {}
    for role in ROLES:
        most = data[role].sizes["sample"]
        places = np.linspace(0, most - 1, min(n or most, most)).round().astype(int)
        found[role] = data[role].isel(sample=places)
    return joined(found, "".join(ROLES))


@lru_cache(2)  # a page asks several times
def _whole(dataset: str, folder: str | None, part: str) -> xr.Dataset:
    """Return a part of a data set, images (sample, channel, row, column)."""
    from infonb.data import load_cifar10, load_digits

    if dataset == "cifar10":
        return load_cifar10(part, folder=folder).drop_vars(["object", "channel"])
    digits = load_digits()
    return digits.assign(input=digits["input"].expand_dims("channel", axis=1))


def _role_of(size: str) -> str:
    name = size.removeprefix("n_")
    return name[0].upper() if name[0].upper() in ROLES and name != "evaluation" else name


def _words(word: str, n: int) -> np.ndarray:
    return np.full(n, word, dtype=object)
