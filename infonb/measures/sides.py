"""What is compared with what: layers with each other, with a label, with other activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import take_activation
from infonb.measures.layers import Layers, take_layers

__all__ = ["Sides", "sides_of"]


@dataclass(frozen=True)
class Sides:
    """Clouds of points, each once, and which of them are compared: from the first to the second."""

    clouds: list[np.ndarray]
    pairs: list[tuple[int, int]]


def sides_of(layers: Layers, second: Any) -> tuple[Sides, dict[str, int], dict[str, Any], str]:
    """Return what is compared with what, and the dims and coordinates that come behind a layer."""
    own, n_own = list(layers.points), len(layers.points)
    template = layers.template
    if second is None:
        if "layer" not in template.dims:
            raise ValueError(
                "one layer alone has no other to know: give activations with the dim 'layer', or "
                "second=, a label or other activations of the same samples."
            )
        n_layers = template.sizes["layer"]
        pairs = [
            (one, one - one % n_layers + other) for one in range(n_own) for other in range(n_layers)
        ]
        coords = {
            f"other_{name}": ("other_layer", template[name].values)
            for name in ("layer", "width")
            if name in template.coords and template[name].dims == ("layer",)
        }
        return Sides(own, pairs), {"other_layer": n_layers}, coords, "layers"
    if isinstance(second, xr.Dataset) or (
        isinstance(second, xr.DataArray) and "neuron" in second.dims
    ):
        return _other(layers, second)
    classes, name = layers.classes(second, "information_imbalance")
    places: dict[bytes, int] = {}
    pairs = []
    for at, codes in enumerate(classes):
        key = codes.tobytes()
        if key not in places:
            places[key] = len(own)
            own.append(np.eye(int(codes.max()) + 1)[codes])
        pairs.append((at, places[key]))
    return Sides(own, pairs), {}, {}, f"label {name}"


def _other(layers: Layers, second: Any) -> tuple[Sides, dict[str, int], dict[str, Any], str]:
    """Return the sides for other activations, of one or of several layers."""
    array = take_activation(second)
    if array.sizes.get("sample") != layers.whole.sizes["sample"]:
        raise ValueError(
            f"second has dims {dict(array.sizes)}; it must be of the same samples as first."
        )
    labels = layers.whole
    labelled = "sample" in array.coords and "sample" in labels.coords
    if labelled and not array.indexes["sample"].equals(labels.indexes["sample"]):
        raise ValueError(
            "first and second differ in their labels of 'sample'; bring them in line with "
            "xr.align(first, second)."
        )
    theirs = take_layers(array.isel(sample=layers.chosen))
    batch = [d for d in theirs.template.dims if d != "layer"]
    own_batch = [d for d in layers.template.dims if d != "layer"]
    sizes = {d: theirs.template.sizes[d] for d in batch}
    if batch and (batch != own_batch or sizes != {d: layers.template.sizes[d] for d in batch}):
        raise ValueError(
            f"second has the batch dims {sizes}; it must have none, or those of first, "
            f"{ {d: layers.template.sizes[d] for d in own_batch} }."
        )
    n_own, n_theirs = (one.sizes.get("layer", 1) for one in (layers.template, theirs.template))
    pairs = []
    for at in range(len(layers.points)):
        entry = at // n_own if batch else 0
        begin = len(layers.points) + entry * n_theirs
        pairs += [(at, begin + other) for other in range(n_theirs)]
    dims, coords = {}, {}
    if "layer" in theirs.template.dims:
        dims = {"other_layer": n_theirs}
        if "layer" in theirs.template.coords:
            coords = {"other_layer": ("other_layer", theirs.template.layer.values)}
    return Sides([*layers.points, *theirs.points], pairs), dims, coords, "activations"
