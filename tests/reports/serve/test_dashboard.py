from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from fakes import NAME, write_notebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from infonb.parameters import ParameterError
from infonb.reports.notebooks import lessons
from infonb.reports.plan import NotebookPlan
from infonb.reports.serve import dashboard as dashboard_module
from infonb.reports.serve.dashboard import (
    dashboard_command,
    dashboard_environment,
    plan_dashboard,
    write_dashboard,
)

LESSON = "03_two_ideas"
needs_voila = pytest.mark.skipif(
    importlib.util.find_spec("voila") is None,
    reason='Voilà is not installed: pip install "infonb[dashboard]"',
)


@pytest.fixture
def voila(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let checks that come before Voilà is started pass without it."""
    monkeypatch.setattr(dashboard_module, "find_spec", lambda name: object())


def write_lesson(folder: Path) -> Path:
    cells = [
        new_code_cell("import sys", metadata={"tags": ["colab"]}),
        new_markdown_cell(
            "# 3. Two ideas\n\nAfter [lesson 2](02_one_idea.ipynb); see [this](#here), [the paper]"
            "(https://example.org/a) and ![a picture](a.png)."
        ),
        new_code_cell("interactive: bool = True", metadata={"tags": ["parameters"]}),
        new_code_cell("# your answer", metadata={"tags": ["answer"]}),
        new_code_cell("# @title Solution 1\nprint(6 * 7)", metadata={"tags": ["solution"]}),
    ]
    path = folder / f"{LESSON}.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def read(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


# before anything is started


@pytest.mark.parametrize("name", ["3", "03", "two_ideas", "two-ideas", LESSON])
def test_a_lesson_is_found_by_number_or_name(small: Path, voila: None, name: str) -> None:
    path = write_lesson(small)
    plan = plan_dashboard(name)
    assert (plan.source, plan.title, plan.name, plan.changed) == (path, "3. Two ideas", LESSON, {})


@pytest.mark.parametrize(
    ("name", "hint"),
    [("4", ""), ("two_idea", " Did you mean 'two_ideas'?"),
     ("coloured-digits", " Did you mean 'colored_digits'?")],
)  # fmt: skip
def test_an_unknown_name_is_told_with_those_there_are(
    small: Path, voila: None, name: str, hint: str
) -> None:
    write_lesson(small)
    with pytest.raises(ValueError, match="no notebook") as error:
        plan_dashboard(name)
    assert str(error.value) == (
        f"no notebook {name!r}; there are the experiments 'colored_digits', and the lessons "
        f"3 (two_ideas).{hint}"
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"alpha": "2"}, "alpha must be between 0 and 1; not 2.0"), ({"alhpa": "1"}, "'alhpa'"),
     ({"interactive": "false"}, "'interactive' is set by the report itself")],
)  # fmt: skip
def test_parameters_are_checked_as_for_a_report(
    small: Path, voila: None, parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        plan_dashboard(NAME, parameters, text=True)


def test_a_lesson_has_no_parameters(small: Path, voila: None) -> None:
    write_lesson(small)
    with pytest.raises(ParameterError, match="lesson '3' has no parameters; leave 'k' out"):
        plan_dashboard("3", {"k": "1"}, text=True)


def test_a_missing_voila_is_told_with_the_remedy(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_module, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "voila>=0.5.8"'):
        plan_dashboard(NAME)


# the notebook that is served


def test_the_served_notebook_is_a_copy_with_its_parameters(
    small: Path, voila: None, tmp_path: Path
) -> None:
    before = (small / f"{NAME}.ipynb").read_bytes()
    plan = plan_dashboard(NAME, {"alpha": "0.5", "epochs": "7"}, text=True)
    notebook = read(write_dashboard(plan, tmp_path))
    assert (small / f"{NAME}.ipynb").read_bytes() == before
    assert notebook.metadata.title == "A small experiment"
    assert [cell.metadata.get("tags") for cell in notebook.cells] == [
        ["status-line"], [], ["parameters"], ["injected-parameters"], [], [],
    ]  # fmt: skip
    given: dict[str, Any] = {}
    exec(notebook.cells[3].source, given)
    assert (given["alpha"], given["epochs"]) == ([0.5], 7)
    assert "interactive" not in given  # live
    assert "results" not in given  # nothing is left behind
    values = notebook.cells[4].source
    assert "<summary>Values of this run: alpha = 0.5, epochs = 7</summary>" in values
    assert (
        "<td>alpha</td><td><strong>0.5</strong></td><td>share of coloured examples</td>" in values
    )
    assert "<td>dataset</td><td>digits</td>" in values


def test_without_changes_nothing_is_injected(small: Path, voila: None, tmp_path: Path) -> None:
    notebook = read(write_dashboard(plan_dashboard(NAME), tmp_path))
    assert all("injected-parameters" not in cell.metadata.tags for cell in notebook.cells)
    assert any("Values of this run: the defaults" in cell.source for cell in notebook.cells)


def test_a_lesson_is_served_without_what_a_reader_cannot_use(
    small: Path, voila: None, tmp_path: Path
) -> None:
    write_lesson(small)
    notebook = read(write_dashboard(plan_dashboard("3"), tmp_path))
    assert [cell.metadata.get("tags") for cell in notebook.cells] == [
        ["status-line"], [], ["parameters"], ["solution"],
    ]  # fmt: skip
    assert notebook.cells[1].source == (
        "# 3. Two ideas\n\nAfter lesson 2; see [this](#here), [the paper](https://example.org/a) "
        "and ![a picture](a.png)."
    )


def test_a_folder_is_meant_from_where_the_command_was_given(
    tmp_path: Path, voila: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_dashboard("colored-digits", {"cache": "runs", "n_train": "100"}, text=True)
    (tmp_path / "served").mkdir()
    notebook = read(write_dashboard(plan, tmp_path / "served"))
    (injected,) = (cell for cell in notebook.cells if "injected-parameters" in cell.metadata.tags)
    given: dict[str, Any] = {}
    exec(injected.source, given)
    assert given["cache"] == str(tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_folder_of_images_is_meant_from_there_too(
    tmp_path: Path, voila: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infonb.experiments.Contexts.prepare", lambda self: None)
    monkeypatch.chdir(tmp_path)
    plan = plan_dashboard("contexts", {"dataset": "nico", "folder": "images/nico"}, text=True)
    (tmp_path / "served").mkdir()
    notebook = read(write_dashboard(plan, tmp_path / "served"))
    (injected,) = (cell for cell in notebook.cells if "injected-parameters" in cell.metadata.tags)
    given: dict[str, Any] = {}
    exec(injected.source, given)
    assert given["folder"] == str(tmp_path / "images" / "nico")
    assert "cache" not in given  # empty as before: the user's own


def test_a_lesson_does_not_speak_of_code_that_is_not_shown(tmp_path: Path) -> None:
    for path in lessons().values():
        notebook = read(write_dashboard(NotebookPlan(path.stem, path.stem, path, ()), tmp_path))
        words = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert "three dots" not in " ".join(words.split())
        assert "in place of the dots" not in " ".join(words.split())
        assert "answer on paper, or in the notebook of this lesson (`infonb lab`)" in words
        assert "$" not in words, "formulas are drawn"
        assert len(words) > 1000


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], "--Voila.port_retries=99"),
        (["--port_retries=0"], None),
        (["--Voila.port_retries", "0"], None),
        (["--port=1"], "--Voila.port_retries=99"),
    ],
)
def test_an_option_that_is_given_takes_the_place_of_infonbs(
    tmp_path: Path, given: list[str], kept: str | None
) -> None:
    command = dashboard_command(tmp_path, tmp_path / "a.ipynb", given)
    named = [option for option in command if "port_retries" in option and option not in given]
    assert named == ([kept] if kept else [])
    assert [option for option in command if option in given] == given


# the bars and errors of a dashboard


def test_bars_write_to_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import tqdm.auto

    from infonb.progress import progress_bar
    from infonb.reports.serve.status_line import status_line

    monkeypatch.setattr(tqdm.auto, "tqdm", tqdm.auto.tqdm)  # put back afterwards
    line = status_line()
    seen: list[str] = []
    line.observe(lambda change: seen.append(re.sub("<.*?>", "", change["new"])), names="value")
    for _ in progress_bar(range(2), desc="networks"):
        for _ in progress_bar(range(3), desc="a < b", show="transient"):
            time.sleep(0.31)  # as long as a bar waits before it moves
    assert "networks 0 of 2 · a &lt; b 1 of 3" in seen
    assert "networks 1 of 2 · a &lt; b 2 of 3" in seen
    assert seen[-1] == ""
    unknown = progress_bar(desc="batches")
    assert seen[-1] == "batches 0"
    unknown.close()
    assert seen[-1] == ""
    assert capsys.readouterr() == ("", "")


# the server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, list[Any]]]:
    """Serve a small notebook; return the page, its address, and each cell's outputs."""
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        from fakes import install

        install(patch, folder / "source")
        write_notebook(
            folder / "source",
            "print(alpha, interactive)\nimport os, sys",
            new_code_cell("# @title Solution 1\nprint(sys.executable)",
                          metadata={"tags": ["solution"]}),
            "import ipywidgets\nipywidgets.IntSlider(3, description='bins')",
            "print(os.getcwd())",
            "1 / 0",
            "print('never')",
        )  # fmt: skip
        plan = plan_dashboard(NAME, {"alpha": "0.5"}, text=True)
    own = folder / "own"
    own.mkdir()
    environment = dashboard_environment(own)
    (own / "notebook").mkdir()
    notebook = write_dashboard(plan, own / "notebook")
    command = dashboard_command(own, notebook, ["--port=0", "--no-browser"])
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    server = subprocess.Popen(command, env=environment, text=True, **pipes)
    try:
        assert server.stdout is not None
        page, outputs = asyncio.run(visit(server.stdout.readline().partition(" ")[0]))
    finally:
        server.send_signal(signal.SIGINT)
        _, log = server.communicate(timeout=30)
    assert server.returncode == 0
    assert list(own.glob("voila_*")) == []  # connection files
    return page, log, outputs


async def visit(address: str) -> tuple[str, list[Any]]:
    """Open the page as a browser does, and let its cells run."""
    from tornado.httpclient import AsyncHTTPClient
    from tornado.websocket import websocket_connect

    answer = await AsyncHTTPClient().fetch(address, request_timeout=30)
    page = answer.body.decode()
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    kernel = json.loads(found[1])["kernelId"]
    socket = await websocket_connect(of_kernel(address, kernel))
    outputs: list[Any] = []
    try:
        while True:
            message = json.loads(await asyncio.wait_for(socket.read_message(), 30))
            if message["action"] == "initialized":
                order = {"action": "execute", "payload": {"kernel_id": kernel}}
                await socket.write_message(json.dumps(order))
                continue
            assert message["action"] == "execution_result"
            outputs.append(message["payload"]["output_cell"].get("outputs", []))
            if message["payload"]["cell_index"] + 1 == message["payload"]["total_cell"]:
                return page, outputs
    finally:
        socket.close()


def of_kernel(address: str, kernel: str) -> str:
    """Return where the cells of a page are run."""
    where, _, token = address.partition("?")
    return f"{where.replace('http', 'ws')}voila/execution/{kernel}?{token}"


@pytest.mark.slow
@needs_voila
def test_voila_serves_the_notebook_executed(served: tuple[str, str, list[Any]]) -> None:
    _, log, outputs = served
    texts = ["".join(output.get("text", "") for output in cell) for cell in outputs]
    line, _, _, _, _, alpha, executable, slider, folder, failed, after = range(len(outputs))
    assert texts[alpha] == "[0.5] True\n"
    assert texts[executable].strip() == sys.executable
    for cell in (line, slider):
        assert "application/vnd.jupyter.widget-view+json" in outputs[cell][0]["data"]
    # never the user's folder, nor that of the installed files
    assert Path(texts[folder].strip()).name == "notebook"
    assert outputs[failed][0]["output_type"] == "error"
    assert outputs[after] == []  # no cascade of errors
    assert "ZeroDivisionError" in log  # said where the dashboard was started, not on the page
    assert "ZeroDivisionError" not in json.dumps(outputs)


@pytest.mark.slow
@needs_voila
def test_the_page_has_a_title_and_no_code_but_solutions(
    served: tuple[str, str, list[Any]],
) -> None:
    page, _, _ = served
    assert "<title>A small experiment</title>" in page
    assert "sys.executable" in re.sub("<[^>]*>", "", page)
    folded = re.search('<details class="solution">.*?</details>', page, re.DOTALL)
    assert folded is not None
    assert "<summary>Solution 1</summary>" in folded[0]
    assert "@title" not in folded[0]
    rest = re.sub("<[^>]*>", "", page.replace(folded[0], ""))
    for hidden in ("getcwd", "interactive: bool", "status_line()", "sys.executable"):
        assert hidden not in rest


@pytest.mark.slow
@needs_voila
def test_the_page_loads_nothing_from_elsewhere(served: tuple[str, str, list[Any]]) -> None:
    page, _, _ = served
    assert (
        re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", page) == []
    )


@pytest.mark.slow
@needs_voila
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_log_is_title_and_address_alone_even_if_a_tab_is_closed(
    small: Path, tmp_path: Path
) -> None:
    later = ["time.sleep(0.2)\nprint('never seen')"] * 4
    write_notebook(small, "import time", "time.sleep(1)", *later)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from infonb.reports.serve.dashboard import start_dashboard\n"
        "from infonb.reports.plan import NotebookPlan\n"
        f"plan = NotebookPlan('a', 'A title', Path({str(small / f'{NAME}.ipynb')!r}), ())\n"
        "print(plan.title, flush=True)\n"
        "sys.exit(start_dashboard(plan, 0, ['--no-browser']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, cwd=tmp_path,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "A title\n"
        address, _, words = process.stdout.readline().partition(" ")
        assert words == "(Ctrl-C ends it)\n"
        assert asyncio.run(leave(address))
        time.sleep(4)  # until what was computed has nowhere to go
    finally:
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")


async def leave(address: str) -> bool:
    """Open the page, let its cells run, and close it while they do; whether that was so."""
    from tornado.httpclient import AsyncHTTPClient
    from tornado.websocket import websocket_connect

    answer = await AsyncHTTPClient().fetch(address, request_timeout=30)
    found = re.search(r'"kernelId": "([^"]+)"', answer.body.decode())
    assert found is not None
    socket = await websocket_connect(of_kernel(address, found[1]))
    while True:
        message = json.loads(await asyncio.wait_for(socket.read_message(), 30))
        if message["action"] == "initialized":
            order = {"action": "execute", "payload": {"kernel_id": found[1]}}
            await socket.write_message(json.dumps(order))
        elif message["payload"]["cell_index"] >= 2:
            left: bool = message["payload"]["cell_index"] < message["payload"]["total_cell"] - 1
            socket.close()
            assert socket.stream is not None
            socket.stream.close()  # as a browser does, without waiting for the server
            return left
