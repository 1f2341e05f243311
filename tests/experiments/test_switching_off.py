"""Neurons switched off as a part of the runs."""

from __future__ import annotations

import numpy as np
import pytest

from infonb.data import recolored
from infonb.experiments import ColoredDigits
from infonb.experiments.switching_off import interventions
from infonb.training import accuracy

SMALL = {
    "seed": [0], "n_train": 100, "n_validation": 40, "width": 6, "depth": 2, "epochs": 2,
    "cache": "none",
}  # fmt: skip


@pytest.mark.parametrize("edges", ["common", "shared", "neuron"])
def test_the_ends_of_the_colours(edges):
    experiment = ColoredDigits(alpha=[0.0, 0.5, 1.0], edges=edges, **SMALL)
    found = interventions(experiment.run(progress=False))
    assert found.alpha.values.tolist() == [0.0, 1.0]
    assert found.number.values.tolist() == list(range(12))  # of twelve neurons
    data, model, _ = experiment.one(1.0, 0)
    for name in ("bias", "anti"):
        right = accuracy(model, recolored(data["evaluation"], name))
        untouched = found.value.sel(alpha=1.0, number=0, set=name)
        np.testing.assert_allclose(untouched, right, atol=1e-12)


def test_runs_without_an_end_or_coloured_otherwise():
    assert interventions(ColoredDigits(alpha=[0.5], **SMALL).run(progress=False)).value.size == 0

    class Grey(ColoredDigits):
        """Images that are coloured otherwise."""

        name = "grey"

        def data(self, level, seed):
            parts = ColoredDigits.data(self, level, seed)
            return {role: part.drop_vars("color") for role, part in parts.items()}

    assert interventions(Grey(alpha=[1.0], **SMALL).run(progress=False)).value.size == 0
