"""The pictures of entropy and of mutual information along the levels."""

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
from infonb.widgets.levels.quantiles import EVERY_LAYER
from infonb.widgets.levels.view import Values, View
from infonb.widgets.levels.words import describe_estimator, format_value, unit_factor

__all__ = ["Measures"]

#: A median of KSG below this, in nats or bits, is no noise: there are ties, such as after a ReLU.
_BELOW = -0.05


class Measures(View):
    """Draws the entropy of neurons and the mutual information of pairs, with boxes of one place."""

    def entropy(self, values: Values) -> Picture:
        """Draw the entropy of neurons along the levels, and boxes of the chosen place."""
        levels, entropy = self.levels, self.levels.entropy
        assert entropy is not None
        factor, unit = unit_factor(entropy, values.get("unit", "nat"))
        layers = [str(layer) for layer in entropy.layer.values]
        picture = self.kept(
            ("entropy", unit),
            lambda: self._frame(
                factor * entropy,
                f"entropy of a neuron ({unit})",
                layers,
                describe_estimator(entropy),
                "neurons",
            ),
        )
        here = levels.at(values, entropy).sel({levels.over: values[levels.over]})
        boxes = [factor * here.isel(layer=at).values.ravel() for at in range(len(layers))]
        boxes = [flat[np.isfinite(flat)] for flat in boxes]
        quartiles = factor * levels.at(values, levels.neurons)
        self._fill(picture, quartiles, values, boxes, "Entropy of neurons", unit)
        return picture

    def information(self, values: Values) -> Picture:
        """Draw the MI of pairs within layers along the levels, and boxes of the chosen place."""
        levels, information = self.levels, self.levels.informed(values)
        kind, estimator = levels.kind, values.get("estimator", "")
        factor, unit = unit_factor(information, values.get("unit", "nat"))
        quartiles = levels.pairs(estimator).quartile
        layers = [layer for layer in quartiles.layer.values.tolist() if layer != EVERY_LAYER]
        spread = factor * quartiles.sel(layer=layers)
        made = describe_estimator(information)
        middles = spread.sel(quantile=0.5)
        middles = middles.mean([dim for dim in middles.dims if dim != "layer"])
        if information.attrs.get("estimator") == "ksg" and bool((middles < _BELOW).any()):
            made = "KSG below 0: ties?"
        picture = self.kept(
            ("information", unit, estimator),
            lambda: self._frame(spread, f"MI of {kind.one} ({unit})", layers, made, kind.many),
        )
        words = f"Mutual information of {kind.many} {kind.place}".strip()
        self._fill(picture, levels.at(values, spread), values, None, words, unit)
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
            self.levels.places, ylim=ylim, ylabel=ylabel, boxes=layers, note=note, foot=foot
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
        """Draw the quartiles of every layer, and boxes of the chosen level beside the reference."""
        levels = self.levels
        level, reference = values[levels.over], levels.labels[0]
        quartiles = quartiles.transpose("layer", levels.over, "quantile")
        first = quartiles.sel({levels.over: reference}).values
        now = quartiles.sel({levels.over: level}).values
        colours = layer_colours(len(now))
        shifts = beside_each_other(levels.places, len(now))
        axis, beside = picture.axes

        def ground() -> None:
            for one, colour, shift in zip(quartiles.values, colours, shifts, strict=True):
                draw_quartiles(axis, levels.places, one, colour, shift)

        picture.ground(levels.key(values), ground)
        x = levels.x(level)
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
            f"{layer} {format_value(here[1])}"
            + f" ({levels.label(reference)}: {format_value(start[1])})" * moved
            for layer, here, start in zip(quartiles.layer.values, now, first, strict=True)
        ]
        picture.alt = (
            f"{words} along {label_of(levels.over)}, medians and quartiles; marked: "
            f"{levels.label(level)}{levels.seed_words(values)}, medians ({unit}): "
            f"{', '.join(medians)}."
        )
        picture.cursor = (x, float(np.mean(axis.get_ylim())))
