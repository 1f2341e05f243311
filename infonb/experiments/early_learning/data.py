"""Images with wrong labels to learn, and others with true ones."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.data import inject_label_noise, load_digits, load_mnist, split, subsample

__all__ = ["ASYMMETRIC", "noisy_images"]

#: Digits that are mistaken for like ones, the noise of Patrini et al. (CVPR 2017) on MNIST.
ASYMMETRIC = {2: 7, 3: 8, 5: 6, 6: 5, 7: 1}


def noisy_images(
    dataset: str, noise: float, *, kind: str, n_train: int, n_validation: int, seed: int
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return images (sample, channel, row, column) with noisy labels, and others with true ones.

    They are the same for all seeds, which draw the noise. The first have the coordinates
    ``true_label`` and ``is_wrong`` (sample).
    """
    train, evaluation = _divided(dataset, n_train, n_validation)
    mapping = ASYMMETRIC if kind == "asymmetric" else None
    label = inject_label_noise(
        train.label, noise, "asymmetric" if mapping else "symmetric", mapping=mapping,
        include_true=kind != "exclusive", n_classes=10, seed=seed,
    )  # fmt: skip
    wrong = {name: label.coords[name].variable for name in ("true_label", "is_wrong")}
    train = train.assign(label=label.variable).assign_coords(wrong)
    return train, evaluation


def _divided(dataset: str, n_train: int, n_validation: int) -> tuple[xr.Dataset, xr.Dataset]:
    if dataset == "digits":
        train, evaluation = split(load_digits(), 1797 - n_train, seed=0)
        parts = train, evaluation.isel(sample=slice(n_validation))
    else:
        draw = np.random.default_rng(0).permutation(60_000)[:n_train]
        whole, test = (subsample(load_mnist(part)) for part in ("train", "test"))
        parts = whole.isel(sample=draw), test.isel(sample=slice(n_validation))
    first, second = (part.assign(input=part.input.expand_dims("channel", axis=1)) for part in parts)
    return first, second
