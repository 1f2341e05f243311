import numpy as np
import xarray as xr

from infonb.measures.projections import directions, projected


def test_projections_are_products_with_the_directions_and_padding_adds_nothing():
    values = np.random.default_rng(0).normal(size=(2, 4, 30))
    values[1, 2:] = np.nan
    acts = xr.DataArray(
        values, {"layer": ["a", "b"], "width": ("layer", [4, 2])}, ("layer", "neuron", "sample")
    )
    seen = projected(acts, 7, seed=1)
    assert seen.dims == ("layer", "neuron", "sample")
    weights = directions(4, 7, 1)
    np.testing.assert_allclose(seen[0], weights.T @ values[0])
    np.testing.assert_allclose(seen[1], weights[:2].T @ values[1, :2])
    # those of a narrower layer are the same, cut short
    np.testing.assert_array_equal(directions(2, 7, 1), weights[:2])


def test_directions_are_uniform_but_for_their_lengths():
    turned = directions(3, 20_000, 0)
    unit = turned / np.sqrt((turned**2).sum(axis=0))
    np.testing.assert_allclose(unit.mean(axis=1), 0, atol=0.02)
    np.testing.assert_allclose(unit @ unit.T / 20_000, np.eye(3) / 3, atol=0.01)
