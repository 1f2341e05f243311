"""How a conclusion about two networks moves with bins, their edges, k and the number of samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.grid import compare_settings
from infonb.validate import check_choice, check_dim, check_integer

__all__ = ["sensitivity"]

_SIZES = (100, 300, 1000, 3000, 10_000, 30_000)
_KNOWN = ("seed", "layer", "neuron", "sample")


def sensitivity(
    activation: xr.DataArray,
    over: str,
    start: Any,
    end: Any,
    *,
    bins: Sequence[int] = (10, 30, 100, 300),
    edges: Sequence[str] = ("common", "shared", "neuron"),
    samples: Sequence[int] | None = None,
    k: Sequence[int] = (1, 3, 10),
    n_neurons: int = 32,
    estimator: str | Sequence[str] = "mixture",
    standardize: bool = False,
    direction: int | None = None,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how medians of entropy and MI change from one network to another, for many settings.

    Parameters
    ----------
    activation
        Dims (`over`, layer, neuron, sample), and perhaps seed. Further dimensions, such as the side
        of a ReLU or the length of training, are axes of the grid.
    over, start, end
        Dimension of the levels, and the two levels that are compared.
    bins, edges
        Of the entropy; every number with every choice of edges: ``"common"`` to the neurons of one
        network and each ``"neuron"``'s own range as in `infonb.entropy`, and ``"shared"`` by all
        networks in `activation`, which are then measured with one ruler.
    samples
        Numbers of samples: the same samples for all networks, the smaller sets parts of the larger
        ones. None: up to four between 100 and all.
    k
        Neighbours of the estimator of MI.
    n_neurons
        MI is measured between so many neurons of each layer, drawn by `seed`; entropy of all.
    estimator
        Of MI: ``"mixture"``, right after a ReLU too, and without ties the paper's KSG but for a
        constant, 1 / (2 S), which no change contains; or ``"ksg"``, which warns of ties. Several
        are an axis of the grid.
    standardize
        Whether neurons are divided by their standard deviation for MI.
    direction
        What is claimed of the entropy: 1 it rises from `start` to `end`, -1 it falls, None nothing;
        MI goes the other way.
    seed
        Of samples, neurons and bootstrap.

    Returns
    -------
    xarray.Dataset
        As `compare_settings`, in nats: ``entropy`` with the axes edges, bins and n_samples,
        ``mutual_information`` with k and n_samples, and with estimator if there are several; NaN
        for a neuron with itself, and for neurons that were not drawn.

    Raises
    ------
    ValueError
        For an unknown level, more samples than there are, or k that is no smaller than these.

    Warns
    -----
    infonb.measures.TiesWarning
        Once, if the KSG estimator met ties.
    infonb.measures.ScaleWarning
        Once, if neurons are of too different scale for it.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(50, 4))}).activation
    >>> both = xr.concat([acts, 2 * acts], dim=xr.Variable("alpha", [0, 1]))
    >>> result = sensitivity(both, "alpha", 0, 1, bins=[5, 10], k=[3])
    >>> dict(result.entropy_change.sizes)
    {'edges': 3, 'bins': 2, 'n_samples': 1, 'layer': 1}
    >>> change = abs(result.entropy_change).max(["bins", "n_samples", "layer"])
    >>> (change > 0).values.tolist()  # only shared bins do not follow the scale of a network
    [False, True, False]
    """
    _check(activation, over, start, end)
    check_choice("direction", direction, [None, 1, -1])
    for which in edges:
        check_choice("edges", which, ["common", "shared", "neuron"])
    check_integer("n_neurons", n_neurons, minimum=2)
    for name, given in (("bins", bins), ("edges", edges), ("k", k)):
        if not len(given):
            raise ValueError(f"{name} is empty; give at least one.")
    bins, k = sorted(set(bins)), sorted(set(k))
    sizes = _sizes(samples, activation.sizes["sample"], k)
    ends = activation.sel({over: [start, end]}).drop_attrs()
    order = np.random.default_rng(seed).permutation(activation.sizes["sample"])
    chosen = {size: np.sort(order[:size]) for size in sizes}
    parts = {size: ends.isel(sample=some) for size, some in chosen.items()}
    axes = [dim for dim in activation.dims if dim not in (over, *_KNOWN)]

    def entropies(edges: str, bins: int, n_samples: int) -> xr.DataArray:
        from infonb.measures import entropy

        if edges != "shared":
            return entropy(parts[n_samples], bins=bins, edges=edges)
        whole = activation.isel(sample=chosen[n_samples])
        return _shared_entropy(parts[n_samples], whole, bins, axes)

    def informations(estimator: str, k: int, n_samples: int) -> xr.DataArray:
        from infonb.measures import mutual_information

        return mutual_information(
            parts[n_samples], within="layer", neurons=n_neurons, seed=seed, k=k,
            estimator=estimator, standardize=standardize, progress=False,
        )  # fmt: skip

    estimators = [estimator] if isinstance(estimator, str) else list(estimator)
    entropy = _over_settings(entropies, edges=edges, bins=bins, n_samples=sizes)
    with _warnings_told_once():
        information = _over_settings(informations, estimator=estimators, k=k, n_samples=sizes)
    if isinstance(estimator, str):
        information = information.isel(estimator=0, drop=True)
    claimed = {"entropy": direction, "mutual_information": direction and -direction}
    values = {"entropy": entropy, "mutual_information": information}
    grid = compare_settings(values, over, (start, end), claimed, seed=seed)
    return grid.assign_attrs(estimator=", ".join(estimators), n_neurons=n_neurons, units="nat")


def _check(activation: xr.DataArray, over: str, start: Any, end: Any) -> None:
    for name in (over, "layer", "neuron", "sample"):
        check_dim(name, activation.dims, "activation")
    if over in _KNOWN:
        raise ValueError(f"over must be a dimension of levels, such as alpha; not {over!r}.")
    if start == end:
        raise ValueError(f"start and end are both {start!r}; choose two levels of {over}.")
    there = activation[over].values.tolist()
    for name, level in (("start", start), ("end", end)):
        if level not in there:
            check_choice(name, level, there)


def _sizes(samples: Sequence[int] | None, n: int, k: Sequence[int]) -> list[int]:
    if samples is None:
        return [*(size for size in _SIZES if max(k) < size < n), n][-4:]
    sizes = sorted({check_integer("samples", size, minimum=2) for size in samples})
    if not sizes or sizes[-1] > n:
        raise ValueError(f"samples must be at most {n}, all that there are; not {list(samples)}.")
    if sizes[0] <= max(k):
        raise ValueError(f"k must be below the number of samples, {sizes[0]}; not {max(k)}.")
    return sizes


def _shared_entropy(
    part: xr.DataArray, whole: xr.DataArray, bins: int, axes: Sequence[Hashable]
) -> xr.DataArray:
    """Return the entropy in bins over the range of all networks of one setting, also others."""
    from infonb.measures import entropy

    if axes:
        first, *rest = axes
        found = [
            _shared_entropy(part.isel({first: [at]}), whole.isel({first: [at]}), bins, rest)
            for at in range(part.sizes[first])
        ]
        return xr.concat(found, dim=first, coords="minimal", compat="override")
    low, high = float(whole.min()), float(whole.max())
    return entropy(part, edges=np.linspace(low, high if high > low else low + 1.0, bins + 1))


def _over_settings(measured: Callable[..., xr.DataArray], **grid: Sequence[Any]) -> xr.DataArray:
    """Return what a function of settings gives for all of them, each a dimension, outermost."""
    values = [measured(**dict(zip(grid, one, strict=True))) for one in product(*grid.values())]
    first = values[0]
    table = np.stack([one.transpose(*first.dims).values for one in values])
    labels: Mapping[str, Any] = {
        name: np.array(labels, dtype=object if isinstance(labels[0], str) else None)
        for name, labels in grid.items()
    }
    coords = {name: first[name].values for name in first.dims if name in first.coords}
    shape = (*(len(labels) for labels in grid.values()), *first.shape)
    found = xr.DataArray(
        table.reshape(shape), {**labels, **coords}, (*grid, *first.dims), attrs={"units": "nat"}
    )
    ahead = [dim for dim in first.dims if dim not in ("layer", "neuron", "other_neuron")]
    return found.transpose(*ahead, *grid, ...)


@contextmanager
def _warnings_told_once() -> Iterator[None]:
    """Give the first warning of each kind, of which those of other settings differ in numbers."""
    from infonb.measures import ScaleWarning, TiesWarning

    with warnings.catch_warnings(record=True) as caught:
        for kind in (ScaleWarning, TiesWarning):
            warnings.simplefilter("always", kind)
        yield
    for one in {one.category: one for one in reversed(caught)}.values():
        warnings.warn(one.message, stacklevel=4)
