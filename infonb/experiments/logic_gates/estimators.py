"""The estimators of mutual information on bits, where the right answer is known."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["ESTIMATORS", "estimators_on_bits", "on_neurons"]

#: Name → options of `infonb.mutual_information`; the first is the one to hold them to.
ESTIMATORS: dict[str, dict[str, Any]] = {
    "counts": {},
    "2 bins": {"estimator": "binned", "bins": 2},
    "mixture": {"estimator": "mixture"},
    "KSG": {"estimator": "ksg"},
}


def estimators_on_bits(
    flips: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), *, n_samples: int = 600,
    n_pairs: int = 8, seed: int = 0,
) -> xr.Dataset:  # fmt: skip
    """
    Return what estimators say of bits of which a share was turned: (estimator, flip, pair), nats.

    A fair bit and its copy, each bit of which is turned with probability `flip`, have the MI log 2
    less the entropy of the turning: ``exact`` (flip).
    """
    rng = np.random.default_rng(seed)
    first = rng.random((len(flips), n_pairs, 1, n_samples)) < 0.5
    turned = rng.random(first.shape) < np.array(flips)[:, None, None, None]
    both = np.concatenate([first, first ^ turned], axis=2)
    acts = xr.DataArray(
        both.astype(np.float32), {"flip": list(flips)}, ("flip", "pair", "neuron", "sample")
    )
    found = _said(acts).isel(neuron=0, other_neuron=1, drop=True)
    p = np.clip(flips, 1e-300, 1)
    entropy = -p * np.log(p) - (1 - np.array(flips)) * np.log1p(-np.array(flips))
    return xr.Dataset({"information": found, "exact": ("flip", np.log(2) - entropy)})


def on_neurons(bits: xr.DataArray) -> xr.DataArray:
    """Return what they say of all pairs of some neurons: (estimator, pair), nats."""
    found = _said(bits)
    places = np.triu_indices(bits.sizes["neuron"], 1)
    found = found.transpose("estimator", "neuron", "other_neuron")
    return xr.DataArray(
        found.values[:, *places], {"estimator": found.estimator}, ("estimator", "pair")
    )


def _said(acts: xr.DataArray) -> xr.DataArray:
    from infonb.measures import TiesWarning, binary_mutual_information, mutual_information

    parts = []
    with warnings.catch_warnings():
        # which is what is shown here
        warnings.simplefilter("ignore", TiesWarning)
        for name, options in ESTIMATORS.items():
            measure: Any = binary_mutual_information if name == "counts" else mutual_information
            parts.append(measure(acts, **options))
    names = xr.Variable("estimator", np.array(list(ESTIMATORS), object))
    found = xr.concat(parts, names, coords="minimal", compat="override")
    return found.drop_attrs().assign_attrs(units="nat", n_samples=acts.sizes["sample"])
