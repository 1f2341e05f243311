"""A cell that runs again leaves nothing of the panels that it made before."""

from __future__ import annotations

import gc
import threading
import weakref
from unittest.mock import MagicMock

import ipywidgets
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

import infonb as inb
from infonb.plots.picture import subplots
from infonb.widgets import Panel, explore_neurons
from infonb.widgets.panel import lifetime

pytestmark = pytest.mark.slow


@pytest.fixture
def activations():
    rng = np.random.default_rng(0)
    return inb.from_arrays({name: rng.normal(size=(200, 6)) for name in ("fc1", "fc2")})


@pytest.fixture
def kernel(monkeypatch):
    """A kernel whose requests say which cell runs, as JupyterLab's do."""
    import IPython

    monkeypatch.setattr(lifetime, "_MADE", {})
    parent = {}

    def run(cell, number):
        parent.clear()
        parent.update(header={"msg_id": number}, metadata={"cellId": cell} if cell else {})

    shell = MagicMock()  # others ask it too
    shell.kernel.get_parent = lambda channel: parent
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    run("one", "1")
    return run


def held(panel):
    """Return weak references to what of a panel takes memory."""
    things = [panel.measured.values, panel._draws["matrix"]]
    return [weakref.ref(one) for one in things]


def gone(references):
    gc.collect()
    return all(one() is None for one in references)


def test_a_cell_that_runs_again_closes_what_it_made(activations, kernel):
    first = inb.explore(activations)
    beside = inb.explore(activations)
    references = [*held(first), *held(beside)]
    number = len(_instances)
    kernel("two", "2")
    other = inb.explore(activations)
    assert not gone(references)
    kernel("one", "3")
    again = inb.explore(activations)
    threads = threading.active_count()
    assert gone(references)  # though a notebook's Out still has the panels
    assert len(_instances) <= number
    assert first._repr_mimebundle_()[0] == {"text/plain": str(first._over)}
    assert "run the cell again" in first._over
    for use in (lambda: first.set(bins=5), first.to_png, lambda: first.alt, lambda: first.image):
        with pytest.raises(RuntimeError, match="closed"):
            use()
    with pytest.raises(RuntimeError, match="closed"):
        first.controls["bins"].value = 7
    assert first.value["layer"] == "fc2"
    again.set(bins=5)
    other.set(bins=5)
    for number in range(4, 8):
        kernel("one", str(number))
        inb.explore(activations)
    assert threading.active_count() == threads


@pytest.mark.parametrize("cell", ["", "one"])
def test_without_the_cell_or_in_the_same_run_nothing_is_closed(activations, kernel, cell):
    kernel(cell, "1")
    first = inb.explore(activations)
    kernel(cell, "1" if cell else "2")
    inb.explore(activations)
    first.set(bins=5)
    assert "5 common bins" in first.alt


def test_controls_of_others_stay_open(kernel):
    slider = ipywidgets.IntSlider(3, description="bins")
    old = Panel(lambda bins: subplots(alt=f"{bins} bins")[0], {"bins": slider})
    kernel("one", "2")
    new = Panel(lambda bins: subplots(alt=f"{bins} bins")[0], {"bins": slider})
    assert slider.comm is not None
    slider.value = 4
    assert new.alt == "4 bins"
    new.close()
    assert slider.comm is None
    assert not old.images


def test_close_leaves_no_widget(activations):
    inb.explore(activations).close()  # whatever is made only once
    before = set(_instances)
    panel = inb.explore(activations)
    references = held(panel)
    assert set(_instances) > before
    panel.close()
    panel.close()
    assert set(_instances) == before
    assert gone(references)


@pytest.mark.parametrize("explore", [inb.explore, explore_neurons])
def test_a_picture_for_a_report_leaves_no_widget_and_no_data(activations, explore):
    before = set(_instances)
    panel = explore(activations, interactive=False)
    assert set(_instances) == before
    panel.set(bins=7)  # chosen before it is shown
    references = [weakref.ref(panel._draws["histogram"])]
    shown = panel._repr_mimebundle_()
    assert gone(references)
    assert "7 common bins" in panel.alt
    assert panel._repr_mimebundle_() == shown
    assert panel.image.value[:4] == b"\x89PNG"
    assert panel.value["bins"] == 7
    with pytest.raises(RuntimeError, match="interactive=False"):
        panel.set(bins=8)
    with pytest.raises(RuntimeError, match="interactive=False"):
        panel.controls["bins"].value = 8
    panel.close()
    assert "closed" in panel._repr_mimebundle_()[0]["text/plain"]


def test_samples_and_selection_are_known_after_a_report(activations):
    panel = inb.explore(activations, max_samples=50, interactive=False)
    samples = panel.samples
    panel._repr_mimebundle_()
    assert (panel.samples == samples).all()
    assert panel.selection == {"layer": "fc2", "neuron": [0, 1]}
    assert panel.measured.values.size == 0
