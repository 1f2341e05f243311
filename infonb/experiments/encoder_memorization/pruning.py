"""What a linear probe loses when units of the encoder are switched off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.encoder_memorization.training import layers_of

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PRUNED", "SCOPES", "accuracy_of_probe", "chosen", "pruned_accuracy"]

#: The share of the units that is switched off, as in the paper.
SHARE = 0.1

#: Which units are off: none, those of highest UnitMem, drawn ones, those of lowest UnitMem.
PRUNED = ("none", "highest", "random", "lowest")

#: A tenth of all units together, as in the paper, or a tenth of the units of each layer.
SCOPES = ("all layers", "each layer")

#: Of the weights of the probe, in units of the variance of a feature.
_RIDGE = 1e-2


def pruned_accuracy(
    model: nn.Module, unit_mem: xr.DataArray, data: Mapping[str, xr.Dataset], *, n_random: int,
    seed: int,
) -> xr.Dataset:  # fmt: skip
    """
    Return the accuracy of linear probes of a pruned encoder, each learnt anew.

    ``probe_accuracy`` (scope, pruned), of drawn units the mean, and ``random_accuracy`` (scope,
    draw). Units that are off already are not switched off; sums are no units of their own.
    """
    rng = np.random.default_rng(seed)
    table = np.full((len(SCOPES), len(PRUNED)), np.nan)
    drawn = np.full((len(SCOPES), n_random), np.nan)
    whole = _accuracy(model, {}, data)
    for row, scope in enumerate(SCOPES):
        for i in range(n_random):
            drawn[row, i] = _accuracy(model, chosen(unit_mem, "random", scope, rng), data)
        ends = (_accuracy(model, chosen(unit_mem, one, scope, rng), data)
                for one in ("highest", "lowest"))  # fmt: skip
        highest, lowest = ends
        table[row] = whole, highest, drawn[row].mean(), lowest
    coords = {"scope": np.array(SCOPES, dtype=object), "pruned": np.array(PRUNED, dtype=object)}
    attrs = {"units": "1", "long_name": "accuracy of a linear probe"}
    return xr.Dataset(
        {
            "probe_accuracy": (("scope", "pruned"), table, attrs),
            "random_accuracy": (("scope", "draw"), drawn, attrs),
        },
        coords,
    )


def chosen(
    unit_mem: xr.DataArray, which: str, scope: str, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return layer → units that are switched off, of those that have a UnitMem."""
    names = [name for name in unit_mem["layer"].values.tolist() if not name.startswith("res")]
    values = unit_mem.sel(layer=names).transpose("layer", "neuron").values
    if scope == "each layer":
        groups = [np.argwhere(np.isfinite(values) & (np.arange(len(names)) == i)[:, None])
                  for i in range(len(names))]  # fmt: skip
    else:
        groups = [np.argwhere(np.isfinite(values))]
    found: dict[str, list[int]] = {}
    for places in groups:
        n = round(SHARE * len(places))
        of = values[tuple(places.T)]
        order = rng.permutation(len(places))  # also where several are alike
        if which != "random":
            order = order[np.argsort(of[order], kind="stable")]
        for layer, neuron in places[order[len(order) - n :] if which == "highest" else order[:n]]:
            found.setdefault(names[layer], []).append(int(neuron))
    return {name: np.sort(units) for name, units in found.items()}


def _accuracy(
    model: nn.Module, off: Mapping[str, np.ndarray], data: Mapping[str, xr.Dataset]
) -> float:
    """Return the accuracy of a probe on what the encoder says with these units off."""
    from infonb.selection.interventions.switching import switched_off

    layers = layers_of(model)
    modules = {layers[name][1]: units for name, units in off.items()}
    with switched_off(model, modules):
        parts = [(_features(model, data[role]), data[role]["label"].values)
                 for role in ("probe", "evaluation")]  # fmt: skip
    return accuracy_of_probe(*parts)


def accuracy_of_probe(train: tuple[Any, Any], other: tuple[Any, Any]) -> float:
    """
    Return how many labels a linear probe tells, learnt from (features, labels), on others.

    Least squares on one column for each class, of standardized features, with a small penalty: in
    closed form, so that nothing is left to chance or to a length of training.
    """
    (features, labels), (others, expected) = train, other
    middle, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 1e-6, spread, np.inf)  # what never changes tells nothing
    rows = (features - middle) / scale
    classes = np.unique(labels)
    columns = (labels[:, None] == classes).astype(float)
    gram = rows.T @ rows + _RIDGE * len(rows) * np.eye(rows.shape[1])
    weights = np.linalg.solve(gram, rows.T @ (columns - columns.mean(axis=0)))
    told = (others - middle) / scale @ weights + columns.mean(axis=0)
    return float((classes[told.argmax(axis=1)] == expected).mean())


def _features(model: nn.Module, images: xr.Dataset) -> np.ndarray:
    from infonb.training import predict

    return predict(model, images["input"]).astype(float)
