"""All forms of data give the same; what is known about the samples stays with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from activations.models import (
    CLOSE,
    Calls,
    Functional,
    Text,
    inputs,
    quiet,
    rows,
    valid,
)
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from infonb.data import concentric_circles
from infonb.networks.mlp import MLP


def test_data_set_brings_its_coordinates():
    data = concentric_circles(50)
    data = data.assign_coords(
        artifact=("sample", np.array(["a", "b"] * 25, dtype=object)), alpha=0.5
    ).isel(sample=slice(10, 40))
    model = MLP([2, 6, 1])
    activations = quiet(model, data, batch_size=7)
    assert set(activations.sample.coords) == {"sample", "label", "prediction", "artifact"}
    for name in ("sample", "artifact"):
        np.testing.assert_array_equal(activations[name], data[name])
    np.testing.assert_array_equal(activations.label, data.label)
    x = torch.from_numpy(data.input.values).float()
    np.testing.assert_allclose(valid(activations, "fc1"), rows(model.fc1(x)), **CLOSE)
    np.testing.assert_array_equal(activations.prediction, model(x)[:, 0] > 0)
    assert activations.attrs["data"] == data.attrs["name"]
    # dask and transposed inputs give the same
    for other in (data.chunk(sample=4), data.transpose()):
        xr.testing.assert_identical(quiet(model, other, batch_size=7), activations)


def test_all_forms_of_the_same_data_agree():
    model, x, labels = Functional(), inputs(10, 4), torch.arange(10)
    array = x.numpy()
    frozen = array.copy()
    frozen.flags.writeable = False
    plain = quiet(model, x, batch_size=4)
    assert "label" not in plain.coords
    for data in (array, frozen, np.asfortranarray(array), np.repeat(array, 2, axis=0)[::2],
                 xr.DataArray(array, dims=("sample", "feature")), list(x.split(4)),
                 TensorDataset(x), {"x": x}, [array[:4], array[4:]]):  # fmt: skip
        found = quiet(model, data, batch_size=4)
        np.testing.assert_allclose(found.activation, plain.activation, **CLOSE)
        xr.testing.assert_equal(found.coords.to_dataset(), plain.coords.to_dataset())
    batches = list(zip(x.split(4), labels.split(4), strict=True))
    dicts = [{"x": a, "labels": b} for a, b in batches]
    for data in ((x, labels), (x, labels[:, None]), (array, list(range(10))),
                 [array, np.arange(10)],
                 DataLoader(TensorDataset(x, labels), 4), TensorDataset(x, labels), batches,
                 iter(batches), dicts, {"x": x, "label": labels}, ({"x": x}, labels),
                 [({"x": a}, b) for a, b in batches], [((a,), b) for a, b in batches]):  # fmt: skip
        found = quiet(model, data, batch_size=4)
        np.testing.assert_allclose(found.activation, plain.activation, **CLOSE)
        np.testing.assert_array_equal(found.label, labels)


def test_shuffled_loader_keeps_labels_with_their_samples_and_is_seeded():
    model, x = Functional(), inputs(30, 4)
    loader = DataLoader(TensorDataset(x, torch.arange(30)), 7, shuffle=True, drop_last=True)
    state = torch.get_rng_state()
    one, two = (quiet(model, loader, "first", seed=3) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    xr.testing.assert_identical(one, two)
    assert one.sizes["sample"] == 28
    assert one.attrs["seed"] == 3
    assert not np.array_equal(one.label, np.arange(28))
    expected = rows(model.first(x[one.label.values]))
    np.testing.assert_allclose(valid(one, "first"), expected, **CLOSE)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(inputs(9, 4))


def test_loaders_that_do_not_know_their_length():
    model, x = Functional(), inputs(9, 4)
    expected = quiet(model, x, batch_size=2).activation
    for data in (Stream(), DataLoader(Stream(), 2)):
        np.testing.assert_allclose(quiet(model, data, batch_size=2).activation, expected, **CLOSE)
    # a collate function may drop samples, or make more of them
    fewer = DataLoader(TensorDataset(x), 4, collate_fn=lambda parts: torch.stack(
        [part[0] for part in parts[1:] or parts]))  # fmt: skip
    more = DataLoader(TensorDataset(x), 4, collate_fn=lambda parts: torch.stack(
        [part[0] for part in parts for _ in range(2)]))  # fmt: skip
    activations = quiet(model, fewer, "first")
    np.testing.assert_allclose(
        valid(activations, "first"),
        rows(model.first(x[[1, 2, 3, 5, 6, 7, 8]])),
        rtol=1e-5,
        atol=1e-7,
    )
    assert activations.activation.values.base is None  # the rest of the memory is given back
    np.testing.assert_allclose(
        valid(quiet(model, more, "first"), "first"),
        rows(model.first(x.repeat_interleave(2, 0))), **CLOSE,
    )  # fmt: skip


def test_dict_batches_of_text_with_a_mask():
    model = Text()
    ids = torch.randint(0, 20, (9, 7), generator=torch.Generator().manual_seed(0))
    mask = torch.arange(7)[None] < torch.arange(1, 8).repeat(2)[:9, None]
    encoded = {"input_ids": ids, "attention_mask": mask.long(), "labels": torch.arange(9) % 3}
    hidden = model.layer(model.embedding(ids))
    by_hand = torch.stack([hidden[i, mask[i]].mean(0) for i in range(9)])
    activations = quiet(model, encoded, "layer", batch_size=4)
    np.testing.assert_allclose(valid(activations, "layer"), rows(by_hand), **CLOSE)
    np.testing.assert_array_equal(activations.label, np.arange(9) % 3)
    np.testing.assert_array_equal(activations.prediction, model(ids).logits.argmax(1))
    first = quiet(model, encoded, "layer", reduce="first")
    np.testing.assert_allclose(valid(first, "layer"), rows(hidden[:, 0]), **CLOSE)
    # batches may be padded differently, since masked tokens do not count
    batches = []
    for i in range(9):
        one = {name: value[i : i + 1] for name, value in encoded.items()}
        tokens = slice(int(mask[i].sum()))
        batches.append({k: v[:, tokens] if v.ndim == 2 else v for k, v in one.items()})
    short = quiet(model, batches, "layer")
    np.testing.assert_allclose(short.activation, activations.activation, **CLOSE)
    with pytest.raises(
        ValueError, match=r"'layer' has 5 neurons in the first batch, but 10 in bat"
    ):
        quiet(model, batches, "layer", reduce="flatten")


@pytest.mark.parametrize("label", [int, torch.tensor, np.int64, lambda i: "abc"[i % 3]])
def test_pairs_of_one_sample_and_its_label_become_batches(label):
    model, x = Functional(), inputs(10, 4)
    pairs = [(part, label(i)) for i, part in enumerate(x)]
    labels = [label(i) for i in range(10)]
    for data in (pairs, iter(pairs), [(part.numpy(), y) for part, y in pairs]):
        found = quiet(model, data, "first", batch_size=4)
        np.testing.assert_allclose(valid(found, "first"), rows(model.first(x)), **CLOSE)
        np.testing.assert_array_equal(found.label, labels)
    dicts = [{"x": part, "label": torch.tensor(i)} for i, part in enumerate(x)]
    one_by_one = DataLoader(TensorDataset(x, torch.arange(10)), batch_size=None)
    for data in (dicts, one_by_one):
        found = quiet(model, data, "first", batch_size=4)
        np.testing.assert_array_equal(found.label, np.arange(10))


@pytest.mark.parametrize("label", [lambda i: torch.tensor([i]), lambda i: torch.eye(10)[i]])
def test_labels_of_pairs_may_be_arrays(label):
    embed, x = nn.Embedding(9, 4), torch.arange(60).reshape(10, 6) % 9
    model = Calls(lambda self, x: self.out(self.embed(x)), embed=embed, out=nn.Linear(4, 2))
    found = quiet(model, [(part, label(i)) for i, part in enumerate(x)], "embed", batch_size=4)
    np.testing.assert_allclose(valid(found, "embed"), rows(embed(x).mean(1)), **CLOSE)
    assert ("label" in found.coords) == (label(0).numel() == 1)


def test_labels_of_no_sample_of_a_batch_are_said_to_be_left_out():
    model, x = Functional(), inputs(5, 4)
    with pytest.warns(UserWarning, match="a batch of 5 samples comes with 3 labels"):
        assert "label" not in quiet(model, [(x, torch.arange(3))]).coords


def test_nested_tensors_are_refused():
    model, parts = Functional(), [inputs(3, 4), inputs(2, 4)]
    with pytest.raises(TypeError, match=r"inputs are a nested tensor, .* pass them padded"):
        quiet(model, torch.nested.nested_tensor(parts, layout=torch.jagged))


@pytest.mark.parametrize(
    "parts",
    [
        lambda x: x.chunk(2), lambda x: x.chunk(3), lambda x: (x, x), lambda x: (x, torch.eye(10)),
        lambda x: ((x[:5], [0] * 5), (x[5:], [1] * 5)), lambda x: ({"x": x}, {"x": x}),
        lambda x: (x[0], 3), lambda x: (x,), lambda x: (x, [x, x]), lambda x: (x, "labels"),
    ],
)  # fmt: skip
def test_tuples_that_are_no_inputs_and_labels(parts):
    with pytest.raises(ValueError, match=r"a tuple must be \(inputs, labels\), one label for each"):
        quiet(Functional(), parts(inputs(10, 4)))


def test_tables_are_no_batches_of_columns():
    with pytest.raises(TypeError, match=r"data must be an infonb data set, .*; not DataFrame"):
        quiet(Functional(), pd.DataFrame(inputs(10, 4).numpy()))


def test_labels_that_are_not_one_per_sample_are_left_out():
    model, x = Functional(), inputs(4, 4)
    assert "label" not in quiet(model, [(x, torch.zeros(4, 4))]).coords
    assert "label" not in quiet(model, [(x, torch.arange(4)), x]).coords


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (torch.zeros(0, 4), ValueError, r"data \(Tensor\) holds no samples"),
        ([], ValueError, r"data \(list\) holds no samples"),
        ("circles", TypeError, r"data must be an infonb data set, .*; not str"),
        (7, TypeError, r"data must be .*; not int"),
        ([[1.0, 2.0]], TypeError, r"without a tensor or array"),
        (torch.zeros(()), TypeError, r"without a tensor or array"),
        ((torch.zeros(3, 4), torch.zeros(2)), ValueError, r"3 inputs, but 2 labels"),
        ((torch.zeros(3, 4),) * 3, ValueError, r"a tuple of 3; a tuple must be \(inputs, labels\)"),
        ([(torch.zeros(3, 4),) * 3], ValueError, r"a batch is a tuple of 3"),
        (np.array(["a"]), TypeError, r"inputs must be numbers; not an array of type <U1"),
        (
            xr.Dataset({"image": ("sample", [1.0])}),
            ValueError,
            r"no variable 'input'; it has \['im",
        ),
        (xr.DataArray(np.zeros((2, 4)), dims=("x", "y")), ValueError, r"one of them must be 'samp"),
    ],
)
def test_data_of_no_known_form(data, error, message):
    with pytest.raises(error, match=message):
        quiet(Functional(), data)


def test_coords_are_added_and_checked():
    model, x = Functional(), inputs(3, 4)
    coords = {
        "group": ["a", "bb", "c"],
        "seen": torch.tensor([True, False, True]),
        "sample": [7, 8, 9],
    }
    activations = quiet(model, (x, [0, 1, 0]), coords=coords)
    assert activations.group.dtype == object
    assert activations.seen.dtype == bool
    assert list(activations.sample.values) == [7, 8, 9]
    for bad, message in (
        (
            {"group": ["a"]},
            r"'group' has shape \(1,\); it needs one value for each of the 3 samples",
        ),
        ({"width": [1, 2, 3]}, r"'width' is a part of the activations"),
        ({"sample": ["a", "b", "c"]}, r"'sample' holds whole numbers"),
    ):
        calls = []
        model.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        with pytest.raises(ValueError, match=message):
            quiet(model, x, coords=bad)
        assert not calls  # before the model was run


def test_predictions():
    x = inputs(6, 4)
    probability = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
    np.testing.assert_array_equal(quiet(probability, x).prediction, probability[0](x)[:, 0] > 0)
    model = Functional()
    assert "prediction" not in quiet(model, x, prediction=False).coords
    own = quiet(model, x, prediction=lambda output: output.argmin(1))
    np.testing.assert_array_equal(own.prediction, model(x).argmin(1))
    with pytest.raises(ValueError, match=r"one value for each of the 6 samples.* shape \(6, 2\)"):
        quiet(model, x, prediction=lambda output: output)
    images = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1))
    assert "prediction" not in quiet(images, inputs(2, 1, 3, 3)).coords
    own_coordinate = quiet(model, x, coords={"prediction": np.full(6, 9)})
    assert (own_coordinate.prediction == 9).all()
