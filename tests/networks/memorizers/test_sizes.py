"""Sizes of memorizers: what is published, and that they fit together."""

from __future__ import annotations

from itertools import pairwise

import pytest

from infonb.networks import (
    memorizer_capacity,
    necessary_points,
    plan_classifier_sizes,
    plan_sizes,
)


def test_what_is_published():
    assert memorizer_capacity(8, 8) == 16
    assert memorizer_capacity(64, 64) == 1024
    assert memorizer_capacity(16, 32, 2) == 64
    assert necessary_points(4, 4) == 38
    assert necessary_points(1, 1) == 5
    sizes = plan_classifier_sizes(10**6, 1000)  # 2k-2k-4k for ImageNet
    assert (sizes.d1, sizes.d2, sizes.d3, sizes.capacity) == (2000, 2000, 4000, 10**6)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 16, 17, 50, 99, 100, 101, 1024])
@pytest.mark.parametrize("outputs", [1, 3])
def test_planned_sizes_hold_the_points_and_hardly_more(n, outputs):
    sizes = plan_sizes(n, outputs, n_inputs=7)
    assert sizes.capacity == memorizer_capacity(sizes.d1, sizes.d2, outputs) >= n
    assert sizes.capacity == 4 * sizes.p * sizes.q
    # one group of columns less would not hold them
    assert 4 * sizes.p * (sizes.q - 1) < n
    assert sizes.d1 <= 2 * n**0.5 + 4
    layers = [7, sizes.d1, sizes.d2, outputs]
    assert sizes.parameters == sum((a + 1) * b for a, b in pairwise(layers))


def test_odd_widths_are_rounded_down():
    assert memorizer_capacity(11, 9) == memorizer_capacity(8, 8)
    assert memorizer_capacity(3, 64) == 0


def test_what_cannot_be():
    with pytest.raises(ValueError, match="p=2 and q=2 hold 4pq = 16 points, not 17"):
        plan_sizes(17, p=2, q=2)
    assert plan_sizes(17, p=2).q == 3
    assert plan_sizes(17, q=1).p == 5
    with pytest.raises(TypeError, match=r"p must be a whole number; not 1.5"):
        plan_sizes(4, p=1.5)
    with pytest.raises(ValueError, match="n_classes must be at least 2; not 1"):
        plan_classifier_sizes(10, 1)
