"""Rankings of models, against plain loops, scipy and all orders counted one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

import infonb as inb
from infonb.claims import Rank
from infonb.memorization.kendall import kendall_p_value
from infonb.selection import rank

NAMES = np.array(["a", "b", "c", "d", "e"], dtype=object)


def runs(seed=0, n_seeds=3, spread=0.3):
    """Entropy, all pairs' MI and an accuracy of five models, dims (model, seed, layer, neuron)."""
    rng = np.random.default_rng(seed)
    level = np.array([2.0, 1.0, 3.0, 1.5, 2.5])
    entropy = level[:, None, None, None] + spread * rng.normal(size=(5, n_seeds, 2, 6))
    entropy[:, :, 1, 4:] = np.nan  # padding
    pairs = rng.random((5, n_seeds, 2, 6, 2, 6)) - level[:, None, None, None, None, None]
    pairs = pairs + pairs.transpose(0, 1, 4, 5, 2, 3)
    pairs[:, :, 1, 4:] = np.nan
    pairs[..., 1, 4:] = np.nan
    layer = np.array(["fc1", "fc2"], dtype=object)
    dims = ("model", "seed", "layer", "neuron")
    return xr.Dataset(
        {
            "entropy": (dims, entropy, {"units": "nat"}),
            "mutual_information": ((*dims, "other_layer", "other_neuron"), pairs),
            "accuracy": (("model", "seed"), 0.1 * level[:, None] + 0.05 * rng.random((5, n_seeds))),
        },
        {"model": NAMES, "layer": layer, "other_layer": layer},
    )


@pytest.mark.parametrize(
    ("by", "kind", "keep"),
    [("entropy", "heuristic", 1), ("mi", "heuristic", -1),
     ("entropy", "examples", -1), ("mi", "examples", 1)],
)  # fmt: skip
def test_scores_are_plain_means_and_the_best_comes_first(by, kind, keep):
    found = runs()
    ranked = rank(found, by, kind)
    for model in NAMES:
        means = []
        for seed in range(3):
            one = found.sel(model=model).isel(seed=seed)
            if by == "entropy":
                means.append(np.nanmean(one.entropy))
            else:
                table = one.mutual_information.values.reshape(12, 12)
                pairs = [table[i, j] for i in range(12) for j in range(12) if i != j]
                means.append(np.nanmean(pairs))
        assert float(ranked.score.sel(model=model)) == pytest.approx(np.mean(means))
        np.testing.assert_allclose(ranked.score_of_seed.sel(model=model), means)
    assert (np.diff(keep * ranked.score) < 0).all()
    assert ranked["rank"].values.tolist() == [1, 2, 3, 4, 5]
    assert ranked.attrs["keep"] == ("highest" if keep > 0 else "lowest")


def test_pairs_within_layers_leave_out_a_neuron_with_itself():
    found = runs()
    diagonal = xr.DataArray(np.arange(2), dims="layer")
    within = found.mutual_information.isel(layer=diagonal, other_layer=diagonal)
    ranked = rank(within.drop_vars("other_layer"), "mi")
    for model in NAMES:
        blocks = within.sel(model=model).transpose("seed", "layer", ...).values
        means = [
            np.nanmean([one[i, j] for one in blocks[seed] for i in range(6) for j in range(6)
                        if i != j]) for seed in range(3)
        ]  # fmt: skip
        assert float(ranked.score.sel(model=model)) == pytest.approx(np.mean(means))


def test_tau_is_that_of_scipy_of_the_means_and_of_each_seed():
    found = runs(spread=2.0)
    ranked = rank(found, "entropy", metric="accuracy").sortby("model")
    means = found.entropy.mean(["layer", "neuron"])
    expected = kendalltau(means.mean("seed"), found.accuracy.mean("seed"), method="exact")
    assert float(ranked.tau) == pytest.approx(expected.statistic)
    assert float(ranked.p_value) == pytest.approx(expected.pvalue)
    for seed in range(3):
        one = kendalltau(means.isel(seed=seed), found.accuracy.isel(seed=seed)).statistic
        assert float(ranked.tau_of_seed[seed]) == pytest.approx(one)
    low, high = ranked.tau_interval.values
    assert -1 <= low <= float(ranked.tau) <= high <= 1
    turned = rank(found, "entropy", metric="accuracy", better="lower")
    assert float(turned.tau) == pytest.approx(-float(ranked.tau))


def test_tau_of_seeds_is_that_of_the_table_of_claims():
    found = runs(spread=2.0)
    ranked = rank(found, "mi", "examples", metric="accuracy")
    row = Rank("MI", "mutual_information", 1, against="accuracy").claims(found, "model")[0]
    np.testing.assert_allclose(ranked.tau_of_seed, row.effect)


@pytest.mark.parametrize(
    ("first", "second"),
    [([1, 2, 3, 4], [1, 2, 4, 3]), ([1, 1, 2, 3], [1, 2, 2, 3]), ([1, 1, 1], [1, 2, 3]),
     ([1, 2, 2, 3, 4, 5], [5, 3, 3, 4, 2, 1])],
)  # fmt: skip
def test_p_values_are_those_of_all_orders(first, second):
    one = np.nan_to_num(kendalltau(first, second).statistic)
    orders = [
        np.nan_to_num(kendalltau(first, order).statistic)
        for order in itertools.permutations(second)
    ]
    expected = np.mean(np.abs(orders) >= abs(one) - 1e-9)
    found = kendall_p_value(np.array(first, float), np.array(second, float))
    assert found == pytest.approx(expected)


def test_p_values_of_many_tied_models_are_drawn():
    rng = np.random.default_rng(0)
    first = rng.integers(6, size=40).astype(float)
    second = first + rng.integers(25, size=40)
    expected = kendalltau(first, second, method="asymptotic").pvalue
    found = kendall_p_value(first, second)
    assert 0.02 < expected < 0.5
    assert found == pytest.approx(expected, abs=0.02)
    assert found == kendall_p_value(first, second)


def test_equal_models_share_their_rank_and_need_no_seed():
    entropy = xr.DataArray([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]], dims=("model", "neuron"))
    ranked = rank(entropy, "entropy", metric=[0.5, 0.5, 0.9])
    assert ranked["rank"].values.tolist() == [1, 2.5, 2.5]
    assert float(ranked.tau) == pytest.approx(1.0)
    assert "seed" not in ranked.dims
    assert ranked.attrs["interval"] == "95 % bootstrap over neurons"


@pytest.mark.parametrize(
    ("scores", "metric"), [([3.0, 2.0, 1.0], [0.5] * 3), ([2.0] * 3, [0.1, 0.2, 0.3])]
)
def test_where_all_are_equal_tau_is_undefined_as_in_scipy(scores, metric):
    neurons = np.array([0.1, -0.1, 0.0])
    values = np.array(scores)[:, None, None] + np.stack([neurons] * 2)
    entropy = xr.DataArray(values, dims=("model", "seed", "neuron"))
    ranked = rank(entropy, "entropy", metric=metric)
    assert np.isnan(kendalltau(scores, metric)).all()
    for name in ("tau", "p_value", "tau_interval", "tau_of_seed"):
        assert ranked[name].isnull().all()
    assert ranked["rank"].notnull().all()


def test_a_seed_in_which_all_are_equal_has_no_tau():
    entropy = xr.DataArray([[3.0, 2.0], [2.0, 2.0], [1.0, 2.0]], dims=("model", "seed"))
    ranked = rank(entropy, "entropy", metric=[0.9, 0.8, 0.7])
    np.testing.assert_array_equal(ranked.tau_of_seed, [1.0, np.nan])
    assert float(ranked.tau) == pytest.approx(1.0)
    assert ranked.tau_interval.notnull().all()


def test_one_number_a_model_has_no_interval():
    ranked = rank(xr.DataArray([2.0, 1.0], dims="model"), "entropy", metric=[1.0, 0.0])
    assert ranked.score_interval.isnull().all()
    assert ranked.tau_interval.isnull().all()
    assert ranked.attrs["interval"].startswith("none")


def test_a_dead_model_comes_last_and_its_metric_does_not_count():
    found = runs()
    found.entropy.loc[{"model": "c"}] = np.nan
    ranked = rank(found, "entropy", metric="accuracy")
    assert ranked.model.values[-1] == "c"
    assert np.isnan(ranked["rank"].values[-1])
    assert ranked.attrs["n_compared"] == 4
    without = rank(found.drop_sel(model="c"), "entropy", metric="accuracy")
    assert float(ranked.tau) == float(without.tau)


def test_a_model_without_metric_is_ranked_but_not_compared():
    found = runs()
    metric = {"a": 0.3, "b": 0.1, "d": 0.2, "e": 0.4}
    ranked = rank(found, "entropy", metric=metric)
    assert ranked.model.values[0] == "c"
    assert np.isnan(float(ranked.metric.sel(model="c")))
    assert float(ranked.tau) == 1.0


def test_a_seed_that_a_model_lacks_counts_for_none():
    found = runs()
    found.entropy.loc[{"model": "c", "seed": 1}] = np.nan
    ranked = rank(found, "entropy", metric="accuracy")
    assert ranked.attrs["n_seeds"] == 2
    part = rank(found.isel(seed=[0, 2]), "entropy", metric="accuracy")
    np.testing.assert_allclose(ranked.score, part.score)
    found.entropy[{"model": 0, "seed": 0}] = found.entropy[{"model": 1, "seed": 2}] = np.nan
    with pytest.raises(ValueError, match="no seed has finite values of entropy for all models"):
        rank(found, "entropy")


def test_rulers_that_order_differently_are_named():
    found = runs()
    turned = -found.entropy
    found["entropy"] = xr.concat(
        [found.entropy, turned, found.entropy + 1],
        xr.Variable("edges", np.array(["common", "shared", "neuron"], dtype=object)),
    )
    ranked = rank(found, "entropy")
    assert ranked.attrs["edges"] == "common"
    assert ranked.attrs["rulers"] == "shared bins order them differently: b, d, a, e, c"
    assert rank(found, "entropy", edges="shared").model.values.tolist() == list("bdaec")
    alike = rank(found.sel(edges=["common", "neuron"]), "entropy")
    assert alike.attrs["rulers"].startswith("all rulers order the models alike")
    with pytest.raises(ValueError, match="edges must be one of 'common', 'shared', 'neuron'"):
        rank(found, "entropy", edges="own")


def test_intervals_cover_what_is_uncertain():
    close = rank(runs(spread=3.0), "entropy", metric="accuracy")
    clear = rank(runs(spread=0.01), "entropy", metric="accuracy")
    width = [float((one.rank_interval.diff("bound")).sum()) for one in (close, clear)]
    assert width[0] > 5 > width[1] == 0
    assert float(clear.tau_interval.sel(bound="low")) >= float(close.tau_interval.sel(bound="low"))
    assert (close.score_interval.sel(bound="low") <= close.score).all()
    assert (close.score_interval.sel(bound="high") >= close.score).all()


def test_runs_over_alpha_and_saved_rankings(tmp_path):
    from infonb.storage import open_dataset, save_dataset

    found = runs().rename(model="alpha").assign_coords(alpha=[0.0, 0.25, 0.5, 0.75, 1.0])
    ranked = rank(found, "mi", metric="accuracy")
    assert ranked.model.dtype.kind == "f"
    save_dataset(ranked, tmp_path / "ranked.zarr")
    xr.testing.assert_identical(open_dataset(tmp_path / "ranked.zarr").load(), ranked)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda x: x, {"by": "mutual"}, "by must be one of 'mi', 'entropy'; not 'mutual'"),
        (lambda x: x, {"kind": "example"}, "Did you mean 'examples'"),
        (lambda x: x, {"metric": "accurcy"}, "metric must be one of .*Did you mean 'accuracy'"),
        (lambda x: x, {"metric": [1.0, 2.0]}, "one number for each of the 5 models"),
        (lambda x: x, {"metric": {"z": 1.0}}, "model in metric must be one of 'a'"),
        (lambda x: x, {"metric": {"a": 1.0}}, "finite for 1 of the ranked models"),
        (lambda x: x, {"edges": "shared", "by": "entropy"}, "entropy knows of no other bins"),
        (lambda x: x.drop_vars("mutual_information"), {}, "no variable 'mutual_information'"),
        (lambda x: x.isel(model=0), {}, "none of models"),
        (lambda x: x.isel(model=[0]), {}, "at least two models are needed"),
        (lambda x: x.expand_dims(epoch=[1, 2]), {}, "has dim 'epoch' beside 'model'"),
        (lambda x: x.rename(model="a").expand_dims(b=2), {}, "dim must be one of 'b', 'a'"),
        (lambda x: x.assign(accuracy=x.accuracy.expand_dims(z=2)), {"metric": "accuracy"},
         r"metric must be numbers .* with dims \('model',\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_ranked_is_told(change, options, message):
    with pytest.raises(ValueError, match=message):
        rank(change(runs()), **options)


def test_entropy_of_given_edges_is_no_other_ruler():
    acts = xr.concat(
        [inb.from_arrays({"fc1": np.random.default_rng(s).normal(size=(50, 3))}) for s in (0, 1)],
        xr.Variable("checkpoint", [1, 2]),
    )
    entropy = inb.entropy(acts)
    assert rank(entropy, "entropy", edges="common").sizes["model"] == 2
    with pytest.raises(ValueError, match="entropy is measured in common bins only"):
        rank(entropy, "entropy", edges="neuron")
