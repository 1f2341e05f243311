"""The notebooks and lessons run with their defaults, offline, and are committed clean."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
import xarray as xr

from infonb import experiments
from infonb.reports import notebook_path, run_report

TUTORIALS = sorted((Path(__file__).parents[2] / "tutorials").glob("*.ipynb"))


def committed(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("name", experiments.names())
def test_runs_with_defaults_to_a_page(name, tmp_path, monkeypatch):
    # offline: no folder of data, and whatever asks for an address meets a closed door
    monkeypatch.delenv("INFONB_DATA", raising=False)
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    report = run_report(name, output=tmp_path, progress=False)
    outputs = [o for c in committed(report.notebook).cells for o in c.get("outputs", [])]
    assert not [o for o in outputs if o.get("name") == "stderr"], "warnings on the page"
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 6
    assert all(o["metadata"]["image/png"]["alt"] for o in pictures)
    assert "holds?" in report.page.read_text(encoding="utf-8")

    results = xr.open_zarr(report.results, consolidated=False)
    table = experiments.get(name).claims(results.load())
    text = json.dumps([o.get("data", {}) for o in outputs], ensure_ascii=False)
    assert table.summary in text, "the table on the page is that of the saved results"


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_lesson_runs(path, tmp_path):
    import papermill

    executed = tmp_path / path.name
    papermill.execute_notebook(path, executed, kernel_name="python3", progress_bar=False)
    outputs = [o for c in committed(executed).cells for o in c.get("outputs", [])]
    assert [o for o in outputs if "image/png" in o.get("data", {})]
    assert not [o for o in outputs if o.get("name") == "stderr"]


NOTEBOOKS = [*map(notebook_path, experiments.names()), *TUTORIALS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_without_outputs(path):
    notebook = committed(path)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert "papermill" not in cell.metadata
    assert "papermill" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"


def test_there_are_lessons():
    assert TUTORIALS
