"""What is measured of one network: error, accuracy, entropy, mutual information, their ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.relu_memorizers.training import HIDDEN

if TYPE_CHECKING:
    from torch import nn

__all__ = ["closed_form", "information_of", "scores_of", "stairs"]

#: Neurons of each layer that are drawn for the null.
_NULL = 12


def scores_of(model: nn.Module, data: dict[str, xr.Dataset]) -> xr.Dataset:
    """Return the largest error on what is memorized, and the accuracy on both parts."""
    said = {role: _said(model, part) for role, part in data.items()}
    right = {
        # the class whose code is nearest
        role: np.clip(np.rint((said[role] + 1) * 4.5), 0, 9) == part.label.values
        for role, part in data.items()
    }
    return xr.Dataset({
        "train_error": np.abs(said["train"] - data["train"].code.values).max(),
        "train_accuracy": right["train"].mean(),
        "held_out_accuracy": right["held_out"].mean(),
    })  # fmt: skip


def information_of(
    model: nn.Module, images: xr.Dataset, *, bins: int, edges: str, mi_bins: int, seed: int
) -> xr.Dataset:
    """
    Return what the hidden layers show on images that were not memorized, in nats.

    ``activation`` and ``entropy`` (layer, neuron); and (layer), means of all units that vary:
    ``unit_entropy`` in the few bins of MI, ``pair_information`` of pairs less what shuffled samples
    give, their ``ratio``, and ``null_information``, the same of one side in another order.
    """
    from infonb.activations import record
    from infonb.measures import entropy, mutual_information

    values = {"input": images["input"].drop_vars(list(images["input"].coords))}
    run = record(model, xr.Dataset(values), layers=list(HIDDEN), progress=False)
    run = run.drop_vars([name for name in run.coords if name == "sample"]).rename(sample="image")
    active = run["activation"] = run["activation"].astype(np.float32)
    if edges != "shared":
        run["entropy"] = entropy(active, dim="image", bins=bins, edges=edges)
    options: dict[str, Any] = {
        "dim": "image",
        "estimator": "binned",
        "bins": mi_bins,
        "edges": "neuron",
    }
    pairs = mutual_information(
        active, within="layer", corrected="permutation", seed=seed, **options
    )
    few = entropy(active, **options)
    varies = active.std("image") > 1e-6
    scrambled = _scrambled(active, seed)
    null = mutual_information(
        scrambled, within="layer", corrected="permutation", seed=seed, neurons=_NULL, **options
    )
    run["unit_entropy"] = few.where(varies).mean("neuron", keep_attrs=True)
    run["pair_information"] = _of_pairs(pairs, varies)
    run["null_information"] = _of_pairs(null, varies)
    run["ratio"] = run.pair_information / run.unit_entropy
    run["n_varying"] = varies.sum("neuron")
    return run


def stairs(model: Any, train: xr.Dataset, bins: int) -> xr.Dataset:
    """
    Return the entropy of each unit of layer 1 on stored samples, as measured and in closed form.

    Dims (unit); of a network of hard-tanh units, in bins of each unit.
    """
    from infonb.activations import record
    from infonb.measures import entropy

    values = {"input": train["input"].drop_vars(list(train["input"].coords))}
    run = record(model, xr.Dataset(values), layers=["hidden1"], progress=False)
    found = entropy(run.activation, bins=bins, edges="neuron").isel(layer=0, drop=True)
    group = model.construction.group.values
    return xr.Dataset({
        "stair_entropy": ("unit", found.values),
        "stair_closed_form": ("unit", closed_form(group, found.size)),
    })  # fmt: skip


def closed_form(group: np.ndarray, n_units: int) -> np.ndarray:
    """
    Return the entropy in nats of each unit of layer 1, if it tells all samples of its group apart.

    H = −p₋ ln p₋ − p₊ ln p₊ + p₀ ln N: the unit is at one end for the groups on one side, at the
    other for those on the other side, and at a value of its own for each sample of its own group.
    """
    n = group.size
    sides = [[(group > j).sum() / n, (group < j).sum() / n] for j in range(n_units)]
    ends = np.array([sum(-p * np.log(p) for p in pair if p > 0) for pair in sides])
    own = np.array([(group == j).sum() / n for j in range(n_units)])
    return ends + own * np.log(n)


def _said(model: nn.Module, part: xr.Dataset) -> np.ndarray:
    import torch

    from infonb.networks.state import device_and_dtype, eval_mode

    device, dtype = device_and_dtype(model)
    with eval_mode(model):
        said = model(torch.as_tensor(part["input"].values).to(device, dtype))
    return said.double().cpu().numpy().ravel()


def _of_pairs(pairs: xr.DataArray, varies: xr.DataArray) -> xr.DataArray:
    """Return the mean over pairs of different units that both vary: (layer)."""
    other = varies.rename(neuron="other_neuron")
    both = varies & other & (pairs.neuron != pairs.other_neuron)
    return pairs.where(both).mean(["neuron", "other_neuron"], keep_attrs=True)


def _scrambled(active: xr.DataArray, seed: int) -> xr.DataArray:
    """Return activations in which each unit has the samples in an order of its own."""
    active = active.transpose("layer", "neuron", "image")
    rng = np.random.default_rng([seed, 59])
    return active.copy(data=rng.permuted(active.values, axis=-1))
