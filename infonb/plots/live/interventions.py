"""What becomes of a network whose neurons are switched off, at one choice of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.live.figure import LiveFigure
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette

__all__ = ["Curves", "draw_sets"]

#: Width and height in inches, and those of the axes: left, bottom, width, height.
_SIZE = (4.9, 3.3)
_BOX = (0.65, 0.5, 4.15, 2.25)

_DRAWN = "0.45"
_DRAWN_PARTS = ("mean", "low", "high")


class Curves:
    """
    A metric against the number of neurons that are off, on one set, with one choice marked.

    Drawn from a dataset with ``value`` (by, number, set), and ``mean``, ``low``, ``high`` (number,
    set) of drawn neurons.
    """

    def __init__(self) -> None:
        self._picture: LiveFigure | None = None

    def draw(self, one: xr.Dataset, where: str, by: str, number: int, name: str) -> Picture:
        """Return the picture of a set, called `name`, with a number of neurons off."""
        metric = str(one.attrs.get("metric", "the metric"))
        labels = one.by.values.tolist()
        colours = dict(zip(labels, palette(len(labels), "layers"), strict=True))
        if self._picture is None:
            self._picture = _frame(one.number.values, colours)
        picture, here = self._picture, one.sel(set=name)
        axis = picture.axes[0]
        low, high = _reach(one)
        pad = 0.05 * (high - low) or 0.05
        axis.set_ylim(low - pad, high + pad)
        axis.set_ylabel(f"{metric} on {name}", fontsize=10)
        picture.frame_depends(where, name)
        picture.ground((where, name), lambda: _draw_ground(axis, here, colours))
        y = float(here.value.sel(by=by, number=number))
        with picture.content():
            line = here.value.sel(by=by)
            axis.plot(here.number.values, line, color=colours[by], linewidth=2.4)
            axis.axvline(number, color="0.25", linewidth=1.0)
            axis.scatter(
                [number], [y], s=60, color=colours[by], edgecolors="black", linewidths=1.3,
                zorder=4, clip_on=False,
            )  # fmt: skip
        mean, least, most = (float(here[part].sel(number=number)) for part in _DRAWN_PARTS)
        picture.alt = (
            f"{where}{': ' if where else ''}{metric} on {name} with {number} neurons of {by} off: "
            f"{y:.2f}; untouched {float(here.value.isel(by=0, number=0)):.2f}; with drawn neurons "
            f"off {mean:.2f} ({least:.2f} to {most:.2f})."
        )
        return picture


def draw_sets(one: xr.Dataset, by: str, number: int) -> Picture:
    """Draw all sets as bars: untouched, with the chosen neurons off, with drawn ones off."""
    metric, sets = str(one.attrs.get("metric", "the metric")), one["set"].values.tolist()
    labels, here = one.by.values.tolist(), one.sel(number=number)
    left, bottom, width, height = _BOX
    margins = {
        "left": left / _SIZE[0], "right": (left + width) / _SIZE[0],
        "bottom": bottom / _SIZE[1], "top": (bottom + height) / _SIZE[1],
    }  # fmt: skip
    picture, axes = subplots(size=_SIZE, margins=margins)
    axis, at = axes[0, 0], np.arange(len(sets))
    bars = {
        "untouched": (one.value.isel(by=0, number=0).values, "0.82"),
        "off": (here.value.sel(by=by).values, palette(len(labels), "layers")[labels.index(by)]),
        "drawn off": (here["mean"].values, _DRAWN),
    }
    for place, (name, (values, shade)) in enumerate(bars.items()):
        axis.bar(at + 0.27 * (place - 1), values, 0.25, color=shade, label=name)
    axis.vlines(at + 0.27, here.low, here.high, color="black", linewidth=1.2)
    axis.set_xticks(at, sets)
    axis.set_ylabel(metric, fontsize=10)
    low, high = _reach(one)
    axis.set_ylim(min(0.0, 1.05 * low), 1.05 * max(high, 0.0) or 1.0)
    axis.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3)
    words = [
        f"{name}: " + ", ".join(f"{kind} {values[i]:.2f}" for kind, (values, _) in bars.items())
        for i, name in enumerate(sets)
    ]
    picture.alt = f"{metric} on all sets: {'; '.join(words)}."
    return picture


def _frame(numbers: np.ndarray, colours: dict[str, Any]) -> LiveFigure:
    """Return the empty picture, with the names of all lines above it."""
    picture = LiveFigure(_SIZE, [_BOX])
    axis = picture.axes[0]
    pad = 0.03 * (np.ptp(numbers) or 1)
    axis.set_xlim(numbers.min() - pad, numbers.max() + pad)
    axis.set_xlabel("neurons off", fontsize=10)
    axis.locator_params(axis="x", integer=True, nbins=8)
    handles = [axis.plot([], [], color=colour, linewidth=2)[0] for colour in colours.values()]
    drawn = axis.plot([], [], color=_DRAWN, linewidth=1.4, linestyle="--")
    axis.legend(
        [*handles, *drawn], [*colours, "drawn neurons"], frameon=False, fontsize=8.5, ncols=2,
        loc="lower left", bbox_to_anchor=(-0.08, 0.99), columnspacing=1.2, labelspacing=0.25,
    )  # fmt: skip
    return picture


def _draw_ground(axis: Any, here: xr.Dataset, colours: dict[str, Any]) -> None:
    """Draw the drawn neurons, and all orders pale."""
    x = here.number.values
    axis.fill_between(x, here.low, here.high, color=_DRAWN, alpha=0.22, linewidth=0)
    axis.plot(x, here["mean"], color=_DRAWN, linewidth=1.4, linestyle="--")
    for by, colour in colours.items():
        axis.plot(x, here.value.sel(by=by), color=colour, linewidth=1.0, alpha=0.4)


def _reach(one: xr.Dataset) -> tuple[float, float]:
    """Return the least and the greatest value of all sets, which have one scale."""
    parts = [one[name].values.ravel() for name in ("value", "low", "high")]
    values = np.concatenate(parts)
    return float(np.nanmin(values)), float(np.nanmax(values))
