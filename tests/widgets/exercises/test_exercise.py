"""Exercises: open, wrong and right answers, as text and as HTML, and solutions that are checked."""

from __future__ import annotations

import warnings

import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from infonb.widgets import Choice, Exercise, Number


@pytest.fixture
def exercise():
    return Exercise(
        bits=Number(1.0, unit="bit", why="Use `log2` of <two>.", hints={"Not nats.": 0.69}),
        word=Choice("yes", among=["yes", "no"]),
    )


def test_a_check_tells_what_is_open_wrong_and_right(exercise):
    assert repr(exercise.check()) == "○ bits: Not answered yet.\n○ word: Not answered yet."
    assert repr(exercise.check(bits=0.69, word=...)).splitlines()[0] == "✗ bits: Not yet. Not nats."
    checked = exercise.check(bits=1, word="yes")
    assert repr(checked).endswith("Well done: all 2 answers are right.")
    assert checked.right
    assert not exercise.check(bits=1).right


def test_what_the_check_computes_does_not_warn_the_learner():
    exercise = Exercise(bits=Number(lambda: warnings.warn("of scale", stacklevel=1) or 1.0))
    assert exercise.check(bits=1.0).right  # a warning is an error in the tests


def test_another_name_is_an_error(exercise):
    with pytest.raises(TypeError, match=r"answers are bits, word\. Did you mean 'bits'\?"):
        exercise.check(bit=1)
    with pytest.raises(ValueError, match="needs an answer"):
        Exercise()


def test_html_is_escaped_and_tells_all_in_words(exercise):
    html = exercise.check(bits=1.0)._repr_html_()
    soup = BeautifulSoup(html, "html.parser")
    first, second = soup.find_all("p")
    assert first.get_text() == "✓ bits: Right. Use log2 of <two>."
    assert second.get_text() == "○ word: Not answered yet. "
    assert [code.text for code in first.find_all("code")] == ["bits", "log2"]
    assert soup.find(attrs={"aria-hidden": "true"}).text == "✓"
    assert not soup.find_all(["script", "style", "button"])
    colours = {line["style"].split("solid ")[1] for line in soup.find_all("p")}
    assert len(colours) == 2


def run(code, **names):
    shell = InteractiveShell.instance()
    shell.push(names)
    with capture_output() as shown:
        result = shell.run_cell(code)
    InteractiveShell.clear_instance()
    result.raise_error()
    return shell, shown


def test_a_solution_is_folded_checked_and_keeps_the_learners_names(exercise):
    code = (
        "bits = 0.5\n@exercise.solve\ndef solution():\n    bits = 1.0\n    print('how')\n"
        "    return {'bits': bits, 'word': 'yes'}"
    )
    shell, shown = run(code, exercise=exercise)
    (output,) = shown.outputs
    html = output.data["text/html"]
    assert html.startswith("<details><summary>Show the answer</summary>")
    assert "how" in html
    assert "Well done" in html
    assert shell.user_ns["bits"] == 0.5


def test_a_solution_that_is_wrong_is_an_error(exercise):
    with pytest.raises(AssertionError, match="✗ bits: Not yet"):
        exercise.solve(lambda: {"bits": 2.0, "word": "yes"})
