import numpy as np
import pytest
import xarray as xr
from scipy.stats import ortho_group

from infonb.measures import matrix_entropy


def layer(points):
    return xr.DataArray(points, dims=("neuron", "sample"))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_of_k_equal_directions_it_is_log_k(k, alpha):
    points = np.zeros((10, 40))
    points[:k] = np.tile(np.eye(k), 40)[:, :40] * np.sqrt(5)
    points[:k, 40 - 40 % k :] = 0  # each direction as often
    turned = 3 * ortho_group.rvs(10, random_state=0) @ points
    assert matrix_entropy(layer(turned), alpha=alpha).item() == pytest.approx(np.log(k), abs=1e-9)


def test_two_directions_of_unequal_strength():
    points = np.diag([3.0, 1.0])
    share = np.array([0.9, 0.1])
    shannon = -(share * np.log(share)).sum()
    assert matrix_entropy(layer(points)).item() == pytest.approx(shannon)
    assert matrix_entropy(layer(points), alpha=2).item() == pytest.approx(-np.log((share**2).sum()))
    near = matrix_entropy(layer(points), alpha=1.0001).item()
    assert near == pytest.approx(shannon, abs=1e-4)


def test_the_smaller_side_has_the_same_spectrum_as_the_matrix_of_samples():
    points = np.random.default_rng(0).normal(size=(5, 30))
    values = np.linalg.eigvalsh(points.T @ points)
    share = values[values > 1e-9] / values.sum()
    expected = -(share * np.log(share)).sum()
    assert matrix_entropy(layer(points)).item() == pytest.approx(expected)
    assert matrix_entropy(layer(points.T)).item() == pytest.approx(expected)


def test_it_knows_no_scale_no_rotation_no_order_and_with_center_no_shift():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(6, 50)) * np.arange(1, 7)[:, None]
    whole = matrix_entropy(layer(points)).item()
    for other in (
        1e-150 * points, 1e130 * points, points[:, ::-1],
        ortho_group.rvs(6, random_state=1) @ points,
    ):  # fmt: skip
        assert matrix_entropy(layer(other)).item() == pytest.approx(whole)
    centred = matrix_entropy(layer(points), center=True).item()
    assert matrix_entropy(layer(points + 9), center=True).item() == pytest.approx(centred)
    assert matrix_entropy(layer(points + 9)).item() < 0.7 * whole


def test_of_normal_values_in_all_directions_it_is_log_of_their_number():
    points = np.random.default_rng(2).normal(size=(20, 20_000))
    assert matrix_entropy(layer(points)).item() == pytest.approx(np.log(20), abs=1e-3)
    few = matrix_entropy(layer(points[:, :10]))
    assert few.item() < np.log(10) == pytest.approx(few.attrs["most"])


def test_layers_and_padding():
    values = np.random.default_rng(3).normal(size=(2, 2, 4, 30))
    values[:, 1, 2:] = np.nan
    coords = {"layer": ["a", "b"], "width": ("layer", [4, 2]), "seed": [7, 8]}
    acts = xr.DataArray(values, coords, ("seed", "layer", "neuron", "sample"))
    found = matrix_entropy(acts)
    assert found.dims == ("seed", "layer")
    assert set(found.coords) == {"seed", "layer", "width"}
    for s in range(2):
        assert found[s, 1].item() == pytest.approx(matrix_entropy(layer(values[s, 1, :2])).item())
    assert found.attrs["units"] == "nat"
    assert found.attrs["n_samples"] == 30


def test_silence_has_no_directions():
    assert np.isnan(matrix_entropy(layer(np.zeros((3, 10)))).item())
    # means of 0.1 are off by rounding
    for value in (0.5, 0.1, 1e6 / 3):
        assert np.isnan(matrix_entropy(layer(np.full((3, 20), value)), center=True).item())
    small = 1e3 + 1e-6 * np.random.default_rng(0).normal(size=(3, 200))
    assert matrix_entropy(layer(small), center=True).item() > 1.0


def test_one_direction_is_zero_without_a_sign():
    for alpha in (0.5, 1.0, 2.0):
        found = matrix_entropy(layer(np.full((3, 20), 0.1)), alpha=alpha).item()
        assert str(round(found, 9)) == "0.0"


@pytest.mark.parametrize(
    ("more", "words"),
    [({"alpha": 0}, "alpha must be above 0"), ({"center": 1}, "center must be one of"),
     ({"max_samples": 0}, "max_samples must be at least 1")],
)  # fmt: skip
def test_errors_name_the_value(more, words):
    with pytest.raises(ValueError, match=words):
        matrix_entropy(layer(np.ones((2, 5))), **more)
