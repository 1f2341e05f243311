"""Names of models: given ones, ends of paths, and how one of them is named."""

from __future__ import annotations

import pytest

from infonb.experiments.compare_models.sources import (
    anchored_sources,
    named_sources,
    reference_among,
    split_name,
)
from infonb.parameters import ParameterError


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (["a.pt", "x/b.safetensors"], ["a", "b"]),
        (["one/best.pt", "two/best.pt"], ["one/best", "two/best"]),
        (["r/one/m.pt", "s/one/m.pt", "t/m.pt"], ["r/one/m", "s/one/m", "t/m"]),
        (["clean=a/best.pt", "b/best.pt"], ["clean", "best"]),
        (["run.2.zarr", "a, β = 1.zarr"], ["run.2", "1"]),  # no such file: NAME=PATH
        (["v1.5", "model.bin"], ["v1.5", "model"]),
    ],
)
def test_as_much_of_a_path_as_is_needed(models, names):
    found = list(named_sources(models))
    if "a, β = 1.zarr" in models:
        names = ["run.2", "a, β"]
    assert found == names


def test_a_file_may_have_a_sign_in_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "β=1.pt").touch()
    assert split_name("β=1.pt") == ("", "β=1.pt")
    assert named_sources(["β=1.pt", "x=β=1.pt"]) == {"β=1": "β=1.pt", "x": "β=1.pt"}


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (["a.pt", "a.safetensors"], "have one name, 'a'; give them names"),
        (["n=a.pt", "n=b.pt"], "have one name, 'n'"),
        (["n="], "'n=' has no path"),
        (["./a.pt", "a.pt"], "have one name"),
    ],
)
def test_names_that_cannot_be_told_apart(models, words):
    with pytest.raises(ParameterError, match=words):
        named_sources(models)


def test_a_reference_is_named_or_pointed_at():
    sources = {"clean": "runs/a.pt", "b": "runs/b.pt"}
    assert reference_among("clean", sources) == "clean"
    assert reference_among("./runs/a.pt", sources) == "clean"
    assert reference_among("b=runs/b.pt", sources) == "b"
    assert reference_among("", sources) == ""
    with pytest.raises(
        ParameterError, match=r"of the models, 'clean', 'b'; not 'claen'\..*'clean'"
    ):
        reference_among("claen", sources)


def test_paths_of_a_dashboard_are_seen_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = anchored_sources(
        {"models": ["a/m.pt", "b/m.pt"], "reference": "b/m.pt", "model": "net.py:build",
         "inputs": "x.npz", "bins": 10}
    )  # fmt: skip
    assert found == {
        "models": [f"a/m={tmp_path}/a/m.pt", f"b/m={tmp_path}/b/m.pt"], "reference": "b/m",
        "model": f"{tmp_path}/net.py:build", "inputs": f"{tmp_path}/x.npz", "bins": 10,
    }  # fmt: skip
