"""Nine rulers: readings against plain ones, analyses against slow loops, words that follow."""

import re

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

from infonb.experiments import NineRulers
from infonb.experiments.nine_rulers import (
    answer_words,
    as_expected,
    beyond_words,
    ceiling,
    cheapest,
    cheapest_words,
    entropy_words,
    explore_networks,
    kinds_table,
    network_order,
    network_words,
    networks_table,
    noise_words,
    planted_found,
    rulers_table,
    sample_agreement,
    twins_found,
    unit_agreement,
    unit_words,
    verdict_table,
    why_words,
)
from infonb.experiments.nine_rulers.expected import EXPECTED, SENTENCES, WHY, outcome_of
from infonb.experiments.nine_rulers.in_and_out import samples_of
from infonb.experiments.nine_rulers.kinds import NETWORKS, NOISY, WORDS
from infonb.experiments.nine_rulers.layers import NETWORK_RULERS, is_wrong, trained_or_twin
from infonb.experiments.nine_rulers.network_words import by_holm
from infonb.experiments.nine_rulers.networks import built, hidden_layers, probabilities
from infonb.experiments.nine_rulers.readings import (
    RULERS,
    early_disagreement,
    kernel_memorization,
)
from infonb.experiments.nine_rulers.training import Trained
from infonb.experiments.nine_rulers.units import UNIT_RULERS, switching_off
from infonb.experiments.nine_rulers.unseen import of_unseen
from infonb.experiments.nine_rulers.verdict import FEWEST, chance_words, with_minus
from infonb.networks import MLP
from infonb.parameters import ParameterError
from infonb.selection import switched_off
from infonb.training import predict

pytestmark = pytest.mark.slow

TINY = {
    "n_typical": 60, "n_wrong": 8, "n_outliers": 8, "n_groups": 3, "copies": 3, "n_shortcut": 20,
    "n_unseen": 80, "width": 16, "gates": [60, 40], "epochs": 8, "views": 2, "units": 8,
    "projections": 4, "repeats": 2, "slow_repeats": 1, "seed": [0, 1],
    "network": ["true labels", "shortcut", "logic gates", "noise", "constructed"],
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny():
    experiment = NineRulers(**TINY, cache="none")
    return experiment, experiment.run(progress=False)


@pytest.fixture(scope="module")
def analysed(tiny):
    _, runs = tiny
    return planted_found(runs), twins_found(runs)


def test_what_networks_are_taught():
    chosen = NineRulers(**TINY)
    given = {name: samples_of(chosen, name) for name in NETWORKS}
    planted = given["constructed"]
    kind = planted.kind.values
    for name, one in given.items():
        np.testing.assert_array_equal(one.planted_label, planted.label)
        np.testing.assert_array_equal(one.role.values == "null", ~one.is_in.values)
        same_images = (one.input.values == planted.input.values).all()
        assert same_images == (name != "shortcut")
    np.testing.assert_array_equal(given["true labels"].label, planted.true_label)
    np.testing.assert_array_equal(given["shortcut"].label, planted.label)
    for name in NOISY:
        np.testing.assert_array_equal(given[name].label, given["noise"].label)
    changed = given["noise"].label.values != planted.label.values
    assert not changed[kind != "typical"].any()
    assert 0.08 < changed[kind == "typical"].mean() < 0.35
    drawn = given["random labels"]
    assert (drawn.label.values == planted.true_label.values).mean() < 0.3
    for group in range(3):
        assert len(set(drawn.label.values[drawn.group.values == group].tolist())) == 1


def test_dims_and_order_of_the_results(tiny):
    _, runs = tiny
    assert runs.score.dims == ("network", "seed", "ruler", "sample")
    assert runs.ruler.values.tolist() == list(RULERS)
    assert runs.unit_ruler.values.tolist() == list(UNIT_RULERS)
    assert runs.network_ruler.values.tolist() == list(NETWORK_RULERS)
    assert runs.network.values.tolist() == TINY["network"]
    assert set(map(str, runs.kind.values)) == set(EXPECTED["in_out"]) | {"typical"}
    for name in ("kind", "is_in", "group", "true_label"):
        assert runs[name].dims == ("sample",)
    assert runs.unit_score.dims == runs.unit_null.dims
    assert runs.layer.values.tolist() == ["layer 1", "layer 2", "layer 3"]
    assert runs.trainings.sel(ruler=["in_out", "membership", "density"]).values.tolist() == [
        4,
        1,
        0,
    ]
    seconds = runs.seconds.sel(network="noise", seed=0)
    assert (seconds > 0).all()
    one = seconds.sel(ruler="membership")  # hardly more than the training itself
    assert float(seconds.sel(ruler="in_out")) == pytest.approx(0.5 * 4 * float(one), rel=0.2)


def test_in_and_out_is_that_of_the_trainings(tiny):
    _, runs = tiny
    np.testing.assert_array_equal(runs.score.sel(ruler="in_out"), runs.mem)
    np.testing.assert_allclose(runs.mem, runs.U - runs.V, atol=1e-6)
    assert (runs.n_in + runs.n_out).max() == 4
    quick = [name for name in TINY["network"] if name != "logic gates"]
    seen = np.flatnonzero(runs.is_in.values)
    assert (runs.n_out.sel(network=quick).isel(sample=seen) == 2).all()
    halves = runs.mem_half.sel(network=quick).mean("half")
    np.testing.assert_allclose(halves, runs.mem.sel(network=quick), atol=1e-5)
    assert runs.mem_half.sel(network="logic gates").isnull().all()
    mean = runs.mem.isel(sample=seen).mean("sample")
    np.testing.assert_allclose(runs.network_score.sel(network_ruler="mean_in_out"), mean, atol=1e-6)


def test_readings_do_not_apply_where_there_is_no_course_or_no_slope(tiny):
    _, runs = tiny
    empty = runs.score.isnull().all(["seed", "sample"])
    assert set(empty.ruler.values[empty.sel(network="constructed").values]) == {
        "cumulative_loss", "area_under_margin", "forgetting_events", "loss_curvature",
        "early_learning",
    }  # fmt: skip
    assert set(empty.ruler.values[empty.sel(network="logic gates").values]) == {"loss_curvature"}
    assert not empty.sel(network="noise").any()
    twins = runs.score.sel(ruler="density").isel(sample=np.flatnonzero(~runs.is_in.values))
    assert twins.isnull().all()


def test_readings_of_a_course_by_hand():
    p = np.array([[0.2, 1.0], [0.4, 1.0], [0.9, 0.0], [0.9, 0.0], [0.9, 0.0]])
    course = xr.Dataset({"probability": (("epoch", "sample"), p)})
    table = 0.7 * 0.3 * p[0] + 0.3 * p[1]
    np.testing.assert_allclose(early_disagreement(course, 0.4), 1 - table / (1 - 0.7**2))
    points = np.array([[0.0], [0.0], [0.0], [9.0]]) + np.array([[0.0], [0.1], [0.2], [0.0]])
    mem = kernel_memorization(points)
    width = 0.05  # half the median distance to the nearest other point, 0.1
    kernel = np.exp(-((points - points.T) ** 2) / (2 * width**2))
    others = kernel.sum(axis=1) - 1
    with np.errstate(divide="ignore"):
        expected = np.log((others + 1) / 4) - np.log(others / 3)
    np.testing.assert_allclose(mem[:3], expected[:3], rtol=1e-6)
    assert mem[3] > 100


def test_trained_or_twin_is_taken_in_each_kind():
    samples = xr.Dataset(coords={
        "kind": ("sample", np.array(["a"] * 4 + ["b"] * 3, object)),
        "is_in": ("sample", [True, True, False, False, True, False, False]),
    })  # fmt: skip
    score = np.array([3.0, 1.0, 2.0, 0.0, 10.0, 11.0, 12.0])
    # a: 3 of 4 pairs, two trained; b: none of two, one trained
    assert trained_or_twin(score, samples) == pytest.approx((2 * 0.75 + 1 * 0.0) / 3)


def test_switching_off_by_hand(tiny):
    experiment, _ = tiny
    data = experiment.data("noise", 0)
    model = MLP([64, 16, 16, 10], seed=3)
    found = switching_off(model, data, units=0, seed=0)
    assert found.wrong.shape == (2, 16)
    train = data["train"]
    wrong = is_wrong(train)
    assert wrong.sum() > 8
    images = train[["input"]].drop_vars(list(train.coords))

    def its():
        said = predict(model, images).astype(float)
        share = np.exp(said - said.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        return share[np.arange(len(said)), train.label.values]

    before = its()
    with switched_off(model, {"relu2": 5}):
        lost = before - its()
    assert float(found.wrong.sel(layer="layer 2")[5]) == pytest.approx(lost[wrong].mean(), abs=1e-6)
    clean = (train.kind.values == "typical") & ~wrong
    assert float(found.typical.sel(layer="layer 2")[5]) == pytest.approx(
        lost[clean].mean(), abs=1e-6
    )
    few = switching_off(model, data, units=4, seed=0)
    assert int(few.wrong.notnull().sum()) == 8
    there = few.wrong.notnull()
    np.testing.assert_allclose(few.wrong.values[there], found.wrong.values[there])


def test_what_is_constructed_says_shares(tiny):
    experiment, runs = tiny
    data = experiment.data("constructed", 0)
    model = built(data["train"], 10, 0)
    assert hidden_layers(model) == ["hidden1", "hidden2", "hidden3"]
    found = probabilities(model, data["train"])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == data["train"].label.values).all()
    assert (runs.taught_accuracy.sel(network="constructed") == 1).all()


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


def test_tables_and_words_say_the_same_numbers(tiny, analysed):
    _, runs = tiny
    (found, twins), agreeing = analysed, sample_agreement(runs)
    expected = as_expected(runs, found)
    assert len(expected) == 40
    words = answer_words(runs, found, twins, expected)
    assert f"**{int(expected['as expected'].sum())} of 40**" in words
    assert all(line.startswith("- **") for line in words.splitlines())
    tau = float(network_order(runs).tau.sel(network_ruler="mean_mi"))
    assert len(TINY["network"]) >= FEWEST
    assert with_minus(f"mean MI of pairs, which should fall: τ = {tau:+.2f} (p ") in words
    auroc = float(found.auroc.sel(network="noise", ruler="in_out", kind="outlier"))
    assert f"(in/out {auroc:.2f} [" in words
    why = why_words(runs, expected)
    for ruler, _ in expected.index[~expected["as expected"]]:
        assert ruler.split("_")[0] in why or ruler == "in_out"
    costs = cheapest(runs, agreeing)
    assert costs.index[0] == "density"
    assert "in_out" not in costs.index
    tau = agreeing.tau.sel(ruler="density", other_ruler="in_out").mean()
    assert costs.loc["density", "tau"] == pytest.approx(float(tau))
    assert "looks" not in cheapest_words(costs)
    verdicts = verdict_table(runs, found, twins)
    assert verdicts.index.tolist() == [*RULERS, *UNIT_RULERS, *NETWORK_RULERS]
    assert set(verdicts["of"]) == {"sample", "unit", "network"}
    for ruler in RULERS:  # each kind is seen, or it is not, and never both
        row = verdicts.loc[ruler]
        for kind in EXPECTED[ruler]:
            parts = [row[name].split(", ") for name in ("sees", "cannot see")]
            assert sum(f"{kind}s" in part for part in parts) == 1, (ruler, kind)
    assert networks_table(runs).index.tolist() == TINY["network"]
    table = kinds_table(runs)
    mem = runs.mem.sel(network="noise").mean("seed").values
    at = (runs.kind.values == "outlier") & runs.is_in.values
    assert table.loc["noise", "outlier"].startswith(f"{mem[at].mean():.2f} (")
    assert len(rulers_table(runs)) == 26
    units, order = unit_agreement(runs), network_order(runs)
    for said in (
        noise_words(runs), unit_words(units), network_words(runs, order),
        beyond_words(runs, order), entropy_words(runs, units),
    ):  # fmt: skip
        assert not re.search(r"nan|(?<![\w−])-\d", said), said


def test_words_follow_what_is_found(tiny, analysed):
    _, runs = tiny
    found, twins = analysed
    # a run in which all is as expected
    perfect = found.copy(deep=True)
    for ruler, kinds in EXPECTED.items():
        for kind, wanted in kinds.items():
            at = {"ruler": ruler, "kind": kind}
            perfect.auroc_interval.loc[at] = [0.8, 0.9] if wanted else [0.4, 0.6]
    expected = as_expected(runs, perfect)
    assert expected["as expected"].all()
    assert why_words(runs, expected) == "All came out as expected."
    assert "**40 of 40** pairs of ruler and kind came out as planting implies." in answer_words(
        runs, perfect, twins, expected
    )
    none = cheapest(runs).assign(agrees=0)
    assert cheapest_words(none).startswith("No ruler agrees clearly")
    few = runs.assign(mem_half=runs.mem_half * np.nan)
    assert "One repeat does not say" in noise_words(few)


def test_typical_samples_that_noise_has_drawn_stand_apart(tiny):
    _, runs = tiny
    table = kinds_table(runs)
    mem = runs.mem.sel(network="noise").mean("seed").values
    wrong = runs.label.sel(network="noise", seed=0).values != runs.true_label.values
    typical = (runs.kind.values == "typical") & runs.is_in.values
    for column, at in {"typical": ~wrong, "typical, wrong by noise": wrong}.items():
        assert table.loc["noise", column].startswith(with_minus(f"{mem[typical & at].mean():.2f}"))
    assert table.loc["true labels", "typical, wrong by noise"] == "–"


def test_p_values_are_corrected_for_how_many_there_are():
    assert by_holm({"a": 0.002, "b": 0.03, "c": 0.012}) == ["a", "c", "b"]
    assert by_holm({"a": 0.002, "b": 0.03, "c": 0.03}) == ["a"]
    assert by_holm({"a": 0.02, "b": np.nan, "c": 0.03}) == []
    assert [chance_words(p) for p in (0.002, 0.01, 0.456)] == ["p < 0.01", "p = 0.01", "p = 0.46"]


def test_words_of_few_networks_and_of_no_finding(tiny, analysed):
    _, runs = tiny
    some = runs.sel(network=["true labels", "noise"])
    found, twins = planted_found(some), twins_found(some)
    twins.auroc_interval[:] = [0.4, 0.6]
    words = answer_words(some, found, twins, as_expected(some, found))
    assert "Memory itself is seen by none of 10 rulers" in words
    assert "lower* there" not in words
    for said in (words, network_words(some, network_order(some))):
        assert "2 networks are too few to be put in an order beyond chance, which takes 5" in said
    picture = explore_networks(some, interactive=False)
    alt = picture._repr_mimebundle_()[1]["image/png"]["alt"]
    assert "too few networks for an interval" in alt
    assert "nan" not in alt


def test_much_mi_is_no_sign_of_little_memory(tiny):
    _, runs = tiny
    score = runs.network_score.copy()
    score.loc[{"network_ruler": "mi_over_entropy", "network": "constructed"}] = 0.9
    words = network_words(runs.assign(network_score=score), network_order(runs))
    assert "much MI is no sign of little memory" in words


def test_entropy_words_say_how_many_bins_there_were(tiny):
    _, runs = tiny
    units = unit_agreement(runs)
    moved = runs.copy(deep=True)
    where = {"network_ruler": "mean_entropy"}
    for sign, said in ((-1.0, "Here it falls"), (1.0, "It rises")):
        moved.network_score.loc[where | {"network": "true labels"}] = 2.0
        moved.network_score.loc[where | {"network": "noise"}] = 2.0 + sign
        one = entropy_words(moved.drop_vars("layer_entropy"), units).lower()
        assert said.lower() in one
        assert "both" not in one


def test_units_drawn_for_mi_are_those_that_are_switched_off(tiny):
    _, runs = tiny
    known = runs.unit_score.notnull()
    pair, off = (known.sel(unit_ruler=name) for name in ("mean_information", "switching_off"))
    assert not (pair & ~off).any()  # a unit that does not vary has no MI
    assert int(off.sel(network="noise", seed=0).sum()) == 2 * TINY["units"]
    assert int(pair.sel(network="noise", seed=0).sum()) > TINY["units"]


def test_what_was_asked_of_unseen_images_is_kept():
    rng = np.random.default_rng(0)
    acts = xr.Dataset(
        {"activation": (("layer", "neuron", "sample"), rng.random((1, 4, 60), np.float32))},
        {"layer": np.array(["layer 1"], object), "neuron": np.arange(4), "sample": np.arange(60)},
    )
    label = xr.DataArray(rng.integers(0, 3, 60), {"sample": np.arange(60)}, ("sample",), "label")
    options = {"bins": 10, "mi_bins": 4, "units": 0, "seed": 0}
    first = of_unseen(acts, label, **options)
    again = of_unseen(acts, label, **options)
    xr.testing.assert_identical(first, again)
    again["entropy"][:] = -1  # what is given away is the caller's own
    xr.testing.assert_identical(first, of_unseen(acts, label, **options))
    other = of_unseen(acts, label[::-1].assign_coords(sample=label.sample), **options)
    assert not other.imbalance_to_label.equals(first.imbalance_to_label)
    moved = of_unseen(acts + 0 * acts, label, **options | {"bins": 5})
    assert not moved.entropy.equals(first.entropy)


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


def test_examples_are_to_be_looked_at():
    experiment = NineRulers(**TINY)
    found = experiment.examples()
    assert found.input.dims == ("sample", "row", "column")
    assert 0 <= float(found.input.min()) < float(found.input.max()) <= 1
    np.testing.assert_array_equal(found.label, found.planted_label)


def test_every_ruler_has_its_words():
    assert set(SENTENCES) == {*RULERS, *UNIT_RULERS, *NETWORK_RULERS}
    assert set(EXPECTED) == set(WHY) == set(RULERS)
    assert set(WORDS) == set(NETWORKS)
    for low, high, word in [(0.6, 0.9, "above"), (0.4, 0.6, "alike"), (0.1, 0.2, "below")]:
        assert outcome_of(xr.DataArray([low, high], dims="bound")) == word
    assert outcome_of(xr.DataArray([np.nan, np.nan], dims="bound")) == ""
    assert with_minus("a near-duplicate, -0.5 and x-2") == "a near-duplicate, −0.5 and x-2"


def test_what_cannot_be_is_told_before_anything_runs():
    with pytest.raises(ParameterError, match=r"need 3,\d{3} different images; digits has 1,797"):
        NineRulers(n_typical=1700)
    with pytest.raises(ParameterError, match="gates must end with a multiple of 10"):
        NineRulers(gates=[40, 25])
    with pytest.raises(ParameterError, match="network must hold 'true labels' and 'noise'"):
        NineRulers(network=["noise"])
    with pytest.raises(ParameterError, match="units must be 0"):
        NineRulers(units=1)
    with pytest.raises(ParameterError, match="network"):
        NineRulers(network=["true labels", "noise", "untaught"])
    assert NineRulers(preset="mnist").n_typical == 2000
    assert NineRulers(preset="cifar10").dataset == "cifar10"


def test_a_training_that_was_kept_is_read(tmp_path, tiny):
    experiment, _ = tiny
    data = experiment.data("noise", 0)
    first, history = experiment.train("noise", 0, data, checkpoint=tmp_path)
    again, told = experiment.train("noise", 0, data, checkpoint=tmp_path)
    assert isinstance(again, Trained)
    assert again.seconds == first.seconds
    xr.testing.assert_identical(told, history)
    for name in ("loss", "margin", "probability", "prediction"):
        np.testing.assert_array_equal(again.dynamics[name], first.dynamics[name])
    for one, other in zip(again.network.parameters(), first.network.parameters(), strict=True):
        assert (one == other).all()
    (tmp_path / "course.npz").unlink()  # as if it was killed between network and course
    anew, _ = experiment.train("noise", 0, data, checkpoint=tmp_path)
    np.testing.assert_array_equal(anew.dynamics["loss"], first.dynamics["loss"])


@pytest.mark.slow
def test_planted_truth_comes_out():
    """Wrong labels and outliers are known by heart, copies and marks are not, and twins never."""
    experiment = NineRulers(
        seed=[0], network=["true labels", "noise"], noise=0.0, repeats=4, cache="none",
        views=2, units=4, projections=4,
    )  # fmt: skip
    runs = experiment.run(progress=False)
    mem = runs.mem.sel(network="noise", seed=0)
    groups = mem.groupby("kind").mean()
    seen = {
        k: float(mem[(runs.kind == k).values & runs.is_in.values].mean())
        for k in groups.kind.values
    }
    twin = {
        k: float(mem[(runs.kind == k).values & ~runs.is_in.values].mean())
        for k in groups.kind.values
    }
    assert min(seen["wrong label"], seen["outlier"]) > 0.7
    assert max(seen["near-duplicate"], seen["typical"]) < 0.3
    assert seen["shortcut"] < 0.5
    assert max(abs(value) for value in twin.values()) < 0.12
    found = planted_found(runs).auroc.sel(network="noise", ruler="in_out")
    assert float(found.sel(kind="wrong label")) > 0.85
    assert float(found.sel(kind="outlier")) > 0.85
    assert float(found.sel(kind="near-duplicate")) < 0.5


def test_entropy_and_mi_as_published(tiny):
    experiment, runs = tiny
    data = experiment.data("shortcut", 0)
    plain, marked = (data[name]["input"].values for name in ("evaluation", "marked"))
    changed = (plain != marked).reshape(len(plain), -1).sum(axis=1)
    assert changed.max() == 1, "the mark of 8 x 8 images is one pixel"
    one = experiment.one("shortcut", 0)
    first = one.data["marked"]["input"].values.reshape(len(plain), -1)
    hidden = first @ one.model.network.fc1.weight.detach().numpy().T
    hidden = hidden + one.model.network.fc1.bias.detach().numpy()
    second = np.maximum(hidden, 0) @ one.model.network.fc2.weight.detach().numpy().T
    second = second + one.model.network.fc2.bias.detach().numpy()

    # bins common to a network: one range for both layers
    low, high = (
        end([hidden.min(), hidden.max(), second.min(), second.max()]) for end in (min, max)
    )
    edges = np.linspace(low, high, experiment.bins + 1)

    def entropy(values):
        shares = [np.histogram(row, edges)[0] / len(row) for row in values.T]
        return np.median([-(p[p > 0] * np.log(p[p > 0])).sum() for p in shares])

    told = [entropy(layer) for layer in (hidden, second)]
    at = {"network": "shortcut", "seed": 0, "images": "marked"}
    found = runs.published_entropy.sel(at).sel(in_bins="common")
    assert float(found) == pytest.approx(np.mean(told), abs=1e-3)
    others = runs.sel(network=["logic gates", "constructed"])
    assert bool(others.published_entropy.isnull().all() & others.published_mi.isnull().all())


def test_the_opposite_order_of_networks_is_called_so(tiny, analysed):
    _, runs = tiny
    score = runs.network_score.copy()
    memory = score.sel(network_ruler="mean_in_out")
    score.loc[{"network_ruler": "mean_entropy"}] = -memory
    score.loc[{"network_ruler": "mean_mi"}] = memory
    told = verdict_table(runs.assign(network_score=score), *analysed)["sees"]
    assert told["mean_entropy"].startswith("the opposite order of networks: τ = −1.00")
    assert told["mean_mi"].startswith("the order of networks: τ = +1.00")
