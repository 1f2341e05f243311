"""Does a reading of one training rank the wrong labels? Digits, 40 % of the labels drawn anew."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

import infonb as inb
from infonb.data import load_digits, shuffled
from infonb.memorization import (
    area_under_margin,
    cumulative_loss,
    forgetting_events,
    loss_curvature,
    pointwise_information,
    rank_readings,
)
from infonb.networks import MLP
from infonb.training import Dynamics

LAYERS = ["fc1", "fc2", "out"]


def noisy_digits(seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """Return 1,200 digits with wrong labels to train on, and the other 597."""
    order = np.random.default_rng(seed).permutation(1797)
    digits = load_digits()
    train = shuffled(digits.isel(sample=order[:1200]), 0.4, n_classes=10, seed=seed)
    return train.assign_coords(is_wrong=train.label != train.true_label), digits.isel(
        sample=order[1200:]
    )


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)


def information(model: torch.nn.Module, digits: xr.Dataset) -> xr.DataArray:
    acts = inb.record(model, digits, layers=LAYERS, progress=False)
    return pointwise_information(acts, digits.label.values)


@pytest.fixture(scope="module")
def trained():
    """Return what was found in one network: readings, its training, its digits."""
    digits, unseen = noisy_digits(0)
    model = MLP([64, 256, 256, 10], seed=0)
    untrained = information(model, digits)
    dynamics = Dynamics(digits)
    history = inb.fit(
        model, digits, unseen, optimizer=momentum, batch_size=64, epochs=100, keep="last",
        monitor=None, callbacks=[dynamics], progress=False,
    )  # fmt: skip
    training = dynamics.results
    pixels = digits.input.stack(neuron=["row", "column"]).drop_vars(["neuron", "row", "column"])
    readings = {
        "cumulative loss": cumulative_loss(training),
        "area under the margin": area_under_margin(training),
        "forgetting events": forgetting_events(training),
        "curvature": loss_curvature(model, digits),
        "information": information(model, digits),
        "untrained": untrained,
        "pixels": pointwise_information(pixels, digits.label.values),
    }
    return rank_readings(readings, digits.is_wrong, draws=200), training, history


@pytest.mark.slow
def test_the_network_has_learnt_all_wrong_labels_by_heart(trained):
    _, training, history = trained
    right = (training.prediction == training.label).isel(epoch=-1)
    assert float(right.where(training.is_wrong, drop=True).mean()) > 0.99
    assert float(history.validation_accuracy.max() - history.validation_accuracy[-1]) > 0.15


@pytest.mark.slow
def test_one_training_ranks_wrong_labels_far_above_chance(trained):
    table, *_ = trained
    value = table.value.to_series()
    assert value["cumulative loss"] > 0.97
    assert value["area under the margin"] > 0.9
    assert value["forgetting events"] > 0.8
    assert value["curvature"] > 0.65
    low, high = table.null_interval.sel(reading="cumulative loss").values
    assert 0.45 < low < 0.5 < high < 0.55
    assert (table.p_value < 0.01).all()


@pytest.mark.slow
def test_pointwise_information_ranks_them_but_so_it_does_without_a_network(trained):
    table, *_ = trained
    value = table.value.to_series()
    for layer in ("fc1", "fc2"):
        assert value[f"information {layer}"] > 0.96
        assert value[f"untrained {layer}"] > 0.95
    assert value["pixels"] > 0.95
    assert value["information out"] < value["untrained out"], "the answers have learnt them"
