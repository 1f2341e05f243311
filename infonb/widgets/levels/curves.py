"""The picture of accuracies or losses along levels."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.plots.live import LiveFigure
from infonb.plots.live.levels.colours import curve_colours
from infonb.plots.live.levels.frame import frame
from infonb.plots.live.levels.lines import draw_key, draw_lines, mark
from infonb.plots.picture import Picture
from infonb.plots.style import label_of
from infonb.widgets.levels.quantiles import ALL
from infonb.widgets.levels.view import Values, View

__all__ = ["Curves"]

_DASHES = ["-", "--", "-.", ":"]


class Curves(View):
    """Draws the curves of a quantity, each with its value at one place."""

    def draw(self, values: Values) -> Picture:
        """Draw accuracies or losses along the levels."""
        levels = self.levels
        quantity = values.get("quantity", next(iter(levels.curves)))
        named = levels.curves[quantity]
        pooled = values.get("seed", ALL) == ALL and any(
            "seed" in one.dims for one in named.values()
        )
        note = "mean and range of seeds" if pooled and len(levels.seeds) > 1 else ""

        def make() -> LiveFigure:
            ylim, ylabel = (0.0, 1.03), quantity
            if quantity == "loss":
                finite = np.concatenate([one.values.ravel() for one in named.values()])
                ylim = (0.0, 1.05 * float(np.nanquantile(finite, 0.99)) or 1.0)
                ylabel = "loss (nat per example)"
            return frame(levels.places, ylim=ylim, ylabel=ylabel, foot=note)

        picture = self.kept(("curves", quantity, note), make)
        axis, beside = picture.axes
        level = values[levels.over]
        x = levels.x(level)
        shown = {name: _by_seed(levels.at(values, one), levels.over) for name, one in named.items()}
        colours = curve_colours(len(named))
        dashes = [_DASHES[at % 4] if levels.places.ordered else "" for at in range(len(named))]

        def ground() -> None:
            for one, colour, dash in zip(shown.values(), colours, dashes, strict=True):
                places = [levels.x(label) for label in one[levels.over].values.tolist()]
                draw_lines(axis, places, one.values, colour, dash)

        picture.ground(levels.key(values), ground)
        here = [
            float(one.sel({levels.over: level}).mean()) if level in one[levels.over].values
            else np.nan for one in shown.values()
        ]  # fmt: skip
        with picture.content():
            points = [(x, height, colour) for height, colour in zip(here, colours, strict=True)]
            mark(axis, x, points, self.mark(values))
            draw_key(beside, list(zip(named, here, colours, dashes, strict=True)))
        said = [f"{name} {at:.3g}" for name, at in zip(named, here, strict=True) if at == at]
        picture.alt = (
            f"{quantity.capitalize()} along {label_of(levels.over)}; marked: {levels.label(level)}"
            f"{levels.seed_words(values)}: {', '.join(said) or 'nothing known there'}"
            f"{f'; {note}' if said and note else ''}."
        )
        picture.cursor = (x, float(np.mean(axis.get_ylim())))
        return picture


def _by_seed(curve: xr.DataArray, over: str) -> xr.DataArray:
    curve = curve if "seed" in curve.dims else curve.expand_dims("seed")
    return curve.transpose("seed", over)
