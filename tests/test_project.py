"""The project as a whole: one list of dependencies, a light import, documented names."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import infonb

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_environment_names_nothing_that_pyproject_does_not():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    plain = [item for item in environment["dependencies"] if isinstance(item, str)]
    assert {re.split(r"[<>=]", item)[0] for item in plain} == {"python", "pip"}
    python = next(item for item in plain if item.startswith("python"))
    # Binder reads only one "="; the version must be one that the package allows
    version = re.fullmatch(r"python=3\.(\d+)", python)
    least = PYPROJECT["project"]["requires-python"].removeprefix(">=3.")
    assert version
    assert int(version[1]) >= int(least)
    pip = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    assert pip == [["-e ."]]


def test_every_dependency_has_a_lower_bound():
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"], *extras["cluster"], *extras["test"]]
    foreign = [item for item in listed if not item.startswith("infonb[")]
    assert [item for item in foreign if ">=" not in item] == []
    assert {"hub", "test", "dev"} <= set(project["optional-dependencies"])


def test_every_public_name_is_there():
    for name in infonb.__all__:
        assert getattr(infonb, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'entropi'"):
        infonb.entropi  # noqa: B018


def modules() -> list[str]:
    """Return all modules with a public list of names."""
    found = []
    for path in sorted((ROOT / "infonb").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__" and "__all__" in path.read_text(encoding="utf-8"):
            found.append(".".join(parts).removesuffix(".__init__"))
    return found


def test_rooms_are_found_by_their_name():
    code = (
        "import infonb as inb; assert {'memorization', 'training'} <= set(dir(inb))\n"
        "inb.memorization.in_out; inb.training.Dynamics\n"
        "import sys, infonb as inb; assert inb.memorization is sys.modules['infonb.memorization']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", [name for name in infonb.__all__ if name != "__version__"])
def test_public_functions_have_an_example_that_runs(name):
    """The examples themselves are run by --doctest-modules."""
    assert ">>>" in (inspect.getdoc(getattr(infonb, name)) or "")


@pytest.mark.parametrize("name", modules())
def test_public_names_are_documented(name):
    module = importlib.import_module(name)
    for public in module.__all__:
        value = getattr(module, public)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert inspect.getdoc(value), f"{name}.{public} has no docstring"


def test_import_is_light():
    code = (
        "import sys, json, numpy, xarray; before = set(sys.modules); import infonb;"
        "print(json.dumps(sorted({m.split('.')[0] for m in set(sys.modules) - before})))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "sklearn", "seaborn", "papermill", "numba", "matplotlib", "dask", "zarr"}
    assert not heavy & set(json.loads(run.stdout))


def test_measures_know_no_torch():
    code = (
        "import sys, numpy as np, xarray as xr, infonb;"
        "x = np.random.default_rng(0).normal(size=(3, 50));"
        "x = xr.DataArray(x, dims=('neuron', 'sample'));"
        "infonb.entropy(x); infonb.mutual_information(x); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_readme_and_ci_agree_on_the_test_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.count("<!-- test command -->") == 1
    block = readme.split("<!-- test command -->")[1].split("```")[1]
    assert "pytest" in block
    assert "<!-- test command -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_what_the_command_leaves_out_is_named_in_ci():
    """A file with slow tests stands there, or its folder does, and nothing else."""
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^slow=\(\n(.*?)^\)", ci, flags=re.DOTALL | re.MULTILINE)
    named = [ROOT / line.strip() for line in listed.splitlines()]
    slow = {
        path
        for folder in ("tests", "infonb")
        for path in (ROOT / folder).rglob("test_*.py" if folder == "tests" else "*.py")
        if re.search(r"mark\.slow\b", path.read_text(encoding="utf-8"))
    }
    found = {place: {path for path in slow if path.is_relative_to(place)} for place in named}
    assert set().union(*found.values()) == slow, "all that is slow is named"
    assert [place for place in named if not found[place]] == [], "all that is named is slow"
    assert sum(map(len, found.values())) == len(slow), "nothing is named twice"


def test_the_command_leaves_out_what_is_slow_and_nothing_else():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = readme.split("<!-- test command -->")[1].split("```")[1]
    marker = "slow"
    assert f'-m "not {marker}"' in command
    assert f"-m {marker} " in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert not re.search(r" -k | --ignore| --deselect", command)
    assert [m.partition(":")[0] for m in PYPROJECT["tool"]["pytest"]["ini_options"]["markers"]] == [
        marker
    ]


def test_citation_parses_and_names_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["preferred-citation"]["title"].startswith("Measures of Information")
