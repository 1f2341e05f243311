"""Whether generated samples lie closer to an image than held-out ones: the ratio of distances."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr

from infonb.memorization.density.nearest import flat, nearest, points
from infonb.validate import check_integer

__all__ = ["nearest_ratio"]


def nearest_ratio(
    images: xr.DataArray, held_out: xr.DataArray, samples: xr.DataArray, *, downsample: int = 1
) -> xr.Dataset:
    r"""
    Return how much closer to each image the nearest generated sample is than a held-out image.

    Dims (sample, ...) of all three in; (sample), of the images, out.

    Parameters
    ----------
    images
        Training images, or any points.
    held_out
        Points that the model was not trained on.
    samples
        Points that the model has generated; about as many as are held out, or the larger set has
        the nearer neighbour for that alone.
    downsample
        Images are made so many times smaller first, by means of squares of pixels along ``row`` and
        ``column``, or the last two dims (the paper: 2).

    Returns
    -------
    xarray.Dataset
        ``rho`` (sample), units 1: distance to the nearest held-out point over that to the nearest
        generated sample, above 1 where the sample is nearer; ``nearest_held_out`` and
        ``nearest_sample`` (sample), the two distances, in units of the images. Coordinates of the
        samples are kept. Attributes ``measure``, ``downsample``, ``n_held_out``, ``n_samples``.

    Raises
    ------
    TypeError, ValueError
        If an array has no dim ``sample``, no samples, or values that are not finite; if the
        points are of different sizes, or an image cannot be divided by `downsample`.

    Warns
    -----
    UserWarning
        If a generated sample is equal to an image: rho is infinite there, or NaN where a held-out
        image is equal, too.

    Notes
    -----
    :math:`\rho_i = \min_{y \in \text{held out}} \lVert x_i - y \rVert /
    \min_{y \in \text{samples}} \lVert x_i - y \rVert`, Euclidean and exact, each from the image
    *itself*. The authors' code takes every distance of a batch from the first image of that batch
    instead: its values belong to no image.

    References
    ----------
    van den Burg and Williams, "On memorization in probabilistic deep generative models", NeurIPS
    2021, section 5.

    Examples
    --------
    >>> one = lambda *values: xr.DataArray([[v] for v in values], dims=("sample", "feature"))
    >>> nearest_ratio(one(0, 10), held_out=one(1, 14), samples=one(2, 11)).rho.values
    array([0.5, 4. ])
    """
    check_integer("downsample", downsample, 1)
    given = {"images": images, "held_out": held_out, "samples": samples}
    smaller = {name: _smaller(points(one, name), downsample, name) for name, one in given.items()}
    x, out, made = flat(**smaller)
    (_, to_out), (_, to_made) = nearest(x, out), nearest(x, made)
    _warn_of_equal(to_out, to_made)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = to_out / to_made
    units = str(images.attrs.get("units", ""))
    found = {
        "rho": (rho, "distance held out over distance generated", "1"),
        "nearest_held_out": (to_out, "distance to the nearest held-out point", units),
        "nearest_sample": (to_made, "distance to the nearest generated sample", units),
    }
    return xr.Dataset(
        {
            name: ("sample", values, {"long_name": words, "units": unit})
            for name, (values, words, unit) in found.items()
        },
        {key: coord for key, coord in images.coords.items() if coord.dims == ("sample",)},
        {"measure": "nearest-neighbour ratio", "downsample": downsample, "n_held_out": len(out),
         "n_samples": len(made)},
    )  # fmt: skip


def _smaller(values: xr.DataArray, times: int, name: str) -> xr.DataArray:
    """Return means of squares of pixels."""
    if times == 1:
        return values
    sides = [dim for dim in values.dims if dim != "sample"]
    if {"row", "column"} <= set(sides):
        sides = ["row", "column"]
    if len(sides) < 2:
        raise ValueError(
            f"downsample={times} is for images, but {name} has the dims {values.dims}; give it the "
            "dims (sample, row, column), or downsample=1."
        )
    for dim in sides[-2:]:
        if values.sizes[dim] % times:
            raise ValueError(
                f"downsample must divide the {values.sizes[dim]} places of {dim!r} of {name}; not "
                f"{times}."
            )
    return values.coarsen(dict.fromkeys(sides[-2:], times), coord_func="min").mean()


def _warn_of_equal(to_out: np.ndarray, to_made: np.ndarray) -> None:
    equal, both = to_made == 0, (to_made == 0) & (to_out == 0)
    if equal.any():
        also = f", NaN for the {int(both.sum()):,} that a held-out one equals, too" * bool(
            both.any()
        )
        warnings.warn(
            f"a generated sample is equal to {int(equal.sum()):,} of {len(equal):,} images: rho is "
            f"infinite there{also}.",
            stacklevel=3,
        )
