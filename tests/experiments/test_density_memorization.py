"""Density models with and without each image: planted groups, checkpoints, kill and resume."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
import xarray as xr
from scipy.stats import spearmanr

from infonb.experiments import DensityMemorization
from infonb.experiments.density_memorization import (
    answer_words,
    course_table,
    explore_density,
    groups_table,
    judged,
    neighbour_words,
    ordered,
)
from infonb.experiments.density_memorization.answer import interval_of
from infonb.experiments.density_memorization.claims import rate_words
from infonb.experiments.density_memorization.data import images_of, measured, planted
from infonb.experiments.density_memorization.figures import (
    plot_course,
    plot_groups,
    plot_information_course,
    plot_neighbours,
    plot_share,
)
from infonb.experiments.density_memorization.measures import distances, scrambled_ratio
from infonb.experiments.density_memorization.readings import overlap_of_top
from infonb.experiments.density_memorization.training import make_network, train
from infonb.memorization import log_density, nearest_ratio
from infonb.networks import MLPVAE
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

TINY = {
    "repeats": 2, "folds": 2, "n_regular": 24, "n_single": 2, "n_copied": 1, "copies": 3,
    "n_null": 20, "width": 8, "n_latent": 2, "checkpoints": [1, 2, 4], "draws": 4,
    "n_measured": 40, "mi_neurons": 6,
}  # fmt: skip

NUMBERS = {"regular": 6, "single": 2, "copies": 1, "null": 3}


def test_planting_by_hand():
    found = planted(images_of("digits"), NUMBERS, copies=3, binarize="static", seed=0)
    assert found.role.values.tolist() == (
        ["regular"] * 6 + ["single"] * 2 + ["copies"] * 3 + ["null"] * 3
    )
    assert set(np.unique(found.input)) == {0.0, 1.0}
    xr.testing.assert_equal(found.input, found.intensity)
    copies = found.input.isel(sample=slice(8, 11)).values
    assert (copies == copies[0]).all()
    assert len(set(found.copy_of.values[8:11].tolist())) == 1
    assert len(set(found.copy_of.values.tolist())) == 12
    # shuffled images have as many pixels of each kind, in other places
    order = np.random.default_rng([0, 17]).permutation(1797)
    source = images_of("digits").input.values[order[6:8]] >= 0.5
    assert (source.sum(axis=(1, 2)) == found.input.values[6:8].sum(axis=(1, 2))).all()
    assert (source != found.input.values[6:8].astype(bool)).any(axis=(1, 2)).all()


def test_fresh_pixels_are_asked_of_as_they_were_drawn_once():
    fresh = planted(images_of("digits"), NUMBERS, copies=3, binarize="fresh", seed=0)
    assert set(np.unique(fresh.input)) == {0.0, 1.0}
    grey = (fresh.intensity > 0) & (fresh.intensity < 1)
    assert float(grey.mean()) > 0.1
    assert (fresh.input.values[fresh.intensity.values == 0] == 0).all()
    copies = fresh.input.isel(sample=slice(8, 11)).values
    assert (copies == copies[0]).all()


def test_images_that_are_measured_are_others_and_all_different():
    images = images_of("digits").isel(sample=np.arange(60) % 50)  # ten of them are there twice
    found = measured(images, 48, skip=0, binarize="static", seed=0).input.values
    flat = found.reshape(len(found), -1)
    assert len(np.unique(flat, axis=0)) == len(flat) == 48
    assert len(measured(images, 60, skip=0, binarize="static", seed=0).input) == 50
    few = measured(images, 30, skip=0, binarize="static", seed=0).input.values
    np.testing.assert_array_equal(few, found[:30])
    # none of those that were drawn for the roles
    drawn = planted(images_of("digits"), NUMBERS, copies=1, binarize="static", seed=0)
    other = measured(images_of("digits"), 50, skip=12, binarize="static", seed=0).input.values
    for image in drawn.input.values[:6]:
        assert not (other == image).all(axis=(1, 2)).any()


@pytest.fixture(scope="module")
def tiny():
    experiment = DensityMemorization(**TINY, cache="none")
    return experiment, experiment.run(progress=False)


def test_what_is_measured_is_in_and_out_of_the_log_density(tiny):
    experiment, runs = tiny
    assert runs.log_density.dims == (
        "learning_rate", "repeat", "fold", "seed", "checkpoint", "sample"
    )  # fmt: skip
    assert runs.score.values.tolist() == ["log_density", "nearest_ratio"]
    null = runs.role.values == "null"
    assert (runs.n_out.sel(score="log_density") == 2).all()
    level = (2e-3, 1, 0)
    data = experiment.data(level, 0)
    assert not set(data["train"].sample.values) & set(runs.sample.values[null])
    models, history = experiment.train(level, 0, data)
    assert list(models) == [1, 2, 4]
    assert history.sizes["epoch"] == 4
    one = runs.sel(learning_rate=2e-3, repeat=1, fold=0, seed=0)
    for checkpoint, model in models.items():
        images = data["samples"].input.values
        np.testing.assert_allclose(
            one.log_density.sel(checkpoint=checkpoint), log_density(model, images, n_samples=4),
            rtol=1e-4,
        )  # fmt: skip
    made = xr.DataArray(
        models[4].sample(40).numpy().reshape(40, 8, 8), dims=data["samples"].input.dims
    )
    plain = data["samples"].input.drop_vars(list(data["samples"].coords))
    expected = nearest_ratio(plain, data["reference"].input.drop_vars("sample"), made)
    np.testing.assert_allclose(one.nearest_ratio.sel(checkpoint=4), expected.rho, rtol=1e-5)


def test_what_is_judged_against_plain_numpy(tiny):
    experiment, runs = tiny
    table = judged(experiment, runs)
    one = runs.sel(learning_rate=2e-3, checkpoint=4, repeat=1, seed=0)
    score, out = one.log_density.values.astype(float), one.held_out.values
    mem = np.array([score[~o, i].mean() - score[o, i].mean() for i, o in enumerate(out.T)])
    found = table.sel(learning_rate=2e-3, checkpoint=4, seed=1)
    np.testing.assert_allclose(found.mem, mem, rtol=1e-6, atol=1e-6)
    known = runs.role.values == "regular"
    assert float(found.q95) == pytest.approx(np.quantile(mem[known], 0.95), abs=1e-6)
    null = runs.role.values == "null"
    assert float(found.q95_null) == pytest.approx(np.quantile(mem[null], 0.95), abs=1e-6)
    assert float(found.held_out_density) == pytest.approx(score[:, null].mean(), rel=1e-6)
    trained = [score[fold, known & ~out[fold]].mean() for fold in range(2)]
    assert float(found.train_density) == pytest.approx(np.mean(trained), rel=1e-6)
    entropy = runs.entropy.sel(learning_rate=2e-3, checkpoint=4, repeat=1, seed=0)
    assert table.entropy.edges.values.tolist() == ["common", "shared", "neuron"]
    np.testing.assert_allclose(
        found.entropy.sel(edges="common"), entropy.median("neuron").mean("fold"), rtol=1e-5
    )


def test_tables_words_and_figures_say_the_same_numbers(tiny):
    experiment, runs = tiny
    table = judged(experiment, runs)
    groups = groups_table(experiment, runs, table)
    assert groups.number.tolist() == [2, 24, 3, 20]
    mem = runs.mem.sel(score="log_density", learning_rate=2e-3, checkpoint=4).isel(seed=0)
    for (_, row), role in zip(
        groups.iterrows(), ["single", "regular", "copies", "null"], strict=True
    ):
        at = runs.role.values == role
        assert row["M (nat)"] == pytest.approx(float(mem[at].mean()), abs=1e-5)
        assert row["log p in (U)"] - row["log p out (V)"] == pytest.approx(row["M (nat)"], abs=1e-4)
    words = answer_words(groups, table)
    assert f"{groups.iloc[0]['M (nat)']:.2f}".replace("-", "−") in words
    assert "rate 2e-4" in words
    course = course_table(table)
    assert len(course) == 6
    assert course.index[0] == "rate 2e-4, epoch 1"
    assert "Spearman's ρ = " in neighbour_words(runs)
    for picture in (
        plot_course(table), plot_groups(runs), plot_neighbours(runs), plot_share(runs),
        plot_information_course(table),
    ):  # fmt: skip
        assert len(picture.alt) > 60
    claims = experiment.claims(runs)
    assert len(claims.of_paper) == 8
    assert len(claims.claims) == 16
    panel = explore_density(runs, experiment.examples(2e-4, 0), interactive=False)
    panel.controls["images_of"].value = "lowest"
    assert set(panel.controls) == {"rate", "epoch", "images_of"}


def test_one_repeat_has_no_interval():
    experiment = DensityMemorization(**TINY | {"repeats": 1, "learning_rate": [1e-3]}, cache="none")
    runs = experiment.run(progress=False)
    table = judged(experiment, runs)
    groups = groups_table(experiment, runs, table)
    assert np.isinf(groups.high).all()
    words = answer_words(groups, table)
    assert "Of one repeat there is no interval, and nothing is decided" in words
    assert not re.search("inf|zero inside|known by heart|overfitting", words)
    verdicts = {claim.verdict for claim in experiment.claims(runs).claims}
    assert "holds" not in verdicts


def test_one_checkpoint_says_nothing_of_the_course(tiny):
    experiment, runs = tiny
    one = runs.sel(checkpoint=[4])
    table = judged(experiment, one)
    words = answer_words(groups_table(experiment, one, table), table)
    assert "overfitting" not in words
    assert words.count("after") == 1


def test_overfitting_is_told_as_the_rows_decide_it(tiny):
    """Over repeats: a mean that rises is not enough."""
    experiment, runs = tiny
    table = judged(experiment, runs)
    groups = groups_table(experiment, runs, table)
    rise = xr.DataArray([0.0, 1.0, 2.0], dims="checkpoint")
    repeat = xr.DataArray([0.0, 0.1], dims="seed")
    table["q95"], table["q95_null"] = table.q95 * 0 + 3 + repeat, table.q95_null * 0 + repeat / 2
    table["held_out_density"] = table.held_out_density * 0 - 20 + rise + repeat
    clear = answer_words(groups, table)
    assert clear.endswith("images are memorized without overfitting.")
    assert "goes from −18.9 at epoch 2 to −17.9 nats at epoch 4" in clear
    # the second repeat falls, the mean still rises
    table["held_out_density"] = table.held_out_density - 15 * rise * repeat
    assert "does not show memorization without overfitting" in answer_words(groups, table)


def test_a_network_is_measured_alike_alone_and_with_its_checkpoints(tiny):
    experiment, _ = tiny
    level = (2e-3, 0, 1)
    data = experiment.data(level, 0)
    models, _ = experiment.train(level, 0, data)
    found = experiment.measure(level, 0, models, data)
    for epoch in models:
        alone = experiment.measure(level, 0, {epoch: models[epoch]}, data)
        xr.testing.assert_equal(alone, found.sel(checkpoint=[epoch]))
    # ratios of smaller images are compared with scrambled ones of smaller images
    half = distances(
        models[4], data["samples"], data["train"], data["reference"].input, downsample=2
    )
    given = (data["samples"].input.values, data["reference"].input.values, models[4].sample(40))
    small = [np.asarray(one).reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) for one in given]
    scrambled = scrambled_ratio(*small)
    expected = spearmanr(half.nearest_ratio, scrambled).statistic
    assert float(half.scrambled_agreement) == pytest.approx(expected, abs=1e-5)


def test_a_convolutional_network_takes_the_same_path():
    few = TINY | {"repeats": 1, "learning_rate": [1e-3], "width": 3, "checkpoints": [1]}
    runs = DensityMemorization(**few, network="conv", cache="none").run(progress=False)
    assert runs.layer.values.tolist() == ["encoder.conv1", "encoder.conv2", "mean"]
    assert np.isfinite(runs.log_density).all()


class Interrupting:
    """Ends a training after some epochs."""

    def __init__(self, after):
        self.after = after

    def __call__(self, epoch, values):
        if epoch == self.after:
            raise KeyboardInterrupt


def _train(folder, **options):
    images = planted(images_of("digits"), NUMBERS, copies=3, binarize="static", seed=0)
    return train(
        lambda: make_network("mlp", 8, hidden=[8], n_latent=2, seed=0), images,
        checkpoints=[2, 4, 6], binarize="static", checkpoint=folder, batch_size=5, seed=0,
        monitor=None, keep="last", progress=False, **options,
    )  # fmt: skip


def _same(models, expected):
    assert list(models) == list(expected)
    for epoch, model in models.items():
        for name, values in model.state_dict().items():
            assert torch.equal(values, expected[epoch].state_dict()[name]), (epoch, name)


@pytest.mark.parametrize("after", [1, 3, 4, 5])
def test_interrupted_it_has_all_its_networks_in_the_end(tmp_path, after):
    expected, _ = _train(None)
    with pytest.raises(KeyboardInterrupt):
        _train(tmp_path / "run", callback=Interrupting(after))
    _same(_train(tmp_path / "run")[0], expected)
    _same(_train(tmp_path / "run")[0], expected)  # which is read alone


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_network_that_is_gone_or_damaged_is_trained_anew(tmp_path, harm):
    expected, _ = _train(tmp_path)
    place = tmp_path / "network-000002.safetensors"
    if harm == "gone":
        place.unlink()
    else:
        data = bytearray(place.read_bytes())
        data[-1] ^= 1
        place.write_bytes(bytes(data))
    _same(_train(tmp_path)[0], expected)


KILLED = """
from infonb.experiments import DensityMemorization
DensityMemorization(**{values!r}, cache={cache!r}).run(progress=False)
"""


@pytest.mark.slow
def test_killed_in_the_middle_of_the_folds_and_gone_on_with_it_is_the_same(tmp_path):
    few = TINY | {"learning_rate": [1e-3], "repeats": 3}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(values=few, cache=str(tmp_path))]
    )
    end = time.monotonic() + 240
    while len(kept := list(tmp_path.glob("*/*/measure-*.zarr"))) < 3:
        assert process.poll() is None, "it has ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert 3 <= len(kept) < 6
    resumed = DensityMemorization(**few, cache=str(tmp_path)).run(progress=False)
    whole = DensityMemorization(**few, cache="none").run(progress=False)
    xr.testing.assert_identical(resumed, whole)


@pytest.mark.slow
def test_planted_groups_come_out():
    """Shuffled images that are alone are known by heart, and the null is not."""
    experiment = DensityMemorization(
        learning_rate=[3e-3], repeats=1, folds=3, n_regular=100, checkpoints=[300], draws=16,
        n_measured=60, n_null=60, cache="none",
    )  # fmt: skip
    runs = experiment.run(progress=False)
    groups = groups_table(experiment, runs, judged(experiment, runs))["M (nat)"]
    single, regular, copies, null = groups
    assert single > 2 * regular
    assert regular > copies
    assert abs(null) < 0.3 * regular


def test_scrambled_as_upstream_by_hand():
    images, held_out, made = (np.array([[a], [b]], float) for a, b in ((0, 10), (1, 14), (2, 11)))
    # both distances of the second image are taken from the first one
    np.testing.assert_allclose(scrambled_ratio(images, held_out, made), [1 / 2, 14 / 11])


def test_small_things_by_hand():
    assert rate_words(2e-4) == "2e-4"
    assert rate_words(0.05) == "0.05"
    assert rate_words(0.0015) == "1.5e-3"  # not 2e-3, which is another rate
    assert rate_words(0.001) == "1e-3"
    assert rate_words(0.0) == "0"
    assert overlap_of_top(np.arange(40.0), -np.arange(40.0)) == 0
    assert overlap_of_top(np.arange(40.0), np.arange(40.0) ** 2) == 1
    mem = np.array([3.0, 1.0, 2.0, 0.0, 4.0])
    assert [ordered(mem, end, 1).tolist() for end in ("highest", "median", "lowest")] == [
        [4], [2], [3]
    ]  # fmt: skip
    mean, low, high = interval_of(xr.DataArray([1.0, 3.0], dims="seed"))
    assert (mean, low, high) == pytest.approx((2, 2 - 12.7062, 2 + 12.7062), abs=1e-3)


def test_what_cannot_be_is_told_before_anything_runs():
    with pytest.raises(ParameterError, match=r"need 2,515 different images; digits has 1,797"):
        DensityMemorization(n_regular=1900)
    with pytest.raises(ParameterError, match=r"checkpoints must be numbers of epochs that rise"):
        DensityMemorization(checkpoints=[30, 10])
    with pytest.raises(ParameterError, match="downsample must divide the 8 rows of an image"):
        DensityMemorization(downsample=3)
    with pytest.raises(ParameterError, match=r"folds must be at most .* 335; not 400"):
        DensityMemorization(folds=400)
    with pytest.raises(ParameterError, match="halves the 8 rows of an image in each layer; not 4"):
        DensityMemorization(network="conv", depth=4)
    assert DensityMemorization(preset="mnist").hidden == [512, 256]
    assert isinstance(make_network("mlp", 32, hidden=[512, 256], n_latent=16, seed=0), MLPVAE)
