from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from fakes import NAME, install, write_notebook

import infonb
from infonb import cli
from infonb.reports import Report, ReportError, ReportPlan, lab
from infonb.reports import notebooks as notebooks_module
from infonb.reports import run as run_module


def call(*args: str) -> Result:
    return CliRunner().invoke(cli.main, args, prog_name="infonb")


def shell(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "infonb", *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(infonb.__file__).parent.parent,  # found also where it is not installed
    )


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(monkeypatch, tmp_path / "source")
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "source", "1 + 1")
    return tmp_path


@pytest.fixture
def executed(small: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[ReportPlan, dict]]:
    """Return the list of what would have been executed."""
    calls: list[tuple[ReportPlan, dict]] = []

    def execute_plan(plan: ReportPlan, **options: bool) -> Report:
        calls.append((plan, options))
        return Report(plan.notebook, plan.page, None if "-" in plan.folder.name else plan.results)

    monkeypatch.setattr(run_module, "execute_plan", execute_plan)
    return calls


def test_run_passes_parameters_on_and_prints_the_paths(
    executed: list[tuple[ReportPlan, dict]],
) -> None:
    result = call(
        "run", NAME.replace("_", "-"), "-p", "alpha=0, 0.5", "-p", "epochs=2", "-o", "out",
        "--hide-code", "-q",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    out = Path("out")
    assert result.stdout.splitlines() == [
        str(out / f"{NAME}.ipynb"), str(out / f"{NAME}.html"), str(out / "results.zarr"),
    ]  # fmt: skip
    ((plan, options),) = executed
    assert plan.changed == {"alpha": [0.0, 0.5], "epochs": 2}
    assert options == {"show_code": False, "progress": False}


def test_run_shows_code_and_progress_by_default(executed: list[tuple[ReportPlan, dict]]) -> None:
    result = call("run", NAME, "-o", "no-results")
    assert len(result.stdout.splitlines()) == 2
    assert executed[0][1] == {"show_code": True, "progress": True}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["rnu"], "no command 'rnu'; there are 'cache', 'lab', 'list', 'run'. Did you mean 'run'?"),
        (["run"], "Missing argument 'NAME'."),
        (["run", "coloured_digits"], "no experiment 'coloured_digits'; there are 'colored_digits'."
         " Did you mean 'colored_digits'?"),
        (["list", "colored"], "no experiment 'colored'; there are 'colored_digits'."
         " Did you mean 'colored_digits'?"),
        (["run", NAME, "-p", "alhpa=1"], "no parameter 'alhpa'; there are 'alpha', 'epochs',"
         " 'dataset'. Did you mean 'alpha'?"),
        (["run", NAME, "-p", "alpha=2"], "alpha must be between 0 and 1; not 2.0."
         " The nearest is 1."),
        (["run", NAME, "-p", "epochs=many"], "epochs must be a whole number (at least 1);"
         " not 'many'."),
        (["run", NAME, "-p", "dataset=minst"], "dataset must be one of 'digits', 'mnist';"
         " not 'minst'. Did you mean 'mnist'?"),
        (["run", NAME, "-p", "alpha"], "-p 'alpha' must have the form name=value."),
        (["run", NAME, "-p", "=1"], "-p '=1' must have the form name=value."),
        (["run", NAME, "-p", "alpha=1", "-p", "alpha=0"], "parameter 'alpha' is given twice."),
        (["run", NAME, "-p", "results=x"], "parameter 'results' is set by the report itself;"
         " leave it out."),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_exit_code_2(
    executed: list[tuple[ReportPlan, dict]], small: Path, args: list[str], message: str
) -> None:
    before = sorted(small.rglob("*"))
    result = call(*args)
    assert result.stderr == f"Error: {message}\n"
    assert (result.exit_code, result.stdout) == (2, "")
    assert executed == []
    assert sorted(small.rglob("*")) == before


@pytest.mark.parametrize(
    "args", [["run", NAME, "--hide-cod"], ["lab", "--no-brwser"], ["--versio"]]
)
def test_a_wrong_option_is_one_line_with_exit_code_2(small: Path, args: list[str]) -> None:
    result = call(*args)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert args[-1] in result.stderr
    assert not (small / "infonb-lab").exists()


def test_output_that_is_a_file_is_refused(
    executed: list[tuple[ReportPlan, dict]], small: Path
) -> None:
    (small / "out").write_text("")
    result = call("run", NAME, "-o", "out")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: output folder out: ")
    assert executed == []


def test_a_failing_cell_has_exit_code_1(small: Path) -> None:
    write_notebook(small / "source", "1 / 0")
    result = call("run", NAME, "-q")
    path = Path("report", NAME, f"{NAME}.ipynb")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"Error: cell [3] failed with ZeroDivisionError: division by zero\nSee {path}\n"
    )
    assert path.is_file()


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (click.Abort(), 130, "Interrupted.\n"),
        (ReportError(Path("x.ipynb"), None, "DeadKernelError", "it stopped"), 1,
         "Error: the kernel failed with DeadKernelError: it stopped\nSee x.ipynb\n"),
        (OSError("no space left"), 1, "Error: no space left\n"),
    ],
)  # fmt: skip
def test_what_goes_wrong_during_the_run(
    small: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    def fail(plan: ReportPlan, **options: bool) -> Report:
        raise error

    monkeypatch.setattr(run_module, "execute_plan", fail)
    result = call("run", NAME)
    assert (result.exit_code, result.stderr.lstrip("\n")) == (code, message)


def test_list_shows_parameters_aligned(small: Path) -> None:
    result = call("list")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "colored_digits: A small experiment",
        "  Colours lower the entropy.",
        "  parameter  type         default  valid           meaning",
        "  alpha      list[float]  0.0,1.0  0 to 1          share of coloured examples",
        "  epochs     int          3        at least 1      passes over the data",
        "  dataset    str          digits   digits | mnist  which images",
    ]
    assert call("list", "colored-digits").stdout == result.stdout


def test_no_command_shows_the_help() -> None:
    result = call()
    assert result.exit_code == 0
    assert "Commands:" in result.stdout
    assert result.stdout == call("--help").stdout


def test_lab_copies_and_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "installed"
    for kind in ("notebooks", "tutorials"):
        (source / kind).mkdir(parents=True)
        (source / kind / "a.ipynb").write_text(kind)
    monkeypatch.setattr(notebooks_module, "notebook_folder", lambda kind="notebooks": source / kind)
    monkeypatch.chdir(tmp_path)
    started: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(lab, "start_lab", lambda *args: started.append(args) or 7)
    (tmp_path / "infonb-lab" / "notebooks").mkdir(parents=True)
    (tmp_path / "infonb-lab" / "notebooks" / "a.ipynb").write_text("mine")
    result = call("lab", "--no-browser", "--", "--port=8890", "-y")
    assert result.exit_code == 7
    assert started == [(Path("infonb-lab"), ["--no-browser", "--port=8890", "-y"])]
    kept = Path("infonb-lab", "notebooks", "a.ipynb")
    assert result.stdout.splitlines() == [
        "infonb-lab: 1 files copied.", f"kept, for it has been changed: {kept}",
    ]  # fmt: skip
    assert kept.read_text() == "mine"
    call("lab", "mine")
    assert started[1:] == [(Path("mine"), [])]
    refused = call("lab", str(source))
    assert refused.exit_code == 2
    assert "the package's own notebooks" in refused.stderr
    assert len(started) == 2


def test_module_and_version() -> None:
    result = shell("--version")
    assert (result.returncode, result.stdout) == (0, f"infonb, version {infonb.__version__}\n")


def test_list_of_the_real_experiments_is_light_and_fits() -> None:
    """No library that takes seconds to import may be loaded only to list what there is."""
    code = (
        "import sys\nfrom infonb.cli import main\n"
        "try: main(['list'])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'torch', 'sklearn', 'papermill', 'nbconvert', 'matplotlib', 'seaborn'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    root = Path(infonb.__file__).parent.parent
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root
    )
    assert result.returncode == 0, result.stderr
    for name in ("concentric_circles: ", "colored_digits: ", "shuffled_digits: "):
        assert name in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_an_empty_output_folder_is_refused() -> None:
    refused = CliRunner().invoke(cli.main, ["run", "colored-digits", "-o", ""])
    assert refused.exit_code == 2
    assert "-o is empty" in refused.stderr


def test_cache_shows_and_removes_what_is_kept(tmp_path: Path, monkeypatch) -> None:
    from infonb.experiments import colored_digits
    from infonb.storage import Lock

    monkeypatch.setenv("INFONB_CACHE", str(tmp_path / "runs"))
    assert "0 runs" in CliRunner().invoke(cli.main, ["cache"]).stdout
    colored_digits.run(
        colored_digits.Parameters(
            alpha=[0.0, 1.0], seed=0, width=4, epochs=1, n_train=50, n_validation=40
        ),
        progress=False,
    )
    (tmp_path / "runs" / "mine").mkdir()
    shown = CliRunner().invoke(cli.main, ["cache"])
    assert "2 runs" in shown.stdout
    assert "colored_digits: 2 runs" in shown.stdout
    busy = next((tmp_path / "runs").glob("colored_digits/*"))
    lock = Lock(busy, "a run")
    left = CliRunner().invoke(cli.main, ["cache", "--clear"]).stdout
    lock.release()
    assert "1 removed, 1 are being made" in left
    assert "1 removed" in CliRunner().invoke(cli.main, ["cache", "--clear"]).stdout
    assert "0 runs" in CliRunner().invoke(cli.main, ["cache"]).stdout
    assert (tmp_path / "runs" / "mine").exists()
    monkeypatch.setenv("INFONB_CACHE", "none")
    assert "No runs are kept" in CliRunner().invoke(cli.main, ["cache"]).stdout
