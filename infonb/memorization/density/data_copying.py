"""C_T: whether generated samples lie nearer to the training set than held-out points do."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization.density.nearest import flat, nearest
from infonb.validate import check_integer

__all__ = ["data_copying"]


def data_copying(
    training: xr.DataArray,
    held_out: xr.DataArray,
    samples: xr.DataArray,
    *,
    n_cells: int = 1,
    at_least: int = 20,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return the test of data-copying C_T: z of distances to the training set, by cells of the space.

    Dims (sample, ...) of all three in; () and (cell) out.

    Parameters
    ----------
    training
        Points that the model was trained on.
    held_out
        Points of the same distribution that it was not trained on.
    samples
        Points that the model has generated; other held-out points give the null.
    n_cells
        Cells of k-means on the training set. A model may copy in one and miss another, which the
        whole does not show.
    at_least
        So many generated samples a cell needs to be counted.
    seed
        Of k-means.

    Returns
    -------
    xarray.Dataset
        ``c_t`` (): the mean of ``z`` over the cells that count, weighted by their held-out points;
        **below 0 where samples lie too near to training points (copies), above 0 where they lie too
        far (a poor fit)**; ``null_error`` (): its standard deviation where nothing is copied;
        ``z_pooled`` (): z of the whole without cells; ``z`` (cell), NaN where a cell does not
        count; ``weight``, ``n_held_out``, ``n_samples``, ``n_training`` (cell). Units: standard
        deviations, 1. Attributes ``measure``, ``n_cells``, ``at_least``, ``seed``.

    Raises
    ------
    TypeError, ValueError
        If an array has no dim ``sample``, no samples, or values that are not finite; if the points
        are of different sizes or labels, there are more cells than different training points, or no
        cell counts.

    Notes
    -----
    In each cell, with d the distance to the nearest training point of that cell, U is the number of
    pairs of a generated sample and a held-out point in which the sample has the larger d, equal
    ones counted half, and :math:`z = (U - mn/2) / \sigma_U` (Mann and Whitney),
    :math:`\sigma_U^2 = mn (m + n + 1) / 12` less its correction for equal distances. Where samples
    are drawn from the distribution of the held-out points, z is about normal, N(0, 1). A cell with
    no held-out point does not count.

    References
    ----------
    Meehan, Chaudhuri and Dasgupta, "A non-parametric test to detect data-copying in generative
    models", AISTATS 2020, section 4.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draw = lambda n: xr.DataArray(rng.normal(size=(n, 2)), dims=("sample", "feature"))
    >>> known, out, fair = draw(200), draw(100), draw(100)
    >>> copies = known.isel(sample=slice(100)) + 0.01
    >>> [round(data_copying(known, out, one).c_t.item(), 1) for one in (copies, fair)]
    [-12.3, -0.2]
    """
    check_integer("at_least", at_least, 1)
    check_integer("seed", seed, 0)
    known, out, made = flat(training=training, held_out=held_out, samples=samples)
    check_integer("n_cells", n_cells, 1, len(known))
    if n_cells > 1 and n_cells > (different := len(np.unique(known, axis=0))):
        raise ValueError(
            f"n_cells must be at most the number of different training points, {different}; not "
            f"{n_cells}."
        )
    cells = _cells(known, (out, made), n_cells, seed)
    whole = _z(nearest(out, known)[1], nearest(made, known)[1])
    z, counts = np.full(n_cells, np.nan), np.zeros((3, n_cells), int)
    for cell in range(n_cells):
        inside = [one[of == cell] for one, of in zip((known, out, made), cells, strict=True)]
        counts[:, cell] = [len(one) for one in inside]
        if counts[1, cell] and counts[2, cell] >= at_least:
            z[cell] = _z(*(nearest(one, inside[0])[1] for one in inside[1:]))
    weight = np.where(np.isnan(z), 0.0, counts[1])
    if not weight.sum():
        raise ValueError(
            f"no cell has a held-out point and {at_least:,} generated samples: lower at_least or "
            "n_cells, or draw more samples."
        )
    weight = weight / weight.sum()
    return _labelled(z, weight, counts, whole).assign_attrs(
        n_cells=n_cells, at_least=at_least, seed=seed
    )


def _cells(
    known: np.ndarray, others: tuple[np.ndarray, ...], n_cells: int, seed: int
) -> list[np.ndarray]:
    """Return the cell of each point, those of the training set first."""
    if n_cells == 1:
        return [np.zeros(len(one), int) for one in (known, *others)]
    from sklearn.cluster import KMeans

    means = KMeans(n_cells, n_init=4, random_state=seed).fit(known)
    return [means.labels_, *(means.predict(one) for one in others)]


def _z(out: np.ndarray, made: np.ndarray) -> float:
    """Return z of Mann and Whitney's U: above 0 where the second distances are the larger ones."""
    from scipy.stats import rankdata

    n, m = len(out), len(made)
    ranks = rankdata(np.concatenate([made, out]))
    larger = ranks[:m].sum() - m * (m + 1) / 2
    _, ties = np.unique(ranks, return_counts=True)
    whole = n + m
    spread = whole + 1 - (ties**3 - ties).sum() / max(whole * (whole - 1), 1)
    variance = m * n / 12 * spread
    return float((larger - m * n / 2) / np.sqrt(variance)) if variance > 0 else 0.0


def _labelled(z: np.ndarray, weight: np.ndarray, counts: np.ndarray, whole: float) -> xr.Dataset:
    one = {"units": "1"}
    error = np.sqrt((weight**2).sum())  # of independent cells, each with standard deviation 1
    found = {
        "c_t": ((), np.nansum(weight * z), one | {"long_name": "C_T, below 0 for copies"}),
        "null_error": ((), error, one | {"long_name": "standard deviation without copies"}),
        "z_pooled": ((), whole, one | {"long_name": "z without cells"}),
        "z": ("cell", z, one),
        "weight": ("cell", weight, one),
    }
    for name, number in zip(("n_training", "n_held_out", "n_samples"), counts, strict=True):
        found[name] = ("cell", number, {"units": ""})
    return xr.Dataset(found, {"cell": np.arange(len(z))}, {"measure": "C_T"})
