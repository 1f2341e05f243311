"""AuthPct: the share of generated samples that are not noisy copies of a training point."""

from __future__ import annotations

import xarray as xr

from infonb.memorization.density.nearest import flat, nearest

__all__ = ["authenticity"]


def authenticity(training: xr.DataArray, samples: xr.DataArray) -> xr.Dataset:
    r"""
    Return which generated samples lie further from a training point than its own neighbour does.

    Dims (sample, ...) of both in; (sample), of the generated ones, and () out.

    Parameters
    ----------
    training
        Points that the model was trained on, two at least. Distances say something where Euclidean
        ones do: of images mostly in the features of another network.
    samples
        Points that the model has generated; held-out points instead give the null.

    Returns
    -------
    xarray.Dataset
        ``authentic`` (sample), bool; ``auth_pct`` (), their share in per cent; ``distance``
        (sample), to the nearest training point, ``neighbour_distance`` (sample), from that point to
        its nearest other one, and ``nearest`` (sample), its place. Attributes ``measure``,
        ``formula``, ``n_training``, ``n_samples``.

    Raises
    ------
    TypeError, ValueError
        If an array has no dim ``sample``, no samples, or values that are not finite; if the points
        are of different sizes, or there is one training point only.

    Notes
    -----
    A sample :math:`y` whose nearest training point is :math:`x` is authentic if
    :math:`\lVert y - x \rVert > \min_{x' \ne x} \lVert x - x' \rVert`. Copies score 0 %, and the
    null is not 100 %: a point of the same distribution as the training set is not authentic where
    it and its nearest are the nearest of each other. So of fair samples 33 % are authentic in one
    dimension, 38 % in two, and up to half in high ones (of many training points that all differ):
    give held-out points as `samples`, and compare.

    References
    ----------
    Alaa, van Breugel, Saveliev and van der Schaar, "How faithful is your synthetic data?", ICML
    2022, section 3.3.

    Examples
    --------
    >>> one = lambda *values: xr.DataArray([[v] for v in values], dims=("sample", "feature"))
    >>> found = authenticity(one(0.0, 2.0, 10.0), one(0.5, 5.0, 30.0))
    >>> found.authentic.values, round(found.auth_pct.item(), 1)
    (array([False,  True,  True]), 66.7)
    """
    known, made = flat(training=training, samples=samples)
    if len(known) < 2:
        raise ValueError("training has 1 point, which has no nearest other one; give more.")
    place, distance = nearest(made, known)
    between = nearest(known, known, itself=False)[1][place]
    authentic = distance > between
    units = {"units": str(training.attrs.get("units", ""))}
    return xr.Dataset(
        {
            "authentic": ("sample", authentic, {"units": ""}),
            "auth_pct": ((), 100 * authentic.mean(), {"units": "%"}),
            "distance": ("sample", distance, units),
            "neighbour_distance": ("sample", between, units),
            "nearest": ("sample", place, {"units": ""}),
        },
        {key: coord for key, coord in samples.coords.items() if coord.dims == ("sample",)},
        {"measure": "AuthPct", "formula": "d(sample, nearest) > d(nearest, its nearest other)",
         "n_training": len(known), "n_samples": len(made)},
    )  # fmt: skip
