"""UnitMem of networks that are compared, on views of the inputs, each beside itself untrained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.compare_models.answer import plain

if TYPE_CHECKING:
    from torch import nn

__all__ = ["has_views", "unit_words", "units_of", "with_units"]

_MEASURED = ("unit_mem", "untrained_unit_mem")
_WHY = "untrained_why"


def has_views(activations: xr.Dataset | xr.DataArray) -> bool:
    """Whether a recording is one of random views of each sample."""
    return "augmentation" in activations.dims


def with_units(
    found: xr.Dataset, model: nn.Module, inputs: Any, views: str, seed: int
) -> xr.Dataset:
    """Return a recording with UnitMem of its layers (layer, neuron), trained and untrained."""
    from infonb.networks import untrained

    layers = found.layer.values.tolist()
    measured = {"unit_mem": _measure(model, inputs, layers, views, seed)}
    try:
        new = untrained(model, seed)
    except ValueError as error:
        return found.assign(measured).assign_attrs({_WHY: str(error)})
    measured["untrained_unit_mem"] = _measure(new, inputs, layers, views, seed)
    return found.assign(measured)


def _measure(
    model: nn.Module, inputs: Any, layers: Sequence[str], views: str, seed: int
) -> xr.DataArray:
    from infonb.activations import record
    from infonb.data import DigitViews, ImageViews
    from infonb.memorization import unit

    kind = DigitViews() if views == "digits" else ImageViews()
    acts = record(model, inputs, layers, augment=kind, seed=seed, progress=False)
    mem = unit(acts, negative="rectify").unit_mem
    # no NaN beside attributes that differ, and nothing that the recording has itself
    return mem.drop_vars([name for name in mem.coords if name not in mem.dims])


def units_of(found: xr.Dataset, parts: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Return a comparison with UnitMem (model, layer, neuron) out of the recordings."""
    table = found["entropy"].isel(edges=0, drop=True)
    measured = {}
    for name in _MEASURED:
        if not any(name in part for part in parts.values()):
            continue
        whole = xr.full_like(table, np.nan, float).drop_attrs()
        for model, part in parts.items():
            if name in part:
                own = part[name].load().reindex(layer=table.layer, neuron=table.neuron)
                whole.loc[{"model": model}] = own.transpose("layer", "neuron").values
                attrs = part[name].attrs
        measured[name] = whole.rename(name).assign_attrs(attrs)
    why = [f"{model}: {part.attrs[_WHY]}" for model, part in parts.items() if _WHY in part.attrs]
    return found.assign(measured).assign_attrs({_WHY: "; ".join(why)} if why else {})


def unit_words(found: xr.Dataset) -> str:
    """Return in words how selective single units are, beside the networks untrained."""
    mem = found["unit_mem"]
    pooled = [dim for dim in mem.dims if dim not in ("model", "layer")]
    medians = mem.median(pooled)
    new = found["untrained_unit_mem"].median(pooled) if "untrained_unit_mem" in found else None
    lines = []
    for name in mem.model.values.tolist():
        one = medians.sel(model=name).dropna("layer")
        if not one.size:
            continue
        last = one.layer.values[-1]
        words = f"*{plain(name)}* {float(one[-1]):.2f}"
        own = np.nan if new is None else float(new.sel(model=name, layer=last))
        words += f" (untrained {own:.2f})" if np.isfinite(own) else ""
        lines.append(f"{words} in {plain(last)}")
    n, views = mem.attrs.get("n_samples", "?"), mem.attrs.get("n_augmentations", "?")
    said = (
        f"**Median UnitMem in the last layer**: {'; '.join(lines)}. Of {n} samples, {views} views "
        "each. It says something of memory only if these are training samples, and only above the "
        "network with new weights: a unit is selective without any training, too."
    )
    why = found.attrs.get(_WHY, "")
    if why:
        said += f"\n\nNo untrained network beside {plain(why)}"
    elif new is None:
        said += " No untrained network is beside: the recordings hold no weights."
    return said
