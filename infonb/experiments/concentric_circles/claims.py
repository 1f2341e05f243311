"""The claims of the concentric circles against what was found."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from infonb.claims import (
    INTERVALS,
    Claim,
    ClaimsTable,
    change,
    change_of_median,
)
from infonb.claims.resampling import kendall
from infonb.experiments.concentric_circles.measures import LAYERS
from infonb.experiments.concentric_circles.medians import MeanOfLayers, median
from infonb.experiments.concentric_circles.recipes import along

__all__ = ["claims", "pairs_of"]


def claims(results: xr.Dataset) -> ClaimsTable:
    """
    Return the table of the paper's claims beside what was found.

    All networks are compared on the same unseen points: those of the parameter `alignment`, with
    the layers and the bins of `activations` and `edges`. *Memorized* and *baseline* differ in the
    labels, the number of points and the length of training; *memorized, long* and *few points,
    long*, which take all epochs, in the labels only.

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
    means = {name: MeanOfLayers(values.sel(layer=layers)) for name, (values, _) in measures.items()}
    for start, end, sign in pairs_of(results):
        for name, (values, way) in measures.items():
            word = "above" if sign * way > 0 else "below"
            paper = "Fig. 1 (order)" if start == "baseline" else "not in the paper"
            statement = f"median {name} of {end} {word} {start}"
            for layer in layers:
                found = change_of_median(values.sel(layer=layer), "network", start, end)
                rows.append(Claim(statement, layer, sign * way, paper, *found))
            found = means[name].change(start, end)
            rows.append(Claim(statement, "mean of layers", sign * way, paper, *found))
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


def pairs_of(results: xr.Dataset) -> list[tuple[str, str, int]]:
    """
    Return the comparisons: from, to, and the paper's sign of the change of entropy.

    Examples
    --------
    >>> results = xr.Dataset(coords={
    ...     "network": ["baseline", "heuristic", "few points", "memorized"],
    ...     "sweep": ("network", ["division", "division", "beta", "beta"]),
    ...     "division": ("network", [0.5, 1, 0.5, 0.5]), "beta": ("network", [0, 0, 0, 1])})
    >>> pairs_of(results)[-1]
    ('few points, long', 'memorized, long', 1)
    """
    (baseline, heuristic), (few, memorized) = (_ends(results, s) for s in ("division", "beta"))
    return [
        (baseline, heuristic, -1), (baseline, memorized, 1),
        (f"{few}, long", f"{memorized}, long", 1),
    ]  # fmt: skip


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
            middle = median(part).mean("layer").transpose("seed", sweep)
            taus = kendall(middle[sweep].values.astype(float), middle.values)
            word = "rises" if sign * way > 0 else "falls"
            rows.append(Claim(
                f"median {name} {word} with {symbol}", "mean of layers", sign * way,
                "not reported", f"τ = {taus.mean():.2f}", tuple(float(tau) for tau in taus),
                bounds=(-1.0, 1.0), n_levels=part.sizes[sweep],
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
        (f"accuracy of {memorized}, long below {few}, long", -1): change(
            accuracy.sel(alignment="mixed"), "network", f"{few}, long", f"{memorized}, long"
        ),
    }
    return [
        Claim(statement, "network", sign, "section 3", *one)
        for (statement, sign), one in found.items()
    ]
