"""The notebooks run with their defaults, offline, and are committed clean."""

from __future__ import annotations

import json
import os

import pytest
import xarray as xr
from notebook_files import check_clean, committed, outputs_of

from infonb import experiments
from infonb.reports import notebook_path, run_report


@pytest.mark.slow
@pytest.mark.parametrize("name", experiments.names())
def test_runs_with_defaults_to_a_page(name, tmp_path, tmp_path_factory, monkeypatch):
    # one cache for all workers, as a user has it: what two notebooks have in common is made once
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    monkeypatch.setenv("INFONB_CACHE", str(shared / "cache-of-pages"))
    # offline: no folder of data, and whatever asks for an address meets a closed door
    monkeypatch.delenv("INFONB_DATA", raising=False)
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    report = run_report(name, output=tmp_path, progress=False)
    outputs = outputs_of(committed(report.notebook))
    assert not [o for o in outputs if o.get("name") == "stderr"], "warnings on the page"
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 6
    assert all(o["metadata"]["image/png"]["alt"] for o in pictures)
    page = report.page.read_text(encoding="utf-8")
    if not experiments.get(name).rows:  # claims of its own, verdicts on models, or checks
        assert 'class="verdict"' in page or "infonb-checks" in page
        assert 'class="answer"' in page
        return
    assert "holds?" in page

    results = xr.open_zarr(report.results, consolidated=False)
    table = experiments.get(name).of(results).claims(results.load())
    text = json.dumps([o.get("data", {}) for o in outputs], ensure_ascii=False)
    assert table.summary in text, "the table on the page is that of the saved results"


@pytest.mark.parametrize("name", experiments.names())
def test_is_committed_without_outputs(name):
    check_clean(notebook_path(name))


@pytest.mark.parametrize("name", experiments.names())
def test_tags_say_to_the_page_what_it_understands(name):
    """A tag that is misspelt, or on a cell of the other kind, would do nothing."""
    kinds = {"parameters": "code", "side-by-side": "code", "caption": "markdown",
             "live": "markdown", "open": "markdown"}  # fmt: skip
    cells = json.loads(notebook_path(name).read_text(encoding="utf-8"))["cells"]
    for before, cell in zip([None, *cells], cells, strict=False):
        for tag in cell["metadata"].get("tags", []):
            assert (cell["id"], tag, cell["cell_type"]) == (cell["id"], tag, kinds.get(tag))
            if tag == "caption":
                assert before["cell_type"] == "code", f"{cell['id']} follows no figure"
            if tag == "open":
                assert any(line.startswith("## ") for line in cell["source"]), cell["id"]


@pytest.mark.parametrize(
    "name",
    ["colored_digits", "biographies", "early_learning", "in_and_out", "encoder_memorization"],
)
def test_the_answer_has_its_figures_its_table_and_its_caveat(name):
    cells = json.loads(notebook_path(name).read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    first = next(at for at, one in enumerate(sources) if one.startswith("## The answer"))
    end = next(at for at in range(first + 1, len(cells)) if sources[at].startswith("## "))
    answer = sources[first:end]
    assert any(one.startswith("**Caveat.**") for one in answer)
    assert sum("plot_" in one for one in answer) >= 2
    assert any("claims(runs)" in one for one in answer)
