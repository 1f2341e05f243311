"""An exercise of a lesson: its answers by name, their check, and its solution."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from infonb.validate import did_you_mean
from infonb.widgets.exercises.checked import Checked
from infonb.widgets.exercises.part import Part
from infonb.widgets.folded import folded

__all__ = ["Exercise"]

_Solution = TypeVar("_Solution", bound=Callable[[], Mapping[str, Any]])


class Exercise:
    """
    Answers that a lesson asks for, each with what is right and with hints for mistakes.

    Declared in a folded cell above the learner's, which ends in `check`; the solution stands folded
    below it, a function that is marked with `solve`. Nothing is computed before an answer is there.

    Parameters
    ----------
    **parts : Number, Array or Choice
        The answers by their names, which are those of the learner's variables.

    Examples
    --------
    >>> from infonb.widgets import Choice, Number
    >>> exercise = Exercise(
    ...     faces=Number(6, why="They are numbered from 1 to 6.", hints={"Both ends count.": 5}),
    ...     fair=Choice("yes", among=["yes", "no"]),
    ... )
    >>> faces, fair = 5, ...  # the learner's answers; ... stands for none
    >>> exercise.check(faces=faces, fair=fair)
    ✗ faces: Not yet. Both ends count.
    ○ fair: Not answered yet.
    >>> exercise.check(faces=6, fair="yes")
    ✓ faces: Right. They are numbered from 1 to 6.
    ✓ fair: Right.
    Well done: all 2 answers are right.
    """

    def __init__(self, **parts: Part) -> None:
        if not parts:
            raise ValueError("an exercise needs an answer, such as Exercise(bits=Number(1.0)).")
        self.parts = parts

    def check(self, **answers: Any) -> Checked:
        """
        Return what is to be said to the answers, shown where it ends a cell.

        An answer that is left out, None or ``...`` counts as not given yet, and is no error. An
        answer of another name raises a TypeError.
        """
        for name in answers:
            if name not in self.parts:
                listed = ", ".join(self.parts)
                raise TypeError(
                    f"no answer {name!r} is asked for; the answers are {listed}."
                    f"{did_you_mean(name, self.parts)}"
                )
        with warnings.catch_warnings():  # of what the check computes; learners see those of theirs
            warnings.simplefilter("ignore")
            said = {name: part.reply(answers.get(name)) for name, part in self.parts.items()}
        return Checked(said)

    def solve(self, solution: _Solution) -> _Solution:
        """
        Show a solution behind a click: what the function prints, and the check of what it returns.

        A decorator of a function without arguments that returns all answers by name. It runs in a
        scope of its own, so that the learner's variables stay as they are. An AssertionError says
        what is wrong with a solution.
        """
        from IPython.display import display

        with folded():
            checked = self.check(**solution())
            if not checked.right:
                raise AssertionError(f"the solution is not right:\n{checked!r}")
            display(checked)
        return solution
