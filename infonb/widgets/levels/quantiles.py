"""How the neurons and the pairs of many networks are spread: measured once, before any drawing."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import without_diagonal
from infonb.measures.density import NARROWEST

__all__ = ["ALL", "EVERY_LAYER", "choices", "neuron_quantiles", "pair_quantiles"]

#: The choice of all seeds together, and of pairs from all layers.
ALL = "all"
EVERY_LAYER = "all layers"

QUARTILES = (0.25, 0.5, 0.75)

#: Quantiles between which densities are shown, as in `infonb.plots.plot_mutual_information`.
_SHOWN = (0.001, 0.995)

#: Cells of a density within what is shown, and beyond it on either side.
_CELLS, _BEYOND = 400, 60


def choices(values: xr.DataArray) -> list[Any]:
    """Return which seeds can be chosen: all together, and each one if there are several."""
    seeds = values.seed.values.tolist() if "seed" in values.dims else []
    return [ALL, *seeds] if len(seeds) > 1 else [ALL]


def neuron_quantiles(entropy: xr.DataArray) -> xr.DataArray:
    """
    Return the quartiles of the neurons of each layer, for all seeds together and for each.

    Dims (*batch, [seed,] layer, neuron) in, dims (*batch, seed, layer, quantile) out.
    """
    seeds = ["seed"] if "seed" in entropy.dims else []
    with warnings.catch_warnings():
        # a network that was not measured at some level
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        parts = [entropy.quantile(QUARTILES, [*seeds, "neuron"])]
        names = choices(entropy)
        if len(names) > 1:
            each = entropy.quantile(QUARTILES, "neuron")
            parts += [each.isel(seed=at, drop=True) for at in range(each.sizes["seed"])]
    return xr.concat(parts, dim=_index("seed", names)).transpose(..., "seed", "layer", "quantile")


def pair_quantiles(information: xr.DataArray, batch: Sequence[str]) -> xr.Dataset:
    """
    Return quartiles and densities of the MI of pairs in each layer, and in all layers together.

    Dims (*batch, [seed,] layer, neuron, [other_layer,] other_neuron) in; a neuron with itself is
    left out. ``quartile`` (*batch, seed, layer, quantile) out; ``density`` (*batch, seed, layer,
    cell): a histogram of narrow cells, smoothed by a Gaussian whose width is Silverman's (1986,
    Density Estimation for Statistics and Data Analysis, equation 3.31), but at least half as wide
    as the narrowest component of `infonb.mixture_density`; coordinate ``value`` (layer, cell);
    ``limits`` (layer, end): what to show. A layer without pairs has NaN, and limits of 0 and 1.

    A mixture takes 40 ms to fit, this curve 1 ms: all curves of a sweep are ready before a control
    is moved, and their greatest peak is known, so that axes can stay as they are.
    """
    parts = _parts(information)
    names = choices(information)
    shape = tuple(information.sizes[dim] for dim in batch)
    full = (*shape, len(names), len(parts))
    quantiles = np.full((*full, 5), np.nan)
    for at, choice, part, values in _each(information, batch, parts, len(names)):
        if values.size:
            quantiles[(*at, choice, part)] = np.quantile(values, [*QUARTILES, *_SHOWN])
    ends = np.stack([_least(quantiles[..., 3]), -_least(-quantiles[..., 4])], axis=-1)
    ends[~np.isfinite(ends).all(axis=1)] = (0.0, 1.0)  # no pair at all, such as of one neuron
    margin = 0.08 * (ends[:, 1] - ends[:, 0]) + 1e-3
    ends += np.stack([-margin, margin], axis=-1)
    cell = (ends[:, 1] - ends[:, 0]) / _CELLS
    edges = (ends[:, :1] - cell[:, None] * _BEYOND) + cell[:, None] * np.arange(
        _CELLS + 2 * _BEYOND + 1
    )
    counts = np.zeros((*full, edges.shape[1] - 1))
    sizes = np.zeros(full, int)
    for at, choice, part, values in _each(information, batch, parts, len(names)):
        place = (*at, choice, part)
        span = (edges[part, 0], edges[part, -1])
        counts[place] = np.histogram(values, bins=counts.shape[-1], range=span)[0]
        sizes[place] = values.size
    density = _smooth(counts, sizes, quantiles[..., :3], cell)
    inside = slice(_BEYOND, -_BEYOND)
    dims = (*batch, "seed", "layer")
    coords = {dim: information[dim].values for dim in batch if dim in information.coords}
    coords |= {
        "seed": _labels(names),
        "layer": _labels(list(parts)),
        "quantile": np.array(QUARTILES),
    }
    middles = (edges[:, :-1] + edges[:, 1:]) / 2
    return xr.Dataset(
        {
            "quartile": ((*dims, "quantile"), quantiles[..., :3]),
            "density": ((*dims, "cell"), density[..., inside]),
            "limits": (("layer", "end"), ends),
        },
        coords | {"value": (("layer", "cell"), middles[:, inside])},
    )


def _parts(information: xr.DataArray) -> dict[str, dict[str, Any]]:
    """Return name → selection of the pairs within each layer, and of all pairs."""
    if "layer" not in information.dims:
        known = [d for d in ("layer", "other_layer") if d in information.coords]
        names = dict.fromkeys(str(information[d].item()) for d in known)
        return {" and ".join(names) or "all neurons": {}}
    every = "other_layer" in information.dims
    layers = information.layer.values.tolist()
    parts: dict[str, dict[str, Any]] = {
        str(layer): {"layer": [layer], "other_layer": [layer]} if every else {"layer": [layer]}
        for layer in layers
    }
    return parts | ({EVERY_LAYER: {}} if len(layers) > 1 else {})


def _each(
    information: xr.DataArray, batch: Sequence[str], parts: dict[str, dict[str, Any]], n: int
) -> Any:
    """Yield place, number of the seed's choice, number of the part and the finite values there."""
    for at in np.ndindex(*(information.sizes[dim] for dim in batch)):
        one = without_diagonal(information.isel(dict(zip(batch, at, strict=True))))
        if "seed" in one.dims:
            one = one.transpose("seed", ...)
        for number, selection in enumerate(parts.values()):
            values = one.sel(selection).values
            for choice in range(n):
                some = values if choice == 0 else values[choice - 1]
                yield at, choice, number, some[np.isfinite(some)]


def _smooth(
    counts: np.ndarray, sizes: np.ndarray, quartiles: np.ndarray, cell: np.ndarray
) -> np.ndarray:
    """Return densities (..., part, cell) of counts."""
    from scipy.ndimage import gaussian_filter1d

    density = np.full(counts.shape, np.nan)
    at = np.arange(counts.shape[-1])
    for part in range(counts.shape[-2]):
        together = counts[..., part, :].reshape(-1, at.size).sum(axis=0)
        narrowest = 0.5 * NARROWEST * _deviation(together, at)
        for place in np.argwhere(sizes[..., part] > 0):
            where = (*place, part)
            low, _, high = quartiles[where] / cell[part]
            spread = min(_deviation(counts[where], at), (high - low) / 1.34) or narrowest
            width = max(0.9 * spread * sizes[where] ** -0.2, narrowest, 0.5)
            density[where] = gaussian_filter1d(counts[where], width, mode="constant") / (
                sizes[where] * cell[part]
            )
    return density


def _deviation(counts: np.ndarray, at: np.ndarray) -> float:
    total = counts.sum()
    if not total:
        return 0.0
    mean = counts @ at / total
    return float(np.sqrt(counts @ (at - mean) ** 2 / total))


def _least(values: np.ndarray) -> np.ndarray:
    """Return the least finite value of each part."""
    flat = values.reshape(-1, values.shape[-1])
    return np.where(np.isfinite(flat), flat, np.inf).min(axis=0)


def _labels(names: Sequence[Any]) -> np.ndarray:
    labels = np.empty(len(names), dtype=object)
    labels[:] = names
    return labels


def _index(name: str, labels: Sequence[Any]) -> xr.DataArray:
    return xr.DataArray(_labels(labels), dims=(name,), name=name, coords={name: _labels(labels)})
