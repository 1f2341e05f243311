"""Lists to choose neurons from: by their entropy, and pairs by their mutual information."""

from __future__ import annotations

from typing import Any

import numpy as np

from infonb.widgets.explorer.measured import Measured
from infonb.widgets.panel.panel import Panel

__all__ = ["NeuronLists"]

#: Pairs in the list; neurons in theirs: at most 500, from more the ends.
_PAIRS, _MOST = 20, 500

#: What is chosen in a list that does not have the present neurons.
_NOTHING = ()

_HINT = (
    '<span style="color: var(--jp-ui-font-color1, inherit); line-height: 1.3; display: block">'
    "In the matrix: click, or arrow keys (with shift: by ten).</span>"
)


class NeuronLists:
    """Two lists beside the controls of a panel, which set its neurons and follow them."""

    def __init__(self, measured: Measured) -> None:
        import ipywidgets as widgets

        self._measured = measured
        self._neurons = widgets.Dropdown(options=[], description="neurons by entropy")
        self._pairs = widgets.Dropdown(options=[], description="pairs by MI")
        hint = widgets.HTML(_HINT)
        self.widgets = [self._neurons, self._pairs, hint]
        self._following = False

    def connect(self, panel: Panel) -> None:
        """Let the lists set the neurons of a panel."""

        def chosen(names: tuple[str, ...]) -> Any:
            def set_neurons(change: Any) -> None:
                if not self._following and change["new"] != _NOTHING:
                    value = change["new"] if len(names) > 1 else (change["new"],)
                    panel.set(**dict(zip(names, value, strict=True)))

            return set_neurons

        self._neurons.observe(chosen(("neuron",)), names="value")
        self._pairs.observe(chosen(("neuron", "other")), names="value")
        self.update(panel.value)

    def update(self, value: dict[str, Any]) -> None:
        """Show what belongs to a panel's choice; this chooses nothing."""
        self._following = True
        try:
            self._update(value)
        finally:
            self._following = False

    def _update(self, value: dict[str, Any]) -> None:
        measured, labels = self._measured, self._measured.labels
        choice = measured.choice(value)
        entropy = measured.entropy(choice)[choice.layer]
        order = np.argsort(entropy, kind="stable")
        if len(order) > _MOST:
            order = np.r_[order[: _MOST // 2], order[-_MOST // 2 :]]
        neurons = [
            (f"{labels[at]}: {entropy[at] * choice.factor:z.2f} {choice.unit}", labels[at])
            for at in order
        ]
        _replace(self._neurons, neurons, value["neuron"])
        pairs = []
        for first, second, found in measured.matrix(choice).highest(_PAIRS):
            both = (labels[first], labels[second])
            found *= choice.factor
            pairs.append((f"{both[0]} and {both[1]}: {found:z.2f} {choice.unit}", both))
        _replace(self._pairs, pairs, tuple(labels[at] for at in sorted(choice.pair)))


def _replace(one: Any, options: list[tuple[str, Any]], value: Any) -> None:
    """Give a list other options; show the value if it is among them."""
    options = [("choose …", _NOTHING), *options]
    if list(one.options) != options:
        one.options = options
    one.value = value if any(value == option for _, option in options) else _NOTHING
