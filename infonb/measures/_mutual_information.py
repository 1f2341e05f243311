"""The mutual information of pairs of neurons, or of neurons with a variable: labelled function."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import UNITS, Attributes, take_activation
from infonb.measures.drawn import draw_samples
from infonb.measures.estimators import Binned, Ksg, Mixture, Mode, check_neighbours
from infonb.measures.pairs import check_pairs, choose_pairs
from infonb.measures.rows.edges import check_edges
from infonb.measures.rows.loaded import rows_of
from infonb.measures.rows.room import check_room
from infonb.measures.rows.source import Source
from infonb.measures.variable import check_variable
from infonb.validate import check_choice, check_integer

__all__ = ["mutual_information"]


def mutual_information(
    activation: xr.DataArray | xr.Dataset,
    dim: Hashable = "sample",
    *,
    other: str | xr.DataArray | np.ndarray | None = None,
    estimator: str = "ksg",
    k: int = 3,
    standardize: bool = False,
    bins: int = 10,
    edges: str | np.ndarray = "common",
    corrected: str | None = None,
    normalized: bool = False,
    pointwise: bool = False,
    clip: bool = False,
    within: str | None = None,
    between: tuple[Hashable, Hashable] | None = None,
    neurons: int | Mapping[Hashable, int] | None = None,
    max_samples: int | None = None,
    seed: int = 0,
    unit: str = "nat",
    device: str | None = None,
    progress: bool | str = False,
) -> xr.DataArray:
    r"""
    Return the mutual information of pairs of neurons over the samples, by default of all pairs.

    Dims (\*batch, layer, neuron, sample) in, in any order; dims (\*batch, layer, neuron,
    other_layer, other_neuron) out. Layer or neuron may be absent; all other dimensions are batch.

    Parameters
    ----------
    activation
        Real numbers of any dtype, or a data set of activations, whose variable ``activation`` is
        taken. Rows beyond the coordinate ``width`` of ``layer`` are padding: not measured, NaN in
        the result. Of an array backed by dask the result is lazy, see the notes.
    dim
        The dimension of the samples.
    other
        None: pairs of neurons. Else each neuron is paired with a variable of the samples: the name
        of a coordinate (such as ``"label"``), or an array along `dim`. Whole numbers, text and
        bool are classes (cast whole numbers that measure something to float); floating point is
        continuous. It is loaded at once, also if it is lazy. Samples alone in their class tell
        nothing and are left out (a warning says so if they are many). Dims of the variable beside
        `dim` that the activation has too are batch dims; others come last in the result.
    estimator
        ``"ksg"``: estimator 1 of Kraskov, Stögbauer and Grassberger, with max-norm (the paper); of
        a neuron and classes, that of Ross. For continuous variables. ``"mixture"``: that of Gao,
        Kannan, Oh and Viswanath; without ties the same to 1/(2 S), and right also for discrete
        variables (with more than k samples of most pairs of values) and for mixed ones such as
        units after a ReLU. ``"binned"``: H(X) + H(Y) - H(X, Y) of equal-width bins ("plug-in").
    k
        Which neighbour (``"ksg"`` and ``"mixture"``).
    standardize
        Divide each neuron, and a continuous `other`, by its standard deviation first (``"ksg"`` and
        ``"mixture"``): the values are then the same in all units of measurement. False: as
        published, see the notes.
    bins, edges
        Number of bins, and their ruler (``"binned"`` only): ``"common"``, one range for all neurons
        of one network; ``"shared"``, one range for all networks that are compared; ``"neuron"``,
        each neuron its own range; or an increasing 1-D array, as in `entropy`. A continuous `other`
        has as many bins of its own range (``"shared"``: of its range over all networks).
    corrected
        What takes the bias of ``"binned"`` away (see the notes for how much that is). None: the
        plug-in value. ``"miller-madow"``: less (K_xy - K_x - K_y + 1) / (2 S), with the numbers K
        of bins and pairs of bins that occur; too little where most pairs of bins hold few samples.
        ``"permutation"``: less the mean value after 10 seeded shuffles of the samples, right at
        any number of bins for independent neurons, too much for dependent ones. Corrected values
        may be negative.
    normalized
        Divide by the smaller of the two entropies, the most there can be, so that 1 means that one
        neuron determines the other (``"binned"`` only; less than 1 after ``"permutation"``). 0 for
        a constant neuron.
    pointwise
        Return what each sample adds, with `dim` as last dimension; the mean over the samples is
        the MI. Takes S times the memory of the result.
    clip
        Replace negative estimates by 0. The mean of clipped values is no longer about 0 for
        independent neurons. Not with `pointwise`.
    within
        ``"layer"``: only pairs within a layer; dims (\*batch, layer, neuron, other_neuron).
    between
        Two layers: only pairs of a neuron of the first and one of the second; dims (\*batch,
        neuron, other_neuron).
    neurons
        At most so many neurons of each layer, or ``{layer: number}``, drawn without replacement:
        of one seeded order each layer takes the first that it has, so that layers of one width have
        the same draw, and a larger draw contains a smaller one. ``neuron`` and ``other_neuron``
        keep their labels, a neuron that is not drawn in a layer is NaN there, and one that is drawn
        in none is left out: the result stands beside the entropy of all neurons, in one dataset.
    max_samples
        At most so many samples, drawn without replacement.
    seed
        Of `neurons`, of `max_samples` and of the shuffles, which every row of the activation has
        of its own: of another selection of neurons they are others.
    unit
        ``"nat"`` or ``"bit"``.
    device
        None: compiled code on all cores. ``"cuda"``, ``"cuda:1"``: on a GPU through torch, with
        the same values to 1e-10; for an array in memory.
    progress
        Show a bar over the pairs; ``"text"`` for plain text. The work can be interrupted. A lazy
        result shows none: use ``dask.diagnostics.ProgressBar`` or the cluster's page; there an
        interrupt waits for the tasks at work, some seconds.

    Returns
    -------
    xarray.DataArray
        float64, in `unit`, symmetric under exchange of the two neurons; coordinates of layer and
        neuron come twice, the second time with ``other_`` before the name. attrs ``units``,
        ``estimator``, its parameters, ``n_samples`` and, for plug-in MI, a note of its bias.

    Raises
    ------
    ValueError
        As `entropy`; also when there is neither layer nor neuron to pair, for an unknown layer, a
        variable that does not fit, or options that do not go together.
    TypeError
        For an array without labels, or values that are not real numbers.

    Warns
    -----
    infonb.measures.TiesWarning
        When in a pair more than 1 % of the samples are at radius 0 (``"ksg"`` only); when rounded
        values raise the estimates by more than 0.02 nats, measured on 16 pairs (``"ksg"`` and
        ``"mixture"``; of a lazy array on those of the first block of neurons).
    infonb.measures.ScaleWarning
        When estimates of pairs whose ranges differ by a factor of 20 or more rise with
        `standardize` by more than their own error, measured on 16 to 64 pairs (``"ksg"`` and
        ``"mixture"``).

    Notes
    -----
    KSG: :math:`I = \psi(S) + \psi(k) - \langle \psi(n_x + 1) + \psi(n_y + 1) \rangle`. The distance
    :math:`\varepsilon_s` goes to the k-th nearest other sample in (x, y), by the greater of the two
    distances; n_x and n_y count the other samples that are strictly nearer than that in x alone and
    in y alone. Nothing is scaled, no noise is added: of two variables of very different scale the
    estimate is too low, down to 0 (exactly 0.51 nats: 0.50 at equal scales and 2,500 samples, 0.48
    at 1 to 100, 0.14 at 1 to 1,000, 0.00 at 1 to 10,000), since the nearest neighbours are then
    those of the wider one alone. A warning says so; `standardize`, which leaves the MI as it is,
    is the remedy. A constant neuron has MI 0 with every
    neuron, itself too. The diagonal is given by the same formula, psi(S) - psi(k) for a neuron
    without ties: the MI of a continuous variable with itself is infinite, and this is what S
    samples can tell.

    **Ties.** The formula is made for continuous variables. Where :math:`\varepsilon_s` is 0 (more
    than k samples share both values), n_x and n_y count the samples with equal x and equal y, as
    the published code does. On units after a ReLU, with many exact zeros, this is far below 0:
    values from about -7 to -0.4 nats that follow the share of samples at which both units are off
    (correlation -0.999), not the dependence of the units. Measure pre-activations (outputs of the
    linear layers) as the paper does for MNIST, or use ``estimator="mixture"`` or ``"binned"``. A
    warning tells the share of such samples.

    Mixture: :math:`I = \langle \psi(\tilde k_s) + \log S - \psi(n_x + 1) - \psi(n_y + 1) \rangle`,
    with k and the counts as above where the radius is positive. Where it is 0, :math:`\tilde k_s`
    is the number of samples that share both values, itself included, and n_x + 1, n_y + 1 are
    those that share x and y: a plug-in estimate for that part of the distribution. (The released
    code of the authors; their Algorithm 1 has log in place of psi.)

    Of independent units after a ReLU the mixture estimate is too high by 0.06 nats at 300 samples
    and by 0.03 at 2,500: just above 0 the nearest neighbours are zeros, at one and the same
    distance.

    **Rounding.** Quantised activations (int8, bfloat16) lie on a grid, on which many samples are
    exactly as far away as the k-th neighbour. KSG and mixture do not count them and are too high:
    of tanh units that are not saturated, at 2,500 samples, by 0.01 nats after rounding to float16,
    0.05 to 0.3 to bfloat16, 0.15 to 1.0 to 8 bits, though few of the samples have radius 0. Uniform
    noise as wide as a rounding step undoes that.

    Plug-in: of independent neurons the value is too high by about (bins - 1)^2 / (2 S) nats, if
    they fill all bins and there are at least as many samples as pairs of bins; of dependent ones
    by less. With fewer samples almost all of it is bias: 1.5 nats for independent uniform neurons,
    100 bins and 2,500 samples. Compare only values of the same bins and number of samples, or use
    `corrected`. The mean error, in nats, for Gaussian neurons of correlation rho, 2,500 samples
    and common edges (200 draws); few bins also lose what happens within a bin:

    ====  ====  =======  ============  ===========
    bins  rho   plug-in  miller-madow  permutation
    ====  ====  =======  ============  ===========
    10    0     +0.014   +0.004        0.000
    10    0.9   -0.146   -0.151        -0.161
    30    0     +0.113   +0.045        0.000
    30    0.9   +0.030   -0.003        -0.088
    100   0     +0.772   +0.484        0.000
    100   0.9   +0.416   +0.224        -0.379
    ====  ====  =======  ============  ===========

    **Which one.** Pre-activations and other continuous values: KSG, the paper's. Units after a
    ReLU, or discrete values: mixture. Quantised values: binned, or KSG after adding noise. Many
    neurons, or more data than memory: binned with few bins and a correction.

    **Larger than memory.** Of a dask array (`open_activations(path, chunks={})`) nothing is
    computed before ``.compute()``. Binned MI counts chunk after chunk of the samples and sums; its
    values are those of the array in memory, to the last bit. KSG and mixture need all samples of
    a pair at once: they load one block of neurons at a time (attr ``loaded``), or pass
    `max_samples`, and only those are loaded. Pointwise values and permutations load blocks too.
    With a ``dask.distributed`` client the tasks run on its workers.

    References
    ----------
    Bansal, Pruthi, Belinkov, "Measures of Information Reflect Memorization Patterns", NeurIPS 2022,
    section 3 and Algorithm 3 (whose published binned variant digitises the first variable twice;
    this one does not). Kraskov, Stögbauer, Grassberger, Phys. Rev. E 69, 066138 (2004), equation 8.
    Gao, Kannan, Oh, Viswanath, "Estimating Mutual Information for Discrete-Continuous Mixtures",
    NeurIPS 2017. Ross, PLoS ONE 9, e87357 (2014).

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
    check_choice("estimator", estimator, ["ksg", "mixture", "binned"])
    flags = {"clip": clip, "normalized": normalized, "pointwise": pointwise}
    for name, value in {**flags, "standardize": standardize}.items():
        check_choice(name, value, [True, False])
    check_choice("progress", progress, [True, False, "text"])
    check_choice("corrected", corrected, [None, "miller-madow", "permutation"])
    check_choice("unit", unit, UNITS)
    _check_together(estimator, corrected, normalized, pointwise, clip)
    if standardize and estimator == "binned":
        raise ValueError(
            "standardize=True is for estimators from neighbours; bins follow the range of the "
            "neurons. Leave it out, or pass edges='neuron'."
        )
    check_pairs(within, between, neurons)
    seed = check_integer("seed", seed, minimum=0)
    activation = some = take_activation(activation)
    samples: slice | np.ndarray = slice(None)
    drawn: Attributes = {}
    if max_samples is not None:
        samples, drawn = draw_samples(activation, dim, max_samples, seed)
        some = activation.isel({dim: samples})
    rows = rows_of(some, dim)
    mode = Mode(pointwise, _checked_device(device, rows, other), progress)
    chosen: Binned | Ksg
    if estimator == "binned":
        chosen = Binned(check_edges(edges, bins), corrected, normalized, seed)
        chosen.edges.check_room(rows.layout)
    else:
        k = check_neighbours(k, rows.layout.n_samples)
        chosen = (Ksg if estimator == "ksg" else Mixture)(k, bool(standardize))
    n_points = rows.layout.n_samples if pointwise else 1
    attrs: Attributes
    if other is None:
        pairs = choose_pairs(rows.layout, within, between, neurons, seed)
        pairs.check_room(n_points)
        values, template, unpack = chosen.of_pairs(rows, pairs, mode), pairs.template, pairs.unpack
        attrs = pairs.attrs | chosen.attrs(rows, None)
    else:
        _check_alone(within, between, neurons)
        variable = check_variable(other, activation, rows.layout, samples)
        check_room(
            24 * variable.template.size * n_points,
            f"the mutual information of {rows.layout.n_rows:,} neurons with other",
            "Pass fewer variables, or leave out pointwise=True.",
        )
        values, template = chosen.of_variable(rows, variable, mode), variable.template
        unpack = partial(variable.unpack, rows.layout)
        attrs = {"other": variable.name, "other_kind": variable.kind}
        attrs |= chosen.attrs(rows, variable.n_classes)
    nats, unit = (1.0, "1") if normalized else (UNITS[unit], unit)
    attrs = {
        "long_name": ("pointwise " if pointwise else "") + "mutual information",
        "units": unit,
        "estimator": estimator,
        **attrs,
        "clip": "negative values are 0" if clip else "none",
        "n_samples": rows.layout.n_samples,
        **drawn,
    }
    values = rows.call(_in_units, unpack, values, nats, clip)
    found = rows.labelled(values, template, attrs, pointwise=pointwise)
    return found.rename("mutual_information")


def _check_together(
    estimator: str, corrected: str | None, normalized: bool, pointwise: bool, clip: bool
) -> None:
    if estimator != "binned" and (corrected or normalized):
        option = f"corrected={corrected!r}" if corrected else "normalized=True"
        why = (
            "nearest neighbours have no such bias" if corrected
            else "a differential entropy is no upper bound"
        )  # fmt: skip
        raise ValueError(
            f"{option} is for estimator='binned'; {why}. Leave it out, or pass estimator='binned'."
        )
    if pointwise and corrected:
        raise ValueError(
            f"corrected={corrected!r} concerns the mean over the samples; leave it out with "
            "pointwise=True."
        )
    if pointwise and clip:
        raise ValueError(
            "clip=True concerns the mean over the samples: single samples may well be negative, "
            "and without them the mean would not be the MI. Leave it out with pointwise=True."
        )


def _check_alone(within: Any, between: Any, neurons: Any) -> None:
    given = {"within": within, "between": between, "neurons": neurons}
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"{name}={value!r} chooses pairs of neurons; with other= each neuron is paired "
                "with the variable. Leave one of the two out."
            )


def _checked_device(device: str | None, rows: Source, other: Any) -> str | None:
    if device in (None, "cpu"):
        return None
    from infonb.measures.device.dispatch import check_device

    checked = check_device(device)
    if checked is not None and (rows.lazy or other is not None):
        why = "an activation in memory (activation.load())" if rows.lazy else "pairs of neurons"
        raise ValueError(f"device={device!r} is for {why}. Change that, or leave device out.")
    return checked


def _in_units(unpack: Any, values: np.ndarray, nats: float, clip: bool) -> np.ndarray:
    values = values / nats
    return unpack(np.maximum(values, 0.0) if clip else values)
