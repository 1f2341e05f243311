"""The controls over labelled activations that explorers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from infonb.plots.live.names import numbers
from infonb.plots.style import label_of
from infonb.validate import check_choice, check_integer
from infonb.widgets.explorer.measured import Measured

__all__ = [
    "SIZES",
    "activation_controls",
    "choice",
    "keep_in_layer",
    "named",
    "settings_controls",
]

#: Numbers of samples to choose from.
SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)

#: Letters that there is room for beside a slider.
_SHORT = 10


def activation_controls(measured: Measured) -> dict[str, Any]:
    """
    Return the controls that choose a pair of neurons: level (if there are some), layer, neurons.

    Examples
    --------
    >>> import numpy as np, infonb as inb
    >>> controls = activation_controls(Measured(inb.from_arrays({"fc1": np.ones((50, 3))})))
    >>> {name: control.value for name, control in controls.items()}
    {'layer': 'fc1', 'neuron': 0, 'other': 1}
    """
    import ipywidgets as widgets

    controls: dict[str, Any] = {}
    if measured.by:
        levels = named(measured.levels)
        controls["level"] = choice(levels, label_of(measured.by), measured.levels[-1])
    layers = measured.layers
    controls["layer"] = widgets.Dropdown(options=layers, value=layers[-1], description="layer")
    there = measured.neurons(layers[-1])
    slider = _range if there == list(range(len(there))) else _labels
    controls["neuron"] = slider(there, 0, "neuron")
    controls["other"] = slider(there, 1, "other neuron")
    return controls


def choice(options: Sequence[tuple[str, Any]], words: str, value: Any) -> Any:
    """
    Return a slider, which the arrow keys move everywhere, or a list if names are long.

    Parameters
    ----------
    options
        Names and values.
    words
        The label.
    value
        What is chosen first.

    Examples
    --------
    >>> names = [("memorized, short", 0), ("memorized, long", 1)]
    >>> type(choice(names, "network", 0)).__name__, type(choice([("5", 5)], "epoch", 5)).__name__
    ('Dropdown', 'SelectionSlider')
    """
    import ipywidgets as widgets

    short = max(len(name) for name, _ in options) <= _SHORT
    kind = widgets.SelectionSlider if short else widgets.Dropdown
    return kind(options=options, value=value, description=words)


def named(labels: Sequence[Any]) -> list[tuple[str, Any]]:
    """
    Return labels with their names: numbers with as many digits as tell them apart.

    Examples
    --------
    >>> named([0.5, "all", 1_000_000])
    [('0.5', 0.5), ('all', 'all'), ('1,000,000', 1000000)]
    """
    words = iter(numbers([label for label in labels if not isinstance(label, str)]))
    return [(label if isinstance(label, str) else next(words), label) for label in labels]


def settings_controls(measured: Measured, *, bins: int, edges: str) -> dict[str, Any]:
    """Return the controls over bins and their edges."""
    import ipywidgets as widgets

    check_integer("bins", bins, 1)
    check_choice("edges", edges, ["common", "neuron"])
    return {
        "bins": widgets.IntSlider(bins, 1, max(200, bins), description="bins"),
        "edges": widgets.Dropdown(
            options=[("common to all neurons", "common"), ("each neuron's own", "neuron")],
            value=edges, description="edges",
        ),
    }  # fmt: skip


def keep_in_layer(
    controls: Mapping[str, Any], measured: Measured, hold: Callable[[], AbstractContextManager]
) -> None:
    """
    Let the controls over neurons choose among those of the layer that is chosen.

    To be called before the panel is made, which would else draw a neuron that the layer lacks.

    Parameters
    ----------
    controls
        Those of `activation_controls`.
    measured
        Knows the neurons of a layer.
    hold
        Puts off drawing, as `Panel.hold`.

    Examples
    --------
    >>> import contextlib, numpy as np, infonb as inb
    >>> measured = Measured(inb.from_arrays({"a": np.ones((9, 2)), "b": np.ones((9, 5))}))
    >>> controls = activation_controls(measured)
    >>> keep_in_layer(controls, measured, contextlib.nullcontext)
    >>> controls["neuron"].value = 4
    >>> controls["layer"].value = "a"
    >>> controls["neuron"].value
    1
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


def _range(labels: Sequence[int], at: int, words: str) -> Any:
    import ipywidgets as widgets

    return widgets.IntSlider(min(at, len(labels) - 1), 0, len(labels) - 1, description=words)


def _labels(labels: Sequence[int], at: int, words: str) -> Any:
    """Return a slider over neurons that were selected: their labels are no positions."""
    import ipywidgets as widgets

    value = labels[min(at, len(labels) - 1)]
    return widgets.SelectionSlider(options=labels, value=value, description=words)
