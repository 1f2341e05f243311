"""Torch's random state is the same at the start of every test, and given back; hooks are gone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from infonb.activations import saving


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
    nn.modules.module._global_forward_pre_hooks.clear()


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of 7 samples or so, so that a few samples fill several columns."""
    monkeypatch.setattr(saving, "CHUNK_BYTES", 7 * 3 * 4)
