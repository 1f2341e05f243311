"""The page of a report, opened from disk with the network blocked, as its reader opens it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from browser.axe import violations
from browser.colours import ENOUGH, contrasts
from browser.notebooks import SMALL
from browser.sections import open_all

pytestmark = pytest.mark.slow

_IMAGES = """() => Array.from(document.images, image => ({
    alt: image.alt, shown: image.complete && image.naturalWidth > 0,
    clipped: image.getBoundingClientRect().right > document.documentElement.clientWidth + 1}))"""

#: The section that the address names: its words, how far from the top of the window it stands, and
#: whether the page cannot be scrolled any further.
_TARGET = """() => {
    const named = document.querySelector(':target');
    const target = named.closest('details.section > .body') === named ? named.parentNode : named;
    const end = Math.ceil(scrollY + innerHeight) >= document.documentElement.scrollHeight - 1;
    const heading = target === named ? named : target.querySelector('summary');
    return [target.textContent, heading.getBoundingClientRect().top, end];
}"""

#: Text that is read in full: paragraphs, headings, tables, code, lists, labels.
READ = (
    "main p, h1, h2, h3, th, td, pre, .highlight span, li, nav a, dt, dd, label, summary, footer p"
)


@pytest.fixture(scope="module")
def report(chromium, folder):
    """Make a small report on the command line; return the page."""
    given = [
        f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in SMALL.items()
    ]
    options = [part for value in given for part in ("-p", value)]
    output = folder / "report"
    run = subprocess.run(
        [sys.executable, "-m", "infonb", "run", "colored-digits", *options, "-o", str(output)],
        env=os.environ | {"INFONB_CACHE": str(folder / "cache")},
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return output / "colored_digits.html"


@pytest.fixture
def read(report, open_page):
    """Return a function that opens the report in a context of its own."""
    opened = []

    def give(**options):
        watch = open_page(report.as_uri(), **options)
        opened.append(watch)
        watch.page.goto(report.as_uri())
        return watch

    yield give
    for watch in opened:
        watch.close()


def test_it_asks_for_nothing_and_shows_all_pictures(read, report):
    watch = read()
    page = watch.page
    assert [url for url in watch.requests if not url.startswith("data:")] == [report.as_uri()]
    images = page.evaluate(_IMAGES)
    assert len(images) >= 8
    assert [image["alt"] for image in images if not image["shown"]] == []
    assert [image["alt"] for image in images if image["clipped"]] == []
    assert all(image["alt"] for image in images)
    assert page.title().startswith("Colored digits")


def test_code_is_folded_by_keyboard_and_by_mouse(read):
    page = read().page
    page.evaluate(  # not by clicks, after which the keyboard would go on from there
        "() => document.querySelectorAll('main details.section').forEach(one => one.open = true)"
    )
    focus = "one => one.contains(document.activeElement)"
    toggle, code = page.locator("#show-code"), page.locator("main .code")
    assert code.count() > 5
    open_at_first = code.first.is_visible()
    for _ in range(5):  # it is among the first things on the page
        page.keyboard.press("Tab")
        if toggle.evaluate(focus):
            break
    assert toggle.evaluate(focus), "no way there by keyboard"
    page.keyboard.press("Space")
    assert {one.is_visible() for one in code.all()} == {not open_at_first}
    toggle.locator("summary").click()
    assert {one.is_visible() for one in code.all()} == {open_at_first}


def test_contents_lead_to_their_sections(read):
    page = read(reduced_motion="reduce").page
    links = page.locator("nav.contents a")
    assert links.count() >= 8
    for link in links.all():
        link.click()
        words, top, at_the_end = page.evaluate(_TARGET)
        assert words.strip().startswith(link.text_content())
        assert -2 <= top < 120 or (at_the_end and top < 1000), (words[:60], top)


def test_it_is_printed_with_all_its_pictures(read, tmp_path):
    page = read().page
    printed = page.pdf(prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 5 <= pages <= 40
    assert len(re.findall(rb"/Subtype\s*/Image\b", printed)) >= 8
    page.emulate_media(media="print")
    assert not page.locator("#show-code").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable(read, scheme):
    page = read(color_scheme=scheme).page
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) > 380) is (scheme == "light")
    open_all(page)
    if not page.locator("main .code").first.is_visible():
        page.locator("#show-code summary").click()
    found = contrasts(page, READ)
    assert any("import infonb" in one["text"] for one in found), "code is read too"
    assert len(found) > 30
    assert [one for one in found if one["contrast"] < ENOUGH] == []


def test_it_needs_no_script(read):
    page = read(java_script_enabled=False).page
    assert page.locator("script").count() == 0
    code = page.locator("main .code").first
    before = code.is_visible()
    page.locator("#show-code summary").click()
    assert code.is_visible() is not before
    assert page.locator("main img").first.evaluate("one => one.naturalWidth") > 0


def test_on_a_small_screen_nothing_is_wider_than_it(read):
    page = read(viewport={"width": 390, "height": 800}).page
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 391


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(read, width, scheme):
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    page = read(bypass_csp=True, **options).page
    for _ in ("folded", "open"):
        assert violations(page) == []
        open_all(page)
