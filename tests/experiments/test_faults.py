"""Sweeps that are killed, starved or interrupted at their operations go on; nothing stray stays."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from faults import FaultServer, at_every_operation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="forks and signals are Unix"),
]

IMPORTS = f"""
import sys
sys.path += [{str(Path(__file__).parents[1])!r}, {str(Path(__file__).parent / "twins")!r}]
import dask.array, numpy, torch, xarray, zarr, infonb.storage, infonb.experiments, means, twins
import infonb.experiments.sweep, infonb.networks.checkpoint, safetensors.torch
import numba, scipy.stats, sklearn.datasets, torch.optim, tqdm.auto, infonb.training
import infonb.activations.recording, infonb.measures.kernels.counts, infonb.measures.kernels.ksg
import infonb.selection, infonb.experiments.lengths
from infonb.experiments import ColoredDigits, cache
cache.code_of(ColoredDigits)
"""

#: A network that is trained and measured, then seen once more, by a training of one's own.
SWEEP = """
from twins import Twins
twins = Twins(n_features=[3], seed=[0], steps=20, n_samples=8, cache=str(folder / "cache"))
numbers = twins.run(progress=False).score.values
model = twins.one((3, 0.0), 0).model
(folder / "numbers").write_text(repr([numbers.tolist(), model["in"].tolist()]))
"""

#: The same with `infonb.fit`, and a longer training that begins with the shorter one.
LENGTHS = """
from infonb.experiments import ColoredDigits
from infonb.experiments.lengths import _go_on
short = ColoredDigits(
    alpha=[1.0], seed=[0], width=3, epochs=1, n_train=20, n_validation=20, bins=4,
    cache=str(folder / "cache"),
)
numbers = [short.run(progress=False).entropy.values.tolist()]
_go_on(short, short.changed(epochs=2), [1.0])
numbers.append(short.changed(epochs=2).run(progress=False).entropy.values.tolist())
(folder / "numbers").write_text(repr(numbers))
"""


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize(("work", "fault", "most"), [
    (SWEEP, "kill", 10), (SWEEP, "full", 4), (SWEEP, "interrupt", 3), (SWEEP, "term", 2),
    (LENGTHS, "kill", 4), (LENGTHS, "full", 2),
])  # fmt: skip
def test_the_same_numbers_and_nothing_stray(work, fault, most, tmp_path):
    with FaultServer(work, tmp_path / "work", IMPORTS) as server:
        assert server.run().code == 0
        numbers, expected = (server.folder / "numbers").read_text(), names(server.folder)
        for outcome in at_every_operation(server, fault=fault, most=most):
            if fault == "full":
                assert "OSError" in outcome.errors, outcome
            again = server.run()
            assert again.code == 0, (outcome, again.errors)
            assert (server.folder / "numbers").read_text() == numbers, outcome
            assert names(server.folder) == expected, outcome
