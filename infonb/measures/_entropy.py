"""The entropy of single neurons: labelled function."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import xarray as xr

from infonb.dims import UNITS, Attributes, take_activation
from infonb.measures.kernels.corrections import CORRECTIONS, entropy_of_counts
from infonb.measures.rows.edges import Rulers, check_edges
from infonb.measures.rows.layout import Layout
from infonb.measures.rows.loaded import rows_of
from infonb.measures.rows.room import check_room
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
    corrected: str | None = None,
    normalized: bool = False,
    pointwise: bool = False,
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
        the result. Of an array backed by dask the result is lazy: ``.compute()`` reads the chunks
        one after the other (binned: twice, for the range and for the counts; once with edges given)
        and gives what the array in memory gives, to the last bit.
    dim
        The dimension of the samples.
    estimator
        ``"binned"``: Shannon entropy of the frequencies of equal-width bins (the paper).
        ``"knn"``: differential entropy after Kozachenko and Leonenko.
    bins
        Number of bins.
    edges
        The ruler: from which least to which greatest value the bins reach. ``"common"``: one range
        for all neurons of one network, over layer, neuron and sample; layers are comparable, and a
        layer of small range looks poor in entropy (the paper's "global binning"). ``"shared"``: one
        range for all networks that are compared, over all batch dimensions too; a network of small
        range looks poor in entropy. ``"neuron"``: each neuron its own range; shapes are compared,
        not ranges. Or an increasing 1-D array: these edges for all, and `bins` is not used.
    k
        Which neighbour (``"knn"`` only).
    corrected
        None: the plug-in value (the paper), too low by about (occupied bins - 1) / (2 S).
        ``"miller-madow"`` adds that term, enough from some samples for each bin on.
        ``"grassberger"`` is better still, down to two samples for each bin. ``"chao-shen"`` counts
        on bins that no sample has hit yet: for fewer samples than bins; too high where each bin was
        hit once or twice, and the plug-in value where all bins hold ten samples. Corrected values
        may exceed log(bins); that of Grassberger is not quite 0 for a constant neuron, by about
        1 / (12 S^2). (``"binned"`` only.)
    normalized
        Divide by log(bins), the most there can be: 0 for a constant neuron, 1 for a uniform one
        (``"binned"`` only; a corrected value may exceed 1).
    pointwise
        Return what each sample adds, with `dim` as last dimension; the mean over the samples is
        the entropy. Binned: -log of the share of the sample's bin. Not with `corrected`.
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
        samples, NaN or infinite values (named by layer, neuron and sample), whole numbers beyond
        2^53, which float64 does not hold, values outside given edges, options that do not go
        together. Of a lazy result what concerns values is raised by ``.compute()``.
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
    section 3 and Algorithm 2. Kozachenko, Leonenko, Probl. Inf. Transm. 23, 95 (1987). Miller
    (1955), in Information Theory in Psychology. Grassberger, arXiv:physics/0307138 (2003). Chao,
    Shen, Environ. Ecol. Stat. 10, 429 (2003).

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
    check_choice("corrected", corrected, CORRECTIONS)
    check_choice("normalized", normalized, [True, False])
    check_choice("pointwise", pointwise, [True, False])
    check_choice("unit", unit, UNITS)
    nats = UNITS[unit]
    if estimator == "knn" and (corrected or normalized):
        option = f"corrected={corrected!r}" if corrected else "normalized=True"
        raise ValueError(
            f"{option} is for estimator='binned': a differential entropy has neither that bias nor "
            "a greatest value. Leave it out, or pass estimator='binned'."
        )
    if pointwise and corrected:
        raise ValueError(
            f"corrected={corrected!r} concerns the mean over the samples; leave it out with "
            "pointwise=True."
        )
    rows = rows_of(take_activation(activation), dim)
    if pointwise:
        check_room(
            24 * rows.layout.template.size * rows.layout.n_samples,
            f"the pointwise entropy of {rows.layout.n_rows:,} neurons at "
            f"{rows.layout.n_samples:,} samples",
            "Leave out pointwise=True, or measure some neurons at a time.",
        )
    attrs: Attributes
    if estimator == "binned":
        chosen = check_edges(edges, bins)
        chosen.check_room(rows.layout, pointwise=pointwise)
        attrs = dict(chosen.attrs)
        rulers = rows.rulers(chosen, checked=False)
        counts = rows.counts(chosen, rulers)
        if pointwise:
            value = rows.rowwise(_surprise, rulers, counts)
        else:
            value = rows.call(entropy_of_counts, counts, corrected)
        if corrected:
            attrs["corrected"] = corrected
        if normalized:
            attrs["normalized"] = "by log(bins)"
            nats, unit = float(np.log(max(chosen.bins, 2))), "1"
        name = "entropy"
    else:
        from infonb.measures.estimators import check_neighbours

        k = check_neighbours(k, rows.layout.n_samples)
        value, attrs = rows.rowwise(_differential, k, pointwise), {"k": k}
        name = "differential entropy"
    attrs = {
        "long_name": ("pointwise " if pointwise else "") + name,
        "units": unit,
        "estimator": estimator,
        **attrs,
        "n_samples": rows.layout.n_samples,
    }
    value = rows.call(_in_units, rows.layout, value, nats)
    found = rows.labelled(value, rows.layout.template, attrs, pointwise=pointwise)
    return found.rename("entropy")


def _surprise(
    values: np.ndarray, start: int, stop: int, rulers: Rulers, counts: np.ndarray
) -> np.ndarray:
    """Return -log of the share of every value's bin, (row, sample)."""
    from infonb.measures.kernels.counts import row_codes

    edges, which = rulers
    codes = row_codes(values, edges, which[start:stop])
    share = np.maximum(counts[start:stop], 1) / values.shape[1]
    return np.take_along_axis(-np.log(share), codes.astype(np.intp), axis=1) + 0.0


def _differential(values: np.ndarray, start: int, stop: int, k: int, pointwise: bool) -> np.ndarray:
    from infonb.measures.kernels.kozachenko_leonenko import differential_entropy

    return differential_entropy(values, k, pointwise=pointwise)


def _in_units(where: Layout, value: np.ndarray, nats: float) -> np.ndarray:
    return where.unpack(value / nats)
