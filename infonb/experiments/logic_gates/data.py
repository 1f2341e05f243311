"""Images to train on, some with wrong labels, and others."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.data import inject_label_noise, load_digits, load_mnist, split

__all__ = ["images_of"]


def images_of(
    dataset: str, noise: float, *, n_train: int, n_test: int, crop: int = 0, folder: str = "",
    seed: int,
) -> dict[str, xr.Dataset]:  # fmt: skip
    """
    Return the parts train, with a share `noise` of wrong labels, and evaluation, with true ones.

    Images (sample, channel, row, column), without `crop` rows and columns at each side, are the
    same for all seeds, which draw the noise. Of train, ``true_label`` and ``is_wrong`` (sample)
    are coordinates.
    """
    train, test = _divided(dataset, n_train, n_test, folder)
    label = inject_label_noise(train.label, noise, include_true=False, n_classes=10, seed=seed)
    known = {name: label.coords[name].variable for name in ("true_label", "is_wrong")}
    inner = slice(crop, -crop or None)
    train, test = (part.isel(row=inner, column=inner) for part in (train, test))
    return {
        "train": train.assign(label=label.variable).assign_coords(known),
        "evaluation": test,
    }


def _divided(dataset: str, n_train: int, n_test: int, folder: str) -> tuple[xr.Dataset, xr.Dataset]:
    if dataset == "digits":
        train, test = split(load_digits(), 1797 - n_train, seed=0)
    else:
        train, test = (load_mnist(part, folder=folder or None) for part in ("train", "test"))
        if n_train < train.sizes["sample"]:
            drawn = np.random.default_rng(0).permutation(train.sizes["sample"])[:n_train]
            train = train.isel(sample=drawn)
    test = test.isel(sample=slice(n_test))
    first, second = (
        part.assign(input=part.input.expand_dims("channel", axis=1)) for part in (train, test)
    )
    return first, second
