"""The table of many models in a browser without scripts: sorted by mouse, by keyboard, on paper."""

from __future__ import annotations

import pandas as pd
import pytest

from infonb.widgets.sortable import SortableTable

pytestmark = pytest.mark.slow

CHANGES = [0.25, -1.5, 3.0, -0.125]
NAMES = ["twin", "shortcut", "memorized", "Other"]


@pytest.fixture
def page(open_page, tmp_path):
    """Open a page with a table of four models; scripts are off."""
    shown = pd.DataFrame({"model": NAMES, "change": [f"{one:+.3f}" for one in CHANGES]})
    table = SortableTable(shown, pd.DataFrame({"change": CHANGES}))._repr_html_()
    file = tmp_path / "table.html"
    file.write_text(f"<!DOCTYPE html><html lang='en'><title>t</title>{table}</html>")
    watch = open_page(file.as_uri(), java_script_enabled=False)
    watch.page.goto(file.as_uri())
    yield watch.page
    watch.close()


def seen(page):
    """Return the names of the rows from top to bottom, as they stand; each row on one line."""
    rows = []
    for row in page.locator("tbody tr").all():
        cells = [cell.bounding_box() for cell in row.locator("th, td").all()]
        assert max(box["y"] for box in cells) - min(box["y"] for box in cells) < 1
        rows.append((cells[0]["y"], row.locator("th").text_content()))
    heads = [head.bounding_box()["y"] for head in page.locator("thead th").all()]
    assert max(heads) < min(y for y, _ in rows)
    return [name for _, name in sorted(rows)]


def test_a_heading_sorts_and_a_box_turns_the_order(page):
    assert seen(page) == NAMES
    page.get_by_label("sort by change").click()
    assert seen(page) == ["shortcut", "Other", "twin", "memorized"]
    page.get_by_label("the other way round").click()
    assert seen(page) == ["memorized", "twin", "Other", "shortcut"]
    page.get_by_label("sort by model").click()
    page.get_by_label("the other way round").click()
    assert seen(page) == ["memorized", "Other", "shortcut", "twin"]
    page.get_by_label("as given").click()
    assert seen(page) == NAMES


def test_it_is_sorted_by_keyboard(page):
    page.get_by_label("as given").focus()
    page.keyboard.press("ArrowRight")
    assert seen(page) == ["memorized", "Other", "shortcut", "twin"]
    page.keyboard.press("ArrowRight")
    assert seen(page) == ["shortcut", "Other", "twin", "memorized"]


def test_paper_keeps_the_order(page):
    page.get_by_label("sort by change").click()
    page.emulate_media(media="print")
    assert seen(page) == ["shortcut", "Other", "twin", "memorized"]
    assert not page.get_by_label("sort by change").is_visible()


def test_it_is_still_a_table_for_who_listens(page):
    assert page.get_by_role("table").count() == 1
    assert page.get_by_role("row").count() == 5
    assert page.get_by_role("columnheader").count() == 2
    assert page.get_by_role("rowheader").all_text_contents() == NAMES
