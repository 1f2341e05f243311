"""Bit extraction: exact rationals, the literal network, and where float64 ends."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from infonb.networks import bit_memorizer
from infonb.networks.memorizers.bits import extract_bits
from infonb.networks.memorizers.line import exact_products, on_a_line


def relu(value):
    return max(value, Fraction(0))


def literal(net, x):
    """The network written out: all steps, bits and bumps, each by its two units."""
    half = Fraction(1, 2)
    t = net.scale * sum(Fraction(v) * w for v, w in zip(x, net.direction, strict=True)) - net.start
    size = net.place_bits * net.per_block

    def number(values, bits, length):
        return Fraction(int("".join(format(v, f"0{bits}b") for v in values) or "0", 2), 2**length)

    padded = [list(w) + [0] * (net.per_block - len(w)) for w in net.words]
    told = [list(w) + [0] * (net.per_block - len(w)) for w in net.labels]
    words = [number(w, net.place_bits, size) for w in padded]
    marks = [number(w, 1, net.per_block) for w in told]
    steps = [relu(t - beta) - relu(t - beta - 1) for beta in net.steps]
    found = []
    for values, length in ((words, size), (marks, net.per_block)):
        v = values[0] + sum(
            (b - a) * s for a, b, s in zip(values, values[1:], steps, strict=False)
        )  # fmt: skip
        bits = []
        for left in range(length, 0, -1):
            y = 2 ** (left + 1) * (v - half)
            bits.append(relu(y + 1) - relu(y))
            v = 2 * v - bits[-1]
        found.append(bits)
    total = Fraction(0)
    for i in range(net.per_block):
        bits = found[0][i * net.place_bits : (i + 1) * net.place_bits]
        z = sum(bit * 2 ** (net.place_bits - 1 - r) for r, bit in enumerate(bits))
        total += relu(relu(1 - 2 * relu(z - t) - 2 * relu(t - z - 1)) + found[1][i] - 1)
    return total


def points_of(n, n_features=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n_features)), np.where(rng.random(n) < 0.5, -1, 1)


def test_bits_by_hand():
    assert extract_bits(0b1011, 4) == [1, 0, 1, 1]
    assert extract_bits(0, 3) == [0, 0, 0]
    assert extract_bits(0b111, 3) == [1, 1, 1]
    # three quarters of the way from 0 to 1/8 of a word the lowest bit is halfway
    assert extract_bits(Fraction(3, 4), 3) == [0, 0, Fraction(1, 2)]


@pytest.mark.parametrize("n", [2, 5, 16, 23])
def test_it_memorizes_exactly(n):
    points, labels = points_of(n)
    labels[:2] = [-1, 1]
    net = bit_memorizer(points, labels)
    assert net.outputs(points) == [Fraction(int(label > 0)) for label in labels]
    assert (net.decide(points) == labels).all()
    assert net.blocks <= net.per_block == int(np.ceil(np.sqrt(n)))


def test_against_the_network_that_is_written_out():
    points, labels = points_of(11, 2)
    net = bit_memorizer(points, labels)
    rng = np.random.default_rng(3)
    asked = [*points[:4], *rng.normal(size=(20, 2))]
    # also in the middle of the steps between blocks, where bits are no whole numbers
    line = np.array(net.direction, float)
    for beta in net.steps:
        for part in (0.1, 0.5, 0.95):
            at = (float(beta) + part + float(net.start)) / float(net.scale)
            asked.append(line * at / (line @ line))
    assert net.outputs(np.array(asked)) == [literal(net, x) for x in asked]


def test_float64_is_enough_for_few_points_and_refused_beyond():
    points, labels = points_of(6, 2)
    exact, rounded = bit_memorizer(points, labels), bit_memorizer(points, labels, exact=False)
    assert exact.word_bits <= 52
    np.testing.assert_allclose(rounded(points), exact(points), atol=1e-9)
    many, labels = points_of(36)
    assert bit_memorizer(many, labels).word_bits > 52
    with pytest.raises(ValueError, match=r"need words of \d+ bits, and float64 holds 52: take "):
        bit_memorizer(many, labels, exact=False)


def test_in_float64_the_bits_beyond_52_are_lost():
    """Why it is refused: the same network in floats forgets."""
    points, labels = points_of(100)
    exact = bit_memorizer(points, labels)
    rounded = replace(exact, exact=False, _read={})
    assert (exact.decide(points) == labels).all()
    assert (rounded.decide(points) != labels).mean() > 0.2


def test_parameters_grow_as_the_root_times_the_logarithm():
    found = {}
    for n in (16, 64, 256, 1024):
        points, labels = points_of(n, 10)
        net = bit_memorizer(points, labels)
        found[n] = net.n_parameters
        b, bits = net.per_block, net.place_bits
        expected = 11 + 2 + 8 * (net.blocks - 1) + 9 * (b * bits + b) + 13 * b
        assert net.n_parameters == expected
        assert bits <= 4 * np.log2(n) + 8
    growth = np.diff(np.log([found[n] for n in found])) / np.log(4)
    assert (growth < 0.85).all()
    assert (growth > 0.4).all()


def test_whole_numbers_take_a_quick_way_with_the_same_result():
    rng = np.random.default_rng(0)
    points = rng.integers(0, 17, (40, 8)).astype(float)
    direction = tuple(rng.integers(-1000, 1000, 8).tolist())
    quick = exact_products(points, direction)
    slow = exact_products(np.concatenate([points, [[0.5] * 8]]), direction)
    assert quick == slow[:-1]
    assert all(isinstance(one, int) for one in quick)
    # beyond 2^53 whole numbers are no longer exact in float64, and it is not taken
    assert exact_products(np.array([[2.0**52, 1.0]]), (1001, 1)) == [1001 * 2**52 + 1]
    line = on_a_line(points, 0)
    ordered = sorted(line.places)
    assert ordered[0] == 0
    assert min(b - a for a, b in pairwise(ordered)) == Fraction(5, 2)


@pytest.mark.parametrize("far", [1e-300, 1e300, 1.5e308])
def test_points_may_be_near_or_far(far):
    points = np.array([[0.0, 0.0], [far, far], [1.0, 3.0]])
    net = bit_memorizer(points, [-1, 1, 1])
    assert net.decide(points).tolist() == [-1, 1, 1]


def test_equal_points_count_once_and_contradictions_are_told():
    net = bit_memorizer([[0.0], [1.0], [1.0], [3.0]], [-1, 1, 1, -1])
    assert sum(map(len, net.words)) == 3
    with pytest.raises(ValueError, match="samples 1 and 2 have the same input and different label"):
        bit_memorizer([[0.0], [1.0], [1.0], [3.0]], [-1, 1, -1, -1])
    with pytest.raises(ValueError, match="labels must be of two classes"):
        bit_memorizer([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="2 features a sample"):
        net(np.zeros((1, 2)))
