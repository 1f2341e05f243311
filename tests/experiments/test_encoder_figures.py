"""The panel and the figures of memorization in encoders, of made-up scores."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.data import load_digits
from infonb.experiments.encoder_memorization import live
from infonb.experiments.encoder_memorization.figures import (
    plot_beside,
    plot_most_memorized,
    plot_parts,
)
from infonb.experiments.encoder_memorization.live import explore_encoders, kept_arrays
from infonb.memorization import unit
from infonb.memorization.layer_mem import scores
from infonb.plots.examples import montage

LAYERS, ROLES, N = ["layer1", "layer2", "layer3"], ["S", "C", "I", "E"], 12
NETWORKS = ["contrastive", "untrained"]


def alignment(seed=0):
    random = np.random.default_rng(seed)
    return xr.DataArray(
        random.uniform(0.5, 1, (2, 3, 4 * N)),
        {
            "model": ["target", "reference"], "layer": LAYERS, "sample": np.arange(4 * N),
            "role": ("sample", np.repeat(np.array(ROLES, object), N)),
        },
        ("model", "layer", "sample"),
    )  # fmt: skip


def means(seed=0):
    random = np.random.default_rng(seed)
    values = random.exponential(size=(3, 5, 2 * N))
    values[1, 2] = 0  # a dead unit
    values[1, 4] = np.nan  # beyond the width
    coords = {"layer": LAYERS, "sample": np.arange(2 * N), "role": ("sample", ["S"] * 2 * N)}
    return xr.DataArray(values, coords, ("layer", "neuron", "sample"))


@pytest.fixture
def panel():
    kept = kept_arrays(
        {"aug-aug": alignment(0), "clean-aug": alignment(1)},
        {name: means(seed) for seed, name in enumerate(NETWORKS)},
    )
    images = load_digits().isel(sample=slice(4 * N))
    return explore_encoders(kept, images)


def test_the_panel_tells_what_the_measures_say(panel):
    panel.set(layer="layer2", role="I", normalize="range", pairs="clean-aug", rest="median")
    found = scores(alignment(1), normalize="range")
    mem = found.group_mem.sel(layer="layer2")
    for group in ("I", "E"):
        assert f"{float(mem.sel(group=group)):.3f}" in panel.alt
    units = unit(means(0), rest="median").unit_mem.sel(layer="layer2")
    assert f"contrastive: median {float(units.median()):.2f}, 1 dead" in panel.alt
    assert panel.message.value == ""


def test_every_control_changes_its_picture(panel):
    before = {name: image.value for name, image in panel.images.items()}
    changes = {"layer": "layer1", "role": "S", "normalize": "none", "pairs": "clean-aug"}
    for name, value in changes.items():
        panel.set(**{name: value})
        assert panel.images["scores"].value != before["scores"], name
        before["scores"] = panel.images["scores"].value
    assert panel.images["units"].value != before["units"]  # another layer
    before["units"] = panel.images["units"].value
    panel.set(rest="median")
    assert panel.images["units"].value != before["units"]


def test_images_of_the_highest_scores_come_first():
    runs = alignment().to_dataset(name="alignment")
    mem = scores(alignment()).ssl_mem.rename(sample="image").expand_dims(seed=[0])
    digits = load_digits().isel(sample=slice(4 * N))
    data = {role: digits.isel(sample=runs.role.values == role) for role in ROLES}
    picture = plot_most_memorized(mem.to_dataset(name="ssl_mem"), data, n=3)
    last = mem.isel(layer=-1, seed=0).values[N : 2 * N]
    order = np.argsort(-last)
    shown = [axis.images[0].get_array()[..., 0] for axis in picture.axes]
    expected = data["C"].input.values[[*order[:3], *order[-3:]]]
    assert all(np.allclose(a, b, atol=0.01) for a, b in zip(shown, expected, strict=True))
    assert f"{last.max():.2f}".replace("-", "−") in picture.alt


def test_lines_part_images_with_white_edges():
    white = np.ones((10, 8, 8, 3))
    whole = montage(white, 5, (0, 0, 1))
    assert whole.shape == (17, 44, 3)
    parting = (whole == (0, 0, 1)).all(axis=-1)
    assert parting[8].all()
    assert np.flatnonzero(parting[0]).tolist() == [8, 17, 26, 35]


def test_the_panel_draws_lines_around_its_images(panel):
    (picture,) = [image for axis in panel._draws["scores"]._picture.axes for image in axis.images]
    values = picture.get_array()
    for edge in (values[0], values[-1], values[:, 0], values[:, -1], values[9]):
        assert np.allclose(edge, live._LINE)


def test_lines_are_means_over_seeds():
    random = np.random.default_rng(0)
    dims = ("network", "seed", "layer")
    coords = {"network": NETWORKS, "layer": LAYERS}
    one, other = (xr.DataArray(random.normal(size=(2, 2, 3)), coords, dims) for _ in range(2))
    picture = plot_beside({"one": one, "other": other})
    drawn = [line.get_ydata() for line in picture.axes[1].lines if line.get_linewidth() == 2]
    assert np.allclose(drawn, other.mean("seed"))
    parts = xr.concat([one, other], xr.Variable("part", np.array(["most", "least"], object)))
    picture = plot_parts(parts, parts + 1)
    drawn = [line.get_ydata() for line in picture.axes[0].lines if line.get_linewidth() == 2]
    assert np.allclose(drawn[:2], parts.sel(network="contrastive").mean("seed"))
    assert np.allclose(drawn[2:], parts.sel(network="contrastive").mean("seed") + 1)  # the null
