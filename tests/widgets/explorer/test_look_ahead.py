"""What a single step of a control would show is measured while the reader looks."""

from __future__ import annotations

from concurrent.futures import wait

import numpy as np
import pytest

import infonb as inb

pytestmark = pytest.mark.slow


@pytest.fixture
def activations():
    rng = np.random.default_rng(0)
    values = {f"fc{number}": rng.normal(size=(300, 6)) for number in (1, 2, 3)}
    return inb.from_arrays(values)


def misses(panel, **values):
    """Return how many matrices were measured for a choice, once all that is expected is there."""
    wait(panel.measured._expected)
    before = panel.measured.matrix.cache_info().misses
    panel.measured.expect([])  # so that only what the choice itself needs is counted
    look_ahead, panel._look_ahead = panel._look_ahead, lambda: None
    panel.set(**values)
    panel._look_ahead = look_ahead
    return panel.measured.matrix.cache_info().misses - before


@pytest.mark.parametrize(
    "values", [{"layer": "fc1"}, {"layer": "fc2"}, {"edges": "neuron"}, {"n_samples": 200}]
)
def test_one_step_needs_no_new_measure(activations, values):
    assert misses(inb.explore(activations), **values) == 0


def test_two_steps_do(activations):
    assert misses(inb.explore(activations), layer="fc1", edges="neuron") == 1


def test_a_new_choice_brings_new_expectations(activations):
    panel = inb.explore(activations)
    panel.controls["edges"].value = "neuron"
    assert misses(panel, layer="fc1") == 0


def test_what_was_measured_ahead_is_what_is_shown(activations):
    ahead, fresh = inb.explore(activations), inb.explore(activations, edges="neuron")
    wait(ahead.measured._expected)
    ahead.controls["edges"].value = "neuron"
    assert ahead.alt == fresh.alt
    assert ahead.to_png() == fresh.to_png()


def test_a_report_measures_only_what_it_shows(activations):
    panel = inb.explore(activations, interactive=False)
    assert not panel.measured._expected
    assert panel.measured.matrix.cache_info().misses == 1
