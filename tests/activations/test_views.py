"""Views of each sample: the same whatever the model and the batches, each in its place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import infonb as inb
from infonb.data import DigitViews, ImageViews
from infonb.networks import MLP

IMAGES = np.random.default_rng(0).random((150, 3, 6, 6), np.float32)


class Pass(nn.Module):
    """Gives its inputs back from the layer `same`, and from a narrower one their first channel."""

    def __init__(self) -> None:
        super().__init__()
        self.same, self.first = nn.Identity(), nn.Identity()

    def forward(self, x):
        return self.first(self.same(x)[:, 0]).flatten(1)


def recorded(data=IMAGES, model=None, **options):
    options = {"augment": ImageViews(), "n_augmentations": 3, "reduce": "flatten", **options}
    layers = options.pop("layers", ["same", "first"])
    return inb.record(model or Pass(), data, layers, progress=False, **options)


def test_dims_coordinates_and_attributes():
    data = xr.Dataset(
        {"input": (("sample", "channel", "row", "column"), IMAGES)},
        {"sample": np.arange(150) + 7, "role": ("sample", np.repeat(["S", "C"], 75))},
    )
    found = recorded(data, n_augmentations=4, seed=3)
    assert dict(found.activation.sizes) == {
        "augmentation": 4, "layer": 2, "neuron": 108, "sample": 150,
    }  # fmt: skip
    assert found.activation.dims == ("augmentation", "layer", "neuron", "sample")
    assert found.augmentation.values.tolist() == [0, 1, 2, 3]
    assert found.width.values.tolist() == [108, 36]
    assert found.sample.values.tolist() == (np.arange(150) + 7).tolist()
    assert found.role.dims == ("sample",)
    assert found.prediction.dims == ("augmentation", "sample")
    assert found.attrs["augment"] == repr(ImageViews())
    assert found.attrs["seed"] == 3
    assert found.activation.sel(layer="first", neuron=slice(36, None)).isnull().all()
    inb.activations.check_activations(found, values=True)


def test_views_are_what_the_augmentation_makes_of_each_sample():
    """Against a plain loop, of an augmentation that draws one number for each sample."""

    def views(images, generator):
        return images + torch.rand(len(images), 1, 1, 1, generator=generator)

    found = recorded(augment=views)
    seen = found.activation.sel(layer="same").transpose("augmentation", "sample", "neuron")
    added = seen.values - IMAGES.reshape(1, 150, 108)
    assert np.allclose(added, added[..., :1], atol=1e-6)  # the same for all values of a sample
    assert len(np.unique(added[..., 0].round(5))) > 440  # another one for each sample and view


@pytest.mark.parametrize("batch_size", [1, 7, 64, 100, 1000])
def test_views_are_the_same_at_any_batch_size(batch_size):
    assert recorded(batch_size=batch_size).identical(recorded())


def test_views_are_the_same_for_every_form_of_data_and_model():
    expected = recorded().activation.values
    labels = torch.arange(150)
    loader = DataLoader(TensorDataset(torch.from_numpy(IMAGES), labels), batch_size=11)
    data = xr.DataArray(IMAGES, dims=("sample", "channel", "row", "column"))
    for form in (torch.from_numpy(IMAGES), data, (IMAGES, labels.numpy()), loader, loader.dataset):
        assert np.array_equal(recorded(form).activation.values, expected, equal_nan=True)
    assert np.array_equal(recorded(loader).label.values, labels.numpy())
    double = recorded(model=Pass().double())
    assert np.array_equal(double.activation.values, expected, equal_nan=True)


def test_seeds_differ_and_the_random_state_is_left_alone():
    state = torch.get_rng_state()
    one, other = recorded(seed=1), recorded(seed=2)
    own = recorded(augment=lambda images: images + torch.rand(images.shape))
    again = recorded(augment=lambda images: images + torch.rand(images.shape))
    assert not np.array_equal(one.activation.values, other.activation.values, equal_nan=True)
    assert recorded().attrs["seed"] == 0
    assert recorded(seed=0).identical(recorded())
    assert np.array_equal(own.activation.values, again.activation.values, equal_nan=True)
    assert torch.equal(torch.get_rng_state(), state)


def test_labels_and_predictions_of_shuffled_loaders_stay_with_their_samples():
    """The network puts out what its input is, and labels are that, too."""
    values = torch.arange(150.0) - 74.5
    data = TensorDataset(values[:, None, None], (values > 0).long())
    network = nn.Sequential(nn.Flatten(), nn.Linear(1, 1, bias=False))
    nn.init.ones_(network[1].weight)
    still = DigitViews(shift=0, scale=(1, 1), noise=0, dropout=0)
    loader = DataLoader(data, batch_size=8, shuffle=True)
    options = {"augment": still, "n_augmentations": 2, "progress": False}
    found = inb.record(network, loader, ["1"], seed=5, **options)
    assert np.array_equal(found.prediction.values, np.stack([found.label.values] * 2))
    assert np.array_equal(found.activation.values[0, 0, 0] > 0, found.label.values)
    assert not np.array_equal(found.activation.values[0, 0, 0], values.numpy())


def test_channel_means_or_whole_maps():
    network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(80, 2))
    means = recorded(model=network, layers=["1"], reduce="mean")
    maps = recorded(model=network, layers=["1"])
    assert (means.sizes["neuron"], maps.sizes["neuron"]) == (5, 80)
    shape = (3, 1, 5, 16, 150)
    assert np.allclose(maps.activation.values.reshape(shape).mean(3), means.activation, atol=1e-6)


def test_modes_are_restored_and_batch_norm_is_in_eval_mode():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).train()
    before = network[1].running_mean.clone()
    one = recorded(model=network, layers=["1"], batch_size=1)
    assert torch.equal(network[1].running_mean, before)
    assert network[1].training
    many = recorded(model=network, layers=["1"])
    assert np.allclose(one.activation, many.activation, atol=1e-5)


class Stubborn(Pass):
    def forward(self, x):
        self.train()
        return super().forward(x)


def test_memory_counts_all_views(capsys):
    one = 150 * 2 * 108 * 4
    recorded(max_bytes=3 * one)
    with pytest.raises(ValueError, match="with 3 views of each"):
        recorded(max_bytes=3 * one - 1)
    inb.record(Pass(), IMAGES, ["same"], augment=ImageViews(), progress="text")
    said = capsys.readouterr().out
    assert "150 samples: 1.8 kB (no padding); with 10 views of each: 18.0 kB" in said
    assert "1500/1500" in said


@pytest.mark.parametrize(
    ("data", "options", "error", "words"),
    [
        (IMAGES, {"augment": 3}, TypeError, "function of images"),
        (IMAGES, {"augment": ImageViews}, TypeError, "not the class ImageViews"),
        (IMAGES, {"n_augmentations": 0}, ValueError, "n_augmentations must be at least 1"),
        (IMAGES, {"to": "views.zarr"}, ValueError, "to= writes one recording"),
        (IMAGES, {"augment": lambda images: images[:, :1]}, ValueError, "shape of the images"),
        (IMAGES, {"model": Stubborn()}, ValueError, "in train mode after a forward"),
        ({"x": torch.ones(4, 3)}, {}, TypeError, "Record texts and several inputs without it"),
        ([torch.ones(2, 3)], {}, TypeError, "whose number of samples is known; not list"),
    ],
)
def test_what_is_refused(data, options, error, words):
    with pytest.raises(error, match=words):
        recorded(data, **options)


def test_integers_are_refused_by_the_views():
    with pytest.raises(TypeError, match="Bytes: images / 255"):
        recorded((IMAGES * 255).astype(np.uint8))


def test_recordings_of_views_are_saved_and_measured(tmp_path):
    found = inb.record(
        MLP([108, 8, 2]), IMAGES, augment=DigitViews(), n_augmentations=2, progress=False
    )
    inb.save(found, tmp_path / "views.zarr")
    opened = inb.open(tmp_path / "views.zarr").load()
    assert opened.identical(found)
    assert inb.entropy(opened).dims == ("augmentation", "layer", "neuron")
