from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_entropy, plot_information_by

LEVELS = np.array(["raw a", "raw b", "scrubbed a"], dtype=object)
DIMS = ("training_set", "seed", "neuron", "other_neuron")


def pairs() -> xr.DataArray:
    """Return MI around 1, 2 and 3, with a diagonal that is far away."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 2, 8, 8), scale=0.1) + np.reshape([1, 2, 3], (3, 1, 1, 1))
    values[..., np.arange(8), np.arange(8)] = 50.0
    neurons = {"neuron": np.arange(8), "other_neuron": np.arange(8)}
    return xr.DataArray(
        values, {"training_set": LEVELS, **neurons}, DIMS, attrs={"units": "nat"}
    )  # fmt: skip


def compression(*values: float) -> xr.DataArray:
    both = np.array(values)[:, None] + [-0.1, 0.1]
    return xr.DataArray(
        both, {"training_set": LEVELS}, ("training_set", "seed"), attrs={"long_name": "known"}
    )


def test_colours_are_those_of_the_number_whatever_the_order() -> None:
    curves, other = (
        plot_information_by(pairs(), known).axes[0].lines[::2]
        for known in (compression(1.0, 3.0, 2.0), compression(3.0, 1.0, 2.0)[::-1])
    )
    assert curves[0].get_color() == other[1].get_color()
    assert curves[1].get_color() == other[0].get_color()
    assert curves[2].get_color() == other[2].get_color()
    assert [line.get_linestyle() for line in curves] == ["-", "-", "--"]


def test_words_and_axes() -> None:
    picture = plot_information_by(pairs(), compression(1.0, 3.0, 2.0))
    assert picture.alt.startswith(
        "Densities of the mutual information of neuron pairs, coloured by known. Medians (nat): "
    )
    assert "raw b 1.99 at 3.00" in picture.alt
    assert picture.alt.endswith("at 2.00.")
    assert picture.axes[0].get_xlim()[1] < 5  # the diagonal is left out
    assert picture.axes[1].get_ylabel() == "known"
    assert picture.axes[1].get_ylim() == (1.0, 3.0)
    assert picture.narrow is not None
    assert picture.narrow().get_figwidth() < picture.get_figwidth()


def test_equal_numbers_have_a_scale_all_the_same() -> None:
    low, high = plot_information_by(pairs(), compression(1, 1, 1)).axes[1].get_ylim()
    assert low < 1 < high


def test_a_number_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="training_set"):
        plot_information_by(pairs(), xr.DataArray([1.0], dims="alpha"))


def test_a_line_beside_the_boxes_may_go_beyond_one() -> None:
    entropy = xr.DataArray(
        np.random.default_rng(0).normal(size=(3, 9)), {"training_set": LEVELS},
        ("training_set", "neuron"), attrs={"units": "nat"},
    )  # fmt: skip
    for values, top in (((0.5, 0.6, 0.7), 1.05), ((1.0, 2.9, 1.5), 3.15)):
        picture = plot_entropy(entropy, compression(*values))
        assert picture.axes[1].get_ylim()[1] == pytest.approx(top)
