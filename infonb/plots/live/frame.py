"""An empty figure of fixed margins, of which only what has changed is drawn again."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.ticker import MaxNLocator

from infonb.plots.picture import DPI, SCALE, Picture, encode_png

__all__ = ["LiveFigure", "fit", "frame", "shortened"]

#: Inches left of the axes, below, and above them.
LEFT, BOTTOM, TOP = 0.7, 0.46, 0.54


class LiveFigure(Picture):
    """
    A picture of which most is drawn once: texts take the time of a drawing, and seldom change.

    Examples
    --------
    >>> figure, axis, title = frame((4, 3))
    >>> line, = axis.plot([0, 1], [0, 1])
    >>> figure.move(line, title)
    >>> before = figure.to_png()
    >>> line.set_ydata([1, 0])
    >>> figure.to_png() != before
    True
    """

    def __init__(self, size: tuple[float, float]) -> None:
        super().__init__(figsize=size, dpi=SCALE * DPI, facecolor="white")
        FigureCanvasAgg(self)
        self._moving: list[Any] = []
        self._key: Any = None
        self._drawn: Any = None

    def move(self, *artists: Any) -> None:
        """Say what changes with each drawing; the rest is drawn anew only after `still`."""
        self._moving = sorted(artists, key=lambda artist: artist.get_zorder())
        for artist in artists:
            artist.set_animated(True)  # matplotlib leaves it out of the rest

    def still(self, *key: Any) -> None:
        """Say on what the rest depends: it is drawn anew if that is not what it was."""
        if key != self._key:
            self._key, self._drawn = key, None

    def to_png(self, compress_level: int = 6) -> bytes:
        """Return the picture as PNG, as `Picture.to_png`."""
        canvas: Any = self.canvas
        if self._drawn is None:
            canvas.draw()
            self._drawn = canvas.copy_from_bbox(self.bbox)
        else:
            canvas.restore_region(self._drawn)
        for artist in self._moving:
            artist.draw(canvas.get_renderer())
        return encode_png(np.asarray(canvas.buffer_rgba()), compress_level)


def frame(
    size: tuple[float, float], *, right: float = 0.12, axes_width: float | None = None
) -> tuple[LiveFigure, Any, Any]:
    """
    Return a picture, its axes and the text above them, all at fixed places.

    A figure that lays itself out measures every text for each drawing, which takes longer than
    the drawing.

    Parameters
    ----------
    size
        Width and height in inches.
    right
        Inches on the right of the axes.
    axes_width
        Of the axes in inches; None: what is left.

    Examples
    --------
    >>> picture, axis, title = frame((4, 3))
    >>> title.set_text("one neuron")
    >>> axis.get_title(loc="left")
    'one neuron'
    """
    width, height = size
    picture = LiveFigure(size)
    across = axes_width or width - LEFT - right
    up = height - BOTTOM - TOP
    axis: Any = picture.add_axes((LEFT / width, BOTTOM / height, across / width, up / height))
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=9)
    axis.xaxis.label.set_size(10)
    axis.yaxis.label.set_size(10)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.ticklabel_format(scilimits=(-3, 4))  # a power of ten beside the axis, not long numbers
    # with these given, matplotlib looks for no free place
    axis.xaxis.set_label_coords(0.5, -0.26 / up)
    axis.yaxis.set_label_coords(-0.55 / across, 0.5)
    title = axis.set_title("", loc="left", x=-0.55 / across, y=1 + 0.14 / up, fontsize=10)
    title.set_linespacing(1.15)
    return picture, axis, title


def fit(values: np.ndarray, margin: float = 0.04) -> tuple[float, float]:
    """
    Return limits of an axis that shows all values with a margin, also of a constant.

    Examples
    --------
    >>> fit(np.array([0.0, 10.0]), margin=0.1), fit(np.array([2.0, 2.0]))
    ((-1.0, 11.0), (1.5, 2.5))
    """
    low, high = float(np.min(values)), float(np.max(values))
    if low == high:
        return low - 0.5, high + 0.5
    return low - margin * (high - low), high + margin * (high - low)


def shortened(name: str, length: int = 22) -> str:
    """
    Return a layer's name with its middle left out if it is too long for a figure.

    Examples
    --------
    >>> shortened("fc1"), shortened("encoder.layer.11.attention.output.dense")
    ('fc1', 'encoder.lay…tput.dense')
    """
    if len(name) <= length:
        return name
    end = (length - 1) // 2
    return f"{name[: length - 1 - end]}…{name[-end:]}"
