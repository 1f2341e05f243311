"""Which networks are grouped, and how many at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from infonb.networks import MLP
from infonb.training.group import Fit, group_size, is_grouped, size

DATA = np.zeros((10, 4), np.float32), np.zeros(10, np.int64)
LOADER = DataLoader(TensorDataset(*map(torch.from_numpy, DATA)))


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        (Fit(MLP([4, 8, 2]), DATA), True),
        (Fit(MLP([4, 8, 2]), DATA, options={"loss": "cross_entropy"}), True),
        (Fit(MLP([4, 8, 2]), DATA, options={"loss": nn.CrossEntropyLoss()}), False),
        (Fit(MLP([4, 8, 2]), DATA, options={"optimizer": torch.optim.SGD}), False),
        (Fit(MLP([4, 8, 2]), DATA, options={"regularizer": object()}), False),
        (Fit(MLP([4, 8, 2]), LOADER), False),
        (Fit(MLP([4, 8, 2]), DATA, LOADER), False),
        (Fit(nn.Sequential(nn.Linear(4, 2), nn.Dropout()), DATA), False),
        (Fit(MLP([4, 400, 400, 2]), DATA), False),  # one alone keeps a core busy
    ],
)  # fmt: skip
def test_what_is_grouped(fit, expected):
    assert is_grouped(fit) is expected


def test_large_data_make_small_groups():
    model = MLP([1000, 8, 2])
    assert group_size(Fit(model, DATA)) == 32

    class Large:
        def __len__(self):
            return 100_000  # 400 MB

    assert group_size(Fit(model, (Large(), None))) == 2


def test_a_gpu_takes_as_many_as_fit(monkeypatch):
    monkeypatch.setattr(
        size, "device_and_dtype", lambda model: (torch.device("cuda"), torch.float32)
    )
    free = 8 * 2**30
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 2 * free))
    small, large = Fit(MLP([4, 8, 2]), DATA), Fit(MLP([4, 400, 400, 2]), DATA)
    assert is_grouped(large)
    for fit in (small, large):
        each = size._n_bytes(fit, 4)
        assert group_size(fit) == free // 2 // each > 32
    assert group_size(small) > group_size(large)
    free = 1000  # less than one takes: it is tried alone
    assert group_size(large) == 1
