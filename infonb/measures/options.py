"""Options that entropy and mutual information share: units, k, which samples."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import xarray as xr

from infonb.validate import check_choice, check_dim, check_integer

__all__ = ["PERMUTATIONS", "Attributes", "check_neighbours", "per_unit", "some_samples"]

Attributes = dict[str, int | float | str]

# Shuffles whose mean is the baseline of corrected="permutation".
PERMUTATIONS = 10


def per_unit(unit: str) -> float:
    """Return how many nats a unit has."""
    check_choice("unit", unit, ["nat", "bit"])
    return 1.0 if unit == "nat" else float(np.log(2.0))


def check_neighbours(k: int, n_samples: int) -> int:
    """Return k as int; raise unless every sample has k others."""
    k = check_integer("k", k, minimum=1)
    if k >= n_samples:
        raise ValueError(
            f"k={k} needs at least {k + 1} samples; there "
            f"{'is' if n_samples == 1 else 'are'} {n_samples}. Record more samples or lower k."
        )
    return k


def some_samples(
    activation: xr.DataArray, dim: Hashable, max_samples: int | None, seed: int
) -> tuple[slice | np.ndarray, Attributes]:
    """Return which samples, at most so many, drawn without replacement and in order, and attrs."""
    check_dim(dim, activation.dims, "activation")
    if max_samples is None:
        return slice(None), {}
    check_integer("max_samples", max_samples, minimum=1)
    n = activation.sizes[dim]
    if n <= max_samples:
        return slice(None), {}
    drawn = np.sort(np.random.default_rng(seed).choice(n, max_samples, replace=False))
    return drawn, {"drawn_from_samples": n, "seed": seed}
