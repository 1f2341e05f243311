"""The networks of one experiment, ranked by each measure and compared with their accuracy."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims import entropy_in_rulers
from infonb.claims.rank import agreement
from infonb.experiments.biographies import last_block
from infonb.experiments.model_selection.sources import Metric, levels_and_kind, metrics_of
from infonb.selection import rank
from infonb.selection.ranking.rank import KINDS

__all__ = ["INFORMATION", "MEASURES", "rank_networks", "ranking", "rankings_of", "together"]


INFORMATION = "mutual information"

#: What networks are ranked by → the ruler of the entropy; None: mutual information.
MEASURES = {
    "entropy, common bins": "common",
    "entropy, shared bins": "shared",
    "entropy, neuron bins": "neuron",
    INFORMATION: None,
}

#: What is kept of a ranking.
_KEPT = ("score", "score_interval", "rank", "rank_interval", "score_of_seed", "metric",
         "metric_of_seed", "tau", "tau_interval", "tau_of_seed", "p_value")  # fmt: skip


def rankings_of(name: str, runs: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return the rankings of an experiment, one for each metric: by name, or name and metric."""
    metrics = metrics_of(str(runs.attrs["experiment"]))
    return {
        name if len(metrics) == 1 else f"{name}, {metric.words}": rank_networks(runs, metric)
        for metric in metrics
    }


def rank_networks(runs: xr.Dataset, metric: Metric) -> xr.Dataset:
    """
    Rank the networks of an experiment: dims (measure, place, seed, bound, draw).

    Runs as an experiment returned them, of one kind of memorization. ``level`` (place) has the
    labels of the networks, in the experiment's order.
    """
    over, kind = levels_and_kind(runs)
    found = runs[["mutual_information", metric.variable]]
    if "seed" not in found.dims:
        found = found.expand_dims(seed=[0])
    entropies = _entropies(runs)
    levels = runs[over].values
    rows = []
    for ruler in MEASURES.values():
        if ruler is not None and ruler not in entropies:
            continue
        by = "mi" if ruler is None else "entropy"
        values = found["mutual_information"] if ruler is None else entropies[ruler]
        values = last_block(values) if metric.last else values
        one = found[[metric.variable]].assign({values.name: values})
        ranked = rank(
            one, by, kind, metric.variable, dim=over, better=metric.better
        ).sel(model=levels)  # fmt: skip
        sign = KINDS[kind] * (-1 if ruler is None else 1)
        sign *= 1 if metric.better == "higher" else -1
        agree = agreement(values, found[metric.variable], over, sign)
        assert agree is not None  # else there is no ranking
        ranked["tau_draws"] = ("draw", agree.draws)
        rows.append(ranked[[*_KEPT, "tau_draws"]].drop_attrs())
    names = [n for n, ruler in MEASURES.items() if ruler is None or ruler in entropies]
    table = xr.concat(rows, xr.Variable("measure", np.array(names, dtype=object)))
    labels = np.array([_in_words(over, level) for level in levels.tolist()], dtype=object)
    table = table.drop_vars("model").rename(model="place")
    return table.assign_coords(
        place=np.arange(len(labels)), level=("place", labels), kind=kind,
        experiment=runs.attrs["experiment"], dataset=runs.attrs.get("dataset", ""),
        metric_name=metric.words, goal=metric.goal,
    )  # fmt: skip


def _in_words(over: str, level: float | str) -> str:
    """Return a level in words, as figures do."""
    name = {"alpha": "α", "beta": "β"}.get(over, over)
    return level if isinstance(level, str) else f"{name} = {level:g}"


def _entropies(runs: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return ruler → entropy; in all rulers where the activations are there."""
    found = entropy_in_rulers(runs)
    if "edges" not in found.dims:
        return {found.attrs.get("edges", "common"): found}
    return {
        ruler: found.sel(edges=ruler, drop=True).rename("entropy")
        for ruler in found["edges"].values.tolist()
    }


def together(tables: dict[str, xr.Dataset]) -> xr.Dataset:
    """Return the rankings of all experiments, dims (setting, measure, place, seed, ...)."""
    names = np.array(list(tables), dtype=object)
    joined = xr.concat(
        tables.values(), xr.Variable("setting", names), join="outer", coords="all",
        data_vars="all", compat="equals", fill_value={"level": ""},
    )  # fmt: skip
    return joined.sel(measure=[name for name in MEASURES if name in joined["measure"].values])


def ranking(runs: xr.Dataset, setting: str, measure: str) -> xr.Dataset:
    """
    Return one ranking, as `infonb.rank` returns it: the networks from the one to keep on.

    Parameters
    ----------
    runs
        What `ModelSelection.run` returned.
    setting, measure
        Two of its labels.

    Returns
    -------
    xarray.Dataset
        ``score``, ``rank``, ``metric`` (model, ...), ``tau`` and its interval and p-value.

    Examples
    --------
    >>> runs = ModelSelection(level=[0, 1], seed=0).run(progress=False)  # doctest: +SKIP
    >>> ranking(runs, "colored_digits", "mutual information").model  # doctest: +SKIP
    """
    one = runs.sel(setting=setting, measure=measure)
    one = one.isel(place=np.flatnonzero(one["score"].notnull()))
    one = one.isel(seed=np.flatnonzero(one["score_of_seed"].notnull().any("place")))
    keep = KINDS[str(one["kind"].item())] * (-1 if measure == INFORMATION else 1)
    ranked = one.drop_vars("place").rename(place="model")
    ranked = ranked.assign_coords(model=ranked["level"].values).sortby("rank")
    ranked["score"].attrs = {"long_name": f"mean {measure}", "units": "nat"}
    ranked["metric"].attrs = {"long_name": str(one["metric_name"].item())}
    kept = {"keep": "highest" if keep > 0 else "lowest", "kind": str(one["kind"].item())}
    return ranked.assign_attrs(kept | {"interval": "95 % bootstrap over seeds and neurons"})
