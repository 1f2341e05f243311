"""Where the kernel of a report has its modules from."""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec
from types import ModuleType

import pytest
from fakes import Small

import infonb
from infonb import experiments
from infonb.reports.ipykernel_launcher import Known
from infonb.reports.modules import module_files, module_path


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """Register an experiment whose module lies in the current folder, its notebook elsewhere."""
    (tmp_path / "pebbles.py").write_text("found = 'here'\n")
    module = ModuleType("pebbles")
    module.__file__ = str(tmp_path / "pebbles.py")
    monkeypatch.setitem(sys.modules, "pebbles", module)
    kind = type("Pebbles", (Small,), {"__module__": "pebbles", "name": "pebbles"})
    monkeypatch.setattr(experiments, "_REGISTERED", {})
    experiments.register(kind, notebook=tmp_path / "notebooks" / "beach.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_current_folder_is_no_place_unless_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), "/somewhere", "/else"])
    assert module_path("colored_digits") == ["/somewhere", "/else"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/more", str(tmp_path)]))
    assert module_path("colored_digits") == [str(tmp_path), "/somewhere", "/else"]


def test_modules_beside_an_experiment_of_others_come_last(theirs, monkeypatch):
    monkeypatch.setattr(sys, "path", ["", "/somewhere"])
    assert module_path("pebbles") == ["/somewhere", str(theirs / "notebooks"), str(theirs)]


def test_its_own_module_and_this_infonb_come_from_their_files(theirs):
    assert module_files("colored_digits") == {"infonb": infonb.__file__}
    files = module_files("pebbles")
    assert files == {"infonb": infonb.__file__, "pebbles": str(theirs / "pebbles.py")}
    known = Known(files)
    spec = known.find_spec("pebbles")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.found == "here"
    assert known.find_spec("infonb").submodule_search_locations == [
        os.path.dirname(infonb.__file__)
    ]
    assert known.find_spec("numpy") is None
