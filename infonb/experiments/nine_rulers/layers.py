"""What a whole network is like: means over its units and pairs, and what its layers know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.experiments.nine_rulers.networks import probabilities
from infonb.experiments.nine_rulers.units import recorded

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "BEYOND", "LAYER_RULERS", "NETWORK_RULERS", "accuracies", "checked", "is_wrong",
    "of_evaluation", "of_layers", "of_network", "trained_or_twin",
]  # fmt: skip

#: Those that each layer has; of a network their mean over layers.
LAYER_RULERS = (
    "mean_entropy", "mean_mi", "mi_over_entropy", "mean_unit_mem", "matrix_entropy",
    "imbalance_to_label", "layer_information",
)  # fmt: skip

#: Those that look at whole layers, and by which estimator each is checked.
BEYOND = {
    "matrix_entropy": "matrix_entropy", "imbalance_to_label": "imbalance",
    "layer_information": "latent",
}  # fmt: skip

#: Images for these checks, which take long.
_CHECKED = 250

#: The readings of networks, in the order in which they stand.
NETWORK_RULERS = ("mean_in_out", "memorized_share", "membership_auroc", *LAYER_RULERS)


def of_layers(units: xr.Dataset, unseen: xr.Dataset) -> xr.DataArray:
    """
    Return the readings of layers, (network_ruler, layer): of what `of_units` found, and beyond it.

    Whole layers are asked on images that no network has seen, with their true labels.
    """
    rows = {
        "mean_entropy": unseen["entropy"].mean("neuron"),
        "mean_mi": unseen["pair_information"],
        "mi_over_entropy": unseen["pair_information"] / unseen["few_entropy"],
        "mean_unit_mem": units["unit_score"].sel(unit_ruler="unit_mem").mean("neuron"),
        **{name: unseen[name] for name in BEYOND},
    }
    plain = [rows[name].reset_coords(drop=True).astype(float) for name in LAYER_RULERS]
    names = np.array(LAYER_RULERS, dtype=object)
    return xr.concat(
        plain, xr.IndexVariable("network_ruler", names), coords="minimal", compat="override",
        combine_attrs="drop",
    )  # fmt: skip


def checked(acts: xr.Dataset, label: xr.DataArray) -> xr.DataArray:
    """Return whether what whole layers say can be relied on, of the last hidden one: (beyond,)."""
    from infonb.measures import reliability

    some = slice(_CHECKED)
    last, label = acts.isel(layer=[-1], sample=some), label.isel(sample=some)
    found = [
        str(reliability(last, label, estimator=name).verdict.item()) == "reliable"
        for name in BEYOND.values()
    ]
    return xr.DataArray(found, {"beyond": np.array(list(BEYOND), dtype=object)}, ("beyond",))


def of_evaluation(model: nn.Module, evaluation: xr.Dataset) -> tuple[xr.Dataset, xr.DataArray]:
    """Return activations on images that no network has seen, and their true labels."""
    acts = recorded(model, evaluation)
    label = evaluation["label"].values
    return acts, xr.DataArray(label, {"sample": acts["sample"].values}, ("sample",), "label")


def accuracies(model: nn.Module, data: dict[str, xr.Dataset]) -> dict[str, float]:
    """Return the share of taught labels that a network says, and of true ones of unseen images."""
    parts = {"taught_accuracy": data["train"], "unseen_accuracy": data["evaluation"]}
    return {
        name: float((probabilities(model, part).argmax(1) == part["label"].values).mean())
        for name, part in parts.items()
    }


def of_network(model: nn.Module, data: dict[str, xr.Dataset], layers: xr.DataArray) -> xr.DataArray:
    """Return the readings of a network but mean in and out, which is NaN: (network_ruler,)."""
    samples = data["samples"]
    said = probabilities(model, samples)
    at = np.arange(len(said))
    loss = -np.log(np.maximum(said[at, samples["label"].values], 1e-7))
    wrong, target = is_wrong(samples), _target(samples)
    seen = samples["is_in"].values
    values = {
        "mean_in_out": np.nan,
        "memorized_share": float((said.argmax(1) == target)[wrong & seen].mean()),
        "membership_auroc": trained_or_twin(-loss, samples),
    } | dict(zip(LAYER_RULERS, layers.mean("layer").values.tolist(), strict=True))
    names = np.array(NETWORK_RULERS, dtype=object)
    return xr.DataArray(
        [values[name] for name in NETWORK_RULERS], {"network_ruler": names}, ("network_ruler",)
    )


def is_wrong(samples: xr.Dataset) -> np.ndarray:
    """Return which labels are wrong, (sample): planted so, or typical ones that noise has drawn."""
    kind = samples["kind"].values
    noisy = (kind == "typical") & (samples["label"].values != samples["true_label"].values)
    return np.asarray((kind == "wrong label") | noisy)


def _target(samples: xr.Dataset) -> np.ndarray:
    """Return the wrong label that is asked for, also where a network was taught the true one."""
    label, true = samples["label"].values, samples["true_label"].values
    undone = (samples["kind"].values == "wrong label") & (label == true)
    return np.where(undone, samples["planted_label"].values, label)


def trained_or_twin(score: np.ndarray, samples: xr.Dataset) -> float:
    """
    Return how likely a score is higher on a sample that was trained on than on a twin of its kind.

    AUROC of each kind, its mean weighted by how many were trained on; kinds are not mixed.
    """
    from infonb.memorization import auroc

    kind, seen = samples["kind"].values, samples["is_in"].values
    total, n = 0.0, 0
    for one in dict.fromkeys(kind.tolist()):
        at = np.flatnonzero(kind == one)
        values = xr.DataArray(np.asarray(score, float)[at], dims="sample")
        found = auroc(values, xr.DataArray(seen[at], dims="sample"))
        total += float(found.auroc) * int(seen[at].sum())
        n += int(seen[at].sum())
    return total / n
