"""The cell memorizer against plain loops over half-spaces, and against the nearest neighbour."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import xarray as xr
from sklearn.neighbors import KNeighborsClassifier

import infonb as inb
from infonb.networks import cell_memorizer
from infonb.networks.memorizers.distances import squared_distances

pytestmark = pytest.mark.slow


def points_of(n, n_features, seed=0, whole=False):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, n_features))
    if whole:
        points = rng.integers(0, 9, (n, n_features)).astype(float)
    labels = np.where(np.arange(n) % 3 == 0, 1, -1)
    return points, labels


def literal(points, labels, x, sharpness, split):
    """F and its cells at one point: a loop over all half-spaces."""
    cells = []
    for x_i, y_i in zip(points, labels, strict=True):
        total = 0.0
        for x_j, y_j in zip(points, labels, strict=True):
            if y_j != y_i:
                middle = (1 - split) * x_j + split * x_i
                total += max(0.0, -float((x_i - x_j) @ (x - middle)))
        cells.append(max(0.0, 1 - sharpness * total))
    return float(np.dot(labels, cells)), cells


@pytest.mark.parametrize("split", [0.5, 0.25, 0.9])
@pytest.mark.parametrize("times", [1.0, 7.0])
@pytest.mark.parametrize("whole", [False, True])
def test_against_a_loop_over_half_spaces(split, times, whole):
    points, labels = points_of(30, 3, whole=whole)
    least = cell_memorizer(points, labels, split=split).least_sharpness
    net = cell_memorizer(points, labels, sharpness=times * least, split=split)
    # also around the borders, between each point and the nearest of the other class
    far = ((points[:, None] - points) ** 2).sum(-1) + np.where(labels[:, None] == labels, 1e9, 0)
    ways = points[far.argmin(axis=1)] - points
    asked = np.concatenate([points, *(points + part * ways for part in (0.2, 0.5, 0.52, 0.8, 0.9))])
    with torch.no_grad():
        cells = net.cells(torch.from_numpy(asked)).numpy()
        found = net(torch.from_numpy(asked)).numpy()[:, 0]
    expected = [literal(points, labels, x, times * least, split) for x in asked]
    np.testing.assert_allclose(cells, [one[1] for one in expected], atol=1e-9)
    np.testing.assert_allclose(found, [one[0] for one in expected], atol=1e-9)
    assert ((cells > 1e-9) & (cells < 1 - 1e-9)).any()  # somewhere on the slope
    assert (net.decide(points) == labels).all()


def test_the_least_sharpness_is_the_least():
    points, labels = points_of(40, 3)
    for split in (0.25, 0.5, 0.9):
        net = cell_memorizer(points, labels, split=split)
        opposite = ((points[:, None] - points) ** 2).sum(-1)[labels[:, None] != labels]
        assert net.least_sharpness == pytest.approx(1 / (split * opposite.min()), rel=1e-12)
        # there the cell of the nearest pair ends just at the other point of it
        with torch.no_grad():
            below = cell_memorizer(points, labels, split=split)
            below.cells.sharpness *= 0.8
            reached = below.cells(torch.from_numpy(points)).numpy()
        other = labels[:, None] != labels
        assert reached[other].max() == pytest.approx(0.2, abs=1e-9)
        with pytest.raises(ValueError, match=r"sharpness must be at least .* \(least_sharpness\)"):
            cell_memorizer(points, labels, sharpness=0.99 * net.least_sharpness, split=split)


def test_by_hand_on_a_line():
    net = cell_memorizer([[0.0], [1.0]], [-1, 1])
    assert net.least_sharpness == 2
    values = net(torch.tensor([[0.25], [0.5], [0.75], [5.0]]))[:, 0].tolist()
    assert values == [-0.5, 0.0, 0.5, 1.0]
    sharper = cell_memorizer([[0.0], [1.0]], [-1, 1], sharpness=8.0)
    assert sharper(torch.tensor([[0.25], [0.75]]))[:, 0].tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("whole", [False, True])
def test_sharp_cells_decide_as_the_nearest_neighbour_to_the_last_one(whole):
    points, labels = points_of(150, 6, whole=whole)
    rng = np.random.default_rng(2)
    asked = rng.normal(size=(800, 6)) * 2 + (4 if whole else 0)
    neighbour = KNeighborsClassifier(1, algorithm="brute").fit(points, labels)
    for sharpness in (math.inf, 1e13):
        found = cell_memorizer(points, labels, sharpness=sharpness).decide(asked)
        np.testing.assert_array_equal(found, neighbour.predict(asked))
    least, expected = cell_memorizer(points, labels).least_sharpness, neighbour.predict(asked)
    agree = [
        (cell_memorizer(points, labels, sharpness=k * least).decide(asked) == expected).mean()
        for k in (1.0, 100.0)
    ]
    assert 0.9 < agree[0] <= agree[1]


def test_a_tie_is_told():
    net = cell_memorizer([[0.0], [2.0], [6.0]], [-1, 1, 1], sharpness=math.inf)
    assert net.decide([[1.0], [0.9], [4.0]]).tolist() == [0, -1, 1]
    # on the border a point is in both cells, as in the sum of half-spaces
    assert net.cells(torch.tensor([[1.0]])).tolist() == [[1.0, 1.0, 0.0]]


def test_distances_do_not_cancel():
    far = np.array([[1e8, 1e8]])
    near = far + np.array([[3.0, 4.0]])
    found = squared_distances(torch.from_numpy(far + 0.5), torch.from_numpy(near + 0.5))
    assert found.item() == 25.0
    # whole numbers whose squares are not exact: their differences are
    far = torch.tensor([[1e9], [1e9 + 1]], dtype=torch.float64)
    others = torch.tensor([[0.0], [1e9]], dtype=torch.float64)
    assert squared_distances(far, others)[:, 1].tolist() == [0.0, 1.0]
    # sums that are odd and above 2^24, which float32 does not hold
    found = squared_distances(torch.zeros(1, 783), torch.full((1, 783), 401.0))
    assert found.item() == 783 * 401**2
    rng = np.random.default_rng(0)
    for highest in (16, 255, 40_000, 10**7):  # single products, double products, differences
        a, b = rng.integers(0, highest, (20, 784)), rng.integers(0, highest, (30, 784))
        exact = np.array([[int(((x - y) ** 2).sum()) for y in b] for x in a])
        found = squared_distances(torch.from_numpy(a), torch.from_numpy(b)).numpy()
        np.testing.assert_allclose(found, exact, rtol=1e-14)
        if highest < 10**6:
            np.testing.assert_array_equal(found, exact)


def test_parameters_are_those_of_the_network_that_is_written_out():
    points, labels = points_of(12, 5)
    net = cell_memorizer(points, labels)
    positive, negative = 4, 8
    units = 2 * positive * negative
    # weight and bias of each half-space, its way into one cell, bias and sign of each cell
    assert net.n_half_spaces == units
    assert net.n_parameters == units * 5 + units + units + 12 + 12


def test_cells_are_recorded_one_for_each_point():
    points, labels = points_of(20, 4)
    net = cell_memorizer(points, labels)
    values = torch.from_numpy(points)
    acts = inb.record(net, values, layers=["cells", "out"], progress=False)
    assert acts.width.values.tolist() == [20, 1]
    cells = acts.activation.sel(layer="cells").values
    np.testing.assert_allclose(np.diag(cells), 1)
    np.testing.assert_allclose(cells, net.cells(values).numpy().T, rtol=1e-6, atol=1e-7)


def test_inputs_of_any_form_are_the_same_points():
    points, labels = points_of(12, 3)
    expected = cell_memorizer(points, labels).decide(points + 0.2)
    forms = {
        "tensor": (torch.from_numpy(points).requires_grad_(), torch.from_numpy(labels)),
        "backwards": (np.asfortranarray(points[::-1])[::-1], labels[::-1].copy()[::-1]),
        "other order of dims": (
            xr.DataArray(points.T, dims=("feature", "sample")), xr.DataArray(labels, dims="sample")
        ),
        "lists": (points.tolist(), labels.astype(float).tolist()),
    }  # fmt: skip
    for name, (inputs, signs) in forms.items():
        asked = points + 0.2 if name == "lists" else inputs + 0.2
        found = cell_memorizer(inputs, signs).decide(asked)
        np.testing.assert_array_equal(found, expected, err_msg=name)
    single = cell_memorizer(points.astype(np.float32), labels).float()
    assert single(torch.from_numpy(points).float()).dtype == torch.float32


def test_what_is_no_number_has_no_cell():
    points, labels = points_of(12, 3)
    asked = torch.from_numpy(points[:3].copy())
    asked[1, 0] = math.nan
    for sharpness in (None, math.inf):
        values = cell_memorizer(points, labels, sharpness=sharpness)(asked)[:, 0]
        assert values.isnan().tolist() == [False, True, False]


def test_what_float64_cannot_tell_apart_is_told():
    with pytest.raises(ValueError, match=r"inputs must be at most 1e\+140 in size.*not 1e\+200"):
        cell_memorizer([[0.0], [1e200]], [-1, 1])
    with pytest.raises(ValueError, match=r"samples 0 and 1 .* so near to each other that the squa"):
        cell_memorizer([[0.0], [1e-170]], [-1, 1])
    near = cell_memorizer([[0.0], [1e-100]], [-1, 1])
    assert near.decide([[0.0], [1e-100]]).tolist() == [-1, 1]


def test_errors_name_what_is_wrong():
    for labels in (["a", "b"], [None, 1]):
        with pytest.raises(ValueError, match=f"both of them; not {labels[0]}, {labels[1]}"):
            cell_memorizer([[0.0], [1.0]], labels)
    with pytest.raises(ValueError, match="inputs must be real numbers; not values of dtype <U1"):
        cell_memorizer([["a"], ["b"]], [-1, 1])
    with pytest.raises(ValueError, match=r"dims \(sample, ...\) and values; not shape \(2, 0\)"):
        cell_memorizer(np.zeros((2, 0)), [-1, 1])
    with pytest.raises(TypeError, match="sharpness must be a number; not '9'"):
        cell_memorizer([[0.0], [1.0]], [-1, 1], sharpness="9")
    with pytest.raises(ValueError, match="sharpness must be finite; not nan"):
        cell_memorizer([[0.0], [1.0]], [-1, 1], sharpness=math.nan)
    # a single feature would else be taken for both
    with pytest.raises(ValueError, match=r"inputs have 1 features a sample; .* with 2"):
        cell_memorizer([[0.0, 0.0], [1.0, 0.0]], [-1, 1])(torch.zeros(1, 1))
    with pytest.raises(ValueError, match="samples 0 and 2 have the same input and different lab"):
        cell_memorizer([[0.0], [1.0], [0.0]], [-1, 1, 1])
    with pytest.raises(ValueError, match=r"labels must be of two classes, -1 and 1.* not 0, 1"):
        cell_memorizer([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="both of them; not 1"):
        cell_memorizer([[0.0], [1.0]], [1, 1])
    with pytest.raises(ValueError, match="one number for each of the 2 samples"):
        cell_memorizer([[0.0], [1.0]], [1, -1, 1])
    with pytest.raises(ValueError, match="split must be above 0 and below 1"):
        cell_memorizer([[0.0], [1.0]], [1, -1], split=1.0)
    with pytest.raises(ValueError, match="there is a NaN"):
        cell_memorizer([[0.0], [math.nan]], [1, -1])
    with pytest.raises(ValueError, match="2 features a sample; the memorizer was built of points"):
        cell_memorizer([[0.0], [1.0]], [1, -1]).decide([[0.0, 1.0]])
