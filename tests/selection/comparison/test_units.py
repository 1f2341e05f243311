"""UnitMem in a comparison: the values of the measure itself, views, seeds, untrained networks."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.memorization import unit

pytestmark = pytest.mark.slow

OPTIONS = {"neurons": 3, "permutations": 10, "units": True}


def views(seed=0, n=60, layers=("fc1", "fc2"), r=3, **coords):
    random = np.random.default_rng(seed)
    values = random.exponential(size=(r, len(layers), 5, n))
    dims = ("augmentation", "layer", "neuron", "sample")
    values[:, -1, 4:] = np.nan
    coords = {"layer": list(layers), "width": ("layer", [*[5] * (len(layers) - 1), 4]), **coords}
    return xr.DataArray(values, coords, dims, "activation").to_dataset()


def test_values_are_those_of_unit_and_the_rest_is_of_the_first_view():
    models = {"a": views(1), "b": views(2)}
    found = inb.compare(models, reference="a", **OPTIONS)
    assert found.unit_mem.dims == ("model", "layer", "neuron")
    for name, acts in models.items():
        expected = unit(acts).unit_mem.values
        assert np.allclose(found.unit_mem.sel(model=name), expected, equal_nan=True, atol=1e-12)
    first = {name: acts.isel(augmentation=0) for name, acts in models.items()}
    plain = inb.compare(first, reference="a", **{**OPTIONS, "units": False})
    assert found.drop_vars("unit_mem").identical(plain)
    assert found.unit_mem.attrs["n_augmentations"] == 3
    assert not {"bins", "estimator"} & {*found.unit_mem.attrs}  # those of the entropy
    assert "untrained_unit_mem" not in found


def test_untrained_networks_stand_beside_and_may_be_missing():
    models = {"a": views(1), "b": views(2)}
    found = inb.compare(models, untrained={"b": views(3)}, **OPTIONS)
    assert found.untrained_unit_mem.sel(model="a").isnull().all()
    expected = unit(views(3)).unit_mem.values
    new = found.untrained_unit_mem.sel(model="b")
    assert np.allclose(new, expected, equal_nan=True, atol=1e-12)


def test_seeds_lists_arrays_and_recordings_without_views():
    seeds = xr.concat([views(1), views(2)], "seed").assign_coords(seed=[7, 8])
    found = inb.compare({"a": seeds, "b": [views(3), views(4)]}, **OPTIONS)
    assert found.unit_mem.dims == ("model", "seed", "layer", "neuron")
    assert np.allclose(
        found.unit_mem.isel(seed=1).sel(model="b"), unit(views(4)).unit_mem, equal_nan=True
    )
    array = xr.concat([views(1), views(2)], "alpha").assign_coords(alpha=[0.0, 1.0])
    found = inb.compare(array, dim="alpha", **OPTIONS)
    assert np.allclose(found.unit_mem.isel(model=1), unit(views(2)).unit_mem, equal_nan=True)
    arrays = {"a": {"fc": np.random.default_rng(0).normal(size=(60, 4))}}
    found = inb.compare(arrays, **OPTIONS)  # below 0 counts as 0
    by_hand = unit(inb.from_arrays(arrays["a"]), negative="rectify").unit_mem
    assert np.allclose(found.unit_mem.isel(model=0), by_hand, atol=1e-12)
    assert found.unit_mem.attrs["n_augmentations"] == 1


def test_stores_and_saved_results(tmp_path):
    inb.save(views(1), tmp_path / "a.zarr")
    found = inb.compare({"a": tmp_path / "a.zarr"}, **OPTIONS)
    assert np.allclose(found.unit_mem.isel(model=0), unit(views(1)).unit_mem, equal_nan=True)
    inb.save(found, tmp_path / "found.zarr")
    assert inb.open(tmp_path / "found.zarr").load().identical(found)


def told(seed):
    """Recordings that say of which views they are."""
    return views().assign_attrs(augment="noise", seed=seed)


@pytest.mark.parametrize(
    ("models", "options", "words"),
    [
        ({"a": views()}, {"units": False}, "units=True measures UnitMem"),
        ({"a": views(), "b": views(r=2)}, {}, "the models have 2 and 3 views"),
        ({"a": views()}, {"untrained": {"c": views()}}, "untrained has model 'c'"),
        ({"a": views()}, {"untrained": {"a": views(layers=["fc1", "fc9"])}}, "record the same"),
        ({"a": views()}, {"untrained": {"a": views(r=2)}}, "have 2 views"),
        ({"a": views()}, {"untrained": {"a": views()}, "units": False}, "pass units=True, too"),
        ({"a": views()}, {"units": "yes"}, "units must be one of"),
        ({"a": told(0), "b": told(1)}, {}, "different views, of noise, seed 0 and noise, seed 1"),
        ({"a": told(0)}, {"untrained": {"a": told(1)}}, "different views"),
    ],
)
def test_what_is_refused(models, options, words):
    with pytest.raises(ValueError, match=words):
        inb.compare(models, **{**OPTIONS, **options})
