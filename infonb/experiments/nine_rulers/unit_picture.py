"""The units of a layer by two rulers, and one of them: where it stands, and what moves it most."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.ticker import MaxNLocator

from infonb.experiments.nine_rulers.figures import tau_of_units
from infonb.experiments.nine_rulers.sample_picture import draw_bars
from infonb.plots import LiveFigure, palette
from infonb.plots.examples import as_rgb, montage
from infonb.plots.live.frame import fit
from infonb.plots.ruler_names import ruler_words

__all__ = ["UnitPicture", "nearest", "stepped"]

_NULL, _CHOSEN = "#b8b8b8", "#d55e00"
_SIZE = (10.2, 4.5)
_SCATTER, _BARS, _IMAGES = (0.8, 0.6, 4.3, 3.2), (7.3, 1.95, 2.35, 1.85), (5.6, 0.1, 4.5, 1.0)
#: Images of the samples that move a unit most.
_SHOWN = 8
_LINE = (0.53, 0.68, 0.85)


def nearest(x: np.ndarray, y: np.ndarray, place: tuple[float, float]) -> int | None:
    """Return which point is next to a place, measured in spreads of the points; None: of none."""
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return None
    parts = [
        (values - at) / max(float(np.ptp(values[known])), 1e-12)
        for values, at in zip((x, y), place, strict=True)
    ]
    return int(np.nanargmin(np.where(known, parts[0] ** 2 + parts[1] ** 2, np.inf)))


def stepped(x: np.ndarray, y: np.ndarray, unit: int, right: int, up: int) -> int:
    """Return the unit so many places on: to the right in the order of x, up in that of y."""
    for values, step in ((x, right), (y, up)):
        order = np.argsort(values, kind="stable")[: int(np.isfinite(values).sum())]
        place = np.flatnonzero(order == unit)
        if step and place.size:
            unit = int(order[np.clip(place[0] + step, 0, order.size - 1)])
    return unit


class UnitPicture:
    """Dims of `runs` as of `NineRulers`; the first seed. One network, layer and unit a drawing."""

    def __init__(self, runs: xr.Dataset, examples: xr.Dataset | None = None) -> None:
        dims = ("network", "unit_ruler", "layer", "neuron")
        some = [runs[name].isel(seed=0) for name in ("unit_score", "unit_null")]
        self._units, self._null = (one.transpose(*dims).values for one in some)
        self._tau, self._tau_null = (_taus(one) for one in some)
        self.networks, self.rulers, self.layers = (
            [str(name) for name in runs[dim].values] for dim in dims[:3]
        )
        self._top, self._pixels = None, None
        if examples is not None and "top_sample" in runs:
            top = runs["top_sample"].isel(seed=0).transpose("network", "layer", "neuron", "top")
            self._top = np.nan_to_num(top.values[..., :_SHOWN], nan=-1).astype(int)
            self._pixels = as_rgb(examples["input"].values)
            self._place = {one: at for at, one in enumerate(examples["sample"].values.tolist())}
        self._picture = LiveFigure(_SIZE, [_SCATTER, _BARS, _IMAGES])
        scatter, bars, images = self._picture.axes
        # drawn with each choice: so the rest of the frame is not
        self._picture.add_content(scatter.xaxis, scatter.yaxis, *scatter.spines.values())
        for one in (scatter.xaxis, scatter.yaxis):
            one.set_major_locator(MaxNLocator(4))
        # with this given, matplotlib looks for no free place beside the ticks
        scatter.yaxis.set_label_coords(-0.58 / _SCATTER[2], 0.5)
        images.set_axis_off()
        bars.set(xlim=(0, 1), xticks=[0, 0.5, 1], ylim=(len(self.rulers) - 0.5, -0.5))
        bars.set_xticklabels(["0", "50", "100 %"])
        bars.set_yticks(range(len(self.rulers)), [ruler_words(name) for name in self.rulers])
        bars.set_title("share of the layer's units below it", fontsize=9.5, loc="right")

    def places(self, network: str, layer: str, x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
        """Return where the units of a layer stand, (neuron,) each."""
        one, at = self.networks.index(network), self.layers.index(layer)
        found = (self._units[one, self.rulers.index(name), at] for name in (x, y))
        first, second = found
        return first, second

    def width(self, network: str, layer: str) -> int:
        """Return how many units a layer has: up to the last of which anything is known."""
        one, at = self.networks.index(network), self.layers.index(layer)
        known = np.flatnonzero(np.isfinite(self._units[one, :, at]).any(axis=0))
        return int(known[-1]) + 1 if known.size else 0

    def layers_of(self, network: str) -> list[str]:
        """Return the layers that a network has; all where nothing is known of it."""
        there = [layer for layer in self.layers if self.width(network, layer)]
        return there or self.layers

    def draw(self, network: str, layer: str, x: str, y: str, unit: int) -> LiveFigure:
        """Return the picture, the same each time."""
        one, at = self.networks.index(network), self.layers.index(layer)
        first, second = self.places(network, layer, x, y)
        null = [self._null[one, self.rulers.index(name), at] for name in (x, y)]
        self._frame((first, second), null, (x, y))
        told = self._told(one, at, x, y)
        with self._picture.content():
            self._draw_units(first, second, null, unit)
            self._picture.axes[0].text(
                -0.1, 1.03, f"{network}, {layer}, unit {unit}; grey: untrained\n{told}",
                transform=self._picture.axes[0].transAxes, fontsize=10, va="bottom",
                linespacing=1.3, parse_math=False,
            )  # fmt: skip
            shares = self._draw_shares(one, at, unit)
            shown = self._draw_images(one, at, unit)
        there = np.isfinite([first[unit], second[unit]]).all()
        self._picture.cursor = (float(first[unit]), float(second[unit])) if there else None
        values = ", ".join(
            f"{ruler_words(name)} {_number(value)} ({share:.0%})".replace("%", " %")
            for name, value, share in zip(
                self.rulers, self._units[one, :, at, unit], shares, strict=True
            )
            if np.isfinite(share)
        )
        self._picture.alt = (
            f"Units of {layer} in {network} by {ruler_words(x)} and {ruler_words(y)}: {told}. Unit "
            f"{unit}: {values or 'nothing is known'}.{shown}"
        )
        return self._picture

    def _frame(
        self, own: tuple[np.ndarray, ...], null: list[np.ndarray], names: tuple[str, str]
    ) -> None:
        axis = self._picture.axes[0]
        axis.set_xlabel(ruler_words(names[0]), fontsize=10)
        axis.set_ylabel(ruler_words(names[1]), fontsize=10)
        axis.set(xlim=_limits(own[0], null[0]), ylim=_limits(own[1], null[1]))

    def _draw_units(
        self, first: np.ndarray, second: np.ndarray, null: list[np.ndarray], unit: int
    ) -> None:
        axis, colour = self._picture.axes[0], palette(1, "layers")[0]
        axis.plot(*null, "o", ms=4, color=_NULL, mew=0)
        axis.plot(first, second, "o", ms=5, color=colour, mew=0, alpha=0.8)
        axis.plot(first[unit], second[unit], "o", ms=10, color=_CHOSEN, mec="black", mew=1.2)
        if not (np.isfinite(first) & np.isfinite(second)).any():
            axis.text(0.5, 0.5, "not measured in this network", ha="center", color="0.35",
                      fontsize=10, transform=axis.transAxes)  # fmt: skip

    def _draw_shares(self, one: int, at: int, unit: int) -> np.ndarray:
        """Draw which share of the layer's units stands below the chosen one; return it."""
        axis, rows = self._picture.axes[1], self._units[one, :, at]
        shares = np.full(len(rows), np.nan)
        for place, values in enumerate(rows):
            known = values[np.isfinite(values)]
            if known.size > 1 and np.isfinite(values[unit]):
                # the unit itself is half of one among its equals
                equal = (known == values[unit]).sum() - 1
                below = (known < values[unit]).sum()
                shares[place] = (below + equal / 2) / (known.size - 1)
        draw_bars(axis, np.arange(len(rows)), shares, _CHOSEN, 0.55)
        for place, values in enumerate(rows):
            axis.text(1.04, place, _number(values[unit]), va="center", fontsize=8.5, color="0.3")
        return shares

    def _draw_images(self, one: int, at: int, unit: int) -> str:
        """Draw the samples that move the unit most, and return them in words."""
        if self._top is None or self._pixels is None:
            return ""
        samples = [sample for sample in self._top[one, at, unit].tolist() if sample in self._place]
        axis = self._picture.axes[2]
        axis.set(xlim=(0, _SHOWN), ylim=(-_IMAGES[3] * _SHOWN / _IMAGES[2], 0))
        words = "the images that move it most" if samples else "its images are not known"
        axis.text(0, 0.08, words, va="bottom", fontsize=9.5)
        if not samples:
            return ""
        images = self._pixels[[self._place[sample] for sample in samples]]
        images = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=1)
        images[:, [0, -1]] = images[:, :, [0, -1]] = _LINE
        whole = montage(images, len(images))
        high = len(images) * whole.shape[0] / whole.shape[1]
        axis.imshow(whole, extent=(0, len(images), -high, 0), aspect="auto",
                    interpolation="nearest")  # fmt: skip
        axis.set(xlim=(0, _SHOWN), ylim=(-_IMAGES[3] * _SHOWN / _IMAGES[2], 0))
        return f" Moved most by samples {', '.join(map(str, samples))}."

    def _told(self, one: int, at: int, x: str, y: str) -> str:
        row, column = self.rulers.index(x), self.rulers.index(y)
        tau, low, high = self._tau[one, at, row, column]
        if not np.isfinite(tau):
            return "τ is undefined"
        null = self._tau_null[one, at, row, column, 0]
        beside = f"; untrained {_number(null)}" if np.isfinite(null) else ""
        return f"τ = {_number(tau)} ({_number(low)} … {_number(high)}){beside}"


def _limits(*values: np.ndarray) -> tuple[float, float]:
    """Return limits of an axis that shows all that is known, with a margin."""
    every = np.concatenate(values)
    every = every[np.isfinite(every)]
    return fit(every, 0.06) if every.size else (0.0, 1.0)


def _taus(units: xr.DataArray) -> np.ndarray:
    """Return τ, low and high of each pair of rulers: (network, layer, ruler, ruler, 3)."""
    found = tau_of_units(units)
    dims = ("network", "layer", "reading", "other_reading")
    ends = [found["interval"].sel(bound=end) for end in ("low", "high")]
    return np.stack([one.transpose(*dims).values for one in (found["tau"], *ends)], axis=-1)


def _number(value: Any) -> str:
    """Return a number with two digits, typeset, or a dash."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−") if np.isfinite(value) else "–"
