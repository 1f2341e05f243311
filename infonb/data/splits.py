"""Division of a data set into training and validation."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.validate import check_integer

__all__ = ["split"]


def split(
    dataset: xr.Dataset, n_validation: int, *, seed: int | None = None
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Divide a data set into a training and a validation part.

    Parameters
    ----------
    dataset
        With the dimension ``sample``.
    n_validation
        Number of validation examples; at least one example is left on each side.
    seed
        None: the last `n_validation` examples are the validation part, as the paper does with
        MNIST. A whole number: a seeded permutation comes first.

    Returns
    -------
    train, validation : xarray.Dataset
        Both keep the coordinate ``sample`` of the whole, and say in the attribute ``split``
        which part they are.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 (the last 10,000 of MNIST's training file).

    Examples
    --------
    >>> from infonb.data.circles import concentric_circles
    >>> train, validation = split(concentric_circles(100), 10, seed=0)
    >>> train.sizes["sample"], validation.sizes["sample"]
    (90, 10)
    """
    n = dataset.sizes["sample"]
    if n < 2:
        raise ValueError(f"a data set of {n} examples cannot be split.")
    n_validation = check_integer("n_validation", n_validation, 1, n - 1)
    order = np.arange(n)
    if seed is not None:
        order = np.random.default_rng(check_integer("seed", seed, 0)).permutation(n)
    train, validation = order[: n - n_validation], order[n - n_validation :]
    return (
        dataset.isel(sample=train).assign_attrs(split="train"),
        dataset.isel(sample=validation).assign_attrs(split="validation"),
    )
