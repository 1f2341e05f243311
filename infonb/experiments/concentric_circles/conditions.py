"""What the conclusions on the circles depend on: each comparison under every convention."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.claims import Claim
from infonb.experiments.concentric_circles.claims import pairs_of
from infonb.experiments.concentric_circles.measures import LAYERS
from infonb.experiments.concentric_circles.medians import MeanOfLayers

__all__ = ["conditions"]


def conditions(results: xr.Dataset, measure: str = "entropy") -> xr.DataArray:
    """
    Return the paper's comparisons under every convention and on every kind of points.

    Parameters
    ----------
    results
        What `infonb.experiments.concentric_circles.run` returned.
    measure
        ``"entropy"``: before (pre) or after (post) the ReLU, with each neuron's own bins, bins
        common to a network's neurons, or bins fixed for all networks; or ``"mutual information"``:
        before or after it, by KSG or by the mixture estimator.

    Returns
    -------
    xarray.DataArray
        Dims (alignment, comparison, convention, seed): difference of the medians over the neurons,
        or pairs within a layer, mean of both layers, in nats. The coordinate ``direction``
        (comparison) is the sign of the difference in the paper; ``verdict`` (alignment, comparison,
        convention) that of the closing table, from both of its intervals.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters, run
    >>> small = Parameters(seed=0, division=[0.5, 1], beta=[0, 1], n_points=100, epochs=2,
    ...     epochs_memorized=2, mi_samples=0, cache="none")
    >>> found = conditions(run(small, progress=False))
    >>> found.comparison.values[0], found.convention.values[-1]
    ('baseline → heuristic', 'post, fixed bins')
    """
    from infonb.validate import check_choice

    check_choice("measure", measure, ["entropy", "mutual information"])
    values: dict[str, xr.DataArray] = {}
    for where, layers in LAYERS.items():
        kinds = (
            {f"{word} bins": results.entropy.sel(edges=edges, drop=True)
             for edges, word in (("neuron", "own"), ("common", "common"), ("fixed", "fixed"))}
            if measure == "entropy"
            else {"KSG": results.mutual_information, "mixture": results.mixture_information}
        )  # fmt: skip
        for word, value in kinds.items():
            values[f"{where}, {word}"] = value.sel(layer=layers)
    pairs = pairs_of(results)
    baseline, heuristic, memorized = pairs[0][0], pairs[0][1], pairs[1][1]
    pairs += [
        (f"{baseline}, long", f"{heuristic}, long", -1),
        (f"{baseline}, long", f"{memorized}, long", 1),
        (baseline, f"{memorized}, short", 1),
    ]  # fmt: skip
    way = 1 if measure == "entropy" else -1
    effects: Any = np.empty(
        (results.sizes["alignment"], len(pairs), len(values), results.sizes["seed"])
    )
    verdicts = np.empty(effects.shape[:-1], dtype=object)
    for k, bins_of in enumerate(values.values()):
        for i, points in enumerate(results.alignment.values):
            drawn = MeanOfLayers(bins_of.sel(alignment=points, drop=True))
            for j, (start, end, sign) in enumerate(pairs):
                found = drawn.change(start, end)
                effects[i, j, k] = found.effect
                verdicts[i, j, k] = Claim("", "", way * sign, "", *found).verdict
    dims = ("alignment", "comparison", "convention")
    return xr.DataArray(
        effects,
        {
            "alignment": results.alignment.values,
            "comparison": np.array([f"{a} → {b}" for a, b, _ in pairs], dtype=object),
            "convention": np.array(list(values), dtype=object),
            "seed": results.seed.values,
            "direction": ("comparison", [way * sign for *_, sign in pairs]),
            "verdict": (dims, verdicts),
        },
        (*dims, "seed"),
        attrs={"units": "nat", "long_name": f"change of the median {measure}"},
    )
