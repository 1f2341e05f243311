"""The pictures of an explorer: a neuron, a pair, all pairs of a layer, all layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.activations import sample_coordinate
from infonb.plots.live import EntropyBoxes, NeuronHistogram, PairMatrix, PairScatter
from infonb.plots.live.names import shortened
from infonb.plots.picture import Picture
from infonb.plots.style import label_of
from infonb.widgets.explorer.choice import Choice
from infonb.widgets.explorer.exciting import ExcitingExamples
from infonb.widgets.explorer.measured import PAIR_BINS, Measured
from infonb.widgets.panel.dependence import Draw, depending_on

__all__ = ["Views"]

#: Of a picture, in inches, so that two fit on the screen of a laptop; letters of its title.
_WIDTH, _LETTERS = 4.6, 56

#: View → the controls on which it depends, besides the levels.
_TAKES = {
    "matrix": ("layer", "neuron", "other", "edges", "n_samples", "unit"),
    "scatter": ("layer", "neuron", "other", "edges", "k", "n_samples", "unit"),
    "histogram": ("layer", "neuron", "bins", "edges", "n_samples", "unit"),
    "boxes": ("layer", "neuron", "bins", "edges", "n_samples", "unit"),
    "examples": ("layer", "neuron", "n_samples"),
}

_PAIRS = f"{PAIR_BINS} × {PAIR_BINS}"


class Views:
    """Draws what was measured; `heights` in inches are those of pictures of pairs, and others."""

    def __init__(
        self,
        measured: Measured,
        colour_by: str | None = None,
        heights: tuple[float, float] = (3.4, 2.2),
        examples: ExcitingExamples | None = None,
    ) -> None:
        self.measured = measured
        name = sample_coordinate(measured.values, colour_by, "colour_by")
        self._classes, different = _classes(None if name == "sample" else measured.values[name])
        pair, single = ((_WIDTH, height) for height in heights)
        self._scatter = PairScatter(different, name, pair)
        self._histogram = NeuronHistogram(single)
        self._matrix = PairMatrix(pair)
        self._boxes = EntropyBoxes(measured.layers, single)
        self._examples = examples

    def functions(self, *names: str, **fixed: Any) -> dict[str, Draw]:
        """Return name → function of its controls that draws it; `fixed` have no control."""
        measured = self.measured

        def of(draw: Callable[[Choice], Picture]) -> Callable[[Mapping[str, Any]], Picture]:
            return lambda values: draw(measured.choice({**fixed, **values}))

        return {
            name: depending_on(
                [*measured.levels, *(one for one in _TAKES[name] if one not in fixed)],
                of(getattr(self, name)),
            )
            for name in names
        }

    def histogram(self, choice: Choice) -> Picture:
        """Draw the chosen neuron in its bins, with its entropy."""
        entropy = self.measured.neuron_entropy(choice) * choice.factor
        most = np.log(choice.bins) * choice.factor
        title = (
            f"{self._place(choice)}, {self._neuron(choice)}\n"
            f"H = {entropy:z.2f} {choice.unit} (at most log {choice.bins} = {most:z.2f} "
            f"{choice.unit})"
        )
        n, whole = choice.n_samples, self.measured.of_samples
        samples = f"{n:,} samples" if n == whole else f"{n:,} of {whole:,} samples"
        return self._histogram.draw(
            self.measured.neuron(choice), self.measured.bin_edges(choice), title,
            f"{choice.bins_in_words()}, {samples}",
        )  # fmt: skip

    def scatter(self, choice: Choice) -> Picture:
        """Draw the chosen pair, with its MI from neighbours and in bins."""
        if choice.neuron == choice.other:
            title = "a neuron with itself:\nchoose another to see what they share"
        else:
            found, made = self.measured.information(choice)
            binned = self.measured.binned(choice) * choice.factor
            title = (
                f"I = {found * choice.factor:z.2f} {choice.unit} ({made})\n"
                f"{binned:z.2f} {choice.unit} in {choice.bins_in_words(_PAIRS)}"
            )
        both = [choice, replace(choice, neuron=choice.other)]
        x, y = map(self.measured.neuron, both)
        first, second = map(self._neuron, both)
        classes = None if self._classes is None else self._classes[: choice.n_samples]
        return self._scatter.draw(
            x, y, classes, names=(first, second), where=self._place(choice), title=title
        )

    def matrix(self, choice: Choice) -> Picture:
        """Draw the MI of all pairs of the layer, with the chosen pair marked."""
        matrix = self.measured.matrix(choice)
        first, second = map(matrix.place, choice.pair)
        chosen = None if first is None or second is None else (first, second)
        shown, width = len(matrix.neurons), self.measured.widths[choice.layer]
        words, bins = "MI of all pairs", choice.bins_in_words(_PAIRS)
        if shown < width:
            words = "MI of pairs" if chosen else "MI of other pairs"
            bins = f"{shown} of {width:,} neurons sampled, {bins}"
        place = self._place(choice, _LETTERS - len(f": {words}"))
        title = f"{place}: {words}\n{bins}"
        information = matrix.information * choice.factor
        layer = shortened(self.measured.layers[choice.layer], 18)
        picture = self._matrix.draw(information, chosen, title, unit=choice.unit, layer=layer)
        if not chosen:
            picture.alt += " The chosen pair is not among them."
        elif choice.neuron != choice.other:
            first, second = (self.measured.labels[at] for at in choice.pair)
            value = information[chosen]
            picture.alt += f" Marked: {first} and {second}, {value:z.2f} {choice.unit}."
        return picture

    def boxes(self, choice: Choice) -> Picture:
        """Draw the entropies of all layers, with the chosen neuron marked."""
        entropy = [values * choice.factor for values in self.measured.entropy(choice)]
        return self._boxes.draw(
            entropy, (choice.layer, float(entropy[choice.layer][choice.neuron])),
            choice.bins_in_words(), unit=choice.unit,
            chosen=f"{self.measured.layers[choice.layer]}, {self._neuron(choice)}",
        )  # fmt: skip

    def examples(self, choice: Choice) -> Picture:
        """Draw the examples that excite the chosen neuron most, of the samples on show."""
        assert self._examples is not None
        place = f"{self._place(choice)}, {self._neuron(choice)}"
        return self._examples.draw(self.measured, choice, place)

    def _neuron(self, choice: Choice) -> str:
        return f"neuron {self.measured.labels[choice.neuron]}"

    def _place(self, choice: Choice, room: int = _LETTERS) -> str:
        """Return the chosen network and layer in words; of the layer's name as much as fits."""
        measured = self.measured
        every = zip(measured.dims.items(), choice.level, strict=True)
        levels = [label_of(dim, measured.levels[name][at]) for (name, dim), at in every]
        most = min(max(room - len(", ".join([*levels, ""])), 8), 22)
        return ", ".join([*levels, shortened(measured.layers[choice.layer], most)])


def _classes(labels: xr.DataArray | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the classes of the samples, and the different ones; a missing label is one too."""
    if labels is None:
        return None, None
    values, missing = labels.values, labels.isnull().values
    if not missing.any():
        return values, np.unique(values)
    names = np.array([str(value) for value in values], dtype=object)
    names[missing] = "none"
    return names, np.array([*sorted(set(names[~missing])), "none"], dtype=object)
