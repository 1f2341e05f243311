"""The picture of the density of pairs at one level."""

from __future__ import annotations

from typing import Any

import numpy as np

from infonb.plots.live import LiveFigure
from infonb.plots.live.levels.colours import layer_colours
from infonb.plots.live.levels.density import density_frame, draw_density
from infonb.plots.live.names import distinct, shortened
from infonb.plots.picture import Picture
from infonb.plots.style import label_of
from infonb.widgets.levels.quantiles import EVERY_LAYER
from infonb.widgets.levels.view import Values, View
from infonb.widgets.levels.words import describe_estimator, format_value, unit_factor

__all__ = ["Density"]

#: Letters for a level beside the curves.
_ROOM = 22


class Density(View):
    """Draws the density of the MI of pairs, beside that of the reference."""

    def draw(self, values: Values) -> Picture:
        """Draw the density of the MI of pairs at the chosen place, and at the reference."""
        levels, information = self.levels, self.levels.informed(values)
        layer = values.get("layer", levels.layers[-1])
        kind, estimator = levels.kind, values.get("estimator", "")
        factor, unit = unit_factor(information, values.get("unit", "nat"))
        pairs_of_all = levels.pairs(estimator)
        pairs = pairs_of_all.sel(layer=layer)
        every = pairs_of_all.layer.values.tolist()
        names = distinct([name for name in every if name != EVERY_LAYER], 30)
        short = [*names, EVERY_LAYER][every.index(layer)]
        x = factor * pairs.value.values
        heights = pairs.density / factor
        title = kind.title(layer, short)
        if levels.bare(_ROOM):  # the x axis does not say what the numbers are
            some = (
                f"all {kind.many}"
                if layer == EVERY_LAYER
                else kind.title(layer, shortened(short, 12))
            )
            title = shortened(f"{some}, by {label_of(levels.over)}", 52)

        def make() -> LiveFigure:
            return density_frame(
                heights.values.reshape(-1, x.size), factor * pairs.limits.values,
                f"MI of {kind.one} ({unit})", title, describe_estimator(information), kind.many,
            )  # fmt: skip

        picture = self.kept(("density", layer, unit, estimator), make)
        axis = picture.axes[0]
        level, reference = values[levels.over], levels.labels[0]
        curves = levels.at(values, heights)
        middles = factor * levels.at(values, pairs.quartile.sel(quantile=0.5))
        colour = "0.15"
        if layer != EVERY_LAYER:
            colour = layer_colours(max(1, len(every) - 1))[every.index(layer)]
        said: list[str] = []

        def draw_one(place: Any, colour: Any, faint: bool) -> None:
            middle = float(middles.sel({levels.over: place}))
            if np.isfinite(middle):
                said.append(f"{levels.short(place, _ROOM)}: median {format_value(middle)}")
                y = curves.sel({levels.over: place}).values
                draw_density(axis, x, y, middle, colour, said[-1], faint=faint)

        with picture.content():
            if level != reference:
                draw_one(reference, "0.45", True)
            draw_one(level, colour, False)
        words = levels.seed_words(values)
        picture.alt = (
            f"Density of the mutual information of {kind.title(layer)}{words}; "
            f"medians ({unit}): {', '.join(said) or 'nothing measured there'}. "
            f"{describe_estimator(information)}."
        )
        return picture
