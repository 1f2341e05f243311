"""JupyterLab: notebooks run from Run All, and every control of the explorers works by keyboard."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from browser.colours import ENOUGH, contrasts
from browser.explorers import CHOICE, EXPLORERS, SETUP, TABLE
from browser.notebooks import live, outputs, panels, small_report, troubles, written
from browser.panels import PanelOnPage

pytestmark = pytest.mark.slow

NAMES = list(EXPLORERS)

#: Panels that do not do what they should, and what is said of them.
WRONG = {
    "the picture stays as it was": 'panel("fc1", ignored)',
    "the picture stays as it was. no such layer": 'panel("wrong", draw)',
    "not reached with the tabulator key: list 'layer'": 'panel("fc1", draw, disabled=True)',
}

WRONG_SETUP = """\
import ipywidgets

from infonb.plots.picture import subplots
from infonb.widgets import Panel


def draw(layer):
    if layer == "wrong":
        raise ValueError("no such layer")
    picture, _ = subplots(alt=layer)
    picture.suptitle(layer)
    return picture


def ignored(layer):
    return draw("any")


def panel(other, draw, **options):
    layers = ipywidgets.Dropdown(options=["fc0", other], description="layer", **options)
    return Panel(draw, {"layer": layers})
"""

#: Sliders whose value in words is not the one beside them, and buttons of Play without a name.
MISNAMED = """root => [
    ...Array.from(root.querySelectorAll('.noUi-handle')).filter(one => one.getAttribute(
        'aria-valuetext') !== one.closest('.widget-inline-hbox').querySelector(
        '.widget-readout').textContent),
    ...Array.from(root.querySelectorAll('.widget-play button')).filter(one =>
        one.checkVisibility() && !one.getAttribute('aria-label')),
].map(one => one.outerHTML)"""

#: Words of controls, tables and messages.
READ = ", ".join(
    f".jp-Notebook .jp-OutputArea {part}"
    for part in (
        ".widget-label", ".widget-readout", "select", "button", "[role=alert]", "td", "th", "pre",
    )
)  # fmt: skip


class Explorers:
    """A notebook with a heading, a panel and its choice for each explorer, then the wrong ones."""

    def __init__(self, lab):
        self.lab = lab
        self.made = set()
        cells = [SETUP, TABLE]
        for name in NAMES:
            cells += [f"# {name}", f"{EXPLORERS[name]}\npanel", CHOICE]
        self.wrong = len(cells)
        lab.open(written([*cells, WRONG_SETUP, *WRONG.values()]), "explorers.ipynb")
        self.run(0)

    def run(self, place):
        """Run a cell; return its outputs."""
        self.lab.run_cell(place)
        outputs = self.lab.outputs(place)
        assert troubles(outputs) == []
        return outputs

    def make(self, name):
        """Make an explorer anew."""
        self.run(3 + 3 * NAMES.index(name))
        self.made.add(name)

    def show(self, name):
        """Return an explorer, the focus standing before it; made if it is not there yet."""
        if name not in self.made:
            self.make(name)
        return self.panel(3 + 3 * NAMES.index(name))

    def panel(self, place):
        output = self.lab.show(place).locator(".jp-OutputArea-output")
        return PanelOnPage(self.lab.page, output, self.lab.wait_for_kernel)

    def choice(self, name):
        """Run the cell after an explorer; return what it prints."""
        return json.loads(self.run(4 + 3 * NAMES.index(name))[0].text)


@pytest.fixture(scope="module")
def explorers(lab):
    yield Explorers(lab)
    lab.close()


def run_all(lab, seconds):
    """Run the notebook that is open from Run All; move all controls of all its panels."""
    notebook = lab.run_all(seconds)
    assert troubles(outputs(notebook)) == []
    places = panels(notebook)
    assert places
    assert places == live(notebook)
    for place in places:
        output = lab.show(place).locator(".jp-OutputArea-output:has(img)")
        panel = PanelOnPage(lab.page, output, lab.wait_for_kernel)
        assert panel.controls
        assert panel.badly_labelled() == []
        panel.move_all()
    assert "Error displaying widget" not in lab.page.content()


def test_the_guide_leads_to_a_lesson_that_runs(lab):
    lab.follow("1. ")
    try:
        run_all(lab, 200)
    finally:
        lab.close()


def test_colored_digits_runs(lab):
    lab.open(small_report(), "colored_digits.ipynb")
    try:
        run_all(lab, 200)
    finally:
        lab.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_control_is_moved_by_keyboard(explorers, name):
    explorers.make(name)
    before = explorers.choice(name)
    panel = explorers.show(name)
    assert set(before["labels"].values()) <= {control.label for control in panel.controls}
    assert panel.badly_labelled() == []
    panel.move_all()
    moved = PanelOnPage(explorers.lab.page, panel.output, panel.kernel)
    assert moved.badly_labelled() == []
    assert panel.root.evaluate(MISNAMED) == []
    after = explorers.choice(name)
    kept = {key for key, value in after["value"].items() if value == before["value"][key]}
    if before["beside"]:  # lists that set the neurons: they may be back where they were
        kept -= {"neuron", "other"}
    assert kept == set(), "the next cell does not see what was chosen"


def test_a_pair_is_chosen_in_the_matrix(explorers):
    """By a click, and by the arrow keys, which go on from there."""

    def pair():
        value = explorers.choice("explore")["value"]
        return value["neuron"], value["other"]

    explorers.make("explore")
    panel = explorers.show("explore")
    matrix = explorers.lab.page.locator("[data-shown] .infonb-clickable").first
    box = matrix.bounding_box()
    found = []
    for across, up in ((0.3, 0.3), (0.5, 0.6)):
        panel.settle()
        before = panel.pictures()
        matrix.click(position={"x": across * box["width"], "y": up * box["height"]})
        panel.wait_for_change(before, f"click at {across}, {up}")
        panel.settle()
        found.append(pair())
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        panel = explorers.show("explore")
        panel.go_to(".infonb-clickable")
        before = panel.pictures()
        explorers.lab.page.keyboard.press(key)
        panel.wait_for_change(before, key)
        panel.settle()
        found.append(pair())
    clicks, arrows = found[:2], found[1:]
    assert clicks[0] != clicks[1]
    assert all(one != other for one, other in pairwise(arrows))
    assert arrows[0] == arrows[-1], "left, up, right and down lead back"


@pytest.mark.parametrize(("name", "ends"), [("explore", 4), ("explore_training", 3)])
def test_arrows_pressed_quickly_lose_no_step(explorers, name, ends):
    """The picture's places are as many as the keys: they lead from one end to the other."""

    def place():
        value = explorers.choice(name)["value"]
        return value["epoch"] if "epoch" in value else (value["neuron"], value["other"])

    explorers.make(name)
    panel = explorers.show(name)
    panel.go_to(".infonb-clickable")
    found = []
    for key in ("ArrowLeft", "ArrowRight", "ArrowLeft"):
        for _ in range(2 * ends):  # without waiting, and beyond the end
            explorers.lab.page.keyboard.press(key)
        panel.settle()
        found.append(place())
        panel = explorers.show(name)
        panel.go_to(".infonb-clickable")
    assert found[0] == found[2] != found[1]


def test_a_cell_that_runs_again_leaves_no_widget(explorers):
    explorers.make("explore")
    widgets, threads = (explorers.choice("explore")[what] for what in ("widgets", "threads"))
    for _ in range(2):
        explorers.make("explore")
        again = explorers.choice("explore")
        assert (again["widgets"], again["threads"]) == (widgets, threads)


def test_play_goes_through_the_epochs(explorers):
    explorers.make("explore_training")
    panel = explorers.show("explore_training")
    panel.go_to(".widget-play button")
    before = panel.pictures()
    explorers.lab.page.keyboard.press("Space")
    for turn in ("first", "second"):
        panel.wait_for_change(before, f"the {turn} epoch that is played")
        before = panel.pictures()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_words_are_readable(explorers, theme):
    lab = explorers.lab
    lab.set_theme(theme)
    try:
        explorers.run(1)
        lab.show(1)
        found = contrasts(lab.page, READ)
        assert len(found) > 3
        for name in NAMES:
            explorers.show(name)
            found += contrasts(lab.page, READ)
        assert [one for one in found if one["contrast"] < ENOUGH] == []
    finally:
        lab.set_theme("JupyterLab Light")


def test_a_panel_that_does_not_follow_is_found(explorers):
    explorers.run(explorers.wrong)
    for place, words in enumerate(WRONG, start=explorers.wrong + 1):
        explorers.run(place)
        with pytest.raises(AssertionError, match=re.escape(words)):
            explorers.panel(place).move_all(seconds=1)
