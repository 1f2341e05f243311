"""The pictures of entropy and of mutual information along a course."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.plots.live import LiveFigure
from infonb.plots.live.levels.boxes import draw_boxes
from infonb.plots.live.levels.colours import layer_colours
from infonb.plots.live.levels.frame import frame
from infonb.plots.live.levels.lines import beside_each_other, draw_quartiles, mark, note
from infonb.plots.picture import Picture
from infonb.plots.style import label_of
from infonb.widgets.levels.drawing import Drawing, Values
from infonb.widgets.levels.levels import how, scale
from infonb.widgets.levels.quantiles import EVERY_LAYER
from infonb.widgets.levels.words import told

__all__ = ["Measures"]

#: A median of KSG below this, in nats or bits, is no noise: there are ties, such as after a ReLU.
_BELOW = -0.05


class Measures(Drawing):
    """Draws the entropy of neurons and the mutual information of pairs, with boxes of one place."""

    def entropy(self, values: Values) -> Picture:
        """Draw the entropy of neurons along the course, and boxes of the chosen place."""
        course, entropy = self.course, self.course.entropy
        assert entropy is not None
        factor, unit = scale(entropy, values.get("unit", "nat"))
        layers = [str(layer) for layer in entropy.layer.values]
        picture = self.kept(
            ("entropy", unit),
            lambda: self._frame(
                factor * entropy,
                f"entropy of a neuron ({unit})",
                layers,
                how(entropy),
                "neurons",
            ),
        )
        here = course.at(values, entropy).sel({course.over: values[course.over]})
        boxes = [factor * here.isel(layer=at).values.ravel() for at in range(len(layers))]
        boxes = [flat[np.isfinite(flat)] for flat in boxes]
        quartiles = factor * course.at(values, course.neurons)
        self._fill(picture, quartiles, values, boxes, "Entropy of neurons", unit)
        return picture

    def information(self, values: Values) -> Picture:
        """Draw the MI of pairs within layers along the course, and boxes of the chosen place."""
        course, information = self.course, self.course.informed(values)
        kind, estimator = course.kind, values.get("estimator", "")
        factor, unit = scale(information, values.get("unit", "nat"))
        quartiles = course.pairs(estimator).quartile
        layers = [layer for layer in quartiles.layer.values.tolist() if layer != EVERY_LAYER]
        spread = factor * quartiles.sel(layer=layers)
        made = how(information)
        middles = spread.sel(quantile=0.5)
        middles = middles.mean([dim for dim in middles.dims if dim != "layer"])
        if information.attrs.get("estimator") == "ksg" and bool((middles < _BELOW).any()):
            made = "KSG below 0: ties?"
        picture = self.kept(
            ("information", unit, estimator),
            lambda: self._frame(spread, f"MI of {kind.one} ({unit})", layers, made, kind.many),
        )
        words = f"Mutual information of {kind.many} {kind.place}".strip()
        self._fill(picture, course.at(values, spread), values, None, words, unit)
        picture.alt += f" {made}." if made else ""
        return picture

    def _frame(
        self, shown: xr.DataArray, ylabel: str, layers: Sequence[str], words: str, of: str
    ) -> LiveFigure:
        finite = shown.values[np.isfinite(shown.values)]
        margin = 0.05 * np.ptp(finite) or 0.5
        ylim = (finite.min() - margin, finite.max() + margin)
        note = words.split(",")[0]  # the estimator; the density has all of it
        note = "" if note.endswith("samples") else note
        foot = f"median and quartiles of {of}"
        return frame(
            self.course.places, ylim=ylim, ylabel=ylabel, boxes=layers, note=note, foot=foot
        )

    def _fill(
        self,
        picture: LiveFigure,
        quartiles: xr.DataArray,
        values: Values,
        boxes: Sequence[np.ndarray] | None,
        words: str,
        unit: str,
    ) -> None:
        """Draw the course of every layer, and boxes of the chosen place beside the reference."""
        course = self.course
        level, reference = values[course.over], course.levels[0]
        quartiles = quartiles.transpose("layer", course.over, "quantile")
        first = quartiles.sel({course.over: reference}).values
        now = quartiles.sel({course.over: level}).values
        colours = layer_colours(len(now))
        shifts = beside_each_other(course.places, len(now))
        axis, beside = picture.axes

        def ground() -> None:
            for one, colour, shift in zip(quartiles.values, colours, shifts, strict=True):
                draw_quartiles(axis, course.places, one, colour, shift)

        picture.ground(course.key(values), ground)
        x = course.x(level)
        moved = bool(level != reference)
        with picture.content():
            points = [
                (x + shift, one[1], colour)
                for one, colour, shift in zip(now, colours, shifts, strict=True)
            ]
            mark(axis, x, points, self.mark(values))
            draw_boxes(beside, boxes, now, first if moved else None)
            if moved:
                note(beside, self.faint())
        medians = [
            f"{layer} {told(here[1])}" + f" ({course.label(reference)}: {told(start[1])})" * moved
            for layer, here, start in zip(quartiles.layer.values, now, first, strict=True)
        ]
        picture.alt = (
            f"{words} along {label_of(course.over)}, medians and quartiles; marked: "
            f"{course.label(level)}{course.seed_words(values)}, medians ({unit}): "
            f"{', '.join(medians)}."
        )
        picture.cursor = (x, float(np.mean(axis.get_ylim())))
