"""The paper's two kinds of image data, ready for training: colored and label-shuffled digits."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from infonb.data.coloring import colored
from infonb.data.digits import load_digits
from infonb.data.image_files import load_images
from infonb.data.labels import random_streams, shuffled
from infonb.data.mnist import load_mnist, subsample
from infonb.data.splits import split
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["colored_images", "shuffled_images"]


def colored_images(
    dataset: str | xr.Dataset,
    alpha: float,
    *,
    label_noise: float = 0.25,
    seed: int = 0,
    n_train: int | None = None,
    n_validation: int | None = None,
    folder: str | Path | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return colored digits for training and validation, with a shortcut of strength `alpha`.

    Parameters
    ----------
    dataset
        ``"digits"``: scikit-learn's 8 x 8 digits, 1,297 for training and 500 for validation.
        ``"mnist"``: 50,000 and 10,000 images, subsampled to 14 x 14. The path of a file for
        `infonb.data.load_images`, or a dataset like what that returns: a fourth, drawn with seed
        0, is for validation.
    alpha
        0: the colour carries no information in training, 1: it is the label. Between them the
        colour differs from the label with probability ``e = (1 - alpha) / 2``.
    label_noise
        Probability that the label "digit below 5" (of other images: in the lower half of the
        classes) is flipped, in training and in validation.
    seed
        Seed of label noise and colours. For one seed the label noise and the whole validation
        set are the same at every `alpha`, so runs over `alpha` are paired.
    n_train, n_validation
        Take only the first so many examples of each part; None: all.
    folder
        As in `infonb.data.load_mnist`.

    Returns
    -------
    train, validation : xarray.Dataset
        ``input`` (sample, channel, row, column), binary ``label`` (sample), coordinates as in
        `infonb.data.colored`. In validation the colour always is random (e = 0.5).

    Notes
    -----
    The validation accuracy cannot exceed ``1 - label_noise`` but by chance.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4, Figures 2 and 3.

    Examples
    --------
    >>> train, validation = colored_images("digits", alpha=1.0)
    >>> dict(train.input.sizes)
    {'sample': 1297, 'channel': 2, 'row': 8, 'column': 8}
    >>> float((train.color == train.label).mean()), validation.attrs["e"]
    (1.0, 0.5)
    """
    alpha = check_number("alpha", alpha, 0.0, 1.0)
    parts = _load(dataset, n_train, n_validation, folder)
    train_stream, validation_stream = random_streams(seed, 2)
    train, validation = (
        colored(part, e, label_noise=label_noise, below=_n_classes(part) // 2, seed=stream)
        for part, e, stream in (
            (parts[0], (1 - alpha) / 2, train_stream),
            (parts[1], 0.5, validation_stream),
        )
    )
    return (
        train.assign_attrs(alpha=alpha, seed=int(seed)),
        validation.assign_attrs(alpha=0.0, seed=int(seed)),
    )


def shuffled_images(
    dataset: str | xr.Dataset,
    beta: float,
    *,
    seed: int = 0,
    n_train: int | None = None,
    n_validation: int | None = None,
    folder: str | Path | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return digits whose training labels are, with probability `beta`, drawn at random.

    Parameters
    ----------
    dataset
        ``"digits"`` (8 x 8), ``"mnist"`` (14 x 14) or other images, divided as in
        `colored_images`.
    beta
        Probability that a training label is replaced by a uniformly drawn one.
    seed
        Seed of the shuffling; nested over `beta`, see `infonb.data.shuffle_labels`.
    n_train, n_validation, folder
        As in `colored_images`.

    Returns
    -------
    train, validation : xarray.Dataset
        ``input`` (sample, row, column), ``label`` (sample) in 0 .. 9, coordinates ``true_label``
        and ``is_shuffled``, the attribute ``n_classes``. The labels of validation are true.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 5, Figures 6 and 7.

    Examples
    --------
    >>> train, validation = shuffled_images("digits", beta=1.0)
    >>> float((train.label == train.true_label).mean().round(1))
    0.1
    >>> bool((validation.label == validation.true_label).all())
    True
    """
    beta = check_number("beta", beta, 0.0, 1.0)
    parts = _load(dataset, n_train, n_validation, folder)
    stream = random_streams(seed, 1)[0]
    name = f"shuffled {parts[0].attrs['name']}"
    n_classes = _n_classes(parts[0])
    attrs = {"name": name, "seed": int(seed), "n_classes": n_classes}
    return (
        shuffled(parts[0], beta, n_classes=n_classes, seed=stream).assign_attrs(attrs),
        shuffled(parts[1], 0.0, n_classes=n_classes, seed=stream).assign_attrs(attrs),
    )


def _n_classes(images: xr.Dataset) -> int:
    return int(images.attrs.get("n_classes", 10))


def _load(
    dataset: str | xr.Dataset,
    n_train: int | None,
    n_validation: int | None,
    folder: str | Path | None,
) -> tuple[xr.Dataset, xr.Dataset]:
    own = load_images(dataset) if isinstance(dataset, str) and dataset.endswith(".npz") else dataset
    if isinstance(own, xr.Dataset):
        if "n_classes" not in own.attrs:
            own = own.assign_attrs(n_classes=int(own["label"].max()) + 1)
        parts = split(own, max(1, own.sizes["sample"] // 4), seed=0)
        return _first(parts[0], n_train, "n_train"), _first(parts[1], n_validation, "n_validation")
    check_choice("dataset", dataset, ["digits", "mnist"])
    if dataset == "mnist":
        parts = split(subsample(load_mnist("train", folder=folder)), 10_000)
    else:
        # one division for all seeds: they vary the noise and the network, not the examples
        parts = split(load_digits(), 500, seed=0)
    return _first(parts[0], n_train, "n_train"), _first(parts[1], n_validation, "n_validation")


def _first(part: xr.Dataset, n: int | None, name: str) -> xr.Dataset:
    if n is None:
        return part
    return part.isel(sample=slice(check_integer(name, n, 1, part.sizes["sample"])))
