"""A page that answers first: the order of its sections, and what is folded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from pages import rendered, soup


def words(text: str, *tags: str) -> NotebookNode:
    return new_markdown_cell(text, metadata={"tags": list(tags)})


def cells(*, answer: str = "## The answer\n\nIt falls.") -> list[NotebookNode]:
    """Return a notebook that has its answer behind introduction and parameters."""
    return [
        words("# Title\n\nWhat it is about.\n\n## Parameters\n\nChange a value."),
        new_code_cell("epochs: int = 3", metadata={"tags": ["parameters"]}),
        words(answer),
        new_code_cell("show()"),
        words("By 1 nat.\n\n## Data\n\nDigits.\n\n### Part\n\nHalf."),
        words("## Limits\n\nFew.", "open"),
    ]


def arranged(**given: Any) -> Any:
    return soup(rendered(*cells(), **given))


def test_the_answer_stands_first_and_the_contents_follow_the_page(small: Path) -> None:
    page = arranged()
    main = page.select_one("main")
    assert [child.name for child in main.find_all(recursive=False)] == [
        "section", "nav", "section", "details", "details", "details",
    ]  # fmt: skip
    answer = main.select_one(":scope > section").get_text(" ", strip=True)
    assert answer.startswith("The answer")
    assert answer.endswith("By 1 nat. Code [ ] show ()")
    assert main.select("section")[1].get_text(" ", strip=True) == "What it is about."
    assert [link.get_text() for link in main.select("nav a")] == [
        "The answer", "Parameters", "Data", "Part", "Limits",
    ]  # fmt: skip
    assert page.select_one("header h1").get_text().startswith("Title")


def test_what_comes_after_the_answer_is_folded_behind_its_heading(small: Path) -> None:
    boxes = arranged().select("main > details")
    assert [(box.summary.h2.get_text(), box.has_attr("open")) for box in boxes] == [
        ("Parameters: none of 5 changed", False), ("Data", False), ("Limits", True),
    ]  # fmt: skip
    # nothing can be pressed within what is pressed
    assert not [link for box in boxes for link in box.summary.select("a, button")]
    assert boxes[1].select_one(".body").get_text(" ", strip=True) == "Digits. Part # Half."


def test_links_lead_into_what_they_open(small: Path) -> None:
    """A browser opens the box of what is within it, not of its summary."""
    page = arranged()
    for link in page.select("nav a"):
        target = page.find(id=link["href"].removeprefix("#"))
        assert target.find_parent("summary") is None
        if link.get_text() != "The answer":
            assert target.find_parent("details")["class"] == ["section"]
    ids = [element["id"] for element in page.select("[id]")]
    assert len(set(ids)) == len(ids)


def test_the_parameters_are_counted_in_one_line(small: Path) -> None:
    box = arranged(parameters={"epochs": 9, "dataset": "mnist"}).select_one("main > details")
    assert box.summary.get_text() == "Parameters: 2 of 5 changed (epochs, dataset)"
    assert len(box.select("summary")) - len(box.select(".fold")) == 1, "folded once"
    assert len(box.select("tr.changed")) == 2
    assert "Change a value." in box.get_text()


@pytest.mark.parametrize("heading", ["## An answer", "### The answer", "`## The answer`"])
def test_without_the_answer_a_page_stays_in_the_notebooks_order(small: Path, heading: str) -> None:
    page = soup(rendered(*cells(answer=heading)))
    text = page.main.get_text()
    assert not page.select("details.section, main nav")
    assert text.index("What it is about.") < text.index("Change a value.") < text.index("Data")
    assert page.select_one("details.parameters").has_attr("open")


def test_a_heading_in_code_begins_no_section(small: Path) -> None:
    fenced = words("## The answer\n\n```markdown\n## Data\n```\n\n> ## Quoted")
    page = soup(rendered(words("# Title"), fenced, words("## Limits")))
    assert [box.summary.get_text() for box in page.select("main > details.section")] == ["Limits"]
    assert "## Data" in page.select_one("main > .answer").get_text()


def test_what_only_a_notebook_can_do_is_left_out(small: Path) -> None:
    code = new_code_cell("run()", metadata={"tags": ["live"]})
    page = soup(rendered(words("Move the slider.", "live"), words("Seen from here."), code))
    assert "Move the slider." not in page.get_text()
    assert "Seen from here." in page.get_text()
    assert page.select_one(".code").get_text(strip=True) == "run()"


def test_the_table_of_a_dataset_is_folded_behind_its_dims(small: Path) -> None:
    import numpy as np
    import xarray as xr
    from pages import shown

    data = xr.Dataset({"activation": (("layer", "neuron"), np.zeros((2, 3000)))})
    for one, line in (
        (data, "Dataset (layer: 2, neuron: 3,000): all variables and attributes"),
        (data.activation, "DataArray (layer: 2, neuron: 3,000): values and attributes"),
        (xr.Dataset(attrs={"a": 1}), "Dataset: all variables and attributes"),
    ):
        box = soup(rendered(shown({"text/html": one._repr_html_()}))).select_one(".dataset")
        assert (box.name, box.has_attr("open")) == ("details", False)
        assert box.summary.get_text() == line
        assert box.select_one(".xr-wrap") is not None
