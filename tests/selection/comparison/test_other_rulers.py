"""Other rulers beside a comparison: as of `measure`, and without a word in the verdict."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.memorization import measure
from infonb.selection.comparison.other_rulers import OTHERS

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(300, 6))
LABEL = (Z[:, 0] > 0) * 1 + (Z[:, 1] > 0)


def acts(k: int, label=LABEL, width: int = 20) -> xr.Dataset:
    """Return two layers that know the first k directions."""
    layers = {
        name: np.maximum(Z[:, :k] @ RNG.normal(size=(k, width)), 0) for name in ("fc1", "fc2")
    }
    found = inb.from_arrays(layers)
    return found if label is None else found.assign_coords(label=("sample", label))


#: What is looked at here does not depend on these.
QUICK = {"estimator": "binned", "neurons": 8, "permutations": 20}

MODELS = {"all": acts(6), "few": acts(2, width=12), "again": acts(6)}


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    return inb.compare(MODELS, reference="all", **QUICK)


def test_readings_are_those_of_measure(found):
    assert found.other_rulers.dims == ("ruler", "model", "layer")
    assert found.ruler.values.tolist() == list(OTHERS)
    assert (found.ruler_needs == "").all()
    asked = ["mi_over_entropy", "mean_unit_mem", "matrix_entropy"]
    for name in ("all", "few"):
        one = measure(MODELS[name], which=asked, max_samples=400)
        for ruler in asked:
            at = {"ruler": ruler, "model": name}
            np.testing.assert_allclose(found.other_rulers.sel(at), one[ruler])
            if f"{ruler}_null" in one:
                np.testing.assert_allclose(found.other_rulers_null.sel(at), one[f"{ruler}_null"])
    label = measure(MODELS["few"], which=["imbalance_to_label"], max_samples=400)
    np.testing.assert_allclose(
        found.other_rulers.sel(ruler="imbalance_to_label", model="few"), label.imbalance_to_label
    )


def test_they_tell_what_they_should(found):
    middle = found.other_rulers.mean("layer")
    assert middle.sel(ruler="matrix_entropy", model="few") < middle.sel(
        ruler="matrix_entropy", model="all"
    )
    assert middle.sel(ruler="mi_over_entropy", model="few") > middle.sel(
        ruler="mi_over_entropy", model="all"
    )
    low, high = (found.other_rulers_interval.sel(bound=end) for end in ("low", "high"))
    assert ((low <= found.other_rulers) & (found.other_rulers <= high)).all()
    null = found.other_rulers_null
    assert null.sel(ruler="mean_unit_mem").isnull().all()
    assert (abs(null.sel(ruler="imbalance_to_label") - 1) < 0.1).all()
    # what directions two neurons share is gone in the null
    assert (null.sel(ruler="matrix_entropy") > found.other_rulers.sel(ruler="matrix_entropy")).all()


def test_labels_that_one_recording_knows_are_of_all(found):
    bare = {name: one.drop_vars("label") for name, one in MODELS.items()}
    known = inb.compare({**bare, "few": MODELS["few"]}, reference="all", **QUICK)
    assert (known.ruler_needs == "").all()
    np.testing.assert_array_equal(known.other_rulers, found.other_rulers)


def test_nothing_else_changes(found):
    without = inb.compare(MODELS, reference="all", rulers=False, **QUICK)
    assert not [name for name in without.variables if "ruler" in str(name) and name != (
        "rulers_agree")]  # fmt: skip
    more = [name for name in found.variables if name not in without.variables]
    xr.testing.assert_identical(found.drop_vars(more), without)


def test_without_labels_it_says_so():
    plain = {name: acts(3, None) for name in ("a", "b")}
    found = inb.compare(plain, **QUICK)
    read = found.other_rulers.notnull().any(["model", "layer"])
    assert read.values.tolist() == [True, True, True, False, False]
    assert "coordinate label" in found.ruler_needs.values[-1]
    lone = {name: acts(3, np.arange(300)) for name in ("a", "b")}
    assert "several of each" in inb.compare(lone, **QUICK).ruler_needs.values[-1]


def test_seeds_models_of_other_layers_and_stores(tmp_path):
    inb.save(acts(4), tmp_path / "one.zarr")
    models = {"a": [acts(6), acts(6)], "b": [acts(4), tmp_path / "one.zarr"]}
    models["b"] = [one if isinstance(one, xr.Dataset) else inb.open(one) for one in models["b"]]
    found = inb.compare(models, **QUICK)
    assert found.other_rulers.dims == ("ruler", "model", "seed", "layer")
    assert found.other_rulers.notnull().all()
    more = {"a": acts(6), "b": acts(6).isel(layer=[0])}
    one = inb.compare(more, **QUICK)
    assert one.other_rulers.sel(model="b").notnull().values.tolist() == [[True, False]] * 5


def test_untrained_networks_are_the_null():
    trained, bare = {"a": acts(6), "b": acts(2)}, {"a": acts(6), "b": acts(6)}
    found = inb.compare(trained, untrained=bare, units=True, **QUICK)
    null = found.other_rulers_null.sel(model="b")
    one = measure(bare["b"], which=["mean_unit_mem", "matrix_entropy"], max_samples=400)
    np.testing.assert_allclose(null.sel(ruler="mean_unit_mem"), one.mean_unit_mem)
    np.testing.assert_allclose(null.sel(ruler="matrix_entropy"), one.matrix_entropy)
    assert found.ruler_null.sel(ruler="matrix_entropy") == "the network without training"


@pytest.mark.parametrize("n", [2, 30])
def test_few_samples_are_left_alone(n):
    few = {name: {"fc": RNG.normal(size=(n, 5))} for name in ("a", "b")}
    found = inb.compare(few, estimator="binned")
    assert found.other_rulers.isnull().all()
    assert f"there are {n}" in found.ruler_needs.values[0]


def test_constant_neurons_do_not_break_a_comparison():
    dead = {"a": {"fc": np.zeros((100, 4))}, "b": {"fc": RNG.normal(size=(100, 4))}}
    found = inb.compare(dead, estimator="binned")
    assert found.other_rulers.sel(ruler="mean_unit_mem", model="b").notnull().all()
    assert found.other_rulers.sel(model="a", ruler="mi_over_entropy").isnull().all()


def test_bad_choice():
    with pytest.raises(ValueError, match="rulers must be"):
        inb.compare(MODELS, rulers="yes")
