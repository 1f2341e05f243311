from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import nbformat
import pytest
from click.testing import CliRunner, Result
from fakes import NAME, install, write_notebook

import infonb
from infonb import cli
from infonb.reports import Report, ReportError, ReportPlan
from infonb.reports import notebooks as notebooks_module
from infonb.reports import run as run_module
from infonb.reports.plan import NotebookPlan
from infonb.reports.serve import dashboard, lab


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
        "--show-code", "-q", "--start-timeout", "30",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    out = Path("out")
    assert result.stdout.splitlines() == [
        str(out / f"{NAME}.ipynb"), str(out / f"{NAME}.html"), str(out / "results.zarr"),
    ]  # fmt: skip
    ((plan, options),) = executed
    assert plan.changed == {"alpha": [0.0, 0.5], "epochs": 2}
    assert options == {"show_code": True, "progress": False, "start_timeout": 30}


def test_run_folds_code_and_shows_progress_by_default(
    executed: list[tuple[ReportPlan, dict]],
) -> None:
    result = call("run", NAME, "-o", "no-results")
    assert len(result.stdout.splitlines()) == 2
    assert executed[0][1] == {"show_code": False, "progress": True, "start_timeout": 600}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["rnu"], "no command 'rnu'; there are 'cache', 'compare', 'dashboard', 'lab', 'list',"
         " 'results', 'run'. Did you mean 'run'?"),
        (["run"], "Missing argument 'NAME'."),
        (["run", "coloured_digits"], "no experiment 'coloured_digits'; there are 'colored_digits'."
         " Did you mean 'colored_digits'?"),
        (["list", "colored"], "no experiment 'colored'; there are 'colored_digits'."
         " Did you mean 'colored_digits'?"),
        (["run", NAME, "-p", "alhpa=1"], "no parameter 'alhpa'; there are 'alpha', 'epochs',"
         " 'dataset', 'cache', 'cluster'. Did you mean 'alpha'?"),
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
    "args",
    [["run", NAME, "--hide-code"], ["lab", "--no-brwser"], ["dashboard", NAME, "--no-brwser"],
     ["--versio"]],
)  # fmt: skip
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
        f"  cache      str{'folder that keeps finished runs; empty: the':>78}",
        f"{'':51}user's cache; none: no folder",
        f"  cluster    str{'where runs are made; empty: here; 4: by 4':>76}",
        f"{'':51}processes; tcp://HOST:8786: a cluster",
    ]
    assert call("list", "colored-digits").stdout == result.stdout


def test_no_command_shows_the_help() -> None:
    result = call()
    assert result.exit_code == 0
    assert "Commands:" in result.stdout
    assert result.stdout == call("--help").stdout


def test_list_ends_with_the_lessons(small: Path) -> None:
    for number, title in ((2, "2. Two neurons"), (10, "10. Ten")):
        cells = [nbformat.v4.new_markdown_cell(f"# {title}")]
        path = small / "source" / f"{number:02}_lesson.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    lines = call("list").stdout.splitlines()
    assert lines[-4:] == [
        "", "lessons, for `infonb lab` and `infonb dashboard NUMBER`:", "  2. Two neurons",
        "  10. Ten",
    ]  # fmt: skip
    assert "lessons" not in call("list", "colored-digits").stdout


def test_lab_copies_and_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    started: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(lab, "start_lab", lambda *args: started.append(args) or 7)
    result = call("lab", "--no-browser", "--", "--port=8890", "-y")
    assert result.exit_code == 7
    assert started == [(Path("infonb-lab"), ["--no-browser", "--port=8890", "-y"])]
    copied = [path for path in Path("infonb-lab").rglob("*") if path.is_file()]
    number = len(copied) - 1  # but for the record of what was copied
    assert result.stdout == f"infonb-lab: {number} files copied.\n"
    mine = Path("infonb-lab", "notebooks", "colored_digits.ipynb")
    mine.write_text("mine")
    assert call("lab").stdout.splitlines() == [
        "infonb-lab: 0 files copied.", f"kept, for it has been changed: {mine}",
    ]  # fmt: skip
    record = Path("infonb-lab", ".infonb-lab.json")
    known = json.loads(record.read_text())
    other = "tutorials/01_entropy_of_a_neuron.ipynb"
    Path("infonb-lab", other).write_text("as an older version had it")
    known[other] = sha256(b"as an older version had it").hexdigest()
    known["notebooks/colored_digits.ipynb"] = "of an older version"
    record.write_text(json.dumps(known))
    assert call("lab").stdout.splitlines() == [
        "infonb-lab: 0 files copied, 1 brought up to date.",
        f"kept, for it has been changed: {mine}",
        f"its new version: {mine.with_name('colored_digits.new.ipynb')}",
    ]  # fmt: skip
    assert mine.read_text() == "mine"


def test_lab_tells_of_a_readme_that_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "start_lab", lambda *args: 0)
    (tmp_path / "README.md").write_text("my project")
    readme, guide = tmp_path / "README.md", tmp_path / "infonb-README.md"
    assert call("lab", str(tmp_path)).stdout.splitlines()[1:] == [
        f"kept: {readme} is not infonb's; see {guide}"
    ]


@pytest.mark.parametrize("folder", ["", "  "])
def test_lab_needs_a_folder(folder: str) -> None:
    result = call("lab", folder)
    assert (result.exit_code, result.stderr) == (
        2, "Error: DIR is empty; name a folder, such as infonb-lab.\n",
    )  # fmt: skip


def test_an_interrupted_server_is_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "start_lab", lambda *args: 130)
    result = call("lab", str(tmp_path))
    assert (result.exit_code, result.stderr.strip()) == (130, "Interrupted.")


def test_lab_refuses_the_installed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("notebooks", "tutorials"):
        (tmp_path / kind).mkdir()
    folders = {kind: tmp_path / kind for kind in ("notebooks", "tutorials")}
    install(monkeypatch, tmp_path / "notebooks")
    write_notebook(tmp_path / "notebooks", "1 + 1")
    monkeypatch.setattr(notebooks_module, "notebook_folder", lambda kind="notebooks": folders[kind])
    before = sorted(tmp_path.rglob("*"))
    refused = call("lab", str(tmp_path))
    assert refused.exit_code == 2
    assert "the package's own notebooks" in refused.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def served(small: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the list of what would have been served."""
    calls: list[Any] = []

    def start_dashboard(plan: NotebookPlan, port: int, options: list[str]) -> int:
        calls.append((plan, port, options))
        return 5

    monkeypatch.setattr(dashboard, "start_dashboard", start_dashboard)
    monkeypatch.setattr(dashboard, "find_spec", lambda name: object())
    return calls


def test_dashboard_passes_parameters_and_options_on(
    served: list[Any],
) -> None:
    result = call(
        "dashboard", "colored-digits", "-p", "alpha=0, 0.5", "--port", "9000", "--no-browser",
        "--", "--theme=dark",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (5, "")
    ((plan, port, options),) = served
    assert plan.changed == {"alpha": [0.0, 0.5]}
    assert (port, options) == (9000, ["--no-browser", "--theme=dark"])
    assert result.stdout == "A small experiment\n"
    call("dashboard", NAME)
    assert served[1][1:] == (8866, [])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["dashboard"], "Missing argument 'NAME'."),
        (["dashboard", "9"], "no notebook '9'; there are the experiments "
         "'colored_digits', and the lessons ."),
        (["dashboard", NAME, "-p", "epochs=0"], "epochs must be at least 1; not 0."
         " The nearest is 1."),
        (["dashboard", NAME, "-p", "epochs"], "-p 'epochs' must have the form name=value."),
    ],
)  # fmt: skip
def test_a_mistake_starts_no_dashboard(served: list[Any], args: list[str], message: str) -> None:
    result = call(*args)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"Error: {message}\n")
    assert served == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["dashboard", NAME, "--theme=dark"],
         "no option --theme of infonb. An option of Voilà goes after --, as in: infonb dashboard "
         "... -- --theme=dark"),
        (["dashboard", NAME, "--prot", "9000"],
         "no option --prot of infonb. Did you mean --port? An option of Voilà goes after --, as "
         "in: infonb dashboard ... -- --prot"),
        (["lab", "--port=8890"],
         "no option --port of infonb. An option of JupyterLab goes after --, as in: infonb lab "
         "... -- --port=8890"),
    ],
)  # fmt: skip
def test_where_an_option_of_the_server_goes_is_told(
    served: list[Any], args: list[str], message: str
) -> None:
    result = call(*args)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"Error: {message}\n")
    assert served == []


def test_a_missing_voila_is_one_line(served: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "find_spec", lambda name: None)
    result = call("dashboard", NAME)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        'Error: a dashboard needs Voilà, which is not installed; pip install "voila>=0.5.8"\n'
    )
    assert served == []


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
    from infonb.experiments import ColoredDigits
    from infonb.storage import Lock

    monkeypatch.setenv("INFONB_CACHE", str(tmp_path / "runs"))
    assert "0 runs" in CliRunner().invoke(cli.main, ["cache"]).stdout
    small = {"width": 4, "epochs": 1, "n_train": 50, "n_validation": 40}
    ColoredDigits(alpha=[0.0, 1.0], seed=[0], **small).run(progress=False)
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


def test_results_writes_the_page_and_opens_it(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    (notebooks_module.notebook_folder() / "RESULTS.md").write_text("# Runs\n\n## MNIST")
    page = tmp_path / "out" / "RESULTS.html"
    for more in ([], ["--no-browser"]):
        result = call("results", "-o", str(page.parent), *more)
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{page}\n", "")
    assert opened == [page.as_uri()]
    page.write_text("mine")
    result = call("results", "-o", str(page.parent))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {page} is not as infonb wrote it")
    assert page.read_text() == "mine"
