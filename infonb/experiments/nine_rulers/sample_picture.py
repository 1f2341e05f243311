"""One sample: its image, where it stands among others by each ruler, and its neighbours there."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots import LiveFigure, palette
from infonb.plots.examples import as_rgb
from infonb.plots.ruler_names import ruler_words

__all__ = ["KINDS_FIRST", "SamplePicture", "draw_bars", "percentiles", "ranking_neighbours"]

#: The kind that all others are held against.
KINDS_FIRST = "typical"
#: Neighbours on either side; inches of the tallest row, and of the picture and its parts.
_BESIDE, _ROW = 3, 0.42
_WIDTH, _BARS, _IMAGES = 10.2, (4.15, 2.35), 7.4
_BOTTOM, _TOP = 0.95, 0.5
_WRONG, _TYPICAL = "#b03020", (0.6, 0.6, 0.6)


def percentiles(values: np.ndarray, others: np.ndarray, at: int) -> np.ndarray:
    """
    Return the share of others below a sample, equal ones by half: (ruler, sample) → (ruler,).

    `others`: which samples they are; the sample itself is none. NaN where nothing is known.
    """
    others = others.copy()
    others[at] = False
    some, own = values[:, others], values[:, at, None]
    known = ~np.isnan(some)  # an infinite reading is one: a sample that is never learnt
    below = ((some < own) + 0.5 * (some == own)) * known
    n = known.sum(axis=1)
    share = np.divide(below.sum(axis=1), n, out=np.full(len(values), np.nan), where=n > 0)
    return np.where(np.isnan(own[:, 0]), np.nan, share)


def ranking_neighbours(values: np.ndarray, at: int, beside: int = _BESIDE) -> np.ndarray:
    """
    Return samples next to one in the order of each ruler: (ruler, sample) → (ruler, 2 beside).

    First those just above, the nearest last, then those just below; −1: there is none.
    """
    found = np.full((len(values), 2 * beside), -1)
    for row, one in enumerate(values):
        order = np.argsort(-one, kind="stable")[: int((~np.isnan(one)).sum())]
        place = np.flatnonzero(order == at)
        if place.size:
            above = order[max(place[0] - beside, 0) : place[0]]
            below = order[place[0] + 1 : place[0] + 1 + beside]
            found[row, beside - above.size : beside] = above
            found[row, beside : beside + below.size] = below
    return found


class SamplePicture:
    """The picture of a sample; dims of `runs` as of `NineRulers`, of one network a drawing."""

    def __init__(self, runs: xr.Dataset, examples: xr.Dataset) -> None:
        self._score = runs["score"].isel(seed=0).transpose("network", "ruler", "sample").values
        self._label = runs["label"].isel(seed=0).transpose("network", "sample").values
        self._kind, self._is_in = (runs[name].values for name in ("kind", "is_in"))
        self._true, self._sample = runs["true_label"].values, runs["sample"].values
        self._networks = runs["network"].values.tolist()
        self._rulers = runs["ruler"].values.tolist()
        kinds = list(dict.fromkeys(self._kind.tolist()))
        colours = palette(len(kinds) + 1, "layers")
        self._colours = dict(zip(kinds, colours, strict=False)) | {KINDS_FIRST: _TYPICAL}
        self._plain = as_rgb(examples.sel(sample=self._sample)["input"].values)
        self._framed = self._with_frames()
        self._row = min(_ROW, 4.2 / max(len(self._rulers), 1))
        high = self._row * len(self._rulers)
        self._picture = LiveFigure(
            (_WIDTH, high + _BOTTOM + _TOP),
            [(0.2, high + _BOTTOM - 1.85, 1.75, 1.75), (_BARS[0], _BOTTOM, _BARS[1], high),
             (_IMAGES, _BOTTOM, self._row * (2 * _BESIDE + 0.4), high),
             (0.1, 0.02, _WIDTH - 0.2, 0.3)],
        )  # fmt: skip
        self._frame()

    def _with_frames(self) -> np.ndarray:
        """Return the images, each in the colour of its kind; those not trained on have a gap."""
        n, height, width, _ = self._plain.shape
        line = max(1, height // 10)
        framed = np.ones((n, height + 2 * line, width + 2 * line, 3), np.float32)
        for at, kind in enumerate(self._kind):
            framed[at] = self._colours[kind]
            if not self._is_in[at]:
                middle = slice(line + height // 4, line + height - height // 4)
                framed[at, middle, :] = framed[at, :, middle] = 1
        framed[:, line:-line, line:-line] = self._plain
        return framed

    def _frame(self) -> None:
        image, bars, beside, below = self._picture.axes
        n, (height, width) = len(self._rulers), self._plain.shape[1:3]
        for axis in (image, beside, below):
            axis.set_axis_off()
        image.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        image.set_anchor("NW")
        bars.set(xlim=(0, 1), ylim=(n - 0.5, -0.5), yticks=range(n), xticks=[0, 0.5, 1])
        bars.set_yticklabels([ruler_words(name) for name in self._rulers])
        bars.set_xticklabels(["0", "50", "100 %"])
        bars.axvline(0.5, color="0.75", lw=0.8, ls=":", zorder=0)
        bars.set_xlabel("share of others that are below it", fontsize=9.5)
        beside.set(xlim=(0, 2 * _BESIDE + 0.4), ylim=(n, 0))
        for x, words in ((_BESIDE / 2, "just above"), (1.5 * _BESIDE + 0.4, "just below")):
            beside.text(x, -0.12, words, ha="center", va="bottom", fontsize=9.5)
        beside.text(_BESIDE + 0.2, n + 0.12, "neighbours in each order", ha="center", va="top",
                    fontsize=9.5)  # fmt: skip
        self._legend(below)

    def _legend(self, axis: Any) -> None:
        axis.set(xlim=(0, _WIDTH - 0.2), ylim=(0, 0.3))
        x = 0.05
        for kind, colour in self._colours.items():
            axis.plot([x], [0.15], "s", color=colour, ms=8)
            axis.text(x + 0.12, 0.15, kind, va="center", fontsize=9)
            x += 0.4 + 0.08 * len(kind)
        axis.text(x, 0.15, "frame with gaps: a twin that no network was trained on", va="center",
                  fontsize=9, color="0.35")  # fmt: skip

    def draw(self, network: str, at: int, ruler: str, place: tuple[int, int]) -> LiveFigure:
        """Return the picture, the same each time, of the sample at a position of the dim sample."""
        one = self._networks.index(network)
        values = self._score[one]
        kind = str(self._kind[at])
        same = percentiles(values, (self._kind == kind) & (self._is_in == self._is_in[at]), at)
        typical = percentiles(values, (self._kind == KINDS_FIRST) & self._is_in, at)
        with self._picture.content():
            self._draw_sample(one, at, place)
            self._draw_bars(values[:, at], same, typical, kind, ruler)
            self._draw_neighbours(ranking_neighbours(values, at))
        self._picture.alt = self._alt(one, at, same, typical)
        return self._picture

    def _words(self, one: int, at: int) -> str:
        label, true = self._label[one, at], self._true[at]
        return f"label {label}" + (f", true {true}" if label != true else "")

    def _draw_sample(self, one: int, at: int, place: tuple[int, int]) -> None:
        axis = self._picture.axes[0]
        axis.imshow(self._plain[at], interpolation="nearest")
        label, true = self._label[one, at], self._true[at]
        said = f"label {label}" if label == true else f"label {label} (is {true})"
        axis.text(0, 1.04, said, transform=axis.transAxes, fontsize=11, va="bottom",
                  color="black" if label == true else _WRONG)  # fmt: skip
        lines = [
            f"sample {self._sample[at]}", f"{self._kind[at]}, {place[0] + 1} of {place[1]}",
            "trained on" if self._is_in[at] else "held out: a twin", self._networks[one],
        ]  # fmt: skip
        axis.text(0, -0.06, "\n".join(lines), transform=axis.transAxes, fontsize=9.5, va="top",
                  linespacing=1.4)  # fmt: skip

    def _draw_bars(
        self, own: np.ndarray, same: np.ndarray, typical: np.ndarray, kind: str, ruler: str
    ) -> None:
        axis, rows = self._picture.axes[1], np.arange(len(own))
        if ruler in self._rulers:
            row = self._rulers.index(ruler)
            axis.axhspan(row - 0.5, row + 0.5, color="#fff3d6", zorder=0)
        both = [(-0.19, typical, _TYPICAL)]
        both += [(0.19, same, self._colours[kind])] * (kind != KINDS_FIRST)
        for shift, share, colour in both:
            draw_bars(axis, rows + shift, share, colour)
        for row in rows:
            words = f"{own[row] + 0.0:.3g}" if np.isfinite(own[row]) else "not known"
            axis.text(
                1.03, float(row), words.replace("-", "−"), va="center", fontsize=8.5, color="0.3"
            )
        told = "grey: among typical" + ("" if kind == KINDS_FIRST else f"; colour: {kind}")
        axis.text(0, 1 + 0.1 / (self._row * len(own)), told, transform=axis.transAxes, fontsize=9.5,
                  va="bottom")  # fmt: skip

    def _draw_neighbours(self, found: np.ndarray) -> None:
        """Draw all rows as one image: many small ones take longer."""
        axis = self._picture.axes[2]
        cell = self._framed.shape[1] + 2
        whole = np.ones((len(found) * cell, found.shape[1] * cell, 3), np.float32)
        for row, column in np.argwhere(found >= 0):
            top, left = row * cell + 1, column * cell + 1
            whole[top : top + cell - 2, left : left + cell - 2] = self._framed[found[row, column]]
        halves = np.split(whole, 2, axis=1)
        for half, left in zip(halves, (0, _BESIDE + 0.4), strict=True):
            axis.imshow(half, extent=(left, left + _BESIDE, len(found), 0), aspect="auto",
                        interpolation="nearest")  # fmt: skip
        axis.set(xlim=(0, 2 * _BESIDE + 0.4), ylim=(len(found), 0))

    def _alt(self, one: int, at: int, same: np.ndarray, typical: np.ndarray) -> str:
        kind, seen = self._kind[at], "trained on" if self._is_in[at] else "a twin, held out"
        told = ", ".join(
            f"{ruler_words(name)} {100 * among:.0f} %"
            + ("" if kind == KINDS_FIRST or not np.isfinite(own) else f" ({100 * own:.0f} %)")
            for name, among, own in zip(self._rulers, typical, same, strict=True)
            if np.isfinite(among)
        )
        beside = "" if kind == KINDS_FIRST else f" (among {kind})"
        return (
            f"Sample {self._sample[at]}, {kind}, {seen}, {self._words(one, at)}, in "
            f"{self._networks[one]}. Share of typical samples below it{beside}: {told}."
        )


def draw_bars(
    axis: Any, rows: np.ndarray, share: np.ndarray, colour: Any, high: float = 0.34
) -> None:
    """Draw shares as bars, all at once; a share of 0 has a dot, which says that it is known."""
    from matplotlib.collections import PolyCollection

    corners = [
        [(0, y - high / 2), (x, y - high / 2), (x, y + high / 2), (0, y + high / 2)]
        for x, y in zip(share, rows, strict=True) if x > 0
    ]  # fmt: skip
    axis.add_collection(PolyCollection(corners, facecolors=[colour]), autolim=False)
    zero = rows[share == 0]
    axis.plot(np.full(zero.size, 0.008), zero, "o", ms=4, color=colour, clip_on=False)
