"""How the verdict on two models moves with bins, neighbours, samples: judged in every setting."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.sensitivity import sensitivity
from infonb.selection.verdict.judge import VERDICTS, decide, evidence
from infonb.selection.verdict.rule import Rule

__all__ = ["describe_settings", "settings_of_pair", "verdict_in_settings"]

_AXES = ("n_samples", "bins", "k")


def settings_of_pair(
    pair: xr.DataArray, reference: str, name: str, *, bins: int, k: int, n_neurons: int,
    estimator: str, standardize: bool, seed: int,
) -> xr.Dataset:  # fmt: skip
    """
    Return entropy and MI of two models under every setting, and the verdict in each.

    Dims (model, layer, neuron, sample) → the grid of `infonb.claims.sensitivity`, with ``verdict``
    (n_samples, bins, k). The settings of the page are among them.
    """
    known = "ksg" if estimator == "ksg" else "mixture"  # of the binned one nothing is chosen here
    n = pair.sizes["sample"]
    sizes = sorted({size for size in (n // 4, n // 2, n) if size > 2 * max(k, 10)} or {n})
    grid = sensitivity(
        pair, "model", reference, name, bins=sorted({30, 100, 300, bins}),
        k=sorted(one for one in {1, 3, 10, k} if one < sizes[0]),
        samples=sizes, n_neurons=n_neurons, estimator=known, standardize=standardize, seed=seed,
    )  # fmt: skip
    return grid.assign(verdict=verdict_in_settings(grid, reference, name))


def verdict_in_settings(
    grid: xr.Dataset, reference: str, name: str, rule: Rule | None = None
) -> xr.DataArray:
    """Return the verdict of `infonb.selection.judge` in every setting: (n_samples, bins, k)."""
    labels = {axis: grid[axis].values for axis in _AXES}
    rule = rule or Rule()
    found = np.empty([len(values) for values in labels.values()], dtype=object)
    for place in product(*(range(size) for size in found.shape)):
        chosen = {axis: labels[axis][at] for axis, at in zip(_AXES, place, strict=True)}
        code, _ = decide(evidence(_one(grid, reference, name, chosen)), rule)
        found[place] = VERDICTS[int(code[0])]
    return xr.DataArray(found, labels, _AXES, "verdict")


def describe_settings(verdict: xr.DataArray) -> str:
    """Return in a sentence how often the verdict comes out as what, and what it depends on."""
    values, numbers = np.unique(verdict.values.astype(str), return_counts=True)
    total = verdict.size
    if len(values) == 1:
        return f"The verdict is **{values[0]}** in all {total} settings."
    order = np.argsort(-numbers, kind="stable")
    parts = [f"**{values[at]}** in {numbers[at]} of {total} settings" for at in order]
    moves = [
        {"n_samples": "the number of samples", "bins": "the number of bins", "k": "k"}[str(axis)]
        for axis in verdict.dims
        if verdict.sizes[axis] > 1 and (verdict != verdict.isel({axis: [0]}).values).any()
    ]
    from infonb.claims.words import join

    return f"The verdict is {join(parts)}: it moves with {join(moves)}."


def _one(grid: xr.Dataset, reference: str, name: str, chosen: dict[str, Any]) -> xr.Dataset:
    """Return one setting of a grid in the form of `infonb.compare`."""
    names = [
        str(each) for each in grid if str(each).startswith(("entropy_", "mutual_information_"))
    ]
    wanted = [each for each in names if each.endswith(("_change", "_interval"))]
    if grid.sizes.get("seed", 1) > 1:
        wanted += [each for each in names if each.endswith("_student")]
    one = grid[wanted].sel(chosen)
    ends = grid["median_mutual_information"].sel(
        {axis: chosen[axis] for axis in ("n_samples", "k")}
    )
    medians = ends.rename(end="model").assign_coords(model=[reference, name]).mean("seed")
    one = one.expand_dims(comparison=np.array([name], dtype=object))
    medians = medians.transpose("model", "layer")
    return one.assign(median_mutual_information=medians).assign_attrs(reference=reference)
