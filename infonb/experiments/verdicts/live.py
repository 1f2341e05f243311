"""Move the margins of the rule and see what it would say: nothing is measured again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from infonb.experiments.verdicts.choosing import ENTROPY, FAMILIES, INFORMATION, LAYERS, said_of
from infonb.experiments.verdicts.rates import confusion, right_answers
from infonb.plots import Picture, plot_confusion
from infonb.selection.rule import Rule
from infonb.widgets import Panel

if TYPE_CHECKING:
    from infonb.experiments.verdicts.choosing import Family

__all__ = ["explore_rule"]


def explore_rule(pairs: xr.Dataset, rule: Rule, *, interactive: bool = True) -> Panel:
    """
    Choose what has to move, and how far; see what would be said of which pairs.

    Dims of `pairs` as `collect` gives them; the panel starts with `rule`.
    """
    from infonb.widgets.panel.controls import choice, named

    names = list(FAMILIES)
    own = next(name for name in names if FAMILIES[name].rulers == rule.rulers)
    import ipywidgets as widgets

    def draw(speaks: str, information: float, entropy: float, layers: float) -> Picture:
        family: Family = FAMILIES[speaks]
        chosen = Rule(information, entropy, layers, family.rulers or rule.rulers)
        said = said_of(pairs, family, chosen)
        return plot_confusion(confusion(said), right_answers())

    controls = {
        "speaks": widgets.Dropdown(options=names, value=own, description="what speaks"),
        "information": choice(named(_with(INFORMATION, rule.information)), "MI, share",
                              rule.information),
        "entropy": choice(named(_with(ENTROPY, rule.entropy)), "entropy, nat", rule.entropy),
        "layers": choice(named(_with(LAYERS, rule.layers)), "share of layers", rule.layers),
    }  # fmt: skip
    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _with(values: tuple[float, ...], own: float) -> list[float]:
    return sorted({*values, own})
