"""The figures of the page that no other page has: information beside memory, and its units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots import Picture, palette, subplots
from infonb.plots.comparison import label_layers
from infonb.plots.examples import as_rgb

__all__ = ["plot_beside", "plot_most_memorized", "plot_parts"]

_UNTRAINED = "untrained"


def _colours(runs: xr.Dataset) -> dict[str, Any]:
    """Return the colour of each network: grey without training."""
    names = [name for name in runs.network.values.tolist() if name != _UNTRAINED]
    return dict(zip(names, palette(len(names), "names"), strict=True)) | {_UNTRAINED: "#8a8a8a"}


def plot_beside(measures: dict[str, xr.DataArray], *, width: float = 3.3) -> Picture:
    """
    Draw measures of the same encoders by layer, a panel for each: LayerMem, entropy, MI.

    Each has the dims (network, seed, layer); thin lines are seeds, thick ones their means.
    """
    picture, axes = subplots(1, len(measures), size=(width, 2.9))
    handles: dict[str, Any] = {}
    said = []
    for axis, (words, values) in zip(axes[0], measures.items(), strict=True):
        for name, colour in _colours(values.to_dataset(name="x")).items():
            if name not in values.network.values:
                continue
            one = values.sel(network=name).transpose("layer", "seed")
            place = np.arange(one.sizes["layer"])
            axis.plot(place, one.values, color=colour, lw=0.7, alpha=0.6)
            handles[name] = axis.plot(place, one.mean("seed"), "o-", color=colour, lw=2, ms=4)[0]
        label_layers(axis, [str(layer) for layer in values.layer.values], width)
        axis.set_title(words, fontsize=10, loc="left")
        last = values.isel(layer=-1).mean("seed")
        told = ", ".join(f"{name} {float(last.sel(network=name)):.2f}" for name in handles)
        said.append(f"{words}: {told}")
    picture.legend(handles.values(), handles, loc="outside lower center", ncols=len(handles),
                   frameon=False, fontsize=9.5)  # fmt: skip
    picture.alt = f"By layer, with the values of the last one. {'; '.join(said)}."
    return picture


def plot_parts(parts: xr.DataArray, null: xr.DataArray, *, width: float = 3.1) -> Picture:
    """
    Draw the selectivity of units for the most and for the least memorized candidates, by layer.

    Dims (network, seed, part, layer), with the parts ``most`` and ``least``; `null` alike, of
    external images.
    """
    names = parts.network.values.tolist()
    picture, axes = subplots(1, len(names), size=(max(width, 4.2 / len(names)), 2.7), sharey=True)
    colours = dict(zip(("most", "least"), palette(2, "layers"), strict=True))
    handles: dict[str, Any] = {}
    said = []
    for axis, name in zip(axes[0], names, strict=True):
        for part, colour in colours.items():
            one = parts.sel(network=name, part=part).transpose("layer", "seed")
            place = np.arange(one.sizes["layer"])
            axis.plot(place, one.values, color=colour, lw=0.7, alpha=0.6)
            words = f"the {part} memorized candidates"
            handles[words] = axis.plot(place, one.mean("seed"), "o-", color=colour, lw=2, ms=4)[0]
        for part, dashes in (("most", "--"), ("least", ":")):
            mean = null.sel(network=name, part=part).mean("seed").values
            words = f"external images (null), {part}"
            handles[words] = axis.plot(place, mean, dashes, color="#8a8a8a", lw=2)[0]
        label_layers(axis, [str(layer) for layer in parts.layer.values], width)
        axis.set_title(str(name), fontsize=10, loc="left", fontweight="bold")
        last, external = (
            one.sel(network=name).isel(layer=-1).mean("seed") for one in (parts, null)
        )
        said.append(
            f"{name} {float(last.sel(part='most')):.2f} and {float(last.sel(part='least')):.2f}, "
            f"of external images {float(external.sel(part='most')):.2f} and "
            f"{float(external.sel(part='least')):.2f}"
        )
    axes[0, 0].set_ylabel("UnitMem, top tenth", fontsize=10)
    picture.legend(handles.values(), handles, loc="outside lower center", ncols=2, frameon=False,
                   fontsize=9.5)  # fmt: skip
    picture.alt = (
        f"UnitMem for the most and the least memorized candidates in the last layer: "
        f"{'; '.join(said)}."
    )
    return picture


def plot_most_memorized(
    runs: xr.Dataset, data: Mapping[str, xr.Dataset], *, role: str = "C", n: int = 10
) -> Picture:
    """
    Draw the images of a role with the highest scores in the last layer, and with the lowest.

    Dims of ``ssl_mem``: (seed, layer, image); `data` are the images by role, as of an experiment.
    """
    last = runs.ssl_mem.isel(layer=-1)
    last = last.isel(image=np.flatnonzero(last.role.values == role)).mean("seed")
    order = last.image.values[np.argsort(-last.values, kind="stable")]
    n = min(n, order.size // 2)
    rows = {"highest": order[:n], "lowest": order[order.size - n :]}
    picture, axes = subplots(2, n, size=(10.0 / n, 10.0 / n + 0.25))
    said = []
    for line, (words, chosen) in zip(axes, rows.items(), strict=True):
        scores = last.sel(image=chosen).values
        pixels = as_rgb(data[role].sel(sample=chosen)["input"].values)
        for axis, image, score in zip(line, pixels, scores, strict=True):
            axis.imshow(image, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set(visible=True, color="0.7")  # images may have white edges
            axis.set_title(f"{score:+z.2f}".replace("-", "−"), fontsize=9, pad=3)
        said.append(f"{n} of the {words} scores, {scores[0]:z.2f} to {scores[-1]:z.2f}")
    picture.alt = f"Images of {role}: {'; below '.join(said)}.".replace("-", "−")
    return picture
