"""Two classes that are apart from each other: a ball and a shell, corners of a cube, two digits."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import xarray as xr

from infonb.data.digits import load_digits
from infonb.data.mnist import load_mnist
from infonb.validate import check_choice, check_integer

__all__ = ["ball_shell", "digit_pair", "digits_of", "parity_cube"]

#: Radii of the ball and of the shell around it.
_BALL, _SHELL = (0.0, 1.0), (1.5, 2.5)
#: Largest grey level of a pixel.
_GREYS = {"digits": 16, "mnist": 255}


def ball_shell(n_dims: int, n_samples: int, *, seed: int = 0) -> xr.Dataset:
    """
    Draw points of a ball, label 1, and of the shell around it, label -1: half a unit apart.

    Parameters
    ----------
    n_dims
        Dimension n of the space.
    n_samples
        Number of points, every other one of the ball.
    seed
        Of the draws; a longer set of the same seed begins with the shorter one.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, feature) float64; ``label`` (sample), -1 or 1; ``radius`` (sample),
        uniform in 0 .. 1 for the ball and in 1.5 .. 2.5 for the shell, in any direction alike.

    Notes
    -----
    In n dimensions the classes are 0.5 apart. In a projection to fewer they overlap, since points
    of the shell fall upon the ball: what sees fewer than n directions cannot tell them apart.

    References
    ----------
    Made for the statement on width of Yu, Gao, Zhang and Miao (NeurIPS 2024, arXiv 2411.00372).

    Examples
    --------
    >>> points = ball_shell(3, 100)
    >>> dict(points.input.sizes), float(points.radius[points.label == 1].max()) <= 1
    ({'sample': 100, 'feature': 3}, True)
    """
    n_dims, n = check_integer("n_dims", n_dims, 1), check_integer("n_samples", n_samples, 2)
    rng = np.random.default_rng([check_integer("seed", seed, 0), 31])
    drawn = rng.standard_normal((n, n_dims + 1))  # one row a point, so that longer sets go on
    label = np.where(np.arange(n) % 2 == 0, 1, -1)
    share = _uniform(drawn[:, 0])
    low, high = np.where(label[:, None] > 0, _BALL, _SHELL).T
    radius = low + (high - low) * share
    unit = drawn[:, 1:] / np.linalg.norm(drawn[:, 1:], axis=1, keepdims=True)
    return xr.Dataset(
        {"input": (("sample", "feature"), radius[:, None] * unit), "label": ("sample", label)},
        {"sample": np.arange(n), "radius": ("sample", radius)},
        {"name": "ball and shell", "seed": int(seed)},
    )


def parity_cube(n_dims: int) -> xr.Dataset:
    """
    Return all corners of a cube, labelled by whether their number of ones is even.

    Parameters
    ----------
    n_dims
        Dimension n of the cube, which has 2^n corners; 20 at most.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, feature) float64 of 0 and 1; ``label`` (sample): 1 where the number of
        ones is even, else -1; ``ones`` (sample): the number.

    Notes
    -----
    Every neighbour of a corner has the other label, so that near points say the contrary.

    Examples
    --------
    >>> cube = parity_cube(2)
    >>> cube.input.values.tolist(), cube.label.values.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [1, -1, -1, 1])
    """
    n_dims = check_integer("n_dims", n_dims, 1, 20)
    numbers = np.arange(2**n_dims)
    corners = (numbers[:, None] >> np.arange(n_dims)[::-1]) & 1
    ones = corners.sum(axis=1)
    return xr.Dataset(
        {
            "input": (("sample", "feature"), corners.astype(float)),
            "label": ("sample", 1 - 2 * (ones % 2)),
        },
        {"sample": numbers, "ones": ("sample", ones)},
        {"name": "parity of the cube"},
    )


def digit_pair(
    pair: str, *, dataset: str = "digits", n_train: int = 0, seed: int = 0,
    folder: str | Path | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:  # fmt: skip
    """
    Return images of two digits, or of two sets of digits, for training and held out.

    Parameters
    ----------
    pair
        Digits of label 1, ``v``, digits of label -1: ``"3v8"``, or ``"01234v56789"``.
    dataset
        ``"digits"``: scikit-learn's 8 x 8 digits; those not drawn for training are held out.
        ``"mnist"``: 28 x 28, its 60,000 images for training and its 10,000 held out.
    n_train
        How many are drawn for training; 0: half of digits, all of mnist.
    seed
        Of the draw.
    folder
        As in `infonb.data.load_mnist`.

    Returns
    -------
    train, held_out : xarray.Dataset
        ``input`` (sample, row, column) float32, whole grey levels from 0 to the attribute ``grey``
        (16 or 255), so that squared distances are whole numbers and exact; ``label`` (sample), -1
        or 1; ``digit`` (sample). The numbers of ``sample`` are those of the data set (its part).

    Raises
    ------
    ValueError
        If `pair` is none, or there are not so many images.

    Examples
    --------
    >>> train, held_out = digit_pair("3v8", n_train=200)
    >>> train.sizes["sample"], held_out.sizes["sample"], float(train.input.max())
    (200, 157, 16.0)
    >>> sorted(set(zip(train.digit.values.tolist(), train.label.values.tolist())))
    [(3, 1), (8, -1)]
    """
    check_choice("dataset", dataset, list(_GREYS))
    parts = _parts(dataset, str(folder or ""))
    train, held_out = (_of_pair(part, *digits_of(pair)) for part in parts)
    order = np.random.default_rng([check_integer("seed", seed, 0), 37]).permutation(
        train.sizes["sample"]
    )
    if dataset == "digits":
        n = check_integer("n_train", n_train, 0, order.size - 1) or order.size // 2
        held_out = train.isel(sample=np.sort(order[n:]))
    else:
        n = check_integer("n_train", n_train, 0, order.size) or order.size
    attrs = {"name": f"{dataset} {pair}", "pair": pair, "grey": _GREYS[dataset]}
    return train.isel(sample=np.sort(order[:n])).assign_attrs(attrs), held_out.assign_attrs(attrs)


def digits_of(pair: str) -> tuple[list[int], list[int]]:
    """Return the digits of both labels of a pair: ``"3v8"`` → ([3], [8])."""
    sides = str(pair).split("v")
    if len(sides) == 2 and all(side.isascii() and side.isdigit() for side in sides):
        first, second = (sorted({int(one) for one in side}) for side in sides)
        if not set(first) & set(second):
            return first, second
    raise ValueError(
        f"pair must be digits, the letter v, other digits, such as '3v8' or '01234v56789'; not "
        f"{pair!r}."
    )


def _of_pair(images: xr.Dataset, first: list[int], second: list[int]) -> xr.Dataset:
    digit = images["label"].values
    at = np.flatnonzero(np.isin(digit, first + second))
    found = images.isel(sample=at)
    label = np.where(np.isin(digit[at], first), 1, -1)
    return found.assign(label=("sample", label)).assign_coords(digit=("sample", digit[at]))


@functools.lru_cache(maxsize=2)
def _parts(dataset: str, folder: str) -> tuple[xr.Dataset, xr.Dataset]:
    """Return all images in whole grey levels, read once: not to be changed."""
    if dataset == "digits":
        both = (load_digits(),) * 2
    else:
        both = tuple(load_mnist(part, folder=folder or None) for part in ("train", "test"))  # type: ignore[assignment]
    grey = np.float32(_GREYS[dataset])
    first, second = (one.assign(input=(one["input"] * grey).round()) for one in both)
    return first, second


def _uniform(normal: np.ndarray) -> np.ndarray:
    """Return what is uniform in 0 .. 1, of standard normal numbers."""
    from scipy.special import ndtr

    return np.asarray(ndtr(normal))
