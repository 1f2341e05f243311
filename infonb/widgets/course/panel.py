"""The panel that goes through a sweep or a training."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from infonb.plots.picture import label_of
from infonb.widgets.course.course import Course
from infonb.widgets.course.pictures import Pictures
from infonb.widgets.course.spread import ALL, EVERY_LAYER
from infonb.widgets.panel import Panel

__all__ = ["CoursePanel"]


class CoursePanel(Panel):
    """
    A panel whose choice selects from the results.

    Attributes
    ----------
    selection : dict
        The choice as ``results.sel(panel.selection)`` takes it: dimension → label, without what
        stands for all seeds or all layers.

    Examples
    --------
    See `infonb.widgets.explore_sweep`.
    """

    dims: Sequence[Hashable] = ()

    @classmethod
    def of(
        cls,
        course: Course,
        dims: Sequence[Hashable],
        *,
        unit: str,
        interactive: bool,
        play: bool = False,
    ) -> CoursePanel:
        """
        Return the panel of a course.

        Parameters
        ----------
        course
            What was measured.
        dims
            The dimensions of the results.
        unit
            Where the control of the unit starts.
        interactive
            False: only the pictures.
        play
            Whether a button goes through the levels by itself.
        """
        chosen = controls(course, unit)
        pictures = Pictures(course)
        functions = pictures.functions()
        nearest = _nearest(course, chosen[course.over])
        clicks = {name: nearest for name in functions if name != "density"}
        beside = [_play(chosen[course.over])] if play else []
        panel = cls(functions, chosen, interactive=interactive, on_click=clicks, beside=beside)
        panel.dims = dims
        if interactive and "unit" in chosen:
            # the axes in the other unit are ready before they are asked for
            other = {**panel.value, "unit": "bit" if unit == "nat" else "nat"}
            pictures.prepare(other)
        return panel

    @property
    def selection(self) -> dict[str, Any]:
        """The choice, for ``results.sel(panel.selection)``."""
        return {
            name: value
            for name, value in self.value.items()
            if name in self.dims and not (isinstance(value, str) and value in (ALL, EVERY_LAYER))
        }


def controls(course: Course, unit: str) -> dict[str, Any]:
    """
    Return the controls of a course: level, seed, other dimensions, layer, curves, unit.

    Examples
    --------
    >>> import xarray as xr
    >>> h = xr.DataArray([[[1.0]]], {"alpha": [0], "layer": ["fc1"]}, ("alpha", "layer", "neuron"))
    >>> list(controls(Course("alpha", [0], h, None), "nat"))
    ['alpha', 'unit']
    """
    import ipywidgets as widgets

    found: dict[str, Any] = {}
    found[course.over] = widgets.SelectionSlider(
        options=_named(course.levels), value=course.levels[-1], description=label_of(course.over)
    )
    if len(course.seeds) > 1:
        options = [("all together", ALL), *_named(course.seeds[1:])]
        found["seed"] = widgets.SelectionSlider(options=options, description="seed")
    for dim, labels in course.settings.items():
        found[dim] = _choice(_named(labels), label_of(dim), labels[0])
    if course.layers:
        layers = [(layer, layer) for layer in course.layers]
        found["layer"] = _choice(layers, "pairs of layer", course.layers[-1])
    if len(course.curves) > 1:
        found["quantity"] = _buttons(list(course.curves), "curves of", next(iter(course.curves)))
    if course.has_unit:
        found["unit"] = _buttons(["nat", "bit"], "unit", unit)
    return found


def _choice(options: list[tuple[str, Any]], words: str, value: Any) -> Any:
    """Return a slider, which the arrow keys move everywhere, or a list if names are long."""
    import ipywidgets as widgets

    short = max(len(name) for name, _ in options) <= 14
    kind = widgets.SelectionSlider if short else widgets.Dropdown
    return kind(options=options, value=value, description=words)


def _buttons(options: list[str], words: str, value: str) -> Any:
    import ipywidgets as widgets

    narrow = {"button_width": "auto"}
    return widgets.ToggleButtons(options=options, value=value, description=words, style=narrow)


def _named(labels: Sequence[Any]) -> list[tuple[str, Any]]:
    return [(label if isinstance(label, str) else f"{label:g}", label) for label in labels]


def _nearest(course: Course, slider: Any) -> Callable[[float, float], Mapping[str, Any]]:
    """Return a function of a place in the picture that gives the level nearest to it."""
    places = np.array([course.x(level) for level in course.levels])

    def nearest(x: float, y: float) -> dict[str, Any]:
        at = int(np.abs(places - x).argmin())
        step = x - places[slider.index]
        if at == slider.index and abs(step) in (1.0, 10.0):
            # an arrow key, and the next level is further away than its step
            at = int(np.clip(at + np.sign(step), 0, len(places) - 1))
        return {course.over: course.levels[at]}

    return nearest


def _play(slider: Any) -> Any:
    """Return a button, with its label, that moves a slider on from level to level."""
    import ipywidgets as widgets

    play = widgets.Play(
        value=slider.index, min=0, max=len(slider.options) - 1, interval=700, show_repeat=False
    )
    play.link = widgets.jslink((play, "value"), (slider, "index"))
    return widgets.HBox([widgets.Label("play"), play])
