"""An experiment of another kind goes through the frame without a special case anywhere."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from infonb import experiments
from infonb.experiments import runs as runs_module
from infonb.experiments.clearing import kept_runs
from infonb.experiments.code_digest import Closure
from infonb.experiments.sources import Sources
from infonb.parameters import assert_same
from infonb.storage import open_dataset

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "twins"
SMALL = {"n_features": [2, 60], "noise": [0.0, 0.5], "seed": [0, 1, 2], "steps": 60}


def load():
    """Return the module, always the same: its class is known by identity."""
    if "twins" not in sys.modules:
        spec = importlib.util.spec_from_file_location("twins", FOLDER / "twins.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["twins"] = module
        spec.loader.exec_module(module)
    return sys.modules["twins"]


Twins = load().Twins


@pytest.fixture
def registered(monkeypatch):
    """Let the experiment be known by its name, to the kernels of notebooks too."""
    monkeypatch.setattr(experiments, "_REGISTERED", {})
    path = os.pathsep.join([str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    return experiments.register(Twins, notebook=FOLDER / "twins.ipynb")


@pytest.fixture
def steps(monkeypatch):
    """Count the trainings."""
    counted, true = [], runs_module.checked_training

    def counting(found):  # in the sweep, not in the experiment, whose code is in the key
        counted.append(1)
        return true(found)

    monkeypatch.setattr(runs_module, "checked_training", counting)
    return counted


def test_it_is_known_by_its_name(registered):
    assert experiments.names()[-1] == "twins"
    assert experiments.get("twins") is Twins
    assert experiments.title("twins") == Twins.title()
    assert experiments.title("twins").startswith("Twins: two models")
    assert experiments.notebook("twins") == FOLDER / "twins.ipynb"
    assert experiments.notebook("colored_digits") is None
    with pytest.raises(ValueError, match="Did you mean 'twins'"):
        experiments.get("twin")
    assert_same(FOLDER / "twins.ipynb", Twins)


def test_a_product_of_two_dimensions():
    runs = Twins(**SMALL, cache="none").run(progress=False)
    assert runs.score.dims == ("n_features", "noise", "seed", "sample")
    assert dict(runs.sizes) == {"n_features": 2, "noise": 2, "seed": 3, "sample": 300}
    assert runs.role.dims == ("sample",)
    assert runs.gap.dims == ("n_features", "noise", "seed")
    # each is the run of its level alone
    for n_features in (2, 60):
        for noise in (0.0, 0.5):
            level = {"n_features": [n_features], "noise": [noise]}
            one = Twins(**SMALL | level, cache="none").run(progress=False)
            here = runs.sel(level)
            np.testing.assert_array_equal(one.score, here.score)
            np.testing.assert_array_equal(one.gap, here.gap)
    assert json.loads(runs.attrs["parameters"])["noise"] == [0.0, 0.5]


def test_a_second_run_trains_nothing(tmp_path, steps):
    experiment = Twins(**SMALL, cache=str(tmp_path))
    first = experiment.run(progress=False)
    assert len(steps) == 2 * 2 * 3
    xr.testing.assert_identical(experiment.run(progress=False), first)
    assert len(steps) == 2 * 2 * 3
    xr.testing.assert_identical(Twins(**SMALL, cache="none").run(progress=False), first)
    del steps[:]
    Twins(**SMALL | {"noise": [0.0, 0.5, 1.0]}, cache=str(tmp_path)).run(progress=False)
    assert len(steps) == 2 * 1 * 3
    (folders,) = kept_runs(tmp_path).values()
    assert len(folders) == 2 * 3 * 3


def test_another_measure_trains_no_step(tmp_path, monkeypatch):
    first = Twins(**SMALL, cache=str(tmp_path)).run(progress=False)
    files = sorted(tmp_path.glob("twins/*/twins.npz"))
    times = [path.stat().st_mtime_ns for path in files]
    scaled = Twins(**SMALL, scale=2.0, cache=str(tmp_path)).run(progress=False)
    np.testing.assert_allclose(scaled.score, 2 * first.score)
    assert [path.stat().st_mtime_ns for path in files] == times
    assert len(list(tmp_path.glob("twins/*/measure-*.zarr"))) == 2 * len(files) == 2 * 12


def test_claims_are_made_for_every_combination():
    runs = Twins(**SMALL, cache="none").run(progress=False)
    table = Twins.of(runs).claims(runs)
    rows = {(claim.statement, claim.where): claim for claim in table.claims}
    assert set(rows) == {
        *(("seen labels are higher in score", f"n_features = {n}, noise = {noise}")
          for n in (2, 60) for noise in (0.0, 0.5)),
        *(("the gap between seen and unseen rises", f"network, noise = {noise}")
          for noise in (0.0, 0.5)),
    }  # fmt: skip
    for noise in (0.0, 0.5):
        wide = rows["seen labels are higher in score", f"n_features = 60, noise = {noise}"]
        assert wide.verdict == "holds"
        gap = rows["the gap between seen and unseen rises", f"network, noise = {noise}"]
        assert gap.verdict == "holds"
        by_hand = runs.gap.sel(noise=noise)
        np.testing.assert_allclose(
            gap.effect, by_hand.sel(n_features=60) - by_hand.sel(n_features=2)
        )
    assert table.caption.count(Twins.caption) == 1
    # one combination alone needs no words of it
    one = Twins(**SMALL | {"noise": [0.0]}, cache="none").run(progress=False)
    assert "noise" not in " ".join(claim.where for claim in Twins.of(one).claims(one).claims)


def test_without_training_the_null_shows_nothing():
    experiment = Twins(n_features=[2, 60], seed=list(range(6)), steps=1, cache="none")
    # a step that leads nowhere: labels of the three roles are equally unknown to both models
    runs = experiment.run(progress=False)
    null = runs.score.where(runs.role == "null").mean("sample")
    error = runs.score.where(runs.role == "null").std("sample") / np.sqrt(100)
    assert (abs(null) < 4 * error).all()
    nothing = runs.assign(score=runs.score.where(runs.role == "null").dropna("sample"))
    part = nothing.isel(sample=runs.role.values == "null")
    thirds = np.repeat(np.array(["in", "out", "null"], dtype=object), [34, 33, 33])
    table = experiment.claims(part.assign_coords(role=("sample", thirds)))
    assert {c.verdict for c in table.claims if "score" in c.statement} == {"too close to tell"}


def test_one_network_is_read_as_the_sweep_has_left_it(tmp_path):
    experiment = Twins(**SMALL, cache=str(tmp_path))
    experiment.run(progress=False)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.glob("twins/*/twins.npz")}
    data, model, history = experiment.one((60, 0.5), 1)
    assert history is None
    assert set(data) == {"in", "out", "null"}
    assert {path: path.stat().st_mtime_ns for path in files} == files
    again = Twins(**SMALL, cache="none").one((60, 0.5), 1)
    for role, weights in model.items():
        np.testing.assert_array_equal(again.model[role], weights)


def test_results_are_saved_and_are_known_again(tmp_path):
    path = tmp_path / "results.zarr"
    runs = Twins(**SMALL, cache="none", results=str(path)).run(progress=False)
    opened = open_dataset(path).load()
    xr.testing.assert_identical(opened, runs)
    assert Twins.of(opened).changed(cache="none") == Twins(**SMALL, cache="none")
    with pytest.raises(ValueError, match="results of 'twins', not of 'colored_digits'"):
        experiments.ColoredDigits.of(opened)


def test_its_key_has_its_own_code_and_no_more():
    closure = Closure(Sources(), Twins, ("data", "train", "measure"))
    steps = ("data", "train", "measure")
    found = closure.texts.keys() - {f"Twins.{step}" for step in steps}
    # and what these name: libraries, and the defaults of their arguments
    assert {place for place in found if ":defaults" not in place} == {
        "twins:np", "twins:xr", "twins:Path",
    }  # fmt: skip


SWEEP = """
import sys, time
from pathlib import Path
from twins import Twins


import numpy as np
n, true = [0], np.savez

def saving(*args, **kwargs):
    n[0] += 1
    true(*args, **kwargs)
    time.sleep(float(sys.argv[2]))

np.savez = saving  # the experiment stays as it is: its code is in the key
runs = Twins(n_features=[2, 60], seed=[0, 1], steps=100, cache=sys.argv[1],
             results=sys.argv[1] + "/results.zarr").run(progress=False)
print(n[0])
"""


def start(folder, seconds):
    path = os.pathsep.join([str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", SWEEP, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip


def test_a_killed_run_goes_on_from_its_checkpoint(tmp_path):
    killed = start(tmp_path / "runs", 0.15)
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("runs/twins/*/twins.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.4)  # in the middle of the second training
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = [int(np.load(path)["done"]) for path in tmp_path.glob("runs/twins/*/twins.npz")]
    assert len(done) >= 2
    assert sum(done) < 4 * 100
    assert not (tmp_path / "runs" / "results.zarr").exists()
    whole = start(tmp_path / "whole", 0.0)
    resumed = start(tmp_path / "runs", 0.0)
    saved = [int(process.communicate()[0]) for process in (whole, resumed)]
    assert saved[0] == 4 * 10
    assert saved[1] == saved[0] - sum(done) // 10, "nothing is trained twice"
    first, second = (
        open_dataset(tmp_path / name / "results.zarr").load() for name in ("whole", "runs")
    )
    xr.testing.assert_identical(first, second)


def test_its_notebook_becomes_a_page(registered, tmp_path):
    from infonb.reports import plan_report, run_report

    parameters = {"n_features": [2, 30], "steps": 40, "cache": "none"}
    plan = plan_report("twins", parameters, tmp_path / "report")
    assert plan.source == FOLDER / "twins.ipynb"
    assert plan.title == Twins.title()
    assert not (tmp_path / "report").exists()
    report = run_report("twins", parameters, tmp_path / "report", progress=False)
    page = report.page.read_text(encoding="utf-8")
    runs = open_dataset(report.results).load()
    table = Twins.of(runs).claims(runs)
    assert runs.n_features.values.tolist() == [2, 30]
    assert table.summary in re.sub(r"\s+", " ", page)
    for claim in table.claims:
        assert claim.statement in page
    # the command line does not know it: the page names the call
    assert "run_report('twins'" in page.replace("&#39;", "'").replace("&#x27;", "'")


def test_its_dashboard_is_planned(registered, tmp_path):
    pytest.importorskip("voila")
    from infonb.reports import plan_report
    from infonb.reports.serve.dashboard import plan_dashboard, write_dashboard

    plan = plan_dashboard("twins", {"steps": "5", "n_features": "[2, 30]"}, text=True)
    assert plan.source == FOLDER / "twins.ipynb"
    assert plan.changed == {"steps": 5, "n_features": [2, 30]}
    (tmp_path / "served").mkdir()
    assert "from twins import Twins" in Path(write_dashboard(plan, tmp_path / "served")).read_text(
        encoding="utf-8"
    )
    with pytest.raises(ValueError, match="steps must be at least 1"):
        plan_report("twins", {"steps": "0"}, tmp_path / "report", text=True)


def test_the_command_line_lists_it(registered):
    from click.testing import CliRunner

    from infonb import cli

    listed = CliRunner().invoke(cli.main, ["list"])
    assert listed.exit_code == 0, listed.output
    assert "twins: Twins: two models" in listed.output
    assert "A model is surer of the labels" in re.sub(r"\s+", " ", listed.output)
