"""Rows of the closing table that the experiments on images share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.claims import Claim, change

__all__ = ["layer_claims", "median_within_layers", "rank_claims", "sensitivity"]


def median_within_layers(information: xr.DataArray) -> xr.DataArray:
    """
    Return the median MI of the pairs of different neurons of each layer.

    Parameters
    ----------
    information
        Mutual information (..., layer, neuron, other_layer, other_neuron), or of pairs within
        layers only (..., layer, neuron, other_neuron).

    Returns
    -------
    xarray.DataArray
        Dims (..., layer), in the units of `information`.

    Examples
    --------
    >>> values = xr.DataArray(
    ...     np.full((1, 2, 1, 2), 0.5),
    ...     {"layer": ["a"], "neuron": [0, 1], "other_layer": ["a"], "other_neuron": [0, 1]},
    ...     ("layer", "neuron", "other_layer", "other_neuron"),
    ... )
    >>> median_within_layers(values).values
    array([0.5])
    """
    different = information.neuron != information.other_neuron
    if "other_layer" not in information.dims:
        median = information.where(different).median(["neuron", "other_neuron"])
        return median.transpose(..., "layer").assign_attrs(information.attrs)
    medians = [
        information.sel(layer=layer, other_layer=layer)
        .where(different)
        .median(["neuron", "other_neuron"])
        .drop_vars(["other_layer", "other_width"], errors="ignore")
        for layer in information.layer.values
    ]
    result = xr.concat(medians, dim="layer", coords="minimal", compat="override")
    result = result.assign_coords(layer=information.layer.values)
    return result.transpose(..., "layer").assign_attrs(information.attrs)


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
    entropy = results.entropy.median("neuron")
    information = median_within_layers(results.mutual_information)
    rows = []
    for number, layer in enumerate(results.layer.values, start=1):
        here, effect = change(entropy.sel(layer=layer), over, start, end)
        numbers = _reported(paper.median_entropy, over, start, end, number, str(layer))
        statement = f"median entropy {rises[entropy_direction]}"
        rows.append(Claim(statement, str(layer), entropy_direction, numbers, here, effect))
    for number, layer in enumerate(results.layer.values, start=1):
        ends = (start, end) == tuple(float(level) for level in paper[over][[0, -1]])
        known = ends and number in paper.layer and str(layer).startswith("fc")
        words = str(paper.mutual_information.sel(layer=number).item()) if known else ""
        numbers = words or "not reported"
        here, effect = change(information.sel(layer=layer), over, start, end)
        statement = f"median mutual information {rises[-entropy_direction]}"
        rows.append(Claim(statement, str(layer), -entropy_direction, numbers, here, effect))
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
    Table 2 of the paper ranks the models of one experiment; here one ranking is made per seed.
    The mean MI is that of all pairs of different neurons.
    """
    if results.sizes[over] < 3:
        return []
    information = results.mutual_information
    same = (information.layer == information.other_layer) & (
        information.neuron == information.other_neuron
    )
    pairs = ["layer", "neuron", "other_layer", "other_neuron"]
    means = {
        "entropy": (results.entropy.mean(["layer", "neuron"]), entropy_sign),
        "mutual information": (information.where(~same).mean(pairs), -entropy_sign),
    }
    rows = []
    for name, (mean, sign) in means.items():
        taus = tuple(
            _kendall(sign * mean.sel(seed=seed), results.final_validation_accuracy.sel(seed=seed))
            for seed in results.seed.values
        )
        word = "higher" if sign > 0 else "lower"
        statement = f"{word} mean {name} goes with better validation accuracy"
        numbers = f"τ = {paper.attrs['tau_' + name.replace(' ', '_')]:.2f}"
        rows.append(Claim(statement, "network", 1, numbers, f"τ = {np.mean(taus):.2f}", taus))
    return rows


def _kendall(first: xr.DataArray, second: xr.DataArray) -> float:
    from scipy.stats import kendalltau

    tau = float(kendalltau(first.values, second.values).statistic)
    return 0.0 if np.isnan(tau) else tau  # all values equal: no ranking


def sensitivity(
    activation: xr.DataArray,
    over: str,
    start: object,
    end: object,
    *,
    bins: Sequence[int] = (10, 30, 100),
) -> pd.DataFrame:
    """
    Return how the change of the median entropy depends on the bins and their edges.

    Parameters
    ----------
    activation
        Dims (`over`, layer, neuron, sample).
    over, start, end
        Dimension of the levels, and the two levels that are compared.
    bins
        Numbers of bins.

    Returns
    -------
    pandas.DataFrame
        Medians of `end` minus those of `start` in nats: a row for each choice of edges and bins,
        a column for each layer.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(50, 4))}).activation
    >>> both = xr.concat([acts, 2 * acts], dim=xr.Variable("alpha", [0, 1]))
    >>> sensitivity(both, "alpha", 0, 1, bins=[10])
    layer                    fc1
    edges          bins
    common         10        0.0
    own            10        0.0
    """
    from infonb.measures import entropy

    rows = {}
    for edges, word in (("common", "common"), ("neuron", "own")):
        for number in bins:
            first, last = (
                entropy(activation.sel({over: level}), bins=number, edges=edges).median("neuron")
                for level in (start, end)
            )
            rows[word, number] = last.values - first.values
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=pd.Index(activation.layer.values, name="layer")
    )
    frame.index = pd.MultiIndex.from_tuples(rows, names=["edges", "bins"])
    return frame.round(2)
