"""How a conclusion about two networks moves with bins, their edges, k and the number of samples."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.bootstrap import bootstrap_interval, change_of_median
from infonb.validate import check_choice, check_dim, check_integer

__all__ = ["CHOICES", "sensitivity"]

#: Measure → the choices that it depends on, outermost first.
CHOICES = {"entropy": ("edges", "bins", "n_samples"), "mutual_information": ("k", "n_samples")}
_SIZES = (100, 300, 1000, 3000, 10_000, 30_000)


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
    estimator: str = "mixture",
    direction: int | None = None,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how medians of entropy and MI change from one network to another, for many settings.

    Parameters
    ----------
    activation
        Dims (`over`, layer, neuron, sample), and perhaps seed.
    over, start, end
        Dimension of the levels, and the two levels that are compared.
    bins, edges
        Of the entropy; every number with every choice of edges: ``"common"`` to a network's neurons
        and each ``"neuron"``'s own as in `infonb.entropy`, and ``"shared"`` by both networks and
        all their seeds, which are then measured with one ruler.
    samples
        Numbers of samples: the same samples for all networks, the smaller sets parts of the larger
        ones. None: up to four between 100 and all.
    k
        Neighbours of the estimator of MI.
    n_neurons
        MI is measured between so many neurons of each layer, drawn by `seed`; entropy of all.
    estimator
        Of MI: ``"mixture"``, right after a ReLU too, and without ties the paper's KSG but for a
        constant, 1 / (2 S), which no change contains; or ``"ksg"``, which warns of ties.
    direction
        What is claimed of the entropy: 1 it rises from `start` to `end`, -1 it falls, None nothing;
        MI goes the other way.
    seed
        Of samples, neurons and bootstrap.

    Returns
    -------
    xarray.Dataset
        In nats: ``entropy_change`` (edges, bins, n_samples, layer) and
        ``mutual_information_change`` (k, n_samples, layer), medians of `end` minus those of
        `start`, means over seeds; ``..._interval`` with the dimension ``bound`` (low, high), 95 %
        intervals by `infonb.claims.change_of_median`: over neurons, and over seeds if
        there are several. ``median_...`` (\*choices, layer, `over`) at both ends. The values
        themselves: ``entropy`` (`over`, \*choices, layer, neuron), and ``mutual_information``
        (`over`, \*choices, layer, drawn, other_drawn), NaN for a neuron with itself.

    Raises
    ------
    ValueError
        For an unknown level, dims beside these, more samples than there are, or k that is no
        smaller than these.

    Warns
    -----
    infonb.measures.TiesWarning
        Once, if the KSG estimator met ties.

    Notes
    -----
    Without several seeds the intervals speak of these two networks and their neurons, not of
    networks that are trained anew.

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
    for name in (over, "layer", "neuron", "sample"):
        check_dim(name, activation.dims, "activation")
    known = ("seed", "layer", "neuron", "sample")
    if over in known:
        raise ValueError(f"over must be a dimension of levels, such as alpha; not {over!r}.")
    extra = tuple(dim for dim in activation.dims if dim not in (over, *known))
    if extra:
        raise ValueError(
            f"activation also has dims {extra}; choose one label of each: "
            f"activation.sel({extra[0]}=...)."
        )
    check_choice("direction", direction, [None, 1, -1])
    for which in edges:
        check_choice("edges", which, ["common", "shared", "neuron"])
    check_integer("n_neurons", n_neurons, minimum=2)
    if start == end:
        raise ValueError(f"start and end are both {start!r}; choose two levels of {over}.")
    there = activation[over].values.tolist()
    for name, level in (("start", start), ("end", end)):
        if level not in there:
            check_choice(name, level, there)
    sizes = _sizes(samples, activation.sizes["sample"], k)
    ends = activation.sel({over: [start, end]}).drop_attrs()
    order = np.random.default_rng(seed).permutation(activation.sizes["sample"])
    parts = {size: ends.isel(sample=np.sort(order[:size])) for size in sizes}
    grid: dict[str, list] = {
        "edges": list(edges),
        "bins": list(bins),
        "k": list(k),
        "n_samples": sizes,
    }
    result = xr.Dataset(
        {
            "entropy": _stack(_entropies(parts, grid), CHOICES["entropy"], grid),
            "mutual_information": _stack(
                _informations(parts, grid, n_neurons, estimator, seed),
                CHOICES["mutual_information"],
                grid,
            ),
        }
    )
    for measure in CHOICES:
        result = result.merge(_changes(result[measure], measure, over, start, end, seed))
    result.attrs = {
        "over": over, "start": start, "end": end, "units": "nat", "estimator": estimator,
        "n_neurons": n_neurons, "seed": seed, "n_seeds": int(activation.sizes.get("seed", 1)),
    }  # fmt: skip
    if direction is not None:
        result.attrs["direction"] = direction
    return result


def _sizes(samples: Sequence[int] | None, n: int, k: Sequence[int]) -> list[int]:
    if samples is None:
        return [*(size for size in _SIZES if max(k) < size < n), n][-4:]
    sizes = sorted({check_integer("samples", size, minimum=2) for size in samples})
    if not sizes or sizes[-1] > n:
        raise ValueError(f"samples must be at most {n}, all that there are; not {list(samples)}.")
    if sizes[0] <= max(k):
        raise ValueError(f"k must be below the number of samples, {sizes[0]}; not {max(k)}.")
    return sizes


def _entropies(parts: dict[int, xr.DataArray], grid: dict[str, list]) -> list[xr.DataArray]:
    from infonb.measures import entropy

    def measured(part: xr.DataArray, which: str, bins: int) -> xr.DataArray:
        if which != "shared":
            return entropy(part, bins=bins, edges=which)
        low, high = float(part.min()), float(part.max())
        return entropy(part, edges=np.linspace(low, high if high > low else low + 1.0, bins + 1))

    return [
        measured(parts[size], which, number)
        for which, number, size in product(grid["edges"], grid["bins"], grid["n_samples"])
    ]


def _informations(
    parts: dict[int, xr.DataArray], grid: dict[str, list], n_neurons: int, estimator: str, seed: int
) -> list[xr.DataArray]:
    from infonb.dims import without_diagonal
    from infonb.measures import TiesWarning, mutual_information

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TiesWarning)
        values = [
            mutual_information(
                parts[size], within="layer", neurons=n_neurons, seed=seed, k=k,
                estimator=estimator, progress=False,
            )
            for k, size in product(grid["k"], grid["n_samples"])
        ]  # fmt: skip
    for one in caught[:1]:  # the same for every setting
        warnings.warn(one.message, stacklevel=3)
    # entropy has the dimension neuron: all of them, here those that were drawn
    return [
        without_diagonal(value)
        .drop_vars([name for name in value.coords if str(name).endswith("neuron")])
        .rename(neuron="drawn", other_neuron="other_drawn")
        for value in values
    ]


def _stack(values: list[xr.DataArray], choices: Sequence[str], grid: dict[str, list]) -> Any:
    """Put the values of all settings into one array, dims (over, *choices, layer, ...)."""
    first = values[0]
    shape = [len(grid[name]) for name in choices]
    labels = {
        name: np.array(grid[name], dtype=object if name == "edges" else None) for name in choices
    }
    coords = {name: first[name] for name in first.dims if name in first.coords}
    table = np.stack([one.transpose(*first.dims).values for one in values])
    result = xr.DataArray(
        table.reshape(*shape, *first.shape), {**labels, **coords}, (*choices, *first.dims)
    )
    ahead = [dim for dim in first.dims if dim not in ("layer", "neuron", "drawn", "other_drawn")]
    return result.transpose(*ahead, *choices, ...).assign_attrs(units="nat")


def _changes(
    values: xr.DataArray, measure: str, over: str, start: Any, end: Any, seed: int
) -> xr.Dataset:
    """Return the change of the median, its interval, and the medians at both ends."""
    choices = (*CHOICES[measure], "layer")
    values = values.rename(
        {old: new for old, new in (("drawn", "neuron"), ("other_drawn", "other_neuron"))
         if old in values.dims}
    )  # fmt: skip
    shape = tuple(values.sizes[name] for name in choices)
    middle, interval = np.empty(shape), np.empty((*shape, 2))
    medians = np.empty((*shape, 2))
    for at in np.ndindex(shape):
        one = values.isel(dict(zip(choices, at, strict=True)), drop=True)
        found = change_of_median(one, over, start, end, seed=seed)
        middle[at] = np.mean(found.effect)
        interval[at] = bootstrap_interval(found.draws, len(found.effect))
        medians[at] = _medians(one, over, (start, end))
    labels = {name: values[name].values for name in choices}
    attrs = {"units": "nat"}
    return xr.Dataset(
        {
            f"{measure}_change": (choices, middle, attrs),
            f"{measure}_interval": ((*choices, "bound"), interval, attrs),
            f"median_{measure}": ((*choices, over), medians, attrs),
        },
        {**labels, "bound": np.array(["low", "high"], dtype=object), over: values[over].values},
    )


def _medians(values: xr.DataArray, over: str, ends: tuple[Any, Any]) -> list[float]:
    """Return the mean over seeds of the median over neurons or pairs, at both ends."""
    dims = [dim for dim in values.dims if dim in ("neuron", "other_neuron")]
    return [float(values.sel({over: end}).median(dims).mean()) for end in ends]
