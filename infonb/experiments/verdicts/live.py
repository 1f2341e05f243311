"""Move the margins of the rule and see what it would say: nothing is measured again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from infonb.experiments.verdicts.choosing import (
    ENTROPY,
    FAMILIES,
    INFORMATION,
    LAYERS,
    USUAL,
    said_of,
)
from infonb.experiments.verdicts.rates import confusion, right_answers
from infonb.selection.verdict.rule import Rule

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_rule"]


def explore_rule(pairs: xr.Dataset, rule: Rule, *, interactive: bool = True) -> Panel:
    """
    Choose what has to move, and how far; see what would be said of which pairs.

    Dims of `pairs` as `collect` gives them; the panel starts with `rule`.
    """
    # here, for they bring matplotlib along
    from infonb.plots import plot_confusion
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice, named

    def draw(
        speaks: str, alone: float, information: float, entropy: float, layers: float
    ) -> Picture:
        family = FAMILIES[speaks]
        enough = alone if family.alone else 2.0
        chosen = Rule(information, entropy, layers, family.rulers or rule.rulers, enough)
        said = said_of(pairs, family, chosen)
        return plot_confusion(confusion(said), right_answers())

    controls = {
        "speaks": choice([(name, name) for name in FAMILIES], "what speaks", USUAL),
        "alone": choice(named(_with(INFORMATION, rule.alone)), "much MI, share", rule.alone),
        "information": choice(named(_with(INFORMATION, rule.information)), "MI, share",
                              rule.information),
        "entropy": choice(named(_with(ENTROPY, rule.entropy)), "entropy, nat", rule.entropy),
        "layers": choice(named(_with(LAYERS, rule.layers)), "share of layers", rule.layers),
    }  # fmt: skip
    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _with(values: tuple[float, ...], own: float) -> list[float]:
    return sorted({*values, own})
