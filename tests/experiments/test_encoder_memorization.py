"""Memorization in encoders, small: images and roles, training, the claims."""

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

pytestmark = pytest.mark.slow

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
        "views": DigitViews(), "temperature": 0.1, "width": 16, "depth": 2, "precision": "float32",
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
    assert (asked.n_shared, asked.dataset, asked.precision) == (8000, "cifar10", "auto")
    with pytest.raises(FileNotFoundError, match=r"cifar10_png_subset\.zip"):
        asked.run(progress=False)
