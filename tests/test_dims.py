"""The data model: which neurons a layer has, and what is done with names of dims."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.dims import (
    check_array,
    check_not_infinite,
    count_neurons,
    group_dim,
    inside_width,
    median_within_layers,
    same_neuron,
    square,
    with_layer,
    within_layer,
    without_diagonal,
)


@pytest.fixture
def acts():
    """A layer of 5 and one of 3 neurons."""
    rng = np.random.default_rng(0)
    return inb.from_arrays({"fc1": rng.normal(size=(50, 5)), "fc2": rng.normal(size=(50, 3))})


IDS = [
    np.arange(1, 6),
    np.arange(1000, 1005),
    np.arange(5)[::-1],
    np.array([7, 0, -3, 2, 9]),
    np.zeros(5, int),
    np.arange(5) + 0.5,
    np.array(list("abcde"), object),
]


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("ids", IDS, ids=str)
def test_other_names_of_neurons_make_no_padding(acts, ids, lazy):
    right, pairs = inb.entropy(acts, bins=10), inb.mutual_information(acts, within="layer")
    named = acts.assign_coords(neuron=ids)
    named = named.chunk(sample=20) if lazy else named
    np.testing.assert_array_equal(inb.entropy(named, bins=10), right)
    np.testing.assert_array_equal(inb.mutual_information(named, within="layer"), pairs)
    assert count_neurons(named.activation) == [5, 3]


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("first", [0, 1, 1000])
@pytest.mark.parametrize("chosen", [[3, 4], [1, 2], [4, 0], [4, 3, 2, 1, 0], [2, 3]])
def test_selected_neurons_are_measured_and_their_padding_is_not(acts, chosen, first, lazy):
    named = acts.assign_coords(neuron=np.arange(5) + first)
    whole = inb.entropy(named, bins=10, edges="neuron")
    some = named.isel(neuron=chosen)
    some = some.chunk(sample=20) if lazy else some
    xr.testing.assert_equal(
        inb.entropy(some, bins=10, edges="neuron").compute(), whole.isel(neuron=chosen)
    )
    number = [sum(neuron < width for neuron in chosen) for width in (5, 3)]
    assert count_neurons(some.activation) == number


@pytest.mark.parametrize("first", [0, 1])
def test_one_selected_neuron(acts, first):
    whole = inb.entropy(acts, bins=10, edges="neuron")
    named = acts.assign_coords(neuron=np.arange(5) + first)
    for place in range(5):
        one = inb.entropy(named.isel(neuron=place), bins=10, edges="neuron")
        np.testing.assert_array_equal(one, whole.isel(neuron=place))


def test_renumbered_selection(acts):
    some = acts.sel(layer=["fc1"]).isel(neuron=[1, 4])
    expected = inb.entropy(some, bins=10)
    again = some.assign_coords(neuron=[0, 1], width=("layer", [2]))
    np.testing.assert_array_equal(inb.entropy(again, bins=10), expected)


def test_layers_stacked_into_neurons(acts):
    flat = acts.activation.rename(neuron="unit").stack(neuron=("layer", "unit")).dropna("neuron")
    found = inb.entropy(flat, bins=10, edges="neuron")
    expected = inb.entropy(acts, bins=10, edges="neuron").values.ravel()
    np.testing.assert_array_equal(found, expected[np.isfinite(expected)])
    assert inside_width(flat).all()
    numbered = flat.drop_vars(["neuron", "layer", "unit"]).assign_coords(neuron=np.arange(8))
    np.testing.assert_array_equal(inb.entropy(numbered, bins=10, edges="neuron"), found)


def test_nan_inside_the_width_is_an_error_whatever_the_names(acts):
    acts.activation[1, 2] = np.nan
    for ids in (np.arange(5), np.array(list("abcde"), object)):
        with pytest.raises(ValueError, match=r"layer 'fc2', neuron (2|'c')"):
            inb.entropy(acts.assign_coords(neuron=ids))


def test_named_neurons_are_selected_and_put_one_after_the_other(acts):
    fixed = {"edges": np.linspace(-6, 6, 11)}
    whole = inb.entropy(acts, **fixed).values
    named = acts.assign_coords(neuron=list("abcde"))
    for chosen in (list("ea"), list("cdab"), list("edcba")):
        places = ["abcde".index(name) for name in chosen]
        found = inb.entropy(named.sel(neuron=chosen), **fixed)
        np.testing.assert_array_equal(found, whole[:, places])
    other = acts.isel(layer=[1, 0]).assign_coords(layer=acts.layer)
    both = xr.concat(
        [acts.activation, other.activation], "neuron", coords="different", compat="equals"
    )
    expected = np.concatenate([whole, whole[::-1]], axis=1)
    np.testing.assert_array_equal(inb.entropy(both, **fixed), expected)
    flat = acts.activation.rename(neuron="unit").stack(neuron=("layer", "unit"))
    np.testing.assert_array_equal(inb.entropy(flat, **fixed), whole.ravel())


def test_a_neuron_of_nan_is_no_padding_where_none_was_left_out(acts):
    acts.activation[0, 1] = np.nan
    with pytest.raises(ValueError, match="layer 'fc1', neuron 12"):
        inb.entropy(acts.assign_coords(neuron=np.arange(11, 16)))


def test_no_width_no_padding(acts):
    assert inside_width(acts.activation.drop_vars("width")) is None
    assert inside_width(acts.activation, "neuron") is None
    assert count_neurons(acts.activation.drop_vars("width")) == [5, 5]
    assert count_neurons(acts.activation.sel(layer="fc2")) == [3]


def test_widths_of_several_runs_are_counted_by_the_widest(acts):
    both = xr.concat(
        [acts.activation, acts.activation.assign_coords(width=("layer", [2, 3]))],
        xr.Variable("run", [0, 1]), coords="different", compat="equals",
    )  # fmt: skip
    assert count_neurons(both) == [5, 3]
    assert inside_width(both).sum("neuron").transpose("run", "layer").values.tolist() == [
        [5, 3], [2, 3],
    ]  # fmt: skip


def test_a_dim_of_layers_is_put_back(acts):
    assert with_layer(xr.DataArray([1.0], dims=("neuron",))).dims == ("layer", "neuron")
    one = with_layer(acts.activation.sel(layer="fc2"))
    assert (one.dims[0], one.layer.item(), one.width.values.tolist()) == ("layer", "fc2", [3])
    assert with_layer(acts.activation).identical(acts.activation)


def test_what_is_compared():
    values = xr.DataArray(np.zeros((2, 3, 4)), dims=("alpha", "seed", "neuron"))
    assert group_dim(values, None, {"neuron"}) == "alpha"
    assert group_dim(values, "seed", {"neuron"}) == "seed"
    assert group_dim(values[0], None, {"neuron"}) is None
    with pytest.raises(ValueError, match=r"choose by= among \['alpha', 'neuron'\]"):
        group_dim(values, None, set())
    with pytest.raises(ValueError, match="dim 'beta' not found"):
        group_dim(values, "beta", {"neuron"})


def test_no_array():
    with pytest.raises(TypeError, match=r"give what infonb.entropy returned, a DataArray; not D"):
        check_array(xr.Dataset(), "what infonb.entropy returned")


def test_pairs_within_layers():
    values = xr.DataArray(
        np.eye(4).reshape(2, 2, 2, 2),
        {"layer": ["a", "b"], "other_layer": ["a", "b"], "neuron": [0, 1], "other_neuron": [0, 1]},
        ("layer", "neuron", "other_layer", "other_neuron"),
    )
    np.testing.assert_array_equal(within_layer(values, "b"), np.eye(2))
    np.testing.assert_array_equal(median_within_layers(values + 0.5), [0.5, 0.5])
    within = xr.DataArray(np.ones((1, 2, 2)), dims=("layer", "neuron", "other_neuron"))
    np.testing.assert_array_equal(without_diagonal(within), [[[np.nan, 1], [1, np.nan]]])


def test_pairs_of_drawn_neurons_are_square_again_beside_the_entropy_of_all():
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"a": rng.normal(size=(60, 6)), "b": rng.normal(size=(60, 6))})
    h, i = inb.entropy(acts), inb.mutual_information(acts, neurons=3)
    both = xr.Dataset({"entropy": h, "mutual_information": i})
    filled = both.mutual_information
    assert filled.sizes["neuron"] == 6 != filled.sizes["other_neuron"]
    xr.testing.assert_identical(square(filled).drop_attrs(), i.drop_attrs())
    xr.testing.assert_identical(square(h), h)


@pytest.mark.parametrize("ids", IDS, ids=str)
def test_a_neuron_with_itself_whatever_the_names(acts, ids):
    """Names that several neurons have are no names: then the places tell."""
    mi = inb.mutual_information(acts, within="layer", estimator="binned")
    named = mi.assign_coords(neuron=ids, other_neuron=ids)
    np.testing.assert_array_equal(same_neuron(named).values, np.eye(5, dtype=bool))
    right = median_within_layers(mi)
    np.testing.assert_array_equal(median_within_layers(named), right)
    np.testing.assert_array_equal(without_diagonal(named), without_diagonal(mi))


def test_infinite_values_have_no_change(acts):
    from infonb.claims import Compare, change_of_median, claims_table

    h = inb.entropy(acts, bins=10)
    check_not_infinite(h, "entropy")
    levels = xr.concat([h, h.where(h.neuron > 0, -np.inf)], xr.Variable("alpha", [0, 1]))
    words = "entropy is infinite for 2 of 20 values"
    with pytest.raises(ValueError, match=words):
        claims_table([Compare("falls", "entropy", -1)], levels.to_dataset(), "alpha")
    with pytest.raises(ValueError, match="is infinite for 1 of 10 values"):
        change_of_median(levels.sel(layer="fc1"), "alpha", 0, 1)
    with pytest.raises(ValueError, match=words):
        inb.explore_sweep(levels.to_dataset())


@pytest.mark.parametrize("ids", IDS[:2] + IDS[3:4], ids=str)
def test_an_explorer_puts_padding_last_whatever_the_names(acts, ids):
    from infonb.widgets.explorer.sampled import Sampled

    sampled = Sampled(acts.assign_coords(neuron=ids))
    assert (sampled.labels, sampled.widths) == (ids.tolist(), [5, 3])
    some = Sampled(acts.isel(neuron=[4, 0, 1]))
    assert (some.labels, some.widths) == ([0, 1, 4], [3, 2])


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize(
    "ids", [np.arange(10), np.arange(1, 11), np.array(list("abcdefghij"), object)], ids=str
)
def test_populations_put_one_after_the_other(acts, ids, lazy):
    # each brings its own padding, and the width is that of one of them
    both = xr.concat([acts, acts], dim="neuron").assign_coords(neuron=ids)
    both = both.chunk(sample=20) if lazy else both
    found = inb.entropy(both, bins=10, edges="neuron").values
    once = inb.entropy(acts, bins=10, edges="neuron").values
    np.testing.assert_array_equal(found, np.hstack([once, once]))
    assert count_neurons(both.activation) == [10, 6]
    pairs = inb.mutual_information(both, within="layer", estimator="binned").values
    assert np.isfinite(pairs).sum() == 10**2 + 6**2


def test_a_narrow_layer_alone_keeps_its_padding(acts):
    narrow = acts.sel(layer=["fc2"])
    assert inside_width(narrow.activation).sum() == 3
    assert np.isfinite(inb.entropy(narrow)).sum() == 3
