"""Layers of gates against plain loops, closed forms, and what is refused."""

from __future__ import annotations

import copy
from itertools import product
from math import exp

import networks.logic_gates.plain as plain
import numpy as np
import pytest
import torch

from infonb.networks import GroupSum, LogicDense, LogicTreeConv2d, OrPool2d
from infonb.networks.logic_gates import trees

RESIDUAL = (exp(5) - 1) / (exp(5) + 15)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def doubled(layer):
    """Return a layer in double precision."""
    return layer.double()


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("n_kernels", [None, 1, 2])
def test_layers_and_gradients_against_plain_ones(monkeypatch, soft, n_kernels):
    if n_kernels:  # as if there was little memory: blocks of trees
        monkeypatch.setattr(
            "infonb.networks.logic_gates.layer.kernels_in_a_block", lambda *_: n_kernels
        )
    cases = [
        (LogicDense(7, 9, init="normal"), plain.plain_dense, (6, 7)),
        (LogicTreeConv2d(3, 5, init="normal"), plain.plain_trees, (4, 3, 4, 5)),
        (
            LogicTreeConv2d(4, 4, kernel_size=2, depth=2, padding=0, groups=2, init="normal"),
            plain.plain_trees,
            (3, 4, 3, 4),
        ),
    ]
    for layer, reference, shape in cases:
        layer = doubled(layer).train(soft)
        inputs = torch.rand(*shape, generator=generator(), dtype=torch.double)
        inputs = (inputs if soft else inputs.round()).requires_grad_()
        found, expected = layer(inputs), reference(layer, inputs)
        torch.testing.assert_close(found, expected, atol=1e-12, rtol=1e-12)
        weights = torch.rand(*found.shape, generator=generator(1), dtype=torch.double)
        wanted = [inputs, layer.logits] if soft else [inputs]
        for one, other in zip(
            torch.autograd.grad((found * weights).sum(), wanted),
            torch.autograd.grad((expected * weights).sum(), wanted),
            strict=True,
        ):
            torch.testing.assert_close(one, other, atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize("inputs", [torch.zeros(0, 7), torch.zeros(0, 2, 4, 4)])
def test_no_samples_give_no_gradient(inputs):
    layer = LogicDense(7, 9) if inputs.ndim == 2 else LogicTreeConv2d(2, 5)
    inputs = inputs.clone().requires_grad_()
    layer(inputs).sum().backward()
    assert inputs.grad.shape == inputs.shape
    assert not layer.logits.grad.any()


def test_gradients_against_differences():
    for layer, shape in (
        (LogicDense(5, 4, init="normal"), (3, 5)),
        (LogicTreeConv2d(2, 3, depth=3, init="normal"), (2, 2, 3, 2)),
    ):
        layer = doubled(layer)
        inputs = torch.rand(*shape, generator=generator(), dtype=torch.double, requires_grad=True)
        assert torch.autograd.gradcheck(layer, (inputs,))
        logits = layer.logits.detach().clone().requires_grad_()

        def of_logits(values, layer=layer, inputs=inputs):
            return torch.func.functional_call(layer, {"logits": values}, (inputs.detach(),))

        assert torch.autograd.gradcheck(of_logits, (logits,))


def test_residual_start_and_its_slope():
    layer = LogicDense(2, 1)
    a, b = layer.connections[:, 0]
    inputs = torch.empty(1, 2)
    inputs[0, a], inputs[0, b] = 0.25, 0.5
    inputs.requires_grad_()
    out = layer(inputs)
    assert float(out.detach()) == pytest.approx(0.25 * RESIDUAL + 8 / (exp(5) + 15), rel=1e-6)
    out.backward()
    assert float(inputs.grad[0, a]) == pytest.approx(RESIDUAL, rel=1e-6)
    assert float(inputs.grad[0, b]) == pytest.approx(0, abs=1e-7)
    # no logit above another: one half, whatever the inputs are
    level = LogicDense(6, 5, strength=0)
    np.testing.assert_allclose(level(torch.rand(4, 6)).detach(), 0.5, rtol=1e-6)


def test_depth_of_twelve_layers():
    """By a layer, gradients and spread shrink to .902 from the residual start, to far less else."""
    factors = {}
    for init in ("residual", "normal"):
        values = torch.rand(256, 512, generator=generator()).round()
        spread, kept = [float(values.std(dim=0).mean())], []
        values.requires_grad_()
        for i in range(12):
            values = LogicDense(512, 512, init=init, seed=i)(values)
            values.retain_grad()
            kept.append(values)
            spread.append(float(values.detach().std(dim=0).mean()))
        values.backward(torch.randn(values.shape, generator=generator(1)))
        gradient = float(kept[0].grad.norm() / kept[-1].grad.norm()) ** (1 / 11)
        factors[init] = gradient, (spread[-1] / spread[0]) ** (1 / 12)
    assert pytest.approx(0.90209, abs=1e-5) == RESIDUAL
    np.testing.assert_allclose(factors["residual"], RESIDUAL, atol=0.02)
    assert max(factors["normal"]) < 0.35


def test_a_tree_by_hand():
    layer = LogicTreeConv2d(1, 1, kernel_size=2, depth=2, padding=0).eval()
    layer.connections[0] = torch.tensor([[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]])
    plain.likeliest(layer, ["XOR", "AND", "OR"])
    for a, b, c, d in product((0.0, 1.0), repeat=4):
        expected = float((a != b) or (c and d))
        assert float(layer(torch.tensor([[[[a, b], [c, d]]]]))) == expected
    assert float(layer(torch.tensor([[[[1.0, 0.0], [1.0, 1.0]]]]))) == 1


def test_trees_move_with_the_image():
    layer = LogicTreeConv2d(2, 6, padding=0, init="normal")
    images = torch.rand(3, 2, 8, 9, generator=generator())
    moved = torch.roll(images, (1, 2), dims=(2, 3))
    torch.testing.assert_close(layer(moved)[:, :, 1:, 2:], layer(images)[:, :, :-1, :-2])


def test_pool_is_or_and_its_gradient_goes_to_the_greatest():
    pool = OrPool2d()
    for bits in product((0.0, 1.0), repeat=4):
        assert float(pool(torch.tensor(bits).view(1, 1, 2, 2))) == float(any(bits))
    values = torch.tensor([0.2, 0.5, 0.1, 0.4], requires_grad=True)
    out = pool(values.view(1, 1, 2, 2))
    assert float(out.detach()) == 0.5  # or as of independent events would be .784
    out.backward()
    assert values.grad.tolist() == [0, 1, 0, 0]
    # several are greatest: one of them; what is left over at the edge gets nothing
    images = torch.ones(2, 3, 5, 7, requires_grad=True)
    pool(images).sum().backward()
    assert float(images.grad.sum()) == 2 * 3 * 2 * 3
    assert float(images.grad[..., 4, :].sum()) == float(images.grad[..., 6].sum()) == 0
    random = torch.rand(2, 3, 6, 9, generator=generator(), requires_grad=True)
    for size in (1, 2, 3):
        found, expected = OrPool2d(size)(random), torch.nn.functional.max_pool2d(random, size)
        assert torch.equal(found, expected)
        one, other = (torch.autograd.grad(v.square().sum(), random)[0] for v in (found, expected))
        assert torch.equal(one, other)


def test_group_sum_by_hand():
    summed = GroupSum(3, tau=2.0)(torch.tensor([[1.0, 1.0, 0.0, 1.0, 0.0, 0.0]]))
    assert summed.tolist() == [[1.0, 0.5, 0.0]]


def test_sharp_mixtures_are_the_boolean_gates():
    for layer, shape in (
        (LogicDense(20, 50, init="normal"), (30, 20)),
        (LogicTreeConv2d(2, 8, init="normal"), (10, 2, 5, 5)),
    ):
        bits = torch.rand(*shape, generator=generator()).round()
        with torch.no_grad():
            layer.logits *= 1e4
            soft, hard = layer.train()(bits), layer.eval()(bits)
        assert set(hard.unique().tolist()) <= {0.0, 1.0}
        torch.testing.assert_close(soft, hard, atol=1e-4, rtol=0)


@pytest.mark.parametrize("connections", ["random", "independent"])
@pytest.mark.parametrize(("n_in", "n_out"), [(2, 1), (2, 3), (3, 50), (40, 20), (40, 37), (90, 9)])
def test_connections_of_a_layer(connections, n_in, n_out):
    for seed in range(5):
        a, b = LogicDense(n_in, n_out, connections=connections, seed=seed).connections
        assert not bool((a == b).any())
        uses = torch.bincount(torch.cat([a, b]), minlength=n_in)
        assert len(uses) == n_in
        if connections == "random":
            assert int(uses.max() - uses.min()) <= 1


def test_connections_of_trees():
    layer = LogicTreeConv2d(12, 24, groups=3, channels_per_tree=2)
    for kernel, leaves in enumerate(layer.connections.tolist()):
        assert len({tuple(leaf) for leaf in leaves}) == 8
        channels = {channel for channel, _, _ in leaves}
        assert len(channels) == 2
        group = kernel // 8
        assert channels <= set(range(4 * group, 4 * group + 4))
    assert len(layer.connections[..., 0].unique()) == 12
    full = LogicTreeConv2d(1, 1, kernel_size=2, depth=2, channels_per_tree=1)
    assert len({tuple(leaf) for leaf in full.connections[0].tolist()}) == 4


def test_seed_gives_the_layer_and_touches_nothing_else():
    before = torch.get_rng_state()
    for make in (
        lambda seed: LogicDense(9, 20, init="normal", seed=seed),
        lambda seed: LogicTreeConv2d(3, 6, init="normal", seed=seed),
    ):
        one, same, other = make(1).state_dict(), make(1).state_dict(), make(2).state_dict()
        assert set(one) == {"logits", "connections"}
        for name in one:
            assert torch.equal(one[name], same[name])
            assert not torch.equal(one[name], other[name])
    assert torch.equal(torch.get_rng_state(), before)


def test_blocks_are_bounded_and_alike():
    cpu = torch.device("cpu")
    assert trees.kernels_in_a_block(10, 100, cpu) == 10
    many = trees.kernels_in_a_block(10_000, 100_000, cpu)
    assert many * 100_000 <= 2**22 < 2 * many * 100_000
    assert trees.kernels_in_a_block(10, 2**30, cpu) == 1
    assert trees.kernels_in_a_block(10, 2**20, torch.device("cuda")) == 10
    layer = LogicTreeConv2d(2, 4)
    with torch.no_grad():
        for n in (3, 5, 3):
            layer(torch.rand(n, 2, 4, 4))
    assert len(layer._blocks) == 1


@pytest.mark.parametrize("n", [1, 3])
def test_other_connections_are_noticed(n):
    """A layer keeps what follows from its connections; weights that are loaded bring others."""
    for one, other, shape in (
        (LogicDense(9, 20, seed=1), LogicDense(9, 20, seed=2), (n, 9)),
        (LogicTreeConv2d(3, 6, seed=1), LogicTreeConv2d(3, 6, seed=2), (n, 3, 4, 4)),
    ):
        inputs = torch.rand(*shape, generator=generator())
        assert not torch.equal(one(inputs), other(inputs))
        one.load_state_dict(other.state_dict())
        assert torch.equal(one(inputs), other(inputs))
        copied = copy.deepcopy(one)
        copied.connections = copied.connections.flip(1)
        assert not torch.equal(copied(inputs), one(inputs))


def test_errors():
    with pytest.raises(ValueError, match="depth 4 has 16 leaves, but its window has 9 places"):
        LogicTreeConv2d(3, 2, depth=4, channels_per_tree=1)
    with pytest.raises(ValueError, match="groups=2 must divide in_channels=3"):
        LogicTreeConv2d(3, 2, groups=2)
    with pytest.raises(ValueError, match="in_features must be at least 2"):
        LogicDense(1, 2)
    with pytest.raises(ValueError, match="init must be one of 'residual', 'normal'"):
        LogicDense(3, 2, init="random")
    with pytest.raises(ValueError, match="connections must be one of 'random', 'independent'"):
        LogicDense(3, 2, connections="unique")
    with pytest.raises(ValueError, match=r"gates take values in 0 .. 1 .* lie in 0 .. 255"):
        LogicDense(2, 2)(torch.tensor([[0.0, 255.0]]))
    with pytest.raises(ValueError, match=r"gates take values in 0 .. 1 .* lie in nan"):
        LogicDense(2, 2)(torch.tensor([[0.0, torch.nan]]))
    with pytest.raises(ValueError, match=r"this layer takes \(sample, 2\)"):
        LogicDense(2, 2)(torch.zeros(1, 3))
    with pytest.raises(ValueError, match="with 2 channel"):
        LogicTreeConv2d(2, 2)(torch.zeros(1, 3, 4, 4))
    with pytest.raises(ValueError, match="inputs of 2 x 4 are smaller than the window of 5 x 5"):
        LogicTreeConv2d(1, 2, kernel_size=5, padding=0)(torch.zeros(1, 1, 2, 4))
    with pytest.raises(ValueError, match="a pool of 2 takes"):
        OrPool2d()(torch.zeros(1, 1, 1, 4))
    with pytest.raises(ValueError, match=r"5 gates cannot be divided into 3 .* such as 3\."):
        GroupSum(3, 1.0)(torch.zeros(1, 5))
    with pytest.raises(ValueError, match="tau must be above 0"):
        GroupSum(3, 0)
