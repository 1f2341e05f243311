"""The mutual information of all pairs of a layer, with the chosen pair marked."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from infonb.plots.live.frame import BOTTOM, LEFT, TOP, frame
from infonb.plots.live.names import in_words
from infonb.plots.picture import Picture

__all__ = ["PairMatrix"]

#: The colours reach at least so far: estimates of independent neurons differ by less.
_LEAST = 0.01


class PairMatrix:
    """The matrix of a layer's MI as a heat map; it is square."""

    def __init__(self, size: tuple[float, float] = (4.6, 3.4)) -> None:
        from matplotlib import colormaps

        side = size[1] - BOTTOM - TOP
        self._picture, self._axis, self._title = frame(size, axes_width=side)
        self._axis.set(xticks=[], yticks=[])
        self._axis.spines[:].set_visible(False)
        cmap = colormaps["viridis"].with_extremes(bad="0.75")
        self._image = self._axis.imshow(
            np.zeros((2, 2)), cmap=cmap, interpolation="nearest", aspect="auto"
        )
        place = (LEFT + side + 0.14, BOTTOM, 0.13, side)
        bar = self._picture.add_axes(tuple(at / size[i % 2] for i, at in enumerate(place)))  # type: ignore[arg-type]
        # a colour bar of matplotlib draws itself anew at every change of its limits
        self._bar = bar.imshow(np.arange(256)[::-1, None], cmap=cmap, aspect="auto")
        bar.set(xticks=[])
        bar.spines[:].set_visible(False)
        bar.yaxis.tick_right()
        bar.yaxis.set_label_position("right")
        bar.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
        bar.tick_params(labelsize=9)
        bar.yaxis.set_label_coords(5.2, 0.5)
        self._lines = [
            self._axis.axvline(0, color="white", linewidth=0.7, alpha=0.8),
            self._axis.axhline(0, color="white", linewidth=0.7, alpha=0.8),
        ]
        # white within black: to be seen on any colour
        self._marks = [
            self._axis.plot([], [], "s", ms=8, mfc="none", mec=colour, mew=width, clip_on=False)[0]
            for colour, width in (("black", 3.5), ("white", 1.5))
        ]
        self._picture.add_content(*self._lines, *self._marks, self._title)
        self._shown, self._number = np.empty((0, 0)), 0
        self._axis.yaxis.set_label_coords(-0.12 / side, 0.5)
        self._axis.xaxis.set_label_coords(0.5, -0.1 / side)

    def draw(
        self, information: np.ndarray, chosen: tuple[int, int] | None, title: str, *, unit: str,
        layer: str = "",
    ) -> Picture:  # fmt: skip
        """Return the picture, the same each time, of (neuron, neuron) without its diagonal."""
        if not np.array_equal(information, self._shown):
            self._replace(information)
        there = information[~np.eye(len(information), dtype=bool)]
        self._picture.frame_depends(self._number, unit, layer)
        neuron = f"neuron of {layer}" if layer else "neuron"
        self._axis.set_xlabel(f"{neuron}, in order of clusters")
        self._axis.set_ylabel(f"{neuron}, likewise")
        self._bar.axes.set_ylabel(f"mutual information ({unit})", fontsize=10)
        column, row = ([], []) if chosen is None else ([chosen[1]], [chosen[0]])
        for mark in self._marks:
            mark.set_data(column, row)
        for line, at in zip(self._lines, (column, row), strict=True):
            line.set_visible(bool(at))
        if chosen is not None:
            self._lines[0].set_xdata(2 * column)
            self._lines[1].set_ydata(2 * row)
        self._picture.cursor = None if chosen is None else (float(column[0]), float(row[0]))
        self._title.set_text(title)
        words = in_words(title)
        highest = f"The highest is {float(there.max()):z.2f} {unit}." if there.size else "No pairs."
        self._picture.alt = f"Matrix of mutual information: {words}. {highest}"
        return self._picture

    def _replace(self, information: np.ndarray) -> None:
        self._shown, self._number = information, self._number + 1
        shown = information.copy()
        np.fill_diagonal(shown, np.nan)
        last = len(shown) - 0.5
        there = shown[np.isfinite(shown)]
        # a few strong pairs must not darken the rest
        top = float(np.quantile(there, 0.998)) if there.size else 0.0
        self._image.set_data(shown)
        self._image.set_extent((-0.5, last, last, -0.5))
        top = max(top, _LEAST)
        self._image.set_clim(0.0, top)
        self._bar.set_extent((0, 1, 0, top))
        self._bar.axes.set_ylim(0, top)
        self._axis.set(xlim=(-0.5, last), ylim=(last, -0.5))
