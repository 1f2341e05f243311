"""The entropy of single neurons: labelled function."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import xarray as xr

from infonb.measures._options import bin_edges, check_neighbours, per_unit
from infonb.measures._rows import pack
from infonb.validate import check_choice

__all__ = ["entropy"]


def entropy(
    activation: xr.DataArray | xr.Dataset,
    dim: Hashable = "sample",
    *,
    estimator: str = "binned",
    bins: int = 100,
    edges: str | np.ndarray = "common",
    k: int = 3,
    unit: str = "nat",
) -> xr.DataArray:
    r"""
    Return the entropy of every neuron over the samples.

    Dims (\*batch, layer, neuron, sample) in, in any order and any of them absent but the last;
    dims (\*batch, layer, neuron) out. Every dimension but `dim` is kept.

    Parameters
    ----------
    activation
        Real numbers of any dtype, or a data set of activations, whose variable ``activation`` is
        taken. Rows beyond the coordinate ``width`` of ``layer`` are padding: not measured, NaN in
        the result. An array backed by dask is computed first.
    dim
        The dimension of the samples.
    estimator
        ``"binned"``: Shannon entropy of the frequencies of equal-width bins (the paper).
        ``"knn"``: differential entropy after Kozachenko and Leonenko.
    bins
        Number of bins.
    edges
        ``"common"``: one set of edges from the least to the greatest value over layer, neuron and
        sample, for each batch entry its own; layers are comparable, and a layer of small range
        looks poor in entropy (the paper's "global binning"). ``"neuron"``: every neuron between
        its own least and greatest value; shapes are compared, not ranges. Or an increasing 1-D
        array: these edges for all, and `bins` is not used.
    k
        Which neighbour (``"knn"`` only).
    unit
        ``"nat"`` or ``"bit"``.

    Returns
    -------
    xarray.DataArray
        float64, in `unit`; attrs ``units``, ``estimator``, its parameters and ``n_samples``.

    Raises
    ------
    ValueError
        For an unknown dimension or choice, bins or k below 1, k or more samples missing, no
        samples, NaN or infinite values (named by layer, neuron and sample), values outside given
        edges.
    TypeError
        For an array without labels, or values that are not real numbers.

    Notes
    -----
    Binned: :math:`H = -\sum_b p_b \log p_b`, from 0 (a constant neuron) to log(bins). A value on an
    inner edge belongs to the bin on its right, the greatest value to the last bin (as in
    `numpy.histogram`; the published code gives the maximum an extra bin, which is not repeated).

    kNN: :math:`H = \psi(S) - \psi(k) + \log 2 + \langle \log \varepsilon_s \rangle`, with the
    distance :math:`\varepsilon_s` to the k-th other sample. It may be negative, grows by log(c)
    when the neuron is scaled by c, and is minus infinity for a neuron that has one value more than
    k times (a constant, or a ReLU unit that is often off): such a distribution has no density.

    References
    ----------
    Bansal, Pruthi, Belinkov, "Measures of Information Reflect Memorization Patterns", NeurIPS 2022,
    section 3 and Algorithm 2. Kozachenko, Leonenko, Probl. Inf. Transm. 23, 95 (1987).

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> import infonb as inb
    >>> on = np.tile([0.0, 1.0, 2.0, 3.0], 25)
    >>> acts = xr.DataArray([on, np.zeros(100)], dims=("neuron", "sample"))
    >>> inb.entropy(acts, bins=4, unit="bit")
    <xarray.DataArray 'entropy' (neuron: 2)> Size: 16B
    array([2., 0.])
    Dimensions without coordinates: neuron
    Attributes:
        long_name:  entropy
        units:      bit
        estimator:  binned
        bins:       4
        edges:      common
        n_samples:  100
    """
    check_choice("estimator", estimator, ["binned", "knn"])
    nats = per_unit(unit)
    rows = pack(activation, dim)
    attrs: dict[str, int | float | str]
    if estimator == "binned":
        from infonb.measures._binned import entropy_of_counts, row_counts

        own_edges, which, attrs = bin_edges(rows, edges, bins)
        value = entropy_of_counts(row_counts(rows.values, own_edges, which))
        name = "entropy"
    else:
        k = check_neighbours(k, rows.n_samples)
        from infonb.measures._neighbours import differential_entropy

        value, attrs = differential_entropy(rows.values, k), {"k": k}
        name = "differential entropy"
    result = rows.unpack(value / nats)
    result.name = "entropy"
    result.attrs = {
        "long_name": name,
        "units": unit,
        "estimator": estimator,
        **attrs,
        "n_samples": rows.n_samples,
    }
    return result
