import numpy as np
import pytest
import xarray as xr

from infonb.measures.layers import generator, take_layers


def activation():
    values = np.random.default_rng(0).normal(size=(2, 2, 3, 20))
    values[:, 1, 2] = np.nan
    coords = {"layer": ["a", "b"], "width": ("layer", [3, 2]), "seed": [5, 6]}
    return xr.DataArray(values, coords, ("seed", "layer", "neuron", "sample"), name="activation")


def test_points_are_samples_by_neurons_without_padding():
    acts = activation()
    layers = take_layers(acts.transpose("neuron", "seed", "sample", "layer"))
    assert layers.template.dims == ("seed", "layer")
    assert set(layers.template.coords) == {"seed", "layer", "width"}
    for at, (s, n) in enumerate([(0, 3), (0, 2), (1, 3), (1, 2)]):
        expected = acts.values[s, at % 2, :n].T
        np.testing.assert_array_equal(layers.points[at], expected)
    back = layers.labelled(np.arange(4.0))
    assert back.dims == ("seed", "layer")
    np.testing.assert_array_equal(back, [[0, 1], [2, 3]])


def test_one_layer_and_one_neuron_need_no_dims_of_their_own():
    one = activation()[0, 0]
    assert take_layers(one).points[0].shape == (20, 3)
    assert take_layers(one[0]).points[0].shape == (20, 1)
    assert take_layers(one.to_dataset(name="activation")).template.dims == ()


def test_samples_are_drawn_once_for_all_and_labels_with_them():
    acts = activation().assign_coords(label=("sample", np.arange(20) // 2))
    layers = take_layers(acts, 8, seed=3)
    assert layers.n_samples == 8
    assert (np.diff(layers.chosen) > 0).all()
    np.testing.assert_array_equal(layers.points[0], acts.values[0, 0][:, layers.chosen].T)
    classes, name = layers.classes("label", "this")
    assert name == "label"
    same = layers.chosen // 2
    np.testing.assert_array_equal(classes[0][:, None] == classes[0], same[:, None] == same)
    np.testing.assert_array_equal(take_layers(acts, 8, seed=3).chosen, layers.chosen)


def test_classes_of_an_entry_are_numbered_as_if_it_were_alone():
    acts = activation()
    label = np.random.default_rng(1).integers(4, size=(2, 20))
    layers = take_layers(acts)
    both, _ = layers.classes(xr.DataArray(label, dims=("seed", "sample")), "this")
    for s in range(2):
        alone, _ = take_layers(acts[s]).classes(label[s], "this")
        for at in range(2):
            np.testing.assert_array_equal(both[2 * s + at], alone[at])


def test_random_numbers_are_none_that_a_user_draws_with_the_same_seed():
    drawn = {what: generator(0, what).random() for what in ("null", "halves", "samples")}
    assert len({*drawn.values(), np.random.default_rng(0).random()}) == 4
    assert generator(0, "null").random() == drawn["null"]


def test_errors_name_what_is_wrong():
    acts = activation().assign_coords(sample=np.arange(20))
    with pytest.raises(ValueError, match="at least 30 samples; there are 20"):
        take_layers(acts, at_least=30)
    with pytest.raises(ValueError, match="dim 'sample' not found"):
        take_layers(acts.rename(sample="example"))
    with pytest.raises(ValueError, match="no neuron within its width"):
        take_layers(acts.assign_coords(width=("layer", [3, 0])))
    with pytest.raises(TypeError, match="DataArray or Dataset"):
        take_layers(acts.values)
    whole = acts.fillna(0.0).assign_coords(width=("layer", [3, 3]))
    with pytest.raises(ValueError, match="activation is nan at"):
        take_layers(whole.where(whole["sample"] != 4))
