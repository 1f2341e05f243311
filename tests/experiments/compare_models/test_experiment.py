"""From checkpoints to a comparison: what is recorded, when, and that it is what it should be."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from safetensors.torch import save_file

import infonb as inb
from infonb.experiments import CompareModels
from infonb.experiments.compare_models import how_recorded
from infonb.networks import loading
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow


@pytest.fixture
def loads(monkeypatch):
    """Return a list of the weights that are loaded, and a set of those that interrupt it."""
    seen, stop, load = [], set(), loading.load_model

    def counted(source, weights=None, **options):
        if weights.name in stop:
            raise KeyboardInterrupt
        seen.append(weights.name)
        return load(source, weights, **options)

    monkeypatch.setattr(loading, "load_model", counted)
    return seen, stop


def drawn(inputs, n, seed=0):
    return np.sort(np.random.default_rng(seed).choice(len(inputs), n, replace=False))


def test_it_is_what_compare_finds_in_recordings_by_hand(files):
    found = CompareModels(**files.given).run(progress=False)
    some = files.inputs[drawn(files.inputs, 100)]
    by_hand = {
        name: inb.record(files.network(name), some, layers=["0", "2"], progress=False)
        for name in "abc"
    }
    expected = inb.compare(by_hand, "a", neurons=6)
    for name in ("entropy", "mutual_information", "entropy_interval", "entropy_p"):
        np.testing.assert_array_equal(found[name], expected[name])
    assert found.verdict.values.tolist() == expected.verdict.values.tolist()
    assert found.recorded.values.tolist() == ["0, 2 (12 neurons each)"] * 3
    assert "linear layers" in str(found.layers_why.values[0])
    assert all("net.py" in told for told in found.told.values)
    told = how_recorded(CompareModels(**files.given), found)
    assert not {"{", "}"} & set(told)
    for words in (
        "by at least 20% of the two models' mean",
        "Up to 40% the entropy",
        "`x.npz`, 100",
    ):
        assert words in told
    assert (
        CompareModels.of(found).changed(cache=files.given["cache"]).models
        == (files.given["models"])
    )


def test_only_what_is_missing_or_edited_is_recorded(files, loads):
    seen, stop = loads
    stop.add("c.safetensors")
    experiment = CompareModels(**files.given)
    with pytest.raises(KeyboardInterrupt):
        experiment.run(progress=False)
    assert seen == ["a.safetensors", "b.safetensors"]
    stop.clear()
    experiment.run(progress=False)
    assert seen[2:] == ["c.safetensors"]
    experiment.changed(bins=20, k=2, n_neurons=4).run(progress=False)  # measured again only
    assert len(seen) == 3

    shutil.move("b.safetensors", "elsewhere.safetensors")
    moved = [
        one if one != "b.safetensors" else "b=elsewhere.safetensors" for one in experiment.models
    ]
    experiment.changed(models=moved).run(progress=False)
    assert len(seen) == 3, "it is known by its content"
    files.edit("a")
    experiment.changed(models=moved).run(progress=False)
    assert seen[3:] == ["a.safetensors"]
    (files.folder / "net.py").write_text((files.folder / "net.py").read_text() + "\nX = 1\n")
    np.savez("x.npz", inputs=files.inputs)  # the same numbers
    experiment.changed(models=moved).run(progress=False)
    assert sorted(seen[4:]) == ["a.safetensors", "c.safetensors", "elsewhere.safetensors"]
    np.savez("x.npz", inputs=files.inputs + 1)
    experiment.changed(models=moved).run(progress=False)
    assert len(seen) == 10


def test_code_in_subfolders_and_weights_in_several_files_count(files, loads):
    seen, _ = loads
    package = files.folder / "layers"
    package.mkdir()
    package.joinpath("hidden.py").write_text(files.folder.joinpath("net.py").read_text())
    files.folder.joinpath("net.py").write_text("from layers.hidden import build\n")
    weights = files.network("c").state_dict()
    places = {name: f"part{i % 2}.safetensors" for i, name in enumerate(weights)}
    index = files.folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))

    def save(scale):
        for part in set(places.values()):
            own = {n: scale * w for n, w in weights.items() if places[n] == part}
            save_file(own, files.folder / part)

    save(1.0)
    models = ["a.safetensors", f"c={index.name}"]
    experiment = CompareModels(**{**files.given, "models": models})
    found = experiment.run(progress=False)
    experiment.run(progress=False)
    assert len(seen) == 2
    save(0.5)  # and the index stays as it is
    other = experiment.run(progress=False)
    assert seen[2:] == [index.name]
    assert not found.entropy.sel(model="c").equals(other.entropy.sel(model="c"))
    package.joinpath("unused.py").write_text("")
    experiment.run(progress=False)
    assert len(seen) == 3
    package.joinpath("hidden.py").write_text(package.joinpath("hidden.py").read_text() + "X = 1\n")
    experiment.run(progress=False)
    assert len(seen) == 5


def test_without_a_cache_each_is_recorded_once(files, loads):
    experiment = CompareModels(**{**files.given, "cache": "none"})
    found = experiment.run(progress=False)
    assert len(loads[0]) == 3
    assert experiment.together(["a", "c"]).dims == ("model", "layer", "neuron", "sample")
    assert len(loads[0]) == 3
    again = CompareModels(**files.given).run(progress=False)
    np.testing.assert_array_equal(found.entropy, again.entropy)


def test_stores_are_read_where_they_stand_or_drawn_from(files):
    for name in "ab":
        acts = inb.record(files.network(name), files.inputs, layers=["0"], progress=False)
        inb.save_activations(acts, f"{name}.zarr")
    whole = CompareModels(models=["a.zarr", "b.zarr"], reference="b.zarr", n_samples=0,
                          n_neurons=6, cache=files.given["cache"])  # fmt: skip
    assert whole.activations("a").activation.chunks is not None
    found = whole.run(progress=False)
    assert (found.attrs["n_samples"], found.attrs["reference"]) == (150, "b")
    assert not list((files.folder.parent / "cache").rglob("activations.zarr"))
    few = whole.changed(n_samples=40)
    assert few.run(progress=False).attrs["n_samples"] == 40
    expected = files.inputs[drawn(files.inputs, 40)]
    by_hand = inb.record(files.network("a"), expected, layers=["0"], progress=False)
    np.testing.assert_array_equal(few.activations("a").activation.values, by_hand.activation.values)


def test_a_saved_result_is_shown_as_it_is(files, tmp_path):
    found = CompareModels(**files.given).run(progress=False)
    inb.save(found, tmp_path / "found.zarr")
    saved = CompareModels(found=str(tmp_path / "found.zarr"), results=str(tmp_path / "r.zarr"))
    saved.prepare()
    assert saved.run(progress=False).identical(found)
    assert inb.open(tmp_path / "r.zarr").load().identical(found)
    assert not saved.has_activations
    assert saved.chosen(found) in ("b", "c")
    assert saved.changed(shown="b").chosen(found) == "b"


def test_one_model_has_measures_and_no_verdict(files):
    alone = {**files.given, "models": ["a.safetensors"], "reference": ""}
    experiment = CompareModels(**alone)
    found = experiment.run(progress=False)
    assert "verdict" not in found
    assert "a single model" in found.attrs["no_verdict"]
    assert experiment.chosen(found) == "a"
    assert experiment.together(["a"]).dims == ("layer", "neuron", "sample")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"models": ["a.safetensors", "d.safetensors"]}, "model 'd': no file"),
        ({"model": ""}, "a.safetensors holds weights: model must be given"),
        ({"inputs": ""}, "a.safetensors holds weights: inputs must be given"),
        ({"model": "net.py:built"}, "built"),
        ({"models": ["a.safetensors", "bad.safetensors"]}, "bad.safetensors"),
        ({"models": ["a.safetensors", "a=b.zarr"]}, "one name, 'a'"),
        ({"reference": "d"}, "reference must be the name or the path"),
        ({"reference": "a", "models": ["a.safetensors"]}, "there is only one model"),
        ({"shown": "a"}, "shown is the reference itself"),
        ({"found": "f.zarr"}, "found and models are both given"),
        ({"models": [], "reference": "", "found": "f.zarr"}, "found: no folder f.zarr"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_recorded(files, changed, words):
    (files.folder / "bad.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    with pytest.raises((ParameterError, ValueError, OSError), match=words):
        CompareModels(**{**files.given, **changed}).prepare()
    assert not (files.folder.parent / "cache").exists()


def test_the_verdict_in_the_settings_of_the_page_is_that_of_the_page(files):
    given = {**files.given, "n_samples": 0, "n_neurons": 12, "bins": 30}
    experiment = CompareModels(**given)
    found = experiment.run(progress=False)
    grid = experiment.settings(found, "c")
    here = grid.sel(n_samples=150, bins=30, k=3)
    for name, there in (("entropy", found.entropy_change), ("mutual_information", None)):
        expected = (
            found[f"{name}_change"].sel(comparison="c")
            if there is None
            else there.sel(comparison="c")
        )
        np.testing.assert_allclose(
            here[f"{name}_change"].transpose(*expected.dims), expected, atol=2e-3
        )
    assert str(here.verdict.item()) == str(found.verdict.sel(comparison="c").item())
