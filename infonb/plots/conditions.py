"""What a conclusion depends on: the same comparison under every convention, in one figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.claims import Claim
from infonb.plots.picture import Picture, subplots
from infonb.validate import check_dim

__all__ = ["plot_conditions"]


def plot_conditions(effects: xr.DataArray, *, columns: int = 2) -> Picture:
    """
    Draw the size and direction of comparisons under every convention.

    Parameters
    ----------
    effects
        Dims (panel, comparison, convention, seed), whatever the first is called, with the
        coordinate ``direction`` (comparison): the sign that was claimed. A coordinate ``verdict``
        (panel, comparison, convention) holds those of `infonb.claims.Claim`; without
        it they are made here, from the seeds alone. See
        `infonb.experiments.concentric_circles.conditions`.
    columns
        Panels in a row.

    Returns
    -------
    Picture
        A table for each panel. Blue agrees with the claim, orange disagrees; grey and without a
        sign: one of the two 95 % intervals, bootstrap and Student's t, contains zero.

    Examples
    --------
    >>> effects = xr.DataArray(
    ...     [[[[0.5, 0.6, 0.55]], [[0.1, -0.3, 0.2]]]],
    ...     {"points": ["all"], "comparison": ["a → b", "a → c"], "convention": ["pre"],
    ...      "direction": ("comparison", [1, -1])},
    ...     ("points", "comparison", "convention", "seed"), attrs={"units": "nat"})
    >>> plot_conditions(effects).alt
    'Tables of effects (nat), those that are clear: all: a → b pre +0.55 (as claimed).'
    """
    for dim in ("comparison", "convention", "seed"):
        check_dim(dim, effects.dims, "effects")
    panel = next(str(d) for d in effects.dims if d not in ("comparison", "convention", "seed"))
    effects = effects.transpose(panel, "comparison", "convention", "seed")
    names, conventions = effects.comparison.values, effects.convention.values
    panels = effects[panel].values
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    width = min(1.15, 4.6 / len(conventions)) * len(conventions)
    picture, axes = subplots(
        rows, columns, size=((2.2 + width * columns) / columns, 1.1 + 0.36 * len(names)),
        sharex=True, sharey=True,
    )  # fmt: skip
    words = []
    for axis, where in zip(axes.flat, panels, strict=False):
        told = _draw_table(axis, effects.sel({panel: where}))
        words.append(f"{where}: {', '.join(told) or 'none'}")
        axis.set_title(f"{where}", fontsize=11, loc="left", weight="bold")
        axis.set_xticks(
            np.arange(len(conventions)),
            [c.replace(" ", "\n").replace(",", "") for c in conventions],
            fontsize=9.5,
        )
        axis.set_yticks(np.arange(len(names)), names, fontsize=9.5)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    units = effects.attrs.get("units", "")
    title = str(effects.attrs.get("long_name", "difference"))
    picture.suptitle(f"{title} ({units})", fontsize=11)
    _legend(picture)
    picture.alt = f"Tables of effects ({units}), those that are clear: {'; '.join(words)}."
    return picture


_AGREES, _DISAGREES, _UNCLEAR = "#9ecae1", "#fdae6b", "#eeeeee"


def _draw_table(axis: Any, effects: xr.DataArray) -> list[str]:
    """Draw one table; return its clear cells in words."""
    told = []
    for i, name in enumerate(effects.comparison.values):
        for j, convention in enumerate(effects.convention.values):
            values = effects.values[i, j]
            verdict = _verdict(effects[i, j])
            clear, agrees = verdict != "too close to tell", verdict == "holds"
            colour = (_AGREES if agrees else _DISAGREES) if clear else _UNCLEAR
            axis.add_patch(_cell(j, i, colour))
            text = f"{values.mean():+.2f}".replace("-", "−")
            sign = (" ✓" if agrees else " ✗") if clear else ""
            axis.text(
                j, i, text + sign, ha="center", va="center", fontsize=9.5,
                weight="bold" if clear else "normal", color="black" if clear else "0.35",
            )  # fmt: skip
            if clear:
                told.append(
                    f"{name} {convention} {text} ({'as' if agrees else 'against what is'} claimed)"
                )
    axis.set(xlim=(-0.5, len(effects.convention) - 0.5), ylim=(len(effects.comparison) - 0.5, -0.5))
    return told


def _verdict(effect: xr.DataArray) -> str:
    """Return what the closing table would say of one cell."""
    if "verdict" in effect.coords:
        return str(effect.verdict.item())
    seeds = tuple(float(value) for value in effect.values)
    return Claim("", "", int(effect.direction), "", "", seeds).verdict


def _cell(x: int, y: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=colour)


def _legend(picture: Picture) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(color=_AGREES, label="✓ as the paper says"),
        Patch(color=_DISAGREES, label="✗ against it"),
        Patch(color=_UNCLEAR, label="too close to tell"),
    ]
    picture.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=10)
