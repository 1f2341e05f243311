"""Choose what models are ranked by, and see the order beside the metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from infonb.plots.picture import Picture
from infonb.plots.ranking import plot_ranking
from infonb.widgets.panel.panel import Panel

__all__ = ["explore_rankings"]


def explore_rankings(
    rankings: Mapping[str, Mapping[str, xr.Dataset]], *, interactive: bool = True
) -> Panel:
    """
    Choose models and what they are ranked by; see the order, and whether the metric agrees.

    Parameters
    ----------
    rankings
        Name of the models → name of the measure → what `infonb.rank` returned; the same measures
        for all.
    interactive
        False: only the picture, for reports.

    Returns
    -------
    Panel
        Its ``value`` is the choice, ``models`` and ``measure``.

    Examples
    --------
    >>> import infonb as inb
    >>> entropy = xr.DataArray([[1.0, 1.2], [2.0, 2.2]], dims=("model", "neuron"))
    >>> ranked = {kind: inb.rank(entropy, "entropy", kind) for kind in ("heuristic", "examples")}
    >>> panel = explore_rankings({"two models": ranked})
    >>> panel.controls["measure"].value = "examples"
    >>> panel.value
    {'models': 'two models', 'measure': 'examples'}
    """
    import ipywidgets as widgets

    if not rankings or not all(rankings.values()):
        raise ValueError("rankings is empty; give {models: {measure: what infonb.rank returned}}.")
    measures = list(next(iter(rankings.values())))
    controls: dict[str, Any] = {
        "models": widgets.Dropdown(options=list(rankings), description="models"),
        "measure": widgets.Dropdown(options=measures, description="ranked by"),
    }

    def draw(models: str, measure: str) -> Picture:
        if measure not in rankings[models]:
            raise ValueError(f"{models}: there is no ranking by {measure}.")
        return plot_ranking(rankings[models][measure])

    return Panel(draw, controls, interactive=interactive, owns_controls=True)
