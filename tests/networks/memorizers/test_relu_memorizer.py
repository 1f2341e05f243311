"""Networks that are built to memorize: a case by hand, capacity to the last point, errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

from infonb.data import load_digits
from infonb.networks import memorization_error, memorizing_classifier, relu_memorizer

LINE, VALUES = [[0.0], [1.0], [2.0], [3.0]], [0.5, -1.0, 1.0, 0.0]


def test_the_case_by_hand_to_the_last_number():
    net = relu_memorizer(LINE, VALUES, activation="hardtanh")
    weights = [values.detach().numpy() for values in net.parameters()]
    expected = [
        [[1], [1]], [-0.5, -2.5],
        [[2.5, -17 / 6], [-7, 11]], [-13 / 12, 13.5],
        [[1, 1]], [-1],
    ]  # fmt: skip
    for found, by_hand in zip(weights, expected, strict=True):
        np.testing.assert_allclose(found, by_hand, rtol=0, atol=1e-14)
    with torch.no_grad():
        first = net.hidden1(torch.tensor(LINE, dtype=torch.float64))
        second = net.hidden2(first)
    np.testing.assert_allclose(first[:, 0], [-0.5, 0.5, 1, 1], atol=1e-15)
    np.testing.assert_allclose(second, [[0.5, 1], [1, -1], [1, 1], [0, 1]], atol=1e-14)
    assert memorization_error(net, LINE, VALUES) < 1e-14


@pytest.mark.parametrize("activation", ["relu", "leaky", "hardtanh"])
@pytest.mark.parametrize(
    ("n", "features", "outputs"),
    [(1, 3, 1), (2, 1, 1), (5, 4, 1), (16, 3, 1), (17, 4, 1), (50, 4, 1), (64, 10, 2), (99, 4, 1),
     (100, 8, 3), (256, 10, 1)],
)  # fmt: skip
def test_all_values_are_stored(n, features, outputs, activation):
    rng = np.random.default_rng(n)
    inputs, targets = rng.normal(size=(n, features)), rng.uniform(-1, 1, size=(n, outputs))
    net = relu_memorizer(inputs, targets, activation=activation)
    assert memorization_error(net, inputs, targets) < 1e-8
    twice = 1 if activation == "hardtanh" else 2
    assert net.hidden1.linear.out_features == twice * net.sizes.d1 // 2
    assert net.hidden2.linear.out_features == twice * net.sizes.d2 // 2
    if activation == "relu":
        assert sum(values.numel() for values in net.parameters()) == net.sizes.parameters


def test_capacity_is_exact_at_1024_points():
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(1024, 20)), rng.uniform(-1, 1, size=1024)
    net = relu_memorizer(inputs, targets, p=16, q=16)
    assert net.sizes.capacity == 1024
    assert memorization_error(net, inputs, targets) < 1e-7
    # of float32 nothing is left, which is why it is refused
    assert memorization_error(net.float(), inputs, targets) > 0.05
    with pytest.raises(ValueError, match="p=16 and q=16 hold 4pq = 1,024 points, not 1,025"):
        relu_memorizer(np.vstack([inputs, inputs[:1] + 9]), np.append(targets, 0), p=16, q=16)


def test_digits_with_random_values():
    digits = load_digits().isel(sample=slice(1024))
    values = np.random.default_rng(1).uniform(-1, 1, size=1024)
    net = relu_memorizer(digits.input, values)
    assert memorization_error(net, digits.input, values) < 1e-7
    # each unit of layer 2 stores one point of each group: one unit is within its ends there
    with torch.no_grad():
        inside = relu_memorizer(digits.input, values, activation="hardtanh")
        second = inside.hidden2(inside.hidden1(torch.from_numpy(digits.input.values).flatten(1)
                                               .double()))  # fmt: skip
    assert ((second.abs() < 1 - 1e-6).sum(dim=1) <= 1).all()


def test_hard_tanh_is_two_relus():
    from infonb.networks.memorizers.hard_tanh import followed, hidden

    grid = torch.linspace(-4, 4, 1001, dtype=torch.float64)[:, None]
    weight, bias = np.array([[1.0], [-2.0]]), np.array([0.3, 0.1])
    ahead, offset = np.array([[0.7, -1.3]]), np.array([0.2])
    expected = np.clip(grid.numpy() @ weight.T + bias, -1, 1) @ ahead.T + offset
    for activation in ("relu", "leaky", "hardtanh"):
        read, constant = followed(ahead, offset, activation)
        with torch.no_grad():
            found = hidden(weight, bias, activation)(grid).numpy() @ read.T + constant
        np.testing.assert_allclose(found, expected, atol=1e-14)


def test_what_the_construction_says():
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(36, 5))
    net = relu_memorizer(inputs, rng.uniform(-1, 1, size=36), seed=4)
    found = net.construction
    place = inputs @ found.direction.values
    np.testing.assert_allclose(np.linalg.norm(found.direction), 1)
    np.testing.assert_array_equal(np.argsort(place), np.argsort(found.order))
    np.testing.assert_array_equal(found.order, 6 * found.group + found.place)
    ordered = np.sort(place)
    assert float(found.gap) == pytest.approx(np.diff(ordered).min() / np.ptp(ordered))
    largest = [abs(layer.linear.weight).max().item() for layer in (net.hidden1, net.hidden2)]
    np.testing.assert_allclose(found.weight_max[:2], largest)
    assert [name for name, _ in net.named_children()] == ["hidden1", "hidden2", "out"]
    same = relu_memorizer(inputs, np.zeros(36), seed=4)  # layer 1 does not know the values
    assert torch.equal(same.hidden1.linear.weight, net.hidden1.linear.weight)
    other = relu_memorizer(inputs, np.zeros(36), seed=5)
    assert not torch.equal(other.hidden1.linear.weight, net.hidden1.linear.weight)


@pytest.mark.parametrize("activation", ["relu", "hardtanh"])
def test_a_classifier_gives_one_at_the_class(activation):
    digits = load_digits().isel(sample=slice(300))
    net = memorizing_classifier(digits.input, digits.label, activation=activation)
    assert memorization_error(net, digits.input, np.eye(10)[digits.label]) < 1e-8
    assert net.hidden3.linear.out_features == 40 == net.sizes.d3
    assert [name for name, _ in net.named_children()] == ["hidden1", "hidden2", "hidden3", "out"]
    if activation == "relu":
        assert sum(values.numel() for values in net.parameters()) == net.sizes.parameters


def test_two_classes_and_classes_without_points():
    points = np.arange(7.0)[:, None]
    labels = np.array([0, 1, 1, 0, 1, 0, 0])
    for n in (2, 5):
        net = memorizing_classifier(points, labels, n_classes=n)
        assert memorization_error(net, points, np.eye(n)[labels]) < 1e-10


def test_points_that_are_there_twice():
    inputs, targets = [[0.0], [1.0], [0.0]], [0.5, -1.0, 0.5]
    with pytest.warns(UserWarning, match="1 inputs are there before"):
        net = relu_memorizer(inputs, targets)
    assert net.construction.sizes["point"] == 2
    assert memorization_error(net, inputs, targets) < 1e-12
    with pytest.raises(ValueError, match="inputs 0 and 2 are the same, but their targets differ"):
        relu_memorizer(inputs, [0.5, -1.0, 0.4])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"targets": [0.5, -1.5, 1, 0]}, "targets must lie from -1 to 1; the largest is 1.5"),
        ({"targets": [0.5, np.nan, 1, 0]}, "the largest is nan"),
        ({"targets": [[[0.5]]] * 4}, "targets must have dims"),
        ({"targets": [0.5, 1, 1]}, "there are 4 inputs and 3 targets"),
        ({"inputs": [[0], [1], [2], [np.inf]]}, "inputs must be finite"),
        ({"inputs": [[0], [1], [1 + 1e-9], [3]]}, "the nearest points are 3.3e-10 of the range"),
        ({"inputs": np.zeros((0, 2))}, "inputs must have dims"),
        ({"dtype": "float32"}, "dtype must be float64; not float32"),
        ({"dtype": torch.float32}, "dtype must be float64; not torch.float32"),
        ({"activation": "tanh"}, "activation must be one of 'relu', 'leaky', 'hardtanh'"),
        ({"margin": -1.0}, "margin must be at least 0"),
        ({"targets": np.zeros((4, 0))}, "targets must have values"),
        ({"targets": ["a"] * 4}, "targets must be real numbers"),
        ({"inputs": [["a"]] * 4}, "inputs must be real numbers; not values of dtype <U1"),
    ],
)
def test_what_cannot_be_stored_is_told(change, words):
    with pytest.raises(ValueError, match=words):
        relu_memorizer(**{"inputs": LINE, "targets": VALUES} | change)


def test_rounding_that_shows_is_told():
    """Far from the origin the place on the line loses its digits, and nobody would see it."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(256, 5)), rng.uniform(-1, 1, size=256)
    net = relu_memorizer(inputs, targets)
    assert float(net.construction.error) == memorization_error(net, inputs, targets) < 1e-9
    with pytest.warns(UserWarning, match="rounding leaves an error of .* above 1e-07"):
        away = relu_memorizer(inputs + 1e6, targets)
    assert float(away.construction.error) > 1e-6
    labels = rng.integers(10, size=256)
    assert memorizing_classifier(inputs, labels).construction.error < 1e-9
    with pytest.warns(UserWarning, match="from the origin. Take their mean off the inputs"):
        memorizing_classifier(inputs + 1e10, labels)


def test_points_in_other_forms():
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(3, 3)), np.array([0.5, -1.0, 0.25])
    expected = relu_memorizer(inputs, targets)
    named = xr.DataArray(inputs.T, dims=("feature", "sample"))  # square: shapes do not tell
    for given in (named, torch.from_numpy(inputs).requires_grad_(), inputs[::-1][::-1]):
        net = relu_memorizer(given, targets)
        assert torch.equal(net.hidden2.linear.weight, expected.hidden2.linear.weight)
        assert memorization_error(net, given, targets) < 1e-12
    back = relu_memorizer(inputs[::-1], targets[::-1])
    assert memorization_error(back, inputs[::-1], targets[::-1]) < 1e-12
    half = torch.arange(3.0).bfloat16()
    assert memorization_error(relu_memorizer(half, targets), half, targets) < 1e-12
    huge = relu_memorizer([[1e20]], [0.5])
    assert memorization_error(huge, [[1e20]], [0.5]) < 1e-9


def test_labels_that_are_no_classes():
    with pytest.raises(ValueError, match="labels must be whole numbers"):
        memorizing_classifier(LINE, np.zeros(0, dtype=int))
    with pytest.raises(ValueError, match="labels must be whole numbers"):
        memorizing_classifier(LINE, VALUES)
    with pytest.raises(ValueError, match=r"labels must lie from 0 to 1 \(n_classes=2\)"):
        memorizing_classifier(LINE, [0, 1, 2, 0], n_classes=2)


def test_other_inputs_than_it_was_built_for():
    net = relu_memorizer(LINE, VALUES)
    with pytest.raises(ValueError, match="1 features per sample"):
        net(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="the network gives"):
        memorization_error(net, LINE, [[0.5, 1]] * 4)
