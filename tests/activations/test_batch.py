"""Parts of a batch are cut, copied and placed wherever they lie; the user's stay as they are."""

from __future__ import annotations

import collections

import dask.array
import numpy as np
import pytest
import torch
import zarr
from activations.models import CLOSE, Functional, inputs, quiet, rows, valid
from torch import nn

from infonb.activations.batch import Batch, Place, as_batch, is_array


class InPlace(Functional):
    """Works on its inputs in place."""

    def forward(self, x):
        return super().forward(x.sub_(0.5).mul_(2))


@pytest.mark.parametrize("lists", [False, True])
def test_inputs_are_not_changed_by_a_model_that_works_in_place(tmp_path, lists):
    model, x = InPlace(), inputs(8, 4)
    before = x.clone()
    forms = [x, x.numpy(), {"x": x}, list(x.split(3))] if lists else [x.numpy()]
    for form in forms:
        found = quiet(model, form, "first", batch_size=3)
        expected = rows(model.first((before - 0.5) * 2))
        np.testing.assert_allclose(valid(found, "first"), expected, **CLOSE)
        assert torch.equal(x, before)
    for _ in range(2):  # the same line finds its store
        quiet(model, x, to=tmp_path / "a.zarr")


class OfDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.out = nn.Linear(4, 3), nn.Linear(3, 2)
        self.seen = []

    def forward(self, features):
        self.seen.append(features)
        return self.out(self.layer(features["x"] + features["more"][0]))


def test_a_model_whose_one_argument_is_a_dict():
    model, x = OfDict(), inputs(5, 4)
    kind = collections.OrderedDict
    expected = rows(model.layer(2 * x))
    features = {"features": kind(x=x, more=(x.numpy(), "text"))}
    parts = [{"features": {"x": part, "more": (part, 1)}} for part in x.split(2)]
    for data in (features, (features, torch.arange(5)), [(features, torch.arange(5))], parts):
        found = quiet(model, data, "layer", batch_size=2)
        np.testing.assert_allclose(valid(found, "layer"), expected, **CLOSE)
    with pytest.raises(TypeError, match="unexpected keyword argument 'x'") as caught:
        quiet(model, {"x": x})
    assert "a model whose one argument is a dict takes" in caught.value.__notes__[1]
    assert type(model.seen[0]) is kind
    assert model.seen[0]["more"][1] == "text"


def test_what_lies_on_disk_is_read_batch_by_batch(tmp_path):
    model, x = Functional(), inputs(20, 4)
    np.save(tmp_path / "x.npy", x.numpy())
    expected, sizes = rows(model.first(x)), []
    model.first.register_forward_pre_hook(
        lambda _, args: sizes.append(args[0].untyped_storage().size())
    )
    for mode in ("r", "c"):
        memory = np.load(tmp_path / "x.npy", mmap_mode=mode)
        for form in (memory, {"x": memory}, (memory, np.arange(20))):
            found = quiet(model, form, "first", batch_size=5)
            np.testing.assert_allclose(valid(found, "first"), expected, **CLOSE)
    assert set(sizes) == {5 * 4 * 4}


class Watched:
    """Like an array of a file that says what was read of it."""

    dtype, shape = np.dtype("f4"), (20, 4)

    def __init__(self, values):
        self.values, self.read = values, []

    def __getitem__(self, key):
        self.read.append(key)
        return self.values[key]

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("read as a whole")


def test_whatever_is_sliced_like_an_array_is_one():
    model, x = Functional(), inputs(20, 4)
    watched = Watched(x.numpy())
    stored = zarr.create_array({}, shape=(20, 4), dtype="f4", chunks=(5, 4))
    stored[:] = x.numpy()
    for form in (watched, dask.array.from_array(x.numpy(), chunks=3), stored):
        assert is_array(form)
        found = quiet(model, form, "first", batch_size=8)
        np.testing.assert_allclose(valid(found, "first"), rows(model.first(x)), **CLOSE)
    assert watched.read[-3:] == [slice(0, 8), slice(8, 16), slice(16, 20)]
    assert not is_array(np.float32(1))


def test_sparse_inputs_are_cut_or_refused():
    model, x = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), inputs(9, 4)
    for form in (x.to_sparse(), {"input": x.to_sparse()}, [x.to_sparse()]):
        found = quiet(model, form, "0", batch_size=4)
        np.testing.assert_allclose(valid(found, "0"), rows(model[0](x)), **CLOSE)
    batch = Batch((Place(model)(x.relu().to_sparse_coo()),), {}, None, 9)
    assert batch.part(2, 5).args[0].to_dense().equal(x.relu()[2:5])


@pytest.mark.filterwarnings("ignore:Sparse .* tensor support is in beta")
def test_other_sparse_inputs_are_refused():
    with pytest.raises(TypeError, match=r"sparse tensor \(torch.sparse_csr\) that cannot be cut"):
        quiet(Functional(), inputs(9, 4).to_sparse_csr())


def test_other_kinds_of_numbers():
    model, x = Functional(), inputs(5, 4)
    for kind in (">f4", ">f8", np.longdouble, np.float16):
        values = x.numpy().astype(kind)
        found = quiet(model, values, "first")
        expected = rows(model.first(torch.from_numpy(values.astype("f4"))))
        np.testing.assert_allclose(valid(found, "first"), expected, **CLOSE)


def test_masked_arrays_are_not_their_data():
    model, x = Functional(), inputs(5, 4).numpy()
    quiet(model, np.ma.array(x))
    masked = np.ma.masked_greater(x, 0)
    for data in (masked, {"x": masked}, [masked], (x, np.ma.masked_greater(np.arange(5), 3))):
        with pytest.raises(ValueError, match="values of a masked array are masked; drop these"):
            quiet(model, data)


def test_a_model_of_several_types_gets_the_inputs_as_they_are():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.layer = nn.Embedding(5, 4).half(), nn.Linear(4, 3)

        def forward(self, x):
            return self.layer(x)

    model, x = Mixed(), inputs(5, 4)
    for form in (x, x.double()):  # which is of none of its types: the widest of them
        found = quiet(model, form, "layer")
        np.testing.assert_array_equal(valid(found, "layer"), rows(model.layer(x)))
    assert Place(model)(x.half()).dtype == torch.float16


def test_a_batch_says_what_it_is():
    batch = as_batch(({"x": inputs(2, 4), "n": 3}, [0, 1]))
    assert str(batch) == "x = a tensor of float32 (2, 4), n = int"
    assert batch.labels.tolist() == [0, 1]
