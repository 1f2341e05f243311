"""Estimates of a pair's mutual information, beside its scatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from infonb.plots.live.figure import LiveFigure
from infonb.plots.live.frame import fit
from infonb.plots.picture import Picture
from infonb.plots.style import palette

__all__ = ["EstimatorDots"]

#: Width and height in inches, and where the scatter and the estimates are.
_SIZE = (9.2, 3.2)
_BOXES = [(0.69, 0.512, 3.4595, 2.4), (5.6025, 0.512, 3.4595, 2.4)]


class EstimatorDots:
    """A pair of neurons, and for each estimator a row of dots, one a seed, with their mean."""

    def __init__(self, estimators: Sequence[str]) -> None:
        self._picture = LiveFigure(_SIZE, _BOXES)
        self._left, self._right = self._picture.axes
        for axis in (self._left, self._right):
            axis.tick_params(labelsize=10)
        self._left.set(xlabel="neuron", ylabel="other neuron")
        self._right.set(ylim=(len(estimators) - 0.5, -0.5), xlabel="mutual information (nat)")
        self._right.xaxis.set_major_locator(MaxNLocator(6))
        self._title = self._right.set_title("", fontsize=11, loc="left", y=1.0)
        self._truth = self._right.axvline(0.0, color="black", linewidth=1, linestyle="--")
        self._dots, self._means = [], []
        for row, colour in enumerate(palette(len(estimators), "layers")):
            style = {"color": colour, "linestyle": "none"}
            self._dots += self._right.plot([], [], marker="o", ms=5, alpha=0.5, mew=0, **style)
            self._means += self._right.plot([0], [row], marker="|", ms=18, mew=2.5, **style)
        lines = (self._right.spines[side] for side in ("left", "bottom"))
        self._picture.add_content(
            self._right.xaxis, self._right.yaxis, *lines, self._title, self._truth, *self._dots,
            *self._means,
        )  # fmt: skip
        self._pair = np.empty((2, 0))
        self._number = 0

    def draw(
        self,
        x: np.ndarray,
        y: np.ndarray,
        estimates: Mapping[str, np.ndarray],
        truth: float,
        *,
        tied: Sequence[str] = (),
    ) -> Picture:
        """
        Return the picture, the same each time, of a pair (sample,) and its estimates (seed,).

        The values of estimators in `tied` are given, but need not be within the axis: a value
        ruined by ties must not squeeze the others into one point.
        """
        self._show_pair(np.stack([x, y]))
        means = {name: float(values.mean()) for name, values in estimates.items()}
        every = zip(estimates.values(), means.values(), self._dots, self._means, strict=True)
        for row, (values, mean, dots, mark) in enumerate(every):
            dots.set_data(values, np.full(len(values), row))
            mark.set_xdata([mean])
        shown = [values for name, values in estimates.items() if name not in tied]
        low, high = min(0.0, truth, *map(np.min, shown)), max(truth, *map(np.max, shown))
        margin = max(0.06 * (high - low), 0.02)
        self._right.set_xlim(low - margin, high + margin)
        self._truth.set_xdata([truth, truth])
        names = [
            f"{name}  {mean:z.2f}".replace("-", "−") + "\nwarns of ties" * (name in tied)
            for name, mean in means.items()
        ]
        self._right.set_yticks(range(len(names)), names)
        seeds = len(next(iter(estimates.values())))
        self._title.set_text(f"exactly {truth:z.2f} nat (dashed), {seeds} seeds")
        words = ", ".join(f"{name} {mean:z.2f}" for name, mean in means.items())
        self._picture.alt = (
            f"Left: scatter of two neurons, {len(x)} samples. Right: estimates of their mutual "
            f"information, exactly {truth:z.2f} nat; means over seeds: {words}."
        )
        return self._picture

    def _show_pair(self, pair: np.ndarray) -> None:
        """Draw the scatter, unless it is there."""
        if np.array_equal(pair, self._pair):
            return
        self._pair, self._number = pair, self._number + 1
        x, y = pair
        self._left.set(xlim=fit(x, 0.05), ylim=fit(y, 0.05))
        self._left.set_title(f"{len(x)} samples", fontsize=11, loc="left")
        self._picture.frame_depends(self._number)
        style: dict[str, Any] = {"ms": 4, "alpha": 0.5, "mew": 0, "color": "0.3"}
        self._picture.ground(self._number, lambda: self._left.plot(x, y, ".", **style))
