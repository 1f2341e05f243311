"""A page that answers first, on a screen, a phone, paper, by keyboard and for who listens."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from browser.axe import violations
from browser.colours import ENOUGH, contrasts
from browser.sections import open_all
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from infonb.plots.picture import NARROW_PNG
from infonb.reports.page.page import render_page
from infonb.reports.page.tidy import tidy
from infonb.reports.plan import ReportPlan

pytestmark = pytest.mark.slow

#: Pixels: text on a phone is not smaller; the smallest words that figures have are of 7.5 points.
SMALLEST, IN_FIGURES = 9, 7.5 * 100 / 72

PHONE = {"viewport": {"width": 390, "height": 800}}

_SEEN = "one => one.checkVisibility()"
_TEXT_SIZES = """() => Array.from(document.querySelectorAll('body *'))
    .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .map(one => parseFloat(getComputedStyle(one).fontSize))"""
#: Of each box that may scroll: how far, and how high the line is that says so.
_CUES = """(selector) => Array.from(document.querySelectorAll(selector), box => [
    box.scrollWidth - box.clientWidth,
    parseFloat(getComputedStyle(box, '::before').height) || 0])"""


def png(width: float) -> str:
    buffer = io.BytesIO()
    Figure(figsize=(width, 2), dpi=100).savefig(buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def figure(width: float, *tags: str, narrow: float | None = None):
    """Return a cell that shows a picture so many inches wide, on phones perhaps a narrower one."""
    data, metadata = {"image/png": png(width)}, {"alt": "a picture"}
    if narrow:
        data[NARROW_PNG] = png(narrow)
        metadata[NARROW_PNG] = {"width": 100 * narrow, "height": 200}
    outputs = [new_output("display_data", data, metadata=metadata)]
    return new_code_cell("import infonb", outputs=outputs, metadata={"tags": list(tags)})


def table(columns: int):
    cells = "".join(f"<th>column{number}</th>" for number in range(columns))
    html = f"<table class='dataframe'><tr>{cells}</tr></table>"
    return new_code_cell("show()", outputs=[new_output("display_data", {"text/html": html})])


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    caption = {"metadata": {"tags": ["caption"]}}
    cells = [
        new_markdown_cell("# Title\n\nWhat it is about.\n\n## Parameters\n\nChange a value."),
        new_code_cell("epochs: int = 3", metadata={"tags": ["parameters"]}),
        new_markdown_cell("## The answer\n\nIt falls."),
        figure(5, "side-by-side"), new_markdown_cell("The fall.", **caption),
        figure(6, "side-by-side"), new_markdown_cell("The rise.", **caption),
        table(2),
        new_markdown_cell("## Data\n\nDigits.\n\n### Part\n\nHalf of them."),
        figure(10), new_markdown_cell("All of *them*.", **caption), figure(2), table(30),
        figure(9, narrow=3.5),
        new_markdown_cell("## Limits\n\nFew."),
    ]  # fmt: skip
    notebook = new_notebook(cells=cells)
    tidy(notebook)
    folder = tmp_path_factory.mktemp("answer")
    plan = ReportPlan("colored_digits", "Title", folder / "x.ipynb", (), folder)
    path = folder / "colored_digits.html"
    path.write_text(render_page(notebook, plan), encoding="utf-8")
    return path


@pytest.fixture
def read(page_file, open_page):
    """Return a function that opens the page in a context of its own."""
    opened = []

    def give(**options):
        watch = open_page(page_file.as_uri(), **options)
        opened.append(watch)
        watch.page.goto(page_file.as_uri())
        return watch.page

    yield give
    for watch in opened:
        watch.close()


def test_the_first_screen_is_the_answer(read):
    page = read(viewport={"width": 1280, "height": 900})
    for words in ("The answer", "It falls.", "Figure 1.", "Figure 2."):
        box = page.locator("main").get_by_text(words).first.bounding_box()
        assert box["y"] + box["height"] < 900, words
    assert page.locator("main").get_by_text("What it is about.").is_visible()
    assert not page.locator("main").get_by_text("Digits.").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_link_opens_the_section_that_it_leads_to(read, script):
    page = read(java_script_enabled=script, reduced_motion="reduce")
    for link, words in (("Part", "Half of them."), ("Limits", "Few.")):
        assert not page.get_by_text(words).is_visible()
        page.locator("nav.contents a", has_text=link).click()
        assert page.get_by_text(words).is_visible()
        heading = page.locator("main :is(h2, h3)", has_text=link).bounding_box()
        assert 0 <= heading["y"] < 1000, "the heading is seen, too"


def test_sections_open_by_keyboard(read):
    page = read()
    summary = page.locator("main details.section > summary", has_text="Data")
    for _ in range(30):
        page.keyboard.press("Tab")
        if summary.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    assert page.get_by_text("Half of them.").is_visible()
    page.keyboard.press("Tab")  # into it
    assert page.evaluate("() => document.activeElement.closest('.body') !== null")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert not page.get_by_text("Half of them.").is_visible()


def test_all_but_code_is_printed(read):
    page = read()
    page.emulate_media(media="print")
    for words in ("It falls.", "What it is about.", "Change a value.", "Half of them.", "Few."):
        assert page.locator("main").get_by_text(words).evaluate(_SEEN), words
    for box in page.locator("main .code, .toggle, .fold").all():
        assert not box.evaluate(_SEEN)


@pytest.mark.parametrize(("width", "beside"), [(1280, True), (900, True), (390, False)])
def test_two_figures_stand_side_by_side_where_there_is_room(read, width, beside):
    page = read(viewport={"width": width, "height": 900})
    left, right = [each.bounding_box() for each in page.locator(".side-by-side > figure").all()]
    assert (left["y"] == right["y"]) is beside
    assert (left["x"] == right["x"]) is not beside
    assert right["x"] + right["width"] <= width


@pytest.mark.parametrize("width", [390, 800])
def test_on_a_small_screen_no_text_is_too_small_and_nothing_is_wider(read, width):
    page = read(viewport={"width": width, "height": 800})
    open_all(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert min(page.evaluate(_TEXT_SIZES)) >= SMALLEST
    scales = page.evaluate(
        "() => Array.from(document.images, one => (one.clientWidth - 16) / one.naturalWidth)"
    )
    assert len(scales) == 5
    assert min(scales) * IN_FIGURES >= SMALLEST
    assert max(scales) <= 1


def test_what_scrolls_says_so_and_nothing_else_does(read):
    page = read(**PHONE)
    open_all(page)
    for selector in (".picture", ".scroll"):
        cues = page.evaluate(_CUES, selector)
        assert {far > 0 for far, _ in cues} == {True, False}
        assert [height > 10 for _, height in cues] == [far > 0 for far, _ in cues]
    wide = read(viewport={"width": 1280, "height": 900})
    open_all(wide)
    assert [height for _, height in wide.evaluate(_CUES, ".picture")] == [0] * 5


@pytest.mark.parametrize(("width", "shown"), [(390, 350), (600, 900), (1280, 900)])
def test_on_a_phone_the_narrow_form_of_a_picture_stands_there_in_full(read, width, shown):
    page = read(viewport={"width": width, "height": 800})
    open_all(page)
    image = page.locator(".picture:has(source) img")
    assert image.evaluate("one => one.naturalWidth") == shown
    assert image.get_attribute("alt") == "a picture"
    far, cue = page.evaluate(_CUES, ".picture:has(source)")[0]
    assert (far > 0) is (cue > 10) is (width == 600)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_floats_over_the_words(read, width):
    page = read(viewport={"width": width, "height": 800})
    places = page.evaluate(
        "() => Array.from(document.querySelectorAll('body *')).filter(one => one.checkVisibility())"
        ".filter(one => ['fixed', 'sticky'].includes(getComputedStyle(one).position)"
        " || getComputedStyle(one).float !== 'none').map(one => one.className)"
    )
    assert places == (["contents"] if width == 1280 else [])
    if places:  # beside the words, not over them
        box = page.locator(".contents").bounding_box()
        assert box["x"] + box["width"] <= page.locator("main > .answer").bounding_box()["x"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_can_be_read(read, scheme):
    page = read(color_scheme=scheme)
    open_all(page)
    found = contrasts(page, "main p, h1, h2, h3, th, summary, figcaption, nav a, footer dd")
    assert len(found) > 15
    assert [one for one in found if one["contrast"] < ENOUGH] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(read, width, scheme):
    page = read(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    for _ in ("folded", "open"):
        assert violations(page) == []
        open_all(page)


def test_axe_would_find_something(read):
    page = read(bypass_csp=True)
    page.evaluate("() => document.images[0].removeAttribute('alt')")
    assert "image-alt" in dict(violations(page))
