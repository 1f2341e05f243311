"""Memorization in encoders, small: images and roles, scores against plain loops, the claims."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from PIL import Image

from infonb.data import DigitViews, ImageViews, load_digits
from infonb.data.cifar10 import CIFAR10_CLASSES
from infonb.experiments import EncoderMemorization
from infonb.experiments.encoder_memorization import (
    data as images,
)
from infonb.experiments.encoder_memorization import (
    images_of,
    layers_table,
    pruning_table,
    what_is_memorized,
)
from infonb.experiments.encoder_memorization.claims import (
    _by_kind,
    _gaps,
    _neighbours,
    _null_and_half,
    information,
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
    Labelled,
    encoder,
    layers_of,
    train_pair,
    views_of,
    with_head,
)
from infonb.networks import Classified, MLPEncoder, ResNet9
from infonb.parameters import ParameterError

SMALL: dict[str, Any] = {
    "cache": "none", "seed": [0, 1], "n_shared": 20, "n_candidates": 20, "n_independent": 20,
    "n_external": 20, "n_planted": 8, "n_probe": 60, "n_evaluation": 80, "width": 32, "depth": 3,
    "epochs": 15, "batch_size": 40, "mi_neurons": 6, "n_random": 2, "n_augmentations": 3,
}  # fmt: skip

#: As `SMALL`, for `divide`.
SIZES = {name: value for name, value in SMALL.items() if name.startswith("n_")}


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return EncoderMemorization(**SMALL).run(progress=False)


@pytest.fixture(scope="module")
def parts() -> dict[str, xr.Dataset]:
    return images.divide("digits", SIZES, 8)


def test_roles_are_apart_and_textures_planted(parts):
    assert list(parts) == ["S", "C", "I", "E", "probe", "evaluation"]
    assert [part.sizes["sample"] for part in parts.values()] == [20, 20, 20, 20, 60, 80]
    numbers = np.concatenate([part["sample"].values for part in parts.values()])
    assert len(set(numbers)) == numbers.size == 220
    digits = load_digits().input.values.reshape(1797, -1)
    known = {row.tobytes() for row in digits}
    seen: list[bytes] = []
    for role, part in parts.items():
        assert part["input"].shape[1:] == (1, 8, 8)
        is_texture = part["kind"].values == "texture"
        assert is_texture.sum() == (8 if role in "CIE" else 0)
        values = part["input"].values
        assert set(np.unique(values[is_texture])) <= {0.0, 1.0}
        rows = [row.tobytes() for row in values[~is_texture]]
        assert known.issuperset(rows)
        seen += rows
    assert len(set(seen)) > 190  # a few digits are there twice in the data set
    textures = [parts[role]["input"].values[:8] for role in "CIE"]
    assert not any(np.array_equal(a, b) for a, b in combinations(textures, 2))
    again = images.divide("digits", SIZES, 8)
    assert all(part.identical(again[role]) for role, part in parts.items())


def test_some_of_each_role_are_spread(parts):
    some = images.some_of_each(parts, 4)
    assert some["role"].values.tolist() == [role for role in "SCIE" for _ in range(4)]
    assert some["kind"].values[4:8].tolist() == ["texture", "texture", "typical", "typical"]
    assert images.some_of_each(parts, 0).sizes["sample"] == 80


def test_the_views_of_a_strength():
    assert views_of("digits", 1.0) == DigitViews()
    photographs = views_of("cifar10", 1.0)
    assert isinstance(photographs, ImageViews)
    assert photographs.crop == (pytest.approx(0.2), 1.0)
    assert (photographs.jitter, photographs.grey, photographs.flip) == (0.5, 0.2, True)
    weak = views_of("digits", 0.5)
    assert (weak.noise, weak.dropout, weak.scale) == (0.1, 0.15, (0.85, 1.15))


def test_encoders_and_their_layers():
    mlp = encoder("contrastive", (1, 8, 8), width=16, depth=3, mixed=False, seed=1)
    assert isinstance(mlp, MLPEncoder)
    assert list(layers_of(mlp)) == ["layer1", "layer2", "layer3"]
    resnet = encoder("supervised", (3, 32, 32), width=64, depth=4, mixed=True, seed=1)
    assert isinstance(resnet, ResNet9)
    assert resnet.mixed
    assert resnet.n_features == 64
    assert list(layers_of(resnet)) == [
        "conv1", "conv2", "conv3", "conv4", "res2", "conv5", "conv6", "conv7", "conv8", "res6",
    ]  # fmt: skip
    masked = encoder("masked", (1, 8, 8), width=32, depth=2, mixed=False, seed=1)
    assert layers_of(masked) == {
        "layer1": ("block1", "block1.gelu"), "layer2": ("block2", "block2.gelu"),
    }  # fmt: skip
    assert masked.block1.fc1.out_features == 32


def test_both_encoders_begin_alike_and_go_on_as_their_images_want(parts, tmp_path):
    options: dict[str, Any] = {
        "views": DigitViews(), "temperature": 0.1, "width": 16, "depth": 2, "mixed": False,
        "device": "cpu", "seed": 3, "epochs": 2, "batch_size": 40, "learning_rate": 1e-3,
        "weight_decay": 0.0, "progress": False,
    }  # fmt: skip
    pair, history = train_pair("untrained", parts, checkpoint=None, **options)
    first, second = (one.state_dict() for one in pair.values())
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert np.isnan(history.train_loss.values).all()
    pair, history = train_pair("contrastive", parts, checkpoint=tmp_path, **options)
    assert not torch.equal(pair["target"].layer1.linear.weight, first["layer1.linear.weight"])
    assert not torch.equal(*(one.layer1.linear.weight for one in pair.values()))
    assert history.sizes["epoch"] == 2
    assert (tmp_path / "target/last.safetensors").exists()
    again, told = train_pair("contrastive", parts, checkpoint=tmp_path, **options)
    assert told.identical(history)
    weights = (one["reference"].layer2.linear.weight for one in (pair, again))
    assert torch.equal(*weights)
    # the same images for both: the same network
    alike = parts | {"I": parts["C"]}
    pair, _ = train_pair("contrastive", alike, checkpoint=None, **options)
    assert torch.equal(*(one.layer2.linear.weight for one in pair.values()))


def test_supervised_training_sees_views_and_labels():
    model = Classified(MLPEncoder((4, 3)), 2).eval()
    inputs, labels = torch.rand(6, 4), torch.tensor([0, 1, 1, 0, 1, 0])
    with torch.no_grad():
        found = Labelled(lambda x: 2 * x)(model, inputs, labels)
        expected = -model(2 * inputs).log_softmax(1)[torch.arange(6), labels].mean()
    assert float(found) == pytest.approx(float(expected), rel=1e-6)
    heads = [with_head(name, MLPEncoder((4, 32)), 2, 0) for name in ("contrastive", "simsiam")]
    assert heads[0](inputs).shape == (6, 8)
    assert heads[1](inputs)[0].shape == (6, 16)


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
        for values in pixels.values():
            values[:] = values
        without = {}
        for role, values in pixels.items():
            without[role] = values.copy()
            without[role][:, list(gone)] = 0
        expected = accuracy_of_probe(*((without[role], labels[role]) for role in pixels))
        assert float(found.probe_accuracy.sel(scope="all layers", pruned=name)) == expected
    drawn = found.random_accuracy.sel(scope="all layers").mean()
    assert float(found.probe_accuracy.sel(scope="all layers", pruned="random")) == float(drawn)


def test_a_run_has_all_measures_of_all_roles(runs):
    assert dict(runs.ssl_mem.sizes) == {"network": 3, "seed": 2, "layer": 3, "image": 80}
    assert runs["role"].values.tolist() == [role for role in "SCIE" for _ in range(20)]
    untrained = runs.sel(network="untrained")
    assert (untrained.ssl_mem == 0).all()
    assert (untrained.epochs == 0).all()
    assert (runs.sel(network="contrastive").epochs == 15).all()
    assert (runs.ssl_mem.sel(network="contrastive") != 0).any()
    seen = runs["image"].values[np.isin(runs["role"].values, ["S", "C"])]
    owners = runs["argmax_sample"].values
    assert set(owners[owners >= 0]) <= set(seen)
    units = runs["unit_mem"].values
    assert np.nanmin(units) >= 0
    assert np.nanmax(units) <= 1
    assert runs["entropy"].attrs["units"] == "nat"
    assert information(runs).dims == ("network", "seed", "layer")
    assert runs.attrs["dataset"] == "digits"
    of = images_of(runs)
    assert of.ssl_mem.dims == ("network", "seed", "layer", "sample")
    assert of.sizes["sample"] == 80


def test_what_the_rows_compare(runs):
    one = runs.sel(network="contrastive", drop=True)
    values = _null_and_half(one)
    last = one.ssl_mem.isel(layer=-1)
    of_c, of_e = (last.isel(image=np.flatnonzero(one["role"].values == r)).mean("image")
                  for r in "CE")  # fmt: skip
    np.testing.assert_allclose(values.sel(quantity="C / 2"), of_c / 2)
    np.testing.assert_allclose(values.sel(quantity="|E|"), abs(of_e))
    gaps = one.part_unit_mem.diff("part").isel(layer=-1, part=0)
    np.testing.assert_allclose(_gaps(one).sel(images="C"), -gaps)  # most stands before least
    null = one.null_part_unit_mem.diff("part").isel(layer=-1, part=0)
    np.testing.assert_allclose(_gaps(one).sel(images="E"), -null)
    near = (one.tau[:, 0, 1] + one.tau[:, 1, 2]) / 2
    np.testing.assert_allclose(_neighbours(one).sel(distance="near"), near)
    np.testing.assert_allclose(_neighbours(one).sel(distance="far"), one.tau[:, 0, 2])
    groups = _by_kind(one)["group_of_image"].values
    assert groups[[0, 20, 39]].tolist() == ["S typical", "C texture", "C typical"]


def test_table_and_sentences(runs):
    experiment = EncoderMemorization(**SMALL)
    table = experiment.claims(runs)
    found = {(claim.statement, claim.where): claim for claim in table.claims}
    of_pairs = {where for _, where in found if where in ("contrastive", "supervised")}
    assert of_pairs == {"contrastive", "supervised"}
    claim = found["candidates are memorized more than external images", "contrastive"]
    last = runs.ssl_mem.sel(network="contrastive").isel(layer=-1)
    means = [last.isel(image=np.flatnonzero(runs["role"].values == r)).mean("image").values
             for r in "CE"]  # fmt: skip
    np.testing.assert_allclose(claim.effect, means[0] - means[1])
    assert claim.paper == "0.308 (layer 8)"
    assert found["candidates are memorized more than external images", "supervised"].paper == (
        "not reported"
    )
    pruned = found[
        "the probe is worse without units of highest UnitMem than without drawn units",
        "a tenth of all, contrastive",
    ]
    accuracy = runs.probe_accuracy.sel(network="contrastive", scope="all layers")
    gaps = accuracy.sel(pruned="highest") - accuracy.sel(pruned="random")
    np.testing.assert_allclose(pruned.effect, gaps)
    ranked = [claim for claim in table.claims if claim.n_levels and "entropy" in claim.statement]
    assert set(ranked[0].rulers) == {"common", "shared", "neuron"}
    words = experiment.answer(table)
    assert f"of {len(table.of_paper)} hold**" in words
    assert "Not compared" not in table.caption
    told = what_is_memorized(runs)
    assert "**Contrastive**: LayerMem of the candidates" in told
    assert "untrained" in told
    ends = [float(information(runs).sel(network="contrastive").isel(layer=i).mean())
            for i in (0, -1)]  # fmt: skip
    assert f"mean MI goes from {ends[0]:.3f} to {ends[1]:.3f} nat" in told
    null = runs.null_part_unit_mem.sel(network="contrastive").isel(layer=-1).mean("seed")
    most, least = (float(null.sel(part=part)) for part in ("most", "least"))
    assert f"which are chance, {most:.2f}, of the lowest {least:.2f}." in told
    layers = layers_table(runs, "supervised")
    assert layers.index.tolist() == ["layer1", "layer2", "layer3"]
    expected = runs.group_mem.sel(network="supervised", group="E", layer="layer3").mean("seed")
    assert layers.loc["layer3", "LayerMem of E"] == pytest.approx(float(expected))
    table = pruning_table(runs)
    assert table.loc[("supervised", "each layer"), "lowest"] == pytest.approx(
        100 * float(runs.probe_accuracy.sel(
            network="supervised", scope="each layer", pruned="lowest").mean("seed"))
    )  # fmt: skip


def test_only_one_pair_and_one_seed_are_told_as_what_they_are():
    few = EncoderMemorization(**SMALL | {"network": ["simsiam"], "seed": [0], "epochs": 2})
    runs = few.run(progress=False)
    table = few.claims(runs)
    assert {claim.verdict for claim in table.claims} <= {"too close to tell"}
    assert "Simsiam" in what_is_memorized(runs)


def photographs(folder: Path) -> str:
    """Put a few pictures of noise where CIFAR-10's would be."""
    rng = np.random.default_rng(0)
    for split, n in (("train", 6), ("test", 9)):
        for kind in CIFAR10_CLASSES:
            place = folder / split / kind
            place.mkdir(parents=True)
            for i in range(n):
                pixels = rng.integers(0, 256, size=(32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(place / f"{i}.png")
    return str(folder)


def test_photographs_go_through_a_resnet(tmp_path):
    experiment = EncoderMemorization(
        preset="cifar10", cache="none", folder=photographs(tmp_path), n_shared=20, n_candidates=20,
        n_independent=20, n_external=20, n_probe=30, n_evaluation=40, width=32, epochs=1,
        batch_size=20, n_scored=6, n_augmentations=2, mi_neurons=2, mi_samples=40, n_random=1,
        network=["contrastive", "untrained"], seed=[0, 1],
    )  # fmt: skip
    runs = experiment.run(progress=False)
    names = runs["layer"].values.tolist()
    assert names[3:6] == ["conv4", "res2", "conv5"]
    assert runs["width"].values.tolist() == [4, 8, 8, 8, 8, 16, 32, 32, 32, 32]
    assert runs["role"].values.tolist() == [role for role in "SCIE" for _ in range(6)]
    units = runs["unit_mem"].sel(network="contrastive")
    assert units.sel(layer="conv1").isel(neuron=slice(4, None)).isnull().all()
    table = experiment.claims(runs)
    (claim,) = [c for c in table.claims if c.statement.startswith("sums of shortcuts")]
    one = runs.sel(network="contrastive")
    steps = abs(one.layer_mem.diff("layer"))  # labelled by the later layer
    plain = ["conv2", "conv3", "conv4", "conv5", "conv6", "conv7", "conv8"]
    expected = steps.sel(layer=plain).mean("layer") - steps.sel(layer=["res2", "res6"]).mean(
        "layer"
    )
    np.testing.assert_allclose(claim.effect, expected)
    (trend,) = [c for c in table.claims if c.statement.startswith("LayerMem of the candidates")]
    assert trend.n_levels == 8  # sums are no layers of their own
    assert not any("texture" in claim.statement for claim in table.claims)
    assert "texture" not in what_is_memorized(runs)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_shared": 1600}, r"n_shared \+ .* must be at most 1,797, the images of digits; not"),
        ({"n_planted": 21}, "n_planted must be at most the smallest of C, I and E, 20; not 21"),
        ({"dataset": "cifar10"}, "n_planted must be 0 with dataset='cifar10'"),
        ({"folder": "here"}, "folder='here' is not used with dataset='digits'"),
        ({"dataset": "cifar10", "n_planted": 0, "network": ["masked"]}, "'masked' is for dataset="),
        ({"network": ["masked"], "width": 24}, "width must be a multiple of 16"),
        ({"network": ["moco"]}, "network"),
        ({"mi_samples": 81}, "mi_samples must be at most the number of evaluation images, 80"),
        (
            {"dataset": "cifar10", "n_planted": 0, "n_probe": 5000},
            r"must be at most 5,000, the images of cifar10, test part; not 5,100",
        ),
    ],
)
def test_parameters_that_do_not_fit(changed, message):
    with pytest.raises(ParameterError, match=message):
        EncoderMemorization(**SMALL | changed)


def test_photographs_that_are_not_there_are_told_before_all_else(tmp_path, monkeypatch):
    monkeypatch.delenv("INFONB_DATA", raising=False)
    asked = EncoderMemorization(preset="cifar10", cache="none", folder=str(tmp_path))
    assert (asked.n_shared, asked.dataset, asked.mixed) == (8000, "cifar10", True)
    with pytest.raises(FileNotFoundError, match=r"cifar10_png_subset\.zip"):
        asked.run(progress=False)
