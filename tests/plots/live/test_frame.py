"""The axes of live figures: their limits, and what ticks have in common."""

from __future__ import annotations

import numpy as np
import pytest

from infonb.plots.live.frame import fit, frame, with_offset


def test_the_title_stands_above_the_axes():
    _, axis, title = frame((4, 3))
    title.set_text("one neuron")
    assert axis.get_title(loc="left") == "one neuron"


def test_a_factor_of_all_ticks_goes_into_the_label():
    _, axes, _ = frame((4, 3))
    axes.set(xlim=(0, 1), ylim=(0, 1e-30))
    assert with_offset(axes.xaxis, "neuron 0") == "neuron 0"
    assert with_offset(axes.yaxis, "neuron 1") == "neuron 1 (ticks × 1e−30)"


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([0.0, 10.0], {"margin": 0.1}, (-1.0, 11.0)),
        ([2.0, 2.0], {}, (1.5, 2.5)),
        ([2.0, 2.0625], {"least": 0.125}, (1.96875, 2.09375)),
    ],
)
def test_all_values_are_within_the_axis(values, options, expected):
    assert fit(np.array(values), **options) == expected
