"""The public images that lie next to a caption: exact search by cosine, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.validate import check_choice, check_dim, check_integer

__all__ = ["largest_products", "nearest_public"]

#: So many cosines are held at a time.
_BLOCK = 2**23
#: Cosines that differ by no more may be rounded to the same.
_ALIKE = 2e-12


def nearest_public(
    text: xr.DataArray, image: xr.DataArray, k: int = 10, *, backend: str = "exact"
) -> xr.Dataset:
    r"""
    Return the public images whose embeddings lie nearest to those of captions, by cosine.

    Dims (\*batch, sample, feature) and (\*batch, public, feature) in;
    (\*batch, sample, neighbor) out.

    Parameters
    ----------
    text
        Embeddings of the captions, of any length.
    image
        Embeddings of public images *by the same model*; or of public captions, for a model that
        embeds texts alone.
    k
        How many; the nearest comes first, of equally near ones the one that stands first.
    backend
        ``"exact"``: all cosines in blocks; ``"faiss"``: a flat index of the package faiss (the same
        in single precision, quicker for more than about 100,000 public images).

    Returns
    -------
    xarray.Dataset
        ``place`` (\*batch, sample, neighbor): where the image stands along ``public``, int64;
        ``distance``, one minus the cosine (half the squared distance of unit vectors), units 1.

    Raises
    ------
    TypeError, ValueError
        For arrays without these dims, of different widths, an embedding that is not finite or has
        no direction, and more neighbours than there are public images.
    ImportError
        For ``"faiss"`` without the package.

    References
    ----------
    Jayaraman, Guo and Chaudhuri, "Déjà Vu Memorization in Vision-Language Models", NeurIPS 2024.

    Examples
    --------
    >>> text = xr.DataArray([[1.0, 0.0], [0.1, 2.0]], dims=("sample", "feature"))
    >>> image = xr.DataArray([[0.0, 3.0], [1.0, 0.1]], dims=("public", "feature"))
    >>> found = nearest_public(text, image, k=1)
    >>> found.place.values.tolist(), found.distance.values.round(3).tolist()
    ([[1], [0]], [[0.005], [0.001]])
    """
    _check(text, image, k)
    check_choice("backend", backend, ["exact", "faiss"])
    search = largest_products if backend == "exact" else _faiss
    units = [_unit(one, dim) for one, dim in ((text, "sample"), (image, "public"))]
    place, distance = xr.apply_ufunc(
        lambda a, b: _batched(search, a, b, k), *units,
        input_core_dims=[["sample", "feature"], ["public", "feature"]],
        output_core_dims=[["sample", "neighbor"]] * 2,
    )  # fmt: skip
    found = xr.Dataset({"place": place, "distance": distance})
    found = found.assign_coords(neighbor=np.arange(k))
    found.distance.attrs = {"units": "1", "long_name": "one minus the cosine"}
    found.place.attrs = {"units": "", "n_public": image.sizes["public"]}
    return found.assign_attrs(backend=backend, n_public=image.sizes["public"])


def _check(text: Any, image: Any, k: object) -> None:
    for name, one, dim in (("text", text, "sample"), ("image", image, "public")):
        check_array(one, f"{name}, embeddings")
        for needed in (dim, "feature"):
            check_dim(needed, one.dims, name)
    if text.sizes["feature"] != image.sizes["feature"]:
        raise ValueError(
            f"text has {text.sizes['feature']} features and image {image.sizes['feature']}: both "
            "must be of one model. Search for each model by itself; what is found is compared."
        )
    n = image.sizes["public"]
    if check_integer("k", k, 1) > n:
        raise ValueError(
            f"k must be at most the number of public images, {n:,}; not {k}. Take fewer "
            "neighbours, or more public images."
        )


def _unit(values: xr.DataArray, dim: str) -> xr.DataArray:
    """Return vectors of length one; raise for one without a direction."""
    if values.dtype.kind not in "fiu":
        raise TypeError(f"embeddings must be real numbers; not {values.dtype}.")
    values = values.astype(np.float64).compute()  # what lies in chunks is needed whole
    length: xr.DataArray = (values**2).sum("feature", skipna=False) ** 0.5
    wrong = ~((length > 0) & (length < np.inf))  # NaN is neither
    if bool(wrong.any()):
        where = {str(d): int(at[0]) for d, at in zip(wrong.dims, np.nonzero(wrong.values))}  # noqa: B905
        what = "zero" if float(length.values[wrong.values][0]) == 0 else "not finite"
        raise ValueError(
            f"the embedding at {where} is {what}, so that it has no direction (of an empty "
            f"caption, perhaps): leave that {dim} out."
        )
    return values / length


def _batched(search: Any, text: np.ndarray, image: np.ndarray, k: int) -> tuple[np.ndarray, ...]:
    """Search in each entry of the batch: (..., sample, feature) → (..., sample, neighbor)."""
    batch = np.broadcast_shapes(text.shape[:-2], image.shape[:-2])
    text = np.broadcast_to(text, batch + text.shape[-2:])
    image = np.broadcast_to(image, batch + image.shape[-2:])
    place = np.empty((*batch, text.shape[-2], k), np.int64)
    cosine = np.empty(place.shape)
    for at in np.ndindex(batch):
        place[at], cosine[at] = search(text[at], image[at], k)
    return place, np.clip(1 - cosine, 0, 2)


def largest_products(text: np.ndarray, image: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places and products (cosines of units) of the k largest: (sample, neighbor)."""
    rows = max(1, _BLOCK // len(image))
    found = [_nearest(text[at : at + rows] @ image.T, k) for at in range(0, len(text), rows)]
    if not found:
        return np.empty((0, k), np.int64), np.empty((0, k))
    place, cosine = zip(*found, strict=True)
    return np.concatenate(place), np.concatenate(cosine)


def _nearest(cosine: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k largest of each row, of equal ones the first: (row, public) → (row, k)."""
    n = cosine.shape[1]
    if k < n:
        place = np.argpartition(cosine, n - k, axis=1)[:, n - k :]
        least = np.take_along_axis(cosine, place, 1).min(axis=1)
        # where others are as near as the last one, which of them came in is chance
        tied = np.flatnonzero((cosine >= least[:, None] - _ALIKE).sum(axis=1) > k)
        place[tied] = np.argsort(-_rounded(cosine[tied]), axis=1, kind="stable")[:, :k]
        place.sort(axis=1)
    else:
        place = np.broadcast_to(np.arange(n), cosine.shape)
    nearest = _rounded(np.take_along_axis(cosine, place, 1))
    order = np.argsort(-nearest, axis=1, kind="stable")
    return np.take_along_axis(place, order, 1), np.take_along_axis(nearest, order, 1)


def _rounded(cosine: np.ndarray) -> np.ndarray:
    """Return cosines that are equal where they are alike up to the order of a sum."""
    return np.round(cosine, 12)


def _faiss(text: np.ndarray, image: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        import faiss
    except ImportError as error:
        raise ImportError(
            "backend='faiss' needs the package faiss: pip install faiss-cpu; or take 'exact'."
        ) from error
    index = faiss.IndexFlatIP(image.shape[1])
    index.add(np.ascontiguousarray(image, np.float32))
    cosine, place = index.search(np.ascontiguousarray(text, np.float32), k)
    return place, cosine
