import numpy as np
import pytest
import xarray as xr
from measures.plain_loops import binned_mi, ksg

import infonb as inb
from infonb.measures import TiesWarning
from infonb.measures.kernels.ross import ross_information

S = 200


def labelled(seed=0):
    rng = np.random.default_rng(seed)
    label = rng.integers(3, size=S)
    size = rng.normal(size=S)
    values = rng.normal(size=(2, 3, S)) + label + np.array([0, 1, 2])[:, None] * size
    values[1, 2] = np.nan
    return xr.DataArray(
        values,
        dims=("layer", "neuron", "sample"),
        coords={
            "layer": np.array(["fc1", "fc2"], object),
            "neuron": [0, 1, 2],
            "width": ("layer", [3, 2]),
            "sample": np.arange(S) + 1000,
            "label": ("sample", label),
            "name": ("sample", np.array(["cat", "dog", "eel"], object)[label]),
            "size": ("sample", size),
        },
        name="activation",
    )


def of_label(acts, label, k=3):
    rows = acts.values.reshape(-1, S)[:5]
    return ross_information(rows, np.asarray(label), k)[0]


def test_a_name_a_labelled_and_a_plain_array():
    acts = labelled()
    mi = inb.mutual_information(acts, other="label")
    assert mi.dims == ("layer", "neuron")
    assert set(mi.coords) == {"layer", "neuron", "width"}
    np.testing.assert_array_equal(mi.values.ravel()[:5], of_label(acts, acts.label))
    assert np.isnan(mi.values[1, 2])
    assert mi.attrs == {
        "long_name": "mutual information", "units": "nat", "estimator": "ksg", "other": "label",
        "other_kind": "discrete, 3 classes", "k": 3, "clip": "none", "n_samples": S,
    }  # fmt: skip
    for same in (
        acts.label,
        acts.label.values,
        list(acts.label.values),
        acts.label.drop_vars("sample"),
    ):
        np.testing.assert_array_equal(inb.mutual_information(acts, other=same), mi)


@pytest.mark.parametrize("estimator", ["ksg", "mixture", "binned"])
def test_all_kinds_of_classes_are_the_same(estimator):
    acts = labelled()
    label = acts.label.values
    expected = inb.mutual_information(acts, other="label", estimator=estimator)
    words = np.array(["cat", "dog", "eel"])[label]
    kinds = [label.astype(np.uint8), label - 5, label + 2**60, words, words.astype(object)]
    for same in [*kinds, words.astype("S")]:
        found = inb.mutual_information(acts, other=same, estimator=estimator)
        np.testing.assert_allclose(found, expected, atol=1e-13)
    two = inb.mutual_information(acts, other=label == 1, estimator=estimator)
    assert two.attrs["other_kind"] == "discrete, 2 classes"
    named = inb.mutual_information(acts, other="name", estimator=estimator)
    assert named.attrs["other"] == "name"
    np.testing.assert_allclose(named, expected, atol=1e-13)


def test_continuous_variables_equal_the_loop():
    acts = labelled()
    mi = inb.mutual_information(acts, other="size", k=4)
    assert mi.attrs["other_kind"] == "continuous"
    x = acts.values[1, 1]
    assert float(mi[1, 1]) == pytest.approx(ksg(x, acts["size"].values, 4), abs=1e-10)
    # and a neuron of the network as variable gives what pairs give
    whole = inb.mutual_information(acts)
    other = acts.sel(layer="fc1", neuron=2, drop=True)
    for estimator in ("ksg", "mixture"):
        whole = inb.mutual_information(acts, estimator=estimator)
        found = inb.mutual_information(acts, other=other, estimator=estimator)
        expected = whole.sel(other_layer="fc1", other_neuron=2)
        np.testing.assert_array_equal(found, expected)


def test_continuous_near_scikit_learn():
    from sklearn.feature_selection import mutual_info_regression

    acts = labelled()
    rows = acts.values.reshape(-1, S)[:5]
    x, size = (v / v.std(axis=-1, keepdims=True) for v in (rows, acts["size"].values))
    expected = mutual_info_regression(x.T, size, n_neighbors=3, random_state=0)
    scaled = xr.DataArray(x, dims=("neuron", "sample"))
    found = inb.mutual_information(scaled, other=size, clip=True)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("edges", ["common", "neuron"])
def test_binned_equals_the_loop(edges):
    acts = labelled()
    options = {"estimator": "binned", "bins": 7, "edges": edges}
    by_class = inb.mutual_information(acts, other="label", **options)
    continuous = inb.mutual_information(acts, other="size", **options)
    x, label, size = acts.values[0, 1], acts.label.values, acts["size"].values
    ends = (x.min(), x.max()) if edges == "neuron" else (np.nanmin(acts), np.nanmax(acts))
    own = np.linspace(*ends, 8)
    expected = binned_mi(x, label, own, [0, 1, 2, 3])
    assert float(by_class[0, 1]) == pytest.approx(expected, abs=1e-12)
    expected = binned_mi(x, size, own, np.linspace(size.min(), size.max(), 8))
    assert float(continuous[0, 1]) == pytest.approx(expected, abs=1e-12)
    assert f"(bins-1)(classes-1)/(2S) = {6 * 2 / (2 * S):.3g} nat" in by_class.attrs["bias"]
    assert f"(bins-1)^2/(2S) = {36 / (2 * S):.3g} nat" in continuous.attrs["bias"]


@pytest.mark.parametrize("estimator", ["ksg", "mixture", "binned"])
@pytest.mark.parametrize("kind", [int, float])
def test_several_variables_come_last(estimator, kind):
    acts = labelled()
    inputs = xr.DataArray(
        np.round(3 * np.random.default_rng(1).normal(size=(S, 4)), 0 if kind is int else 9).astype(
            kind
        ),
        dims=("sample", "feature"),
        coords={"feature": list("abcd"), "sample": acts.sample},
        name="inputs",
    )
    mi = inb.mutual_information(acts, other=inputs, estimator=estimator)
    assert mi.dims == ("layer", "neuron", "feature")
    assert mi.attrs["other"] == "inputs"
    assert mi.feature.values.tolist() == list("abcd")
    alone = inb.mutual_information(acts, other=inputs.sel(feature="c"), estimator=estimator)
    np.testing.assert_array_equal(mi.sel(feature="c"), alone)
    wider = inb.mutual_information(
        acts, other=inputs.expand_dims(colour=2).transpose("colour", ...), estimator=estimator
    )
    assert wider.dims == ("layer", "neuron", "colour", "feature")
    np.testing.assert_array_equal(wider[..., 1, :], mi)


@pytest.mark.parametrize("estimator", ["ksg", "mixture", "binned"])
@pytest.mark.parametrize("pointwise", [False, True])
def test_a_variable_of_each_run(estimator, pointwise):
    options = {"estimator": estimator, "pointwise": pointwise}
    runs = [labelled(seed).drop_vars(["label", "name", "size"]) for seed in range(3)]
    guesses = [np.random.default_rng(10 + seed).integers(2, size=S) for seed in range(3)]
    seeds = xr.Variable("seed", [7, 8, 9])
    together = xr.concat(runs, seeds)
    prediction = xr.DataArray(
        np.stack(guesses), dims=("seed", "sample"), coords={"seed": [7, 8, 9]}
    )
    mi = inb.mutual_information(together, other=prediction, **options)
    assert mi.dims == ("seed", "layer", "neuron", *["sample"] * pointwise)
    for number, (run, guess) in enumerate(zip(runs, guesses, strict=True)):
        np.testing.assert_array_equal(
            mi[number], inb.mutual_information(run, other=guess, **options)
        )
    # the same as a coordinate of the activation
    named = together.assign_coords(prediction=prediction)
    np.testing.assert_array_equal(inb.mutual_information(named, other="prediction", **options), mi)


@pytest.mark.parametrize("estimator", ["ksg", "mixture", "binned"])
@pytest.mark.parametrize("other", ["label", "size"])
def test_pointwise(estimator, other):
    acts = labelled()
    mi = inb.mutual_information(acts, other=other, estimator=estimator)
    points = inb.mutual_information(acts, other=other, estimator=estimator, pointwise=True)
    assert points.dims == ("layer", "neuron", "sample")
    assert {"label", "name", "size"} <= set(points.coords)
    np.testing.assert_allclose(points.mean("sample"), mi, atol=1e-12)


@pytest.mark.parametrize("estimator", ["ksg", "mixture", "binned"])
@pytest.mark.parametrize("other", ["label", "size"])
def test_larger_than_memory(estimator, other):
    acts = labelled()
    expected = inb.mutual_information(acts, other=other, estimator=estimator)
    lazy = inb.mutual_information(acts.chunk(sample=70), other=other, estimator=estimator)
    assert lazy.chunks is not None
    np.testing.assert_array_equal(lazy.compute(), expected)


@pytest.mark.parametrize("estimator", ["ksg", "mixture", "binned"])
def test_a_draw_of_samples_takes_those_of_the_variable(estimator):
    acts = labelled()
    options = {"estimator": estimator, "max_samples": 50, "seed": 4}
    drawn = np.sort(np.random.default_rng(4).choice(S, 50, replace=False))
    part = acts.isel(sample=drawn)
    expected = inb.mutual_information(part, other="label", estimator=estimator)
    for same in ("label", acts.label, acts.label.values):
        found = inb.mutual_information(acts, other=same, **options)
        np.testing.assert_array_equal(found, expected)
    assert found.attrs["n_samples"] == 50
    assert found.attrs["drawn_from_samples"] == S


def test_many_classes_of_a_neuron_of_huge_range():
    acts = labelled()
    mi = inb.mutual_information(acts, other="label", estimator="mixture")
    huge = inb.mutual_information(acts * 2.0**1018, other="label", estimator="mixture")
    np.testing.assert_array_equal(huge, mi)


def test_ties_with_a_label_warn_once():
    acts = np.maximum(labelled() - 2, 0)
    with pytest.warns(TiesWarning, match="of the samples of a pair") as caught:
        inb.mutual_information(acts, other="label")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with pytest.warns(TiesWarning, match="in the worst of 5 pairs") as caught:
        inb.mutual_information(acts.chunk(neuron=1), other="label").compute()
    assert len(caught) == 1
    inb.mutual_information(acts, other="label", estimator="mixture")


def test_survives_zarr(tmp_path):
    mi = inb.mutual_information(labelled(), other="name")
    mi.to_dataset().to_zarr(tmp_path / "mi.zarr", zarr_format=3, consolidated=False)
    back = xr.open_zarr(tmp_path / "mi.zarr", consolidated=False).mutual_information.load()
    xr.testing.assert_identical(back, mi)


@pytest.mark.parametrize(
    ("other", "error", "words"),
    [
        (
            lambda a: "lable",
            ValueError,
            r"no coordinate along 'sample'; there are \['label'.*Did you",
        ),
        (lambda a: "width", ValueError, "other='width' is no coordinate along 'sample'"),
        (lambda a: a.label.values[:-1], ValueError, "one value for each of the 200 entries"),
        (lambda a: a.label[:-1], ValueError, r"dims \{'sample': 199\}; it needs one value"),
        (lambda a: a.width, ValueError, r"dims \{'layer': 2\}; it needs one value"),
        (lambda a: np.zeros((S, 2)), ValueError, r"shape \(200, 2\); .*Name the dims"),
        (lambda a: 3, ValueError, r"shape \(\); .*needs one value"),
        (
            lambda a: a.label.assign_coords(sample=np.arange(S)),
            ValueError,
            r"differ in their labels of 'sample'.*xr.align",
        ),
        (
            lambda a: np.where(np.arange(S) == 7, np.nan, 1.0),
            ValueError,
            "not finite, first at position 7",
        ),
        (
            lambda a: np.where(np.arange(S) == 7, None, "cat"),
            ValueError,
            "no value at position 7",
        ),
        (
            lambda a: np.where(np.arange(S) == 7, float("nan"), a["name"].values.astype(object)),
            ValueError,
            "no value at position 7",
        ),
        (lambda a: np.where(np.arange(S) == 7, 1e308, -1e308), ValueError, "too far apart"),
        (lambda a: np.arange(S) + 1j, TypeError, "numbers, text or bool; not dtype complex128"),
        (
            lambda a: np.arange(S).astype("datetime64[s]"),
            TypeError,
            "not dtype datetime64.*astype",
        ),
        (
            lambda a: a.label.expand_dims(neuron=3),
            ValueError,
            r"must not have the dims \['neuron'\] of the neurons; rename",
        ),
    ],
)
def test_errors(other, error, words):
    acts = labelled()
    with pytest.raises(error, match=words):
        inb.mutual_information(acts, other=other(acts))


def test_batch_that_does_not_fit():
    acts = labelled().expand_dims(seed=[0, 1])
    guess = acts.label.expand_dims(seed=[0, 1, 2])
    with pytest.raises(ValueError, match="size or the labels of 'seed'"):
        inb.mutual_information(acts, other=guess)
    with pytest.raises(ValueError, match="size or the labels of 'seed'"):
        inb.mutual_information(acts, other=guess.isel(seed=[1, 0]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"neurons": 2}, "neurons=2 chooses pairs of neurons; with other="),
        ({"within": "layer"}, "within='layer' chooses pairs"),
        ({"between": ("fc1", "fc2")}, "between=.* chooses pairs"),
    ],
)
def test_options_for_pairs_only(options, words):
    with pytest.raises(ValueError, match=words):
        inb.mutual_information(labelled(), other="label", **options)
