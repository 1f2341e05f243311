"""Boolean programs: the network's outputs bit for bit, before and after simplification, as text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from infonb.networks import MLP, LogicDense, LogicNet, LogicTreeNet, boolean_program
from infonb.networks.logic_gates.circuit import Circuit, Level
from infonb.networks.logic_gates.simplify import simplified
from infonb.networks.logic_gates.words import count_bits, packed


def networks(init="normal", seed=0):
    thresholds = [0.3, 0.6]
    kind = {"init": init, "seed": seed}
    own = torch.rand(1, 2, 7, 6, generator=torch.Generator().manual_seed(3)) * 0.5
    options = {"first_kernel": 3, "blocks": 2, "widths": (60, 50)} | kind
    return [
        (LogicNet([20, 60, 40], thresholds, n_classes=4, tau=1.7, **kind), (20,)),
        (LogicTreeNet(4, (2, 7, 6), thresholds, 5, tau=1.3, **options), (2, 7, 6)),
        (LogicTreeNet(3, (2, 7, 6), torch.cat([own, own + 0.2]), 5, tau=3, **options), (2, 7, 6)),
        (LogicTreeNet(2, (1, 28, 28), [0.5], tau=6.5, widths=(100, 70), **kind), (1, 28, 28)),
    ]


def random_images(n, shape, seed=0):
    return torch.rand(n, *shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("init", ["normal", "residual"])
@pytest.mark.parametrize("n", [1, 64, 130])
def test_programs_are_the_network_bit_for_bit(init, n):
    for net, shape in networks(init):
        images = random_images(n, shape)
        with torch.no_grad():
            expected = net.eval()(images).numpy()
        program = boolean_program(net.train(), simplify=False)  # in any mode
        assert program.seconds is None
        for one in (program, program.simplify(), boolean_program(net)):
            found = one.run(images)
            assert found.dtype == expected.dtype
            assert np.array_equal(found, expected)
            assert np.array_equal(one.run(images.numpy()), expected)
            assert one.gates_per_second == pytest.approx(one.gates * n / one.seconds)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_programs_of_other_precision(dtype):
    for net, shape in networks():
        net = net.to(dtype).eval()
        images = random_images(100, shape).to(dtype)
        with torch.no_grad():
            expected = net(images).numpy()
        for simplify in (False, True):
            found = boolean_program(net, simplify=simplify).run(images)
            assert found.dtype == expected.dtype
            assert np.array_equal(found, expected)


def test_a_program_of_many_chunks(monkeypatch):
    net, shape = networks()[0]
    images = random_images(1000, shape)
    monkeypatch.setattr("infonb.networks.logic_gates.words._BYTES", 0)  # 4 words at once
    with torch.no_grad():
        expected = net.eval()(images).numpy()
    assert np.array_equal(boolean_program(net).run(images), expected)
    assert boolean_program(net).run(images[:0]).shape == (0, 4)


def test_programs_of_bits():
    net = LogicNet([12, 40, 20], None, n_classes=2, tau=1.0, init="normal").eval()
    bits = random_images(100, (12,)).round()
    with torch.no_grad():
        assert np.array_equal(boolean_program(net).run(bits), net(bits).numpy())


def test_text_computes_the_same():
    for net, shape in networks():
        images = random_images(50, shape).numpy()
        for simplify in (False, True):
            program = boolean_program(net, simplify=simplify)
            lines = program.source().splitlines()
            assert sum(line.startswith("g") for line in lines) == program.gates
            names = {
                "input": np.moveaxis(images, 0, -1),
                "FALSE": np.zeros(50, dtype=bool),
                "count": lambda *values: np.sum(values, axis=0),
            }
            exec("\n".join(lines), names)
            found = np.stack([names[f"logit{i}"] for i in range(len(program.circuit.outputs))], 1)
            np.testing.assert_allclose(found, program.run(images), rtol=1e-6)
    options = {"n_classes": 2, "tau": 1.23456789, "init": "normal"}
    assert boolean_program(LogicNet([4, 10], [0.5], **options)).source().endswith("/ 1.23456789\n")


def circuit(n_inputs, gates, outputs, inverted=None):
    """Return a circuit whose gates (kind, a, b) each have a level of their own."""
    levels = tuple(
        Level(1 + n_inputs + i, *(np.array([value]) for value in gate))
        for i, gate in enumerate(gates)
    )
    outputs = np.array([outputs])
    return Circuit(n_inputs, levels, outputs, np.zeros(outputs.shape, dtype=bool))


def test_what_simplification_finds():
    A, AND, B, FALSE, NAND, NOT_A, OR, TRUE, XNOR, XOR, NOR = 3, 1, 5, 0, 14, 12, 7, 15, 9, 6, 8
    # inputs are nodes 1 and 2, gates begin at 3
    for gates, output, n_gates, kind in [
        ([(A, 1, 2), (AND, 3, 2)], 4, 1, AND),  # a copy
        ([(NOT_A, 1, 2), (AND, 3, 2)], 4, 1, 4),  # a negation goes into the gate behind it
        ([(AND, 1, 2), (AND, 2, 1), (XOR, 3, 4)], 5, 0, None),  # the same gate twice
        ([(TRUE, 1, 2), (AND, 3, 2)], 4, 0, None),
        ([(FALSE, 1, 2), (OR, 3, 2), (XOR, 4, 1)], 5, 1, XOR),
        ([(XNOR, 1, 2)], 3, 1, XOR),  # the count takes the negation
        ([(NAND, 1, 2), (NAND, 3, 3)], 4, 1, AND),
        ([(NOR, 1, 1), (B, 1, 3), (OR, 4, 2)], 5, 1, 2),
        ([(AND, 1, 2), (OR, 1, 2)], 4, 1, OR),  # the first is never used
    ]:
        small = simplified(circuit(2, gates, [output]))
        assert small.n_gates == n_gates, gates
        if kind is not None:
            assert small.levels[0].kind.tolist() == [kind], gates
    negated = simplified(circuit(2, [(XNOR, 1, 2)], [3]))
    assert negated.inverted.tolist() == [[True]]


def test_simplified_programs_have_nothing_to_simplify():
    for net, _ in networks():
        full = boolean_program(net, simplify=False)
        small = full.simplify()
        assert small.gates < full.gates
        assert small.levels <= full.levels
        assert small.simplify().gates == small.gates
        pairs = {
            gate
            for level in small.circuit.levels
            for gate in zip(level.kind, level.a, level.b, strict=True)
        }
        assert len(pairs) == small.gates
        assert {int(kind) for kind, _, _ in pairs} <= {1, 2, 4, 6, 7}
        read = {node for _, a, b in pairs for node in (a, b)} | set(small.circuit.outputs.flat)
        assert set(range(1 + small.circuit.n_inputs, small.circuit.n_nodes)) <= read


def test_a_residual_start_is_no_circuit_at_all():
    net, _ = networks("residual")[0]
    assert boolean_program(net).gates == 0  # every gate passes its first input on
    assert boolean_program(net, simplify=False).gates == 100


def test_words_and_their_counts():
    rng = np.random.default_rng(0)
    for n_rows in (1, 2, 3, 7, 100):
        bits = rng.random((3, n_rows, 128)) < 0.4
        words = np.stack([packed(one, 2) for one in bits])
        assert words.dtype == np.uint64
        assert np.array_equal(count_bits(words), bits.sum(axis=1))
    assert packed(np.array([[1, 0, 1]]), 1).tolist() == [[5]]


def test_errors():
    net, _ = networks()[0]
    program = boolean_program(net)
    with pytest.raises(ValueError, match=r"takes \(sample, ... 20 values\)"):
        program.run(np.zeros((3, 21)))
    tree, _ = networks()[1]
    with pytest.raises(ValueError, match=r"takes \(sample, \(2, 7, 6\)\)"):
        boolean_program(tree).run(np.zeros((3, 2, 6, 7)))
    with pytest.raises(TypeError, match="that of a LogicNet or a LogicTreeNet; not of MLP"):
        boolean_program(MLP([2, 2]))
    bits = LogicNet([4, 10], None, tau=1.0)
    with pytest.raises(ValueError, match="takes bits, 0 and 1"):
        boolean_program(bits).run(np.full((1, 4), 0.5))
    with pytest.raises(TypeError, match="not of LogicDense"):
        boolean_program(LogicDense(2, 2))
    with pytest.raises(TypeError, match=r"without bfloat16: net.float\(\)"):
        boolean_program(bits.bfloat16())


def test_a_program_refuses_what_its_network_does():
    net, shape = networks()[0]
    program, images = boolean_program(net), random_images(5, shape)
    for wrong, words in (
        (images.where(images > images.min(), torch.nan), "must be finite numbers"),
        (images * 255, "all thresholds are below 1: divide"),
    ):
        for one in (net, program.run):
            with pytest.raises(ValueError, match=words):
                one(wrong)
