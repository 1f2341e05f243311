"""Models compared, against the measures called one by one, and given in every form."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.claims import change_of_median
from infonb.selection import EXAMPLES, HEURISTIC, INCONCLUSIVE

pytestmark = pytest.mark.slow

S = 300
LAYERS = ("fc1", "fc2")


def arrays(alike: float, seed: int, *, width: int = 12, samples: int = S) -> dict[str, np.ndarray]:
    """Return two layers (sample, neuron) that share a heavy-tailed cause, as `alike` says."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=(samples, 1)) ** 3
    return {name: alike * cause + rng.normal(size=(samples, width)) for name in LAYERS}


def acts(alike: float, seed: int, **options: int) -> xr.Dataset:
    return inb.from_arrays(arrays(alike, seed, **options))


@pytest.fixture(scope="module")
def models() -> dict[str, xr.Dataset]:
    return {"free": acts(0, 1), "alike": acts(1, 2), "twin": acts(0, 3)}


@pytest.fixture(scope="module")
def found(models) -> xr.Dataset:
    return inb.compare(models, reference="free", neurons=8)


def test_layout(found):
    assert found.model.values.tolist() == ["free", "alike", "twin"]
    assert found.comparison.values.tolist() == ["alike", "twin"]
    assert found.edges.values.tolist() == ["common", "shared", "neuron"]
    assert found.entropy.dims == ("edges", "model", "layer", "neuron")
    pairs = ("model", "layer", "neuron", "other_neuron")
    assert found.mutual_information.dims == pairs
    assert found.entropy_interval.dims == ("comparison", "edges", "layer", "bound")
    assert found.mutual_information_p_corrected.dims == ("comparison", "layer")
    assert found.verdict.dims == found.why.dims == ("comparison",)
    expected = {"reference": "free", "units": "nat", "bins": 100, "n_samples": S, "n_neurons": 8}
    assert expected.items() <= found.attrs.items()


def test_verdicts(found):
    assert found.verdict.values.tolist() == [HEURISTIC, INCONCLUSIVE]


def test_the_other_way_round(models):
    back = inb.compare({n: models[n] for n in ("alike", "free")}, reference="alike", neurons=8)
    assert back.verdict.item() == EXAMPLES


def test_entropy_is_that_of_each_model_and_of_all_together(models, found):
    for name, one in models.items():
        for ruler in ("common", "neuron"):
            np.testing.assert_array_equal(
                found.entropy.sel(model=name, edges=ruler), inb.entropy(one, edges=ruler)
            )
    together = inb.entropy(xr.concat(list(models.values()), "model"), edges="shared")
    np.testing.assert_array_equal(found.entropy.sel(edges="shared"), together)
    np.testing.assert_array_equal(found.median_entropy, np.median(found.entropy, axis=-1))


def test_mi_is_that_of_drawn_neurons(models, found):
    assert found.attrs["estimator"] == "ksg"
    for name, one in models.items():
        expected = inb.mutual_information(one, within="layer", neurons=8, standardize=True)
        own = found.mutual_information.sel(model=name, neuron=expected.neuron)
        np.testing.assert_array_equal(own, expected)
        upper = np.triu_indices(8, k=1)
        medians = [np.median(layer[upper]) for layer in expected.values]
        np.testing.assert_allclose(found.median_mutual_information.sel(model=name), medians)
    drawn = found.mutual_information.notnull().any(["model", "layer", "other_neuron"])
    assert int(drawn.sum()) == 8


def test_changes_and_their_intervals(found):
    """Model minus reference; of a known shift the interval is that of the bootstrap."""
    for name in ("entropy", "mutual_information"):
        medians = found[f"median_{name}"]
        change = medians.sel(model=["alike", "twin"]).values - medians.sel(model=["free"]).values
        np.testing.assert_allclose(
            found[f"{name}_change"], np.moveaxis(change, -2, 0) if name == "entropy" else change
        )
        low, high = (found[f"{name}_interval"].sel(bound=b) for b in ("low", "high"))
        assert bool((low < found[f"{name}_change"]).all())
        assert bool((found[f"{name}_change"] < high).all())
    one = found.entropy.sel(edges="common", layer="fc1")
    draws = change_of_median(one, "model", "free", "alike", seed=5).draws
    expected = np.quantile(draws, [0.025, 0.975])
    own = found.entropy_interval.sel(comparison="alike", edges="common", layer="fc1")
    np.testing.assert_allclose(own, expected, atol=0.1 * abs(expected).max())


def test_one_network_each_permutes_samples(found):
    assert found.attrs["permuted"] == "samples"
    assert "nothing of networks trained anew" in found.attrs["p_value"]
    assert found.attrs["smallest_p"] == 2 / 2**12  # blocks of 25 samples
    assert bool((found.mutual_information_p.sel(comparison="alike") < 0.001).all())
    for name in ("entropy", "mutual_information"):
        assert bool((found[f"{name}_p_corrected"] >= found[f"{name}_p"]).all())


def test_sample_permutation_of_the_same_network(models):
    """Both are the same in each block, so that every exchange gives what was found."""
    same = inb.compare({"a": models["free"], "b": models["free"]}, reference="a")
    assert bool((same.entropy_p == 1).all())
    assert bool((same.mutual_information_p == 1).all())
    assert bool((same.entropy_change == 0).all())
    assert same.verdict.item() == INCONCLUSIVE


def test_too_few_samples_for_blocks(models):
    few = {name: one.isel(sample=slice(40)) for name, one in models.items()}
    result = inb.compare(few, reference="free")
    assert bool(result.entropy_p.isnull().all())
    assert result.attrs["smallest_p"] == 1
    assert result.attrs["corrected"] == "Holm, for 0 rows"


def test_every_form_gives_the_same(models, found, tmp_path):
    path = inb.save(models["alike"], tmp_path / "alike.zarr")
    forms = {
        "free": arrays(0, 1),
        "alike": path,
        "twin": models["twin"].activation.transpose("sample", "layer", "neuron"),
    }
    xr.testing.assert_identical(inb.compare(forms, reference="free", neurons=8), found)
    stacked = xr.concat(list(models.values()), xr.Variable("model", list(models)))
    xr.testing.assert_identical(inb.compare(stacked, reference="free", neurons=8), found)
    store = inb.save(stacked, tmp_path / "all.zarr")
    xr.testing.assert_identical(inb.compare(store, reference="free", neurons=8), found)


def test_chunks_of_samples_change_nothing(models, found):
    lazy = {name: one.chunk({"sample": 70, "neuron": 5}) for name, one in models.items()}
    xr.testing.assert_identical(inb.compare(lazy, reference="free", neurons=8), found)


def test_levels_of_another_dimension():
    both = xr.concat([acts(0, 1), acts(1, 2)], xr.Variable("alpha", [0.0, 1.0]))
    result = inb.compare(both, reference=0.0, dim="alpha")
    assert result.model.values.tolist() == ["0.0", "1.0"]
    assert result.attrs["reference"] == "0.0"
    with pytest.raises(ValueError, match=r"dim 'model' not found.*pass dim='alpha'"):
        inb.compare(both, reference=0.0)


def test_it_is_saved_as_it_is(found, tmp_path):
    path = inb.save(found, tmp_path / "found.zarr")
    xr.testing.assert_identical(inb.open(path).load(), found)


def test_summary_has_a_row_for_each(found):
    table = inb.summary(found)
    assert len(table) == 3 * 3 * 2 + 3 * 2
    row = table.query("edges == 'common' and model == 'alike' and layer == 'fc2'").iloc[0]
    at = {"comparison": "alike", "edges": "common", "layer": "fc2"}
    assert row["change"] == found.entropy_change.sel(at).item()
    assert row["change_high"] == found.entropy_interval.sel({**at, "bound": "high"}).item()
    assert row["verdict"] == HEURISTIC
    assert table.query("model == 'free'")[["change", "verdict"]].isna().all(axis=None)


def test_without_a_reference_there_is_no_verdict(models):
    result = inb.compare(models)
    assert "verdict" not in result
    assert "entropy_change" not in result
    assert "no reference was given" in result.attrs["no_verdict"]
    assert "a single model" in inb.compare({"a": models["free"]}).attrs["no_verdict"]


def test_seeds_in_a_list_are_exchanged_freely():
    kinds = {n: [arrays(a, 10 * i + j) for j in range(3)] for i, (n, a) in enumerate(
        {"free": 0, "alike": 1}.items())}  # fmt: skip
    result = inb.compare(kinds, reference="free")
    assert result.sizes["seed"] == 3
    assert result.attrs["permuted"] == "models"
    # of 20 divisions two are as extreme
    assert np.allclose(result.mutual_information_p, 2 / 20)
    assert result.attrs["smallest_p"] == 2 / 20
    assert result.verdict.item() == HEURISTIC
    assert {"entropy_student", "mutual_information_student"} <= set(result)


def test_seeds_with_labels_are_exchanged_within_them():
    seeds = xr.Variable("seed", [4, 5, 6])
    kinds = {
        name: xr.concat([acts(alike, at + i) for i in range(3)], seeds)
        for at, (name, alike) in enumerate({"free": 0, "alike": 1}.items())
    }
    result = inb.compare(kinds, reference="free")
    assert result.seed.values.tolist() == [4, 5, 6]
    assert np.allclose(result.mutual_information_p, 2 / 8)
    assert "of each seed" in result.attrs["p_value"]
    other = {**kinds, "alike": kinds["alike"].assign_coords(seed=[7, 8, 9])}
    result = inb.compare(other, reference="free")
    assert np.allclose(result.mutual_information_p, 2 / 20)
    assert result.seed.values.tolist() == [0, 1, 2]


def test_each_seed_may_have_examples_of_its_own():
    seeds = [acts(0, i).assign_coords(color=("sample", np.full(S, i))) for i in range(2)]
    kinds = {name: xr.concat(seeds, xr.Variable("seed", [0, 1])) for name in "ab"}
    assert inb.compare(kinds, reference="a").verdict.item() == INCONCLUSIVE


def test_samples_are_put_into_one_order(models, found):
    shuffled = models["alike"].isel(sample=np.random.default_rng(0).permutation(S))
    result = inb.compare({**models, "alike": shuffled}, reference="free", neurons=8)
    xr.testing.assert_identical(result, found)


def test_layers_of_some_models_are_measured(models):
    longer = inb.from_arrays({"fc0": np.eye(S)[:, :4], **arrays(1, 2)})
    result = inb.compare({"free": models["free"], "longer": longer}, reference="free")
    assert result.layer.values.tolist() == ["fc0", "fc1", "fc2"]
    assert result.attrs["layers"] == "in all models: fc1, fc2; fc0 only in longer"
    assert bool(result.entropy.sel(layer="fc0", model="longer").notnull().any())
    for name in ("entropy_change", "entropy_p", "mutual_information_change"):
        assert bool(result[name].sel(layer="fc0").isnull().all())
        assert bool(result[name].sel(layer=["fc1", "fc2"]).notnull().all())
    assert result.verdict.item() == HEURISTIC


def test_widths_may_differ_and_draws_are_of_one_order():
    wide, narrow = arrays(0, 1, width=30), arrays(1, 2, width=9)
    mixed = {"fc1": wide["fc1"], "fc2": narrow["fc2"]}
    result = inb.compare({"wide": wide, "mixed": mixed}, reference="wide", neurons=6)
    assert result.width.values.tolist() == [[30, 30], [30, 9]]
    known = result.mutual_information.notnull().any("other_neuron")
    assert bool((known.sum("neuron") == 6).all())
    same = known.sel(layer="fc1")
    assert bool((same.sel(model="wide") == same.sel(model="mixed")).all())
    assert bool(result.entropy.sel(model="mixed", layer="fc2")[:, 9:].isnull().all())


def test_neurons_that_were_selected_keep_their_places():
    chosen = acts(0, 1).isel(neuron=[7, 2, 5])
    result = inb.compare({"a": chosen, "b": acts(1, 2).isel(neuron=[0, 1, 2])}, reference="a")
    np.testing.assert_array_equal(
        result.entropy.sel(model="a", edges="neuron"), inb.entropy(chosen, edges="neuron")
    )


def test_one_neuron_has_no_pairs():
    one = {"a": {"fc1": np.arange(50.0)}, "b": {"fc1": np.arange(50.0) ** 2}}
    result = inb.compare(one, reference="a")
    assert result.verdict.item() == INCONCLUSIVE
    assert "No layer has pairs" in result.why.item()
    assert bool(result.mutual_information_change.isnull().all())
    assert bool(result.entropy_change.notnull().all())


def test_a_dead_layer():
    dead = {"fc1": np.zeros((S, 12)), "fc2": arrays(0, 1)["fc2"]}
    result = inb.compare({"alive": acts(0, 1), "dead": dead}, reference="alive")
    assert result.entropy.sel(model="dead", layer="fc1", edges="neuron").values.tolist() == [0] * 12
    assert result.median_mutual_information.sel(model="dead", layer="fc1").item() == 0
    all_dead = {"fc1": np.zeros((S, 12)), "fc2": np.full((S, 12), 3.0)}
    result = inb.compare({"a": all_dead, "b": all_dead}, reference="a")
    assert result.verdict.item() == INCONCLUSIVE
    assert bool((result.median_mutual_information == 0).all())


@pytest.mark.parametrize(
    ("change", "estimator", "why"),
    [
        (lambda x: x, "ksg", "no ties"),
        (lambda x: np.maximum(x, 0), "mixture", "as zeros after a ReLU do"),
        (lambda x: np.round(np.tanh(x) * 16) / 16, "binned", "on a grid"),
    ],
)
def test_the_estimator_suits_the_values(models, change, estimator, why):
    """Nothing is warned of: warnings are errors here."""
    other = models["alike"].map(change)
    result = inb.compare({"a": models["free"], "b": other}, reference="a")
    assert result.attrs["estimator"] == result.mutual_information.attrs["estimator"] == estimator
    assert why in result.attrs["estimator_why"]
    assert result.verdict.item() == HEURISTIC


def test_an_estimator_that_was_asked_for(models):
    result = inb.compare(models, estimator="mixture", k=5, max_samples=100, neurons=4)
    expected = {"estimator": "mixture", "estimator_why": "as asked for", "k": 5}
    assert expected.items() <= result.attrs.items()
    assert result.mutual_information.attrs["n_samples"] == 100
    with pytest.warns(inb.measures.TiesWarning):
        inb.compare(models["free"].map(lambda x: np.maximum(x, 0)).expand_dims(model=["a"]),
                    estimator="ksg")  # fmt: skip


def test_one_sample():
    one = {name: {"fc1": np.array([[1.0, 2.0]])} for name in "ab"}
    with pytest.raises(ValueError, match="k=3 needs at least 4 samples; there is 1"):
        inb.compare(one, reference="a")
    assert inb.compare(one, reference="a", estimator="binned").verdict.item() == INCONCLUSIVE


def nan_at(name: str) -> dict[str, np.ndarray]:
    broken = arrays(0, 1)
    broken[name][17, 3] = np.nan
    return broken


def labelled(**coords: object) -> xr.Dataset:
    return inb.from_arrays(arrays(0, 1), coords=coords)


@pytest.mark.parametrize(
    ("models", "options", "error", "words"),
    [
        ({"a": arrays(0, 1), "b": arrays(1, 2)}, {"reference": "c"}, ValueError,
         "reference must be one of 'a', 'b'; not 'c'"),
        ({"clean": arrays(0, 1), "b": arrays(1, 2)}, {"reference": "claen"}, ValueError,
         "Did you mean 'clean'"),
        ({"a": arrays(0, 1)}, {"reference": "a"}, ValueError, "the only model"),
        ({}, {}, ValueError, "models is empty"),
        ([arrays(0, 1)], {}, TypeError, "models must be {name: activations}"),
        ({1: arrays(0, 1), "1": arrays(1, 2)}, {}, ValueError, "'1' is given twice"),
        ({"a": arrays(0, 1)["fc1"]}, {}, TypeError, "Name its layer"),
        ({"a": 3}, {}, TypeError, "model 'a' must be a Dataset"),
        ({"a": []}, {}, ValueError, "model 'a' is an empty list"),
        ({"a": "no-such.zarr"}, {}, FileNotFoundError, "model 'a': there is no no-such.zarr"),
        ({"a": {"fc1": np.zeros((0, 4))}}, {}, ValueError, "model 'a': layer 'fc1' is empty"),
        ({"a": acts(0, 1).isel(sample=slice(0))}, {}, ValueError, "dim 'sample' has length 0"),
        ({"a": acts(0, 1).expand_dims(epoch=2)}, {}, ValueError, "the further dim 'epoch'"),
        ({"a": arrays(0, 1), "b": nan_at("fc2")}, {}, ValueError,
         "model 'b': activation is nan at layer 'fc2', neuron 3, sample 17"),
        ({"a": arrays(0, 1), "b": [arrays(0, 1), nan_at("fc1")]}, {}, ValueError, "b' has 2 netw"),
        ({"a": arrays(0, 1), "b": arrays(0, 1, samples=299)}, {}, ValueError,
         "model 'b' has 299 samples and model 'a' 300"),
        ({"a": acts(0, 1), "b": acts(0, 1).assign_coords(sample=np.arange(5, S + 5))}, {},
         ValueError, "other labels of the samples .no sample 0 in the former"),
        ({"a": labelled(label=np.zeros(S, int)), "b": labelled(label=np.arange(S) == 3)}, {},
         ValueError, "'label' differs for 1 of 300"),
        ({"a": arrays(0, 1), "b": {"conv": np.zeros((S, 2))}}, {"reference": "a"}, ValueError,
         r"no layer in common with 'a': \['conv'\] and \['fc1', 'fc2'\]. Record them under"),
        ({"a": arrays(0, 1)}, {"neurons": 1}, ValueError, "neurons must be at least 2"),
        ({"a": arrays(0, 1)}, {"estimator": "kgs"}, ValueError, "Did you mean 'ksg'"),
    ],
)  # fmt: skip
def test_one_clear_line(models, options, error, words):
    with pytest.raises(error, match=words) as caught:
        inb.compare(models, **options)
    assert "\n" not in str(caught.value)


def test_a_model_itself():
    from infonb.networks import MLP

    with pytest.raises(TypeError, match="Record its activations first"):
        inb.compare({"a": MLP([2, 2, 1], seed=0)})


def test_a_network_may_tell_of_itself():
    """Predictions and measured values differ between networks on the same samples."""
    own = [labelled(label=np.zeros(S, int), prediction=np.full(S, i), loss=np.full(S, i / 2))
           for i in range(2)]  # fmt: skip
    assert inb.compare({"a": own[0], "b": own[1]}, reference="a").verdict.item() == INCONCLUSIVE
