"""Small multiples of compared models, and the verdict in every setting."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_comparison, plot_verdicts
from infonb.selection import DEPENDS, EXAMPLES, HEURISTIC, INCONCLUSIVE

RULERS = ["common", "shared", "neuron"]


def objects(values):
    return np.array(values, dtype=object)


def compared(n, layers=("fc1", "fc2"), seed=0):
    """Return a result in the form of `infonb.compare`, with changes that are drawn."""
    rng = np.random.default_rng(seed)
    entropy = rng.normal(size=(n, 3, len(layers)))
    information = rng.normal(scale=0.1, size=(n, len(layers)))
    return xr.Dataset(
        {
            "entropy_change": (("comparison", "edges", "layer"), entropy),
            "entropy_interval": (
                ("comparison", "edges", "layer", "bound"),
                np.stack([entropy - 0.2, entropy + 0.3], -1),
            ),
            "mutual_information_change": (("comparison", "layer"), information),
            "mutual_information_interval": (
                ("comparison", "layer", "bound"),
                np.stack([information - 0.02, information + 0.01], -1),
            ),
            "verdict": (
                "comparison",
                objects([[HEURISTIC, INCONCLUSIVE][i % 2] for i in range(n)]),
            ),
        },
        {
            "comparison": objects([f"model {i}" for i in range(n)]),
            "edges": objects(RULERS),
            "layer": objects(list(layers)),
            "bound": objects(["low", "high"]),
        },
        {"reference": "clean"},
    )


def shown(picture):
    return [axis for axis in picture.axes if axis.get_visible()]


def drawn(axis):
    """Return the values of each line with intervals, without marks at the edge."""
    return [container.lines[0].get_ydata() for container in axis.containers]


@pytest.mark.parametrize("n", [1, 2, 7])
def test_values_and_intervals_are_those_of_the_result(n):
    found = compared(n)
    picture = plot_comparison(found)
    axes = shown(picture)
    assert len(axes) == 2 * n
    by_title = {axis.get_title(loc="left"): axis for axis in axes if axis.get_title(loc="left")}
    assert list(by_title) == found.comparison.values.tolist()
    for name, axis in by_title.items():
        one = found.sel(comparison=name)
        for ruler, values, container in zip(RULERS, drawn(axis), axis.containers, strict=True):
            np.testing.assert_allclose(values, one.entropy_change.sel(edges=ruler))
            ends = np.array([part[:, 1] for part in container.lines[2][0].get_segments()])
            np.testing.assert_allclose(ends, one.entropy_interval.sel(edges=ruler), atol=1e-12)


def test_all_panels_of_a_measure_have_one_scale():
    limits = {axis.get_ylim() for axis in shown(plot_comparison(compared(4)))}
    assert len(limits) == 2


def test_one_that_lies_far_out_is_at_the_edge_with_its_number():
    found = compared(12)
    found["mutual_information_change"][3, 1] = 50.0
    axes = shown(plot_comparison(found))
    assert max(axis.get_ylim()[1] for axis in axes) < 10
    notes = [text.get_text() for axis in axes for text in axis.texts]
    assert "50" in notes


def test_ground_and_words_tell_the_verdict():
    axes = shown(plot_comparison(compared(2)))
    grounds = {axis.get_facecolor() for axis in axes}
    assert len(grounds) == 2
    words = [text.get_text() for axis in axes for text in axis.texts]
    assert words == [HEURISTIC, INCONCLUSIVE]


def test_its_words_and_those_it_is_asked_for():
    picture = plot_comparison(compared(3), ["model 2"])
    assert "from clean to each model" in picture.alt
    assert picture.alt.endswith("model 2: towards a heuristic.")
    with pytest.raises(ValueError, match="models must be one of"):
        plot_comparison(compared(3), ["model 9"])


def test_without_a_reference_medians_are_drawn():
    medians = np.arange(12.0).reshape(3, 2, 2)
    found = xr.Dataset(
        {"median_entropy": (("edges", "model", "layer"), medians),
         "median_mutual_information": (("model", "layer"), medians[0] / 10)},
        {"edges": objects(RULERS), "model": objects(["a", "b"]), "layer": objects(["x", "y"])},
        {"no_verdict": "none"},
    )  # fmt: skip
    axes = shown(plot_comparison(found))
    np.testing.assert_array_equal(drawn(axes[0]), medians[:, 0])
    assert not axes[0].texts[0].get_text()


@pytest.mark.parametrize(
    ("layers", "labels", "words"),
    [
        (["fc1", "fc2"], ["fc1", "fc2"], ""),
        ([f"encoder.layer.{i}" for i in range(5)], list("01234"), "encoder.layer.…"),
        (
            ["one.of.them.with.a.name", "another.of.them.with.a.name"] * 8,
            None,
            "number of the layer",
        ),
    ],
)
def test_names_of_layers_fit_or_are_numbers(layers, labels, words):
    layers = [f"{layer}{'' if labels else i}" for i, layer in enumerate(layers)]
    axis = shown(plot_comparison(compared(7, layers)))[-1]
    assert axis.get_xlabel() == words
    texts = [label.get_text() for label in axis.get_xticklabels()]
    assert (
        texts == labels if labels else {text for text in texts if text} < set(map(str, range(17)))
    )


def test_verdicts_in_every_setting():
    words = objects([HEURISTIC, EXAMPLES, DEPENDS, INCONCLUSIVE, HEURISTIC, HEURISTIC])
    verdict = xr.DataArray(
        words.reshape(1, 3, 2), {"n_samples": [500], "bins": [30, 100, 300], "k": [1, 3]},
        ("n_samples", "bins", "k"),
    )  # fmt: skip
    picture = plot_verdicts(verdict)
    (axis,) = picture.axes
    assert [text.get_text() for text in axis.texts] == ["H", "M", "R", "–", "H", "H"]
    assert "towards a heuristic in 3" in picture.alt
    assert picture.alt.endswith("of 6 settings.")
