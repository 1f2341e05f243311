"""Information of a whole layer about a label: sliced, or of a latent representation."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.measures.estimators.whole_layer import Latent, Sliced, WholeLayer, label_entropy
from infonb.measures.layers import BOUND, take_layers
from infonb.validate import check_choice, check_integer, check_level

__all__ = ["layer_information"]


def layer_information(
    activation: xr.DataArray | xr.Dataset,
    label: str | xr.DataArray | np.ndarray = "label",
    *,
    estimator: str = "latent",
    n_slices: int = 100,
    k: int = 3,
    draws: int = 20,
    level: float = 0.95,
    max_samples: int | None = 1000,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how much a whole layer tells of a label, where pairs of neurons may tell nothing.

    Dims (\*batch, layer, neuron, sample) in; (\*batch, layer) out.

    Parameters
    ----------
    activation
        Activations, or a data set of them; layer may be absent. Padding beyond ``width`` is left
        out.
    label
        A coordinate of the samples, or one value each: whole numbers, text or bool. It may have
        dims of the batch, such as one for each network.
    estimator
        ``"latent"``: of the information of the whole layer, from below. ``"sliced"``: the mean over
        random directions; far below that of the layer, but right with few samples in any width.
    n_slices
        How many directions (``"sliced"``); the same for all layers of one width.
    k
        Which neighbour within the class.
    draws
        How many permutations of the label the null is from.
    level
        Probability that an interval covers.
    max_samples
        At most so many samples, drawn without replacement; None: all. Time of ``"latent"`` grows
        with their third power.
    seed
        Of the draws, halves and directions.

    Returns
    -------
    xarray.Dataset
        ``information`` in nats, at most ``entropy``, that of the label, and ``interval`` (...,
        bound); ``null``, the mean with permuted labels, and ``null_interval``, which holds that
        share of the permutations. Attributes ``units``, ``estimator``, ``k``, ``n_samples``,
        ``other`` (name of the label) and the other parameters.

    Raises
    ------
    TypeError, ValueError
        If the label is continuous or not of the same samples, an activation is not finite, or there
        are fewer than 8 samples.

    Notes
    -----
    **Latent.** :math:`I(X; Y) = I(E[1_Y | X]; Y)`: what a layer tells of a label is all in the
    chances of its classes. So the classes are predicted from the layer, and the information of the
    predictions is measured (the way of Gowri et al., of which the network is here a ridge
    regression, linear or with a Gaussian kernel, whichever has the lower leave-one-out error). It
    is cross-fitted: half of the samples are predicted by what the other half has taught, and the
    other way round. So nothing is found in a layer that has nothing, and by data processing the
    expectation is never more than the information of the layer, but for the error of the estimator
    (Ross, in the form for mixtures of Gao et al., in as many dims as there are classes). **It is a
    value from below**: what half of the samples do not teach is not in it. A layer of training
    samples with labels that were drawn at random tells as much as carries over from one half of
    them to the other, however well the network has learnt them.

    **Sliced.** The mean over directions :math:`\theta` of :math:`I(\theta \cdot X; Y)`. It is not
    the information of the layer, and does not obey data processing: a layer that is computed from
    another may have more (a linear map that shows the classes in all directions). It is the mean
    over the samples of `infonb.memorization.pointwise_information`.

    The interval is from the deviation of the pointwise values over the samples, with that of the
    directions; the null permutes the labels that are measured with (``"latent"``: not those that
    were fitted). Values below 0 are errors of an information of about 0. Whether a value can be
    trusted, `reliability` says.

    Parity of two neurons among many is seen by neither: of the sign of a product of two neurons
    among 2, 4, 10 and 40 of normal values (1,000 samples; 0.69 nats), latent finds about 0.6, 0.5,
    0.3 and 0.03, sliced 0.12, 0.03, 0.01 and 0. Every pair of neuron and label has an information
    of 0 there.

    References
    ----------
    Gowri, Lun, Klein, Yin, "Approximating mutual information of high-dimensional variables using
    learned representations", NeurIPS 2024; Goldfeld and Greenewald, "Sliced Mutual Information",
    NeurIPS 2021; Ross, PLoS ONE 9, e87357 (2014); Gao, Kannan, Oh, Viswanath, NeurIPS 2017.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = rng.normal(size=(2, 400))
    >>> label = (layer[0] * layer[1] > 0).astype(int)
    >>> layer = xr.DataArray(layer, dims=("neuron", "sample"))
    >>> found = layer_information(layer, label)
    >>> bool(found.information > 0.4), bool(found.entropy <= np.log(2))
    (True, True)
    >>> from infonb.measures import mutual_information
    >>> bool(mutual_information(layer, other=label).max() < 0.1)
    True
    """
    check_level(level)
    check_choice("estimator", estimator, ("latent", "sliced"))
    draws = check_integer("draws", draws, 2)
    layers = take_layers(activation, max_samples, seed, at_least=8)
    classes, name = layers.classes(label, "layer_information")
    measure = chosen(estimator, n_slices, k, seed)
    found = [
        summarized(measure, points, codes, draws, level)
        for points, codes in zip(layers.points, classes, strict=True)
    ]
    attrs = {
        "units": "nat", "estimator": estimator, "k": k, "n_samples": layers.n_samples,
        "draws": draws, "level": level, "seed": seed, "other": name,
    }  # fmt: skip
    if estimator == "sliced":
        attrs["n_slices"] = n_slices
    result = xr.Dataset(coords={**layers.template.coords, "bound": BOUND}, attrs=attrs)
    for variable in found[0]:
        more = ("bound",) if variable.endswith("interval") else ()
        result[variable] = layers.labelled([one[variable] for one in found], more, units="nat")
    return result


def chosen(estimator: str, n_slices: int, k: int, seed: int) -> WholeLayer:
    """Return the estimator of a name."""
    check_integer("k", k, 1)
    check_integer("n_slices", n_slices, 1)
    check_integer("seed", seed, 0)
    return Latent(k, seed) if estimator == "latent" else Sliced(k, n_slices, seed)


def summarized(
    measure: WholeLayer, points: np.ndarray, classes: np.ndarray, draws: int, level: float
) -> dict[str, Any]:
    """Return information and null of one layer, each with its interval."""
    from scipy.stats import norm

    z, most = norm.ppf((1 + level) / 2), label_entropy(classes)
    found = measure(points, classes, draws)
    middle = float(found.pointwise.mean())
    wide = z * np.sqrt(found.pointwise.var(ddof=1) / len(classes) + found.more)
    null = found.null.mean()
    around = z * found.null.std(ddof=1)
    return {
        # a label's entropy is all that can be known of it
        "information": min(middle, most),
        "interval": np.minimum([middle - wide, middle + wide], most),
        "null": null,
        "null_interval": np.array([null - around, null + around]),
        "entropy": most,
    }
