"""The recorded values are those computed by hand, and the model is left as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from infonb.activations import check_activations, record
from infonb.data import concentric_circles
from infonb.networks.mlp import MLP

# what float32 sums of a few terms of size 1 may differ in, when the batches differ in size
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


class Functional(nn.Module):
    """Hidden layers of 5 and 3 neurons; the relu is a function, the modules not in depth order."""

    def __init__(self, n_out=2):
        super().__init__()
        self.out = nn.Linear(3, n_out)
        self.second = nn.Linear(5, 3)
        self.first = nn.Linear(4, 5)

    def forward(self, x):
        return self.out(functional.relu(self.second(functional.relu(self.first(x)))))


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.relu = nn.Linear(4, 6), nn.Linear(6, 6), nn.ReLU()

    def forward(self, x):
        return self.relu(self.b(self.relu(self.a(x))))


class Calls(nn.Module):
    """Calls a function with its parts and the inputs."""

    def __init__(self, forward, **parts):
        super().__init__()
        self.function = forward
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs)


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def inputs(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def rows(tensor):
    """By hand: (sample, neuron) -> (neuron, sample)."""
    return tensor.detach().numpy().T


def quiet(*args, **kwargs):
    return record(*args, progress=False, **kwargs)


def valid(activations, layer):
    one = activations.sel(layer=layer)
    return one.activation.values[: int(one.width)]


# ---------------------------------------------------------------- values and the labelled dataset


def test_dataset_is_as_the_data_model_says():
    model, x = Functional(), inputs(11, 4)
    activations = quiet(model, (x, torch.arange(11) % 2))
    check_activations(activations, values=True)
    assert activations.activation.dims == ("layer", "neuron", "sample")
    assert activations.activation.dtype == np.float32
    assert activations.layer.dtype == object
    assert [activations[name].dtype for name in ("neuron", "sample", "width")] == [np.int64] * 3
    assert list(activations.layer.values) == ["first", "second"]  # depth, not order of definition
    assert list(activations.width.values) == [5, 3]
    assert activations.activation.sel(layer="second")[3:].isnull().all()
    np.testing.assert_array_equal(activations.label, np.arange(11) % 2)
    np.testing.assert_array_equal(activations.prediction, model(x).argmax(1))


def test_values_equal_the_layers_by_hand_for_any_batch_size():
    model, x = Functional(), inputs(11, 4)
    first = model.first(x)
    second = model.second(first.relu())
    for batch_size in (1, 4, 11, 256):
        activations = quiet(model, x, ["second", "out", "first"], batch_size=batch_size)
        assert list(activations.layer.values) == ["first", "second", "out"]
        np.testing.assert_allclose(valid(activations, "first"), rows(first), **CLOSE)
        np.testing.assert_allclose(valid(activations, "second"), rows(second), **CLOSE)
        np.testing.assert_allclose(valid(activations, "out"), rows(model(x)), **CLOSE)


def test_hook_input_sees_the_functional_relu():
    model, x = Functional(), inputs(7, 4)
    activations = quiet(model, x, {"relu1": "second", "relu2": "out"}, hook="input")
    assert list(activations.layer.values) == ["relu1", "relu2"]
    expected = model.first(x).relu()
    np.testing.assert_array_equal(valid(activations, "relu1"), rows(expected))
    assert activations.attrs["hook"] == "input"
    assert activations.attrs["modules"] == "relu1: Linear, relu2: Linear"


def test_hook_input_takes_the_first_keyword():
    model = Calls(lambda self, x: self.fc(input=x), fc=nn.Linear(4, 2))
    x = inputs(3, 4)
    np.testing.assert_array_equal(valid(quiet(model, x, "fc", hook="input"), "fc"), rows(x))


def test_in_place_relu_does_not_change_what_was_recorded_before_it():
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 2))
    x = inputs(9, 4)
    activations = quiet(model, x, ["0", "1"])
    np.testing.assert_array_equal(valid(activations, "0"), rows(model[0](x)))
    assert valid(activations, "0").min() < 0 <= valid(activations, "1").min()
    relu_input = quiet(model, x, "1", hook="input")
    np.testing.assert_array_equal(valid(relu_input, "1"), rows(model[0](x)))


@pytest.mark.parametrize("reduce", ["first", "flatten", lambda tensor: tensor.flatten(1)])
def test_in_place_change_after_a_view_does_not_reach_the_record(reduce):
    model = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(inplace=True))
    x = inputs(3, 1, 4, 4)
    assert quiet(model, x, "0", reduce=reduce).activation.min() < 0


def test_module_used_twice_gives_a_layer_for_each_call():
    model, x = Reused(), inputs(8, 4)
    one = model.a(x).relu()
    two = model.b(one).relu()
    activations = quiet(model, x, ["relu", "b"])
    assert list(activations.layer.values) == ["relu:0", "b", "relu:1"]
    np.testing.assert_array_equal(valid(activations, "relu:0"), rows(one))
    np.testing.assert_array_equal(valid(activations, "relu:1"), rows(two))
    only = quiet(model, x, {"last": "relu:1"})
    assert list(only.layer.values) == ["last"]
    np.testing.assert_array_equal(valid(only, "last"), rows(two))
    with pytest.raises(ValueError, match=r"'relu' is called 2 times .* its calls are 0 to 1"):
        quiet(model, x, "relu:2")


def test_default_leaves_out_the_output_and_what_is_never_called():
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 5))
    model.add_module("unused", nn.Linear(2, 2))
    model.forward = lambda x: model[3](model[2](model[1](model[0](x))))
    assert list(quiet(model, inputs(2, 1, 4, 4)).layer.values) == ["0"]
    assert list(quiet(nn.Linear(4, 3), inputs(2, 4)).layer.values) == ["Linear"]
    assert list(quiet(nn.Sequential(nn.Linear(4, 3)), inputs(2, 4)).layer.values) == ["0"]


# ------------------------------------------------------------------------ reduction of more dims


def test_convolution_channels_are_the_neurons():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 4, 2))
    x = inputs(5, 2, 6, 7)
    conv = model[0](x)
    by_hand = {
        "mean": conv.mean((2, 3)),
        "first": conv[:, :, 0, 0],
        "flatten": conv.reshape(5, -1),
    }
    for reduce, expected in by_hand.items():
        activations = quiet(model, x, "0", reduce=reduce)
        np.testing.assert_allclose(valid(activations, "0"), rows(expected), **CLOSE)
        assert activations.attrs["reduce"] == reduce
    largest = quiet(model, x, ["0", "2"], reduce=lambda tensor: tensor.amax((2, 3)))
    np.testing.assert_array_equal(valid(largest, "0"), rows(conv.amax((2, 3))))
    assert list(largest.width.values) == [3, 4]


def test_dim_of_the_neurons_follows_the_type_of_module():
    x = inputs(5, 6, 8)  # sample, token or channel, feature or position
    tokens = quiet(nn.Sequential(nn.Linear(8, 3), nn.ReLU()), x, ["0", "1"])
    assert list(tokens.width.values) == [3, 3]
    signal = nn.Sequential(nn.Conv1d(6, 4, 3), nn.BatchNorm1d(4), nn.ReLU())
    assert list(quiet(signal, x, ["0", "1"]).width.values) == [4, 4]
    assert list(quiet(signal, x, neuron_dim=1, layers="2").width.values) == [4]
    volume = quiet(nn.Sequential(nn.Conv3d(1, 2, 2), nn.ReLU()), inputs(2, 1, 3, 3, 3), ["0", "1"])
    assert list(volume.width.values) == [2, 2]
    last = nn.Sequential(nn.LayerNorm(7), nn.Linear(7, 9))  # images with their channels last
    grid = inputs(2, 4, 4, 7)
    assert list(quiet(last, grid, ["0", "1"]).width.values) == [7, 9]
    np.testing.assert_allclose(
        valid(quiet(last, grid, "1"), "1"), rows(last(grid).mean((1, 2))), **CLOSE
    )
    with pytest.raises(ValueError, match=r"neuron_dim=3, but layer '0' gives a tensor of float32"):
        quiet(nn.Sequential(nn.Linear(8, 3)), x, neuron_dim=3)


def test_one_value_per_sample_is_one_neuron():
    model = Calls(lambda self, x: self.norm(x).sum(1), norm=nn.Identity())
    model.add_module("energy", Calls(lambda self, x: x.sum(1)))
    model.function = lambda self, x: self.energy(self.norm(x))
    activations = quiet(model, inputs(4, 3), "energy")
    assert activations.activation.shape == (1, 1, 4)
    np.testing.assert_array_equal(activations.activation[0, 0], inputs(4, 3).sum(1))


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_other_types_become_floats_before_they_are_averaged(kind):
    model = Calls(lambda self, x: self.cast(x), cast=Calls(lambda self, x: (x > 0).to(kind)))
    x = inputs(5, 7, 3)
    activations = quiet(model, x, "cast", dtype="float64")
    expected = rows((x > 0).double().mean(1))
    np.testing.assert_allclose(valid(activations, "cast"), expected, rtol=1e-15)
    assert quiet(model, x, "cast").activation.dtype == np.float32


def test_bfloat16_model_is_recorded_in_its_own_precision():
    model, x = Functional().to(torch.bfloat16), inputs(5, 4)
    activations = quiet(model, x.numpy(), "first")
    np.testing.assert_array_equal(
        valid(activations, "first"), rows(model.first(x.to(torch.bfloat16)).float())
    )


def test_dtype_float64_keeps_what_a_float64_model_computes():
    model, x = Functional().double(), inputs(5, 4).double()
    np.testing.assert_array_equal(
        valid(quiet(model, x, "first", dtype="float64"), "first"), rows(model.first(x))
    )


@pytest.mark.parametrize(
    ("reduce", "message"),
    [
        (lambda tensor: tensor, r"reduce must return a tensor of dims \(sample, neuron\); it made"),
        (lambda tensor: 3, r"it made int of a tensor of float32"),
        (lambda tensor: tensor[0], r"gives 6 rows.* for a batch of 5 samples"),
        (lambda tensor: tensor[:, 0, :0], r"has no neurons"),
    ],
)
def test_reduce_functions_are_checked(reduce, message):
    with pytest.raises(ValueError, match=message):
        quiet(nn.Linear(8, 3), inputs(5, 6, 8), reduce=reduce)


# -------------------------------------------------------------------- outputs that are no tensors


def test_lstm_needs_select():
    model = Calls(
        lambda self, x: self.out(self.lstm(x)[0][:, -1]),
        lstm=nn.LSTM(3, 4, batch_first=True),
        out=nn.Linear(4, 2),
    )
    x = inputs(6, 5, 3)
    with pytest.raises(
        ValueError, match=r"'lstm' gives a tuple of 2 \(Tensor, tuple\), not a tensor; pass select"
    ):
        quiet(model, x, "lstm")
    outputs, (hidden, _) = model.lstm(x)
    # the other layer's output is a tensor, from which select takes nothing
    both = quiet(model, x, ["lstm", "out"], select=0)
    np.testing.assert_allclose(valid(both, "lstm"), rows(outputs.mean(1)), **CLOSE)
    np.testing.assert_allclose(valid(both, "out"), rows(model(x)), **CLOSE)
    state = quiet(model, x, "lstm", select=lambda output: output[1][0][-1])
    np.testing.assert_allclose(valid(state, "lstm"), rows(hidden[-1]), **CLOSE)
    with pytest.raises(ValueError, match=r"select=1 leads to a tuple of 2"):
        quiet(model, x, "lstm", select=1)
    with pytest.raises(ValueError, match=r"select=5 finds nothing \(IndexError"):
        quiet(model, x, "lstm", select=5)


def test_samples_in_the_second_dim_are_an_error_with_the_remedy():
    model = Calls(lambda self, x: self.lstm(x.transpose(0, 1))[0][-1], lstm=nn.LSTM(3, 4))
    x = inputs(6, 5, 3)
    with pytest.raises(ValueError, match=r"gives 5 rows.* for a batch of 6 samples"):
        quiet(model, x, "lstm", select=0)
    activations = quiet(model, x, "lstm", select=lambda output: output[0].transpose(0, 1))
    assert activations.activation.shape == (1, 4, 6)


def test_attention_and_mappings():
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    model = Calls(lambda self, x: {"hidden": self.attention(x, x, x)[0]}, attention=attention)
    outer = Calls(lambda self, x: self.inner(x)["hidden"], inner=model)
    x = inputs(3, 5, 4)
    expected = rows(attention(x, x, x)[0].mean(1))
    kwargs = {"rtol": 1e-4, "atol": 1e-6}
    activations = quiet(outer, x, "inner.attention", select=0)
    np.testing.assert_allclose(valid(activations, "inner.attention"), expected, **kwargs)
    activations = quiet(outer, x, "inner", select="hidden")
    np.testing.assert_allclose(valid(activations, "inner"), expected, **kwargs)
    with pytest.raises(ValueError, match=r"a dict with the keys 'hidden'.* pass select='hidden'"):
        quiet(outer, x, "inner")
    with pytest.raises(ValueError, match=r"'inner.attention.out_proj' .* never called"):
        quiet(outer, x, "inner.attention.out_proj")


def test_transformer_layers_call_their_modules_in_eval_mode():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    before = torch.backends.mha.get_fastpath_enabled()
    activations = quiet(model, inputs(3, 5, 8))
    assert list(activations.layer.values) == [
        "layers.0.linear1", "layers.0.linear2", "layers.1.linear1",
    ]  # fmt: skip
    assert torch.backends.mha.get_fastpath_enabled() == before


# --------------------------------------------------------------------------------- forms of data


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


class Output(dict):
    """As transformers return: keys, positions and attributes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.layer = nn.Embedding(20, 6), nn.Linear(6, 5)
        self.classifier = nn.Linear(5, 3)

    def forward(self, input_ids, attention_mask=None, token_type_ids=None):
        hidden = self.layer(self.embedding(input_ids))
        return Output(logits=self.classifier(hidden[:, 0]), hidden=hidden)


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


# ------------------------------------------------------------------- coordinates and predictions


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


# --------------------------------------------------------------------- the model is left as it was


def mixed():
    model = nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5),
        nn.Sequential(nn.Linear(6, 5), nn.ReLU()),
        nn.Linear(5, 2),
    )  # fmt: skip
    model.train()
    model[1].eval()  # a frozen batch norm
    model[3][1].eval()
    return model


def state(model):
    return (
        {name: module.training for name, module in model.named_modules()},
        {name: tensor.clone() for name, tensor in model.state_dict().items()},
        {name: (p.requires_grad, p.grad) for name, p in model.named_parameters()},
        [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._forward_hooks_with_kwargs),
          len(m._forward_pre_hooks_with_kwargs)) for m in model.modules()],
        torch.is_grad_enabled(),
        torch.backends.mha.get_fastpath_enabled(),
    )  # fmt: skip


def assert_same(before, after):
    assert before[0] == after[0]
    assert all(torch.equal(before[1][name], after[1][name]) for name in before[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("hook", ["output", "input"])
def test_model_is_left_as_it_was(hook):
    model = mixed()
    model[0].weight.requires_grad_(False)
    calls = []
    model[0].register_forward_hook(lambda *_: calls.append(1))  # the user's own hook stays
    before = state(model)
    x = inputs(20, 4)
    activations = quiet(model, x, ["0", "1", "2", "3"], hook=hook, batch_size=6)
    assert_same(before, state(model))
    assert len(calls) == 4
    # eval mode: no dropout, and the running statistics of the batch norm
    model.eval()
    inner = model[1](model[0](x))
    by_hand = [model[0](x), inner, inner, model[3](inner)]
    if hook == "input":
        by_hand = [x, model[0](x), inner, inner]
    for layer, expected in zip(activations.layer.values, by_hand, strict=True):
        np.testing.assert_allclose(valid(activations, layer), rows(expected), **CLOSE)


class Interrupted(BaseException):
    """Stands for a KeyboardInterrupt."""


@pytest.mark.parametrize("error", [RuntimeError, KeyError, Interrupted])
@pytest.mark.parametrize("where", ["forward", "reduce", "data"])
def test_model_is_left_as_it_was_after_an_exception(error, where):
    model = mixed()
    count = [0]

    def fail(value=None):
        count[0] += 1
        if count[0] == 2:
            raise error("in the middle")
        return value

    def stream():
        for part in inputs(20, 4).split(6):
            if where == "data":
                fail()
            yield part

    model.register_forward_pre_hook(lambda *_: fail() if where == "forward" else None)
    reduce = fail if where == "reduce" else "mean"
    before = state(model)
    with pytest.raises(error, match="in the middle"):
        quiet(model, stream(), ["0", "3"], reduce=reduce)
    assert_same(before, state(model))


def test_error_of_the_model_says_what_it_was_called_with():
    with pytest.raises(RuntimeError) as caught:
        quiet(Functional(), torch.zeros(3, 9))
    assert caught.value.__notes__ == [
        "infonb: the model was called with a tensor of float32 (3, 9)."
    ]


def test_gradients_flow_after_a_recording_of_a_model_that_caches():
    class Caches(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.cache = nn.Linear(4, 2), None

        def forward(self, x):
            if self.cache is None:
                self.cache = torch.ones(4) * 2
            return self.fc(x * self.cache)

    model = Caches()
    quiet(model, inputs(3, 4))
    model(inputs(3, 4)).sum().backward()
    assert model.fc.weight.grad is not None


def test_lazy_modules_and_wrapped_models():
    lazy = nn.Sequential(nn.LazyLinear(5), nn.ReLU(), nn.Linear(5, 2))
    assert quiet(lazy, inputs(3, 4)).attrs["n_parameters"] == 4 * 5 + 5 + 5 * 2 + 2
    model, x = Functional(), inputs(3, 4)
    expected = quiet(model, x)
    for wrapped in (torch.compile(model, backend="eager"), nn.DataParallel(model)):
        xr.testing.assert_identical(quiet(wrapped, x), expected)


# ----------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        (
            "frist",
            ValueError,
            r"'frist' not found in Functional. Did you mean 'first'\? infonb.list",
        ),
        ({"a": "x"}, ValueError, r"layer 'x' not found"),
        (["first", "first"], ValueError, r"names one twice"),
        ([], ValueError, r"layers is empty"),
        ([1], TypeError, r"names of modules; not 1"),
    ],
)
def test_unknown_layers(layers, error, message):
    with pytest.raises(error, match=message):
        quiet(Functional(), inputs(3, 4), layers)


def test_layers_that_are_never_or_only_sometimes_called():
    model = Functional()
    model.add_module("spare", nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"layer 'spare' \(Linear\) was never called"):
        quiet(model, inputs(3, 4), ["first", "spare"])
    sometimes = Calls(lambda self, x: self.a(x) if len(x) == 2 else x, a=nn.Linear(4, 4))
    with pytest.raises(ValueError, match=r"'a' was called in the first batch, but not in batch 1"):
        quiet(sometimes, inputs(3, 4), batch_size=2)
    with pytest.raises(ValueError, match=r"none of the Linear and Conv modules was called"):
        quiet(Calls(lambda self, x: x, a=nn.Linear(4, 4)), inputs(3, 4))
    with pytest.raises(ValueError, match=r"ReLU has no Linear or Conv module.* such as \['ReLU'\]"):
        quiet(nn.ReLU(), inputs(3, 4))
    assert list(quiet(nn.ReLU(), inputs(3, 4), "ReLU").layer.values) == ["ReLU"]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"hook": "outputs"}, ValueError, r"hook must be one of .* Did you mean 'output'\?"),
        ({"reduce": "max"}, ValueError, r"reduce must be one of 'mean', 'first', 'flatten'"),
        ({"dtype": "float16"}, ValueError, r"dtype must be one of"),
        ({"batch_size": 0}, ValueError, r"batch_size must be at least 1"),
        ({"progress": "yes"}, ValueError, r"progress|show must be one of"),
        ({"select": 1.5}, TypeError, r"select must be a position, a key or a function; not 1.5"),
        ({"select": True}, TypeError, r"select must be a position"),
        ({"neuron_dim": 0}, ValueError, r"neuron_dim must not be 0"),
        ({"seed": 1.5}, TypeError, r"seed must be a whole number"),
        ({"max_bytes": 100}, ValueError, r"do not fit: 2 layers × up to 5 neurons × 3 samples: 12"),
    ],
)
def test_wrong_arguments(kwargs, error, message):
    model = Functional()
    before = state(model)
    with pytest.raises(error, match=message):
        record(model, inputs(3, 4), **({"progress": False} | kwargs))
    assert_same(before, state(model))


def test_model_must_be_a_module():
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module; not function"):
        quiet(lambda x: x, inputs(3, 4))


def test_complex_outputs_and_single_numbers():
    fft = Calls(lambda self, x: self.fft(x).abs(), fft=Calls(lambda self, x: torch.fft.fft(x)))
    with pytest.raises(ValueError, match=r"'fft' gives complex numbers"):
        quiet(fft, inputs(3, 4), "fft")
    total = Calls(lambda self, x: self.total(x), total=Calls(lambda self, x: x.sum()))
    with pytest.raises(ValueError, match=r"'total' gives a single number"):
        quiet(total, inputs(3, 4), "total")


# ------------------------------------------------------------------- size, progress and attributes


def test_size_is_printed_once_before_the_run(capsys):
    model, x = Functional(), inputs(10, 4)
    record(model, x, batch_size=3, progress="text")
    printed = capsys.readouterr().out
    assert printed.startswith(
        "2 layers × up to 5 neurons × 10 samples: 400 B (padding adds 80 B)\n"
    )
    assert printed.count("neurons") == 1
    assert "10/10" in printed
    record(model, iter(x.split(4)), progress=True)
    captured = capsys.readouterr()
    assert captured.out.count("40 B for each sample (of which padding 8 B)") == 1
    quiet(model, x)
    assert capsys.readouterr() == ("", "")


def test_too_large_streams_stop_before_they_fill_the_memory():
    model, seen = Functional(), []

    def endless():
        while True:
            seen.append(1)
            yield inputs(10, 4)

    with pytest.raises(ValueError, match=r"so far 2 layers .* but max_bytes is 1.0 kB"):
        quiet(model, endless(), max_bytes=1000)
    assert len(seen) == 3  # 400 bytes a batch


def test_free_memory_is_the_limit(monkeypatch):
    monkeypatch.setattr("infonb.activations.size.available_memory", lambda: 499)
    with pytest.raises(ValueError, match=r"400 B .*but 80 % of the free memory is 399 B"):
        quiet(Functional(), inputs(10, 4))
    monkeypatch.setattr("infonb.activations.size.available_memory", lambda: 500)
    assert quiet(Functional(), inputs(10, 4)).activation.nbytes == 400


def test_attributes_are_plain():
    activations = quiet(Functional(), inputs(3, 4), select=len, attrs={"epoch": 3}, seed=1)
    assert all(type(value) in (str, int, float) for value in activations.attrs.values())
    assert activations.attrs["model"] == "Functional"
    assert activations.attrs["modules"] == "first: Linear, second: Linear"
    assert activations.attrs["n_parameters"] == 25 + 18 + 8
    assert activations.attrs["epoch"] == 3
    assert activations.attrs["select"] == "len"
    assert activations.attrs["versions"].startswith("infonb ")


def test_nan_activations_are_kept():
    x = inputs(3, 4)
    x[1, 2] = float("nan")
    activations = quiet(Functional(), x, "first")
    assert activations.activation.isnull().sum() == 5
    with pytest.raises(ValueError, match=r"NaN at layer 'first', neuron 0, sample 1 \(5 such"):
        check_activations(activations, values=True)
