"""p-values of all changes: of models, if there are several of each kind, else of samples."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import xarray as xr

from infonb.measures import entropy
from infonb.measures.rows.edges import RULERS
from infonb.selection.measuring import Measuring
from infonb.selection.models import Models, Network
from infonb.selection.permutation import exchange_networks, flip_signs, holm

__all__ = ["MODELS", "SAMPLES", "p_values"]

#: What is exchanged; and what that says.
MODELS, SAMPLES = "models", "samples"
_WORDS = {
    (MODELS, True): (
        "the two networks of each seed, which share data and first weights, are exchanged: what is "
        "tested is the kind of training"
    ),
    (MODELS, False): (
        "the networks of the two models are exchanged, whichever their seeds: what is tested is "
        "the kind of training"
    ),
    (SAMPLES, True): (
        "what the two models say of a sample is exchanged (mean over neurons, or pairs): tested is "
        "whether these very networks, in these bins, differ on other samples. It says nothing of "
        "networks trained anew, which differ even if nothing but their seed does"
    ),
}

#: Samples and neurons of a layer for which single values are measured, at most.
_SAMPLES, _NEURONS, _BLOCK = 4000, 16, 2**23


def p_values(
    measuring: Measuring, medians: xr.Dataset, reference: str, permutations: int
) -> xr.Dataset:
    """Return p of each change, raw and corrected, (comparison, [edges], layer), and words."""
    models = measuring.models
    others = [name for name in models.names if name != reference]
    several = min(len(models.of(name)) for name in models.names) > 1
    kind, paired = (MODELS, models.paired) if several else (SAMPLES, True)
    seed = measuring.settings.seed
    if several:
        table = _of_networks(medians, reference, others, permutations, seed, paired=paired)
    else:
        table = _of_samples(measuring, reference, others, permutations)
    corrected = holm(table)
    dims = ("comparison", "edges", "layer")
    found = xr.Dataset()
    for name, values in (("p", table), ("p_corrected", corrected)):
        found[f"entropy_{name}"] = dims, values[:, :-1]
        found[f"mutual_information_{name}"] = ("comparison", "layer"), values[:, -1]
    known = table[np.isfinite(table)]
    found.attrs = {
        "permuted": kind, "p_value": _WORDS[kind, paired],
        "corrected": f"Holm, for {known.size} rows", "permutations": permutations,
        "smallest_p": _smallest(models, reference, kind, permutations),
    }  # fmt: skip
    return found


def _smallest(models: Models, reference: str, kind: str, permutations: int) -> float:
    """Return the smallest p that so many networks, or permutations, can give."""
    drawn = 1 / (permutations + 1)
    if kind == SAMPLES:
        return drawn
    n = len(models.of(reference))
    sizes = [len(models.of(name)) for name in models.names if name != reference]
    # both ends of what is symmetric count
    ways = [2 / 2 ** min(n, m) if models.paired else (1 + (n == m)) / comb(n + m, n) for m in sizes]
    return max(min(ways), drawn)


def _of_networks(
    medians: xr.Dataset, reference: str, others: list[str], permutations: int, seed: int, *,
    paired: bool,
) -> np.ndarray:  # fmt: skip
    """Return p from medians of networks: (comparison, rulers of the entropy and MI, layer)."""
    order = ("edges", "layer", "seed")
    entropies = medians["median_entropy"].transpose("model", *order)
    informations = medians["median_mutual_information"].transpose("model", *order[1:])
    tables = {
        str(name): np.concatenate([entropies.sel(model=name), informations.sel(model=[name])])
        for name in entropies["model"].values
    }
    found = []
    for name in others:
        shape = tables[name].shape
        start, end = (tables[which].reshape(-1, shape[-1]) for which in (reference, name))
        if paired:
            p = flip_signs(end - start, permutations, seed)
        else:
            p = exchange_networks(start, end, permutations, seed)
        found.append(p.reshape(shape[:-1]))
    return np.stack(found)


def _of_samples(
    measuring: Measuring, reference: str, others: list[str], permutations: int
) -> np.ndarray:
    """Return p from what each sample adds: (comparison, rulers of the entropy and MI, layer)."""
    models, layers = measuring.models, measuring.layers
    said = {
        name: np.mean([_said(measuring, one) for one in models.of(name)], axis=0)
        for name in models.names
    }
    # said of this model and the reference: (ruler, layer, sample)
    shape = len(RULERS) + 1, len(layers)
    rows = np.stack([said[name] - said[reference] for name in others])
    p = flip_signs(rows.reshape(-1, rows.shape[-1]), permutations, measuring.settings.seed)
    return p.reshape(len(others), *shape)


def _said(measuring: Measuring, one: Network) -> np.ndarray:
    """Return what each sample adds to mean entropy and MI, (rulers and MI, layer, sample)."""
    n = measuring.n_samples
    some: Any = slice(None)
    if n > _SAMPLES:
        rng = np.random.default_rng(measuring.settings.seed)
        some = np.sort(rng.choice(n, _SAMPLES, replace=False))
    values = one.values.isel(sample=some)
    table = np.full((len(RULERS) + 1, len(measuring.layers), values.sizes["sample"]), np.nan)
    bins, edges = measuring.settings.bins, measuring.edges(one)
    block = max(1, _BLOCK // values.sizes["sample"])
    for i, layer in enumerate(one.layers):
        at, width = measuring.layers.index(layer), one.widths[layer]
        sums = np.zeros((len(RULERS), values.sizes["sample"]))
        for start in range(0, width, block):
            part = values.isel(layer=i, neuron=slice(start, min(start + block, width)))
            part = xr.DataArray(part.values, dims=("neuron", "sample"))
            for j, ruler in enumerate(RULERS):
                found = entropy(part, bins=bins, edges=edges[ruler], pointwise=True)
                sums[j] += found.sum("neuron").values
        table[:-1, at] = sums / width
        table[-1, at] = _said_of_pairs(measuring, values, i, width)
    return table


def _said_of_pairs(
    measuring: Measuring, values: xr.DataArray, layer: int, width: int
) -> np.ndarray | float:
    drawn = measuring.drawn[width][:_NEURONS]
    if len(drawn) < 2 or (
        measuring.chosen[0] != "binned" and values.sizes["sample"] <= measuring.settings.k
    ):
        return np.nan
    found = measuring.information(values.isel(layer=layer, neuron=drawn).values, pointwise=True)
    first, second = np.triu_indices(len(drawn), k=1)
    return found.values[first, second].mean(axis=0)
