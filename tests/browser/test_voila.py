"""Dashboards: notebooks under Voilà run without a traceback, and their controls work."""

from __future__ import annotations

import pytest
from browser.explorers import EXPLORERS, SETUP
from browser.notebooks import live, small_report, written
from browser.panels import PanelOnPage

NAMES = list(EXPLORERS)

#: Tracebacks, stderr, and what Voilà shows instead of a cell that fails.
TROUBLE = """() => Array.from(
    document.querySelectorAll('[data-mime-type$=error], [data-mime-type$=stderr], .voila-error'),
    one => one.textContent)"""


def open_dashboard(serve, open_page, notebook, panels):
    """Serve a notebook; return its watch when so many panels are there."""
    server = serve(notebook)
    watch = open_page(server.url, server.log)
    page = watch.page
    page.goto(server.url, timeout=60_000)
    page.locator(".widget-vbox:has(img)").nth(panels - 1).wait_for(timeout=200_000)
    page.wait_for_function("!document.querySelector('.voila-skeleton-container')", timeout=60_000)
    assert page.evaluate(TROUBLE) == []
    assert "Error displaying widget" not in page.content()
    return watch


def move_all(page, output):
    """Move all controls of the panel in an output."""
    panel = PanelOnPage(page, output)
    assert panel.controls
    assert panel.badly_labelled() == []
    panel.root.evaluate("root => { root.tabIndex = -1; root.focus(); }")
    panel.move_all()
    return panel


@pytest.fixture(scope="module")
def explorers(serve, open_page):
    cells = [SETUP]
    for name in NAMES:
        cells += [f"# {name}", f"{EXPLORERS[name]}\npanel"]
    return open_dashboard(serve, open_page, written(cells), len(NAMES)).page


@pytest.mark.parametrize("name", NAMES)
def test_every_control_is_moved_by_keyboard(explorers, name):
    cell = explorers.locator(f"[cell-index='{3 + 2 * NAMES.index(name)}']")
    move_all(explorers, cell.locator(".jp-OutputArea-output"))


def test_colored_digits_as_a_dashboard(serve, open_page):
    notebook = small_report()
    expected = len(live(notebook))
    page = open_dashboard(serve, open_page, notebook, expected).page
    shown = page.locator(".jp-OutputArea-output:has(.widget-vbox):has(img)")
    assert shown.count() == expected
    for place in range(expected):
        move_all(page, shown.nth(place))
