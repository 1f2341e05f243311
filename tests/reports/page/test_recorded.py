"""The page of the recorded runs: beside every report, by a command, without a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell
from pages import Page, rendered, soup

from infonb.reports import notebooks
from infonb.reports.page.recorded import PAGE, has_results, render_results
from infonb.reports.results_page import write_results_page

TEXT = "# Recorded runs\n\nNumbers.\n\n## MNIST\n\n[a file](pictures/x.png) and [a site](https://x.example)\n"


@pytest.fixture
def recorded(small: Path) -> Path:
    """Let the small experiment's installation have recorded runs."""
    path = notebooks.notebook_folder() / "RESULTS.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_it_is_a_page_like_the_others(recorded: Path) -> None:
    text = render_results()
    page = soup(text)
    assert [load for load in Page(text).loads if not load.startswith("data:")] == []
    assert page.title.get_text() == page.select_one("header h1").get_text() == "Recorded runs"
    assert [link.get_text() for link in page.select("nav a")] == ["MNIST"]
    assert [link["href"] for link in page.select("main p a")] == ["https://x.example"]
    assert not page.select("#show-code, .parameters")


def test_the_real_one_has_a_section_for_each_run() -> None:
    source = notebooks.notebook_folder() / "RESULTS.md"
    headings = [
        line for line in source.read_text(encoding="utf-8").splitlines() if line[:3] == "## "
    ]
    assert len(soup(render_results()).select("main h2")) == len(headings) > 3


def test_links_within_lead_to_its_sections(small: Path) -> None:
    text = (
        "# Runs\n\n[there][a] and [nowhere](#b)\n\n## It's 64 × 64, déjà vu\n\n"
        "[a]: #its-64--64-déjà-vu\n"
    )
    (notebooks.notebook_folder() / "RESULTS.md").write_text(text, encoding="utf-8")
    page = soup(render_results())
    (heading,) = page.select("main h2")
    assert [link["href"] for link in page.select("main p a")] == [f"#{heading['id']}", "#b"]


def test_every_link_within_the_real_one_has_a_target() -> None:
    page = soup(render_results())
    places = {one["id"] for one in page.select("[id]")}
    within = [link["href"][1:] for link in page.select('main td a[href^="#"]')]
    assert len(within) > 50
    assert set(within) <= places


def test_pages_lead_to_it_where_there_is_one(small: Path) -> None:
    words = new_markdown_cell("See `notebooks/RESULTS.md`, not `RESULTS`.")
    assert PAGE not in rendered(words)
    (notebooks.notebook_folder() / "RESULTS.md").write_text(TEXT, encoding="utf-8")
    links = soup(rendered(words)).select(f'a[href="{PAGE}"]')
    assert [link.get_text() for link in links] == [
        "notebooks/RESULTS.md", "recorded runs on real data",
    ]  # fmt: skip


def test_only_infonbs_own_experiments_have_it(recorded: Path) -> None:
    assert has_results("colored_digits")
    assert not has_results("pebbles")


def test_it_is_written_where_it_replaces_nothing_else(recorded: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    path = write_results_page(folder)
    assert write_results_page(folder) == path == folder / PAGE
    mine = path.read_bytes() + b"my note"
    path.write_bytes(mine)
    with pytest.raises(FileExistsError, match="not as infonb wrote it"):
        write_results_page(folder)
    assert path.read_bytes() == mine
