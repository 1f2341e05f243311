"""What a report replaces, and what of others it keeps."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from infonb.reports import execution, run_report
from infonb.reports.page import page as page_module
from infonb.reports.page import recorded
from infonb.reports.plan import ReportPlan
from infonb.reports.run import execute_plan
from infonb.reports.seals import seal_notebook, seal_page, unchanged

NAME = "pebbles"


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that writes a report around a notebook that is not executed."""
    said = "first"

    def execute(plan: ReportPlan, results: Path, seen: list[object], **options: object) -> None:
        seen.append(new_notebook(cells=[new_markdown_cell(said)], metadata={"papermill": {}}))
        (results / "entropy").mkdir(parents=True)
        (results / "entropy" / "zarr.json").write_text(said)
        results.with_name("more.txt").write_text(said)
        (results.parent / ".results.zarr.partial-1").mkdir()

    def write(words: str = "first") -> Path:
        nonlocal said
        said = words
        plan = ReportPlan(NAME, "Pebbles", tmp_path / f"{NAME}.ipynb", (), tmp_path / "out")
        execute_plan(plan)
        return plan.folder

    monkeypatch.setattr(execution, "execute", execute)
    monkeypatch.setattr(page_module, "render_page", lambda *args, **options: f"<p>{said}</p>")
    return write


def contents(folder: Path) -> dict[str, str]:
    """The text of each file, by its path; of the notebook, that of its cells."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = path.read_text()
            if path.suffix == ".ipynb":
                text = " ".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
            found[str(path.relative_to(folder))] = text.partition("\n")[0]
    return found


def test_what_nobody_has_changed_is_replaced_and_nothing_is_hidden(report, capsys):
    for words in ("first", "second"):
        assert contents(report(words)) == {
            "more.txt": words,
            "pebbles.html": f"<p>{words}</p>",
            "pebbles.ipynb": words,
            "results.zarr/entropy/zarr.json": words,
        }
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ("pebbles.html", "pebbles.kept.html"),
        ("pebbles.ipynb", "pebbles.kept.ipynb"),
        ("more.txt", "more.kept.txt"),
        ("results.zarr/entropy/zarr.json", "results.kept.zarr/entropy/zarr.json"),
        ("results.zarr/entropy/notes.txt", "results.kept.zarr/entropy/notes.txt"),
        ("results.zarr/mine", "results.kept.zarr/mine"),
    ],
)
def test_what_somebody_has_changed_is_kept_beside(report, capsys, changed, kept):
    out = report("first")
    path = out / changed
    text = path.read_text() if path.exists() else "first"
    path.write_text(text.replace("first", "my first"))
    mine = contents(out)[changed]
    found = contents(report("second"))
    assert found[kept] == mine
    assert found["pebbles.ipynb"] == found["results.zarr/entropy/zarr.json"] == "second"
    told = capsys.readouterr().err.splitlines()
    assert told == [f"kept beside, for it is not as a report left it: {out / Path(kept).parts[0]}"]
    path = out / changed
    path.write_text("mine again")
    if changed != "pebbles.ipynb":  # a second one takes no place of the first
        found = contents(report("third"))
        assert found[kept] == mine
        assert "mine again" in found.values()


def test_links_are_kept_and_not_followed(report, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "data.txt").write_text("mine")
    out = report("first")
    os.rename(out / "results.zarr", tmp_path / "moved.zarr")
    (out / "results.zarr").symlink_to(tmp_path / "moved.zarr")
    (out / "pebbles.html").unlink()
    (out / "pebbles.html").symlink_to(elsewhere / "data.txt")
    report("second")
    assert contents(elsewhere) == {"data.txt": "mine"}
    assert contents(tmp_path / "moved.zarr") == {"entropy/zarr.json": "first"}
    assert (out / "results.kept.zarr").is_symlink()


def test_what_appears_while_it_runs_is_kept(report, monkeypatch):
    before = page_module.render_page

    def render(notebook: object, plan: ReportPlan, **options: object) -> str:
        plan.page.write_text("mine")
        return before(notebook, plan, **options)

    monkeypatch.setattr(page_module, "render_page", render)
    found = contents(report("first"))
    assert (found["pebbles.kept.html"], found["pebbles.html"]) == ("mine", "<p>first</p>")


def test_what_is_computed_stays_if_there_is_no_room_for_its_page(report, monkeypatch, tmp_path):
    whole = Path.write_bytes

    def write(path: Path, content: bytes) -> int:
        if path.suffix == ".html":
            whole(path, content[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path, content)

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", write)
        with pytest.raises(OSError, match=r"pebbles.html could not be written: No space left"):
            report("first")
    assert set(contents(tmp_path / "out")) == {
        "more.txt", "pebbles.ipynb", "results.zarr/entropy/zarr.json"
    }  # fmt: skip
    assert contents(report("second"))["pebbles.html"] == "<p>second</p>"
    assert not list((tmp_path / "out").glob("*kept*"))


def test_what_ends_before_anything_is_run_removes_nothing(report, monkeypatch):
    before = contents(out := report("first"))
    with monkeypatch.context() as ending:
        ending.setitem(sys.modules, execution.__name__, None)  # its import ends here
        with pytest.raises(ImportError):
            report("second")
    assert contents(out) == before


def test_hidden_folders_of_others_stay(report):
    out = report("first")
    (out / ".infonb-report-mine").mkdir()
    (out / ".infonb-report-mine" / "notes.txt").write_text("mine")
    (out / ".infonb-report-left" / "own").mkdir(parents=True)  # as a kill leaves it
    found = contents(report("second"))
    assert found[".infonb-report-mine/notes.txt"] == "mine"
    assert not (out / ".infonb-report-left").exists()


@pytest.mark.parametrize("name", ["colored_digits.html", "colored_digits.ipynb", "results.zarr"])
def test_a_folder_with_something_else_is_refused(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(FileExistsError, match=f"{name} (was not made by|belongs to)"):
        run_report("colored_digits", output=tmp_path)
    assert contents(tmp_path) == {name: "mine"} if name.endswith("html") else True
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("kind", ["page", "notebook"])
def test_every_flipped_bit_is_a_change(tmp_path, kind):
    notebook, page = tmp_path / f"{NAME}.ipynb", tmp_path / f"{NAME}.html"
    content = {
        "page": seal_page("<p>a page α</p>", NAME),
        "notebook": seal_notebook(new_notebook(cells=[new_markdown_cell("α")]), NAME, {}),
    }[kind]
    path = {"page": page, "notebook": notebook}[kind]
    path.write_bytes(content)
    assert unchanged(NAME, notebook, page) == {path}
    assert unchanged("others", notebook, page) == set()
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        if unchanged(NAME, notebook, page):  # white space between the words of JSON
            assert json.loads(flipped) == json.loads(content)


def test_the_page_of_recorded_runs_is_put_beside_and_one_that_was_changed_is_kept(
    report, monkeypatch, capsys
):
    """Another report's is replaced in silence, also by that of another version."""
    monkeypatch.setattr(recorded, "has_results", lambda name: True)
    for runs in ("some", "more"):
        monkeypatch.setattr(recorded, "render_results", lambda runs=runs: runs)
        folder = report()
        assert contents(folder)["RESULTS.html"] == runs
        assert not list(folder.glob("*kept*"))
    assert capsys.readouterr().err == ""
    (folder / "RESULTS.html").write_text("mine")
    found = contents(report())
    assert (found["RESULTS.kept.html"], found["RESULTS.html"]) == ("mine", "more")
    assert "RESULTS.kept.html" in capsys.readouterr().err
