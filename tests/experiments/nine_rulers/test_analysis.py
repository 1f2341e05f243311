"""Analyses of nine_rulers against scipy and slow loops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

from infonb.experiments.nine_rulers import (
    ceiling,
    network_order,
    sample_agreement,
    unit_agreement,
)
from infonb.experiments.nine_rulers.layers import NETWORK_RULERS, trained_or_twin
from infonb.experiments.nine_rulers.network_words import by_holm
from infonb.experiments.nine_rulers.verdict import chance_words

pytestmark = pytest.mark.slow


def test_trained_or_twin_is_taken_in_each_kind():
    samples = xr.Dataset(coords={
        "kind": ("sample", np.array(["a"] * 4 + ["b"] * 3, object)),
        "is_in": ("sample", [True, True, False, False, True, False, False]),
    })  # fmt: skip
    score = np.array([3.0, 1.0, 2.0, 0.0, 10.0, 11.0, 12.0])
    # a: 3 of 4 pairs, two trained; b: none of two, one trained
    assert trained_or_twin(score, samples) == pytest.approx((2 * 0.75 + 1 * 0.0) / 3)


def test_agreement_against_scipy(tiny):
    _, runs = tiny
    found = sample_agreement(runs)
    assert found.tau.dims == ("network", "ruler", "other_ruler")
    seen = runs.is_in.values
    for network, first, second in [
        ("noise", "in_out", "cumulative_loss"), ("constructed", "in_out", "density"),
        ("logic gates", "forgetting_events", "membership"),
    ]:  # fmt: skip
        one = runs.score.sel(network=network)
        taus = [
            kendalltau(*(one.sel(seed=s, ruler=r).values[seen] for r in (first, second))).statistic
            for s in (0, 1)
        ]
        here = found.sel(network=network, ruler=first, other_ruler=second)
        assert float(here.tau) == pytest.approx(np.mean(taus), abs=1e-9)
        low, high = here.interval.values
        assert low < float(here.tau) < high
    assert np.isnan(found.tau.sel(network="constructed", ruler="cumulative_loss").values).all()
    halves = runs.mem_half.sel(network="noise").isel(sample=np.flatnonzero(seen))
    taus = [kendalltau(*halves.sel(seed=s).transpose("half", "sample").values).statistic
            for s in (0, 1)]  # fmt: skip
    assert float(ceiling(runs).sel(network="noise")) == pytest.approx(np.mean(taus), abs=1e-9)
    units = unit_agreement(runs)
    scores = runs.unit_score.sel(network="noise")
    taus = []
    for seed in (0, 1):
        for layer in ("layer 1", "layer 2"):
            pair = scores.sel(seed=seed, layer=layer, unit_ruler=["unit_mem", "entropy"]).values
            pair = pair[:, np.isfinite(pair).all(axis=0)]
            taus.append(kendalltau(*pair).statistic)
    tau = units.tau.sel(network="noise", unit_ruler="unit_mem", other_unit_ruler="entropy")
    assert float(tau) == pytest.approx(np.nanmean(taus), abs=1e-9)


def _auroc(first, second):
    """Return how often a value of the first is above one of the second, in a plain loop."""
    return np.mean([(a > b) + 0.5 * (a == b) for a in first for b in second])


def test_planted_found_leaves_noise_out(tiny, analysed):
    _, runs = tiny
    found, apart = analysed
    kind, seen = runs.kind.values, runs.is_in.values
    clean = runs.label.sel(network="noise", seed=0).values == runs.true_label.values
    values = []
    for seed in (0, 1):
        score = runs.score.sel(network="noise", seed=seed, ruler="early_learning").values
        planted = score[seen & (kind == "wrong label")]
        values.append(_auroc(planted, score[seen & clean & (kind == "typical")]))
    here = found.sel(network="noise", ruler="early_learning", kind="wrong label")
    assert float(here.auroc) == pytest.approx(np.mean(values), abs=1e-9)
    assert int((seen & clean & (kind == "typical")).sum()) < 60
    n = int((seen & (kind == "typical")).sum())
    chance = found.chance.sel(kind="wrong label")
    assert float(chance.sel(network="constructed")) == pytest.approx(8 / (8 + n))
    score = runs.score.sel(network="noise", ruler="membership")
    values = [
        _auroc(*(score.sel(seed=s).values[(kind == "outlier") & part] for part in (seen, ~seen)))
        for s in (0, 1)
    ]
    here = apart.auroc.sel(network="noise", ruler="membership", kind="outlier")
    assert float(here) == pytest.approx(np.mean(values), abs=1e-9)
    assert apart.auroc.sel(ruler="density").isnull().all()


def test_order_of_networks_against_scipy(tiny):
    _, runs = tiny
    order = network_order(runs)
    mean = runs.network_score.mean("seed")
    first = mean.sel(network_ruler="mean_in_out").values
    trained = ["true labels", "shortcut", "noise"]
    for name in NETWORK_RULERS[1:]:
        second = mean.sel(network_ruler=name)
        tau = kendalltau(first, second.values).statistic
        assert float(order.tau.sel(network_ruler=name)) == pytest.approx(tau, abs=1e-9)
        some = mean.sel(network=trained)
        tau = kendalltau(
            some.sel(network_ruler="mean_in_out").values, some.sel(network_ruler=name).values
        ).statistic
        assert float(order.tau_trained.sel(network_ruler=name)) == pytest.approx(tau, abs=1e-9)


def test_p_values_are_corrected_for_how_many_there_are():
    assert by_holm({"a": 0.002, "b": 0.03, "c": 0.012}) == ["a", "c", "b"]
    assert by_holm({"a": 0.002, "b": 0.03, "c": 0.03}) == ["a"]
    assert by_holm({"a": 0.02, "b": np.nan, "c": 0.03}) == []
    assert [chance_words(p) for p in (0.002, 0.01, 0.456)] == ["p < 0.01", "p = 0.01", "p = 0.46"]


def test_claims_of_a_tiny_run(tiny):
    experiment, runs = tiny
    table = experiment.claims(runs)
    rows = [claim.statement for claim in table.claims]
    assert len(rows) == 30  # of all networks 34
    assert len(table.of_paper) == 4
    assert not any("{" in row for row in rows)
    assert len(experiment.declared(runs.sel(network=["true labels", "noise"]))) == 25
    before = experiment.claims(runs.drop_vars("layer_entropy"))
    assert len(before.claims) == 30
