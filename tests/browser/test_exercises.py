"""An exercise in JupyterLab: answered by keyboard, its hints readable in both themes."""

from __future__ import annotations

import pytest
from browser.colours import ENOUGH, contrasts
from browser.notebooks import outputs, troubles, written

pytestmark = pytest.mark.slow

CELLS = [
    "import numpy as np\n\nfrom infonb.widgets import Exercise, Number\n\n"
    "exercise_1 = Exercise(\n"
    '    bits=Number(lambda: 1.0, unit="bit", why="Yes or no: `log2` of 2."),\n'
    "    faces=Number(6, whole=True),\n)",
    "bits = ...\nfaces = ...\n\nexercise_1.check(bits=bits, faces=faces)",
    "@exercise_1.solve\ndef solution_1():\n    return {'bits': 1.0, 'faces': 6}",
]
CHECK = ".jp-OutputArea .infonb-check"


@pytest.fixture(scope="module")
def exercise(lab):
    lab.open(written(CELLS), "exercise.ipynb")
    assert troubles(outputs(lab.run_all(60))) == []
    yield lab
    lab.close()


def told(lab, place=1):
    (output,) = lab.outputs(place)
    return "".join(output.data["text/plain"]).splitlines()


def answer(lab, lines):
    """Type the first lines of the answer cell anew, and run it."""
    editor = lab.show(1).locator(".cm-content")
    editor.focus()
    page = lab.page
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(f"{lines}\n\nexercise_1.check(bits=bits, faces=faces)")
    page.keyboard.press("Control+Enter")
    lab.wait_for_kernel()


def test_answers_are_given_and_hints_read_by_keyboard(exercise):
    assert told(exercise) == ["○ bits: Not answered yet.", "○ faces: Not answered yet."]
    answer(exercise, "bits = np.log(2)\nfaces = 5")
    shown = exercise.page.locator(CHECK).first
    shown.get_by_text("These are nats").wait_for()
    assert shown.locator("p").all_text_contents() == [
        "✗ bits: Not yet. These are nats: divide by log 2 = 0.69 to have bits.",
        "✗ faces: Not yet. Look at the task once more.",
    ]
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        exercise.set_theme(theme)
        found = contrasts(exercise.page, f"{CHECK} p, {CHECK} code, {CHECK} strong")
        assert len(found) >= 6
        assert [one for one in found if one["contrast"] < ENOUGH] == []
    answer(exercise, "bits = 1\nfaces = 6")
    shown.get_by_text("Well done: all 2 answers are right.").wait_for()
    assert told(exercise)[0] == "✓ bits: Right. Yes or no: `log2` of 2."


def test_a_solution_waits_behind_a_click_or_a_key(exercise):
    output = exercise.show(2).locator(".jp-OutputArea-output")
    answers = output.get_by_text("Well done")
    assert not answers.is_visible()
    output.locator("summary").focus()
    exercise.page.keyboard.press("Space")  # Enter opens it, too, and JupyterLab's editor with it
    answers.wait_for(state="visible")
