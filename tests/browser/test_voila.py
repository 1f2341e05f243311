"""Dashboards: notebooks under Voilà run without a traceback, and their controls work."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import nbformat
import psutil
import pytest
from browser.explorers import EXPLORERS, SETUP
from browser.notebooks import SMALL, live, made_for, written
from browser.panels import PanelOnPage

from infonb.experiments import names
from infonb.reports.serve.dashboard import plan_dashboard, write_dashboard

pytestmark = pytest.mark.slow

NAMES = list(EXPLORERS)

#: Networks of the other experiments, small enough for a few seconds.
TINY: dict[str, dict[str, Any]] = {
    "biographies": {
        "seed": [0, 1], "n_train": 240, "n_validation": 160, "width": 8, "depth": 1, "epochs": 1,
        "permutations": 1, "training_set": ["raw original", "scrubbed original"],
    },
    "compare_models": {"n_samples": 200},
    "concentric_circles": {
        "division": [0.5, 1.0], "beta": [0.0, 1.0], "seed": [0], "n_points": 200, "width": 4,
        "n_memorized": 20, "epochs": 2, "epochs_memorized": 10, "mi_samples": 100,
    },
    "contexts": {
        "seed": [0, 1], "n_train": 128, "n_evaluation": 128, "size": 16, "width": 4, "epochs": 1,
    },
    "deja_vu": {
        "treatment": ["n 60", "n 200", "mask 0.6"], "seed": [0, 1], "n": 100, "n_public": 80,
        "n_scored": 60, "width": 16, "features": 8, "steps": 20, "curve": [1], "mi_neurons": 8,
    },
    "density_memorization": {
        "repeats": 2, "folds": 2, "n_regular": 20, "n_single": 2, "n_copied": 1, "copies": 2,
        "n_null": 20, "width": 8, "n_latent": 2, "checkpoints": [1, 2, 4], "draws": 4,
        "n_measured": 40, "mi_neurons": 6,
    },
    "early_learning": {
        "loss": ["elr 7"], "seed": [0, 1], "n_train": 150, "n_validation": 80, "width": 16,
        "epochs": 3, "measured": [1], "mi_neurons": 4, "linear_steps": 100,
    },
    "encoder_memorization": {
        "seed": [0, 1], "n_shared": 20, "n_candidates": 20, "n_independent": 20, "n_external": 20,
        "n_planted": 8, "n_probe": 60, "n_evaluation": 80, "width": 32, "depth": 3, "epochs": 15,
        "batch_size": 40, "mi_neurons": 6, "n_random": 2, "n_augmentations": 3,
    },
    "entropy_regularizer": {
        "alpha": [0.75], "treatment": ["none", "entropy 0.1"], "seed": [0, 1], "n_train": 200,
        "n_validation": 100, "width": 8, "epochs": 2,
    },
    "generalizable_memorizers": {
        "pair": ["0v1", "3v8"], "seed": [0, 1], "n_train": 40, "width": 8, "epochs": 40,
        "information_of": "0v1", "mi_neurons": 5, "law_points": [20, 60], "bit_points": [4, 16],
        "cube": 4, "draws": 2, "n_dims": 2,
    },
    "in_and_out": {
        "n_clean": 60, "n_wrong": 6, "n_pairs": 3, "n_copied": 2, "n_null": 8, "repeats": 3,
        "width": 16, "epochs": 4,
    },
    "logic_gates": {
        "seed": [0, 1], "n_train": 80, "n_test": 60, "k": 4, "width": 80, "layers": 2, "epochs": 2,
        "depth_gates": 240, "depth_epochs": 1, "mi_neurons": 6,
    },
    "memorization_capacity": {
        "size": [8, 10], "n_strings": [10, 30], "seed": [0, 1], "vocabulary": 64, "n_held_out": 30,
        "steps": 12, "warmup": 2, "mi_neurons": 4,
    },
    "model_selection": {"setting": ["colored_digits"], "level": [0.0, 1.0], "seed": [0]},
    "nine_rulers": {
        "seed": [0, 1],
        "n_typical": 40, "n_wrong": 6, "n_outliers": 6, "n_groups": 2, "copies": 3,
        "n_shortcut": 10, "n_unseen": 60, "width": 8, "gates": [40, 20], "epochs": 5, "repeats": 2,
        "slow_repeats": 1, "views": 2, "units": 4, "projections": 3,
    },
    "predictable_memorization": {
        "size": ["8", "12", "16", "16 once"], "seed": [0, 1], "copies": [1, 8, 32], "n_each": 4,
        "n_background": 100, "n_held_out": 10, "length": 10, "prompt": 5, "prompts": [4],
        "checkpoints": [0.2, 0.5, 1.0], "mi_neurons": 6,
    },
    "relu_memorizers": {
        "seed": [0, 1], "n_memorized": 40, "epochs": 300, "n_points": [4, 16, 36],
        "near_epochs": 4, "n_hyperplanes": [20, 60, 200], "restarts": 2, "share": [20, 100],
        "pair_hyperplanes": [100, 300], "pair_restarts": 2,
    },
    "sentiment_adjectives": {
        "alpha": [0.0, 1.0], "seed": [0, 1], "n_train": 200, "n_validation": 100, "width": 16,
        "epochs": 3,
    },
    "shuffled_digits": {
        "beta": [0.0, 1.0], "seed": [0, 1], "n_train": 400, "n_validation": 200, "width": 16,
        "epochs": 4,
    },
    "shuffled_reviews": {
        "beta": [0.0, 0.8], "seed": [0, 1], "n_train": 60, "n_validation": 80, "width": 8,
        "epochs": 2,
    },
    "verdicts": {
        "setting": ["marked_digits/mlp2x64", "circles/mlp2x32"], "n_train": 100, "n_samples": 100,
        "epochs": 2,
    },
}  # fmt: skip

#: Tracebacks, stderr, and what Voilà shows instead of a cell that fails.
TROUBLE = """() => Array.from(
    document.querySelectorAll('[data-mime-type$=error], [data-mime-type$=stderr], .voila-error'),
    one => one.textContent)"""

#: Those with panels of their own, whose controls are all moved.
OWN_PANELS = (
    "deja_vu", "density_memorization", "early_learning", "encoder_memorization",
    "generalizable_memorizers", "in_and_out", "logic_gates", "memorization_capacity",
    "nine_rulers", "predictable_memorization", "relu_memorizers",
)  # fmt: skip


def open_dashboard(serve, open_page, notebook, panels):
    """Serve a notebook; return its watch when so many panels are there."""
    server = serve(notebook)
    watch = open_page(server.url, server.log)
    page = watch.page
    page.goto(server.url, timeout=60_000)
    last = page.locator(".widget-vbox:has(img)").nth(panels - 1)
    failed = page.locator("#infonb-status.failed")  # then no other cell is run
    last.or_(failed).first.wait_for(timeout=200_000)
    assert failed.all_inner_texts() == []
    page.wait_for_function("!document.querySelector('.voila-skeleton-container')", timeout=60_000)
    assert page.evaluate(TROUBLE) == []
    assert "Error displaying widget" not in page.content()
    return watch


def panels_of(page, expected):
    """Return the outputs that are panels, once so many have their pictures, which come last."""
    from playwright.sync_api import expect

    shown = page.locator(".jp-OutputArea-output:has(.widget-vbox):has(img)")
    expect(shown).to_have_count(expected, timeout=30_000)
    return shown


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


def test_colored_digits_as_a_dashboard(serve, open_page, tmp_path):
    path = write_dashboard(plan_dashboard("colored_digits", SMALL), tmp_path)
    notebook = nbformat.read(path, as_version=4)
    expected = len(live(notebook))
    page = open_dashboard(serve, open_page, notebook, expected).page
    shown = panels_of(page, expected)
    for place in range(expected):
        move_all(page, shown.nth(place))


#: The pictures that are not there, or empty.
MISSING = """() => Array.from(document.querySelectorAll("#rendered_cells img"))
    .filter(one => !(one.complete && one.naturalWidth > 100)).map(one => one.outerHTML)"""


def test_no_experiment_is_forgotten():
    assert {"colored_digits", *TINY} == set(names())


#: Whole dashboards: of panels of its own, of those that others share, and of networks compared.
WHOLE = ("compare_models", "entropy_regularizer", "nine_rulers")

#: Of the others the cells that make the panels, several experiments on a page.
TOGETHER = [name for name in TINY if name not in WHOLE]
PAGES = [TOGETHER[at::4] for at in range(4)]


@pytest.mark.parametrize("name", WHOLE)
def test_an_experiment_as_a_dashboard(serve, open_page, tmp_path, name):
    path = write_dashboard(plan_dashboard(name, TINY[name]), tmp_path)
    notebook = nbformat.read(path, as_version=4)
    expected = len(live(notebook))
    assert expected
    watch = open_dashboard(serve, open_page, notebook, expected)
    page = watch.page
    # goes away a moment after the last cell, and stays if one has failed
    page.locator("#infonb-status").wait_for(state="hidden", timeout=30_000)
    shown = panels_of(page, expected)
    if name in OWN_PANELS:
        for place in range(expected):
            move_all(page, shown.nth(place))
    page.wait_for_function(f"() => ({MISSING})().length === 0")
    assert page.locator("#rendered_cells img").count() > expected
    assert page.locator(".jp-OutputArea-output :is(pre, table)").count()
    watch.close()


@pytest.fixture(scope="module", params=PAGES, ids="-".join)
def panels_together(request, serve, open_page, tmp_path_factory):
    """Return a page with the panels of several experiments, and the places of those of each."""
    folder, cells, places = tmp_path_factory.mktemp("together"), [], {}
    for name in request.param:
        path = write_dashboard(plan_dashboard(name, TINY[name]), folder)
        notebook = nbformat.read(path, as_version=4)
        cells = cells or [notebook.cells[0].source]  # the line on which progress stands
        begun = sum(map(len, places.values()))
        places[name] = range(begun, begun + len(live(notebook)))
        # no heading: what is injected begins with a comment
        cells += [f"# {name}", *(f"\n{code}" for code in made_for(notebook))]
    expected = sum(map(len, places.values()))
    watch = open_dashboard(serve, open_page, written(cells), expected)
    # goes away a moment after the last cell, and stays if one has failed
    watch.page.locator("#infonb-status").wait_for(state="hidden", timeout=30_000)
    yield watch.page, panels_of(watch.page, expected), places
    watch.close()


def test_panels_of_other_experiments(panels_together):
    page, shown, places = panels_together
    for name, its in places.items():
        assert its, name
        for place in its if name in OWN_PANELS else ():
            move_all(page, shown.nth(place))
    page.wait_for_function(f"() => ({MISSING})().length === 0")
    assert page.evaluate(TROUBLE) == []


def test_a_kernel_ends_with_its_tab(serve, open_page):
    """At once, whether it is loaded again or closed, and nothing is said."""
    server = serve(written(["import time", "time.sleep(600)"]))

    def kernels():
        found = set()
        for one in psutil.Process(server.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it has just ended
                if "ipykernel_launcher" in " ".join(one.cmdline()):
                    found.add(one.pid)
        return found

    def comes_to(number):
        end = time.monotonic() + 60
        while len(kernels()) != number:
            assert time.monotonic() < end, f"{len(kernels())} kernels"
            time.sleep(0.2)

    watch = open_page(server.url, server.log)
    watch.page.goto(server.url, timeout=60_000)
    watch.page.locator("#infonb-status").wait_for(timeout=60_000)
    first = kernels()
    assert len(first) == 1
    watch.page.reload(timeout=60_000)
    watch.page.locator("#infonb-status").wait_for(timeout=60_000)
    comes_to(1)
    assert kernels() != first
    watch.close()
    comes_to(0)
    assert server.read_log().splitlines()[1:] == []  # but for the address
