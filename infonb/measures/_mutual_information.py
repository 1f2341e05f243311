"""The mutual information of all pairs of neurons: labelled function."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

import numpy as np
import xarray as xr

from infonb.measures._options import bin_edges, check_neighbours, per_unit
from infonb.measures._rows import UNIT_DIMS, Rows, pack
from infonb.validate import check_choice

__all__ = ["mutual_information"]


def mutual_information(
    activation: xr.DataArray | xr.Dataset,
    dim: Hashable = "sample",
    *,
    estimator: str = "ksg",
    k: int = 3,
    bins: int = 10,
    edges: str | np.ndarray = "common",
    unit: str = "nat",
    clip: bool = False,
    progress: bool | str = False,
) -> xr.DataArray:
    r"""
    Return the mutual information of all pairs of neurons over the samples.

    Dims (\*batch, layer, neuron, sample) in, in any order; dims (\*batch, layer, neuron,
    other_layer, other_neuron) out. Layer or neuron may be absent; all other dimensions are batch.

    Parameters
    ----------
    activation
        Real numbers of any dtype, or a data set of activations, whose variable ``activation`` is
        taken. Rows beyond the coordinate ``width`` of ``layer`` are padding: not measured, NaN in
        the result. An array backed by dask is computed first.
    dim
        The dimension of the samples.
    estimator
        ``"ksg"``: estimator 1 of Kraskov, Stögbauer and Grassberger, with max-norm (the paper).
        ``"binned"``: H(X) + H(Y) - H(X, Y) of equal-width bins ("plug-in").
    k
        Which neighbour (``"ksg"`` only).
    bins, edges
        As in `entropy` (``"binned"`` only).
    unit
        ``"nat"`` or ``"bit"``.
    clip
        Replace negative estimates by 0 (``"ksg"`` only; the plug-in value is never negative). The
        mean of clipped values is no longer about 0 for independent neurons.
    progress
        Show a bar over the pairs; ``"text"`` for plain text. The work can be interrupted.

    Returns
    -------
    xarray.DataArray
        float64, in `unit`, symmetric under exchange of the two neurons; coordinates of layer and
        neuron come twice, the second time with ``other_`` before the name. attrs ``units``,
        ``estimator``, its parameters, ``n_samples`` and, for plug-in MI, a note of its bias.

    Raises
    ------
    ValueError
        As `entropy`; also when there is neither layer nor neuron to pair.
    TypeError
        For an array without labels, or values that are not real numbers.

    Notes
    -----
    KSG: :math:`I = \psi(S) + \psi(k) - \langle \psi(n_x + 1) + \psi(n_y + 1) \rangle`. The distance
    :math:`\varepsilon_s` goes to the k-th nearest other sample in (x, y), by the greater of the two
    distances; n_x and n_y count the other samples that are strictly nearer than that in x alone and
    in y alone. Nothing is scaled, no noise is added. A constant neuron has MI 0 with every neuron,
    itself too. The diagonal is given by the same formula, psi(S) - psi(k) for a neuron without
    ties: the MI of a continuous variable with itself is infinite, and this is what S samples can
    tell.

    **Ties.** The formula is made for continuous variables. Where :math:`\varepsilon_s` is 0 (more
    than k samples share both values), n_x and n_y count the samples with equal x and equal y, as
    the published code does. On units after a ReLU, with many exact zeros, this is far below 0:
    values from about -7 to -0.4 nats that follow the share of samples at which both units are off
    (correlation -0.999), not the dependence of the units. Measure pre-activations (outputs of the
    linear layers) as the paper does for MNIST, or use ``estimator="binned"``.

    Plug-in: the value is too high by about (bins - 1)^2 / (2 S) nats; at 100 bins and 2,500 samples
    almost all of it is bias. Compare only values of the same bins and number of samples.

    References
    ----------
    Bansal, Pruthi, Belinkov, "Measures of Information Reflect Memorization Patterns", NeurIPS 2022,
    section 3 and Algorithm 3 (whose published binned variant digitises the first variable twice;
    this one does not). Kraskov, Stögbauer, Grassberger, Phys. Rev. E 69, 066138 (2004), equation 8.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> import infonb as inb
    >>> rng = np.random.default_rng(0)
    >>> x, noise = rng.normal(size=(2, 2000))
    >>> acts = xr.DataArray([x, 0.8 * x + 0.6 * noise], dims=("neuron", "sample"))
    >>> mi = inb.mutual_information(acts)
    >>> mi.dims
    ('neuron', 'other_neuron')
    >>> exact = -0.5 * np.log(1 - 0.8**2)
    >>> print(f"{mi.values[0, 1]:.2f} nats, exactly {exact:.2f}")
    0.51 nats, exactly 0.51
    """
    check_choice("estimator", estimator, ["ksg", "binned"])
    check_choice("clip", clip, [True, False])
    nats = per_unit(unit)
    rows = pack(activation, dim)
    if not rows.unit_dims:
        raise ValueError(
            "mutual_information pairs the dims 'layer' and 'neuron', and the activation has "
            f"neither: its dims are {(*rows.template.dims, dim)}. Rename the dimension of the "
            "neurons, as in activation.rename(unit='neuron')."
        )
    attrs: dict[str, int | float | str]
    if estimator == "ksg":
        k = check_neighbours(k, rows.n_samples)
        attrs = {"k": k, "clip": "negative values are 0" if clip else "none"}
        values = _ksg(rows, k, progress)
        values = np.maximum(values, 0.0) if clip else values
    else:
        values, attrs = _binned(rows, edges, bins, progress)
    result = _pairs(rows, values / nats)
    result.attrs = {
        "long_name": "mutual information",
        "units": unit,
        "estimator": estimator,
        **attrs,
        "n_samples": rows.n_samples,
    }
    return result


def _entries(rows: Rows) -> list[slice]:
    """Return the rows of each batch entry, padding and empty entries left out."""
    bounds = np.searchsorted(rows.batch, np.arange(int(np.prod(rows.batch_shape)) + 1))
    return [slice(a, b) for a, b in pairwise(bounds) if b > a]


def _full(rows: Rows) -> np.ndarray:
    """Return an array (batch entry, unit, unit) of NaN."""
    units = int(np.prod(rows.unit_shape))
    return np.full((int(np.prod(rows.batch_shape)), units, units), np.nan)


def _ksg(rows: Rows, k: int, progress: bool | str) -> np.ndarray:
    from infonb.measures._ksg import ksg_mutual_information

    full = _full(rows)
    for entry in _entries(rows):
        unit = rows.unit[entry]
        full[rows.batch[entry.start]][np.ix_(unit, unit)] = ksg_mutual_information(
            rows.values[entry], k, progress=progress
        )
    return full


def _binned(
    rows: Rows, edges: str | np.ndarray, bins: int, progress: bool | str
) -> tuple[np.ndarray, dict[str, int | float | str]]:
    from infonb.measures._binned import binned_mutual_information, row_codes, row_counts

    own_edges, which, attrs = bin_edges(rows, edges, bins)
    codes = row_codes(rows.values, own_edges, which)
    counts = row_counts(rows.values, own_edges, which)
    full = _full(rows)
    for entry in _entries(rows):
        unit = rows.unit[entry]
        full[rows.batch[entry.start]][np.ix_(unit, unit)] = binned_mutual_information(
            codes[entry], counts[entry], progress=progress
        )
    bias = (own_edges.shape[1] - 2) ** 2 / (2 * rows.n_samples)
    attrs["bias"] = f"plug-in values are too high by about (bins-1)^2/(2S) = {bias:.3g} nat"
    return full, attrs


def _pairs(rows: Rows, values: np.ndarray) -> xr.DataArray:
    """Return (batch entry, unit, unit) values with the dims and coordinates of both neurons."""
    template = rows.template
    twice = {d: f"other_{d}" for d in UNIT_DIMS if d in rows.unit_dims}
    dims = (*template.dims, *twice.values())
    coords = dict(template.coords)
    for name, coord in template.coords.items():
        if set(coord.dims) & set(twice):
            variable = coord.variable
            coords[f"other_{name}"] = xr.Variable(
                [twice.get(str(d), d) for d in variable.dims], variable.values, variable.attrs
            )
    shape = (*template.shape, *rows.unit_shape)
    return xr.DataArray(values.reshape(shape), coords, dims, name="mutual_information")
