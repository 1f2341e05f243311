"""Networks that are built to memorize beside trained ones: numbers by hand, published runs."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

from infonb.experiments import ReLUMemorizers
from infonb.experiments.relu_memorizers import (
    RandomHyperplanes,
    answer_words,
    counter_words,
    error_words,
    explore_construction,
    hyperplane_words,
    networks_table,
    pair_words,
    points_table,
    ruler_words,
    widths_table,
)
from infonb.experiments.relu_memorizers.checks import over_points, smallest_error
from infonb.experiments.relu_memorizers.data import images_of, memorized_and_others, part_of
from infonb.experiments.relu_memorizers.figures import (
    plot_hyperplanes,
    plot_near,
    plot_points,
    plot_shares,
    plot_signature,
    plot_stairs,
)
from infonb.experiments.relu_memorizers.live import NUMBERS, plot_construction, points_in_a_plane
from infonb.experiments.relu_memorizers.measures import closed_form, information_of, scores_of
from infonb.experiments.relu_memorizers.published import NOT_HERE, read_runs
from infonb.experiments.relu_memorizers.training import built, first_network, memorize
from infonb.measures import entropy, mutual_information
from infonb.networks import random_hyperplane_memorizer
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

TINY = {
    "seed": [0, 1], "n_memorized": 40, "epochs": 600, "batch_size": 20, "n_points": [4, 16, 36],
    "near_epochs": 8, "n_hyperplanes": [20, 60, 200], "restarts": 2, "share": [20, 100],
    "pair_hyperplanes": [100, 300], "pair_restarts": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny():
    experiment = ReLUMemorizers(**TINY, cache="none")
    return experiment, experiment.run(progress=False)


def test_true_and_random_labels_are_of_the_same_digits():
    true, random = (memorized_and_others(40, labels, 3) for labels in ("true", "random"))
    xr.testing.assert_identical(true["train"].input, random["train"].input)
    xr.testing.assert_identical(true["held_out"], random["held_out"])
    assert (true["train"].label != random["train"].label).mean() > 0.6
    assert not set(true["train"].sample.values) & set(true["held_out"].sample.values)
    assert true["train"].sizes["sample"] + true["held_out"].sizes["sample"] == 1797
    np.testing.assert_allclose(true["train"].code, true["train"].label * 2 / 9 - 1)


def test_shares_of_two_digits_hold_each_other():
    images = images_of("digits")
    assert float((images.input**2).sum("pixel").max()) == pytest.approx(1)
    whole = part_of(images, (1, 8), 100)
    assert set(np.unique(whole.label)) == {0, 1}
    assert int(whole.label.sum()) == int((images.label == 1).sum())
    assert float((whole.input**2).sum("pixel").max()) == pytest.approx(1)
    small, larger = (part_of(images, (1, 8), share) for share in (20, 60))
    rows = {tuple(row) for row in larger.input.values.round(9)}
    assert {tuple(row) for row in small.input.values.round(9)} < rows
    assert float(small.label.mean()) == pytest.approx(float(whole.label.mean()), abs=0.02)
    xr.testing.assert_identical(part_of(images, None, 100), images)


def test_a_built_network_memorizes_and_knows_nothing_else(tiny):
    _, runs = tiny
    made = runs.sel(network=["hard tanh", "relu"])
    assert (made.train_accuracy == 1).all()
    assert (made.train_error < 1e-7).all()
    assert (runs.train_accuracy.sel(network="trained") == 1).all()
    assert (runs.held_out_accuracy.sel(network=["hard tanh", "relu"]) < 0.25).all()
    trained = runs.held_out_accuracy.sel(network="trained", labels="true")
    assert (trained > made.held_out_accuracy.sel(network="relu", labels="true")).all()
    # the same function, written with other units
    np.testing.assert_array_equal(
        made.held_out_accuracy.sel(network="relu"), made.held_out_accuracy.sel(network="hard tanh")
    )


def test_the_signature_and_that_layer_1_does_not_know_the_labels(tiny):
    _, runs = tiny
    ratio = runs.ratio.mean("seed")
    assert (ratio.sel(network="hard tanh") > ratio.sel(network="trained")).all()
    first = runs.entropy.sel(network="hard tanh", layer="hidden1")
    np.testing.assert_array_equal(first.sel(labels="true"), first.sel(labels="random"))
    assert abs(runs.null_information).max() < 0.02


def test_measures_against_plain_numpy():
    data = memorized_and_others(40, "true", 0)
    model = built(data["train"], "hard tanh", 0)
    found = information_of(model, data["held_out"], bins=100, edges="common", mi_bins=10, seed=0)
    assert found.activation.sizes["image"] == 1757
    with torch.no_grad():
        inputs = torch.from_numpy(data["held_out"].input.values).double().flatten(1)
        first = model.hidden1(inputs).numpy().T
    np.testing.assert_allclose(
        found.activation.sel(layer="hidden1").dropna("neuron"), first, atol=1e-6
    )
    active = found.activation.sel(layer="hidden1", drop=True).dropna("neuron").rename(
        image="sample"
    )  # fmt: skip
    few = entropy(active, bins=10, edges="neuron").values
    varies = active.std("sample").values > 1e-6
    pairs = mutual_information(
        active, estimator="binned", bins=10, edges="neuron", corrected="permutation"
    ).values
    both = np.outer(varies, varies) & ~np.eye(len(varies), dtype=bool)
    one = found.sel(layer="hidden1")
    assert float(one.unit_entropy) == pytest.approx(few[varies].mean())
    # its shuffles are others than those of both layers together
    assert float(one.pair_information) == pytest.approx(pairs[both].mean(), abs=2e-3)
    assert float(one.ratio) == pytest.approx(float(one.pair_information / one.unit_entropy))
    assert int(one.n_varying) == varies.sum()


def test_the_nearest_code_decides():
    class Fixed(torch.nn.Module):
        def forward(self, inputs):
            return torch.tensor([[-1.3], [-0.9], [0.9], [7.0]])

    part = xr.Dataset({"input": ("sample", np.zeros(4)), "label": ("sample", [0, 1, 9, 9]),
                       "code": ("sample", [-1.0, -7 / 9, 1.0, 1.0])})  # fmt: skip
    found = scores_of(Fixed(), {"train": part, "held_out": part})
    assert float(found.train_accuracy) == 0.75  # −0.9 is nearer to −1 than to −7/9
    assert float(found.train_error) == pytest.approx(6.0)


def test_the_closed_form_by_hand():
    # four points in two groups: values −.5, .5, 1, 1 of the first unit
    np.testing.assert_allclose(closed_form(np.array([0, 0, 1, 1]), 2), [1.5 * np.log(2)] * 2)
    # D groups of N / D: −p₋ ln p₋ − p₊ ln p₊ + ln(N) / D
    group, n = np.repeat(np.arange(20), 20), 400
    p = np.arange(20) / 20, (19 - np.arange(20)) / 20
    ends = sum(-np.where(part > 0, part * np.log(np.maximum(part, 1e-9)), 0) for part in p)
    found = closed_form(group, 20)
    np.testing.assert_allclose(found, ends + np.log(n) / 20)
    assert found.mean() == pytest.approx(0.797, abs=1e-3)


def test_training_ends_when_all_is_memorized():
    data = memorized_and_others(40, "random", 0)
    network = first_network(64, 40, 0)
    first = [values.clone() for values in network.parameters()]
    history = memorize(
        network, data["train"], epochs=2000, learning_rate=5e-3, batch_size=20, seed=0
    )
    assert history.sizes["epoch"] < 2000
    assert float(scores_of(network, data).train_accuracy) == 1
    again = first_network(64, 40, 0)
    assert all(torch.equal(a, b) for a, b in zip(first, again.parameters(), strict=True))
    widths = [network.hidden1[0].out_features, network.hidden2[0].out_features]
    made = built(data["train"], "relu", 0)
    assert widths == [made.sizes.d1, made.sizes.d2]


def test_checks_over_points():
    found = over_points([4, 16, 64], 0)
    assert (found.error < 1e-9).all()
    assert (found.error_float32 > found.error).all()
    assert found.capacity.values.tolist() == [4, 16, 64]
    assert (found.pieces >= found.needed).all()
    assert (found.pieces <= found.possible).all()
    assert found.d1.values.tolist() == [4, 8, 16]


def test_too_few_units_do_not_memorize():
    """Six points in turn need five pieces; widths 1 and 1 have four at most."""
    assert smallest_error(0, restarts=60, steps=300) > 0.9


def test_words_tables_and_figures_say_the_same_numbers(tiny):
    experiment, runs = tiny
    words = answer_words(runs)
    assert words.startswith("Two hidden layers of 16 ReLUs")
    learnt = float(runs.held_out_accuracy.sel(network="trained", labels="true").mean())
    assert f"knows {100 * learnt:.0f}\N{NO-BREAK SPACE}% of the others" in words
    table = networks_table(runs)
    assert len(table) == 16
    one = table.loc["relu, random labels, hidden2"]
    mean = runs.sel(network="relu", labels="random", layer="hidden2").mean("seed")
    assert one["MI / H"] == pytest.approx(float(mean.ratio))
    assert one["memorized"] == 1
    assert "more* MI by entropy" in counter_words(runs)
    assert "the same to the last bit" in counter_words(runs)
    assert "digits of float64" in error_words(runs)
    assert "nats in *common* bins" in ruler_words(runs)
    assert points_table(runs)["holds 4pq"].tolist() == [4, 16, 36]
    for picture in (plot_signature(runs), plot_points(runs), plot_stairs(runs), plot_near(runs)):
        assert len(picture.alt) > 40
    claims = experiment.claims(runs)
    assert len(claims.of_paper) == 14
    verdicts = {claim.statement: claim.verdict for claim in claims.claims}
    assert verdicts["and no more than are possible, 2·d1·d2 + d2 + 1"] == "holds"


def test_a_run_of_few_kinds_says_what_is_missing():
    experiment = ReLUMemorizers(**TINY | {"network": ["relu"], "labels": ["true"]}, cache="none")
    runs = experiment.run(progress=False)
    assert "**100\N{NO-BREAK SPACE}% of the digits by heart**" in answer_words(runs)
    assert "take hard tanh and trained networks" in counter_words(runs)
    claims = experiment.claims(runs)
    assert not any("trained" in claim.statement for claim in claims.claims)
    only = ReLUMemorizers(**TINY | {"network": ["untrained"], "labels": ["true"]}, cache="none")
    assert "No network was built" in answer_words(only.run(progress=False))


def test_the_order_of_the_labels_changes_nothing_that_is_said(tiny):
    _, runs = tiny
    other = runs.isel(labels=[1, 0])
    turned = ReLUMemorizers(**TINY | {"labels": ["random", "true"]}, cache="none")
    learnt = float(runs.held_out_accuracy.sel(network="trained", labels="true").mean())
    assert f"knows {100 * learnt:.0f}\N{NO-BREAK SPACE}% of the others" in answer_words(other)
    known = [one for one in turned.claims(other).claims if "has not seen" in one.statement]
    assert len(known) == 2
    assert all(one.here.endswith(f"{learnt:.2f}") for one in known), known[0].here
    random = ReLUMemorizers(**TINY | {"labels": ["random"]}, cache="none")
    only = runs.sel(labels=["random"])
    assert "with random labels until it knows" in answer_words(only)
    assert not any("true labels" in one.statement for one in random.claims(only).claims)


def test_shared_bins_and_hyperplanes_of_the_digits():
    experiment = ReLUMemorizers(**TINY | {"edges": "shared", "seed": [0]}, cache="none")
    runs = experiment.run(progress=False)
    assert runs.entropy.attrs["edges"] == "shared"
    planes = experiment.hyperplanes()
    found = planes.run(progress=False)
    images = images_of("digits")
    net = random_hyperplane_memorizer(images.input, images.label, n_hyperplanes=60, seed=1)
    one = found.sel(n_hyperplanes=60, share=100, seed=1)
    assert (float(one.width), float(one.accuracy)) == (net.width, net.accuracy)
    assert int(one.class_width.sum()) == net.width
    assert "**200 random hyperplanes are enough** for 1,797 images" in hyperplane_words(
        planes, found
    )
    table = widths_table(planes, found)
    assert table.loc["n = 200", "interpolate"] == "2 of 2"
    assert len(plot_hyperplanes(planes, found).alt) > 40
    assert len(planes.claims(found).claims) == 2
    pair = experiment.pair("1 v 8")
    found = pair.run(progress=False)
    assert "5.0 times as many" in pair_words(pair, found)
    assert len(plot_shares(pair, found).alt) > 40
    assert len(widths_table(pair, found)) == 4
    assert pair_words(replace(pair, share=[100]), found.sel(share=[100])).startswith(
        "For 100 % of the images of 1 v 8: "
    )
    claims = pair.claims(found).claims
    assert any("slower than their number" in claim.statement for claim in claims)


def test_the_published_runs_are_read_where_they_are(tmp_path, monkeypatch):
    read_runs.cache_clear()
    monkeypatch.setenv("INFONB_DATA", str(tmp_path))
    experiment = ReLUMemorizers(preset="mnist", cache="none").hyperplanes()
    assert experiment.published() is None
    assert "INFONB_DATA is not set" in NOT_HERE
    read_runs.cache_clear()
    assert ReLUMemorizers(cache="none").hyperplanes().published() is None  # of MNIST only


def _here():
    read_runs.cache_clear()
    if read_runs("mnist") is None:
        pytest.skip(NOT_HERE)


def test_what_is_in_the_published_runs():
    _here()
    experiment = ReLUMemorizers(preset="mnist", cache="none")
    found = experiment.hyperplanes().published()
    assert found.groupby("n_hyperplanes").size().tolist() == [25] * 5
    shares = found.groupby("n_hyperplanes").interpolates.sum()
    assert shares.loc[100] == 0
    assert shares.loc[180] == 25
    assert shares.is_monotonic_increasing
    for pair in ("1 v 8", "1 v 9"):
        runs = experiment.pair(pair).published()
        assert sorted(set(runs.share)) == list(range(10, 101, 10))
        assert set(runs.n_hyperplanes) == {500, 10_000}
        assert (runs.interpolates == 1).all()
    assert experiment.pair("3 v 5").published() is None


def test_rows_stand_beside_the_published_ones():
    """Runs that are the published ones themselves are like them; others are not."""
    _here()
    experiment = ReLUMemorizers(preset="mnist", cache="none").hyperplanes()
    found = experiment.published().sort_values(["n_hyperplanes", "restart"])
    shape = (5, 1, 25)
    dims = ("n_hyperplanes", "share", "seed")
    runs = xr.Dataset(
        {name: (dims, found[name].to_numpy().reshape(shape))
         for name in ("width", "accuracy", "interpolates")} | {"n_images": (dims, np.full(
             shape, 70_000.0))},
        {"n_hyperplanes": experiment.n_hyperplanes, "share": [100], "seed": range(25)},
    )  # fmt: skip
    rows = [one for one in experiment.claims(runs).claims if "published" in one.statement]
    assert len(rows) == 12
    assert {one.verdict for one in rows} == {"holds"}
    assert "differ by +0.0 to +0.0 %" in hyperplane_words(experiment, runs)
    assert len(widths_table(experiment, runs).columns) == 7
    wide = runs.assign(width=1.2 * runs.width)
    verdicts = {
        (one.statement.split(" % ")[1].split()[0], one.verdict)
        for one in experiment.claims(wide).claims if "layer 2 is" in one.statement
    }  # fmt: skip
    assert verdicts == {("narrower", "holds"), ("wider", "does not hold")}
    none = runs.assign(interpolates=0 * runs.interpolates)
    verdicts = [
        one.verdict for one in experiment.claims(none).claims if "that interpolate" in one.statement
    ]
    assert verdicts == ["does not hold", "holds"]  # lower by less than that, higher by less


def test_the_live_control_builds_what_it_shows():
    for shape in ("random", "digits"):
        for n in NUMBERS:
            picture = plot_construction(n, shape)
            assert picture.alt.startswith(f"{n} points in ")
        points, values = points_in_a_plane(16, shape)
        assert points.shape == (16, 2)
        assert np.abs(values).max() <= 1
    panel = explore_construction(interactive=False)
    panel.controls["n"].value = 64
    assert set(panel.controls) == {"n", "shape"}


KILLED = """
from infonb.experiments.relu_memorizers import RandomHyperplanes
RandomHyperplanes(**{values!r}, cache={cache!r}).run(progress=False)
"""


@pytest.mark.slow
def test_killed_between_restarts_and_gone_on_with_it_is_the_same(tmp_path):
    values = {"n_hyperplanes": [200, 400], "seed": list(range(12))}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(values=values, cache=str(tmp_path))]
    )
    end = time.monotonic() + 240
    while len(kept := list(tmp_path.glob("*/*/measure-*.zarr"))) < 4:
        assert process.poll() is None, "it has ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert 4 <= len(kept) < 24
    resumed = RandomHyperplanes(**values, cache=str(tmp_path)).run(progress=False)
    whole = RandomHyperplanes(**values, cache="none").run(progress=False)
    xr.testing.assert_identical(resumed, whole)


def test_what_cannot_be_is_told_before_anything_runs():
    with pytest.raises(ParameterError, match="pairs must be of two digits, such as '1 v 8'"):
        ReLUMemorizers(pairs=["1 and 8"])
    with pytest.raises(ParameterError, match="pairs must be of two different digits 0 to 9"):
        ReLUMemorizers(pairs=["8 v 8"])
    with pytest.raises(ParameterError, match="n_points must rise"):
        ReLUMemorizers(n_points=[64, 16])
    with pytest.raises(ParameterError, match="network must be"):
        ReLUMemorizers(network=["tanh"])
    assert ReLUMemorizers(preset="mnist").restarts == 25
