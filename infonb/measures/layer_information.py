"""Information of a whole layer about a label: sliced, or of a latent representation."""

from __future__ import annotations

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
    TODO
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
) -> dict[str, np.ndarray | float]:
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
