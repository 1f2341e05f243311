"""The nearest of other points by Euclidean distance: by the one blocked search there is."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.memorization.deja_vu.neighbours import largest_products
from infonb.validate import check_dim

__all__ = ["flat", "nearest", "points"]

#: Candidates of the search by products; the nearest of them is told by exact distances.
_CANDIDATES = 8
#: By so much a product of the search may be wrong, with points of length 1 at most.
_ERROR = 5e-12
#: Squares of larger values are none that a float holds.
_LARGEST = 1e140


def points(values: object, name: str) -> xr.DataArray:
    """Return points (sample, ...) as float64; raise for what has no distances."""
    check_array(values, name)
    assert isinstance(values, xr.DataArray)
    check_dim("sample", values.dims, name)
    if values.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real numbers; not {values.dtype}.")
    if not values.sizes["sample"]:
        raise ValueError(f"{name} has no samples: give at least one.")
    found = values.transpose("sample", ...).astype(np.float64).compute()
    wrong = ~np.isfinite(found.values)
    if wrong.any():
        raise ValueError(
            f"{name} is NaN or infinite for {int(wrong.sum()):,} of {found.size:,} values, first "
            f"in the sample at place {int(np.argwhere(wrong)[0, 0])}: leave such samples out."
        )
    if found.size and (largest := float(abs(found).max())) > _LARGEST:
        raise ValueError(
            f"{name} has values up to {largest:.3g}, whose squares overflow: give it in other "
            f"units, below {_LARGEST:g}."
        )
    return found


def flat(**arrays: object) -> list[np.ndarray]:
    """Return arrays of points, each (sample, ...), as matrices (sample, feature) of one order."""
    found = [points(values, name) for name, values in arrays.items()]
    names, first = list(arrays), found[0]
    for name, one in zip(names, found, strict=True):
        if set(one.dims) != set(first.dims) or any(
            one.sizes[dim] != first.sizes[dim] for dim in first.dims if dim != "sample"
        ):
            shape, other = (
                {str(d): n for d, n in each.sizes.items() if d != "sample"} for each in (one, first)
            )
            raise ValueError(f"{name} has points of {shape}, {names[0]} of {other}: must be alike.")
        for dim in set(first.indexes) & set(one.indexes) - {"sample"}:
            if not first.indexes[dim].equals(one.indexes[dim]):
                raise ValueError(
                    f"{name} and {names[0]} differ in the labels of {dim!r}: bring them in one "
                    "order."
                )
    matrices = [one.transpose(*first.dims).values for one in found]
    return [one.reshape(len(one), -1) for one in matrices]


def nearest(
    x: np.ndarray, others: np.ndarray, *, itself: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return place and distance of the nearest other point: (n, feature), (m, feature) → (n), (n).

    With ``itself=False`` the two are the same points, and none is its own neighbour.
    """
    middle = others.mean(axis=0)
    centred, around = x - middle, others - middle
    # at most length 1, as products of the search are compared to 12 decimals
    scale = np.sqrt(max((centred**2).sum(axis=1).max(), (around**2).sum(axis=1).max())) or 1.0
    centred, around = centred / scale, around / scale
    # |x - y|² is smallest where x·y - |y|² / 2 is largest
    longer = np.column_stack([centred, np.ones(len(x))])
    halves = np.column_stack([around, -(around**2).sum(axis=1) / 2])
    place, product = largest_products(longer, halves, min(_CANDIDATES, len(others)))
    distance = np.empty(place.shape)
    for at in range(place.shape[1]):  # of one candidate of each point at a time: little memory
        distance[:, at] = np.sqrt(((x - others[place[:, at]]) ** 2).sum(axis=1))
    if not itself:
        distance[place == np.arange(len(x))[:, None]] = np.inf
    least = distance.min(axis=1)
    # of equally near ones the first
    first = np.where(distance == least[:, None], place, len(others)).min(axis=1)
    if place.shape[1] < len(others):
        # so near others may be that are no candidates: many copies, or scale set by one far point
        bound = (centred**2).sum(axis=1) - 2 * (product[:, -1] + _ERROR)
        for i in np.flatnonzero((least / scale) ** 2 >= bound):
            every = np.sqrt(((x[i] - others) ** 2).sum(axis=1))
            if not itself:
                every[i] = np.inf
            first[i], least[i] = every.argmin(), every.min()
    return first, least
