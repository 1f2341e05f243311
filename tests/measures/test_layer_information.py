import numpy as np
import pytest
import xarray as xr
from measures.planted import (
    layer,
    normal_information,
    parity,
    sliced_information,
    told_in_sample,
    two_classes,
)

import infonb as inb
from infonb.measures import information_imbalance, layer_information
from infonb.measures.consistency import bit_information
from infonb.memorization import pointwise_information

LABELS = xr.DataArray(np.zeros((2, 40), int), dims=("task", "sample"))
BOTH = pytest.mark.parametrize("estimator", ["latent", "sliced"])


def value(acts, label, **more):
    return layer_information(acts, label, draws=2, **more).information.item()


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.0, 3.0])
def test_the_closed_form_of_two_normal_classes(apart):
    assert bit_information(apart) == pytest.approx(normal_information(apart), abs=1e-5)


@pytest.mark.parametrize("width", [1, pytest.param(5, marks=pytest.mark.slow), 20])
@pytest.mark.parametrize("apart", [0.0, 0.5, 1.0, 3.0])
def test_latent_finds_what_a_normal_layer_tells(apart, width):
    error = []
    for seed in range(2):
        acts, label = two_classes(apart, width, 800, seed)
        error.append(value(acts, label, seed=seed) - told_in_sample(acts, label, apart))
    # wider layers are learnt less well: a value from below
    assert -0.02 - 0.002 * width < np.mean(error) < 0.04


@pytest.mark.parametrize(("apart", "width"), [(1.0, 1), (2.0, 3), (3.0, 10)])
def test_sliced_finds_the_mean_over_directions(apart, width):
    found = [
        value(*two_classes(apart, width, 800, seed), estimator="sliced", seed=seed)
        for seed in range(3)
    ]
    expected = sliced_information(apart, width)
    assert np.mean(found) == pytest.approx(expected, abs=0.03, rel=0.1)


def test_many_classes_of_which_the_posterior_is_known():
    rng = np.random.default_rng(0)
    label, n_classes, apart = rng.integers(5, size=100_000), 5, 2.0
    points = rng.normal(size=(8, label.size))
    points[label, np.arange(label.size)] += apart
    score = apart * points[:n_classes]
    chance = score[label, np.arange(label.size)] - np.logaddexp.reduce(score, axis=0)
    truth = np.log(n_classes) + chance.mean()
    found = value(layer(points[:, :1500]), label[:1500], max_samples=None)
    assert found == pytest.approx(truth, abs=0.08)


@BOTH
@pytest.mark.parametrize("n_classes", [2, 7])
def test_a_copy_of_the_label_tells_its_entropy_and_no_more(n_classes, estimator):
    label = np.random.default_rng(1).permutation(np.arange(420) % n_classes)
    points = np.eye(n_classes)[label].T + 1e-3 * np.random.default_rng(2).normal(
        size=(n_classes, 420)
    )
    found = layer_information(layer(points), label, estimator=estimator, draws=2)
    assert found.entropy.item() == pytest.approx(np.log(n_classes))
    # some directions see two classes at nearly the same place
    lost = 0.15 if estimator == "sliced" else 0.01
    assert found.entropy - lost <= found.information <= np.log(n_classes)
    assert (found.interval <= np.log(n_classes)).all()
    exact = value(layer(label[None].astype(float)), label.astype(str), estimator=estimator)
    assert exact == pytest.approx(np.log(n_classes), abs=0.02)


@BOTH
def test_of_an_independent_label_there_is_nothing(estimator):
    outside = 0
    for seed in range(8):
        acts, _ = two_classes(0, 30, 300, seed)
        label = np.random.default_rng(seed + 100).integers(4, size=300)
        found = layer_information(acts, label, estimator=estimator, n_slices=30, seed=seed)
        assert abs(found.information) < 0.12
        low, high = found.null_interval.values
        outside += not low <= found.information.item() <= high
        assert abs(found.null) < 0.05
    assert outside <= 3


def test_the_layer_sees_a_parity_of_which_no_pair_knows():
    acts, label = parity(2, 1000)
    assert float(inb.mutual_information(acts, other=label).max()) < 0.05
    assert value(acts, label) > 0.55
    assert float(information_imbalance(acts, label, draws=2).imbalance) < 0.1
    # what is said of wide layers in the notes
    few = [value(*parity(width, 1000)) for width in (4, 10, 40)]
    assert few == pytest.approx([0.5, 0.3, 0.03], abs=0.06)
    slices = [value(*parity(width, 1000), estimator="sliced") for width in (2, 4, 10, 40)]
    assert slices == pytest.approx([0.12, 0.03, 0.01, 0.0], abs=0.015)


def test_sliced_is_the_mean_of_the_pointwise_information():
    acts, label = two_classes(2, 6, 200)
    found = value(acts, label, estimator="sliced", n_slices=40, seed=5)
    each = pointwise_information(acts, label, projections=40, seed=5)
    assert found == pytest.approx(float(each.mean()), abs=1e-12)


@BOTH
def test_turned_scaled_and_in_another_order_it_is_the_same_but_for_the_draws(estimator):
    acts, label = two_classes(1.5, 4, 600)
    turned = layer(np.random.default_rng(3).permutation(np.eye(4)) @ acts.values * 1e3 + 50)
    one, other = (value(a, label, estimator=estimator, n_slices=200) for a in (acts, turned))
    assert one == pytest.approx(other, abs=1e-6 if estimator == "latent" else 0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "truth"), [("latent", normal_information(1.0)), ("sliced", None)]
)
def test_the_interval_covers(estimator, truth):
    truth = sliced_information(1.0, 4) if truth is None else truth
    covered = []
    for seed in range(60):
        acts, label = two_classes(1, 4, 300, seed)
        found = layer_information(acts, label, estimator=estimator, n_slices=50, draws=2, seed=seed)
        low, high = found.interval.values
        covered.append(low <= truth <= high)
    assert np.mean(covered) >= 0.85


@BOTH
def test_batch_and_padding_are_as_if_each_were_alone(estimator):
    rng = np.random.default_rng(4)
    values = rng.normal(size=(2, 2, 5, 80))
    values[:, 1, 3:] = np.nan
    label = rng.integers(3, size=(2, 80))
    values[:, :, 0] += 2 * label[:, None]
    coords = {"layer": ["a", "b"], "width": ("layer", [5, 3]), "label": (("seed", "sample"), label)}
    acts = xr.DataArray(values, coords, ("seed", "layer", "neuron", "sample"))
    found = layer_information(acts, estimator=estimator, n_slices=10, draws=3)
    assert found.information.dims == ("seed", "layer")
    assert found.interval.dims == ("seed", "layer", "bound")
    assert found.attrs["other"] == "label"
    assert found.attrs["n_samples"] == 80
    for s in range(2):
        for at, width in enumerate((5, 3)):
            alone = layer_information(
                layer(values[s, at, :width]), label[s], estimator=estimator, n_slices=10, draws=3
            )
            for name in found:
                np.testing.assert_allclose(found[name][s, at], alone[name])


@BOTH
def test_silence_and_one_class_tell_nothing(estimator):
    label = np.arange(40) % 2
    assert value(layer(np.ones((3, 40))), label, estimator=estimator) == 0
    noise = np.random.default_rng(0).normal(size=(3, 40))
    assert value(layer(noise), 0 * label, estimator=estimator) == 0


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"estimator": "laten"}, ValueError, "Did you mean 'latent'"),
        ({"n_slices": 0}, ValueError, "n_slices must be at least 1"),
        ({"k": 0}, ValueError, "k must be at least 1"),
        ({"draws": 1}, ValueError, "draws must be at least 2"),
        ({"label": np.linspace(0, 1, 40)}, TypeError, "label with classes; 'given' is continuous"),
        ({"label": LABELS}, ValueError, "one label for each sample"),
    ],
)  # fmt: skip
def test_errors_name_the_value(more, error, words):
    acts = layer(np.random.default_rng(0).normal(size=(3, 40)))
    with pytest.raises(error, match=words):
        layer_information(acts, **{"label": np.arange(40) % 2, **more})
