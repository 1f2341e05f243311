"""p-values of all changes: of models, if there are several of each kind, else of samples."""

from __future__ import annotations

from math import comb

import numpy as np
import xarray as xr

from infonb.dims import median_within_layers
from infonb.measures import entropy
from infonb.measures.rows.edges import RULERS
from infonb.selection.comparison.measuring import Measuring
from infonb.selection.comparison.models import Network
from infonb.selection.comparison.permutation import exchange_networks, flip_signs, holm

__all__ = ["MODELS", "SAMPLES", "blocks_of", "in_blocks", "of_samples", "p_values"]

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
        "the two models are exchanged in random blocks of the samples, each measured with rulers "
        "of its own: tested is whether these very networks differ on other samples. It says "
        "nothing of networks trained anew, which differ even if nothing but their seed does"
    ),
}

#: Blocks of samples, at most, and samples of each, at least and at most.
_BLOCKS, _LEAST, _MOST = 16, 25, 500
#: Neurons of a layer in each block, at most, and those of them that are paired.
_NEURONS, _PAIRED = 1024, 16


def p_values(
    measuring: Measuring, medians: xr.Dataset, reference: str, permutations: int
) -> xr.Dataset:
    """Return p of each change, raw and corrected, (comparison, [edges], layer), and words."""
    models = measuring.models
    others = [name for name in models.names if name != reference]
    several = len(models.of(reference)) > 1
    kind, paired = (MODELS, models.paired) if several else (SAMPLES, True)
    seed = measuring.settings.seed
    if several:
        table = _of_networks(medians, reference, others, permutations, seed, paired=paired)
    else:
        table = of_samples(measuring, reference, others, permutations)
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
        "smallest_p": _smallest(measuring, reference, kind, permutations),
    }  # fmt: skip
    return found


def _smallest(measuring: Measuring, reference: str, kind: str, permutations: int) -> float:
    """Return the smallest p that so many networks, blocks or permutations can give."""
    models = measuring.models
    n = len(models.of(reference))
    sizes = [len(models.of(name)) for name in models.names if name != reference]
    if kind == SAMPLES:
        ways = [2 / 2 ** len(blocks_of(measuring))]
    elif models.paired:
        ways = [2 / 2 ** min(n, m) for m in sizes]
    else:  # both ends of what is symmetric count
        ways = [(1 + (n == m)) / comb(n + m, n) for m in sizes]
    return min(max(min(ways), 1 / (permutations + 1)), 1.0)


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


def of_samples(
    measuring: Measuring, reference: str, others: list[str], permutations: int
) -> np.ndarray:
    """
    Return p from medians in blocks of samples: (comparison, rulers of the entropy and MI, layer).

    Not from what single samples add to the measures: the ends of a ruler are samples, too. If both
    models say the same, their medians in a block, ends and all, could be exchanged.
    """
    blocks = blocks_of(measuring)
    if not blocks:
        return np.full((len(others), len(RULERS) + 1, len(measuring.layers)), np.nan)
    medians = {
        name: np.mean([in_blocks(measuring, one, blocks) for one in measuring.models.of(name)], 0)
        for name in measuring.models.names
    }
    rows = np.stack([medians[name] - medians[reference] for name in others])
    seed = measuring.settings.seed
    p = flip_signs(rows.reshape(-1, rows.shape[-1]), permutations, seed)
    return p.reshape(rows.shape[:-1])


def blocks_of(measuring: Measuring) -> list[np.ndarray]:
    """Return the samples of each block, random ones; no block where there are too few samples."""
    n = measuring.n_samples
    number = min(_BLOCKS, n // max(_LEAST, measuring.settings.k + 2))
    order = np.random.default_rng(measuring.settings.seed).permutation(n)
    size = min(n // max(number, 1), _MOST)
    return list(order[: number * size].reshape(number, size)) if number > 1 else []


def in_blocks(measuring: Measuring, one: Network, blocks: list[np.ndarray]) -> np.ndarray:
    """Return medians of a network, (rulers and MI, layer, block); NaN: not measured."""
    values, bins = _stacked(measuring, one, blocks), measuring.settings.bins
    edges = {"shared": measuring.shared}  # of all samples; each block has the other two of its own
    found = [
        entropy(values, bins=bins, edges=edges.get(ruler, ruler)).median("neuron")
        for ruler in RULERS
    ]
    pairs = measuring.information(values, quiet=True, within="layer", neurons=_PAIRED)
    found.append(median_within_layers(pairs))
    table = np.full((len(found), len(measuring.layers), len(blocks)), np.nan)
    places = [measuring.layers.index(layer) for layer in one.layers]
    for row, medians in zip(table, found, strict=True):
        row[places] = medians.transpose("layer", "block").values
    return table


def _stacked(measuring: Measuring, one: Network, blocks: list[np.ndarray]) -> xr.DataArray:
    """Return the samples of each block, (block, layer, neuron, sample), of neurons drawn."""
    drawn, together = measuring.draw(_NEURONS), np.concatenate(blocks)
    parts = [
        one.values.isel(layer=i, neuron=drawn[width], sample=together).values
        for i, width in enumerate(one.widths.values())
    ]
    widths = [len(part) for part in parts]
    values = np.full((len(blocks), len(parts), max(widths), len(blocks[0])), np.nan, parts[0].dtype)
    for i, part in enumerate(parts):
        values[:, i, : len(part)] = part.reshape(len(part), len(blocks), -1).swapaxes(0, 1)
    coords = {"layer": one.layers, "width": ("layer", widths)}
    return xr.DataArray(values, coords, ("block", "layer", "neuron", "sample"))
