"""All pictures of levels, and on which controls each depends."""

from __future__ import annotations

import inspect

from infonb.widgets.levels.curves import Curves
from infonb.widgets.levels.density import Density
from infonb.widgets.levels.levels import Levels
from infonb.widgets.levels.measures import Measures
from infonb.widgets.levels.view import Values
from infonb.widgets.panel.dependence import Draw, depending_on

__all__ = ["Views"]


class Views:
    """Entropy, mutual information and curves along levels, and the density at one of them."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self._measures = Measures(levels)
        self._curves = Curves(levels)
        self._density = Density(levels)

    def functions(self) -> dict[str, Draw]:
        """Return name → function that draws it; its arguments are the controls that it needs."""
        levels = self.levels
        unit = ["unit"] if levels.has_unit else []
        found: dict[str, Draw] = {}
        if levels.entropy is not None:
            takes = [*levels.takes([levels.entropy]), *unit]
            found["entropy"] = depending_on(takes, self._measures.entropy)
        if levels.information is not None:
            takes = levels.takes([levels.information])
            takes += ["estimator"] if len(levels.estimators) > 1 else []
            found["mutual_information"] = depending_on([*takes, *unit], self._measures.information)
        if levels.curves:
            more = ["quantity"] if len(levels.curves) > 1 else []
            of_curves = [*levels.takes(levels.all_curves), *more]
            found["curves"] = depending_on(of_curves, self._curves.draw)
        if levels.information is not None:
            layer = ["layer"] if len(levels.layers) > 1 else []
            found["density"] = depending_on([*takes, *layer, *unit], self._density.draw)
        return found

    def prepare(self, values: Values) -> None:
        """Draw the frames that a choice needs, and show nothing."""
        for draw in self.functions().values():
            names = inspect.signature(draw).parameters
            draw(**{name: values[name] for name in names}).to_png(compress_level=0)
