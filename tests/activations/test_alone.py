"""Threads that record one model do so one after the other, and leave it as it was."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
import torch
from activations.models import Calls, assert_same, inputs, quiet, rows, state, valid
from torch import nn

from infonb.activations import list_layers
from infonb.activations.alone import alone, every_module_called


def together(*works):
    """Run functions in threads that begin at once; return what they return."""
    found, begin = [None] * len(works), threading.Barrier(len(works))

    def run(place):
        begin.wait()
        found[place] = works[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def slow(self, x):
    """Let other threads come in between two modules."""
    hidden = self.inner(x)
    for _ in range(50):
        hidden = hidden + torch.rand(len(x), 1).sum() * 0
    return self.out(self.drop(hidden))


@pytest.mark.parametrize("shared", [False, True])
def test_two_threads(shared):
    inner = nn.Linear(4, 3)
    models = [
        Calls(slow, inner=inner, drop=nn.Dropout(0.5), out=nn.Linear(3, 2)).train() for _ in "ab"
    ]
    if not shared:
        models[1] = models[0]
    before, x = [state(model) for model in models], [inputs(40, 4), inputs(40, 4) + 1]

    def work(place):
        return lambda: quiet(models[place], x[place], ["inner", "out"], batch_size=2)

    for _ in range(5):
        for found, own, model, was in zip(
            together(work(0), work(1)), x, models, before, strict=True
        ):
            np.testing.assert_allclose(
                valid(found, "inner"), rows(inner(own)), rtol=1e-5, atol=1e-6
            )
            out = rows(model.out(inner(own)))  # without dropout
            np.testing.assert_allclose(valid(found, "out"), out, rtol=1e-5, atol=1e-6)
            assert_same(was, state(model))


def test_threads_with_seeds_draw_as_if_alone():
    models = [Calls(lambda self, x: self.inner(x + torch.randn(x.shape)), inner=nn.Linear(4, 3))
              for _ in "ab"]  # fmt: skip
    x = inputs(40, 4)

    def work(place):
        return lambda: quiet(models[place], x, batch_size=2, seed=place)

    expected = [work(0)(), work(1)()]
    for found, one in zip(together(work(0), work(1)), expected, strict=True):
        assert found.identical(one)


def test_the_last_of_several_gives_the_settings_back():
    fast = torch.backends.mha.get_fastpath_enabled()
    with every_module_called():
        together(lambda: list_layers(nn.Linear(4, 3), inputs(2, 4)))
        assert not torch.backends.mha.get_fastpath_enabled()
    assert torch.backends.mha.get_fastpath_enabled() == fast


def test_one_inside_another_of_the_same_thread():
    model, x = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), inputs(6, 4)

    def batches():
        for part in x.split(2):
            yield part + 0 * float(quiet(model, part, "0").activation.sum())

    found = valid(quiet(model, batches(), "0"), "0")
    np.testing.assert_allclose(found, rows(model[0](x)), rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_waits_for_no_thread_that_it_lacks():
    model, held, go = nn.Linear(4, 3), threading.Event(), threading.Event()

    def hold():
        with alone(model):
            held.set()
            go.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:
        with alone(model):
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    go.set()
    thread.join()
