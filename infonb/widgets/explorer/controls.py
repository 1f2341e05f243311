"""The controls over labelled activations that explorers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from infonb.plots.style import label_of
from infonb.validate import check_choice, check_integer
from infonb.widgets.explorer.measured import Measured
from infonb.widgets.panel.controls import choice, named

__all__ = ["SIZES", "activation_controls", "keep_in_layer", "settings_controls"]

#: Numbers of samples to choose from.
SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)

_EDGES = {
    "common": "common to all neurons",
    "shared": "shared by all networks",
    "neuron": "each neuron by itself",
}


def activation_controls(measured: Measured) -> dict[str, Any]:
    """Return the controls that choose a pair of neurons: levels, layer, both neurons."""
    import ipywidgets as widgets

    controls: dict[str, Any] = {}
    for name, labels in measured.levels.items():
        start = labels[-1] if name == "level" else labels[0]
        controls[name] = choice(named(labels), label_of(measured.dims[name]), start)
    layers = measured.layers
    controls["layer"] = widgets.Dropdown(options=layers, value=layers[-1], description="layer")
    there = measured.neurons(layers[-1])
    for at, (name, words) in enumerate([("neuron", "neuron"), ("other", "other neuron")]):
        controls[name] = _slider(there, min(at, len(there) - 1), words)
    return controls


def settings_controls(measured: Measured, *, bins: int, edges: str) -> dict[str, Any]:
    """Return the controls over bins and their edges."""
    import ipywidgets as widgets

    check_integer("bins", bins, 1)
    check_choice("edges", edges, list(_EDGES))
    kinds = [one for one in _EDGES if one in (*measured.kinds_of_edges, edges)]
    return {
        "bins": widgets.IntSlider(bins, 1, max(200, bins), description="bins"),
        "edges": widgets.Dropdown(
            options=[(_EDGES[kind], kind) for kind in kinds], value=edges, description="edges"
        ),
    }


def keep_in_layer(
    controls: Mapping[str, Any], measured: Measured, hold: Callable[[], AbstractContextManager]
) -> None:
    """
    Let the controls over neurons choose among those of the layer that is chosen.

    To be called before the panel is made, which would else draw a neuron that the layer lacks;
    `hold` puts off drawing, as `Panel.hold`.
    """

    def limit(change: Any) -> None:
        with hold():
            for name in ("neuron", "other"):
                _keep_within(controls[name], measured.neurons(change["new"]))

    controls["layer"].observe(limit, names="value")


def _keep_within(control: Any, labels: Sequence[int]) -> None:
    """Let a control choose among other neurons; a value that is not there becomes the last."""
    if not hasattr(control, "options"):
        control.max = len(labels) - 1
        return
    value = control.value if control.value in labels else labels[-1]
    if list(control.options) != list(labels):
        control.options = labels
    control.value = value


def _slider(labels: Sequence[int], at: int, words: str) -> Any:
    """Return a slider over neurons; if they were selected, their labels are no positions."""
    import ipywidgets as widgets

    if list(labels) == list(range(len(labels))):
        return widgets.IntSlider(at, 0, len(labels) - 1, description=words)
    return widgets.SelectionSlider(options=labels, value=labels[at], description=words)
