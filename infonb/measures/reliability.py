"""Whether an estimate of a whole layer can be trusted: checks whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.measures.cases import Case, case_of
from infonb.measures.consistency import CHECKS, parity
from infonb.measures.layers import BOUND, take_layers
from infonb.validate import check_choice, check_integer, check_level, check_number

__all__ = ["reliability"]


def reliability(
    activation: xr.DataArray | xr.Dataset,
    label: str | xr.DataArray | np.ndarray = "label",
    *,
    estimator: str = "latent",
    tolerance: float = 0.1,
    n_slices: int = 100,
    k: int | None = None,
    level: float = 0.95,
    max_samples: int | None = 1000,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return whether an estimate of whole layers can be trusted, by checks whose answer is known.

    Dims (\*batch, layer, neuron, sample) in; (\*batch, layer) out.

    Parameters
    ----------
    activation, label, max_samples
        As in `layer_information`. ``estimator="matrix_entropy"`` takes no label.
    estimator
        ``"latent"`` or ``"sliced"``: `layer_information`. ``"imbalance"``: `information_imbalance`
        to the label. ``"matrix_entropy"``: `matrix_entropy`, as published.
    tolerance
        By how much a check may be off: a share of the label's entropy; of 1 for an imbalance; of 1
        nat for matrix entropy, of which 0.1 is a tenth of the number of directions.
    n_slices, k
        Those of the estimator; k is 1 by default for an imbalance and 3 otherwise.
    level
        Probability that an interval covers.
    seed
        Of all that is drawn.

    Returns
    -------
    xarray.Dataset
        ``information``, the value (of an imbalance or a matrix entropy, too), with its ``interval``
        (..., bound); the value of each check under its name; ``limit``, what they may be at most;
        ``passed`` (..., check), bool; ``verdict``, "reliable" where all are passed and "cannot
        tell" otherwise; ``why``, in a sentence. For ``"latent"`` also ``parity``, which no verdict
        depends on. Attributes ``units``, ``estimator`` and its parameters, ``tolerance``.

    Raises
    ------
    TypeError, ValueError
        As `layer_information`; if a label has one class only, tolerance is not above 0, or there
        are fewer than 16 samples.

    Notes
    -----
    No estimator is right for all layers, but whether it contradicts itself can be seen. The checks,
    each repeated and averaged:

    ``independence``: what is found for permuted labels, everything fitted anew; to be 0.
    ``data_processing``: how much *more* is found when noise as strong as the neurons is added.
    ``fewer_neurons`` (latent): how much more is found of half of the neurons.
    ``additivity`` (latent): to the layer a neuron is added that tells of a random bit, as strong as
    the directions that the layer has, and the label is asked for together with the bit; what is
    found is to be the information of the layer and that of the neuron, which is known. It fails
    where samples are too few for so many neurons or classes.
    ``at_most_entropy``: by how much the value is above the entropy of the label.
    ``more_samples``: how far the value is from that of half of the samples. If it goes as 1 / n, as
    much is still to come.
    ``narrow``: the half width of the interval.

    Sliced information obeys data processing in every direction, under noise, not under maps; and it
    is not additive. Its tolerance should be small, as it is itself. Matrix entropy has only
    ``more_samples`` and ``narrow``.

    **How well it tells** (latent, tolerance 0.1; two classes of normal values 1, 2 and 6 deviations
    apart in one direction, 4 seeds each; errors as shares of the entropy, sampling included). With
    1,000 samples in 4 and 20 neurons it says "reliable" for 24 of 24, off by 0.07 at most; in 50
    and 100 neurons for 20 of 24, off by 0.13 at most; in 250 for none of 12, of which 5 are off by
    more than 0.1; with 200 samples in 100 and 250 neurons for none of 24. So it is on the safe
    side: of classes far apart many a right value "cannot be told".

    **Where it fails.** No check can see what the estimator never finds: of a parity of two neurons
    among ten (1,000 samples) latent finds less than half, among 40 next to nothing, and every check
    may be passed. How blind it is in this layer says ``parity``: the share that is found of a bit
    which is the sign of the product of two *added* neurons. Where that is far below 1, "reliable"
    means: of what single directions and smooth functions of the whole layer tell.

    References
    ----------
    Abdelaleem, Martini, Nemenman, "Accurate estimation of mutual information in high dimensional
    data", arXiv 2506.00330 (2025): checks, more samples, and to say when it cannot be told. Song
    and Ermon, "Understanding the limitations of variational mutual information estimators", ICLR
    2020: independence, data processing, additivity. Holmes and Nemenman, Phys. Rev. E 100, 022404
    (2019).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = rng.integers(2, size=600)
    >>> layer = xr.DataArray(rng.normal(size=(300, 600)), dims=("neuron", "sample"))
    >>> few = layer[:3] + 2 * label
    >>> reliability(few, label).verdict.item()
    'reliable'
    >>> reliability(layer[:, :100], label[:100]).verdict.item()
    'cannot tell'
    """
    check_choice("estimator", estimator, CHECKS)
    check_level(level)
    if check_number("tolerance", tolerance) <= 0:
        raise ValueError(f"tolerance must be above 0, such as 0.1; not {tolerance!r}.")
    k = check_integer("k", (1 if estimator == "imbalance" else 3) if k is None else k, 1)
    layers = take_layers(activation, max_samples, seed, at_least=16)
    # matrix entropy asks no label
    classes, name = [np.zeros(layers.n_samples, np.int64)] * len(layers.points), "none"
    if estimator != "matrix_entropy":
        classes, name = layers.classes(label, "reliability")
        if any(np.ptp(codes) == 0 for codes in classes):
            raise ValueError(f"label {name!r} has one class only: of it there is nothing to know.")
    found = [
        _checked(case_of(points, codes, estimator, n_slices, k, level, seed), estimator, tolerance)
        for points, codes in zip(layers.points, classes, strict=True)
    ]
    attrs = {
        "units": "1" if estimator == "imbalance" else "nat", "estimator": estimator, "k": k,
        "tolerance": tolerance, "n_samples": layers.n_samples, "level": level, "seed": seed,
        "other": name,
    }  # fmt: skip
    if estimator == "sliced":
        attrs["n_slices"] = n_slices
    checks = np.array(list(CHECKS[estimator]), dtype=object)
    coords = {**layers.template.coords, "bound": BOUND, "check": checks}
    result = xr.Dataset(coords=coords, attrs=attrs)
    more = {"interval": ("bound",), "passed": ("check",)}
    for variable in found[0]:
        kind = object if variable in ("verdict", "why") else None
        values = np.array([one[variable] for one in found], dtype=kind)
        result[variable] = layers.labelled(values, more.get(variable, ()))
    return result


def _checked(case: Case, estimator: str, tolerance: float) -> dict[str, Any]:
    """Return the value of one layer, those of its checks, which of them it passed, and why."""
    checks = CHECKS[estimator]
    values = {name: check(case) for name, check in checks.items()}
    limit = tolerance * case.scale
    passed = [values[name] <= limit for name in checks]
    failed = [name for name, fine in zip(checks, passed, strict=True) if not fine]
    found: dict[str, Any] = {
        "information": min(case.value, case.most),
        "interval": case.interval,
        **values,
    }
    beside = ""
    if estimator == "latent":
        found["parity"] = parity(case)
        beside = f" Of a planted parity of two neurons it sees {found['parity']:.0%}."
    return found | {
        "limit": limit,
        "passed": passed,
        "verdict": "cannot tell" if failed else "reliable",
        "why": _why(failed, values, limit) if failed else f"All checks within {limit:.2g}.{beside}",
    }


_WORDS = {
    "independence": "{value:.2g} is found for permuted labels",
    "data_processing": "with noise added, {value:.2g} more is found",
    "fewer_neurons": "of half of the neurons, {value:.2g} more is found",
    "additivity": "a planted bit is off by {value:.2g}",
    "at_most_entropy": "it is {value:.2g} above the entropy of the label",
    "more_samples": "half of the samples give a value that differs by {value:.2g}",
    "narrow": "its interval reaches {value:.2g} to either side",
}


def _why(failed: list[str], values: dict[str, float], limit: float) -> str:
    """Return a sentence that says which checks failed, with their values."""
    told = "; ".join(_WORDS[check].format(value=values[check]) for check in failed)
    return f"{told[0].upper()}{told[1:]}, where {limit:.2g} is allowed."
