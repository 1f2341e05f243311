"""Scores of encoders, their units and a probe without some of them, against plain loops."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
import xarray as xr

from infonb.data import DigitViews
from infonb.experiments.encoder_memorization import (
    data as images,
)
from infonb.experiments.encoder_memorization.measures import (
    agreement_of_layers,
    in_layers,
    layer_scores,
    selectivity_of,
    unit_scores,
)
from infonb.experiments.encoder_memorization.pruning import (
    SCOPES,
    accuracy_of_probe,
    chosen,
    pruned_accuracy,
)
from infonb.experiments.encoder_memorization.training import (
    views_of,
)
from infonb.networks import MLPEncoder


@pytest.fixture(scope="module")
def parts() -> dict[str, xr.Dataset]:
    sizes = {
        "n_shared": 20, "n_candidates": 20, "n_independent": 20, "n_external": 20, "n_planted": 8,
        "n_probe": 60, "n_evaluation": 80,
    }  # fmt: skip
    return images.divide("digits", sizes, 8)


def plain_ssl_mem(pair, part, views, n):
    """The definition, image by image and layer by layer, views as `record` draws them."""
    generators = []
    for view in range(n):
        words = np.random.SeedSequence([0, view, 0]).generate_state(1, np.uint64)
        generators.append(torch.Generator().manual_seed(int(words[0] >> np.uint64(1))))
    drawn = [views(torch.tensor(part["input"].values), generator) for generator in generators]
    found = {}
    for name, model in pair.items():
        values, outputs = [], [view.flatten(1) for view in drawn]
        for layer in model.eval().children():
            with torch.no_grad():
                outputs = [layer(one) for one in outputs]
            units = [one / one.norm(dim=1, keepdim=True) for one in outputs]
            gaps = [(a - b).norm(dim=1) for a, b in combinations(units, 2)]
            values.append(torch.stack(gaps).mean(0).numpy())
        found[name] = np.array(values)
    f, g = found["target"], found["reference"]
    return (g - f) / (g + f)


def test_layer_scores_against_a_plain_loop(parts):
    few = {role: part.isel(sample=slice(6)) for role, part in parts.items()}
    pair = {name: MLPEncoder((64, 12, 8), seed=seed) for seed, name in
            enumerate(("target", "reference"))}  # fmt: skip
    options = {"n_scored": 0, "n_augmentations": 3, "normalize": "sum"}
    found = layer_scores(pair, few, DigitViews(), pairs="aug-aug", **options)
    expected = plain_ssl_mem(pair, images.some_of_each(few, 0), DigitViews(), 3)
    np.testing.assert_allclose(found.ssl_mem.values, expected, atol=1e-5)
    candidates = found["role"].values == "C"
    np.testing.assert_allclose(found.layer_mem, expected[:, candidates].mean(1), atol=1e-5)
    assert found.ssl_mem.dims == ("layer", "image")
    assert found["kind"].values[6:12].tolist() == ["texture"] * 6
    # exchanged, every sign turns; with itself there is nothing
    turned = {"target": pair["reference"], "reference": pair["target"]}
    other = layer_scores(turned, few, DigitViews(), pairs="aug-aug", **options)
    np.testing.assert_array_equal(other.ssl_mem, -found.ssl_mem)
    same = {"target": pair["target"], "reference": pair["target"]}
    nothing = layer_scores(same, few, DigitViews(), pairs="aug-aug", **options)
    assert (nothing.ssl_mem == 0).all()
    with_clean = layer_scores(pair, few, DigitViews(), pairs="clean-aug", **options)
    assert not np.allclose(with_clean.ssl_mem, found.ssl_mem)


def test_images_are_scored_in_parts(parts, monkeypatch):
    pair = {name: MLPEncoder((64, 8), seed=seed) for seed, name in
            enumerate(("target", "reference"))}  # fmt: skip
    options = {"n_scored": 4, "n_augmentations": 2, "normalize": "sum", "pairs": "aug-aug"}
    whole = layer_scores(pair, parts, DigitViews(), **options)
    monkeypatch.setattr("infonb.experiments.encoder_memorization.measures._AT_ONCE", 5)
    cut = layer_scores(pair, parts, DigitViews(), **options)
    assert cut.ssl_mem.sizes == whole.ssl_mem.sizes
    assert cut.image.equals(whole.image)


def test_selectivity_for_images_by_hand():
    means = xr.DataArray(
        [[6.0, 1, 1, 4], [1, 1, 1, 1], [0, 0, 0, 0], [np.nan] * 4],
        {"sample": [3, 5, 7, 9]}, ("neuron", "sample"),
    )  # fmt: skip
    # unit 0: (6 - 2) / (6 + 2); the other one is the same for all; a dead one says nothing
    assert selectivity_of(means, np.array([3])) == pytest.approx(0.5)
    # of the images 5 and 7: (1 - 5) / (1 + 5) and 0, of which the largest counts
    assert selectivity_of(means, np.array([5, 7])) == pytest.approx(0.0)
    assert np.isnan(selectivity_of(0 * means, np.array([3])))


def test_external_images_are_the_null_of_selectivity(parts):
    model = MLPEncoder((64, 16, 16), seed=1).eval()
    scored = images.some_of_each(parts, 0)
    mem = xr.DataArray(
        np.random.default_rng(0).normal(size=(2, scored.sizes["sample"])),
        {
            "layer": ["layer1", "layer2"], "image": scored["sample"].values,
            "role": ("image", scored["role"].values),
        },
        ("layer", "image"),
    )  # fmt: skip
    views = views_of("digits", 1.0)
    found = unit_scores(
        {"target": model}, parts, views, ssl_mem=mem, n_scored=0, n_augmentations=3, rest="mean"
    )
    for role, name in (("C", "part_unit_mem"), ("E", "null_part_unit_mem")):
        if role == "C":
            shown = in_layers(model, images.joined(parts, "SC"), augment=views, n_augmentations=3)
        else:  # the same views of S
            seen = in_layers(model, images.joined(parts, "SC"), augment=views, n_augmentations=3)
            others = in_layers(model, parts["E"], augment=views, n_augmentations=3)
            shown = xr.concat([seen.isel(sample=slice(20)), others], "sample", coords="minimal")
        means = shown["activation"].mean("augmentation").sel(layer="layer2")
        last = mem.sel(layer="layer2").isel(image=mem["role"].values == role)
        order = last["image"].values[np.argsort(last.values)]
        for part, some in (("most", order[-4:]), ("least", order[:4])):
            expected = selectivity_of(means, some)
            assert float(found[name].sel(layer="layer2", part=part)) == pytest.approx(expected)


def test_agreement_of_layers_by_hand():
    scores = xr.DataArray(
        [[1.0, 2, 3, 9], [1, 3, 2, -9], [5, 5, 5, 5]],
        {"layer": ["a", "b", "c"], "role": ("image", ["C", "C", "C", "E"])}, ("layer", "image"),
    )  # fmt: skip
    tau = agreement_of_layers(scores).values
    # of three pairs of candidates two are in the same order
    np.testing.assert_allclose(tau[:2, :2], [[1, 1 / 3], [1 / 3, 1]])
    assert np.isnan(tau[2]).all()


UNIT_MEM = xr.DataArray(
    np.arange(40.0).reshape(2, 20) / 40, {"layer": ["conv1", "res2"]}, ("layer", "neuron")
)


@pytest.mark.parametrize("scope", SCOPES)
def test_which_units_are_switched_off(scope):
    rng = np.random.default_rng(0)
    values = UNIT_MEM.assign_coords(layer=["conv1", "conv2"]).copy()
    values[0, 0] = np.nan  # dead: 39 units are left, 19 of the first layer
    high, low = (chosen(values, which, scope, rng) for which in ("highest", "lowest"))
    if scope == "all layers":
        assert high["conv2"].tolist() == [16, 17, 18, 19]
        assert low["conv1"].tolist() == [1, 2, 3, 4]
        assert len(high) == len(low) == 1
    else:
        assert (high["conv1"].tolist(), high["conv2"].tolist()) == ([18, 19], [18, 19])
        assert (low["conv1"].tolist(), low["conv2"].tolist()) == ([1, 2], [0, 1])
    drawn = [chosen(values, "random", scope, rng) for _ in range(200)]
    assert {sum(map(len, one.values())) for one in drawn} == {4}
    assert 0 not in np.concatenate([one.get("conv1", [1]) for one in drawn])
    assert len({str(one) for one in drawn}) > 100
    # sums of shortcuts are no units of their own
    assert list(chosen(UNIT_MEM, "highest", scope, rng)) == ["conv1"]


def test_the_probe_tells_what_is_linear():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 5))
    labels = (features[:, 1] + 0.1 * features[:, 2] > 0).astype(int) + 3
    dead = np.column_stack([features, np.zeros(300), np.full(300, 7.0)])
    train, other = (dead[:200], labels[:200]), (dead[200:], labels[200:])
    assert accuracy_of_probe(train, other) > 0.9
    shuffled = rng.permutation(labels[:200])
    assert accuracy_of_probe((dead[:200], shuffled), other) < 0.7


def test_pruning_what_the_probe_needs(parts):
    """A layer whose units copy pixels: without all of them the probe knows one class."""
    model = MLPEncoder((64, 64), seed=0)
    with torch.no_grad():
        model.layer1.linear.weight.copy_(torch.eye(64))
        model.layer1.linear.bias.zero_()
    # UnitMem of a tenth of them is known: those with the largest are off
    memory = np.linspace(0, 1, 64)[None]
    unit_mem = xr.DataArray(memory, {"layer": ["layer1"]}, ("layer", "neuron"))
    found = pruned_accuracy(model, unit_mem, parts, n_random=2, seed=0)
    off = chosen(unit_mem, "highest", "all layers", np.random.default_rng(0))["layer1"]
    assert off.tolist() == list(range(58, 64))
    pixels = {role: parts[role]["input"].values.reshape(-1, 64).astype(float).copy()
              for role in ("probe", "evaluation")}  # fmt: skip
    labels = {role: parts[role]["label"].values for role in pixels}
    for name, gone in (("none", []), ("highest", range(58, 64)), ("lowest", range(6))):
        without = {}
        for role, values in pixels.items():
            without[role] = values.copy()
            without[role][:, list(gone)] = 0
        expected = accuracy_of_probe(*((without[role], labels[role]) for role in pixels))
        assert float(found.probe_accuracy.sel(scope="all layers", pruned=name)) == expected
    drawn = found.random_accuracy.sel(scope="all layers").mean()
    assert float(found.probe_accuracy.sel(scope="all layers", pruned="random")) == float(drawn)
