"""One tiny run of nine_rulers, made once for all files here by each worker."""

from __future__ import annotations

import pytest
from nine_runs import TINY

from infonb.experiments import NineRulers
from infonb.experiments.nine_rulers import planted_found, twins_found


@pytest.fixture(scope="session")
def tiny():
    experiment = NineRulers(**TINY, cache="none")
    return experiment, experiment.run(progress=False)


@pytest.fixture(scope="session")
def analysed(tiny):
    _, runs = tiny
    return planted_found(runs), twins_found(runs)
