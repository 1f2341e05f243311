import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb import storage
from infonb.dims import median_within_layers
from infonb.measures.drawn import share_out

S = 60
ESTIMATORS = [
    {"estimator": "ksg"},
    {"estimator": "mixture"},
    {"estimator": "binned"},
    {"estimator": "binned", "corrected": "miller-madow"},
    {"estimator": "binned", "corrected": "permutation", "seed": 3},
]


def ragged(seed=0, widths=(4, 6, 3)):
    rng = np.random.default_rng(seed)
    layers = [rng.normal(size=(S, width)) + rng.normal(size=(S, 1)) for width in widths]
    names = ["fc2", "fc1", "out"][: len(widths)]
    return inb.from_arrays(dict(zip(names, layers, strict=True))).activation


def several_runs():
    """Two runs whose layers differ in width."""
    one, other = ragged(0, (4, 6, 3)), ragged(1, (6, 2, 5))
    return xr.concat(
        [one, other], xr.Variable("run", [0, 1]), coords="different", compat="equals", join="outer"
    )


@pytest.mark.parametrize("options", ESTIMATORS)
def test_within_is_the_blocks_of_the_whole(options):
    acts = ragged()
    whole = inb.mutual_information(acts, **options)
    within = inb.mutual_information(acts, within="layer", **options)
    assert within.dims == ("layer", "neuron", "other_neuron")
    for layer in acts.layer.values:
        expected = whole.sel(layer=layer, other_layer=layer)
        np.testing.assert_array_equal(within.sel(layer=layer), expected)
    assert within.attrs == whole.attrs | {"within": "layer"}
    assert set(within.coords) == {"layer", "neuron", "width", "other_neuron"}


@pytest.mark.parametrize("options", ESTIMATORS)
@pytest.mark.parametrize("ends", [("fc2", "out"), ("out", "fc2"), ("fc1", "fc1")])
def test_between_is_a_block_of_the_whole(options, ends):
    acts = ragged()
    whole = inb.mutual_information(acts, **options)
    between = inb.mutual_information(acts, between=ends, **options)
    assert between.dims == ("neuron", "other_neuron")
    widths = [int(acts.width.sel(layer=layer)) for layer in ends]
    assert between.shape == tuple(widths)
    expected = whole.sel(layer=ends[0], other_layer=ends[1])[: widths[0], : widths[1]]
    np.testing.assert_array_equal(between, expected)
    assert (between.layer.item(), between.other_layer.item()) == ends
    assert (between.width.item(), between.other_width.item()) == tuple(widths)
    assert between.attrs["between"] == f"{ends[0]} and {ends[1]}"


@pytest.mark.parametrize("options", ESTIMATORS)
@pytest.mark.parametrize("choice", [{}, {"within": "layer"}, {"between": ("fc1", "fc2")}])
def test_drawn_neurons_have_the_values_of_the_whole(options, choice):
    acts = ragged()
    options = options | {"seed": 5}
    whole = inb.mutual_information(acts, **options)
    drawn = inb.mutual_information(acts, neurons=3, **choice, **options)
    assert (drawn.attrs["neurons"], drawn.attrs["seed"]) == (3, 5)
    cells = drawn.stack(cell=drawn.dims)
    cells = cells[cells.notnull()]
    assert cells.size == {"": 9 * 9, "within": 3 * 9, "between": 9}["".join(choice)]
    for cell in cells.cell:
        place = {d: cell[d].item() for d in ("layer", "other_layer") if d in cell.coords}
        if "within" in choice:
            place["other_layer"] = place["layer"]
        place |= {d: cell[d].item() for d in ("neuron", "other_neuron")}
        assert cells.sel(cell=cell.cell).item() == whole.sel(place).item()


def drawn_in(mi, layer):
    """Return the labels of the neurons that were drawn in a layer."""
    one = mi.sel(layer=layer)
    return one.neuron[one.notnull().any([d for d in one.dims if d != "neuron"])].values.tolist()


def test_one_seeded_draw_for_all_layers_of_which_a_larger_one_has_the_smaller():
    acts = inb.from_arrays(
        {name: np.random.default_rng(0).normal(size=(20, 50)) for name in "abc"}
        | {"narrow": np.random.default_rng(1).normal(size=(20, 30))}
    )
    found = {n: inb.mutual_information(acts, neurons=n, within="layer") for n in (5, 12)}
    drawn = {n: drawn_in(mi, "a") for n, mi in found.items()}
    for n, mi in found.items():
        assert len(drawn[n]) == n == len(drawn_in(mi, "narrow"))
        assert drawn[n] == drawn_in(mi, "b") == drawn_in(mi, "c")
        assert set(mi.neuron.values) == {*drawn[n], *drawn_in(mi, "narrow")}
        assert (np.diff(mi.neuron) > 0).all()
    assert set(drawn[5]) < set(drawn[12])
    again = inb.mutual_information(acts, neurons=5, within="layer", seed=0)
    xr.testing.assert_identical(again, found[5])
    assert (
        drawn_in(inb.mutual_information(acts, neurons=5, within="layer", seed=1), "a") != drawn[5]
    )


@pytest.mark.parametrize("choice", [{}, {"within": "layer"}])
def test_drawn_neurons_stand_beside_the_entropy_of_all(choice):
    acts = inb.from_arrays({"wide": np.random.default_rng(0).normal(size=(S, 9)),
                            "narrow": np.random.default_rng(1).normal(size=(S, 4))})  # fmt: skip
    h, mi = inb.entropy(acts), inb.mutual_information(acts, neurons=3, **choice)
    both = xr.Dataset({"entropy": h, "mutual_information": mi})
    run = acts.assign(entropy=h)
    run["mutual_information"] = mi
    whole = inb.mutual_information(acts, **choice)
    for dataset in (both, run):
        xr.testing.assert_identical(dataset.entropy, h)
        np.testing.assert_array_equal(dataset.neuron, np.arange(9))
        found = dataset.mutual_information
        expected = whole.sel(other_neuron=found.other_neuron)
        assert int(found.notnull().sum()) == int(mi.notnull().sum()) > 0
        xr.testing.assert_equal(found, expected.where(found.notnull()))
    np.testing.assert_array_equal(median_within_layers(both.mutual_information),
                                  median_within_layers(mi))  # fmt: skip


def test_more_neurons_than_there_are():
    acts = ragged()
    whole = inb.mutual_information(acts)
    for neurons in (99, {}, {"fc1": 6, "out": 8}):
        drawn = inb.mutual_information(acts, neurons=neurons)
        xr.testing.assert_equal(drawn, whole)
        assert drawn.attrs["neurons"] == (99 if neurons == 99 else 13)
    some = inb.mutual_information(acts, neurons=4)
    assert some.width.values.tolist() == some.other_width.values.tolist() == [4, 6, 3]
    assert [len(drawn_in(some, layer)) for layer in ("fc2", "fc1", "out")] == [4, 4, 3]


def test_a_number_for_each_layer():
    acts = ragged()
    whole = inb.mutual_information(acts, neurons=3)
    mi = inb.mutual_information(acts, neurons={"fc1": 3, "fc2": 1, "out": 0})
    assert mi.attrs["neurons"] == 4
    assert [len(drawn_in(mi, layer)) for layer in ("fc1", "fc2", "out")] == [3, 1, 0]
    assert drawn_in(mi, "fc1") == drawn_in(whole, "fc1")
    with pytest.raises(ValueError, match="neurons names layer 'fc3'; the activation has 'fc2', 'f"):
        inb.mutual_information(acts, neurons={"fc3": 2})
    with pytest.raises(ValueError, match=r"neurons\['fc1'\] must be at least 0; not -1"):
        inb.mutual_information(acts, neurons={"fc1": -1})
    with pytest.raises(ValueError, match="the activation has no layers"):
        inb.mutual_information(acts.sel(layer="fc1", drop=True), neurons={"fc1": 2})


def test_a_total_is_shared_out_in_proportion():
    # the paper's 768 of the 960 of its ResNet-18: 80 % of each stage
    values = {f"stage{i + 1}": np.zeros((2, 64 * 2**i)) for i in range(4)}
    acts = inb.from_arrays(values).activation
    assert list(share_out(acts, 768).values()) == [51, 102, 205, 410]
    assert list(share_out(acts, 768)) == list(values)
    for n in (0, 960, 2000):
        assert list(share_out(acts, n).values()) == [64, 128, 256, 512]


@pytest.mark.parametrize(
    ("n", "sizes"), [(8, [2] * 4), (12, [2, 2, 3, 5]), (30, [2, 4, 8, 16]), (3, [0, 0, 1, 2])]
)
def test_each_layer_has_a_pair_if_so_many_are_drawn(n, sizes):
    values = {f"stage{i + 1}": np.zeros((2, 2 * 2**i)) for i in range(4)}
    shares = share_out(inb.from_arrays(values).activation, n)
    assert list(shares.values()) == sizes


def test_shares_are_drawn():
    acts = ragged(widths=(4, 10, 3))
    shares = share_out(acts, 9)
    mi = inb.mutual_information(acts, neurons=shares)
    assert {layer: len(drawn_in(mi, layer)) for layer in shares} == shares
    assert mi.attrs["neurons"] == 9


def test_drawn_neurons_with_names():
    acts = xr.DataArray(
        np.random.default_rng(0).normal(size=(2, 4, S)),
        dims=("layer", "neuron", "sample"),
        coords={"neuron": np.array(["north", "east", "south", "west"], object)},
    )
    drawn = inb.mutual_information(acts, neurons=2)
    assert drawn.neuron.dtype == object
    expected = inb.mutual_information(acts).sel(
        neuron=drawn.neuron.values, other_neuron=drawn.other_neuron.values
    )
    np.testing.assert_array_equal(drawn, expected)


def test_reordered_neurons_between_layers():
    acts = ragged()
    backwards = acts.isel(neuron=slice(None, None, -1))
    for choice in ({}, {"between": ("fc1", "out")}, {"between": ("out", "fc2")}):
        expected = inb.mutual_information(acts, **choice)
        found = inb.mutual_information(backwards, **choice)
        xr.testing.assert_equal(found.sortby(["neuron", "other_neuron"]), expected)


def test_drawn_neurons_of_one_layer_keep_their_labels():
    acts = ragged().sel(layer="fc1", drop=True)
    drawn = inb.mutual_information(acts, neurons=2, seed=1)
    expected = inb.mutual_information(acts).sel(
        neuron=drawn.neuron.values, other_neuron=drawn.other_neuron.values
    )
    np.testing.assert_array_equal(drawn, expected)
    unlabelled = inb.mutual_information(acts.drop_vars("neuron"), neurons=2, seed=1)
    np.testing.assert_array_equal(unlabelled.neuron, drawn.neuron)


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"within": "layer"},
        {"between": ("fc1", "out")},
        {"between": ("out", "out")},
        {"neurons": 3},
        {"neurons": 3, "within": "layer"},
        {"neurons": 2, "between": ("out", "fc1")},
    ],
)
def test_runs_of_other_widths(choice):
    runs = several_runs()
    mi = inb.mutual_information(runs, **choice)
    assert mi.dims[0] == "run"
    whole = inb.mutual_information(runs)
    for run in (0, 1):
        # the same pairs of a run are measured as if it were alone
        part = mi.sel(run=run)
        cells = part.stack(cell=part.dims)
        for here in cells[cells.notnull()]:
            layer = here.layer.item()
            other_layer = layer if "within" in choice else here.other_layer.item()
            expected = whole.sel(
                run=run, layer=layer, other_layer=other_layer,
                neuron=here.neuron.item(), other_neuron=here.other_neuron.item(),
            )  # fmt: skip
            assert here.item() == expected.item()
    if "neurons" in choice and "between" not in choice:
        there = mi.notnull().any([d for d in mi.dims if d.startswith("other")]).sum("neuron")
        np.testing.assert_array_equal(there, np.minimum(runs.width, choice["neurons"]))


@pytest.mark.parametrize(
    "choice",
    [
        {"within": "layer"},
        {"between": ("fc1", "out")},
        {"between": ("out", "out")},
        {"neurons": 3},
        {"neurons": 3, "within": "layer"},
        {"neurons": 2, "between": ("out", "fc1")},
    ],
)
def test_saves_and_opens_identically_and_concats(tmp_path, choice):
    mi = inb.mutual_information(ragged(), **choice)
    mi.to_dataset().to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    back = xr.open_zarr(tmp_path / "a.zarr", consolidated=False).load()
    xr.testing.assert_identical(back.set_coords(list(mi.coords)).mutual_information, mi)
    storage.save_dataset(mi.to_dataset(), tmp_path / "b.zarr")
    other = inb.mutual_information(ragged(seed=1), **choice)
    both = xr.concat([mi, other], xr.Variable("seed", [0, 1]))
    xr.testing.assert_identical(both.sel(seed=1, drop=True), other)


def test_density_of_pairs_within_layers_has_no_diagonal():
    acts = ragged(widths=(4, 6, 3))
    within = inb.mutual_information(acts, within="layer")
    density = inb.mixture_density(within)
    assert int(density.n_values) == 4 * 3 + 6 * 5 + 3 * 2
    by_layer = inb.mixture_density(within, dim=["neuron", "other_neuron"])
    assert by_layer.n_values.values.tolist() == [12, 30, 6]
    with_it = inb.mixture_density(within, diagonal=True)
    assert int(with_it.n_values) == 16 + 36 + 9


def test_density_between_layers_keeps_neurons_of_the_same_number():
    acts = ragged()
    assert (
        int(inb.mixture_density(inb.mutual_information(acts, between=("fc1", "out"))).n_values)
        == 18
    )
    assert (
        int(inb.mixture_density(inb.mutual_information(acts, between=("out", "out"))).n_values) == 6
    )


def test_plots_and_medians_of_pairs_within_and_between_layers():
    acts = ragged()
    within = inb.mutual_information(acts, within="layer")
    whole = inb.mutual_information(acts)
    picture = inb.plot_mutual_information(within)
    panels = inb.plot_mutual_information(whole).alt.split(": ", 1)[1].split("; ")[:3]
    assert picture.alt.rstrip(".").split(": ", 1)[1].split("; ") == panels
    np.testing.assert_array_equal(median_within_layers(within), median_within_layers(whole))
    between = inb.mutual_information(acts, between=("fc1", "out"))
    alt = inb.plot_mutual_information(between).alt
    assert f"all pairs: {float(between.median()):.2f}" in alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"within": "layers"}, "within must be one of 'layer'; not 'layers'. Did you mean"),
        ({"within": "layer", "between": ("fc1", "out")}, "exclude each other; pass one"),
        ({"between": "fc1"}, r"two layers, as in between=\('fc1', 'fc3'\); not 'fc1'"),
        ({"between": ("fc1",)}, "between must be two layers"),
        ({"between": 3}, "between must be two layers"),
        ({"between": {"fc1", "out"}}, "between must be two layers"),
        ({"between": ("fc1", "fc9")}, "layer 'fc9' not found.* 'fc2', 'fc1', 'out'.*Did you mean"),
        ({"neurons": 0}, "neurons must be at least 1; not 0"),
        ({"neurons": 2, "seed": -1}, "seed must be at least 0; not -1"),
    ],
)
def test_errors(options, words):
    with pytest.raises(ValueError, match=words):
        inb.mutual_information(ragged(), **options)


def test_what_has_no_layers_or_neurons():
    acts = ragged().sel(layer="fc1")
    with pytest.raises(ValueError, match="within='layer' needs the dims 'layer' and 'neuron'"):
        inb.mutual_information(acts, within="layer")
    with pytest.raises(ValueError, match=r"between=\('a', 'b'\) needs the dims 'layer'"):
        inb.mutual_information(acts, between=("a", "b"))
    with pytest.raises(ValueError, match="neurons=2 draws from the dim 'neuron'"):
        inb.mutual_information(ragged().isel(neuron=0), neurons=2)
