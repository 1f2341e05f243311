"""Objects that neighbours of a caption show, taken for those of its own image."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.validate import check_dim, check_integer

__all__ = ["placed", "precision_recall", "predicted_objects", "true_objects"]


def predicted_objects(
    neighbors: xr.Dataset | xr.DataArray,
    public_objects: xr.DataArray,
    *,
    k: int | None = None,
    top_objects: int | None = None,
) -> xr.Dataset:
    r"""
    Return which objects a model expects in the image of a caption: those of its neighbours.

    Dims (\*batch, sample, neighbor) and (public, object) in; (\*batch, sample, object) out.

    Parameters
    ----------
    neighbors
        As of `nearest_public`: a dataset with ``place``, or that array; the nearest first.
    public_objects
        Which objects a public image shows, bool (public, object).
    k
        Only the first so many neighbours; None: all of them.
    top_objects
        Only the objects that most neighbours show; of those that as many show, the one that stands
        first along ``object``. An object that no neighbour shows is never predicted. None: every
        object that a neighbour shows.

    Returns
    -------
    xarray.Dataset
        ``predicted`` (\*batch, sample, object), bool; ``share`` (\*batch, sample, object), the
        share of the neighbours that show the object, units 1.

    Raises
    ------
    TypeError, ValueError
        If `public_objects` is not bool, a neighbour is not among the public images, or there are
        fewer than `k` neighbours.

    Notes
    -----
    An object counts once for each neighbour that shows it. The published code of the paper takes
    the union; the paper's figures have a variant with the most frequent ones.

    References
    ----------
    Jayaraman, Guo and Chaudhuri, NeurIPS 2024.

    Examples
    --------
    >>> shows = [[True, True, False], [True, False, True]]
    >>> public_objects = xr.DataArray(shows, dims=("public", "object"))
    >>> neighbors = xr.DataArray([[0, 1], [1, 1]], dims=("sample", "neighbor"))
    >>> found = predicted_objects(neighbors, public_objects)
    >>> found.predicted.values.astype(int).tolist()
    [[1, 1, 1], [1, 0, 1]]
    >>> found.share.values.tolist()
    [[1.0, 0.5, 0.5], [1.0, 0.0, 1.0]]
    >>> predicted_objects(neighbors, public_objects, top_objects=1).predicted.values.astype(int)
    array([[1, 0, 0],
           [1, 0, 0]])
    """
    place = placed(neighbors, k)
    _check_bool(public_objects, ("public", "object"), "public_objects")
    n = public_objects.sizes["public"]
    if place.size and not 0 <= int(place.min()) <= int(place.max()) < n:
        raise ValueError(
            f"neighbors name places {int(place.min())} … {int(place.max())} of public images; "
            f"public_objects has {n:,}. Both must be of the same public images."
        )
    searched = place.attrs.get("n_public", n)
    if searched != n:
        raise ValueError(
            f"the neighbours were found among {searched:,} public images, and public_objects has "
            f"{n:,}. Both must be of the same public images."
        )
    if top_objects is not None:
        check_integer("top_objects", top_objects, 1)
    shows = public_objects.transpose("public", "object")
    counts = xr.apply_ufunc(
        _counts, place, input_core_dims=[["sample", "neighbor"]],
        output_core_dims=[["sample", "object"]], kwargs={"shows": shows.values},
    )  # fmt: skip
    if "object" in shows.coords:
        counts = counts.assign_coords(object=shows.object)
    predicted = xr.apply_ufunc(_most_frequent, counts, kwargs={"most": top_objects})
    share = (counts / place.sizes["neighbor"]).assign_attrs(units="1")
    return xr.Dataset({"predicted": predicted, "share": share}).assign_attrs(
        k=place.sizes["neighbor"], top_objects=top_objects or 0, n_public=n
    )


def placed(neighbors: Any, k: int | None) -> xr.DataArray:
    """Return the places of the first k neighbours (..., sample, neighbor)."""
    place = neighbors
    if isinstance(neighbors, xr.Dataset):
        if "place" not in neighbors:
            raise ValueError(
                "neighbors has no variable 'place' but "
                f"{sorted(map(str, neighbors.data_vars))}; give what nearest_public returns."
            )
        place = neighbors["place"]
    check_array(place, "neighbors, as of nearest_public")
    for dim in ("sample", "neighbor"):
        check_dim(dim, place.dims, "neighbors")
    if place.dtype.kind not in "iu":
        raise TypeError(
            f"neighbors must be places of public images, whole numbers; not {place.dtype}."
        )
    if k is None:
        return place
    there = place.sizes["neighbor"]
    if check_integer("k", k, 1) > there:
        raise ValueError(
            f"k must be at most the number of neighbours, {there}; not {k}. Find more: "
            f"nearest_public(..., k={k})."
        )
    return place.isel(neighbor=slice(k))


def true_objects(objects: Any) -> xr.DataArray:
    """Return which objects the samples' own images show (sample, object); raise unless bool."""
    _check_bool(objects, ("sample", "object"), "objects")
    return objects.transpose("sample", "object")


def precision_recall(predicted: xr.DataArray, objects: xr.DataArray) -> xr.Dataset:
    """
    Return how much of what is predicted is there, and of what is there predicted: (..., sample).

    Nothing predicted: precision 0. Nothing there: recall NaN, as there is nothing to find.
    """
    hits = (predicted & objects).sum("object")
    n_predicted, n_true = predicted.sum("object"), objects.sum("object")
    return xr.Dataset({
        "precision": (hits / n_predicted.where(n_predicted > 0, 1)).assign_attrs(units="1"),
        "recall": (hits / n_true.where(n_true > 0)).assign_attrs(units="1"),
        "n_correct": hits.assign_attrs(units=""),
    })  # fmt: skip


def _check_bool(values: Any, dims: tuple[str, ...], name: str) -> None:
    check_array(values, f"{name} {dims}, bool")
    if set(values.dims) != set(dims):
        raise ValueError(f"{name} must have the dims {dims}; not {values.dims}.")
    if values.dtype != bool:
        raise TypeError(f"{name} must be bool, True where an image shows it; not {values.dtype}.")


def _counts(place: np.ndarray, *, shows: np.ndarray) -> np.ndarray:
    """Return how many neighbours show each object: (..., neighbor) → (..., object)."""
    counts = np.zeros((*place.shape[:-1], shows.shape[1]), np.int32)
    for neighbor in range(place.shape[-1]):
        counts += shows[place[..., neighbor]]
    return counts


def _most_frequent(counts: np.ndarray, *, most: int | None) -> np.ndarray:
    """Return which objects are among the most frequent, ties by place: (..., object) bool."""
    if most is None or most >= counts.shape[-1]:
        return counts > 0
    first = np.argsort(-counts, axis=-1, kind="stable")[..., :most]
    found = np.zeros(counts.shape, bool)
    np.put_along_axis(found, first, True, axis=-1)
    return found & (counts > 0)
