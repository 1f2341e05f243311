"""Networks in the order of a ruler, and in that of in/out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.ticker import MaxNLocator

from infonb.experiments.nine_rulers.figures import NETWORK, against_order
from infonb.memorization import agreement
from infonb.plots import LiveFigure, palette
from infonb.plots.live.frame import fit
from infonb.plots.ruler_names import ruler_words

__all__ = ["NetworkPicture"]

_NULL, _FAILS = "#b0b0b0", "#c0392b"
_SIZE = (10.2, 3.9)
_SCATTER, _LADDER = (0.85, 0.6, 4.0, 2.65), (6.85, 0.25, 1.7, 3.0)


class NetworkPicture:
    """
    Values of networks against their mean in/out, and lines between both orders.

    Red: most pairs of a network with others go against the order that the ruler has otherwise.
    `score` and `null` (network, network_ruler), perhaps with more dims: a drawing is of one choice
    of these. `whole`: rulers that are the same in all layers.
    """

    def __init__(self, score: xr.DataArray, null: xr.DataArray, whole: Sequence[str] = ()) -> None:
        self._score, self._null, self._whole = score, null, frozenset(whole)
        self._networks = [str(name) for name in score["network"].values]
        self._colours = palette(len(self._networks), "names")
        found = agreement(score.rename(network_ruler="ruler"), dim="network")
        self._tau = found[["tau", "interval"]].sel(other_reading=NETWORK, drop=True)
        self._picture = LiveFigure(_SIZE, [_SCATTER, _LADDER])
        scatter, ladder = self._picture.axes
        scatter.set_xlabel(ruler_words(NETWORK), fontsize=10)
        # drawn with each choice: so the rest of the frame is not
        self._picture.add_content(scatter.xaxis, scatter.yaxis, *scatter.spines.values())
        for one in (scatter.xaxis, scatter.yaxis):
            one.set_major_locator(MaxNLocator(4))
        # with this given, matplotlib looks for no free place beside the ticks
        scatter.yaxis.set_label_coords(-0.58 / _SCATTER[2], 0.5)
        ladder.set_axis_off()
        ladder.set(xlim=(0, 1), ylim=(len(self._networks) - 0.5, -0.6))
        for x, side, words in ((-0.08, "right", "order of mean in/out"),
                               (1.08, "left", "order of the ruler")):  # fmt: skip
            ladder.text(x, -0.75, words, ha=side, va="bottom", fontsize=9.5, color="0.35")

        ladder.text(0.5, len(self._networks) - 0.45, "red: most of its pairs go against the ruler",
                    ha="center", va="top", fontsize=9, color=_FAILS)  # fmt: skip

    def draw(self, ruler: str, **chosen: Any) -> LiveFigure:
        """Return the picture, the same each time, of a ruler and one label of each other dim."""
        chosen = {dim: label for dim, label in chosen.items() if dim in self._score.dims}
        whole = ruler in self._whole
        x, y, null = (
            values.sel(network_ruler=name, **chosen).transpose("network").values
            for values, name in ((self._score, NETWORK), (self._score, ruler), (self._null, ruler))
        )
        told, tau = self._told(ruler, chosen)
        of = ", ".join(
            _chosen_words(dim, label)
            for dim, label in chosen.items()
            if not (dim == "layer" and whole)
        )
        fails = against_order(x, y, tau)
        self._frame(x, y, null, ruler)
        black = ["black"] * len(self._networks)
        # drawn again for another seed only
        self._picture.ground(x.tobytes(), lambda: self._names(_places(x), -0.08, "right", black))
        with self._picture.content():
            self._draw_scatter(x, y, null, fails)
            self._draw_orders(x, y, fails)
            self._picture.axes[0].text(
                -0.12, 1.03, f"{ruler_words(ruler)}{f' ({of})' if of else ''}\n{told}",
                transform=self._picture.axes[0].transAxes, fontsize=10, parse_math=False,
                va="bottom",
            )  # fmt: skip
        order = [self._networks[at] for at in np.argsort(-y, kind="stable") if np.isfinite(y[at])]
        lost = [name for name, at in zip(self._networks, fails, strict=True) if at]
        self._picture.alt = (
            f"Networks by {ruler_words(ruler)}{f' ({of})' if of else ''}, highest first: "
            f"{', '.join(order) or 'not measured'}; with {ruler_words(NETWORK)} {told}."
            + (f" Against its order: {', '.join(lost)}." if lost else "")
        )
        return self._picture

    def _told(self, ruler: str, chosen: dict[str, Any]) -> tuple[str, float]:
        one = self._tau.sel(reading=ruler, **chosen)
        tau = float(one["tau"])
        if not np.isfinite(tau):
            return "τ is undefined", tau
        low, high = (float(one["interval"].sel(bound=end)) for end in ("low", "high"))
        if not np.isfinite(low):  # of two or three networks
            return f"τ = {_number(tau)} (too few networks for an interval)", tau
        return f"τ = {_number(tau)} ({_number(low)} … {_number(high)})", tau

    def _frame(self, x: np.ndarray, y: np.ndarray, null: np.ndarray, ruler: str) -> None:
        axis = self._picture.axes[0]
        axis.set_ylabel(ruler_words(ruler), fontsize=10)
        axis.set(xlim=_limits(x), ylim=_limits(np.concatenate([y, null])))

    def _draw_scatter(
        self, x: np.ndarray, y: np.ndarray, null: np.ndarray, fails: np.ndarray
    ) -> None:
        axis = self._picture.axes[0]
        axis.plot(x, null, "_", color=_NULL, ms=13, mew=2.2)
        axis.scatter(x, y, s=70, c=self._colours, zorder=3)
        axis.plot(x[fails], y[fails], "o", mfc="none", mec=_FAILS, mew=1.8, ms=14, zorder=4)

    def _draw_orders(self, x: np.ndarray, y: np.ndarray, fails: np.ndarray) -> None:
        """Draw each network at its place in the order of the ruler, and lines from in/out."""
        from matplotlib.collections import LineCollection

        axis = self._picture.axes[1]
        left, right = _places(x), _places(y)
        for side, place in enumerate((left, right)):
            axis.scatter(np.full(place.size, side), place, s=65, c=self._colours, clip_on=False,
                         zorder=3)  # fmt: skip
        self._names(right, 1.08, "left", np.where(fails, _FAILS, "black").tolist())
        both = np.flatnonzero(np.isfinite(left) & np.isfinite(right))
        axis.add_collection(
            LineCollection(
                [[(0, left[at]), (1, right[at])] for at in both], linewidths=2.4,
                colors=[self._colours[at] for at in both],
            ), autolim=False,
        )  # fmt: skip

    def _names(self, places: np.ndarray, x: float, side: str, colours: Sequence[str]) -> None:
        """Write the networks' names at their places in an order."""
        for at in np.flatnonzero(np.isfinite(places)).tolist():
            self._picture.axes[1].text(x, places[at], self._networks[at], ha=side, va="center",
                                       fontsize=9.5, color=colours[at])  # fmt: skip


def _chosen_words(dim: str, label: Any) -> str:
    """Return what was chosen of a dim in words; labels of layers often name it themselves."""
    words = {"seed": "mean of seeds", "layer": "mean of layers"}
    label = words[dim] if label == "mean" else str(label)
    return label if dim in label else f"{dim} {label}"


def _limits(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return fit(known, 0.1) if known.size else (0.0, 1.0)


def _places(values: np.ndarray) -> np.ndarray:
    """Return the place of each value from the highest, 0; NaN where it is not known."""
    found = np.full(values.size, np.nan)
    order = np.argsort(-values, kind="stable")[: int(np.isfinite(values).sum())]
    found[order] = np.arange(order.size)
    return found


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
