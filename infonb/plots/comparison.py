"""Models that are compared, as small multiples: entropy in three rulers and MI, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.colors import to_rgba

from infonb.plots.comparison_settings import GROUNDS
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import DPI, Picture
from infonb.plots.style import palette
from infonb.validate import check_choice

__all__ = ["plot_comparison"]

#: Models in a row, by how many there are; a row fills the page.
_COLUMNS = ((2, 2), (6, 3), (16, 4))
_MOST_COLUMNS = 5
_WIDTH, _STACKED = 10.5, 7.0  # inches; in less there is one model in a row

_RULERS = {"common": "o-", "shared": "s--", "neuron": "^:"}
_INFORMATION = "D-"


class Line(NamedTuple):
    """One line of a panel: its values and intervals by layer, and how it is drawn."""

    label: str
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    style: str
    colour: Any
    shift: float


@dataclass(frozen=True)
class Panel:
    """What is drawn of one model: a title, its verdict, and the lines of both measures."""

    title: str
    verdict: str
    entropy: tuple[Line, ...]
    information: tuple[Line, ...]


@with_narrow
def plot_comparison(
    found: xr.Dataset, models: Sequence[str] | None = None, *, width: float | None = None
) -> Picture:
    """
    Draw how each model differs from the reference, layer by layer, in one figure.

    Parameters
    ----------
    found
        What `infonb.compare` returned.
    models
        Only these; None: all but the reference.
    width
        Of the picture in inches; below 7 the models stand one below the other. None: as they need.

    Returns
    -------
    Picture
        Two panels for each model, all with the same axes: the change of the median entropy from the
        reference to the model in each of the three rulers, and that of the median MI, in nats, with
        95 % intervals. Without a reference: the medians themselves. A value outside of most
        others is drawn at the edge, as a triangle, with its number.

    Examples
    --------
    >>> import infonb as inb
    >>> rng = np.random.default_rng(0)
    >>> a, b = ({"fc1": rng.normal(size=(60, 8))} for _ in range(2))
    >>> picture = plot_comparison(inb.compare({"a": a, "b": b}, reference="a"))
    >>> len(picture.axes)
    2
    """
    names = found["comparison" if "comparison" in found.dims else "model"].values.tolist()
    for one in models or ():
        check_choice("models", one, names)
    panels = [_panel(found, name) for name in (names if models is None else models)]
    layers = [str(layer) for layer in found.layer.values]
    return _draw(panels, layers, found.attrs.get("reference", ""), width)


def _panel(found: xr.Dataset, name: str) -> Panel:
    compared = "comparison" in found.dims
    of = found.sel(comparison=name) if compared else found.sel(model=name)
    colours = palette(4, "layers")
    entropy = [
        _line(of, "entropy", f"entropy, {ruler} bins", style, colour, shift, edges=ruler)
        for (ruler, style), colour, shift in zip(
            _RULERS.items(), colours[:3], (-0.12, 0.0, 0.12), strict=True
        )
        if ruler in of.edges.values
    ]
    information = [
        _line(of, "mutual_information", "mutual information", _INFORMATION, colours[3], 0.0)
    ]
    verdict = str(of.verdict.item()) if compared else ""
    return Panel(name, verdict, tuple(entropy), tuple(information))


def _line(
    of: xr.Dataset, measure: str, label: str, style: str, colour: Any, shift: float, **chosen: str
) -> Line:
    if f"{measure}_change" in of:
        values = of[f"{measure}_change"].sel(chosen).values
        interval = of[f"{measure}_interval"].sel(chosen)
        low, high = (interval.sel(bound=end).values for end in ("low", "high"))
    else:
        medians = of[f"median_{measure}"].sel(chosen)
        values = medians.mean("seed").values if "seed" in medians.dims else medians.values
        low = high = np.full(values.shape, np.nan)
    return Line(label, values, low, high, style, colour, shift)


def _draw(
    panels: list[Panel], layers: list[str], reference: str, wide: float | None
) -> Picture:  # fmt: skip
    n = len(panels)
    columns = min(n, next((at for most, at in _COLUMNS if n <= most), _MOST_COLUMNS))
    columns = 1 if wide and wide < _STACKED else columns
    rows = -(-n // columns)
    needed = _WIDTH if columns > 1 else 8.6  # as the legend needs
    figure, axes = _grid(rows, columns, panels[0].verdict != "", wide or needed)
    limits = [
        _limits([panel.entropy for panel in panels]),
        _limits([panel.information for panel in panels]),
    ]
    handles: dict[str, Any] = {}
    for at, panel in enumerate(panels):
        row, column = divmod(at, columns)
        pair = axes[row, :, column]
        for axis, lines, (low, high) in zip(
            pair, (panel.entropy, panel.information), limits, strict=True
        ):
            axis.axhline(0, color="0.55", linewidth=0.8, visible=bool(reference))
            for line in lines:
                handles.setdefault(line.label, _draw_line(axis, line, low, high))
            axis.set(ylim=(low, high), xlim=(-0.5, len(layers) - 0.5))
            axis.tick_params(labelsize=8.5, labelleft=column == 0)
            axis.set_xticks(range(len(layers)), [])
            axis.set_facecolor(to_rgba(GROUNDS.get(panel.verdict, "white"), 0.5))
        width = figure.get_figwidth() / columns
        _name(pair[0], panel, width)
        if at + columns >= n:  # nothing below it
            label_layers(pair[1], layers, width)
        if column == 0:
            change = "Δ " if reference else ""
            pair[0].set_ylabel(f"{change}entropy (nat)", fontsize=9)
            pair[1].set_ylabel(f"{change}MI (nat)", fontsize=9)
    for axis in axes.transpose(0, 2, 1).reshape(-1, 2)[n:].flat:
        axis.set_visible(False)
    figure.legend(
        list(handles.values()), list(handles), loc="upper center",
        ncols=4 if figure.get_figwidth() > _STACKED else 2, frameon=False,
        fontsize=9, borderaxespad=0.2, columnspacing=1.4,
    )  # fmt: skip
    figure.alt = _words(panels, reference)
    return figure


def _grid(
    rows: int, columns: int, two_lines: bool, width: float
) -> tuple[Picture, np.ndarray]:  # fmt: skip
    """Return a picture and its axes (row, measure, column), at places that are known beforehand."""
    panel = 1.5 if rows == 1 else 1.0  # inches, as all of these
    legend = 0.35 if width > _STACKED else 0.5
    above, below, between, left = 0.42 if two_lines else 0.26, 0.42, 0.08, 0.72
    each_row = above + 2 * panel + between + 0.18
    height = legend + rows * each_row + below - 0.18
    figure = Picture(figsize=(width, height), dpi=DPI)
    gap = 0.14
    each = (width - left - 0.1 - gap * (columns - 1)) / columns
    axes = np.empty((rows, 2, columns), dtype=object)
    for row in range(rows):
        top = height - legend - row * each_row - above
        for measure in range(2):
            bottom = top - panel - measure * (panel + between)
            for column in range(columns):
                x = left + column * (each + gap)
                axis = figure.add_axes((x / width, bottom / height, each / width, panel / height))
                axis.spines[["top", "right"]].set_visible(False)
                axes[row, measure, column] = axis
    return figure, axes


def _limits(panels: Sequence[Sequence[Line]]) -> tuple[float, float]:
    """Return limits that all panels of a measure share, without what lies far from most."""
    lines = [line for panel in panels for line in panel]
    values = np.concatenate([line.values for line in lines])
    ends = np.concatenate([part for line in lines for part in (line.low, line.high)])
    values = values[np.isfinite(values)]
    if not values.size:
        return -1.0, 1.0
    ends = np.concatenate([values, ends[np.isfinite(ends)]])
    low, high = ends.min(), ends.max()
    # as for the whiskers of a box, but wider: twice the range of the middle nine tenths
    first, last = np.quantile(values, [0.05, 0.95])
    reach = last - first
    if values.size > 20 and reach > 0:
        low, high = max(low, first - reach), min(high, last + reach)
    margin = 0.08 * (high - low) or 0.05
    return float(low - margin), float(high + margin)


def _draw_line(axis: Any, line: Line, low: float, high: float) -> Any:
    """Draw values with their intervals; what lies outside stands at the edge, with its number."""
    x = np.arange(line.values.size) + line.shift
    inside = (line.values >= low) & (line.values <= high)
    shown = np.where(inside, line.values, np.nan)
    error = np.abs(np.stack([line.values - line.low, line.high - line.values]))
    error[:, ~(inside & np.isfinite(error).all(axis=0))] = 0
    drawn = axis.errorbar(
        x, shown, yerr=error, fmt=line.style, color=line.colour, markersize=4, linewidth=1.3,
        elinewidth=1.0, capsize=0,
    )  # fmt: skip
    for at in np.flatnonzero(~inside & np.isfinite(line.values)):
        above = line.values[at] > high
        edge = high if above else low
        axis.plot(x[at], edge, marker="^" if above else "v", color=line.colour, clip_on=False)
        axis.annotate(
            f"{line.values[at]:.2g}", (x[at], edge), xytext=(4, -9 if above else 4),
            textcoords="offset points", fontsize=7.5, color=line.colour,
        )  # fmt: skip
    return drawn


def _name(axis: Any, panel: Panel, width: float) -> None:
    """Write the model and its verdict over its panels, cut where there is no room."""
    most = int(width * 11)
    name = panel.title if len(panel.title) <= most else f"…{panel.title[1 - most :]}"
    axis.set_title(name, fontsize=10, loc="left", fontweight="bold", pad=16 if panel.verdict else 4)
    axis.annotate(
        panel.verdict, (0, 1), xycoords="axes fraction", xytext=(0, 4),
        textcoords="offset points", fontsize=9, color="0.25",
    )  # fmt: skip


def label_layers(axis: Any, layers: list[str], width: float) -> None:
    """Write layers below a panel: their names where there is room, else some of their numbers."""
    room = int(12 * width) - 4  # letters of this size
    short, common = _short(layers)
    fitting = [
        (names, words)
        for names, words in ((layers, ""), (short, f"{common}…"))
        if sum(map(len, names)) + 2 * len(names) <= room
    ]
    if fitting:
        names, words = fitting[0]
    else:
        step = -(-4 * len(layers) // room)
        names = [str(at + 1) if at % step == 0 else "" for at in range(len(layers))]
        words = "number of the layer"
    axis.set_xticks(range(len(layers)), names)
    axis.set_xlabel(words, fontsize=8.5, labelpad=1)


def _short(layers: list[str]) -> tuple[list[str], str]:
    """Return names of layers without what all have in common, up to a dot; and that."""
    parts = [layer.split(".") for layer in layers]
    same = 0
    while len(layers) > 1 and all(
        len(one) > same + 1 and one[same] == parts[0][same] for one in parts
    ):
        same += 1
    return [".".join(one[same:]) for one in parts], "".join(f"{part}." for part in parts[0][:same])


def _words(panels: Sequence[Panel], reference: str) -> str:
    """Return what the figure shows in words."""
    if not reference:
        return (
            "Median entropy in three rulers, and median mutual information, of each layer of "
            f"{', '.join(panel.title for panel in panels)}."
        )
    said = "; ".join(f"{panel.title}: {panel.verdict}" for panel in panels)
    return (
        "Change of the median entropy in three rulers, and of the median mutual information, from "
        f"{reference} to each model, by layer, with 95 % intervals. {said}."
    )
