"""Entropy and mutual information of neurons that are 0 or 1: by counting, without an estimator."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import xarray as xr

from infonb.dims import UNITS, Attributes, take_activation
from infonb.measures.pairs import Pairs, check_pairs, choose_pairs
from infonb.measures.rows.layout import Layout, layout
from infonb.measures.variable import Variable, check_variable
from infonb.validate import check_choice, check_integer

__all__ = ["binary_entropy", "binary_mutual_information"]

#: Up to here float32 holds every whole number: products of more samples are taken in float64.
_SINGLE = 2**24


def binary_entropy(
    activations: xr.DataArray | xr.Dataset, dim: Hashable = "sample", *, unit: str = "nat"
) -> xr.DataArray:
    r"""
    Return the entropy of neurons that are 0 or 1, by counting.

    Dims (\*batch, layer, neuron, sample) in, in any order; dims (\*batch, layer, neuron) out. Layer
    or neuron may be absent; all other dimensions are batch.

    Parameters
    ----------
    activations
        Zeros and ones of any dtype (bool too), or a data set of activations, whose variable
        ``activation`` is taken. Rows beyond the coordinate ``width`` of ``layer`` are padding: not
        measured, NaN in the result.
    dim
        The dimension of the samples.
    unit
        ``"nat"`` or ``"bit"``.

    Returns
    -------
    xarray.DataArray
        float64, in `unit`, between 0 and log 2. attrs ``units``, ``estimator`` (``"counts"``) and
        ``n_samples``.

    Raises
    ------
    ValueError
        For a value that is neither 0 nor 1, an unknown dimension, or no samples.
    TypeError
        For an array without labels.

    Notes
    -----
    :math:`H = -p \log p - (1 - p) \log(1 - p)` with p the share of ones. It is exact for these
    samples: no bins, no neighbours. As an estimate for samples to come it is too low by about
    1 / (2 S), as any entropy of counts.

    References
    ----------
    Shannon, "A mathematical theory of communication" (1948), section 6. Neurons of logic gate
    networks are such: Petersen, Kuehne, Borgelt, Welzel, Ermon, NeurIPS 2024, section 3.

    Examples
    --------
    >>> import xarray as xr
    >>> acts = xr.DataArray([[0, 1, 0, 1], [1, 1, 1, 1]], dims=("neuron", "sample"))
    >>> binary_entropy(acts, unit="bit").values
    array([1., 0.])
    """
    check_choice("unit", unit, UNITS)
    where, values = _rows(activations, dim)
    ones = values.sum(axis=1, dtype=np.int64)
    n = where.n_samples
    found = (_n_log_n(n) - _n_log_n(ones) - _n_log_n(n - ones)) / n
    # rounding may leave less than nothing, or more than a bit
    found = np.clip(found, 0.0, np.log(2)) / UNITS[unit]
    attrs = _attrs("entropy", unit, n)
    return where.labelled(where.unpack(found), where.template, attrs, False).rename("entropy")


def binary_mutual_information(
    activations: xr.DataArray | xr.Dataset,
    dim: Hashable = "sample",
    *,
    other: str | xr.DataArray | np.ndarray | None = None,
    within: str | None = None,
    between: tuple[Hashable, Hashable] | None = None,
    neurons: int | Mapping[Hashable, int] | None = None,
    seed: int = 0,
    unit: str = "nat",
) -> xr.DataArray:
    r"""
    Return the mutual information of pairs of neurons that are 0 or 1, by counting.

    Dims (\*batch, layer, neuron, sample) in, in any order; dims (\*batch, layer, neuron,
    other_layer, other_neuron) out. Layer or neuron may be absent; all other dimensions are batch.

    Parameters
    ----------
    activations, dim
        As in `binary_entropy`.
    other
        None: pairs of neurons. Else each neuron is paired with a variable of the samples that has
        classes: the name of a coordinate (such as ``"label"``), or an array along `dim` of whole
        numbers, text or bool; then dims (\*batch, layer, neuron) out.
    within, between, neurons, seed
        Which pairs, as in `infonb.mutual_information`: those within each layer, those of two
        layers, those of so many drawn neurons of each layer.
    unit
        ``"nat"`` or ``"bit"``.

    Returns
    -------
    xarray.DataArray
        float64, in `unit`, from 0 to the smaller of the two entropies (to rounding); on the
        diagonal the entropy of the neuron. attrs ``units``, ``estimator`` (``"counts"``),
        ``n_samples`` and how pairs were chosen.

    Raises
    ------
    ValueError
        As `binary_entropy`; also where there is neither layer nor neuron to pair, for an unknown
        layer, an `other` that is continuous or does not fit, or options that do not go together.
    TypeError
        For an array without labels.

    Notes
    -----
    :math:`I = \sum_{ab} \frac{n_{ab}}{S} \log \frac{n_{ab} S}{n_a n_b}`. How often two neurons are
    both 1 is a product of matrices; the other three counts follow from that and the numbers of
    ones. With bins at 0 and 1, ``mutual_information(estimator="binned", bins=2)`` is the same.

    It is exact for these samples. Of independent neurons it is 1 / (2 S) nats on average and not 0,
    the bias of every value from counts, and above 1.92 / S for one pair in twenty (2 S times it is
    about χ² of one degree of freedom). Estimators from neighbours fail on bits: all distances are 0
    or 1, so that nearly all samples lie where their neighbours lie (``"ksg"`` is far below 0;
    ``"mixture"`` counts equal values, and is right where each pair of values has more than k
    samples).

    References
    ----------
    Cover and Thomas, "Elements of Information Theory" (2006), section 2.3.

    Examples
    --------
    >>> import xarray as xr
    >>> acts = xr.DataArray([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]], dims=("neuron", "sample"))
    >>> binary_mutual_information(acts, unit="bit").values
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 1.]])
    """
    check_choice("unit", unit, UNITS)
    check_pairs(within, between, neurons)
    seed = check_integer("seed", seed, minimum=0)
    where, values = _rows(activations, dim)
    if other is not None:
        for name, value in {"within": within, "between": between, "neurons": neurons}.items():
            if value is not None:
                raise ValueError(f"{name} chooses pairs of neurons; leave it out with other.")
        variable = check_variable(other, take_activation(activations), where)
        found = variable.unpack(where, _with_classes(values, variable) / UNITS[unit])
        attrs = _attrs("mutual information", unit, where.n_samples)
        attrs |= {"other": variable.name, "other_kind": variable.kind}
        named = where.labelled(found, variable.template, attrs, False)
    else:
        pairs = choose_pairs(where, within, between, neurons, seed)
        pairs.check_room(1)
        found = pairs.unpack(_of_pairs(values, pairs) / UNITS[unit])
        attrs = _attrs("mutual information", unit, where.n_samples) | pairs.attrs
        named = where.labelled(found, pairs.template, attrs, False)
    return named.rename("mutual_information")


def _attrs(name: str, unit: str, n_samples: int) -> Attributes:
    return {"long_name": name, "units": unit, "estimator": "counts", "n_samples": n_samples}


def _rows(activations: xr.DataArray | xr.Dataset, dim: Hashable) -> tuple[Layout, np.ndarray]:
    """Return where the neurons are and their values, (row, sample) bool; refuse all but bits."""
    where, array = layout(take_activation(activations), dim)
    values = array.values.reshape(-1, where.n_samples)
    if where.n_rows < len(values):
        values = values[where.position]
    if values.dtype == bool:
        return where, values
    ones = values == 1
    other = ~(ones | (values == 0))
    if other.any():
        row, sample = np.argwhere(other)[0]
        place = ", ".join(filter(None, [where.where(int(row)), f"{dim} {sample}"]))
        raise ValueError(
            f"activation is {values[row, sample]:g} at {place}; binary measures count zeros and "
            "ones. Record a logic network in eval mode, set a threshold (activation > 0), or take "
            "entropy and mutual_information."
        )
    return where, ones


def _n_log_n(counts: np.ndarray | int) -> np.ndarray:
    """Return n log n, 0 of 0."""
    counts = np.asarray(counts, float)
    return counts * np.log(np.maximum(counts, 1.0))


def _from_counts(both: np.ndarray, one: np.ndarray, other: np.ndarray, n: int) -> np.ndarray:
    """Return the MI in nats, given how often both are 1, the first is, and the second is."""
    joint = both, one - both, other - both, n - one - other + both
    alone = one, n - one, other, n - other
    found = sum(map(_n_log_n, joint)) - sum(map(_n_log_n, alone)) + _n_log_n(n)
    return np.clip(found / n, 0.0, np.log(2))


def _of_pairs(values: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Return the MI of all pairs, in the order of their ends."""
    n = values.shape[1]
    dtype = np.float32 if n < _SINGLE else np.float64
    found = []
    for a, b in pairs.groups:
        # the earlier rows first, as the ends have them; MI is symmetric
        first = values[a].astype(dtype)
        second = first if b is None else values[b].astype(dtype)
        both = (first @ second.T).astype(np.float64)
        one, other = first.sum(axis=1, dtype=float), second.sum(axis=1, dtype=float)
        table = _from_counts(both, one[:, None], other[None], n)
        found.append(table[np.triu_indices(len(a))] if b is None else table.ravel())
    return np.concatenate(found) if found else np.empty(0)


def _with_classes(values: np.ndarray, variable: Variable) -> np.ndarray:
    """Return the MI of rows with each variable that has classes: (row, new)."""
    if variable.n_classes is None:
        raise ValueError(
            f"other={variable.name!r} is continuous; counts need classes. Cast it to whole numbers "
            "(other.astype(int)), or take mutual_information(other=...)."
        )
    n, found = values.shape[1], np.empty((len(values), variable.values.shape[1]))
    for entry in np.unique(variable.entry):
        rows = np.flatnonzero(variable.entry == entry)
        ones = values[rows].sum(axis=1, dtype=float)
        for place, classes in enumerate(variable.values[entry]):
            members = np.eye(variable.n_classes)[classes.astype(int)]
            both, size = values[rows].astype(float) @ members, members.sum(axis=0)
            joint = _n_log_n(both).sum(axis=1) + _n_log_n(size - both).sum(axis=1)
            alone = _n_log_n(ones) + _n_log_n(n - ones) + _n_log_n(size).sum()
            found[rows, place] = np.clip((joint - alone + _n_log_n(n)) / n, 0.0, np.log(2))
    return found
