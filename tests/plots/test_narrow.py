"""Wide pictures have a narrow form, of the same data, which notebooks pass over."""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from nine_runs import agreement_of, nine_runs, planted_of

import infonb as inb
from infonb.plots import (
    plot_agreement,
    plot_comparison,
    plot_confusion,
    plot_planted,
    plot_tau_matrix,
    plot_training,
)
from infonb.plots.narrow import NARROW
from infonb.plots.picture import DPI, NARROW_PNG, png_size

pytestmark = pytest.mark.slow


def activations() -> xr.Dataset:
    rng = np.random.default_rng(0)
    return xr.concat(
        [inb.from_arrays({"fc1": rng.normal(size=(60, 5)), "fc2": rng.normal(size=(60, 5))})
         for _ in range(3)], dim=xr.Variable("alpha", [0.0, 0.5, 1.0]),
    )  # fmt: skip


def entropy(**options):
    return inb.plot_entropy(inb.entropy(activations()), **options)


def information(**options):
    return inb.plot_mutual_information(inb.mutual_information(activations()), **options)


def agreement(**options):
    tau = (("setting", "measure"), [[1.0, -0.6], [0.5, 0.2]])
    labels = {"setting": ["a", "b"], "measure": ["MI", "entropy"]}
    return plot_agreement(xr.Dataset({"tau": tau}, labels), **options)


def training(**options):
    curve = ("epoch", np.linspace(0, 1, 5))
    history = xr.Dataset({"train_accuracy": curve, "validation_accuracy": curve})
    return plot_training(history.assign_coords(epoch=np.arange(1, 6)), **options)


def comparison(**options):
    three = {name: activations().sel(alpha=at) for name, at in zip("abc", (0, 0.5, 1), strict=True)}
    return plot_comparison(inb.compare(three, reference="a"), **options)


def confusion(**options):
    said = ["towards a heuristic", "towards memorized examples", "depends on the ruler", "nothing"]
    counts = pd.DataFrame([[3, 0, 1, 0], [0, 2, 0, 1]], ["shortcut → memorized", "twins"], said)
    return plot_confusion(counts, dict(zip(counts.index, said, strict=False)), **options)


def tau_matrix(**options):
    return plot_tau_matrix(agreement_of(nine_runs(["noise", "constructed"])), **options)


def planted(**options):
    return plot_planted(planted_of(nine_runs(["noise", "constructed"])), **options)


ALL = [entropy, information, agreement, training, comparison, confusion, tau_matrix, planted]


@pytest.mark.parametrize("draw", ALL)
def test_the_narrow_form_is_the_same_picture_as_wide_as_a_phone(draw):
    wide = draw()
    data, metadata = wide._repr_mimebundle_()
    assert png_size(base64.b64decode(data["image/png"]))[0] > 600
    size = png_size(base64.b64decode(data[NARROW_PNG]))
    assert size[0] == pytest.approx(NARROW * DPI, abs=1)
    assert (metadata[NARROW_PNG]["width"], metadata[NARROW_PNG]["height"]) == size
    narrow = wide.narrow()
    assert narrow.alt == wide.alt == metadata["image/png"]["alt"]
    lines = [sum(len(axis.lines) for axis in one.axes) for one in (wide, narrow)]
    assert lines[0] == lines[1]


@pytest.mark.parametrize(
    "draw", [information, agreement, training, comparison, tau_matrix, planted]
)
def test_panels_of_the_narrow_form_stand_one_below_the_other(draw):
    narrow = draw().narrow()
    narrow.draw_without_rendering()
    boxes = [axis.get_position() for axis in narrow.axes if axis.get_visible()]
    assert len(boxes) > 1
    assert len({round(box.y0, 3) for box in boxes}) == len(boxes)
    assert all(box.width > 0.5 for box in boxes)


@pytest.mark.parametrize("draw", ALL)
def test_all_words_of_the_narrow_form_are_within_it(draw):
    narrow = draw().narrow()
    narrow.draw_without_rendering()
    box = narrow.get_tightbbox()
    assert box.x0 >= -0.02
    assert box.x1 <= narrow.get_figwidth() + 0.02


def test_a_narrow_picture_has_no_other_form():
    picture = entropy(width=3.5)
    assert picture.narrow is None
    assert NARROW_PNG not in picture._repr_mimebundle_()[0]
