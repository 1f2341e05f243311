"""Tables of a page: read by eye, ear and keyboard, on any screen and in print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell
from pages import rendered, shown, soup

CLAIMS = """
<table class="dataframe infonb-claims">
<thead><tr><th>the paper says</th><th>where</th><th>holds?</th></tr></thead>
<tbody><tr><td>entropy falls</td><td>fc1</td><td>✓ holds</td></tr></tbody></table>
<p><strong>The one claim holds.</strong> In nats.</p>
"""


def test_words_in_tables_are_flush_left(small: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"claim": ["falls", "rises"], "value": [1.5, -2e-3]})
    text = rendered(shown({"text/html": frame._repr_html_(), "text/plain": "frame"}))
    assert '<th class="words">claim</th>' in text
    assert '<td class="words">falls</td>' in text
    assert "<th>value</th>" in text


def test_the_verdict_is_told_first_and_leads_to_the_table(small: Path) -> None:
    page = soup(rendered(new_markdown_cell("## The claim"), shown({"text/html": CLAIMS})))
    verdict = page.select_one("header .verdict")
    assert verdict.get_text() == "Result: The one claim holds."
    target = page.find(id=verdict.a["href"].removeprefix("#"))
    assert target.table["class"] == ["dataframe", "infonb-claims"]


def test_of_several_tables_the_others_are_named_by_their_headings(small: Path) -> None:
    first, second = (shown({"text/html": CLAIMS}) for _ in range(2))
    parts = [new_markdown_cell("## The answer"), first, new_markdown_cell("### Two digits"), second]
    told = soup(rendered(*parts)).select("header .verdict")
    assert [one.get_text() for one in told] == [
        "Result: The one claim holds.", "Two digits: The one claim holds.",
    ]  # fmt: skip


@pytest.mark.parametrize("title", ["## The answer", "## The checks"])
def test_checks_that_are_no_claims_are_counted_where_there_is_no_answer(
    small: Path, title: str
) -> None:
    checks = {"text/html": CLAIMS.replace("infonb-claims", "infonb-claims infonb-checks")}
    page = soup(rendered(new_markdown_cell(title), shown(checks)))
    assert (page.select_one("header .verdict") is None) == (title == "## The answer")
    claims = soup(rendered(new_markdown_cell(title), shown({"text/html": CLAIMS})))
    assert claims.select_one("header .verdict") is not None


def test_claims_can_be_cards_and_remain_a_table(small: Path) -> None:
    table = soup(rendered(shown({"text/html": CLAIMS}))).select_one("table.infonb-claims")
    assert [cell["data-name"] for cell in table.select("td")] == [
        "the paper says", "where", "holds?",
    ]  # fmt: skip
    roles = [element["role"] for element in [table, *table.find_all(True)]]
    assert roles == [
        "table", "rowgroup", "row", *["columnheader"] * 3, "rowgroup", "row", *["cell"] * 3,
    ]  # fmt: skip


def test_only_long_tables_are_parted_in_print(small: Path) -> None:
    row = CLAIMS[CLAIMS.index("<tr><td>") : CLAIMS.index("</tbody>")]
    tables = [
        text.replace(row, row * rows)
        for rows in (13, 14, 19, 20)
        for text in (CLAIMS, CLAIMS.replace(" infonb-claims", ""))
    ]
    boxes = soup(rendered(shown({"text/html": "".join(tables)}))).select(".jp-CodeCell .scroll")
    whole = [("infonb-claims" in box.table["class"], "whole" in box["class"]) for box in boxes]
    assert whole == [
        (True, True), (False, True), (True, False), (False, True),
        (True, False), (False, True), (True, False), (False, False),
    ]  # fmt: skip


def test_tables_that_scroll_are_reached_by_keyboard_and_named(small: Path) -> None:
    table = "<table><tr><th></th><th>a</th></tr><tr><th>b</th><td>1</td></tr></table>"
    page = soup(rendered(new_markdown_cell("## Data"), shown({"text/html": table * 2})))
    boxes = page.select(".jp-CodeCell .scroll")
    names = [box["aria-label"] for box in boxes]
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"Table \d: Data", name) for name in names)
    assert {(box["tabindex"], box["role"]) for box in boxes} == {("0", "group")}
    assert [cell.name for cell in boxes[0].select("tr > *")] == ["td", "th", "th", "td"]
