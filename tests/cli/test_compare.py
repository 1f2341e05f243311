"""``infonb compare``: its words become parameters of the experiment, all checked before the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner, Result

from infonb import cli, experiments
from infonb.experiments import Experiment
from infonb.parameters import ParameterError, parameter
from infonb.reports import Report, ReportPlan
from infonb.reports import plan as plan_module
from infonb.reports import run as run_module
from infonb.storage import save_dataset


@dataclass(frozen=True)
class Comparison(Experiment):
    """A comparison that only looks at its parameters."""

    name, over, claim = "compare_models", "model", "none"

    models: list[str] = parameter([], "files")
    reference: str = parameter("", "the one to compare with")
    model: str = parameter("", "makes the network")
    inputs: str = parameter("", "examples")
    layers: list[str] = parameter([], "layers to record")
    n_samples: int = parameter(1000, "examples drawn", minimum=0)
    estimator: str = parameter("auto", "of MI", choices=["auto", "ksg"])
    found: str = parameter("", "a saved result")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reference not in ("", "a"):
            raise ParameterError(f"reference must be 'a'; not {self.reference!r}.")


@pytest.fixture(autouse=True)
def executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ReportPlan]:
    """Return the list of what would have been executed; the notebook saves a result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(experiments, "_HOME", {})
    monkeypatch.setattr(experiments, "_REGISTERED", {"compare_models": (Comparison, None)})
    monkeypatch.setattr(plan_module, "notebook_path", lambda name: tmp_path / "x" / "x.ipynb")
    monkeypatch.setattr(plan_module, "assert_same", lambda source, experiment: None)
    plans: list[ReportPlan] = []

    def execute_plan(plan: ReportPlan, **options: bool) -> Report:
        plans.append(plan)
        found = xr.Dataset(attrs={"no_verdict": "there is no reference."})
        if plan.changed.get("reference"):
            names = np.array(["b", "c"], object)
            told = {"verdict": ["inconclusive", "towards a heuristic"], "why": ["Close.", "MI."]}
            told["caveat"] = ["", "It was trained."]
            found = xr.Dataset(
                {name: ("comparison", np.array(words, object)) for name, words in told.items()},
                {"comparison": names}, {"reference": "a"},
            )  # fmt: skip
        save_dataset(found, plan.results)
        return Report(plan.notebook, plan.page, plan.results)

    monkeypatch.setattr(run_module, "execute_plan", execute_plan)
    return plans


def call(*args: str) -> Result:
    return CliRunner().invoke(cli.main, ["compare", *args], prog_name="infonb")


def test_stores_and_the_verdict_in_words(executed: list[ReportPlan]) -> None:
    result = call("a.zarr", "other=b/best.zarr", "c.zarr", "--reference", "a", "-o", "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert executed[0].changed == {
        "models": ["a.zarr", "other=b/best.zarr", "c.zarr"], "reference": "a",
    }  # fmt: skip
    assert result.stdout.splitlines() == [
        str(Path("out", "compare_models.ipynb")),
        str(Path("out", "compare_models.html")),
        str(Path("out", "results.zarr")),
        "b beside a: inconclusive. Close.",
        "c beside a: towards a heuristic. MI.",
        "What this cannot say: It was trained.",
    ]


@pytest.mark.parametrize("words", [
    ["--weights", "a.safetensors", "b.pt", "--layers", "fc1", "fc2"],
    ["--weights=a.safetensors", "b.pt", "--layers=fc1,fc2"],
    ["--layers", "fc1,fc2", "--weights", "a.safetensors", "--weights", "b.pt"],
])  # fmt: skip
def test_weights_take_several_words(executed: list[ReportPlan], words: list[str]) -> None:
    result = call(
        "--model", "net.py:build", *words, "--inputs", "x,1.npz", "--n-samples", "50", "-q",
        "-p", "estimator=ksg",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    assert executed[0].changed == {
        "models": ["a.safetensors", "b.pt"], "model": "net.py:build", "inputs": "x,1.npz",
        "layers": ["fc1", "fc2"], "n_samples": 50, "estimator": "ksg",
    }  # fmt: skip
    assert executed[0].folder == Path("report", "compare_models")
    assert result.stdout.splitlines()[-1] == "no verdict: there is no reference."


def test_stores_stand_beside_weights_and_patterns_are_written_out(
    executed: list[ReportPlan],
) -> None:
    for name in ("b.pt", "a.pt", "[odd].pt"):
        Path(name).touch()
    call("s.zarr", "--weights", "?.pt", "[odd].pt", "--reference", "a", "t.zarr")
    assert executed[0].changed["models"] == ["s.zarr", "t.zarr", "a.pt", "b.pt", "[odd].pt"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "no models to compare; name activation stores (infonb compare a.zarr b.zarr "
         "--reference a), or weights with --model and --inputs. Four networks of known kind show "
         "what comes of it: infonb run compare-models"),
        (["--weights", "--inputs", "x.npz"], "--weights is empty; name at least one."),
        (["a.zarr", "--layers"], "--layers is empty; name at least one."),
        (["a.zarr", "--reference", "b"], "reference must be 'a'; not 'b'."),
        (["a.zarr", "--n-samples", "many"], "n_samples must be a whole number (at least 0); not "
         "'many'."),
        (["a.zarr", "--estimator", "ksgg"], "estimator must be one of 'auto', 'ksg'; not 'ksgg'. "
         "Did you mean 'ksg'?"),
        (["a.zarr", "-p", "bnis=3"], "no parameter 'bnis'; there are 'models', 'reference', "
         "'model', 'inputs', 'layers', 'n_samples', 'estimator', 'found', 'cache', 'cluster'."),
        (["a.zarr", "-p", "models=b.zarr"],
         "parameter 'models' is given twice: as an option and with -p."),
        (["*.pt"], "no file is like '*.pt'."),
        (["a.zarr", "-o", " "], "-o is empty; name a folder, such as -o report."),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(
    executed: list[ReportPlan], args: list[str], message: str, tmp_path: Path
) -> None:
    result = call(*args)
    assert result.stderr == f"Error: {message}\n"
    assert (result.exit_code, result.stdout, executed) == (2, "", [])
    assert list(tmp_path.iterdir()) == []


def test_an_option_that_is_not_there(executed: list[ReportPlan]) -> None:
    result = call("a.zarr", "--refernce", "a")
    assert (result.exit_code, result.stderr.count("\n"), executed) == (2, 1, [])
    assert "--refernce" in result.stderr
    assert "--reference" in result.stderr


def test_the_help_has_an_option_for_every_parameter() -> None:
    text = " ".join(call("--help").stdout.split())
    for option in ("--weights FILE ...", "--n-samples N", "--estimator TEXT", "--found TEXT"):
        assert option in text
    assert "Of MI (auto | ksg) [default: auto]" in text


@pytest.mark.parametrize(("args", "hint"), [
    (["report", "clean.pt"], "Did you mean 'compare'? As in: infonb compare A B --reference A"),
    (["clean.pt", "b.pt"], "Did you mean 'compare'? As in: infonb compare A B --reference A"),
    (["report", "compare-models"],
     "Did you mean 'run', for an experiment, or 'compare', for models of your own?"),
    (["compair"], "Did you mean 'compare'?"),
])  # fmt: skip
def test_what_one_would_try_first(args: list[str], hint: str) -> None:
    result = CliRunner().invoke(cli.main, args, prog_name="infonb")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: no command {args[0]!r}; there are 'cache', 'compare'")
    assert result.stderr.endswith(f"{hint}\n")
