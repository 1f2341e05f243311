"""Wrong labels on purpose: uniform shuffling and binary flips, seeded and paired across levels."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from infonb.validate import check_integer, check_number

__all__ = ["Seed", "flip_labels", "random_streams", "shuffle_labels", "shuffled"]

#: What seeds a random draw: a whole number, or a stream that was split off one.
Seed = int | np.random.SeedSequence


def random_streams(seed: Seed, n: int) -> list[np.random.SeedSequence]:
    """Split a seed into independent streams; the first ones do not depend on how many there are."""
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(check_integer("seed", seed, 0))
    # not `spawn`, which counts its calls: a second use of the same stream would differ
    return [np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, i)) for i in range(n)]


def shuffle_labels(
    labels: ArrayLike, beta: float, *, n_classes: int, seed: Seed
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """
    Replace every label, with probability `beta`, by one drawn uniformly from all classes.

    Parameters
    ----------
    labels
        Whole numbers in ``0 .. n_classes - 1``, one dimension.
    beta
        Probability of a replacement, between 0 and 1.
    n_classes
        Number of classes that the new label is drawn from, the true one among them.
    seed
        Seed of the draw.

    Returns
    -------
    new_labels : int64 array
    is_drawn : bool array
        Which positions were drawn anew. A fraction ``1 / n_classes`` of them has kept its
        label by chance.

    Notes
    -----
    For one seed the draws are nested: the positions replaced at a small `beta` are among those
    replaced at a larger one and get the same new label, so runs over `beta` are paired.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 5 (shuffled MNIST and IMDb).

    Examples
    --------
    >>> labels = np.arange(10)
    >>> new, is_drawn = shuffle_labels(labels, 0.5, n_classes=10, seed=0)
    >>> bool((new[~is_drawn] == labels[~is_drawn]).all())
    True
    >>> bool(shuffle_labels(labels, 1.0, n_classes=10, seed=0)[1].all())
    True
    """
    values = _check_labels(labels, check_integer("n_classes", n_classes, 2))
    beta = check_number("beta", beta, 0.0, 1.0)
    # one row a label: the first n rows are the same whatever the number of labels
    draws = np.random.default_rng(random_streams(seed, 1)[0]).random((values.size, 2))
    is_drawn = draws[:, 0] < beta
    new = (draws[:, 1] * n_classes).astype(np.int64)
    return np.where(is_drawn, new, values), is_drawn


def flip_labels(
    labels: ArrayLike, probability: float, *, seed: Seed
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """
    Flip every binary label with a given probability.

    Parameters
    ----------
    labels
        0 or 1, one dimension.
    probability
        Probability of a flip, between 0 and 1.
    seed
        Seed of the draw.

    Returns
    -------
    new_labels : int64 array
    is_flipped : bool array

    Notes
    -----
    For one seed the flips are nested: those at a small probability happen at a larger one too.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 (label noise and colours of Colored MNIST).

    Examples
    --------
    >>> flip_labels([0, 1, 1], 1.0, seed=0)[0]
    array([1, 0, 0])
    """
    values = _check_labels(labels, 2)
    probability = check_number("probability", probability, 0.0, 1.0)
    draws = np.random.default_rng(random_streams(seed, 1)[0]).random(values.size)
    is_flipped = draws < probability
    return np.where(is_flipped, 1 - values, values), is_flipped


def shuffled(dataset: xr.Dataset, beta: float, *, n_classes: int, seed: Seed) -> xr.Dataset:
    """
    Return a data set whose labels are, with probability `beta`, drawn uniformly at random.

    Dims in and out: ``label`` (sample); everything else stays.

    Parameters
    ----------
    dataset
        With a variable ``label`` (sample), whole numbers in ``0 .. n_classes - 1``.
    beta, n_classes, seed
        As in `shuffle_labels`.

    Returns
    -------
    xarray.Dataset
        ``label`` replaced, with the coordinates ``true_label`` and ``is_shuffled`` (drawn anew)
        on ``sample``, and the attribute ``beta``.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), sections 3 and 5.

    Examples
    --------
    >>> from infonb.data.circles import concentric_circles
    >>> points = shuffled(concentric_circles(100), 0.5, n_classes=2, seed=0)
    >>> points.attrs["beta"], int(points.is_shuffled.sum())
    (0.5, 55)
    """
    true = dataset["label"].values
    new, is_drawn = shuffle_labels(true, beta, n_classes=n_classes, seed=seed)
    return dataset.assign(label=("sample", new)).assign_coords(
        true_label=("sample", true), is_shuffled=("sample", is_drawn)
    ).assign_attrs(beta=float(beta))  # fmt: skip


def _check_labels(labels: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    values = np.asarray(labels)
    if values.ndim != 1:
        raise ValueError(f"labels must have one dimension; not shape {values.shape}.")
    if values.size and not (
        np.issubdtype(values.dtype, np.integer) or np.issubdtype(values.dtype, np.bool_)
    ):
        raise TypeError(f"labels must be whole numbers; not {values.dtype}.")
    values = values.astype(np.int64)
    if values.size and (values.min() < 0 or values.max() >= n_classes):
        bad = values[(values < 0) | (values >= n_classes)][0]
        raise ValueError(f"labels must be between 0 and {n_classes - 1}; not {bad}.")
    return values
