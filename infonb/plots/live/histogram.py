"""The histogram of one neuron, with its bins."""

from __future__ import annotations

import numpy as np

from infonb.plots.live.frame import frame, with_offset
from infonb.plots.live.names import in_words
from infonb.plots.picture import Picture
from infonb.plots.style import palette

__all__ = ["NeuronHistogram"]

_HEIGHTS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.02)


class NeuronHistogram:
    """The shares of a neuron's samples in bins."""

    def __init__(self, size: tuple[float, float] = (4.6, 2.2)) -> None:
        self._picture, self._axis, self._title = frame(size)
        self._bars = self._axis.stairs([0.0], [0.0, 1.0], fill=True, color=palette(1, "layers")[0])
        lines = (self._axis.spines[side] for side in ("left", "bottom"))
        self._picture.add_content(self._bars, *lines, self._title)  # the lines lie over the bars

    def draw(self, values: np.ndarray, edges: np.ndarray, title: str, bins: str) -> Picture:
        """Return the picture, the same each time, of values (sample,) in edges (bins + 1,)."""
        counts, _ = np.histogram(values, bins=edges)
        share = counts / counts.sum()
        self._bars.set_data(share, edges)
        margin = 0.02 * (edges[-1] - edges[0])
        xlim = (edges[0] - margin, edges[-1] + margin)
        # a few heights only: neurons can be compared, and the axis seldom changes
        top = next(height for height in _HEIGHTS if share.max() <= height)
        self._axis.set(xlim=xlim, ylim=(0, top), ylabel="share of samples")
        words = f"activation, {bins}"
        label = with_offset(self._axis.xaxis, words)
        if label != words:  # there is no room for both; the alt text has all
            label = with_offset(self._axis.xaxis, f"activation, {bins.partition(', ')[0]}")
        self._axis.set_xlabel(label)
        self._picture.frame_depends(xlim, top, bins)
        self._title.set_text(title)
        words = in_words(title)
        self._picture.alt = f"Histogram of a neuron in {bins}: {words}."
        return self._picture
