"""Training in groups does not import torch's compiler, and leaves it as it was for others."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

ALONE = """
import sys
import infonb as inb
import torch
from infonb.data import concentric_circles
from infonb.networks import MLP
from infonb.training import fit, fit_group

data = concentric_circles(60)
folders = [sys.argv[1] + "/0", sys.argv[1] + "/1"]
for epochs in (2, 3):
    networks = [MLP([2, 4, 1], seed=seed) for seed in (0, 1)]
    options = {"epochs": epochs, "progress": False, "checkpoints": folders}
    fit_group(networks, [data, data], seeds=[0, 1], **options)
assert "torch._dynamo" not in sys.modules and "sympy" not in sys.modules
# from here on as torch has it
optimizer = torch.optim.Adam(MLP([2, 4, 1]).parameters())
assert "torch._dynamo" in sys.modules
optimizer.zero_grad()
fit(MLP([2, 4, 1]), data, epochs=2, progress=False)
"""


def test_training_in_groups_does_not_import_the_compiler(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ALONE, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
