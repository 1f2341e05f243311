"""Curves of a metric against the number of neurons that are off, beside drawn ones."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import xarray as xr
from activations.models import Calls, assert_same, inputs, state
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import infonb as inb
from infonb.networks import MLP
from infonb.selection import intervene as public
from infonb.storage import open_dataset, save_dataset
from infonb.training import accuracy


def intervene(*args, **kwargs):
    return public(*args, progress=False, **kwargs)


@pytest.fixture(scope="module")
def model():
    return MLP([4, 6, 5, 3], seed=0, initialization="default").double()


@pytest.fixture(scope="module")
def sets(model):
    """Inputs with the labels that the network gives, and the same ones with another feature."""
    x = inputs(80, 4).double()
    labels = model(x).argmax(1)
    changed = x.clone()
    changed[:, 0] += 2
    return {"plain": (x, labels), "changed": (changed, labels)}


@pytest.fixture(scope="module")
def found(model, sets):
    return intervene(model, sets, between=("plain", "changed"), bins=10, edges="neuron", repeats=15)


def zeroed_accuracy(model, layers, neurons, data):
    """By hand: the share of right answers of a copy without the weights of these neurons."""
    model = copy.deepcopy(model)
    for layer, neuron in zip(layers, neurons, strict=True):
        with torch.no_grad():
            module = getattr(model, layer)
            module.weight[neuron] = module.bias[neuron] = 0
    x, labels = data
    return float((model(x).argmax(1) == labels).double().mean())


def test_every_point_is_the_accuracy_with_zeroed_weights(model, sets, found):
    assert found.value.dims == ("by", "number", "set")
    assert found.value.shape == (4, 11, 2)
    for by in found.by.values:
        one = found.sel(by=by)
        for n in (0, 1, 4, 10):
            off = one.off_layer.values[:n], one.off_neuron.values[:n]
            for name, data in sets.items():
                right = zeroed_accuracy(model, *off, data)
                assert float(one.value.sel(number=n, set=name)) == pytest.approx(right, abs=1e-12)
    drawn = found.isel(repeat=7)
    off = drawn.null_layer.values[:3], drawn.null_neuron.values[:3]
    right = zeroed_accuracy(model, *off, sets["changed"])
    assert float(drawn.null.sel(number=3, set="changed")) == pytest.approx(right, abs=1e-12)


def test_the_orders_are_those_of_the_measures(model, sets, found):
    acts = inb.record(model, sets["plain"][0], progress=False).activation
    entropy = inb.entropy(acts, bins=10, edges="neuron")
    ranked = np.sort(entropy.values[np.isfinite(entropy.values)])
    low, high = (found.sel(by=f"{which} entropy") for which in ("lowest", "highest"))
    np.testing.assert_allclose(-low.score, ranked[:10])
    np.testing.assert_allclose(high.score, ranked[::-1][:10])
    for at in (0, 3):
        own = entropy.sel(layer=low.off_layer.values[at], neuron=low.off_neuron.values[at])
        assert float(own) == pytest.approx(-float(low.score[at]))
    other = inb.record(model, sets["changed"][0], progress=False).activation
    size = abs(other - acts).mean("sample").values
    far = found.sel(by="largest difference")
    np.testing.assert_allclose(far.score, np.sort(size[np.isfinite(size)])[::-1][:10])


def test_mean_band_and_p_of_the_drawn_ones(found):
    null = found.null.values
    np.testing.assert_allclose(found.null_mean, null.mean(0))
    np.testing.assert_allclose(found.null_band, np.quantile(null, [0.025, 0.975], axis=0))
    value = found.value.values[2, 4, 1]
    below, above = (null[:, 4, 1] <= value).sum(), (null[:, 4, 1] >= value).sum()
    p = min(1.0, 2 * (1 + min(below, above)) / 16)
    assert float(found.p[2, 4, 1]) == pytest.approx(p)
    assert (found.p.sel(number=0) == 1).all()  # nothing is off in any of them


def test_all_orders_end_in_the_same_network(model, sets):
    every = intervene(model, sets["plain"], numbers=None, repeats=5)
    np.testing.assert_array_equal(every.number, np.arange(12))
    ends = [every.value.sel(number=11), every.null.sel(number=11)]
    assert len(np.unique(np.concatenate([end.values.ravel() for end in ends]))) == 1
    for order in every.off_neuron.values:
        assert np.bincount(order).sum() == 11


def test_each_layer_alone(model, sets):
    found = intervene(model, sets, within="layer", numbers=[0, 2, 6], repeats=5)
    assert found.value.dims == ("layer", "by", "number", "set")
    assert (found.off_layer.sel(layer="fc2", rank=[1, 2]) == "fc2").all()
    # fc2 has five neurons
    missing = found.value.isnull().all(["by", "set"])
    np.testing.assert_array_equal(missing, [[False, False, False], [False, False, True]])
    assert (found.off_neuron.sel(layer="fc2", rank=6) == -1).all()
    one = found.sel(layer="fc2", by="lowest entropy")
    right = zeroed_accuracy(model, ["fc2"] * 2, one.off_neuron.values[:2], sets["changed"])
    assert float(one.value.sel(number=2, set="changed")) == pytest.approx(right)


def test_the_seed_decides_and_the_result_is_saved_as_it_is(model, sets, found, tmp_path):
    options = {"between": ("plain", "changed"), "bins": 10, "edges": "neuron", "repeats": 15}
    xr.testing.assert_identical(intervene(model, sets, **options), found)
    other = intervene(model, sets, **options, seed=1)
    assert not other.null.equals(found.null)
    save_dataset(found, tmp_path / "found.zarr")
    xr.testing.assert_identical(open_dataset(tmp_path / "found.zarr").load(), found)


def test_own_scores_and_own_metric(model, sets):
    scores = xr.DataArray(
        [[0, 1, 2, 3, 4, 5.0]], {"layer": ["fc1"], "neuron": range(6)}, ("layer", "neuron")
    )
    calls = []

    def logits(model, data):
        calls.append((model.training, torch.is_grad_enabled()))
        return model(data[0]).mean()  # a tensor without dims is a number, too

    found = intervene(
        model, sets, ["fc1"], by={"mine": scores}, metric=logits, numbers=3, repeats=2
    )
    assert found.off_neuron.values.tolist() == [[5, 4, 3]]
    assert set(calls) == {(False, False)}
    assert len(calls) == 2 * (1 + 3 * 3)
    with torch.no_grad():
        plain = float(model(sets["plain"][0]).mean())
    np.testing.assert_allclose(found.value.sel(number=0, set="plain"), plain)
    assert found.attrs["metric"] == "logits"
    with pytest.raises(TypeError, match="metric must return a number; <lambda> returned str"):
        intervene(model, sets, metric=lambda model, data: "high")


def test_the_model_is_left_as_it_was(model, sets):
    model = copy.deepcopy(model).train()
    before = state(model)
    intervene(model, sets, numbers=2, repeats=2)
    assert_same(before, state(model))
    with pytest.raises(ZeroDivisionError):
        intervene(model, sets, metric=lambda model, data: 1 / 0)
    assert_same(before, state(model))


def test_data_in_other_forms_and_in_batches(model, sets):
    x, labels = sets["plain"]
    whole = intervene(model, (x, labels), numbers=3, repeats=3)
    assert whole.set.values.tolist() == ["data"]
    loader = DataLoader(TensorDataset(x, labels), batch_size=30)
    dataset = xr.Dataset({"input": (("sample", "i"), x.numpy()), "label": ("sample", labels)})
    for other in (loader, dataset, [(x[:30], labels[:30]), (x[30:], labels[30:])]):
        found = intervene(model, other, numbers=3, repeats=3, batch_size=17)
        np.testing.assert_allclose(found.value, whole.value)
    named = intervene(
        Calls(lambda self, inputs: self.model(inputs), model=model),
        {"a": {"inputs": x, "label": labels}}, ["model.fc1", "model.fc2"], numbers=3, repeats=3,
    )  # fmt: skip
    np.testing.assert_allclose(named.value, whole.value)


@pytest.mark.parametrize("sigmoid", [False, True])
def test_a_single_logit_or_probability(sigmoid):
    net = MLP([2, 4, 1], seed=1)
    model = nn.Sequential(net, nn.Sigmoid()) if sigmoid else nn.Sequential(net)
    x = inputs(50, 2)
    labels = (x[:, 0] > 0).long()
    for numbered in (labels, 2 * labels - 1, 7 * labels):  # above zero or not
        found = intervene(model, (x, numbered), ["0.fc1"], numbers=2, repeats=2)
        assert float(found.value[0, 0, 0]) == pytest.approx(accuracy(net, (x, labels)))


def test_modules_that_are_used_twice_and_convolutions():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu, self.out = nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Linear(3, 2)
            self.again = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            x = self.relu(self.again(self.relu(self.conv(x))))
            return self.out(x.mean((2, 3)))

    torch.manual_seed(0)
    model, x = Twice(), inputs(20, 1, 6, 6)
    labels = model(x).argmax(1)
    found = intervene(model, (x, labels), "relu", numbers=None, repeats=2)
    assert found.attrs["layers"] == "relu:0, relu:1"
    assert found.sizes["rank"] == 6
    constant = model.out.bias.argmax() == labels
    assert float(found.value[0, 6, 0]) == pytest.approx(float(constant.double().mean()))


def test_blocks_of_a_transformer_whatever_they_put_out():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 4)

        def forward(self, x):
            return x + self.b(torch.relu(self.a(x))), None

    def forward(self, x):
        for block in self.blocks:
            x, _ = block(x)
        return self.out(x.mean(1))

    torch.manual_seed(0)
    blocks = nn.ModuleList(Block() for _ in range(3))
    model, x = Calls(forward, blocks=blocks, out=nn.Linear(4, 2)), inputs(30, 5, 4)
    labels = model(x).argmax(1)
    found = intervene(model, (x, labels), "blocks", numbers=None, repeats=2)
    assert found.attrs["layers"] == "blocks.0, blocks.1, blocks.2"
    constant = model.out.bias.argmax() == labels
    assert float(found.value[0, 12, 0]) == pytest.approx(float(constant.double().mean()))


def test_one_neuron_dead_layers_and_few_neurons():
    model, x = MLP([2, 1, 2], seed=0), inputs(40, 2)
    labels = model(x).argmax(1)
    one = intervene(model, (x, labels), repeats=3)  # ten, or as many as there are
    assert one.number.values.tolist() == [0, 1]
    # nothing to be mutual with: it stays on
    assert np.isnan(one.value.sel(by="highest mutual information", number=1).item())
    dead = MLP([2, 4, 2], seed=0)
    with torch.no_grad():
        dead.fc1.weight.zero_()
        dead.fc1.bias.fill_(-1.0)
    labels = dead(x).argmax(1)
    found = intervene(dead, (x, labels), "relu1", repeats=3)
    assert (found.value == 1).all()
    assert (found.null == 1).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": ["fc9"]}, "layer 'fc9' not found in MLP"),
        ({"by": ["lowest entropi"]}, "by must be one of .* Did you mean 'lowest entropy'"),
        ({"by": []}, "by must name choices, each once"),
        ({"by": ["lowest entropy"] * 2}, "by must name choices, each once"),
        ({"by": {}}, "by is empty"),
        ({"by": ["largest difference"]}, "'largest difference' needs between="),
        ({"between": ("plain", "nothing")}, "between must be one of 'plain', 'changed'"),
        ({"between": "plain"}, "between must be the names of two sets"),
        ({"measured_on": "test"}, "measured_on must be one of 'plain', 'changed'"),
        ({"numbers": [0, 12]}, "numbers must hold 0 to 11, as many neurons as there are; not 12"),
        ({"numbers": 0}, "numbers must be at least 1"),
        ({"repeats": 0}, "repeats must be at least 1"),
        ({"within": "network"}, "within must be one of None, 'layer'"),
        ({"metric": "loss"}, "metric must be one of 'accuracy'"),
        ({"edges": "none"}, "edges"),
    ],
)
def test_one_clear_line(model, sets, change, message):
    with pytest.raises(ValueError, match=message):
        intervene(model, sets, **change)


def test_data_that_do_not_do(model, sets):
    x, labels = sets["plain"]
    with pytest.raises(ValueError, match="the set 'data' has no labels, which the accuracy needs"):
        intervene(model, x)
    with pytest.raises(ValueError, match="the set 'a' has no labels"):
        intervene(model, {"b": (x, labels), "a": [x]})
    with pytest.raises(TypeError, match="is a generator, which can be read only once"):
        intervene(model, (part for part in [(x, labels)]))
    with pytest.raises(ValueError, match="data names no set"):
        intervene(model, {})
    pair = {"a": (x, labels), "b": (x[:10], labels[:10])}
    with pytest.raises(ValueError, match="have 80 and 10 samples; they must be the same examples"):
        intervene(model, pair, between=("a", "b"))
    with pytest.raises(ValueError, match="the labels of the set 'data' are no whole numbers"):
        intervene(model, (x, labels / 3.0))
    for off, label in ((7, 7), (-100, -100)):
        beyond = labels.clone()
        beyond[70] = off
        told = rf"set 'b' has the label {label}, but the model has \d+ classes, 0 to \d+; number"
        with pytest.raises(ValueError, match=told):
            intervene(model, {"a": (x, labels), "b": (x, beyond)}, batch_size=30)
    wrong = x.clone()
    wrong[3, 1] = torch.nan
    with pytest.raises(ValueError, match=r"fc1.*neuron 0"):
        intervene(model, (wrong, labels))
    tokens = Calls(lambda self, x: self.a(x)[:, None].expand(-1, 3, -1), a=nn.Linear(4, 2))
    with pytest.raises(ValueError, match=r"returns no logits .* pass metric="):
        intervene(tokens, (x.float(), labels), "a")
