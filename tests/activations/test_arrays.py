"""Arrays become the same labelled dataset whatever their form; wrong ones are named."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import torch
import xarray as xr

from infonb.activations import check_activations, from_arrays


def test_values_padding_and_order():
    rng = np.random.default_rng(0)
    z, a = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    activations = from_arrays({"z": z, "a": a}, coords={"label": [0, 1, 0, 1, 1]}, attrs={"n": 1})
    check_activations(activations, values=True)
    assert list(activations.layer.values) == ["z", "a"]
    assert activations.layer.dtype == object
    assert list(activations.width.values) == [3, 2]
    np.testing.assert_array_equal(activations.activation[0], z.T.astype(np.float32))
    np.testing.assert_array_equal(activations.activation[1, :2], a.T.astype(np.float32))
    assert activations.activation[1, 2:].isnull().all()
    assert activations.attrs == {"n": 1}
    np.testing.assert_array_equal(from_arrays({"z": z}, dtype="float64").activation[0], z.T)


def test_all_forms_agree():
    array = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    expected = from_arrays({"fc1": array})
    label = ("sample", np.arange(6))
    labelled = xr.DataArray(array, dims=("sample", "neuron"), coords={"label": label})
    for form in (torch.from_numpy(array).requires_grad_(), array.tolist(), np.asfortranarray(array),
                 np.repeat(array, 2, axis=1)[:, ::2], array.astype(np.float64)):  # fmt: skip
        xr.testing.assert_identical(from_arrays({"fc1": form}), expected)
    xr.testing.assert_identical(from_arrays({"fc1": array.T}, dims=("neuron", "sample")), expected)
    for form in (labelled, labelled.T):  # a DataArray knows its dims
        found = from_arrays({"fc1": form}, dims=("neuron", "sample"))
        np.testing.assert_array_equal(found.label, np.arange(6))
        xr.testing.assert_identical(found.drop_vars("label"), expected)


def test_other_types_and_one_neuron():
    half = torch.tensor([[1.5], [2.5]], dtype=torch.bfloat16)
    activations = from_arrays({"half": half, "flag": [True, False], "count": np.array([3, 4])})
    np.testing.assert_array_equal(activations.activation[:, 0], [[1.5, 2.5], [1, 0], [3, 4]])
    assert activations.activation.dtype == np.float32
    single = from_arrays({"x": xr.DataArray([1.0, 2.0], dims="sample")})
    assert single.activation.shape == (1, 1, 2)


@pytest.mark.parametrize(
    ("arrays", "error", "message"),
    [
        (np.zeros((2, 2)), TypeError, r"arrays must be a dict .* not ndarray"),
        ({}, ValueError, r"arrays is empty"),
        ({1: np.zeros((2, 2))}, TypeError, r"layer names must be text; not 1"),
        ({"a": np.zeros((2, 2)), "b": np.zeros((3, 2))}, ValueError, r"samples: 'a' 2, 'b' 3"),
        ({"a": np.zeros((2, 2, 2))}, ValueError, r"layer 'a' has 3 dims, shape \(2, 2, 2\)"),
        ({"a": np.zeros((2, 0))}, ValueError, r"layer 'a' is empty: \(2, 0\)"),
        ({"a": np.zeros((2, 2), complex)}, ValueError, r"has type complex128"),
        ({"a": [["x"]]}, ValueError, r"has type object"),
        ({"a": np.full((2, 2), 1e300)}, ValueError, r"too large for float32; pass dtype='float64'"),
        ({"a": xr.DataArray(np.zeros((2, 2)), dims=("x", "y"))}, ValueError, r"dims \('x', 'y'\)"),
    ],
)
def test_wrong_arrays(arrays, error, message):
    with pytest.raises(error, match=message):
        from_arrays(arrays)


def test_masked_and_sparse_arrays_are_not_their_data():
    masked = np.ma.masked_greater(np.arange(6.0).reshape(3, 2), 3)
    from_arrays({"a": np.ma.array(np.ones((3, 2)))})
    for arrays, coords in (
        ({"a": masked}, {}), ({"a": list(masked)}, {}), ({"a": np.ones(3)}, {"n": masked[:, 0]}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="of a masked array are masked; drop these samples"):
            from_arrays(arrays, coords=coords)
    with pytest.raises(TypeError, match=r"layer 'a': a sparse tensor .*; pass .to_dense\(\)"):
        from_arrays({"a": torch.eye(3).to_sparse()})
    with pytest.raises(TypeError, match=r"a sparse csr_array is no array; pass .toarray\(\)"):
        from_arrays({"a": scipy.sparse.csr_array(np.eye(3))})
    with pytest.raises(ValueError, match="layer 'a' is no array of numbers"):
        from_arrays({"a": [[1, 2], [3]]})
    conjugate = torch.tensor([[1 + 2j], [3 + 4j]]).conj().imag
    np.testing.assert_array_equal(from_arrays({"a": conjugate}).activation[0, 0], [-2, -4])


def test_the_size_is_said_before_anything_is_allocated():
    huge = np.broadcast_to(np.float32(0), (10**6, 10**7))
    with pytest.raises(ValueError, match=r"2 layers × .*: 80.0 TB .* Take fewer layers, neurons"):
        from_arrays({"a": huge, "b": huge[:, :1]})


def test_wrong_options():
    arrays = {"a": np.zeros((2, 3))}
    with pytest.raises(ValueError, match=r"dims must be"):
        from_arrays(arrays, dims=("sample", "feature"))
    with pytest.raises(ValueError, match=r"dtype must be one of 'float32', 'float64'"):
        from_arrays(arrays, dtype="int8")
    with pytest.raises(ValueError, match=r"'label' has shape \(3,\)"):
        from_arrays(arrays, coords={"label": [1, 2, 3]})


def test_infinite_values_are_kept():
    assert np.isinf(from_arrays({"a": [[np.inf], [0.0]]}).activation.values).sum() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ds: ds.rename(neuron="unit"), r"no dim 'neuron'; it has dims"),
        (lambda ds: ds.drop_vars("width"), r"need the coordinate 'width'"),
        (lambda ds: ds.drop_vars("layer"), r"need the coordinate 'layer'"),
        (lambda ds: ds.isel(sample=slice(0)), r"dim 'sample' has length 0"),
        (lambda ds: ds.fillna(0).astype(int), r"must be floating point; not int64"),
        (lambda ds: ds.assign_coords(layer=["a", "a"]), r"layer names must differ"),
        (lambda ds: ds.assign_coords(width=("layer", [1.0, 2.0])), r"one whole number"),
        (lambda ds: ds.assign_coords(width=3), r"one whole number"),
        (lambda ds: ds.isel(neuron=slice(2)), r"between 1 and the 2 neurons"),
        (lambda ds: ds.assign_coords(width=("layer", [0, 1])), r"lies between 0 and 1"),
    ],
)
def test_check_activations_names_what_is_wrong(change, message):
    activations = from_arrays({"a": np.zeros((4, 3)), "b": np.zeros((4, 2))})
    with pytest.raises(ValueError, match=message):
        check_activations(change(activations))


def test_check_activations_takes_any_order_and_more_dims():
    one = from_arrays({"a": np.zeros((4, 3)), "b": np.zeros((4, 2))})
    check_activations(one.transpose(), values=True)
    runs = one.expand_dims(alpha=[0.0, 1.0])
    check_activations(runs, values=True)
    check_activations(runs.assign_coords(width=(("alpha", "layer"), [[3, 2], [3, 2]])), values=True)
    with pytest.raises(TypeError, match=r"must be an xarray.Dataset .* not DataArray"):
        check_activations(one.activation)


def test_layers_of_a_dataset_come_without_their_padding():
    whole = from_arrays({"a": np.ones((4, 3)), "b": np.ones((4, 2))})
    parts = {name: whole.activation.sel(layer=name) for name in ("b", "a")}
    assert from_arrays(parts).width.values.tolist() == [2, 3]


def test_what_is_known_about_the_samples_is_copied():
    label = np.arange(4)
    from_arrays({"a": np.ones((4, 3))}, coords={"label": label}).label.values[:] = 9
    assert label.tolist() == [0, 1, 2, 3]
