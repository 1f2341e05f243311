"""A result that would not fit is refused by size and way out, before anything is allocated."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.measures.rows import room


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    monkeypatch.setattr(room, "available_memory", lambda: 10**9)


def wide(n_neurons, n_samples=4):
    values = np.arange(n_neurons * n_samples, dtype=np.float32) % 977
    return xr.DataArray(values.reshape(n_neurons, n_samples), dims=("neuron", "sample"))


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("n_neurons", [20_000, 50_000, 100_000])
def test_all_pairs(n_neurons, lazy):
    acts = wide(n_neurons)
    acts = acts.chunk(sample=2) if lazy else acts
    number = f"{n_neurons * (n_neurons + 1) // 2:,} pairs of neurons takes .* GB"
    for options in ({"k": 1}, {"estimator": "binned"}, {"estimator": "mixture", "k": 1}):
        with pytest.raises(
            ValueError, match=rf"{number} .*1.0 GB can be had. Draw fewer .neurons="
        ):
            inb.mutual_information(acts, **options)
    drawn = inb.mutual_information(acts.isel(neuron=slice(300)), neurons=20, estimator="binned")
    assert drawn.sizes["neuron"] == 20


@pytest.mark.parametrize("lazy", [False, True])
def test_every_sample_of_every_pair(lazy, monkeypatch):
    monkeypatch.setattr(room, "available_memory", lambda: 10**8)
    acts = wide(300, 20_000)
    acts = acts.chunk(sample=10_000) if lazy else acts
    with pytest.raises(ValueError, match=r"at 20,000 samples takes .*Leave out pointwise=True"):
        inb.mutual_information(acts, pointwise=True)
    with pytest.raises(ValueError, match="neurons with other takes"):
        inb.mutual_information(acts, other=np.arange(20_000) % 2, pointwise=True)
    with pytest.raises(ValueError, match="pointwise entropy of 300 neurons at 20,000 samples"):
        inb.entropy(acts, pointwise=True)


@pytest.mark.parametrize("lazy", [False, True])
def test_bins(lazy):
    acts = wide(200)
    acts = acts.chunk(sample=2) if lazy else acts
    for options in (
        {"bins": 10**9}, {"bins": 10**7, "edges": "neuron"}, {"bins": 10**7, "edges": "shared"},
    ):  # fmt: skip
        words = f"counting 200 neurons in {options['bins']:,} bins each takes .*Pass fewer bins"
        with pytest.raises(ValueError, match=words):
            inb.entropy(acts, **options)
        with pytest.raises(ValueError, match=words):
            inb.mutual_information(acts, estimator="binned", **options)
    with pytest.raises(ValueError, match="bins must be at most 2147483647"):
        inb.entropy(acts, bins=2**31)
    assert inb.entropy(acts.isel(neuron=slice(2)), bins=10**6).compute().shape == (2,)


def test_points_of_a_density():
    with pytest.raises(ValueError, match=r"the density of 1 distributions at .*Pass fewer points"):
        inb.mixture_density(xr.DataArray(np.arange(9.0), dims="neuron"), points=10**9)


def test_nothing_is_said_where_the_system_tells_nothing(monkeypatch):
    monkeypatch.setattr(room, "available_memory", lambda: None)
    room.check_room(10**15, "everything", "")
    monkeypatch.setattr(room, "available_memory", lambda: 10**9)
    with pytest.raises(ValueError, match=r"everything takes 1000.0 TB of memory, and 1.0 GB can"):
        room.check_room(10**15, "everything", "Less.")


def test_a_copy_of_what_lies_elsewhere_or_nowhere():
    nothing = np.broadcast_to(np.float32(0), (200_000, 100_000))
    with pytest.raises(ValueError, match=r"a copy of the activations in order takes 80.0 GB"):
        inb.entropy(xr.DataArray(nothing, dims=("neuron", "sample")))
    other = xr.DataArray(nothing[:4], dims=("sample", "variable")).expand_dims(more=1000)
    with pytest.raises(ValueError, match=r"other takes 3.2 GB"):
        inb.mutual_information(wide(2), other=other)
