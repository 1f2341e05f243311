"""Models in order, from the one to keep to the one not to, and whether a metric agrees."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims.network_means import network_means
from infonb.claims.resampling import draw_seeds
from infonb.dims import square
from infonb.selection.ranking.agreement import Agreement, intervals, ranks
from infonb.selection.ranking.metric import Metric, metric_of
from infonb.selection.ranking.values import (
    MEASURES,
    complete_seeds,
    in_one_ruler,
    measure_of_models,
)
from infonb.validate import check_choice, check_integer

__all__ = ["KINDS", "rank"]

_WORDS = {"mi": "mutual information", "entropy": "entropy"}

#: Kind of memorization → sign of the entropy of a model that is free of it; MI has the other.
KINDS = {"heuristic": 1, "examples": -1}

#: So many models are named in a sentence.
_NAMED = 8


def rank(
    found: xr.Dataset | xr.DataArray,
    by: str = "mi",
    kind: str = "heuristic",
    metric: Metric | None = None,
    *,
    dim: str | None = None,
    edges: str | None = None,
    better: str = "higher",
    draws: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Order models from the one to keep to the one not to, by mean entropy or mean MI.

    Dims (model, [seed], layer, neuron) in, of pairs with other_neuron and perhaps other_layer;
    dims (model,) out, in the order of the ranking.

    Parameters
    ----------
    found
        What `compare` returned, or any data set with ``entropy`` or ``mutual_information`` of
        several models, such as the runs of an experiment; or one of the two itself. NaN is padding,
        or a neuron that was not drawn.
    by
        ``"mi"`` or ``"entropy"``: its mean over all pairs of different neurons, or all neurons.
    kind
        The memorization that is feared: ``"heuristic"`` (low entropy and high MI are bad) or
        ``"examples"`` (high entropy and low MI are bad).
    metric
        What the ranking is compared with, such as a validation accuracy: the name of a variable of
        `found`, an array (model,) or (model, seed), {model: number}, or a number for each model in
        their order. None: nothing. A model for which it is NaN is left out of the comparison.
    dim
        The dimension of the models; None: ``"model"``, or the only one that can be it, such as
        alpha or checkpoint.
    edges
        In which ruler the entropy is taken, where `found` has several: ``"common"`` (the paper's,
        and the default), ``"shared"`` or ``"neuron"``.
    better
        Whether ``"higher"`` or ``"lower"`` values of the metric are better.
    draws, seed
        Of the bootstrap, over seeds, which models share, and the neurons of each network.

    Returns
    -------
    xarray.Dataset
        ``score`` (model), in the units of the measure, mean over seeds, with ``score_interval``
        (model, bound) of 95 %; ``rank`` (model), 1 for the model to keep, the mean of the places of
        equal ones; ``rank_interval`` (model, bound). With seeds ``score_of_seed`` (model, seed).
        Of an entropy in several rulers ``rank_of_ruler`` (edges, model), and the attribute
        ``rulers`` says whether they agree. With a metric ``metric`` (model), and Kendall's τ-b of
        both orders, 1 if the measure orders the models as the metric does: ``tau``, of the means
        over seeds; ``tau_interval`` (bound); ``p_value``, two-sided, for the models in random
        order; with seeds ``tau_of_seed`` (seed). All of them are NaN where the metric, or the
        score, is the same for all models: that is no order. A model without a finite score comes
        last, its rank is NaN.

    Raises
    ------
    ValueError
        If the measure, the metric or the models are not there, or fewer than two can be ranked.

    Notes
    -----
    :math:`\tau_b = (C - D) / \sqrt{(n_0 - n_1)(n_0 - n_2)}` of the concordant and discordant pairs
    of models, :math:`n_1` and :math:`n_2` those that are tied in one of the orders. Few models
    decide little: of three the smallest p-value is 1/3, of four 1/12, of five 1/60. It is exact
    without ties, and with them for up to eight models; for more 10,000 random orders are drawn. The
    percentiles of the bootstrap are expanded for few seeds (Hesterberg 2015).

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 6 and Table 2. Kendall, Biometrika 33, 239 (1945).

    Examples
    --------
    >>> entropy = xr.DataArray([[1.0, 1.2], [2.0, 2.2], [1.5, 1.4]], dims=("model", "neuron"),
    ...     coords={"model": ["shortcut", "clean", "mixed"]})
    >>> ranked = rank(entropy, by="entropy", metric={"clean": 0.9, "mixed": 0.8, "shortcut": 0.6})
    >>> ranked.model.values.tolist(), ranked["rank"].values.tolist()
    (['clean', 'mixed', 'shortcut'], [1.0, 2.0, 3.0])
    >>> float(ranked.tau), round(float(ranked.p_value), 3)
    (1.0, 0.333)
    """
    check_choice("by", by, MEASURES)
    check_choice("kind", kind, KINDS)
    check_choice("better", better, ["higher", "lower"])
    check_integer("draws", draws, 2)
    check_integer("seed", seed, 0)
    rulers, dim = measure_of_models(found, by, dim)
    values = in_one_ruler(rulers, edges)
    keep = KINDS[kind] * (1 if by == "entropy" else -1)
    means, drawn = network_means(square(values), dim)  # (model, seed), (model, seed, resample)
    seeds = complete_seeds(means, values, dim)
    means, networks = means[:, seeds], list(drawn[:, seeds])
    metrics = None if metric is None else metric_of(found, metric, values, dim)[:, seeds]
    if metrics is not None:
        networks += list(metrics[:, :, None])
    draw = draw_seeds(networks, draws, np.random.default_rng(seed)).mean(axis=2)  # (model, draw)
    scores, drawn_metrics = draw[: len(means)], draw[len(means) :]

    sure = "neuron" in values.dims or seeds.size > 1

    def interval(drawn: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
        return ("model", "bound")[-drawn.ndim :], intervals(
            drawn if sure else drawn * np.nan, seeds.size
        )

    score = means.mean(axis=1)
    result = xr.Dataset(
        {
            "score": ("model", score, {**values.attrs, "long_name": f"mean {_WORDS[by]}"}),
            "score_interval": interval(scores),
            "rank": ("model", ranks(keep * score)),
            "rank_interval": interval(ranks(keep * scores)),
        },
        {"model": values[dim].values, "bound": np.array(["low", "high"], dtype=object)},
        {
            "by": by, "kind": kind, "keep": "highest" if keep > 0 else "lowest",
            "n_seeds": int(seeds.size),
            "interval": _drawn_from(seeds.size, "neuron" in values.dims),
        },
    )  # fmt: skip
    if "seed" in values.dims:
        labels = values["seed"].values[seeds]
        result["score_of_seed"] = xr.DataArray(means, {"seed": labels}, ("model", "seed"))
    if metrics is not None:
        sign = 1 if better == "higher" else -1
        both = Agreement(keep * means, sign * metrics)
        tau, p_value = both.of_means
        name = metric if isinstance(metric, str) else getattr(metric, "name", None) or "metric"
        result["metric"] = ("model", metrics.mean(axis=1), {"long_name": name.replace("_", " ")})
        result = result.assign(
            tau=tau, p_value=p_value,
            tau_interval=interval(both.of_draws(keep * scores, sign * drawn_metrics)),
        ).assign_attrs(better=better, n_compared=int(both.there.sum()))  # fmt: skip
        if "seed" in values.dims:
            result["metric_of_seed"] = (("model", "seed"), metrics)
            result["tau_of_seed"] = ("seed", both.of_seeds)
    if "edges" in rulers.dims:
        result = _with_rulers(result, rulers, dim, str(values["edges"].item()))
    order = np.argsort(np.where(np.isfinite(score), -keep * score, np.inf), kind="stable")
    return result.isel(model=order)


def _drawn_from(n_seeds: int, neurons: bool) -> str:
    """Return in words what the intervals are of."""
    over = (["seeds"] if n_seeds > 1 else []) + (["neurons"] if neurons else [])
    return f"95 % bootstrap over {' and '.join(over)}" if over else "none: one number for a model"


def _with_rulers(result: xr.Dataset, rulers: xr.DataArray, dim: str, chosen: str) -> xr.Dataset:
    """Add the ranks in every ruler, and say which of them order the models differently."""
    keep = 1 if result.attrs["keep"] == "highest" else -1
    scores = rulers.transpose("edges", dim, ...).mean(
        [d for d in rulers.dims if d not in ("edges", dim)]
    )
    placed = ranks(keep * scores.values.T)
    names = rulers["edges"].values.astype(object)
    result["rank_of_ruler"] = xr.DataArray(placed.T, {"edges": names}, ("edges", "model"))
    own = placed[:, names == chosen]
    others = [
        name
        for name, of in zip(names, placed.T, strict=True)
        if not np.array_equal(of, own[:, 0], equal_nan=True)
    ]
    if not others:
        said = f"all rulers order the models alike: {', '.join(names)}"
    else:
        said = "; ".join(
            f"{name} bins order them differently: {_order(result['rank_of_ruler'].sel(edges=name))}"
            for name in others
        )
    return result.assign_attrs(edges=chosen, rulers=said)


def _order(placed: xr.DataArray) -> str:
    """Return the models in their order, in words; of many the first."""
    placed = placed.dropna("model")
    models = [str(label) for label in placed["model"].values[np.argsort(placed.values)]]
    return ", ".join(models if len(models) <= _NAMED else [*models[:_NAMED], "…"])
