from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from fakes import NAME, install, write_notebook
from nbformat.v4 import new_markdown_cell, new_notebook
from pages import Page, soup

import infonb
from infonb.parameters import ParameterError
from infonb.reports import ReportError, execution, plan_report, run_report
from infonb.reports import kernel as kernel_module
from infonb.reports.kernel import kernel_options
from infonb.reports.seals import checksum, seal_notebook, seal_page


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report that ran on a real kernel, with a foreign python3 about."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        foreign = root / "jupyter" / "kernels" / "python3"
        foreign.mkdir(parents=True)
        spec = {"argv": ["/nowhere/python", "{connection_file}"], "display_name": "x"}
        (foreign / "kernel.json").write_text(json.dumps({**spec, "language": "python"}))
        patch.setenv("JUPYTER_PATH", str(root / "jupyter"))
        patch.delenv("OMP_WAIT_POLICY", raising=False)
        install(patch, root / "source")
        patch.chdir(root)
        against(root, patch)
        write_notebook(
            root / "source",
            "import json, os, pathlib, sys\n"
            "pathlib.Path(results).mkdir()\n"
            "pathlib.Path(results, 'seen.json').write_text(json.dumps(dict(alpha=alpha,\n"
            "    epochs=epochs, interactive=interactive, executable=sys.executable,\n"
            "    folder=os.getcwd(), policy=os.environ['OMP_WAIT_POLICY'])))",
            "import infonb, matplotlib, numba, tqdm, types\n"
            "pathlib.Path(results, 'code.json').write_text(json.dumps([infonb.__file__,\n"
            "    matplotlib.rcParams['text.usetex'], numba.config.DISABLE_JIT]))\n"
            "print(results)",
            new_markdown_cell("## The figure"),
            "import matplotlib.pyplot as plt\n"
            "from IPython.display import display\n"
            "figure, axes = plt.subplots(figsize=(3, 2))\n"
            "plt.close(figure)\n"
            "display(figure, metadata={'alt': 'An <empty> figure'})",
            "from tqdm import tqdm\n"
            "for i in tqdm(range(3), file=sys.stdout, ascii=True, desc='training'): print(end='')",
            "from tqdm.auto import tqdm as live\nfor i in live(range(2)): pass",
        )
        (root / "out").mkdir()
        run_report(
            NAME.replace("_", "-"),
            {"alpha": 1, "epochs": 7},
            root / "{deep}" / "out",
            progress=False,
        )
    return root / "{deep}" / "out"


def against(root: Path, patch: pytest.MonkeyPatch) -> None:
    """Leave in the current folder, and among the user's settings, what would stop a kernel."""
    for name in ("numpy", "types", "tqdm", "infonb", "sitecustomize", "ipykernel"):
        (root / f"{name}.py").write_text("raise RuntimeError('mine')")
    (root / "matplotlibrc").write_text("text.usetex: True")
    startup = root / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("raise SystemExit(3)")
    (startup.parent / "ipython_kernel_config.py").write_text("raise RuntimeError('mine')")
    patch.setenv("IPYTHONDIR", str(root / "ipython"))
    patch.setenv("PYTHONSTARTUP", str(startup / "00.py"))
    patch.setenv("NUMBA_DISABLE_JIT", "1")
    patch.setenv("MPLBACKEND", "TkAgg")


@pytest.mark.slow
def test_a_report_leaves_three_things(finished: Path) -> None:
    assert sorted(path.name for path in finished.iterdir()) == [
        f"{NAME}.html", f"{NAME}.ipynb", "results.zarr",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_notebook_got_its_parameters_on_this_interpreter(finished: Path) -> None:
    seen = json.loads((finished / "results.zarr" / "seen.json").read_text())
    assert seen == {
        "alpha": [1.0],
        "epochs": 7,
        "interactive": False,
        "executable": sys.executable,
        "folder": str(finished.parent.parent.resolve()),
        "policy": "PASSIVE",
    }


@pytest.mark.slow
def test_the_kernel_runs_this_infonb_and_heeds_no_settings_of_the_user(finished: Path) -> None:
    code = json.loads((finished / "results.zarr" / "code.json").read_text())
    assert code == [infonb.__file__, False, 0]


@pytest.mark.slow
def test_the_notebook_names_its_results_where_they_are(finished: Path) -> None:
    text = (finished / f"{NAME}.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    (injected,) = [cell for cell in notebook.cells if "injected" in str(cell.metadata.get("tags"))]
    values: dict[str, object] = {}
    exec(injected.source, values)
    assert values["results"] == str(finished / "results.zarr")
    assert f"{finished / 'results.zarr'}\n" in [
        output.text for cell in notebook.cells for output in cell.get("outputs", [])
        if output.output_type == "stream"
    ]  # fmt: skip
    assert ".infonb-report" not in text


@pytest.mark.slow
def test_the_executed_notebook_is_valid_and_unmarked(finished: Path) -> None:
    notebook = nbformat.read(finished / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.papermill.exception is None
    assert notebook.metadata.papermill.output_path.endswith(f"{NAME}.ipynb")
    assert "widgets" not in notebook.metadata
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.slow
def test_the_page_shows_the_run(finished: Path) -> None:
    text = (finished / f"{NAME}.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "<title>A small experiment (alpha=1.0 epochs=7)</title>" in text
    assert len(page.all("h1")) == 1
    assert "infonb run colored_digits -p alpha=1.0 -p epochs=7" in text
    assert re.search(r"numpy \d+\.\d+", text)
    assert re.search(r"<dd>\d{4}-\d\d-\d\d \d\d:\d\d UTC, after \d+ s</dd>", text)
    assert '<a href="#The-figure">The figure</a>' in text
    (image,) = page.all("img")
    assert image["alt"] == "An <empty> figure"
    assert str(image["src"]).startswith("data:image/png;base64,")
    # drawn at twice the resolution, shown at its own size (the tight box is a little smaller)
    assert 200 < int(str(image["width"])) < 320
    assert struct_width(str(image["src"])) > 1.8 * int(str(image["width"]))
    assert '<pre class="printed progress">training: 100%|##########| 3/3' in text
    assert "  0%|" not in text
    assert [page for page in page.loads if not page.startswith("data:")] == []


@pytest.mark.slow
def test_the_page_keeps_the_folders_of_the_machine_to_itself(finished: Path) -> None:
    text = soup((finished / f"{NAME}.html").read_text(encoding="utf-8")).get_text()
    assert 'results = "results.zarr"' in text
    assert "alpha = [1.0]" in text
    for folder in (finished, Path.home(), Path(sys.prefix)):
        assert str(folder) not in text


def earlier_report(output: Path) -> None:
    """Leave what a report leaves, with an empty notebook."""
    output.mkdir(parents=True)
    (output / "results.zarr").mkdir()
    (output / "results.zarr" / "zarr.json").write_text("{}")
    notebook = new_notebook(metadata={"papermill": {}})
    made = {"results.zarr": checksum(output / "results.zarr")}
    (output / f"{NAME}.ipynb").write_bytes(seal_notebook(notebook, NAME, made))
    (output / f"{NAME}.html").write_bytes(seal_page("<p>success of an earlier run</p>", NAME))


def struct_width(source: str) -> int:
    return int.from_bytes(base64.b64decode(source.partition(",")[2])[16:20], "big")


@pytest.mark.slow
def test_a_failing_cell_is_told_and_no_page_remains(small: Path) -> None:
    write_notebook(
        small, "before = 1", "raise ValueError('bad \\x1b[31mluck\\x1b[0m')", "after = 1"
    )
    output = small.parent / "out"
    earlier_report(output)
    with pytest.raises(ReportError, match=r"cell \[4\] failed with ValueError: bad luck") as caught:
        run_report(NAME, output=output, progress=False)
    error = caught.value
    assert (error.cell, error.error, error.message) == (4, "ValueError", "bad luck")
    assert error.notebook == output / f"{NAME}.ipynb"
    assert str(error.notebook) in str(error)
    assert [path.name for path in output.iterdir()] == [f"{NAME}.ipynb"]
    notebook = nbformat.read(error.notebook, as_version=4)
    assert "An Exception was encountered" in notebook.cells[0].source
    assert notebook.cells[-1].execution_count is None


@pytest.mark.slow
def test_notes_of_an_error_are_told(small: Path) -> None:
    write_notebook(
        small,
        "error = ValueError('bad\\nluck')",
        "error.add_note('the run alpha=1')",
        "raise error",
    )
    with pytest.raises(ReportError) as caught:
        run_report(NAME, output=small.parent / "out", progress=False)
    assert caught.value.message == "bad\nluck\nthe run alpha=1"


@pytest.mark.slow
def test_output_that_comes_late_is_waited_for(small: Path) -> None:
    """On a busy machine the kernel says that a cell has ended long before it sends its output."""
    write_notebook(
        small,
        "import time\n"
        "kernel = get_ipython().kernel\n"
        "publish, when = kernel._publish_status, {'idle': 5, 'busy': 0}\n"
        "def late(status, *rest, **named):\n"
        "    time.sleep(when[status])\n"
        "    when[status] = 0\n"
        "    publish(status, *rest, **named)\n"
        "kernel._publish_status = late\n"
        "print('late')",
    )
    report = run_report(NAME, output=small.parent / "out", progress=False)
    assert "late" in soup(report.page.read_text(encoding="utf-8")).get_text()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder that takes no files: /proc")
def test_a_home_that_cannot_be_written_to_is_no_hindrance(
    small: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/proc")
    assert run_report(NAME, output=small.parent / "out", progress=False).page.is_file()
    said = capfd.readouterr().err.splitlines()
    # now and then libzmq says this of a kernel that is just ending
    assert [line for line in said if "signaler.cpp" not in line] == []


def test_a_kernel_that_does_not_start_is_told(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = small / "start.py"
    broken.write_text("raise OSError('no room')")
    monkeypatch.setattr(kernel_module, "_START", broken)
    told = r"the kernel failed with .*: Kernel died .*\(OSError: no room\)"
    with pytest.raises(ReportError, match=told) as error:
        run_report(NAME, output=small.parent / "out", progress=False)
    assert error.value.cell is None
    assert not (small.parent / "out" / f"{NAME}.html").exists()


@pytest.mark.parametrize("begun", [False, True])
def test_an_interrupted_run_leaves_no_page(
    small: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    output = small.parent / "report" / NAME
    earlier_report(output)

    def interrupted(plan: object, results: Path, seen: list[object], **options: object) -> None:
        seen.extend([new_notebook(cells=[new_markdown_cell("as far")])] if begun else [])
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_report(NAME)
    left = [path.name for path in output.iterdir()]
    assert left == ([f"{NAME}.ipynb"] if begun else [])
    if begun:
        (cell,) = nbformat.read(output / left[0], as_version=4).cells
        assert cell.source == "as far"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alhpa": 1}, r"no parameter 'alhpa'; there are 'alpha', 'epochs', .*'cluster'. Did"),
        ({"alpha": 2}, "alpha must be between 0 and 1"),
        ({"results": "x"}, "parameter 'results' is set by the report itself"),
        ({"interactive": True}, "parameter 'interactive' is set by the report itself"),
    ],
)
def test_wrong_parameters_create_nothing(
    small: Path, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        run_report(NAME, parameters, small.parent / "out")
    assert not (small.parent / "out").exists()


def test_a_notebook_that_differs_from_its_experiment_is_refused(small: Path) -> None:
    path = write_notebook(small)
    path.write_text(path.read_text().replace("epochs: int = 3", "epochs: int = 4"))
    with pytest.raises(ParameterError, match="epochs: default 4 in the notebook, 3 in"):
        plan_report(NAME)


def test_default_folder_and_injected_values(small: Path) -> None:
    plan = plan_report(NAME, {"epochs": "5"}, text=True)
    assert plan.folder == Path("report", NAME)
    assert plan.injected(plan.results) == {
        "epochs": 5,
        "interactive": False,
        "results": str(small.parent / "report" / NAME / "results.zarr"),
    }


def test_output_must_be_a_folder(small: Path) -> None:
    (small.parent / "file").write_text("")
    for output in ("file", "file/deeper/out"):
        with pytest.raises(NotADirectoryError, match=r"file is a file, not a folder"):
            plan_report(NAME, output=output)
    (small.parent / "out" / f"{NAME}.html").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="is a folder; choose another"):
        plan_report(NAME, output="out")


def test_output_must_be_writable(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(PermissionError, match="no permission to write in"):
        plan_report(NAME, output="a/b")


def test_results_of_something_else_are_not_overwritten(small: Path) -> None:
    (small.parent / "out" / "results.zarr").mkdir(parents=True)
    with pytest.raises(FileExistsError, match=f"belongs to something else than {NAME}"):
        plan_report(NAME, output="out")
    shutil.rmtree(small.parent / "out")
    earlier_report(small.parent / "out")
    assert plan_report(NAME, output="out").folder == Path("out")


@pytest.mark.parametrize(
    "text", ["{}", "", '{"metadata": {}, "cells": []}', "[" * 100_000, '"metadata"', "\xff\x00"]
)
def test_a_notebook_that_somebody_works_on_is_not_overwritten(small: Path, text: str) -> None:
    (small.parent / "out").mkdir()
    mine = small.parent / "out" / f"{NAME}.ipynb"
    mine.write_text(text)
    with pytest.raises(FileExistsError, match="was not made by a report and would be lost"):
        run_report(NAME, output="out")
    assert mine.read_text() == text


def test_the_notebooks_themselves_are_no_output_folder(small: Path) -> None:
    with pytest.raises(FileExistsError, match="holds the notebooks of infonb themselves"):
        run_report(NAME, output=small.parent if small.is_file() else small)


def test_long_temporary_folders_get_no_sockets(tmp_path: Path) -> None:
    (tmp_path / ("x" * 120)).mkdir()
    config = kernel_options(tmp_path / ("x" * 120), "colored_digits")["config"]
    assert config.InterpreterKernel.transport == "tcp"
