"""The page of a report: what a reader finds, on any screen, without a network."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pages import Page, png, printed, rendered, shown, soup

from infonb.experiments import cost
from infonb.reports.page.tidy import tidy

# code


def test_code_is_folded_until_it_is_asked_for(small: Path) -> None:
    cell = new_code_cell("answer = 42", execution_count=3)
    folded, unfolded = rendered(cell), rendered(cell, show_code=True)
    assert "open" not in Page(folded).one("show-code")
    assert "open" in Page(unfolded).one("show-code")
    for text in (folded, unfolded):
        page = soup(text)
        assert "answer" in page.select_one(".code").get_text()
        # what opens by Enter and Space without a script, and says what it is
        assert page.select_one("#show-code").name == "details"
        assert "Show all code" in page.select_one("#show-code > summary").get_text()
        assert page.select_one(".fold > summary").get_text() == "Code [3]"
        # the style sheet reads the states of both: they must stand where it looks for them
        assert page.select(".fold + .code")
        assert page.select("body:has(.toggle#show-code) main .code")
    css = soup(folded).style.string
    assert ".fold:not([open]) + .code { display: none; }" in css
    assert "body:has(.toggle[open]) main .code { display: block; }" in css


def test_cells_without_code_have_no_toggle(small: Path) -> None:
    assert not soup(rendered(new_code_cell(" \n"))).select(".fold, .code")


# pictures


def test_pictures_have_alternative_texts(small: Path) -> None:
    image = {"image/png": png()}
    cell = shown(image)
    cell.metadata["alt"] = "told by the cell"
    text = rendered(
        shown(image, alt="told by the output"),
        shown(image, **{"image/png": {"alt": "told by the picture"}}),
        cell,
        new_markdown_cell("# Title\n\n## Entropy of `fc1`\n"),
        shown(image),
        shown({"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"}, alt="drawn"),
        shown({"image/jpeg": png()}, alt="photographed"),
    )
    assert [tag["alt"] for tag in Page(text).all("img")] == [
        "told by the output", "told by the picture", "told by the cell", "Figure: Entropy of fc1",
        "drawn", "photographed",
    ]  # fmt: skip


def test_a_picture_that_nobody_describes_says_so(small: Path) -> None:
    cell = shown({"image/png": png()})
    cell.execution_count = 8
    (image,) = Page(rendered(cell)).all("img")
    assert image["alt"] == "Picture made by code cell 8, without a description"


def test_a_picture_of_a_panel_says_where_it_lives(small: Path) -> None:
    panel, figure = shown({"image/png": png()}), shown({"image/png": png()})
    panel.source = "inb.explore(activations, interactive=interactive)"
    captions = soup(rendered(panel, figure)).select("figure")
    assert captions[0].select_one(".picture + figcaption").get_text() == (
        "A picture here; live with infonb dashboard colored-digits or infonb lab."
    )
    assert captions[1].figcaption is None


def test_pictures_are_shown_in_their_own_size(small: Path) -> None:
    text = rendered(
        shown({"image/png": png(100)}),
        shown({"image/png": png(200)}),
        shown({"image/png": png(200)}, **{"image/png": {"width": 123}}),
    )
    # with the height, the page does not move while pictures are decoded
    sizes = [(tag.get("width"), tag.get("height")) for tag in Page(text).all("img")]
    assert sizes == [("200", "100"), ("200", "100"), ("123", "62")]


# what a page loads


def test_nothing_is_loaded_from_elsewhere(small: Path) -> None:
    foreign = (
        '<script src="https://cdn.example/x.js"></script><script>fetch("https://x.example")</script>'
        '<link rel="stylesheet" href="https://cdn.example/x.css"><base href="https://x.example/">'
        '<style>@import "https://x.example/y.css"; p {background: url(https://x.example/p.png)}'
        "</style><p style=\"background:url('//x.example/p.png')\">text</p>"
        '<iframe src="https://x.example"></iframe><img src="http://x.example/i.png" alt="far">'
        '<img srcset="a.png 2x" alt="near"><a href="https://x.example/read">read</a>'
        '<object data="https://x.example/o"></object><video poster="https://x.example/v"></video>'
    )
    text = rendered(
        shown({"text/html": foreign}),
        new_markdown_cell(f"![far](https://x.example/m.png)\n\n{foreign}\n\n$a \\neq b$"),
        shown({"application/javascript": "alert(1)", "text/plain": "js"}),
        shown({"text/latex": "$\\frac{1}{2}$", "text/plain": "half"}),
    )
    page = Page(text)
    assert [load for load in page.loads if not load.startswith("data:")] == []
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"} == set()
    assert "far (not embedded: http://x.example/i.png)" in text
    assert '<a href="https://x.example/read">' in text  # a link is no request
    assert "alert(1)" not in text
    (policy,) = [tag for tag in page.all("meta") if "http-equiv" in tag]
    assert str(policy["content"]).startswith("default-src 'none'; img-src data:;")


def test_controls_are_left_out_and_their_pictures_kept(small: Path) -> None:
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}
    text = rendered(
        shown({**widget, "text/plain": "IntSlider(value=3)"}),
        shown({**widget, "text/plain": "Panel()", "image/png": png()}, alt="a panel"),
    )
    assert "IntSlider" not in text
    assert [tag["alt"] for tag in Page(text).all("img")] == ["a panel"]


# order and contents


def test_contents_follow_the_headings(small: Path) -> None:
    text = rendered(
        new_markdown_cell("# The title of it all\n\n## Data $x$\n\n### Part\n\n## Data $x$"),
        new_markdown_cell("#### too deep"),
    )
    contents = text[text.index("<nav") : text.index("</nav>")]
    links = re.findall(r'<li class="level-(h\d)"><a href="#([^"]*)">', contents)
    assert [level for level, _ in links] == ["h2", "h3", "h2"]
    assert len({anchor for _, anchor in links}) == 3
    ids = [str(attrs["id"]) for _, attrs in Page(text).tags if "id" in attrs]
    assert {anchor for _, anchor in links} <= set(ids)
    assert "<title>The title of it all</title>" in text
    assert len(Page(text).all("h1")) == 1
    assert "¶" not in text
    anchors = [tag for tag in Page(text).all("a") if tag.get("class") == "anchor-link"]
    assert anchors[1]["aria-label"] == "Link to the section Part"


def test_a_page_without_headings_has_no_contents(small: Path) -> None:
    text = rendered(new_markdown_cell("words"))
    assert "<nav" not in text
    assert "<title>A small experiment</title>" in text


def test_the_parameters_stand_where_the_notebook_has_them(small: Path) -> None:
    cell = new_code_cell("epochs: int = 3", metadata={"tags": ["parameters"]})
    lead, data = new_markdown_cell("lead"), new_markdown_cell("## Data")
    text = rendered(lead, cell, data, parameters={"epochs": 9})
    assert text.index("lead") < text.index("Parameters of this run") < text.index('id="Data"')
    table = soup(text).select_one("main .parameters")
    assert table.summary.get_text() == "Parameters of this run: 1 of 5 changed"
    (changed,) = table.select("tr.changed")
    assert changed.get_text(" ", strip=True) == "epochs 9 (default: 3) passes over the data"
    (other,) = [row for row in table.select("tr") if "alpha" in row.get_text()]
    assert other.get_text(" ", strip=True) == "alpha 0.0, 1.0 share of coloured examples"


def test_a_page_without_a_cell_of_parameters_begins_with_them(small: Path) -> None:
    text = rendered(new_markdown_cell("lead"))
    assert text.index("Parameters of this run: none of 5 changed") < text.index("lead")


# what cells have printed


def test_printed_lines_are_joined_and_bars_kept_in_their_last_state(small: Path) -> None:
    lines = ["one\n", "\r 10%|#", "\r 50%|##", "\r100%|###\n", "two\r\n", "\r  5%", "\r 99%\r"]
    outputs = [new_output("stream", name="stdout", text=line) for line in lines]
    outputs.insert(5, new_output("stream", name="stderr", text="a warning"))
    notebook = new_notebook(cells=[new_code_cell("", outputs=outputs)])
    tidy(notebook)
    assert [(item.name, item.text) for item in notebook.cells[0].outputs] == [
        ("stdout", "one\n100%|###\ntwo\r\n"),
        ("stderr", "a warning"),
        ("stdout", " 99%"),
    ]


def test_bars_of_progress_are_shown_with_the_code(small: Path) -> None:
    bar = "networks: 100%|####| 15/15 [00:12<00:00,  1.25network/s]"
    other = "half:  50%|##  | 1/2 [00:01<?, ?it/s]"
    page = soup(rendered(printed(f"{bar}\n75%|25% of neurons\n"), printed(other, "stderr")))
    texts = [(" ".join(pre["class"]), pre.get_text()) for pre in page.select("pre.printed")]
    assert texts == [
        ("printed progress", bar),
        ("printed", "75%|25% of neurons"),
        ("printed progress", other),
    ]
    assert not page.select(".messages")


def test_what_trainings_cost_is_shown_with_the_code(small: Path) -> None:
    """The answer comes first: both lines of `infonb.experiments.cost`, and no other."""
    first = "cost: 80 trainings, each on 340 of 720 samples."
    later = cost.Cost().words(time.perf_counter() - 60, 32, 48)
    page = soup(rendered(printed(f"{first}\n{later}\ncost: 7 euros\n")))
    texts = [(" ".join(pre["class"]), pre.get_text()) for pre in page.select("pre.printed")]
    assert later.startswith("cost: 32 of them took 60 s")
    assert texts == [("printed progress", f"{first}\n{later}"), ("printed", "cost: 7 euros")]


def test_warnings_are_open_and_long_messages_folded(small: Path) -> None:
    error = new_output("error", ename="ValueError", evalue="bad \x1b[31mluck", traceback=["x"])
    text = rendered(
        printed("a.py:1: UserWarning: odd\n", "stderr"),
        printed("note\n" * 13, "stderr"),
        new_code_cell("fail()", outputs=[error], metadata={"tags": ["raises-exception"]}),
    )
    boxes = soup(text).select("details.messages")
    assert [(box.summary.get_text(), box.has_attr("open")) for box in boxes] == [
        ("Warnings", True),
        ("Messages (13 lines)", False),
        ("Error: ValueError", True),
    ]
    assert boxes[2].pre.get_text() == "bad luck"


# looks


def contrast(*colours: str) -> float:
    """Return the ratio of contrast of two colours (WCAG 2, section 1.4.3)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_on_its_ground(small: Path, scheme: str) -> None:
    css = str(soup(rendered()).style.string)
    page = css[css.index(":root {") :]
    found = re.findall(r":root \{(.*?)\n *\}", page, re.DOTALL)[scheme == "dark"]
    colours = dict(re.findall(r"--(\w+): (#\w{6});", found))
    texts = [colours[name] for name in ("ink", "quiet", "accent", "warn", "error")]
    of_code = css[: css.index(":root {")].split("@media screen")[scheme == "dark"]
    texts += re.findall(r"\.highlight \.(?!w\b)\w+ \{ color: (#\w{6})", of_code)
    assert len(texts) > 20
    grounds = [colours["ground"], colours["raised"]]
    assert min(contrast(text, ground) for text in texts for ground in grounds) > 4.5
    assert contrast(colours["ink"], colours["mark"]) > 4.5


def test_a_printed_page_has_no_controls_and_whole_figures(small: Path) -> None:
    css = str(soup(rendered()).style.string)
    paper = css[css.index("@media print {") :]
    assert ".toggle, .skip, .anchor-link, .contents, .fold { display: none; }" in paper
    assert re.search(r"figure, p, tr, [^{]*\{ break-inside: avoid; \}", paper)
    assert "thead { display: table-header-group; }" in paper
    assert "counter(page)" in paper
