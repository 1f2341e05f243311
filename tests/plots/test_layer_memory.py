"""LayerMem by depth, agreement of layers, pruned probes: what is drawn, and told."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_layer_agreement, plot_layer_memory, plot_pruned

NETWORKS, LAYERS, GROUPS = ["contrastive", "untrained"], ["a", "b", "c"], ["S", "C", "I", "E"]


def groups():
    random = np.random.default_rng(0)
    dims = ("network", "seed", "group", "layer")
    coords = {"network": NETWORKS, "seed": [0, 1], "group": GROUPS, "layer": LAYERS}
    mem = xr.DataArray(random.normal(0, 0.02, (2, 2, 4, 3)), coords, dims)
    return xr.Dataset({"group_mem": mem, "group_error": 0 * mem + 0.01})


def test_layer_memory_draws_groups_seeds_and_the_band_of_the_null():
    found = groups()
    picture = plot_layer_memory(found)
    assert len(picture.axes) == 2
    axis = picture.axes[0]
    means = [line.get_ydata() for line in axis.lines if line.get_linewidth() == 2]
    assert len(means) == 4
    expected = found.group_mem.sel(network="contrastive", group="C").mean("seed")
    assert any(np.allclose(line, expected) for line in means)
    assert sum(line.get_linewidth() == 0.7 for line in axis.lines) == 8
    band = axis.collections[0].get_paths()[0].vertices[:, 1]
    null = found.group_mem.sel(network="contrastive", group="E").mean("seed").values
    assert np.isclose(band.max(), (null + 0.02).max())
    assert np.isclose(band.min(), (null - 0.02).min())
    assert picture.alt.count("C ") == 2


def test_layer_memory_without_its_null_is_refused():
    with pytest.raises(ValueError, match="null must be one of"):
        plot_layer_memory(groups().sel(group=["C", "I"]))


def test_narrow_figures_have_a_panel_in_a_row():
    assert plot_layer_memory(groups()).narrow().get_figwidth() < 4


def test_agreement_is_the_mean_over_seeds():
    random = np.random.default_rng(0)
    tau = xr.DataArray(
        random.uniform(-1, 1, (2, 2, 3, 3)),
        {"network": NETWORKS, "seed": [0, 1], "layer": LAYERS},
        ("network", "seed", "layer", "other_layer"),
    )
    picture = plot_layer_agreement(tau)
    shown = picture.axes[1].images[0].get_array()
    assert np.allclose(shown, tau.sel(network="untrained").mean("seed"))
    corner = float(tau.sel(network="untrained").mean("seed")[0, 2])
    assert f"first and last {corner:.2f}".replace("-", "−") in picture.alt
    unknown = plot_layer_agreement(tau.where(tau.network != "untrained"))
    assert "untrained: neighbours –, first and last –" in unknown.alt


def test_pruned_accuracies_stand_on_the_band_of_drawn_units():
    accuracy = xr.DataArray(
        [[0.9, 0.5], [0.8, 0.6]], {"seed": [0, 1], "pruned": ["none", "highest"]},
        ("seed", "pruned"),
    )  # fmt: skip
    drawn = xr.DataArray([[0.7, 0.75], [0.65, 0.72]], dims=("seed", "draw"))
    picture = plot_pruned(accuracy, drawn, names={"none": "all", "highest": "high"})
    (axis,) = picture.axes
    assert picture.alt == "Accuracy of the probe: all 0.85, high 0.55."
    low, high = axis.patches[0].get_y(), axis.patches[0].get_y() + axis.patches[0].get_height()
    assert (low, high) == (0.65, 0.75)
    assert sorted(np.concatenate([line.get_ydata() for line in axis.lines])) == [0.5, 0.6, 0.8, 0.9]
    with pytest.raises(ValueError, match="dim 'pruned' not found"):
        plot_pruned(accuracy.rename(pruned="off"))
