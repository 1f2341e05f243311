"""Readings of the memorization of a density model: its quantiles, and where in density it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.memorization.in_out import Pooled, wilson
from infonb.validate import check_dim, check_integer, check_level, check_number

__all__ = ["high_share_by_density", "memorization_quantiles"]


def memorization_quantiles(
    mem: xr.DataArray, q: Sequence[float] = (0.5, 0.95, 0.999), dim: str = "sample"
) -> xr.DataArray:
    r"""
    Return quantiles of the memorization over samples.

    Dims (\*batch, sample) in; (\*batch, quantile) out.

    Parameters
    ----------
    mem
        The score, as of `in_out` or `leave_one_out`; NaN is left out.
    q
        Quantiles, between 0 and 1; the upper ones tell of the few samples that are memorized.
    dim
        The dimension of the samples.

    Returns
    -------
    xarray.DataArray
        ``mem`` (\*batch, quantile), linear between samples, in units of the score; NaN where all
        samples are. Attributes are kept, and ``n_samples``. Of n samples the quantile q says
        nothing where n (1 - q) is below 1: it is then the largest but little.

    Raises
    ------
    TypeError, ValueError
        If `mem` is no DataArray, lacks the dim, has none along it or infinite values, or a quantile
        is not between 0 and 1.

    References
    ----------
    van den Burg and Williams, "On memorization in probabilistic deep generative models", NeurIPS
    2021, section 4 (.95 and .999 by epoch and learning rate).

    Examples
    --------
    >>> mem = xr.DataArray([0.0, 1.0, 2.0, 3.0, 4.0], dims="sample")
    >>> memorization_quantiles(mem, q=[0.5, 0.95]).values
    array([2. , 3.8])
    """
    check_array(mem, "mem")
    check_dim(dim, mem.dims, "mem")
    if not isinstance(q, Iterable) or isinstance(q, str):
        raise TypeError(f"q must be a list of numbers, such as [0.5, 0.95]; not {q!r}.")
    wanted = [check_number("q", one, 0.0, 1.0) for one in q]
    if not mem.sizes[dim]:
        raise ValueError(f"mem has no places along {dim!r}: give at least one.")
    known = _finite(mem, "mem")
    empty = known.isnull().all(dim)
    found = known.where(~empty, 0.0).quantile(wanted, dim, skipna=True).where(~empty)
    about = {**mem.attrs, "long_name": "quantile of memorization", "n_samples": mem.sizes[dim]}
    return found.transpose(..., "quantile").rename(mem.name).assign_attrs(about)


def high_share_by_density(
    U: xr.DataArray,
    mem: xr.DataArray,
    bins: int | Sequence[float] = 10,
    *,
    q: float = 0.95,
    level: float = 0.95,
) -> xr.Dataset:
    r"""
    Return which share of the samples is highly memorized, by how probable the model finds them.

    Dims (\*batch, sample) of both in; (\*batch, bin) out.

    Parameters
    ----------
    U
        Log-density of each sample with it in the training set, as of `in_out`.
    mem
        Memorization of the same samples. A sample that is NaN in one of the two is left out.
    bins
        How many bins of equal width from the least to the largest `U` of all, or their edges, of
        which the last is closed; samples beyond the edges are left out.
    q
        Highly memorized is what lies above this quantile of `mem`, of each batch by itself.
    level
        Probability that the interval covers the share.

    Returns
    -------
    xarray.Dataset
        ``share`` (\*batch, bin), NaN for a bin without samples, with ``interval`` (\*batch, bin,
        bound), Wilson's, and ``n`` (\*batch, bin) samples; ``threshold`` (\*batch), in units of
        `mem`. ``bin`` is labelled by its middle, with the coordinates ``from`` and ``to``, in units
        of `U`. Without memorization that depends on density all shares are about 1 - q.

    Raises
    ------
    TypeError, ValueError
        If the two are of different samples or dims or have infinite values, all samples are NaN, or
        the edges do not rise.

    References
    ----------
    van den Burg and Williams, "On memorization in probabilistic deep generative models", NeurIPS
    2021, section 4 (bins of 10 nats, q = .95).

    Examples
    --------
    >>> U = xr.DataArray([-9.0, -8.0, -3.0, -2.0], dims="sample")
    >>> mem = xr.DataArray([0.1, 0.2, 0.0, 5.0], dims="sample")
    >>> found = high_share_by_density(U, mem, bins=[-10, -5, 0], q=0.75)
    >>> found.share.values, found.n.values, found.threshold.item()
    (array([0. , 0.5]), array([2, 2]), 1.4)
    """
    density, scores = _alike(U, mem)
    check_number("q", q, 0.0, 1.0)
    check_level(level)
    known = density.notnull() & scores.notnull()
    if not bool(known.any()):
        raise ValueError("U or mem is NaN for every sample: no score has a value in and one out.")
    edges = _edges(density.where(known), bins)
    threshold = memorization_quantiles(scores.where(known), [q]).isel(quantile=0, drop=True)
    high = known & (scores > threshold)
    n, hits = (_counted(density, which, edges) for which in (known, high))
    with np.errstate(invalid="ignore"):
        share = np.where(n > 0, hits / np.maximum(n, 1), np.nan)
    _, low, top = wilson(Pooled(share, share, n), level)
    dims = (*density.dims[:-1], "bin")
    about = {"units": "1", "level": level}
    units = {"units": str(U.attrs.get("units", ""))}
    coords = {key: one for key, one in density.coords.items() if "sample" not in one.dims}
    return xr.Dataset(
        {
            "share": (dims, share, {"long_name": "share highly memorized", "units": "1"}),
            "interval": ((*dims, "bound"), np.stack([low, top], axis=-1), about),
            "n": (dims, n, {"units": ""}),
            "threshold": threshold.drop_attrs().assign_attrs(units=mem.attrs.get("units", "")),
        },
        {**coords, "bin": (edges[1:] + edges[:-1]) / 2, "from": ("bin", edges[:-1], units),
         "to": ("bin", edges[1:], units), "bound": np.array(["low", "high"], object)},
        {"measure": "share highly memorized by density", "q": q, "n_samples": U.sizes["sample"]},
    )  # fmt: skip


def _alike(u: Any, mem: Any) -> tuple[xr.DataArray, xr.DataArray]:
    """Return both (..., sample) in one order of dims; raise unless of the same samples."""
    check_array(u, "U")
    check_array(mem, "mem")
    check_dim("sample", u.dims, "U")
    if set(u.dims) != set(mem.dims) or any(u.sizes[dim] != mem.sizes[dim] for dim in u.dims):
        raise ValueError(
            f"U and mem must be alike; they are {dict(u.sizes)} and {dict(mem.sizes)}."
        )
    u = u.transpose(..., "sample")
    both = [_finite(one.transpose(*u.dims), name) for one, name in ((u, "U"), (mem, "mem"))]
    for dim in u.dims:
        labels = [one[dim].values for one in both if dim in one.coords]
        if len(labels) == 2 and not np.array_equal(labels[0], labels[1]):
            raise ValueError(f"U and mem differ in the labels of {dim!r}: bring them in one order.")
    return both[0], both[1]


def _finite(values: xr.DataArray, name: str) -> xr.DataArray:
    """Return values as float64, of which some may be NaN; raise for others."""
    if values.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real numbers; not {values.dtype}.")
    found = values.astype(np.float64).compute()
    if wrong := int(np.isinf(found.values).sum()):
        raise ValueError(
            f"{name} is infinite for {wrong:,} of {found.size:,} samples, whose log-density is: "
            "leave them out (NaN), or give them a bound (clip)."
        )
    return found


def _edges(density: xr.DataArray, bins: int | Sequence[float]) -> np.ndarray:
    if isinstance(bins, (int, np.integer)) and not isinstance(bins, bool):
        number = check_integer("bins", bins, 1)
        low, high = float(density.min()), float(density.max())
        return np.linspace(low, high if high > low else low + 1, number + 1)
    if not isinstance(bins, Iterable) or isinstance(bins, str):
        raise TypeError(f"bins must be a number or edges that rise; not {bins!r}.")
    edges = np.array([check_number("bins", one) for one in bins])
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError(f"bins must be edges that rise, two at least; not {edges.tolist()}.")
    return edges


def _counted(density: xr.DataArray, which: xr.DataArray, edges: np.ndarray) -> np.ndarray:
    """Return how many of some samples lie in each bin: (..., sample) → (..., bin)."""
    n = density.sizes["sample"]
    pairs = zip(density.values.reshape(-1, n), which.values.reshape(-1, n), strict=True)
    counts = [np.histogram(row[some], edges)[0] for row, some in pairs]
    return np.array(counts, int).reshape(*density.shape[:-1], len(edges) - 1)
