"""An experiment of somebody else, registered with a notebook of its own, is served as infonb's."""

from __future__ import annotations

import json
import os
import sys

import pytest
from click.testing import CliRunner

from infonb import cli, experiments
from infonb.reports import copy_notebooks, notebook_path, plan_report, run_report
from infonb.reports.kernel import kernel_environment
from infonb.reports.serve.dashboard import dashboard_environment, plan_dashboard, write_dashboard
from infonb.reports.serve.guide import guide
from infonb.reports.serve.lab import lab_environment

MODULE = '''
from dataclasses import dataclass
from infonb.experiments import Experiment
from infonb.parameters import parameter

@dataclass(frozen=True)
class Pebbles(Experiment):
    """Pebbles: thrown and counted."""
    name, claim, over = "pebbles", "More are thrown than counted.", "thrown"
    thrown: list[int] = parameter([1, 2], "pebbles", minimum=0, affects="selection")
    def prepare(self):
        if 13 in self.thrown:
            raise ValueError("13 pebbles bring bad luck; throw another number.")
'''
PARAMETERS = """\
thrown: list[int] = [1, 2]  # pebbles
cache: str = ""  # folder that keeps finished runs; empty: the user's cache; none: no folder
cluster: str = ""  # where runs are made; empty: here; 4: by 4 processes; tcp://HOST:8786: a cluster
interactive: bool = True  # live controls; false: pictures only
results: str = ""  # where to save the labelled results (.zarr); empty: nowhere
"""


@pytest.fixture
def pebbles(tmp_path, monkeypatch):
    """Register it, from a folder with its module and its notebook, for one test."""
    from nbformat import write
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "pebbles.py").write_text(MODULE)
    cells = [
        new_markdown_cell("# Pebbles on a beach"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(
            "from pebbles import Pebbles\n\nprint('thrown', Pebbles(thrown=thrown).thrown)"
        ),
    ]
    write(new_notebook(cells=cells), folder / "beach.ipynb")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(experiments, "_REGISTERED", {})
    from pebbles import Pebbles

    experiments.register(Pebbles, notebook=folder / "beach.ipynb")
    yield folder
    sys.modules.pop("pebbles", None)


@pytest.mark.slow
def test_report(pebbles, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert notebook_path("pebbles") == pebbles / "beach.ipynb"
    report = run_report("pebbles", {"thrown": [3]}, "out", progress=False)
    page = report.page.read_text()
    assert report.page.name == "pebbles.html"
    assert "<title>Pebbles on a beach" in page
    assert "thrown [3]" in page
    assert "infonb.reports.run_report('pebbles', {'thrown': [3]})" in page


def test_its_values_are_checked_as_all_others(pebbles, tmp_path):
    for values, message in (
        ({"throw": 3}, "no parameter 'throw'.* Did you mean 'thrown'"),
        ({"thrown": [-1]}, "thrown must be at least 0"),
        ({"thrown": [13]}, "bad luck"),
    ):
        with pytest.raises(ValueError, match=message):
            plan_report("pebbles", values, tmp_path / "out")


def test_dashboard(pebbles, tmp_path):
    pytest.importorskip("voila")
    plan = plan_dashboard("pebbles", {"thrown": "3"}, text=True)
    assert plan.title == "Pebbles: thrown and counted"
    (tmp_path / "served").mkdir()
    assert "thrown = [3]" in write_dashboard(plan, tmp_path / "served").read_text()
    (tmp_path / "own").mkdir()
    dashboard_environment(tmp_path / "own", "pebbles")
    known = json.loads((tmp_path / "own" / "modules.json").read_text())
    assert known["modules"]["pebbles"] == str(pebbles / "pebbles.py")
    assert str(pebbles) in known["path"]


def test_laboratory_and_list(pebbles, tmp_path):
    assert "[Pebbles on a beach](notebooks/pebbles.ipynb)" in guide()
    copies = copy_notebooks(tmp_path / "lab")
    assert tmp_path / "lab" / "notebooks" / "pebbles.ipynb" in copies.copied
    lab_environment(tmp_path / "own")
    assert str(pebbles) in path_of_kernel(tmp_path / "own")
    listed = CliRunner().invoke(cli.main, ["list", "pebbles"]).stdout
    assert listed.startswith(
        "pebbles: Pebbles: thrown and counted\n  More are thrown than counted."
    )


def test_one_without_a_notebook_is_no_obstacle(pebbles, tmp_path):
    from pebbles import Pebbles

    experiments.register(Pebbles)
    assert "pebbles" not in guide()
    with pytest.raises(FileNotFoundError, match="'pebbles' has no notebook"):
        plan_report("pebbles", {}, tmp_path / "out")


def path_of_kernel(folder):
    spec = json.loads((folder / "kernels" / "python3" / "kernel.json").read_text())
    return spec["env"]["PYTHONPATH"].split(os.pathsep)


def test_own_modules_come_before_those_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "theirs")
    paths = kernel_environment(tmp_path)["PYTHONPATH"].split(os.pathsep)
    assert paths[0] == str(tmp_path)
    assert paths[-1] == "theirs"


def test_another_environment_that_is_active_has_no_part_in_it(monkeypatch):
    monkeypatch.setenv("VIRTUAL_ENV", "/another")
    assert kernel_environment()["VIRTUAL_ENV"] == sys.prefix
    monkeypatch.delenv("VIRTUAL_ENV")
    assert "VIRTUAL_ENV" not in kernel_environment()
