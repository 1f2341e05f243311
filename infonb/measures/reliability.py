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
    r"""TODO."""
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
