"""All pictures of a course, and on which controls each depends."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from infonb.plots.picture import Picture
from infonb.widgets.levels.curves import Curves
from infonb.widgets.levels.density import Density
from infonb.widgets.levels.drawing import Values
from infonb.widgets.levels.levels import Course
from infonb.widgets.levels.measures import Measures

__all__ = ["Pictures"]


class Pictures:
    """
    The pictures of a course: entropy, mutual information, curves, and the density of one place.

    Parameters
    ----------
    course
        What was measured.

    Examples
    --------
    See `infonb.widgets.explore_sweep`.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self._measures = Measures(course)
        self._curves = Curves(course)
        self._density = Density(course)

    def functions(self) -> dict[str, Callable[..., Picture]]:
        """Return name → function that draws it; its arguments are the controls that it needs."""
        course = self.course
        unit = ["unit"] if course.has_unit else []
        found: dict[str, Callable[..., Picture]] = {}
        if course.entropy is not None:
            found["entropy"] = _taking(
                self._measures.entropy, [*course.takes([course.entropy]), *unit]
            )
        if course.information is not None:
            takes = course.takes([course.information])
            takes += ["estimator"] if len(course.estimators) > 1 else []
            found["mutual_information"] = _taking(self._measures.information, [*takes, *unit])
        if course.curves:
            more = ["quantity"] if len(course.curves) > 1 else []
            found["curves"] = _taking(self._curves.draw, [*course.takes(course.all_curves), *more])
        if course.information is not None:
            found["density"] = _taking(self._density.draw, [*takes, "layer", *unit])
        return found

    def prepare(self, values: Values) -> None:
        """Draw the frames that a choice needs, and show nothing."""
        for draw in self.functions().values():
            names = inspect.signature(draw).parameters
            draw(**{name: values[name] for name in names}).to_png(compress_level=0)


def _taking(draw: Callable[[Values], Picture], names: Sequence[str]) -> Callable[..., Picture]:
    """Return a function with named arguments, by which the panel knows what redraws it."""

    def named(**values: Any) -> Picture:
        return draw(values)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    named.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return named
