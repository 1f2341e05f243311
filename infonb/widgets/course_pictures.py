"""The pictures of a course: entropy, mutual information, curves, and the density of one place."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots import chosen, course_frame
from infonb.plots import course as plot
from infonb.plots.framed import FramedPicture
from infonb.plots.live.frame import shortened
from infonb.plots.picture import Picture, label_of
from infonb.widgets.course import Course, how, scale
from infonb.widgets.spread import EVERY_LAYER

__all__ = ["Pictures"]

Values = Mapping[str, Any]

_DASHES = ["-", "--", "-.", ":"]


class Pictures:
    """
    Draws a course at any choice; axes are drawn once and stay as they are.

    Parameters
    ----------
    course
        What was measured.

    Examples
    --------
    See `infonb.widgets.explore_sweep`.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self._frames: dict[Hashable, FramedPicture] = {}

    def functions(self) -> dict[str, Callable[..., Picture]]:
        """Return name → function that draws it; its arguments are the controls that it needs."""
        course = self.course
        unit = ["unit"] if course.has_unit else []
        found: dict[str, Callable[..., Picture]] = {}
        if course.entropy is not None:
            found["entropy"] = _taking(self.entropy, [*course.takes([course.entropy]), *unit])
        if course.information is not None:
            takes = course.takes([course.information])
            found["mutual_information"] = _taking(self.information, [*takes, *unit])
        if course.curves:
            more = ["quantity"] if len(course.curves) > 1 else []
            found["curves"] = _taking(self.curves, [*course.takes(course.all_curves), *more])
        if course.information is not None:
            found["density"] = _taking(self.density, [*takes, "layer", *unit])
        return found

    def prepare(self, values: Values) -> None:
        """Draw the frames that a choice needs, and show nothing."""
        for draw in self.functions().values():
            names = inspect.signature(draw).parameters
            draw(**{name: values[name] for name in names}).to_png(compress_level=0)

    def entropy(self, values: Values) -> Picture:
        """Draw the entropy of neurons along the course, and boxes of the chosen place."""
        course, entropy = self.course, self.course.entropy
        assert entropy is not None
        factor, unit = scale(entropy, values.get("unit", "nat"))
        layers = [str(layer) for layer in entropy.layer.values]
        picture = self._kept(
            ("entropy", unit),
            lambda: self._frame(
                factor * entropy, f"entropy of a neuron ({unit})", layers, how(entropy)
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
        course, information = self.course, self.course.information
        assert information is not None
        factor, unit = scale(information, values.get("unit", "nat"))
        layers = [layer for layer in course.layers if layer != EVERY_LAYER]
        spread = factor * course.pairs.quartile.sel(layer=layers)
        picture = self._kept(
            ("information", unit),
            lambda: self._frame(spread, f"MI of a pair ({unit})", layers, how(information)),
        )
        words = "Mutual information of pairs within each layer"
        self._fill(picture, course.at(values, spread), values, None, words, unit)
        return picture

    def _frame(
        self, shown: xr.DataArray, ylabel: str, layers: Sequence[str], words: str
    ) -> FramedPicture:
        finite = shown.values[np.isfinite(shown.values)]
        margin = 0.05 * np.ptp(finite) or 0.5
        ylim = (finite.min() - margin, finite.max() + margin)
        note = words.split(",")[0]  # the estimator; the density has all of it
        note = "" if note.endswith("samples") else note
        return course_frame.frame(
            self.course.places, ylim=ylim, ylabel=ylabel, boxes=layers, note=note
        )

    def _fill(
        self,
        picture: FramedPicture,
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
        colours = course_frame.layer_colours(len(now))
        shifts = plot.beside_each_other(course.places, len(now))
        axis, beside = picture.axes

        def ground() -> None:
            for one, colour, shift in zip(quartiles.values, colours, shifts, strict=True):
                plot.draw_course(axis, course.places, one, colour, shift)

        picture.ground(course.key(values), ground)
        x = course.x(level)
        moved = bool(level != reference)
        with picture.content():
            points = [
                (x + shift, one[1], colour)
                for one, colour, shift in zip(now, colours, shifts, strict=True)
            ]
            plot.mark(axis, x, points, self._mark(values))
            chosen.draw_boxes(beside, boxes, now, first if moved else None)
            if moved:
                chosen.note(beside, f"faint: {shortened(course.label(reference), 14)}")
        medians = [
            f"{layer} {here[1]:.2f}" + f" ({course.label(reference)}: {start[1]:.2f})" * moved
            for layer, here, start in zip(quartiles.layer.values, now, first, strict=True)
        ]
        picture.alt = (
            f"{words} along {label_of(course.over)}, medians and quartiles; marked: "
            f"{course.label(level)}{course.seed_words(values)}, medians ({unit}): "
            f"{', '.join(medians)}."
        )
        picture.cursor = (x, float(np.mean(axis.get_ylim())))

    def curves(self, values: Values) -> Picture:
        """Draw accuracies or losses along the course."""
        course = self.course
        quantity = values.get("quantity", next(iter(course.curves)))
        named = course.curves[quantity]

        def make() -> FramedPicture:
            ylim, ylabel = (0.0, 1.03), quantity
            if quantity == "loss":
                finite = np.concatenate([one.values.ravel() for one in named.values()])
                ylim = (0.0, 1.05 * float(np.nanquantile(finite, 0.99)) or 1.0)
                ylabel = "loss (nat per example)"
            return course_frame.frame(course.places, ylim=ylim, ylabel=ylabel)

        picture = self._kept(("curves", quantity), make)
        axis, beside = picture.axes
        level = values[course.over]
        x = course.x(level)
        shown = {name: _by_seed(course.at(values, one), course.over) for name, one in named.items()}
        colours = course_frame.curve_colours(len(named))
        dashes = [_DASHES[at % 4] if course.places.ordered else "" for at in range(len(named))]

        def ground() -> None:
            for one, colour, dash in zip(shown.values(), colours, dashes, strict=True):
                places = [course.x(label) for label in one[course.over].values.tolist()]
                plot.draw_lines(axis, places, one.values, colour, dash)

        picture.ground(course.key(values), ground)
        here = [
            float(one.sel({course.over: level}).mean()) if level in one[course.over].values
            else np.nan for one in shown.values()
        ]  # fmt: skip
        with picture.content():
            points = [(x, height, colour) for height, colour in zip(here, colours, strict=True)]
            plot.mark(axis, x, points, self._mark(values))
            chosen.draw_key(beside, list(zip(named, here, colours, dashes, strict=True)))
        said = [f"{name} {at:.3g}" for name, at in zip(named, here, strict=True) if at == at]
        picture.alt = (
            f"{quantity.capitalize()} along {label_of(course.over)}; marked: {course.label(level)}"
            f"{course.seed_words(values)}: {', '.join(said) or 'nothing known there'}."
        )
        picture.cursor = (x, float(np.mean(axis.get_ylim())))
        return picture

    def density(self, values: Values) -> Picture:
        """Draw the density of the MI of pairs at the chosen place, and at the reference."""
        course, layer, information = self.course, values["layer"], self.course.information
        assert information is not None
        factor, unit = scale(information, values.get("unit", "nat"))
        pairs = course.pairs.sel(layer=layer)
        x = factor * pairs.value.values
        heights = pairs.density / factor
        within = "all layers" if layer == EVERY_LAYER else f"{layer}, within the layer"

        def make() -> FramedPicture:
            return chosen.density_frame(
                heights.values.reshape(-1, x.size), factor * pairs.limits.values,
                f"MI of a pair ({unit})", f"pairs of {shortened(within, 44)}", how(information),
            )  # fmt: skip

        picture = self._kept(("density", layer, unit), make)
        axis = picture.axes[0]
        level, reference = values[course.over], course.levels[0]
        curves = course.at(values, heights)
        middles = factor * course.at(values, pairs.quartile.sel(quantile=0.5))
        colour = "0.15"
        if layer != EVERY_LAYER:
            colour = course_frame.layer_colours(max(1, len(course.layers) - 1))[
                course.layers.index(layer)
            ]
        said: list[str] = []

        def draw(place: Any, colour: Any, faint: bool) -> None:
            middle = float(middles.sel({course.over: place}))
            if np.isfinite(middle):
                said.append(f"{shortened(course.label(place), 22)}: median {middle:.2f}")
                y = curves.sel({course.over: place}).values
                chosen.draw_density(axis, x, y, middle, colour, said[-1], faint=faint)

        with picture.content():
            if level != reference:
                draw(reference, "0.45", True)
            draw(level, colour, False)
        words = course.seed_words(values)
        picture.alt = (
            f"Density of the mutual information of pairs of {within}{words}; "
            f"medians ({unit}): {', '.join(said) or 'nothing measured there'}. "
            f"{how(information)}."
        )
        return picture

    def _mark(self, values: Values) -> str:
        course = self.course
        return shortened(course.label(values[course.over]), 20) + course.seed_words(values)

    def _kept(self, key: Hashable, make: Callable[[], FramedPicture]) -> FramedPicture:
        if key not in self._frames:
            self._frames[key] = make()
        return self._frames[key]


def _by_seed(curve: xr.DataArray, over: str) -> xr.DataArray:
    curve = curve if "seed" in curve.dims else curve.expand_dims("seed")
    return curve.transpose("seed", over)


def _taking(draw: Callable[[Values], Picture], names: Sequence[str]) -> Callable[..., Picture]:
    """Return a function with named arguments, by which the panel knows what redraws it."""

    def named(**values: Any) -> Picture:
        return draw(values)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    named.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return named
