"""The entropy of all neurons, a box for each layer, with the chosen neuron marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from infonb.plots.live.frame import fit, frame
from infonb.plots.live.names import distinct
from infonb.plots.picture import Picture
from infonb.plots.style import palette

__all__ = ["EntropyBoxes"]

#: More names do not fit below the axis.
_NAMES = 6

#: The axis spans so much at least: entropies of neurons that are alike differ by less.
_LEAST = 0.05


class EntropyBoxes:
    """Boxes of the entropy of neurons: quartiles, and whiskers to the last within 1.5 boxes."""

    def __init__(self, layers: Sequence[str], size: tuple[float, float] = (4.6, 2.2)) -> None:
        self._layers = list(layers)
        self._picture, self._axis, self._title = frame(size)
        step = -(-len(layers) // _NAMES)
        names = distinct(layers, max(int(58 / min(len(layers), _NAMES)), 6))
        self._axis.set_xlim(-0.6, len(layers) - 0.4)
        self._axis.set_xticks(range(0, len(layers), step), names[::step])
        for name in self._axis.get_xticklabels():
            name.set_parse_math(False)
        self._axis.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        self._boxes: list = []
        self._shown: list[np.ndarray] = []
        self._number = 0
        colours = palette(4, "layers")
        self._colour = colours[0]
        self._mark = self._axis.plot(
            [], [], "D", ms=7, mfc=colours[3], mec="black", mew=1, zorder=5
        )[0]
        self._picture.add_content(self._mark, self._title)

    def draw(
        self,
        entropy: Sequence[np.ndarray],
        marked: tuple[int, float],
        title: str,
        *,
        unit: str,
        chosen: str,
    ) -> Picture:
        """Return the picture, the same each time, of entropies (neuron,) of each layer."""
        if not _same(entropy, self._shown):
            self._replace(entropy)
        self._picture.frame_depends(self._number, unit)
        self._mark.set_data([marked[0]], [marked[1]])
        self._axis.set_ylabel(f"entropy ({unit})")
        self._title.set_text(f"entropy of all neurons, {title}")
        medians = ", ".join(
            f"{name} {np.median(values):z.2f}"
            for name, values in zip(self._layers, entropy, strict=True)
        )
        self._picture.alt = (
            f"Boxes of the entropy of neurons, {title}; medians ({unit}): {medians}. "
            f"Marked: {chosen}, {marked[1]:z.2f} {unit}."
        )
        return self._picture

    def _replace(self, entropy: Sequence[np.ndarray]) -> None:
        for artist in self._boxes:
            artist.remove()
        drawn = self._axis.boxplot(
            list(entropy), positions=range(len(entropy)), widths=0.6, patch_artist=True,
            manage_ticks=False, boxprops={"facecolor": (*self._colour, 0.45), "linewidth": 0.8},
            medianprops={"color": "black", "linewidth": 2},
            flierprops={"marker": ".", "markersize": 3, "markeredgecolor": "0.3"},
        )  # fmt: skip
        self._boxes = [artist for part in drawn.values() for artist in part]
        self._axis.set_ylim(*fit(np.concatenate(list(entropy)), 0.08, least=_LEAST))
        self._shown, self._number = list(entropy), self._number + 1


def _same(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> bool:
    return len(first) == len(second) and all(map(np.array_equal, first, second))
