"""Lines over an ordered choice, such as bins or epochs; a column for each layer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from infonb.claims.grid import axes_of
from infonb.claims.words import axis_words, is_ordered, label_words, measure_words
from infonb.plots.sensitivity_marks import LOOKS, ONE_SEED
from infonb.plots.style import palette

__all__ = ["plan_lines"]

#: The paper's settings: where the choices stand that a row of panels is not about.
_USUAL = {"bins": 100, "k": 3}
_STROKES: tuple[Any, ...] = ("-", "--", ":", "-.")
_PAGE = 10.0


class _Roles(NamedTuple):
    """What each choice is in the figure."""

    x: list[str]  # a row of panels for each
    columns: str
    colour: str | None
    stroke: str | None
    rows: list[str]  # a row of panels for each label


def plan_lines(grid: xr.Dataset, measure: str) -> tuple[float, float, Callable[[Any], None]]:
    """Return width and height in inches, and a function that draws into a subfigure."""
    roles = _roles(grid, measure)
    more = [grid[axis].values.tolist() for axis in roles.rows]
    rows = [
        (x, dict(zip(roles.rows, labels, strict=True)))
        for x in roles.x
        for labels in product(*more)
    ]
    columns = grid[roles.columns].values.tolist()
    width = max(2.3, _PAGE / max(len(columns), 2)) * len(columns)
    height = 0.75 + 2.3 * len(rows)

    def draw(part: Any) -> None:
        axes = part.subplots(len(rows), len(columns), squeeze=False, sharey="row")
        colours = _colours(grid, measure, roles)
        single = {
            axis: grid[axis].values.tolist()[0]
            for axis in axes_of(grid, measure)
            if grid.sizes[axis] == 1
        }
        used: set[str] = set()
        for line, (x, here) in zip(axes, rows, strict=True):
            fixed = {axis: _usual(grid, axis) for axis in roles.x if axis != x}
            note = {**fixed, **single}
            ends: list[float] = []
            for axis, label in zip(line, columns, strict=True):
                panel = grid.sel({**fixed, **here, roles.columns: label})
                ends += _draw_panel(axis, panel, measure, x, roles, colours, used)
                _ticks(axis, grid[x].values, x, note)
            _limits(line[0], ends)
            title = f"change of\n{measure_words(grid, measure).replace('mutual information', 'MI')}"
            units = grid[f"{measure}_change"].attrs["units"]
            above = "".join(f"{label_words(axis, value)}\n" for axis, value in here.items())
            line[0].set_ylabel(f"{above}{title} ({units})", fontsize=10)
        for axis, label in zip(axes[0], columns, strict=True):
            axis.set_title(_column(roles.columns, label), fontsize=11, loc="left")
        part.align_ylabels(axes[:, 0])
        _legend(part, grid, roles, colours, used, width)

    return width, height, draw


def _roles(grid: xr.Dataset, measure: str) -> _Roles:
    """Return what the choices become: layers columns, ordered ones x, others colour and stroke."""
    several = [axis for axis in axes_of(grid, measure) if grid.sizes[axis] > 1]
    ordered = [axis for axis in several if is_ordered(grid[axis].values.tolist())]
    names = [axis for axis in several if axis not in ordered]
    columns = "layer"
    if grid.sizes["layer"] == 1 and "comparison" in names:
        columns = "comparison"
        names.remove(columns)
    names.sort(key=lambda axis: (axis == "comparison", axis not in ("edges", "estimator")))
    sides = [axis for axis in names if axis in ("relu", "side")]  # strokes in every figure
    names = [axis for axis in names if axis not in sides]
    colour = names.pop(0) if names else None
    rows = [*sides, *names]
    stroke = rows.pop(0) if rows else None
    if colour is None and len(ordered) == 2:  # the shorter one becomes the lines
        colour = min(ordered, key=lambda axis: grid.sizes[axis])
        ordered.remove(colour)
    return _Roles(ordered, columns, colour, stroke, rows)


def _usual(grid: xr.Dataset, axis: str) -> Any:
    """Return where a choice stands that a row is not about: the paper's value, or the last."""
    labels = grid[axis].values
    if axis not in _USUAL:
        return labels.tolist()[-1]
    return labels[np.argmin(np.abs(np.log(labels / _USUAL[axis])))].item()


def _colours(grid: xr.Dataset, measure: str, roles: _Roles) -> dict[Any, Any]:
    """Return the colour of each label; those of another measure's lines are others."""
    labels = grid[roles.colour].values.tolist() if roles.colour else [None]
    ahead = 0 if roles.colour == "edges" or measure == "entropy" else 3
    return dict(zip(labels, palette(ahead + len(labels), "layers")[ahead:], strict=True))


def _draw_panel(
    axis: Any, panel: xr.Dataset, measure: str, x: str, roles: _Roles, colours: dict[Any, Any],
    used: set[str],
) -> list[float]:  # fmt: skip
    """Draw all lines of a panel, add their verdicts to those used, return what must be seen."""
    strokes = panel[roles.stroke].values.tolist() if roles.stroke else [None]
    lines = list(product(colours, strokes))
    seen = []
    for at, (label, side) in enumerate(lines):
        chosen = {roles.colour: label, roles.stroke: side}
        part = panel.sel({axis: value for axis, value in chosen.items() if axis})
        part = part.isel(
            {axis: 0 for axis in axes_of(panel, measure) if axis in part.dims and axis != x}
        )
        shift = at - (len(lines) - 1) / 2
        place = _beside(part[x].values.astype(float), shift)
        change = part[f"{measure}_change"].values
        ends = [
            part[f"{measure}_{name}"].transpose("bound", ...).values
            for name in ("interval", "student")
        ]
        ends = [one for one in ends if np.isfinite(one).any()]
        low, high = (
            np.min([e[0] for e in ends] or [change], 0),
            np.max([e[1] for e in ends] or [change], 0),
        )
        style = _STROKES[strokes.index(side) % len(_STROKES)]
        axis.fill_between(place, low, high, color=colours[label], alpha=0.13, linewidth=0)
        axis.plot(place, change, style, color=colours[label], linewidth=1.5, zorder=2)
        verdicts = part[f"{measure}_verdict"].values
        for where, value, verdict in zip(place, change, verdicts, strict=True):
            mark = {"ms": 6.5, "mec": colours[label], "mfc": colours[label], **LOOKS[verdict].mark}
            axis.plot([where], [value], linestyle="", zorder=3, **mark)
        used |= set(verdicts.tolist())
        seen += [*change, *(ends[0].ravel() if ends else [])]
    axis.axhline(0.0, color="0.25", linewidth=1, zorder=1)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=10)
    return seen


def _beside(x: np.ndarray, shift: float) -> np.ndarray:
    """Return places a little beside x, for lines may be the same."""
    return x * (1 + 0.03 * shift) if _is_log(x) else x + 0.008 * shift * np.ptp(x)


def _is_log(x: np.ndarray) -> bool:
    return bool((x > 0).all() and x.max() >= 4 * x.min())


def _ticks(axis: Any, labels: np.ndarray, x: str, fixed: dict[str, Any]) -> None:
    numbers = labels.astype(float)
    words = [f"{value / 1000:g}k" if value >= 1000 else f"{value:g}" for value in numbers]
    if _is_log(numbers):
        axis.set_xscale("log")
    axis.set_xticks(numbers, words)
    axis.minorticks_off()
    axis.margins(x=0.1)
    note = ", ".join(label_words(*one) for one in fixed.items())
    axis.set_xlabel(axis_words(x) + (f" ({note})" if note else ""), fontsize=10)


def _limits(axis: Any, seen: list[float]) -> None:
    """Show all changes and bootstrap intervals, and of wider bands as much again."""
    known = np.array([0.0, *(value for value in seen if np.isfinite(value))])
    low, high = known.min(), known.max()
    room = 0.15 * (high - low) or 1.0
    axis.set_ylim(low - room, high + room)


def _column(columns: str, label: Any) -> str:
    words = label_words(columns, label)
    return f"layer {label}" if columns == "layer" and not isinstance(label, str) else words


def _legend(
    part: Any, grid: xr.Dataset, roles: _Roles, colours: dict[Any, Any], used: set[str],
    width: float,
) -> None:  # fmt: skip
    handles, words = [], []
    if roles.colour:
        for label, colour in colours.items():
            handles.append(Line2D([], [], color=colour, linewidth=2.5))
            words.append(label_words(roles.colour, label))
    if roles.stroke:
        for at, label in enumerate(grid[roles.stroke].values.tolist()):
            style = _STROKES[at % len(_STROKES)]
            handles.append(Line2D([], [], color="0.2", linestyle=style, linewidth=1.5))
            words.append(label_words(roles.stroke, label))
    for verdict, look in LOOKS.items():
        if verdict in used and look.mark["marker"]:
            mark: dict[str, Any] = {"ms": 8, "mec": "0.2", "mfc": "0.2", **look.mark}
            handles.append(Line2D([], [], linestyle="", **mark))
            words.append(look.words if grid.attrs.get("n_seeds", 1) > 1 else ONE_SEED)
    part.legend(
        handles, words, loc="outside upper center", ncols=_fitting(words, width), frameon=False,
        fontsize=10,
    )  # fmt: skip


def _fitting(words: list[str], width: float) -> int:
    """Return how many columns of a legend, filled one after the other, fit into a width."""
    for columns in range(len(words), 1, -1):
        least, longer = divmod(len(words), columns)  # so many of the columns have one more
        ends = np.cumsum([0, *(least + (at < longer) for at in range(columns))])
        widest = [max(map(len, words[a:b])) for a, b in pairwise(ends.tolist())]
        if sum(0.75 + 0.082 * length for length in widest) <= width:
            return columns
    return 1
