"""A table that is sorted by its reader: order of the rows, and what the HTML says of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from infonb.widgets.sortable import SortableTable

SHOWN = pd.DataFrame(
    {"model": ["b", "A", "c", "a"], "change": ["+10.0", "−2.0", "", "+9.5"], "kind": list("xyxy")}
)
BY = pd.DataFrame({"change": [10.0, -2.0, np.nan, 9.5]})


@pytest.fixture(scope="module")
def soup():
    return BeautifulSoup(SortableTable(SHOWN, BY, "4 models", "mine")._repr_html_(), "html.parser")


@pytest.mark.parametrize("column", list(SHOWN))
def test_places_are_those_of_a_plain_sort(column):
    keys = [
        (np.isnan(key), key) if isinstance(key, float) else key.casefold()
        for key in (BY[column] if column in BY else SHOWN[column]).tolist()
    ]
    ordered = sorted(range(4), key=lambda row: (keys[row], row))
    assert SortableTable(SHOWN, BY).places(column) == [ordered.index(row) for row in range(4)]


def test_each_heading_is_a_radio_of_one_group_and_rows_carry_their_places(soup):
    radios = soup.select("input[type=radio]")
    assert len({radio["name"] for radio in radios}) == 1
    assert [radio["value"] for radio in radios] == ["given", "0", "1", "2"]
    assert radios[0].has_attr("checked")
    assert [radio.get("aria-label") for radio in radios[1:]] == [
        "sort by model", "sort by change", "sort by kind",
    ]  # fmt: skip
    places = [row["style"] for row in soup.select("tbody tr")]
    assert places == [
        "--by0:2;--by1:2;--by2:0", "--by0:0;--by1:0;--by2:2", "--by0:3;--by1:3;--by2:1",
        "--by0:1;--by1:1;--by2:3",
    ]  # fmt: skip


def test_it_remains_a_table_for_who_listens(soup):
    table = soup.table
    assert (table["role"], table["class"]) == ("table", ["mine"])
    assert {cell["role"] for cell in table.select("tbody td")} == {"cell"}
    assert [cell.get_text() for cell in table.select("tbody th[scope=row]")] == list("bAca")
    assert [cell.get_text() for cell in table.select("td.number")] == SHOWN.change.tolist()
    assert table.find_next_sibling("p").get_text() == "4 models"
    assert not soup.select("script")


def test_names_are_texts_and_two_tables_do_not_share_a_group():
    first, second = (
        BeautifulSoup(SortableTable(pd.DataFrame({"m": [name, "z"]}))._repr_html_(), "html.parser")
        for name in ("<b>&", "other")
    )
    assert first.select_one("tbody th").get_text() == "<b>&"
    assert first.input["name"] != second.input["name"]


def test_a_single_row_has_nothing_to_sort():
    assert "Sort by" not in SortableTable(SHOWN.head(1))._repr_html_()


def test_as_text():
    assert repr(SortableTable(SHOWN[["model"]], summary="4 models")).splitlines()[-1] == "4 models"
