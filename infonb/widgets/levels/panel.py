"""The panel that goes through a sweep or a training."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from infonb.plots.style import label_of
from infonb.widgets.explorer.controls import choice, named
from infonb.widgets.levels.levels import Course
from infonb.widgets.levels.pictures import Pictures
from infonb.widgets.levels.quantiles import ALL, EVERY_LAYER
from infonb.widgets.panel.panel import Panel

__all__ = ["CoursePanel"]


class CoursePanel(Panel):
    """
    A panel whose choice selects from the results.

    Attributes
    ----------
    selection : dict
        The choice as ``results.sel(panel.selection)`` takes it: dimension → label, without what
        stands for all seeds or all layers. For the pairs within a layer it holds ``other_layer``
        too, if the results have that dimension.

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
        nearest = _nearest(course)
        step = _step(course, chosen[course.over])
        clicks = {name: nearest for name in functions if name != "density"}
        steps = dict.fromkeys(clicks, step)
        beside = [_play(chosen[course.over])] if play else []
        panel = cls(
            functions, chosen, interactive=interactive, on_click=clicks, on_step=steps,
            beside=beside, owns_controls=True,
        )  # fmt: skip
        panel.dims = dims
        if interactive and "unit" in chosen:
            # the axes in the other unit are ready before they are asked for
            pictures.prepare(panel.value | {"unit": "bit" if unit == "nat" else "nat"})
        for estimator in list(course.estimators)[1:] if interactive else ():
            pictures.prepare(panel.value | {"estimator": estimator})
        return panel

    @property
    def selection(self) -> dict[str, Any]:
        """The choice, for ``results.sel(panel.selection)``."""
        chosen = {
            name: value
            for name, value in self.value.items()
            if name in self.dims and not (isinstance(value, str) and value in (ALL, EVERY_LAYER))
        }
        if "layer" in chosen and "other_layer" in self.dims:
            chosen["other_layer"] = chosen["layer"]  # the pairs are those within the layer
        return chosen


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
    found: dict[str, Any] = {}
    levels = [(course.names[level], level) for level in course.levels]
    found[course.over] = choice(levels, label_of(course.over), course.levels[-1])
    if len(course.seeds) > 1:
        found["seed"] = choice([("all", ALL), *named(course.seeds[1:])], "seed", ALL)
    for dim, labels in course.settings.items():
        found[dim] = choice(named(labels), label_of(dim), labels[0])
    if course.layers:
        layers = [(layer, layer) for layer in course.layers]
        found["layer"] = choice(layers, f"{course.kind.many} of layer", course.layers[-1])
    if len(course.estimators) > 1:
        names = list(course.estimators)
        found["estimator"] = _buttons(names, "estimator", names[0])
    if len(course.curves) > 1:
        found["quantity"] = _buttons(list(course.curves), "curves of", next(iter(course.curves)))
    if course.has_unit:
        found["unit"] = _buttons(["nat", "bit"], "unit", unit)
    return found


def _buttons(options: list[str], words: str, value: str) -> Any:
    import ipywidgets as widgets

    narrow = {"button_width": "auto"}
    return widgets.ToggleButtons(options=options, value=value, description=words, style=narrow)


def _nearest(course: Course) -> Callable[[float, float], Mapping[str, Any]]:
    """Return a function of a place in the picture that gives the level nearest to it."""
    places = np.array([course.x(level) for level in course.levels])

    def nearest(x: float, y: float) -> dict[str, Any]:
        return {course.over: course.levels[int(np.abs(places - x).argmin())]}

    return nearest


def _step(course: Course, slider: Any) -> Callable[[int, int], Mapping[str, Any]]:
    """Return a function of steps to the right that gives the level so many levels further on."""

    def step(right: int, up: int) -> dict[str, Any]:
        at = min(max(slider.index + right, 0), len(course.levels) - 1)
        return {course.over: course.levels[at]}

    return step


def _play(slider: Any) -> Any:
    """Return a button, with its label, that moves a slider on from level to level."""
    import ipywidgets as widgets

    play = widgets.Play(
        value=slider.index, min=0, max=len(slider.options) - 1, interval=700, show_repeat=False
    )
    play.link = widgets.jslink((play, "value"), (slider, "index"))
    return widgets.HBox([widgets.Label("play"), play])
