"""The panel that goes through a sweep or a training."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from infonb.plots.style import label_of
from infonb.widgets.levels.levels import Levels
from infonb.widgets.levels.quantiles import ALL, EVERY_LAYER
from infonb.widgets.levels.views import Views
from infonb.widgets.panel.controls import buttons, choice, named
from infonb.widgets.panel.panel import Panel

__all__ = ["LevelsPanel"]


class LevelsPanel(Panel):
    """A panel whose choice selects from the results."""

    dims: Sequence[Hashable] = ()

    @classmethod
    def of(
        cls,
        levels: Levels,
        dims: Sequence[Hashable],
        *,
        unit: str,
        interactive: bool,
        play: bool = False,
    ) -> LevelsPanel:
        """Return the panel of levels; `dims` are those of the results, `play` adds a button."""
        chosen = controls(levels, unit)
        pictures = Views(levels)
        functions = pictures.functions()
        nearest = _nearest(levels)
        step = _step(levels, chosen[levels.over])
        clicks = {name: nearest for name in functions if name != "density"}
        steps = dict.fromkeys(clicks, step)
        beside = [_play(chosen[levels.over])] if play else []
        panel = cls(
            functions, chosen, interactive=interactive, on_click=clicks, on_step=steps,
            beside=beside, owns_controls=True,
        )  # fmt: skip
        panel.dims = dims
        if interactive and "unit" in chosen:
            # the axes in the other unit are ready before they are asked for
            pictures.prepare(panel.value | {"unit": "bit" if unit == "nat" else "nat"})
        for estimator in list(levels.estimators)[1:] if interactive else ():
            pictures.prepare(panel.value | {"estimator": estimator})
        return panel

    @property
    def selection(self) -> dict[str, Any]:
        """
        The choice as ``results.sel(panel.selection)`` takes it: dimension → label.

        Without what stands for all seeds or all layers. For the pairs within a layer it holds
        ``other_layer`` too, if the results have that dimension.
        """
        chosen = {
            name: value
            for name, value in self.value.items()
            if name in self.dims and not (isinstance(value, str) and value in (ALL, EVERY_LAYER))
        }
        if "layer" in chosen and "other_layer" in self.dims:
            chosen["other_layer"] = chosen["layer"]  # the pairs are those within the layer
        return chosen


def controls(levels: Levels, unit: str) -> dict[str, Any]:
    """Return the controls: level, seed, other dimensions, layer, estimator, curves, unit."""
    found: dict[str, Any] = {}
    labels = [(levels.names[label], label) for label in levels.labels]
    found[levels.over] = choice(labels, label_of(levels.over), levels.labels[-1])
    if len(levels.seeds) > 1:
        found["seed"] = choice([("all", ALL), *named(levels.seeds[1:])], "seed", ALL)
    for dim, labels in levels.settings.items():
        found[dim] = choice(named(labels), label_of(dim), labels[0])
    if len(levels.layers) > 1:  # of one there is nothing to choose
        layers = [(layer, layer) for layer in levels.layers]
        found["layer"] = choice(layers, f"{levels.kind.many} of layer", levels.layers[-1])
    if len(levels.estimators) > 1:
        names = list(levels.estimators)
        found["estimator"] = buttons(names, "estimator", names[0])
    if len(levels.curves) > 1:
        found["quantity"] = buttons(list(levels.curves), "curves of", next(iter(levels.curves)))
    if levels.has_unit:
        found["unit"] = buttons(["nat", "bit"], "unit", unit)
    return found


def _nearest(levels: Levels) -> Callable[[float, float], Mapping[str, Any]]:
    """Return a function of a place in the picture that gives the level nearest to it."""
    places = np.array([levels.x(level) for level in levels.labels])

    def nearest(x: float, y: float) -> dict[str, Any]:
        return {levels.over: levels.labels[int(np.abs(places - x).argmin())]}

    return nearest


def _step(levels: Levels, slider: Any) -> Callable[[int, int], Mapping[str, Any]]:
    """Return a function of steps to the right that gives the level so many levels further on."""

    def step(right: int, up: int) -> dict[str, Any]:
        at = min(max(slider.index + right, 0), len(levels.labels) - 1)
        return {levels.over: levels.labels[at]}

    return step


def _play(slider: Any) -> Any:
    """Return a button, with its label, that moves a slider on from level to level."""
    import ipywidgets as widgets

    play = widgets.Play(
        value=slider.index, min=0, max=len(slider.options) - 1, interval=700, show_repeat=False
    )
    play.link = widgets.jslink((play, "value"), (slider, "index"))
    return widgets.HBox([widgets.Label("play"), play])
