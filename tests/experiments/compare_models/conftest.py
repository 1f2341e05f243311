"""Three checkpoints of a user's network, their inputs, and the file that makes the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from infonb.networks import save_weights

NET = """
from torch import nn

def build():
    hidden = [nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 12), nn.Tanh()]
    return nn.Sequential(*hidden, nn.Linear(12, 2))
"""


#: Name → seed, scale of the second layer.
NETWORKS = {"a": (0, 1.0), "b": (1, 1.0), "c": (2, 4.0)}


def network(seed: int, scale: float = 1.0) -> nn.Module:
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 12), nn.Tanh(), nn.Linear(12, 2)
    )
    with torch.no_grad():
        model[2].weight *= scale
    return model


@dataclass
class Files:
    """Where the files are, and what a comparison of them is called with."""

    folder: Path
    inputs: np.ndarray
    given: dict[str, Any]

    def network(self, name: str) -> nn.Module:
        """Return one of the networks, as it was saved."""
        return network(*NETWORKS[name])

    def edit(self, name: str) -> nn.Module:
        """Save other weights under a name, and return that network."""
        other = network(7)
        save_weights(other, self.folder / f"{name}.safetensors")
        return other


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write the files into a current folder of their own."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "net.py").write_text(NET)
    inputs = np.random.default_rng(0).normal(size=(150, 6)).astype(np.float32)
    np.savez(folder / "x.npz", inputs=inputs)
    for name, how in NETWORKS.items():
        save_weights(network(*how), folder / f"{name}.safetensors")
    given = {
        "models": [f"{name}.safetensors" for name in "abc"], "reference": "a",
        "model": "net.py:build", "inputs": "x.npz", "n_samples": 100, "n_neurons": 6,
        "cache": str(tmp_path / "cache"),
    }  # fmt: skip
    return Files(folder, inputs, given)
