"""Figures of the circles: the right values at the right place, and words for them."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.data import add_artifact, concentric_circles
from infonb.plots import (
    plot_cuts,
    plot_difference,
    plot_side_by_side,
    plot_surface,
)

LINE = np.linspace(-1.8, 1.8, 13)
C1 = np.linspace(-3.6, 3.6, 9)
RADIUS = np.linspace(0, 1.8, 7)


@pytest.fixture
def radial():
    """Two networks: one that looks at the distance, one that looks at c1."""
    circles = np.broadcast_to(RADIUS < 0.7, (C1.size, RADIUS.size)).astype(float)
    shortcut = np.broadcast_to(C1[:, None] > 0, circles.shape).astype(float)
    return xr.DataArray(
        np.stack([circles, shortcut]),
        {"network": ["circles", "shortcut"], "c1_fine": C1, "radius": RADIUS},
        ("network", "c1_fine", "radius"),
    )


@pytest.fixture
def probability():
    y, x = np.meshgrid(LINE, LINE, indexing="ij")
    inside = (np.hypot(x, y) < 0.7).astype(float)
    planes = [[inside, inside, inside], [0 * inside, inside, 0 * inside + 1]]
    return xr.DataArray(
        np.array(planes),
        {"network": ["circles", "shortcut"], "c1": [-3.0, 0.5, 3.0], "y": LINE, "x": LINE},
        ("network", "c1", "y", "x"),
    )


@pytest.fixture
def points():
    return add_artifact(concentric_circles(200), division=1.0)


def test_surface_has_planes_and_a_cut_for_each_network(probability, radial, points):
    picture = plot_surface(probability, radial, {"shortcut": points})
    assert len(picture.axes) == 2 * 4 + 1  # with the colour bar
    titles = [axis.get_title() for axis in picture.axes[:4]]
    assert titles == ["plane c1 = -3", "plane c1 = 0.5", "plane c1 = 3", "cut: radius and c1"]
    assert "circles 1.00 and 0.00; shortcut 0.00 and 1.00" in picture.alt


def test_a_plane_shows_the_points_near_it(probability, radial, points):
    picture = plot_surface(probability, radial, {"shortcut": points})
    c1 = points.input.sel(feature="c1").values
    for column, level in enumerate((-3.0, 0.5, 3.0)):
        drawn = [
            part.get_offsets() for part in picture.axes[4 + column].collections
            if part.get_label().startswith("label")
        ]  # fmt: skip
        assert sum(map(len, drawn)) == (abs(c1 - level) < 0.75).sum()
        assert not [p for p in picture.axes[column].collections if "label 0" in p.get_label()]


def test_cuts_of_levels(radial, points):
    levels = radial.rename(network="beta").assign_coords(beta=[0.0, 1.0])
    picture = plot_cuts(levels, {0.0: points})
    assert [axis.get_title() for axis in picture.axes[:2]] == ["β = 0", "β = 1"]
    assert len(plot_cuts(levels, columns=1).axes) == 3


@pytest.fixture
def networks():
    rng = np.random.default_rng(0)
    values = {"fc1": rng.normal(size=(80, 6)), "fc2": rng.normal(size=(80, 4))}
    acts = inb.from_arrays(values, coords={"label": np.arange(80) % 2}).activation
    dim = xr.Variable("network", np.array(["a", "b", "c"], dtype=object))
    return xr.concat([acts, acts**3, np.tanh(3 * acts)], dim=dim, coords="minimal")


def test_side_by_side_has_maps_boxes_and_densities(networks):
    entropy = inb.entropy(networks, bins=10)
    information = inb.mutual_information(networks, within="layer")
    picture = plot_side_by_side(networks, entropy, information)
    assert len(picture.axes) == 3 + 1 + 2
    medians = entropy.median("neuron")
    for name in "abc":
        for layer in ("fc1", "fc2"):
            assert f"{layer} {float(medians.sel(network=name, layer=layer)):.2f}" in picture.alt
    boxes = picture.axes[4]
    drawn = [line.get_ydata()[0] for line in boxes.lines if line.get_linewidth() == 2]
    np.testing.assert_allclose(np.sort(drawn), np.sort(medians.values.ravel()))


def test_side_by_side_takes_seeds_and_refuses_one_network(networks):
    entropy = inb.entropy(networks, bins=10)
    information = inb.mutual_information(networks, within="layer")
    seeds = xr.Variable("seed", [0, 1])
    picture = plot_side_by_side(
        networks,
        xr.concat([entropy, entropy], dim=seeds),
        xr.concat([information, information], dim=seeds),
    )
    assert picture.alt == plot_side_by_side(networks, entropy, information).alt
    with pytest.raises(ValueError, match="at least two side by side"):
        plot_side_by_side(
            networks.isel(network=0), entropy.isel(network=0), information.isel(network=0)
        )


def test_differences_are_ranked_within_layers(networks):
    difference = networks.sel(network=["a", "b"]).assign_attrs(long_name="bias − anti", units="sd")
    picture = plot_difference(difference)
    bars = picture.axes[2]
    heights = [bar.get_height() for bar in bars.patches]
    means = abs(difference.sel(network="a")).mean("sample")
    expected = np.r_[
        np.sort(means.sel(layer="fc1"))[::-1], np.sort(means.sel(layer="fc2")[:4])[::-1]
    ]
    np.testing.assert_allclose(heights, expected)
    assert f"fc1 {float(means.sel(layer='fc1').mean()):.2f}" in picture.alt


def test_difference_of_one_network(networks):
    assert len(plot_difference(networks.sel(network="a", drop=True)).axes) == 3
