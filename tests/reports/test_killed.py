"""A report that is killed, starved or interrupted at each operation is whole when made again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from faults import FaultServer, at_every_operation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix"),
]

IMPORTS = """
import sys
sys.path.insert(0, {tests!r})
import IPython, infonb.storage, infonb.reports.execution, infonb.reports.page.page
import nbconvert, nbformat
nbformat.v4.new_markdown_cell("compiles the schema")
"""

# the writing of a report, around a notebook that is not executed: it saves results at once
WORK = """
import sys
from nbformat.v4 import new_markdown_cell, new_notebook
from infonb.reports import execution, run
from infonb.reports.page import page
from infonb.reports.plan import ReportPlan

def execute(plan, results, seen, **options):
    seen.append(new_notebook(cells=[new_markdown_cell("of this run")]))
    seen[0].metadata.papermill = {}
    results.mkdir()
    (results / "zarr.json").write_text("of this run")
    results.with_name("more.txt").write_text("of this run")

execution.execute = execute
page.render_page = lambda *args, **options: "<p>of this run</p>"
run._Beside._made = lambda self: None  # of an experiment of others there are no recorded runs
plan = ReportPlan("pebbles", "Pebbles", folder / "source" / "pebbles.ipynb", (), folder / "out")
try:
    run.execute_plan(plan)
except OSError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    imports = IMPORTS.format(tests=str(Path(__file__).parents[1]))
    with FaultServer(WORK, tmp_path_factory.mktemp("killed") / "work", imports) as server:
        yield server


def read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def is_whole(out: Path) -> bool:
    """Whether the folder has the report of this run, all of it, and nothing hidden."""
    names = {path.name for path in out.iterdir() if ".kept" not in path.name}
    notebook = json.loads(read(out / "pebbles.ipynb"))
    return (
        names == {"pebbles.ipynb", "pebbles.html", "results.zarr", "more.txt"}
        and notebook["cells"][0]["source"] == ["of this run"]
        and read(out / "pebbles.html").startswith("<p>of this run</p>")
        and [read(path) for path in (out / "results.zarr").iterdir()] == ["of this run"]
    )


def earlier_report(server: FaultServer) -> None:
    """Leave an earlier report, whose results somebody has added to."""
    assert server.run().code == 0
    (server.folder / "out" / "results.zarr" / "mine.txt").write_text("mine")


@pytest.mark.parametrize("fault", ["kill", "full", "interrupt", "term"])
@pytest.mark.parametrize("earlier", [False, True])
def test_at_every_operation(server, fault, earlier):
    codes = {"kill": {-9}, "full": {0, 1}, "interrupt": {0, 1}, "term": {0, 143}}[fault]
    prepare = (lambda folder: earlier_report(server)) if earlier else None
    number = 0
    most = None if fault == "kill" else 8
    for outcome in at_every_operation(server, prepare, fault=fault, most=most):
        out = server.folder / "out"
        assert outcome.code in codes, outcome
        if fault in ("interrupt", "term") and out.exists():
            hidden = [path.name for path in out.iterdir() if path.name.startswith(".")]
            assert hidden == [], outcome
        again = server.run()
        assert again.code == 0, (outcome, again.errors)
        assert is_whole(out), (outcome, sorted(path.name for path in out.rglob("*")))
        kept = [read(path) for path in out.glob("*.kept*/mine.txt")]
        assert kept == (["mine"] if earlier else []), outcome
        number += 1
    assert number >= 8
