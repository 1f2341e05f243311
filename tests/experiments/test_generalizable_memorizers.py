"""Memorizers of pairs of digits: numbers against plain ones, laws, words and figures."""

from __future__ import annotations

import os

import numpy as np
import pytest
import xarray as xr
from sklearn.neighbors import KNeighborsClassifier

from infonb.data import digit_pair
from infonb.experiments import GeneralizableMemorizers
from infonb.experiments.generalizable_memorizers import (
    answer_words,
    cover_words,
    explore_regions,
    explore_wrong,
    information_words,
    memorizers_table,
    pairs_words,
    size_words,
    width_words,
)
from infonb.experiments.generalizable_memorizers.building import KINDS, LAYERS, build
from infonb.experiments.generalizable_memorizers.figures import (
    plot_accuracy,
    plot_information,
    plot_matrix,
    plot_parity,
    plot_sizes,
    plot_width,
)
from infonb.experiments.generalizable_memorizers.laws import SEEN, parity_law, width_law
from infonb.experiments.generalizable_memorizers.live import plot_regions
from infonb.experiments.generalizable_memorizers.measures import cover_number, neighbour_check
from infonb.experiments.generalizable_memorizers.readings import pairs_table, ratio_of
from infonb.measures import entropy, mutual_information
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

TINY = {
    "pair": ["3v8", "0v1"], "seed": [0, 1], "n_train": 60, "width": 16, "epochs": 60,
    "information_of": "0v1", "mi_neurons": 6, "law_points": [30, 120], "bit_points": [4, 25],
    "cube": 4, "draws": 3, "n_dims": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny():
    experiment = GeneralizableMemorizers(**TINY, cache="none")
    return experiment, experiment.run(progress=False)


def flat(part):
    return part.input.values.reshape(part.sizes["sample"], -1).astype(float)


def test_accuracies_against_what_each_memorizer_says(tiny):
    experiment, runs = tiny
    assert runs.memorizer.values.tolist() == list(KINDS)
    assert runs.accuracy.dims == ("memorizer", "pair", "seed")
    assert (runs.train_accuracy == 1).all()
    assert (runs.train_accuracy_null.sel(memorizer=list(KINDS)[:-1]) == 1).all()
    for kind in KINDS:
        data = experiment.data((kind, "3v8"), 1)
        assert not set(data["train"].sample.values) & set(data["evaluation"].sample.values)
        model, _ = experiment.train((kind, "3v8"), 1, data)
        own = model["true"]
        said = own.decide(flat(data["evaluation"]))
        one = runs.sel(memorizer=kind, pair="3v8", seed=1)
        assert float(one.accuracy) == (said == data["evaluation"].label.values).mean()
        assert float(one.n_parameters) == own.n_parameters
        # labels in random order are as many of each kind
        other = model["permuted"].decide(flat(data["train"]))
        assert (other == data["train"].label.values).mean() < 0.9
        if kind != "mlp":
            assert other.sum() == data["train"].label.values.sum()


def test_cells_are_beside_the_nearest_neighbour(tiny):
    experiment, runs = tiny
    data = experiment.data(("cells", "0v1"), 0)
    train, held_out = data["train"], data["evaluation"]
    neighbour = KNeighborsClassifier(1, algorithm="brute").fit(flat(train), train.label.values)
    expected = neighbour.predict(flat(held_out))
    one = runs.sel(memorizer="cells", pair="0v1", seed=0)
    assert float(one.nearest_accuracy) == (expected == held_out.label.values).mean()
    assert (runs.sharp_agreement.sel(memorizer="cells") == 1).all()
    assert runs.agreement.sel(memorizer=["relu", "bits"]).isnull().all()
    # the images that are told to be wrong are, and the nearest is the nearest
    three = runs.sel(memorizer="cells", pair="3v8", seed=0)
    data = experiment.data(("cells", "3v8"), 0)
    for wrong, nearest in zip(three.wrong.values, three.nearest.values, strict=True):
        if wrong < 0:
            continue
        image = flat(data["evaluation"].sel(sample=[wrong]))
        far = ((flat(data["train"]) - image) ** 2).sum(axis=1)
        assert data["train"].sample.values[far.argmin()] == nearest
    model, _ = experiment.train(("cells", "3v8"), 0, data)
    off = model["true"].decide(flat(data["evaluation"])) != data["evaluation"].label.values
    np.testing.assert_array_equal(
        three.wrong.values[three.wrong.values >= 0], data["evaluation"].sample.values[off][:6]
    )


def test_fewer_points_are_stored_where_float64_ends():
    train, _ = digit_pair("3v8", n_train=60)
    options = {"seed": 0, "sharpness": 2.0, "rank": 1, "mlp": {}}
    few = build("relu", train, train.label.values, n_relu=20, **options)
    assert few.n_points == 20
    assert (few.decide(flat(train))[:20] == train.label.values[:20]).all()
    cells = build("cells", train, train.label.values, n_relu=20, **options)
    assert cells.n_points == 60
    assert cells.net.sharpness == 2 * cells.net.least_sharpness


def test_information_against_the_measures(tiny):
    experiment, runs = tiny
    assert runs.layer.values.tolist() == LAYERS
    data = experiment.data(("mlp", "0v1"), 0)
    model, _ = experiment.train(("mlp", "0v1"), 0, data)
    net = model["true"].net
    hidden = {}
    handle = net.net.relu1.register_forward_hook(lambda *given: hidden.update(out=given[2]))
    model["true"].decide(flat(data["evaluation"]))
    handle.remove()
    values = hidden["out"].detach().numpy().T
    alive = xr.DataArray(values[values.std(axis=1) > 1e-6], dims=("neuron", "sample"))
    found = runs.sel(memorizer="mlp", pair="0v1", seed=0, layer="mlp")
    expected = entropy(alive, bins=10, edges="neuron").mean()
    assert float(found.entropy) == pytest.approx(float(expected), rel=1e-4)
    pairs = mutual_information(
        alive, estimator="binned", bins=10, edges="neuron", corrected="permutation"
    )
    high = float(pairs.where(~np.eye(len(alive), dtype=bool)).max())
    assert 0 < float(found.pair_information) < high
    ratio = ratio_of(runs)
    assert ratio.notnull().all()
    assert float(ratio.sel(layer="mlp", seed=0)) == pytest.approx(
        float(found.pair_information / found.entropy)
    )
    assert runs.entropy.sel(pair="3v8").isnull().all()


def test_the_law_of_width_on_a_small_scale():
    law = width_law(3, [50, 800], 2)
    narrow, whole = law.width_accuracy.sel(rank=[1, 2]), law.width_accuracy.sel(rank=3)
    assert (narrow < 0.97).all()
    assert (whole.sel(law_points=800) > 0.98).all()
    assert (law.width_known == 1).all()
    assert (law.unseen_change.sel(rank=[1, 2]) == 0).all()
    assert (law.unseen_change.sel(rank=3) > 0.5).all()


def test_parity_of_three_corners_says_the_contrary_of_the_fourth():
    law = parity_law(2, 4)
    three = law.sel(seen=0.75)
    assert (three.parity_unseen == 0).all()
    assert (three.parity_all == 0.75).all()
    assert law.seen.values.tolist() == list(SEEN)


def test_balls_that_cover_by_hand():
    # radius of the first three: half of 3, 4, 5; of the last one: half of 3
    assert cover_number(np.array([[0.0], [-1.0], [-2.0], [3.0]]), np.array([1, 1, 1, -1])) == 2
    cube = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    assert cover_number(cube, np.array([1, -1, -1, 1])) == 4


def test_the_rows_are_judged_over_pairs_and_draws(tiny):
    experiment, runs = tiny
    table = pairs_table(runs)
    np.testing.assert_allclose(table.accuracy, runs.accuracy.mean("seed").values)
    claims = experiment.claims(runs)
    assert len(claims.of_paper) == 6
    assert len(claims.claims) == 19
    by_words = {claim.statement: claim for claim in claims.claims}
    known = by_words["every memorizer knows more than 99.99 % of its training images"]
    assert known.verdict == "holds"
    assert len(known.effect) == 2
    over = by_words["cells: accuracy held out is higher than of bits"]
    difference = table.accuracy.sel(memorizer="cells") - table.accuracy.sel(memorizer="bits")
    np.testing.assert_allclose(over.effect, difference)
    low = [by_words[f"{words}: accuracy held out stays below 0.7"]
           for words in ("projected, relu and bits", "relu and bits")]  # fmt: skip
    for row, kinds in zip(low, (["projected", "relu", "bits"], ["relu", "bits"]), strict=True):
        highest = table.accuracy.sel(memorizer=kinds).max("memorizer")
        np.testing.assert_allclose(row.effect, 0.7 - highest)
    high = by_words["cells: accuracy held out is above 0.95"]
    np.testing.assert_allclose(high.effect, table.accuracy.sel(memorizer="cells") - 0.95)
    assert by_words["a narrower layer does not see some direction: its output changes by less "
                    "than 1e-9"].verdict == "holds"  # fmt: skip


def test_the_flat_row_is_of_the_width_that_changes_most(tiny):
    experiment, runs = tiny
    # three widths, of which one rises as far as another falls
    values = np.zeros((2, 4, 3)) + 0.8
    values[1, :3] += np.array([0.05, -0.05, 0.0])[:, None]
    law = runs.drop_dims("rank").assign(
        width_accuracy=(("law_points", "rank", "draw"), values),
        unseen_change=(("rank", "draw"), np.zeros((4, 3))),
    ).assign_coords(rank=[1, 2, 3, 4])  # fmt: skip
    rows = {claim.statement: claim for claim in experiment.claims(law).claims}
    row = rows["any width below n: 30 → 120 points change the accuracy by less than 0.03"]
    np.testing.assert_allclose(row.effect, -0.02)
    assert row.verdict == "does not hold"
    assert "1: +0.050, 2: -0.050, 3: +0.000, 4: +0.000. Of a single draw" in width_words(law)
    assert "up to 0.050 at a width below 4" in width_words(law)
    assert width_words(law.isel(law_points=[0])) == ""


def test_ties_are_told_by_the_distances_whatever_cells_say():
    def part(images, labels):
        return xr.Dataset(
            {"input": (("sample", "row", "column"), np.array(images, float)[:, None, :]),
             "label": ("sample", labels)},
            {"sample": np.arange(len(labels)), "digit": ("sample", labels)}, {"grey": 16},
        )  # fmt: skip

    # of three asked, one is equally near to both classes, and scikit-learn takes the first
    data = {
        "train": part([[0], [2], [6]], [-1, 1, 1]),
        "evaluation": part([[1], [2], [5]], [1] * 3),
    }
    memorizer = build(
        "cells", data["train"], data["train"].label.values, seed=0, sharpness=1.0, rank=1,
        n_relu=0, mlp={},
    )  # fmt: skip
    found = neighbour_check(memorizer, data)[1]
    assert found.sharp_ties == 1
    assert found.sharp_agreement == 1
    assert float(found.sharp_agreement_of_all) == pytest.approx(2 / 3)
    # cells that say nothing at all are no ties
    memorizer.net.out.weight.zero_()
    found = neighbour_check(memorizer, data)[1]
    assert found.sharp_ties == 1
    assert float(found.sharp_agreement) == pytest.approx(1 / 3)


def test_words_tables_and_figures_say_the_same_numbers(tiny):
    experiment, runs = tiny
    words = answer_words(runs)
    cells = 100 * float(runs.accuracy.sel(memorizer="cells").mean())
    assert f"*cells* {cells:.1f}" in words
    assert words.startswith("All of them know every training image")
    lost = runs.assign(train_accuracy=runs.train_accuracy * 0.9)
    assert answer_words(lost).startswith("Not all of them know their training images (at least 90")
    assert "decide exactly as" in pairs_words(runs)
    few = runs.accuracy.sel(memorizer=["projected", "relu", "bits"]).mean("seed")
    assert f"{100 * float(few.max()):.1f}\N{NO-BREAK SPACE}%." in pairs_words(runs)
    assert "Of those that keep few directions" not in pairs_words(runs.sel(memorizer=["cells"]))
    assert "Of *bits* there is none" in information_words(runs)
    off = runs.assign(sharp_agreement=runs.sharp_agreement * 0.9)
    assert "decide not always as" in pairs_words(off)
    table = memorizers_table(runs)
    assert table["held out (%)"].iloc[0] == pytest.approx(cells)
    assert table.index[0] == "cells: cells around all points (for M1)"
    assert f"{float(runs.word_bits.mean('draw')[-1]):.0f} of them" in size_words(runs)
    assert f"relu 1 {float(ratio_of(runs).sel(layer='relu 1').mean()):.3f}" in (
        information_words(runs)
    )
    balls = runs.cover.sel(law_points=120).mean()
    assert f"{float(balls):.0f} balls cover 120 points" in cover_words(runs)
    share = runs.cover_of.sel(memorizer="cells", pair="0v1").mean() / 60
    assert f"{100 * float(share):.0f}\N{NO-BREAK SPACE}% (0v1)" in cover_words(runs)
    nothing = runs.assign(entropy=runs.entropy * np.nan, pair_information=runs.entropy * np.nan)
    assert information_words(nothing).startswith("Entropy and MI were not measured")
    assert plot_information(nothing) is None
    for picture in (
        plot_accuracy(runs), plot_width(runs), plot_sizes(runs), plot_parity(runs),
        plot_information(runs),
    ):  # fmt: skip
        assert len(picture.alt) > 60
    assert plot_matrix(runs) is None
    panel = explore_wrong(experiment, runs, interactive=False)
    panel.controls["pair"].value = "0v1"


def test_a_matrix_of_many_pairs(tiny):
    _, runs = tiny
    pairs = [f"{a}v{b}" for a in range(5) for b in range(a + 1, 5)]
    values = np.linspace(0.5, 1, 5 * 10 * 2).reshape(5, 10, 2)
    many = xr.Dataset(
        {"accuracy": (("memorizer", "pair", "seed"), values)},
        {"memorizer": runs.memorizer, "pair": np.array(pairs, object), "seed": [0, 1]},
    )
    picture = plot_matrix(many)
    assert "Accuracy of 10 pairs of digits: cells 50.3 (pair 0v1) to 59.3 %" in picture.alt


def test_regions_of_the_plane():
    panel = explore_regions(interactive=False)
    panel.controls["directions"].value = 1
    all_seen, one_seen = (plot_regions(120, rank, 1.0).alt for rank in (2, 1))
    right = [float(alt.split("right on ")[1].split(" %")[0]) for alt in (all_seen, one_seen)]
    assert right[0] > 97
    assert right[1] < 90


@pytest.mark.slow
@pytest.mark.skipif("INFONB_DATA" not in os.environ, reason="needs the files of MNIST")
def test_a_pair_of_mnist():
    experiment = GeneralizableMemorizers(
        preset="mnist", pair=["4v9"], n_train=300, n_relu=100, n_checked=50, cache="none"
    )
    level = ("cells", "4v9")
    data = experiment.data(level, 0)
    model, _ = experiment.train(level, 0, data)
    found = experiment.measure(level, 0, model, data)
    assert float(found.sharp_agreement) == 1
    assert float(found.sharp_accuracy) == pytest.approx(float(found.nearest_accuracy), abs=1e-3)
    assert np.isnan(found.accuracy_null)
    assert float(found.accuracy) > 0.8


def test_what_cannot_be_is_told_before_anything_runs():
    with pytest.raises(ParameterError, match="pair must be digits, the letter v, other digits"):
        GeneralizableMemorizers(pair=["3-8"])
    with pytest.raises(ParameterError, match=r"rank must be at most the 64 pixels .* not 65"):
        GeneralizableMemorizers(rank=65)
    with pytest.raises(ParameterError, match=r"law_points must be numbers that rise; not \[9, 5\]"):
        GeneralizableMemorizers(law_points=[9, 5])
    with pytest.raises(ParameterError, match="memorizer must have 'cells' in it"):
        GeneralizableMemorizers(memorizer=["bits"])
    assert len(GeneralizableMemorizers(preset="mnist").pair) == 45
    with pytest.raises(ParameterError, match=r"pair 3v8 of digits: n_train must be .* 356; not 5"):
        GeneralizableMemorizers(n_train=500, pair=["01234v56789", "3v8"]).prepare()
    with pytest.raises(ParameterError, match="n_train must be more than 1: with seed 0 all of th"):
        GeneralizableMemorizers(n_train=1).prepare()
