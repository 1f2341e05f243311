"""Figures of a page: captions, numbers, and pictures side by side."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from pages import png, printed, rendered, shown, soup

from infonb import reports


def figure(*tags: str, source: str = "show()", pictures: int = 1) -> NotebookNode:
    """Return a cell that shows pictures."""
    outputs = [new_output("display_data", {"image/png": png()}) for _ in range(pictures)]
    return new_code_cell(source, outputs=outputs, metadata={"tags": list(tags)})


def caption(text: str) -> NotebookNode:
    return new_markdown_cell(text, metadata={"tags": ["caption"]})


def captions(*cells: NotebookNode) -> list[str]:
    page = soup(rendered(*cells))
    return [each.get_text(" ", strip=True) for each in page.select("figure > figcaption.caption")]


def test_captions_are_numbered_in_the_order_of_the_page(small: Path) -> None:
    cells = [
        new_markdown_cell("# T\n\n## Data"), figure(), caption("The *data*."), figure(),
        new_markdown_cell("## The answer"), figure(), caption("What falls."),
    ]  # fmt: skip
    page = soup(rendered(*cells))
    assert captions(*cells) == ["Figure 1. What falls.", "Figure 2. The data ."]
    assert page.select_one("#figure-2 em").get_text() == "data"
    assert page.select_one("details.section #figure-2 img") is not None
    assert len(page.select("figure")) == 3


def test_a_caption_is_that_of_the_cell_right_before_it(small: Path) -> None:
    assert captions(figure(), new_markdown_cell("words"), caption("Of words.")) == []
    table = shown({"text/html": "<table><tr><td>1</td></tr></table>"})
    page = soup(rendered(table, caption("Of a table.")))
    assert "Of a table." in page.main.get_text()


def test_a_caption_may_begin_with_something_else_than_words(small: Path) -> None:
    panel = figure(source="inb.explore(acts, interactive=interactive)")
    (told,) = captions(panel, caption("- above: H\n- below: I"))
    assert told.startswith("Figure 1. above: H below: I A picture here")


def test_a_caption_goes_with_its_figure(small: Path) -> None:
    """What these parameters do not show is not spoken of."""
    page = soup(rendered(printed("one network only"), caption("Of several.")))
    assert "Of several." not in page.get_text()


def test_a_section_may_begin_in_the_cell_of_a_caption(small: Path) -> None:
    cells = [new_markdown_cell("## The answer"), figure(), caption("Falls.\n\n## More\n\nText.")]
    assert captions(*cells) == ["Figure 1. Falls."]
    box = soup(rendered(*cells)).select_one("details.section")
    assert box.get_text(" ", strip=True) == "More Text."


def test_a_panel_has_its_caption_before_what_it_says_by_itself(small: Path) -> None:
    panel = figure(source="inb.explore(acts, interactive=interactive)")
    (told,) = captions(panel, caption("All pairs."))
    assert told.startswith("Figure 1. All pairs. A picture here; live with")


def test_several_pictures_of_a_cell_have_one_caption(small: Path) -> None:
    cells = [figure(pictures=3), caption("All three.")]
    assert captions(*cells) == ["Figure 1. All three."]
    assert len(soup(rendered(*cells)).select("#figure-1 img")) == 3


def test_pictures_of_neighbouring_cells_stand_side_by_side(small: Path) -> None:
    one, two = figure("side-by-side"), figure("side-by-side")
    cells = [one, caption("Left."), two, caption("Right."), figure()]
    page = soup(rendered(*cells))
    (row,) = page.select(".side-by-side")
    assert [each.name for each in row.find_all(recursive=False)] == ["figure", "figure"]
    assert captions(*cells) == ["Figure 1. Left.", "Figure 2. Right."]
    # both codes stand before both pictures
    assert [len(code.find_all_next("img")) for code in page.select(".code")] == [3, 3, 1]


def test_pictures_side_by_side_may_share_a_caption(small: Path) -> None:
    for cells in (
        [figure("side-by-side", pictures=2), caption("Both.")],
        [figure("side-by-side"), figure("side-by-side"), caption("Both.")],
    ):
        page = soup(rendered(*cells))
        assert captions(*cells) == ["Figure 1. Both."]
        assert len(page.select("#figure-1 .side-by-side > figure img")) == 2
        assert page.select(".side-by-side figcaption") == []


def test_cells_apart_are_not_side_by_side(small: Path) -> None:
    apart = [figure("side-by-side"), new_markdown_cell("words"), figure("side-by-side")]
    assert soup(rendered(*apart)).select(".side-by-side") == []


def test_pictures_are_boxes_that_can_be_reached_and_are_named(small: Path) -> None:
    boxes = soup(rendered(figure(pictures=2))).select("figure > .picture")
    assert [(box["tabindex"], box["aria-label"]) for box in boxes] == [
        ("0", "Picture 1"), ("0", "Picture 2"),
    ]  # fmt: skip
    assert boxes[0]["style"] == "--own: 200px"  # by which it is readable on a small screen


def test_figures_have_no_smaller_words_than_the_page_counts_on() -> None:
    """At 0.9 of its size, which is what a phone shows at least, 9 pixels are 7.2 points."""
    (css,) = (Path(reports.__file__).parent / "templates" / "report").glob("page.css")
    scale = float(re.search(r"--read: calc\(var\(--shown\) \* ([\d.]+)\)", css.read_text())[1])
    plots = (Path(reports.__file__).parents[1] / "plots").rglob("*.py")
    size = re.compile(r"(?:fontsize|labelsize)[\"']?[=:] ?([\d.]+)")
    sizes = [float(found) for path in plots for found in size.findall(path.read_text())]
    assert len(sizes) > 30
    assert min(sizes) * 100 / 72 * scale >= 9
