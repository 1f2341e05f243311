"""The toy of the paper: two noisy concentric circles, and a third feature that may tell them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from infonb.data.labels import random_streams
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["add_artifact", "align", "concentric_circles"]

#: Mean and standard deviation of the artifact feature where it agrees with label 1.
ARTIFACT_MEAN, ARTIFACT_SD = 3.0, 0.1


def concentric_circles(
    n_samples: int = 2000, *, noise: float = 0.2, factor: float = 0.4, seed: int = 42
) -> xr.Dataset:
    """
    Draw points on two concentric circles: label 0 outside, label 1 inside.

    Parameters
    ----------
    n_samples
        Number of points, half on each circle; the outer ones come first.
    noise
        Standard deviation of the Gaussian noise on x and y, in units of the outer radius.
    factor
        Radius of the inner circle, that of the outer one being 1.
    seed
        Seed of the noise. 42 gives the points that the paper trains on, 21 its evaluation set.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, feature) float64 with the features ``x`` and ``y``; ``label`` (sample).

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3, Figure 1.

    Examples
    --------
    >>> points = concentric_circles(100)
    >>> dict(points.input.sizes), points.label.values[[0, -1]]
    ({'sample': 100, 'feature': 2}, array([0, 1]))
    """
    n_samples = check_integer("n_samples", n_samples, 2)
    noise = check_number("noise", noise, 0.0)
    factor = check_number("factor", factor, 0.0, 1.0)
    if factor == 1.0:
        raise ValueError("factor must be below 1; at 1.0 both circles are the same.")
    seed = check_integer("seed", seed, 0)
    from sklearn.datasets import make_circles

    points, labels = make_circles(
        n_samples=n_samples, shuffle=False, noise=noise, factor=factor, random_state=seed
    )
    return _points(
        points,
        labels.astype(np.int64),
        ["x", "y"],
        {"name": "concentric circles", "noise": noise, "factor": factor, "seed": seed},
    )


def add_artifact(
    circles: xr.Dataset, *, fraction: float = 0.75, division: float = 0.75, seed: int = 0
) -> xr.Dataset:
    """
    Add a third feature c1 that gives the label away on a part of the points.

    Dims in: ``input`` (sample, feature=x, y); out: (sample, feature=x, y, c1).

    Parameters
    ----------
    circles
        Points with the features x and y and labels 0 and 1.
    fraction
        Part of each class on which c1 is an artifact, drawn from N(-3, 0.1) or N(+3, 0.1)
        (mean and standard deviation); elsewhere c1 is uniform on 0 .. 1.
    division
        Part of those artifact points on which the sign of c1 agrees with the label (-3 for
        label 0, +3 for label 1): 0.5 carries no information, 1.0 is a perfect shortcut.
    seed
        Seed of the choice of points and of the draws.

    Returns
    -------
    xarray.Dataset
        With the coordinate ``artifact`` (sample): ``agrees``, ``disagrees`` or ``none``.

    Notes
    -----
    Exact numbers, not coin tosses: of the n points of a class ``round(fraction * n)`` are
    artifacts, and of those ``round(division * ...)`` agree. For one seed the agreeing points of
    a small `division` agree at a larger one too, and only the sign of c1 differs.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3.

    Examples
    --------
    >>> points = add_artifact(concentric_circles(2000), division=0.9)
    >>> points.artifact.to_series().value_counts().to_dict()
    {'agrees': 1350, 'none': 500, 'disagrees': 150}
    """
    fraction = check_number("fraction", fraction, 0.0, 1.0)
    division = check_number("division", division, 0.0, 1.0)
    features, labels = _features(circles)
    choice, draws = (np.random.default_rng(stream) for stream in random_streams(seed, 2))
    artifact = np.full(labels.size, "none", dtype=object)
    for value in (0, 1):
        members = choice.permutation(np.flatnonzero(labels == value))
        n_artifact = round(fraction * members.size)
        n_agree = round(division * n_artifact)
        artifact[members[:n_agree]] = "agrees"
        artifact[members[n_agree:n_artifact]] = "disagrees"
    parameters = {"fraction": fraction, "division": division, "artifact_seed": int(seed)}
    return _with_c1(circles, features, labels, artifact, draws, parameters)


def align(circles: xr.Dataset, alignment: str, *, seed: int) -> xr.Dataset:
    """
    Set the third feature c1 on every point: agreeing with the label, disagreeing, or noise.

    Dims in: ``input`` (sample, feature=x, y) or (x, y, c1); out: (sample, feature=x, y, c1).

    Parameters
    ----------
    circles
        Points with the features x and y (and perhaps c1, which is replaced), labels 0 and 1.
    alignment
        ``"bias"``: c1 from N(-3, 0.1) for label 0 and N(+3, 0.1) for label 1. ``"anti"``: the
        signs are swapped. ``"none"``: c1 is uniform on 0 .. 1.
    seed
        Seed of the draws; for one seed bias and anti differ only in the sign of the mean.

    Returns
    -------
    xarray.Dataset
        With the coordinate ``artifact`` (sample) and the attribute ``alignment``.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3 (aligned evaluation sets).

    Examples
    --------
    >>> points = align(concentric_circles(2000), "anti", seed=0)
    >>> c1 = points.input.sel(feature="c1")
    >>> float(c1[points.label == 0].mean().round(1)), float(c1[points.label == 1].mean().round(1))
    (3.0, -3.0)
    """
    check_choice("alignment", alignment, ["bias", "anti", "none"])
    features, labels = _features(circles)
    kind = {"bias": "agrees", "anti": "disagrees", "none": "none"}[alignment]
    artifact = np.full(labels.size, kind, dtype=object)
    draws = np.random.default_rng(random_streams(seed, 1)[0])
    parameters: dict[str, str | int] = {"alignment": alignment, "alignment_seed": int(seed)}
    return _with_c1(circles, features, labels, artifact, draws, parameters)


def _features(circles: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return x, y and the labels; raise unless they are there."""
    names = [str(name) for name in circles["input"]["feature"].values]
    if names[:2] != ["x", "y"]:
        raise ValueError(f"circles must have the features 'x' and 'y'; not {names}.")
    labels = circles["label"].values
    if not np.isin(labels, (0, 1)).all():
        bad = labels[~np.isin(labels, (0, 1))][0]
        raise ValueError(f"the labels of circles must be 0 or 1; not {bad}.")
    return circles["input"].values[:, :2], labels


def _with_c1(
    circles: xr.Dataset,
    features: np.ndarray,
    labels: np.ndarray,
    artifact: np.ndarray,
    draws: np.random.Generator,
    parameters: Mapping[str, str | int | float],
) -> xr.Dataset:
    # every point gets both draws, so that a point's noise does not depend on the others' kind
    normal, uniform = draws.standard_normal(labels.size), draws.random(labels.size)
    sign = np.where(labels == 1, 1.0, -1.0) * np.where(artifact == "agrees", 1.0, -1.0)
    c1 = np.where(artifact == "none", uniform, sign * ARTIFACT_MEAN + ARTIFACT_SD * normal)
    points = _points(
        np.column_stack([features, c1]), labels, ["x", "y", "c1"], {**circles.attrs, **parameters}
    )
    kept = {
        name: coordinate
        for name, coordinate in circles.coords.items()
        if coordinate.dims == ("sample",)
    }
    return points.assign_coords(kept).assign_coords(artifact=("sample", artifact))


def _points(
    inputs: np.ndarray, labels: np.ndarray, features: list[str], attrs: dict[str, str | int | float]
) -> xr.Dataset:
    return xr.Dataset(
        {"input": (("sample", "feature"), inputs), "label": ("sample", labels)},
        {
            "sample": np.arange(labels.size, dtype=np.int64),
            "feature": np.array(features, dtype=object),
        },
        attrs,
    )
