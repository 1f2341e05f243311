"""The claims of the concentric circles, and what each conclusion depends on."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.circles.measures import LAYERS
from infonb.experiments.circles.networks import along
from infonb.experiments.claims import (
    INTERVALS,
    Claim,
    ClaimsTable,
    change,
    change_of_median,
)
from infonb.experiments.claims.resampling import kendall
from infonb.experiments.claims.rows import median_within_layers

__all__ = ["claims", "conditions"]


def claims(results: xr.Dataset) -> ClaimsTable:
    """
    Return the table of the paper's claims beside what was found.

    All networks are compared on the same unseen points: those of the parameter `alignment`, with
    the layers and the bins of `activations` and `edges`. *Memorized* and *baseline* differ in the
    labels and in the number of points, *memorized* and *few points* in the labels only.

    Parameters
    ----------
    results
        What `infonb.experiments.concentric_circles.run` returned.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters, run
    >>> small = Parameters(seed=0, division=[0.5, 1], beta=[0, 1], n_points=100, epochs=2,
    ...     epochs_memorized=2, mi_samples=0, cache="none")
    >>> table = claims(run(small, progress=False))
    >>> [claim.verdict for claim in table.claims][:2]
    ['too close to tell', 'too close to tell']
    """
    chosen = json.loads(results.attrs["parameters"])
    layers = LAYERS[chosen["activations"]]
    measures = _measures(results, chosen["edges"], chosen["alignment"])
    rows = []
    for start, end, sign in _pairs(results):
        for name, (values, way) in measures.items():
            word = "above" if sign * way > 0 else "below"
            paper = "Fig. 1 (order)" if start == "baseline" else "not in the paper"
            for layer in layers:
                found = change_of_median(values.sel(layer=layer), "network", start, end)
                statement = f"median {name} of {end} {word} {start}"
                rows.append(Claim(statement, layer, sign * way, paper, *found))
    rows += _trends(results, measures, layers)
    rows += _accuracy_claims(results.aligned_accuracy, results)
    bins = {
        "common": f"{chosen['bins']} bins common to the neurons of a network",
        "neuron": f"{chosen['bins']} bins of each neuron's own",
        "fixed": f"bins of width {chosen['bin_width']:g} in all networks",
    }[chosen["edges"]]
    return ClaimsTable(
        rows,
        f"Entropy ({bins}) and MI (KSG) in nats, on the unseen points of alignment "
        f"{chosen['alignment']}. {INTERVALS}",
    )


def _measures(
    results: xr.Dataset, edges: str, alignment: str
) -> dict[str, tuple[xr.DataArray, int]]:
    """Return each measure, and 1 if memorized examples raise it, -1 if they lower it."""
    here = results.sel(alignment=alignment, drop=True)
    return {
        "entropy": (here.entropy.sel(edges=edges, drop=True), 1),
        "mutual information": (here.mutual_information, -1),
    }


def _ends(results: xr.Dataset, sweep: str) -> tuple[str, str]:
    """Return the networks at the lowest and at the highest level of a sweep."""
    part = results.isel(network=np.flatnonzero(results["sweep"].values == sweep)).sortby(sweep)
    return str(part.network.values[0]), str(part.network.values[-1])


def _pairs(results: xr.Dataset) -> list[tuple[str, str, int]]:
    """Return from, to, and the paper's sign of the change of entropy."""
    (baseline, heuristic), (few, memorized) = (_ends(results, s) for s in ("division", "beta"))
    return [(baseline, heuristic, -1), (baseline, memorized, 1), (few, memorized, 1)]


def _median(values: xr.DataArray) -> xr.DataArray:
    """Return medians over neurons, or over pairs of different neurons, dims (..., layer)."""
    return (
        median_within_layers(values) if "other_neuron" in values.dims else values.median("neuron")
    )


def _trends(
    results: xr.Dataset, measures: dict[str, tuple[xr.DataArray, int]], layers: list[str]
) -> list[Claim]:
    """Return the rows on all levels: Kendall's τ of the levels and the median, one per seed."""
    rows = []
    for sweep, sign, symbol in (("division", -1, "division"), ("beta", 1, "β")):
        for name, (values, way) in measures.items():
            part = values.assign_coords({c: results[c] for c in ("sweep", "division", "beta")})
            part = along(part.to_dataset(name="values"), sweep)["values"].sel(layer=layers)
            if part.sizes[sweep] < 3:
                continue
            median = _median(part).mean("layer").transpose("seed", sweep)
            taus = kendall(median[sweep].values.astype(float), median.values)
            word = "rises" if sign * way > 0 else "falls"
            rows.append(Claim(
                f"median {name} {word} with {symbol}", "mean of layers", sign * way,
                "not reported", f"τ = {taus.mean():.2f}", tuple(float(tau) for tau in taus),
            ))  # fmt: skip
    return rows


def _accuracy_claims(accuracy: xr.DataArray, results: xr.Dataset) -> list[Claim]:
    """Return the rows that say whether the networks memorized what they should have."""
    (baseline, heuristic), (few, memorized) = (_ends(results, s) for s in ("division", "beta"))
    lost = accuracy.sel(alignment="bias") - accuracy.sel(alignment="anti")
    found = {
        (f"accuracy of {heuristic} falls where c1 disagrees", -1): change(
            accuracy.sel(network=heuristic), "alignment", "bias", "anti"
        ),
        (f"{heuristic} loses more there than {baseline} does", 1): change(
            lost, "network", baseline, heuristic
        ),
        (f"accuracy of {memorized} below {few}", -1): change(
            accuracy.sel(alignment="mixed"), "network", few, memorized
        ),
    }
    return [
        Claim(statement, "network", sign, "section 3", *one)
        for (statement, sign), one in found.items()
    ]


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
        (comparison) is the sign of the difference in the paper.

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
        if measure == "entropy":
            for edges, word in (
                ("neuron", "own bins"), ("common", "common bins"), ("fixed", "fixed bins"),
            ):  # fmt: skip
                values[f"{where}, {word}"] = _median(
                    results.entropy.sel(edges=edges, layer=layers, drop=True)
                )
        else:
            both = {"KSG": results.mutual_information, "mixture": results.mixture_information}
            for word, information in both.items():
                values[f"{where}, {word}"] = _median(information.sel(layer=layers))
    medians = xr.concat(
        [value.mean("layer") for value in values.values()],
        dim=xr.Variable("convention", np.array(list(values), dtype=object)),
    )
    pairs = _pairs(results)
    baseline, heuristic, memorized = pairs[0][0], pairs[0][1], pairs[1][1]
    pairs += [
        (f"{baseline}, long", f"{heuristic}, long", -1), (f"{baseline}, long", memorized, 1),
        (baseline, f"{memorized}, short", 1),
    ]  # fmt: skip
    named: dict[str, Any] = {f"{a} → {b}": (a, b, sign) for a, b, sign in pairs}
    effects = [medians.sel(network=b, drop=True) - medians.sel(network=a, drop=True)
               for a, b, _ in named.values()]  # fmt: skip
    result = xr.concat(effects, dim=xr.Variable("comparison", np.array(list(named), dtype=object)))
    way = 1 if measure == "entropy" else -1
    signs = [way * sign for _, _, sign in named.values()]
    result = result.assign_coords(direction=("comparison", signs))
    result = result.transpose("alignment", "comparison", "convention", "seed")
    return result.assign_attrs(units="nat", long_name=f"change of the median {measure}")
