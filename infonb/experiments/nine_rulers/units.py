"""What each unit of the hidden layers is like, and what becomes of the labels without it."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.nine_rulers.networks import hidden_layers

if TYPE_CHECKING:
    from torch import nn

__all__ = ["UNIT_RULERS", "drawn_units", "of_units", "recorded", "switching_off"]

#: The readings of units, in the order in which they stand.
UNIT_RULERS = (
    "unit_mem", "class_selectivity", "entropy", "label_information", "mean_information",
    "switching_off",
)  # fmt: skip


#: So many of the samples that move a unit most are kept.
_TOP = 6


def recorded(model: nn.Module, images: xr.Dataset, **options: Any) -> xr.Dataset:
    """Return the hidden layers of a network on images: (layer, neuron, sample), layers numbered."""
    from infonb.activations import record

    plain = images[["input"]].drop_vars([n for n in images.coords if n != "sample"])
    names = hidden_layers(model)
    found = record(
        model, plain, layers=names, prediction=False, progress=False, batch_size=1024, **options
    )
    words = np.array([f"layer {i}" for i in range(1, len(names) + 1)], dtype=object)
    found["activation"] = found["activation"].astype(np.float32)
    return found.assign_coords(layer=words)


def of_units(
    model: nn.Module, data: dict[str, xr.Dataset], unseen: xr.Dataset, *, views: int, units: int,
    mi_bins: int, seed: int,
) -> tuple[xr.Dataset, np.ndarray, float]:  # fmt: skip
    """
    Return the readings of units (unit_ruler, layer, neuron), units owned (sample), and its seconds.

    UnitMem, class selectivity and information on the label are of the samples that were trained on,
    with the labels that were taught; entropy and MI, in nats, are of `unseen` (of `of_unseen`).
    """
    samples = data["samples"]
    seen = np.flatnonzero(samples["is_in"].values)
    start = time.process_time()
    unit_mem, owned = _unit_mem(model, data, views, seed)
    seconds = time.process_time() - start
    acts = recorded(model, samples.isel(sample=seen))
    label = samples["label"].values[seen]
    off = switching_off(model, data, units=units, seed=seed)
    values = [unit_mem, _selectivity(acts, label), unseen["entropy"],
              _with_label(acts, label, mi_bins, seed), unseen["pairs"],
              off["wrong"] - off["typical"]]  # fmt: skip
    plain = [one.reset_coords(drop=True).astype(float) for one in values]
    names = np.array(UNIT_RULERS, dtype=object)
    whole = xr.concat(
        plain, xr.IndexVariable("unit_ruler", names), coords="minimal", compat="override",
        join="outer", combine_attrs="drop",
    )  # fmt: skip
    found = xr.Dataset({
        "unit_score": whole.transpose("unit_ruler", "layer", "neuron"),
        "off_wrong": off["wrong"], "off_typical": off["typical"],
        "top_sample": _strongest(acts["activation"]),
    })  # fmt: skip
    return found, owned, seconds


def _views(images: xr.DataArray) -> Any:
    """Return random views: of colours crops and mirror images, of grey images moves and noise."""
    from infonb.data import DigitViews, ImageViews

    # values around 0 have no hue that could change
    return ImageViews(jitter=0.0, grey=0.0) if "channel" in images.dims else DigitViews()


def _unit_mem(
    model: nn.Module, data: dict[str, xr.Dataset], views: int, seed: int
) -> tuple[xr.DataArray, np.ndarray]:
    """
    Return UnitMem on the samples that were trained on, and how many units answer most to each.

    Who is answered to is asked of twins as well, which have the same chance.
    """
    from infonb.memorization import unit

    samples = data["samples"]
    acts = recorded(
        model, samples, augment=_views(samples["input"]), n_augmentations=views, seed=seed
    )
    mean = acts["activation"].mean("augmentation").assign_coords(width=acts["width"])
    with warnings.catch_warnings():
        # of few samples, in a small trial
        warnings.filterwarnings("ignore", ".*says more of these samples.*")
        seen = unit(mean.isel(sample=np.flatnonzero(samples["is_in"].values)), negative="rectify")
        owners = unit(mean, negative="rectify")["argmax_sample"].values.ravel()
    place = {int(one): i for i, one in enumerate(samples["sample"].values)}
    owned = np.zeros(samples.sizes["sample"])
    for one in owners[owners >= 0]:
        owned[place[int(one)]] += 1
    return seen["unit_mem"], owned


def _strongest(active: xr.DataArray) -> xr.DataArray:
    """Return the samples that move each unit most, the first of all first: (layer, neuron, top)."""
    values = active.transpose("layer", "neuron", "sample").values
    there = np.isfinite(values).all(axis=-1)
    order = np.argsort(-np.where(there[..., None], values, 0.0), axis=-1, kind="stable")[..., :_TOP]
    labels = np.where(there[..., None], active["sample"].values[order], -1)
    coords = {"layer": active["layer"].values, "neuron": active["neuron"].values}
    return xr.DataArray(labels, coords, ("layer", "neuron", "top"))


def _selectivity(acts: xr.Dataset, label: np.ndarray) -> xr.DataArray:
    from infonb.memorization import class_selectivity

    given = xr.DataArray(label, {"sample": acts["sample"].values}, ("sample",))
    return class_selectivity(acts, given, negative="rectify")["class_mem"]


def _with_label(acts: xr.Dataset, label: np.ndarray, bins: int, seed: int) -> xr.DataArray:
    """Return the MI of each unit with the label that was taught, in nats: in bins of each unit."""
    from infonb.measures import mutual_information

    return mutual_information(
        acts["activation"], other=label, estimator="binned", bins=bins, edges="neuron",
        corrected="permutation", seed=seed,
    )  # fmt: skip


def drawn_units(width: int, units: int, seed: int, widest: int) -> np.ndarray:
    """Return the places of the units that are tried of a layer, those drawn for MI; 0: all."""
    if not 0 < units < width:
        return np.arange(width)
    order = np.random.default_rng(seed).permutation(widest)
    return np.sort(order[order < width][:units])


def switching_off(
    model: nn.Module, data: dict[str, xr.Dataset], *, units: int, seed: int
) -> xr.Dataset:
    """
    Return what each unit does for the labels: how much less probable they are without it.

    ``wrong``: of samples whose label is not their true one, and was planted so; ``typical``: of
    typical samples with their true label. (layer, neuron), NaN of units that are not tried.
    """
    import torch

    from infonb.networks.state import device_and_dtype, eval_mode
    from infonb.selection.interventions.switching import Switches

    groups = _groups(data["train"])
    order = np.concatenate(list(groups.values()))
    part = data["train"].isel(sample=order)
    device, dtype = device_and_dtype(model)
    images = torch.as_tensor(part["input"].values).to(device, dtype)
    label = torch.as_tensor(part["label"].values).to(device)
    cut = len(groups["wrong"])
    names = hidden_layers(model)
    with eval_mode(model), torch.no_grad(), Switches(model, names) as switches:
        switches.set({})
        before = _its(model, images, label)
        rows: list[dict[str, np.ndarray]] = []
        widths = _widths(model, images[:1], names)
        for name, width in zip(names, widths, strict=True):
            row = {group: np.full(width, np.nan) for group in groups}
            for unit in drawn_units(width, units, seed, max(widths)):
                switches.put({name: torch.tensor([unit])})
                lost = (before - _its(model, images, label)).numpy()
                row["wrong"][unit], row["typical"][unit] = lost[:cut].mean(), lost[cut:].mean()
            rows.append(row)
        switches.set({})
    most = max(widths)
    words = np.array([f"layer {i}" for i in range(1, len(names) + 1)], dtype=object)
    values = {
        group: (("layer", "neuron"), np.stack([
            np.pad(row[group], (0, most - row[group].size), constant_values=np.nan) for row in rows
        ]))
        for group in groups
    }  # fmt: skip
    return xr.Dataset(values, {"layer": words, "neuron": np.arange(most)})


def _groups(train: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the places of samples with a wrong label, and of typical ones with their true one."""
    kind, is_true = train["kind"].values, train["label"].values == train["true_label"].values
    wrong = (kind == "wrong label") | ((kind == "typical") & ~is_true)
    return {
        "wrong": np.flatnonzero(wrong),
        "typical": np.flatnonzero((kind == "typical") & is_true),
    }


def _its(model: nn.Module, images: Any, label: Any) -> Any:
    """Return the probability of each label."""
    said = model(images).double()
    if hasattr(model, "construction"):  # which says shares, no logits
        shares = said.clamp(0, 1)
        found = shares / shares.sum(1, keepdim=True).clamp_min(1e-6)
    else:
        found = said.softmax(1)
    return found.gather(1, label[:, None])[:, 0].cpu()


def _widths(model: nn.Module, image: Any, names: list[str]) -> list[int]:
    """Return how many units each layer has: features, or channels."""
    found: dict[str, int] = {}
    hooks = [
        model.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: found.update({name: output.shape[1]})
        )
        for name in names
    ]
    try:
        model(image)
    finally:
        for hook in hooks:
            hook.remove()
    return [found[name] for name in names]
