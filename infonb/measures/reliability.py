"""Whether an estimate of a whole layer can be trusted: checks whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from infonb.measures.consistency import CHECKS, Case
from infonb.measures.estimators.whole_layer import label_entropy
from infonb.measures.layer_information import chosen, summarized
from infonb.measures.layers import BOUND, take_layers
from infonb.measures.matrix_entropy import spectral_entropy
from infonb.validate import check_choice, check_integer, check_level, check_number

__all__ = ["reliability"]

_HALVES = 12


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
    TODO
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
    checks = CHECKS[estimator]
    found: list[dict[str, Any]] = []
    for points, codes in zip(layers.points, classes, strict=True):
        case = _case(points, codes, estimator, n_slices, k, level, seed)
        values = {check: of_case(case) for check, of_case in checks.items()}
        limit = tolerance * case.scale
        passed = {check: value <= limit for check, value in values.items()}
        failed = [check for check in checks if not passed[check]]
        found.append(
            {
                "information": case.value, "interval": case.interval, **values,
                "limit": limit, "passed": [passed[check] for check in checks],
                "verdict": "cannot tell" if failed else "reliable",
                "why": _why(failed, values, limit),
            }
        )  # fmt: skip
    attrs = {
        "units": "1" if estimator == "imbalance" else "nat", "estimator": estimator, "k": k,
        "tolerance": tolerance, "n_samples": layers.n_samples, "level": level, "seed": seed,
        "other": name,
    }  # fmt: skip
    coords = {"bound": BOUND, "check": np.array(list(checks), dtype=object)}
    result = xr.Dataset(coords={**layers.template.coords, **coords}, attrs=attrs)
    more = {"interval": ("bound",), "passed": ("check",)}
    for variable in found[0]:
        kind = object if variable in ("verdict", "why") else None
        values = np.array([one[variable] for one in found], dtype=kind)
        result[variable] = layers.labelled(values, more.get(variable, ()))
    return result


def _case(
    points: np.ndarray, classes: np.ndarray, estimator: str, n_slices: int, k: int, level: float,
    seed: int,
) -> Case:  # fmt: skip
    """Return a layer with what measures it, and the interval of the estimator itself."""
    if estimator in ("latent", "sliced"):
        of_layer = chosen(estimator, n_slices, k, seed)
        interval = summarized(of_layer, points, classes, 2, level)["interval"]
        scale, nothing = label_entropy(classes), 0.0

        def measure(points: np.ndarray, classes: np.ndarray) -> float:
            return float(of_layer(points, classes, 0).pointwise.mean())

        return Case(points, classes, measure, scale, nothing, tuple(interval), seed)
    if estimator == "imbalance":

        def measure(points: np.ndarray, classes: np.ndarray) -> float:
            return to_label(points, classes, k)

        nothing = 1.0
    else:

        def measure(points: np.ndarray, classes: np.ndarray) -> float:
            return spectral_entropy(points)

        nothing = 0.0  # of an entropy, 1 nat: 0.1 of it is a tenth of the number of directions
    return Case(
        points, classes, measure, 1.0, nothing,
        _by_halves(points, classes, measure, level, seed), seed,
    )  # fmt: skip


def to_label(points: np.ndarray, classes: np.ndarray, k: int) -> float:
    """Return the imbalance from points to classes: other labels among the k nearest, by chance 1."""
    from infonb.measures.kernels.neighbour_ranks import nearest, neighbours, ranks_among

    n, size = len(classes), np.bincount(classes)
    around = neighbours(points)
    ranks = ranks_among(around.order, around.tie, np.arange(n, dtype=np.int32))
    start, index, weight = nearest(ranks, k)
    own = np.repeat(np.arange(n), np.diff(start))
    other = (weight * (classes[index] != classes[own])).sum() / (n * k)
    chance = ((n - size[classes]) / (n - 1)).mean()
    return float(other / chance) if chance else np.nan


def _by_halves(
    points: np.ndarray, classes: np.ndarray, measure: Callable[..., float], level: float, seed: int
) -> tuple[float, float]:
    """Return the interval from the deviation of halves of the samples around the value of all."""
    from scipy.stats import t

    rng, n = np.random.default_rng(seed), len(classes)
    halves = [rng.choice(n, n // 2, replace=False) for _ in range(_HALVES)]
    values = [measure(points[half], classes[half]) for half in halves]
    wide = t.ppf((1 + level) / 2, _HALVES - 1) * np.std(values, ddof=1)
    middle = measure(points, classes)
    return middle - wide, middle + wide


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
    if not failed:
        return f"All checks are within {limit:.2g}."
    told = "; ".join(_WORDS[check].format(value=values[check]) for check in failed)
    return f"{told[0].upper()}{told[1:]}, where {limit:.2g} is allowed."
