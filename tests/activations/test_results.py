"""Any labelled result comes back as what it was; nothing is replaced unasked."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb


@pytest.fixture
def acts() -> xr.Dataset:
    values = np.random.default_rng(0).normal(size=(40, 6))
    return inb.from_arrays({"fc1": values, "fc2": values[:, :3]}, coords={"label": np.arange(40)})


@pytest.mark.parametrize("name", ["entropy", None, "layer", "infonb array"])
def test_an_array_comes_back(acts, tmp_path, name):
    entropy = inb.entropy(acts)
    entropy.name = name  # also that of a coordinate, which xarray cannot make a variable
    path = inb.save(entropy, tmp_path / "entropy.zarr")
    opened = inb.open(path)
    assert isinstance(opened, xr.DataArray)
    xr.testing.assert_identical(opened.load(), entropy)


def test_datasets_come_back(acts, tmp_path):
    both = acts.assign(entropy=inb.entropy(acts), mi=inb.mutual_information(acts))
    for number, one in enumerate((acts, both, both.drop_vars("activation"), xr.Dataset())):
        path = inb.save(one, tmp_path / f"{number}.zarr")
        xr.testing.assert_identical(inb.open(path).load(), one)


def test_activations_are_those_of_open_activations(acts, tmp_path):
    path = inb.save(acts, tmp_path / "acts.zarr")
    xr.testing.assert_identical(inb.open_activations(path).load(), acts)
    assert inb.open(path, chunks={}).activation.chunks is not None


def test_nothing_is_replaced_unasked(acts, tmp_path):
    path = inb.save(acts, tmp_path / "found.zarr")
    entropy = inb.entropy(acts)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        inb.save(entropy, path)
    xr.testing.assert_identical(inb.open(path).load(), acts)
    inb.save(entropy, path, overwrite=True)
    xr.testing.assert_identical(inb.open(path).load(), entropy)


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"only labelled results can be saved.*not dict"):
        inb.save({"a": 1}, tmp_path / "a.zarr")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError, match="there is no"):
        inb.open(tmp_path / "a.zarr")
