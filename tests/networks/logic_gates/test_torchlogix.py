"""The copy in layers of torchlogix, where that is installed."""

from __future__ import annotations

import sys

import pytest
import torch

from infonb.networks import MLP, LogicNet, LogicTreeNet, to_torchlogix


def installed():
    try:
        import torchlogix.layers  # noqa: F401
    except (ImportError, SyntaxError):
        return False
    return True


@pytest.mark.skipif(not installed(), reason="skipped: torchlogix not installed")
def test_copies_give_the_same():
    options = {"tau": 1.7, "n_classes": 5, "init": "normal"}
    own = torch.tensor([[0.1, 0.3], [0.4, 0.5]]).view(2, 2, 1, 1)
    small = {"first_kernel": 3, "blocks": 2, "widths": (60, 50)}
    for net, shape in (
        (LogicNet([20, 60, 40], [0.3, 0.6], **options), (20,)),
        (LogicTreeNet(4, (2, 9, 8), [0.3, 0.6], **options | small), (2, 9, 8)),
        (LogicTreeNet(4, (2, 9, 8), own, **options | small), (2, 9, 8)),
        (LogicTreeNet(2, (1, 28, 28), [0.5], widths=(100, 70), **options), (1, 28, 28)),
    ):  # fmt: skip
        images = torch.rand(30, *shape, generator=torch.Generator().manual_seed(0))
        before = torch.get_rng_state()
        copies = [to_torchlogix(net.train(mode)) for mode in (True, False)]
        assert torch.equal(torch.get_rng_state(), before)
        assert [copy.training for copy in copies] == [True, False]
        torch.testing.assert_close(copies[0](images), net.train()(images), atol=1e-4, rtol=1e-4)
        assert torch.equal(copies[1](images), net.eval()(images))


@pytest.mark.skipif(not installed(), reason="skipped: torchlogix not installed")
def test_layers_that_it_refuses():
    with pytest.raises(ValueError, match="take at least 15 gates"):
        to_torchlogix(LogicNet([30, 10], None, tau=1.0))


def test_without_the_package(monkeypatch):
    net = LogicNet([4, 10], [0.5], tau=1.0)
    monkeypatch.setitem(sys.modules, "torchlogix.layers", None)
    with pytest.raises(ImportError, match="pip install torchlogix"):
        to_torchlogix(net)
    with pytest.raises(TypeError, match="not MLP"):
        to_torchlogix(MLP([2, 2]))


def test_a_python_that_it_does_not_run_on(monkeypatch):
    def fail(name):
        raise SyntaxError(name)

    monkeypatch.setattr("infonb.networks.logic_gates.torchlogix.import_module", fail)
    with pytest.raises(ImportError, match=r"needs Python 3\.12"):
        to_torchlogix(LogicNet([4, 10], [0.5], tau=1.0))
