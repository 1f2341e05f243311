"""Rows of the closing table that the experiments on images share."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims import Claim, change_of_median
from infonb.claims.resampling import (
    RESAMPLES,
    draw_counts,
    draw_seeds,
    kendall,
    pair_means,
)
from infonb.dims import median_within_layers, within_layer

__all__ = ["layer_claims", "median_within_layers", "rank_claims", "within_layer"]


def layer_claims(
    results: xr.Dataset,
    over: str,
    start: float,
    end: float,
    *,
    entropy_direction: int,
    paper: xr.Dataset,
) -> list[Claim]:
    """
    Return one row per layer for the median entropy and for the median MI.

    Parameters
    ----------
    results
        Of an experiment, dims (`over`, seed, layer, ...).
    over, start, end
        Dimension of the levels, and the two levels that are compared.
    entropy_direction
        1 if the paper has the entropy rise from `start` to `end`; MI goes the other way.
    paper
        The paper's ``median_entropy`` (layer from 1, `over`), and ``mutual_information`` (layer),
        what its figure shows of the distribution of MI in words, empty if nothing.

    Examples
    --------
    See `infonb.experiments.colored_digits.claims`.
    """
    rises = {1: "rises", -1: "falls"}
    names = results.layer.values
    rows = []
    for number, layer in enumerate(names, start=1):
        numbers = _reported(paper.median_entropy, over, start, end, number, str(layer))
        found = change_of_median(results.entropy.sel(layer=layer), over, start, end)
        statement = f"median entropy {rises[entropy_direction]}"
        rows.append(Claim(statement, str(layer), entropy_direction, numbers, *found))
    for number, layer in enumerate(names, start=1):
        ends = (start, end) == tuple(float(level) for level in paper[over][[0, -1]])
        known = ends and number in paper.layer and str(layer).startswith("fc")
        words = str(paper.mutual_information.sel(layer=number).item()) if known else ""
        pairs = within_layer(results.mutual_information, layer)
        found = change_of_median(pairs, over, start, end)
        statement = f"median mutual information {rises[-entropy_direction]}"
        numbers = words or "not reported"
        rows.append(Claim(statement, str(layer), -entropy_direction, numbers, *found))
    return rows


def _reported(
    paper: xr.DataArray, over: str, start: float, end: float, number: int, layer: str
) -> str:
    """Return the paper's two numbers, of the same levels and before the ReLU, or say that none."""
    there = paper[over].values
    if number not in paper.layer or start not in there or end not in there or layer[:2] != "fc":
        return "not reported"
    return " → ".join(
        f"{float(paper.sel({'layer': number, over: level})):.2f}" for level in (start, end)
    )


def rank_claims(
    results: xr.Dataset, over: str, *, entropy_sign: int, paper: xr.Dataset
) -> list[Claim]:
    """
    Return the rows on ranking: Kendall's τ of the measures against the validation accuracy.

    Parameters
    ----------
    results
        Of an experiment; with fewer than three levels there is nothing to rank.
    over
        Dimension of the levels.
    entropy_sign
        1 if high mean entropy goes with high accuracy (heuristics), -1 if it goes with low
        accuracy (examples learnt by heart); MI has the other sign.
    paper
        Its attributes ``tau_entropy`` and ``tau_mutual_information``.

    Notes
    -----
    Table 2 of the paper ranks the models of one experiment. Here one ranking is made per seed, so
    that there is an interval, and beside it the ranking of the means over seeds. The mean MI is
    that of all pairs of different neurons that were measured. The bootstrap draws seeds, and the
    neurons of each layer of each network, as `infonb.claims.change_of_median` does.
    """
    if results.sizes[over] < 3:
        return []
    accuracy = results.final_validation_accuracy.transpose(over, "seed").values
    measured = {
        "entropy": (results.entropy, ("layer", "neuron"), entropy_sign),
        "mutual information": (results.mutual_information, _pair_dims(results), -entropy_sign),
    }
    rows = []
    for name, (values, dims, sign) in measured.items():
        networks = values.transpose(over, "seed", *dims).values
        means, drawn = _network_means(networks, within="other_layer" not in dims)
        taus = kendall(sign * means.T, accuracy.T)
        pooled = float(kendall(sign * means.mean(axis=1), accuracy.mean(axis=1)))
        both = draw_seeds([*drawn, *accuracy[:, :, None]], 1000, np.random.default_rng(0))
        both = np.moveaxis(both, 0, -1)  # levels last: measure, then accuracy
        levels = len(means)
        draws = kendall(sign * both[..., :levels], both[..., levels:]).mean(axis=1)
        word = "higher" if sign > 0 else "lower"
        statement = f"{word} mean {name} goes with better validation accuracy"
        numbers = f"τ = {paper.attrs['tau_' + name.replace(' ', '_')]:.2f}"
        here = f"τ = {taus.mean():.2f}"
        if taus.size > 1:
            here += f" (means over seeds: {pooled:.2f})"
        effect, bounds, n = tuple(taus.tolist()), (-1.0, 1.0), results.sizes[over]
        rows.append(Claim(statement, "network", 1, numbers, here, effect, draws, bounds, n))
    return rows


def _pair_dims(results: xr.Dataset) -> tuple[str, ...]:
    dims = ("layer", "neuron", "other_layer", "other_neuron")
    return tuple(dim for dim in dims if dim in results.mutual_information.dims)


def _network_means(values: np.ndarray, *, within: bool) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the mean of each network, (level, seed), and with neurons drawn anew, (..., resample).

    Values (level, seed, layer, neuron), or with the same again for pairs (within: of one layer).
    """
    rng = np.random.default_rng(0)
    shape, n_layers, width = values.shape[:2], *values.shape[2:4]
    drawn = np.empty((*shape, 1 + RESAMPLES))
    for at in np.ndindex(shape):
        one = values[at]
        if one.ndim == 2:
            there = np.isfinite(one)
        else:
            one = _all_pairs(one) if within else one.reshape(n_layers * width, -1)
            there = np.isfinite(one).any(axis=1).reshape(n_layers, width)
        counts = np.zeros((1 + RESAMPLES, n_layers, width))
        counts[0, there] = 1  # as measured
        for layer in range(n_layers):
            if there[layer].any():
                new = draw_counts(int(there[layer].sum()), RESAMPLES, rng)
                counts[1:, layer, there[layer]] = new
        flat = counts.reshape(len(counts), -1)
        if values.ndim == 4:
            drawn[at] = flat @ np.nan_to_num(one.ravel()) / flat.sum(axis=1)
        else:
            drawn[at] = pair_means(one, flat)
    return drawn[..., 0], drawn[..., 1:]


def _all_pairs(blocks: np.ndarray) -> np.ndarray:
    """Return pairs within layers (layer, neuron, other) as a matrix, NaN between layers."""
    n_layers, width = blocks.shape[:2]
    full = np.full((n_layers, width, n_layers, width), np.nan)
    for layer, block in enumerate(blocks):
        full[layer, :, layer] = block
    return full.reshape(n_layers * width, -1)
