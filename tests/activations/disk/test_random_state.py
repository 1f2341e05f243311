"""Samples in a drawn order, and models that draw, go on with the same random numbers."""

from __future__ import annotations

import os

import pytest
import torch
from activations.models import Calls, Functional, inputs, quiet
from activations.recordings import Counts, assert_same
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

X = inputs(20, 4)
Y = torch.arange(20)


def test_loaders_that_shuffle(tmp_path):
    model = Functional()
    data = TensorDataset(X, Y)
    for loader in (
        DataLoader(data, 4, shuffle=True),
        DataLoader(data, batch_sampler=torch.utils.data.BatchSampler(
            torch.utils.data.RandomSampler(data), 4, drop_last=False)),
        DataLoader(data, 4, sampler=torch.utils.data.SubsetRandomSampler(range(9))),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"shuffles in another order each time.* Pass seed="):
            quiet(model, loader, to=tmp_path / "a.zarr")
        assert os.listdir(tmp_path) == []

    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        return DataLoader(data, 4, shuffle=True, generator=generator)

    seeded = DataLoader(data, 4, shuffle=True)
    for number, (loader, other, kwargs) in enumerate(
        [(lambda: seeded, None, {"seed": 3}), (lambda: drawn(5), lambda: drawn(6), {})]
    ):
        path = tmp_path / f"{number}.zarr"
        expected = quiet(model, loader(), **kwargs)
        count = Counts(model, 3)
        with pytest.raises(RuntimeError, match="in the middle"):
            quiet(model, loader(), to=path, **kwargs)
        count.handle.remove()
        if other is not None:
            with pytest.raises(ValueError, match=r"batch 0 .* pass the same data in the same ord"):
                quiet(model, other(), to=path, **kwargs)
        assert_same(quiet(model, loader(), to=path, **kwargs), expected)


@pytest.mark.parametrize("at", [1, 3, 4])
def test_models_that_draw_go_on_with_the_same_numbers(tmp_path, at):
    noisy = Calls(
        lambda self, x: self.b(self.a(x) + torch.randn(len(x), 5)),
        a=nn.Linear(4, 5), b=nn.Linear(5, 2),
    )  # fmt: skip
    loader = DataLoader(TensorDataset(X), 4, shuffle=True)
    kwargs = {"layers": ["b"], "seed": 7}
    state = torch.get_rng_state()
    expected = quiet(noisy, loader, **kwargs)
    count = Counts(noisy, at)
    with pytest.raises(RuntimeError, match="in the middle"):
        quiet(noisy, loader, to=tmp_path / "a.zarr", **kwargs)
    count.handle.remove()
    assert_same(quiet(noisy, loader, to=tmp_path / "a.zarr", **kwargs), expected)
    assert torch.equal(torch.get_rng_state(), state)
