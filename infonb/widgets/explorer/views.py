"""The pictures of an explorer: a neuron, a pair, all pairs of a layer, all layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.activations import sample_coordinate
from infonb.plots.live import EntropyBoxes, NeuronHistogram, PairMatrix, PairScatter
from infonb.plots.live.names import shortened
from infonb.plots.picture import Picture
from infonb.plots.style import label_of
from infonb.widgets.explorer.measured import PAIR_BINS, Measured

__all__ = ["PER_UNIT", "Views", "bins_in_words"]

#: Unit → by what nats are multiplied.
PER_UNIT = {"nat": 1.0, "bit": 1 / np.log(2)}

#: Of a picture, in inches: two side by side fit on the screen of a laptop.
_WIDTH = 4.6


def bins_in_words(bins: int | str, edges: str) -> str:
    """
    Return which bins are meant.

    Examples
    --------
    >>> bins_in_words(100, "common"), bins_in_words("10 × 10", "neuron")
    ('100 common bins', '10 × 10 bins of its own')
    """
    noun = "bin" if bins == 1 else "bins"
    return f"{bins} common {noun}" if edges == "common" else f"{bins} {noun} of its own"


class Views:
    """
    Draws what was measured; each method takes values of controls and returns a picture.

    Parameters
    ----------
    measured
        The activations.
    colour_by
        Coordinate on ``sample`` that colours the scatter; None: the label if it is known, else the
        prediction, else one colour.
    heights
        Of pictures of pairs, and of the others, in inches.

    Examples
    --------
    >>> import infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(50, 3))}
    >>> views = Views(Measured(inb.from_arrays(values)))
    >>> views.boxes("fc1", 2, bins=5, edges="common", n_samples=50).alt.split(";")[0]
    'Boxes of the entropy of neurons, 5 common bins'
    """

    def __init__(
        self,
        measured: Measured,
        colour_by: str | None = None,
        heights: tuple[float, float] = (3.4, 2.2),
    ) -> None:
        self.measured = measured
        name = sample_coordinate(measured.values, colour_by, "colour_by")
        self._classes, different = _classes(None if name == "sample" else measured.values[name])
        pair, single = ((_WIDTH, height) for height in heights)
        self._scatter = PairScatter(different, name, pair)
        self._histogram = NeuronHistogram(single)
        self._matrix = PairMatrix(pair)
        self._boxes = EntropyBoxes(measured.layers, single)

    def histogram(
        self,
        layer: str,
        neuron: int,
        bins: int,
        edges: str,
        n_samples: int,
        unit: str = "nat",
        level: Any = None,
    ) -> Picture:
        """Draw the chosen neuron in its bins, with its entropy."""
        at, row, place = self._at(level, layer, neuron)
        values = self.measured.neuron(at, row, place, n_samples)
        grid = self.measured.edges(at, row, place, n_samples, bins, edges)
        entropy = self.measured.entropy_in(values, grid) * PER_UNIT[unit]
        most = np.log(bins) * PER_UNIT[unit]
        title = (
            f"{self._name(level, layer)}, neuron {neuron}\n"
            f"H = {entropy:z.2f} {unit} (at most log {bins} = {most:z.2f} {unit})"
        )
        words = f"{bins_in_words(bins, edges)}, {self._samples(n_samples)}"
        return self._histogram.draw(values, grid, title, words)

    def scatter(
        self,
        layer: str,
        neuron: int,
        other: int,
        edges: str,
        k: int,
        n_samples: int,
        unit: str = "nat",
        level: Any = None,
    ) -> Picture:
        """Draw the chosen pair, with its MI from neighbours and in bins."""
        at, row, place = self._at(level, layer, neuron)
        pair = (place, self.measured.place(other))
        if neuron == other:
            title = "a neuron with itself:\nchoose another to see what they share"
        else:
            found, how = self.measured.information(at, row, pair, n_samples, k)
            binned = self.measured.binned(at, row, pair, n_samples, edges)
            bins = bins_in_words(f"{PAIR_BINS} × {PAIR_BINS}", edges)
            title = (
                f"I = {found * PER_UNIT[unit]:z.2f} {unit} ({how})\n"
                f"{binned * PER_UNIT[unit]:z.2f} {unit} in {bins}"
            )
        x, y = (self.measured.neuron(at, row, each, n_samples) for each in pair)
        classes = None if self._classes is None else self._classes[:n_samples]
        names, where = (f"neuron {neuron}", f"neuron {other}"), self._name(level, layer)
        return self._scatter.draw(x, y, classes, names=names, where=where, title=title)

    def matrix(
        self,
        layer: str,
        neuron: int,
        other: int,
        edges: str,
        n_samples: int,
        unit: str = "nat",
        level: Any = None,
    ) -> Picture:
        """Draw the MI of all pairs of the layer, with the chosen pair marked."""
        at, row, place = self._at(level, layer, neuron)
        matrix = self.measured.matrix(at, row, n_samples, edges)
        first, second = matrix.place(place), matrix.place(self.measured.place(other))
        chosen = None if first is None or second is None else (first, second)
        shown, width = len(matrix.neurons), self.measured.widths[row]
        some = "all pairs" if shown == width else f"pairs of {shown} of {width:,} neurons, drawn"
        note = "" if chosen else "; chosen pair not drawn"
        title = (
            f"{self._name(level, layer)}: MI of {some}\n"
            f"{bins_in_words(f'{PAIR_BINS} × {PAIR_BINS}', edges)}{note}"
        )
        information = matrix.information * PER_UNIT[unit]
        picture = self._matrix.draw(information, chosen, title, unit=unit)
        if chosen and neuron != other:
            picture.alt += f" Marked: {neuron} and {other}, {information[chosen]:z.2f} {unit}."
        return picture

    def boxes(
        self,
        layer: str,
        neuron: int,
        bins: int,
        edges: str,
        n_samples: int,
        unit: str = "nat",
        level: Any = None,
    ) -> Picture:
        """Draw the entropies of all layers, with the chosen neuron marked."""
        at, row, place = self._at(level, layer, neuron)
        entropy = [
            values * PER_UNIT[unit] for values in self.measured.entropy(at, n_samples, bins, edges)
        ]
        return self._boxes.draw(
            entropy, (row, float(entropy[row][place])), bins_in_words(bins, edges),
            unit=unit, chosen=f"{layer}, neuron {neuron}",
        )  # fmt: skip

    def _samples(self, n: int) -> str:
        """Return how many samples are shown, and of how many."""
        whole = self.measured.of_samples
        return f"{n:,} samples" if n == whole else f"{n:,} of {whole:,} samples"

    def _at(self, level: Any, layer: str, neuron: int) -> tuple[int, int, int]:
        """Return the positions of a level, a layer and a neuron."""
        measured = self.measured
        at = measured.levels.index(level) if measured.by else 0
        return at, measured.layers.index(layer), measured.place(neuron)

    def _name(self, level: Any, layer: str) -> str:
        short = shortened(layer)
        return f"{label_of(self.measured.by, level)}, {short}" if self.measured.by else short


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
