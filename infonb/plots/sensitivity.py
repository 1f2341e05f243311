"""How a conclusion moves with bins, edges, k and the number of samples: small multiples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D

from infonb.claims.sentences import EDGES, claimed_direction, outcomes, what_decides
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette

__all__ = ["plot_sensitivity"]

#: Outcome → words, without and with a claim, and the marker.
_MARKERS: dict[int, tuple[str, str, dict[str, Any]]] = {
    0: ("zero in the interval", "zero in the interval", {"marker": "o", "mfc": "white"}),
    1: ("clear", "as the paper says", {"marker": "o"}),
    -1: ("clear", "against the paper", {"marker": "X", "mec": "black", "ms": 9}),
}
_WORDS = {"bins": "bins", "n_samples": "samples S", "k": "neighbours k"}
#: The number of bins of the rows that are not about bins: the paper's.
_BINS = 100


def plot_sensitivity(result: xr.Dataset) -> Picture:
    """
    Draw the change of median entropy and of median MI for each setting: a column for each layer.

    Rows: entropy against the number of bins (all samples), entropy against the number of samples
    (100 bins, or the number nearest to it), mutual information against the number of samples. Lines
    are choices of edges or of k; bands are the intervals. The marker says what a setting concludes:
    filled, the change is as claimed; a cross, against the claim; empty, zero is in the interval.

    Parameters
    ----------
    result
        What `infonb.claims.sensitivity.sensitivity` returned.

    Returns
    -------
    Picture
        Its ``alt`` says which choices decide.

    Examples
    --------
    >>> from infonb.claims.sensitivity import sensitivity
    >>> acts = xr.DataArray(
    ...     np.random.default_rng(0).normal(size=(2, 1, 8, 100)),
    ...     {"alpha": [0, 1], "layer": ["fc1"]}, ("alpha", "layer", "neuron", "sample"),
    ... )
    >>> picture = plot_sensitivity(sensitivity(acts, "alpha", 0, 1, bins=[5, 10], k=[3]))
    >>> [axis.get_xlabel() for axis in picture.axes]
    ['bins (S = 100)', 'samples S']
    """
    rows = _rows(result)
    layers = result.layer.values
    width = max(2.2, 9.6 / max(len(layers), 2))  # of a panel: the figure is as wide as a page
    picture, axes = subplots(len(rows), len(layers), size=(width, 2.5), sharey="row")
    used: set[int] = set()
    for line, (measure, fixed, x, by) in zip(axes, rows, strict=True):
        colours = _colours(result, by)
        for axis, layer in zip(line, layers, strict=True):
            part = result.sel({**fixed, "layer": layer})
            for at, (value, colour) in enumerate(zip(result[by].values, colours, strict=True)):
                beside = 1 + 0.06 * (at - (len(colours) - 1) / 2)  # lines may be the same
                used |= _draw_line(axis, part.sel({by: value}), measure, x, colour, beside)
            axis.axhline(0.0, color="0.25", linewidth=1, zorder=1)
            _ticks(axis, result[x].values)
            note = f" ({_fixed(fixed)})" if fixed else ""
            axis.set_xlabel(f"{_WORDS[x]}{note}", fontsize=10)
        name = "median entropy" if measure == "entropy" else "median MI"
        line[0].set_ylabel(f"change of\n{name} (nat)", fontsize=10)
    for axis, layer in zip(axes[0], layers, strict=True):
        axis.set_title(str(layer), fontsize=11, loc="left")
    picture.align_ylabels(axes[:, 0])
    _legend(picture, result, {by for _, _, _, by in rows}, used)
    over, ends = result.attrs["over"], [result.attrs[end] for end in ("start", "end")]
    levels = " to ".join(label_of(over, end) for end in ends)
    picture.alt = (
        f"Change of medians from {levels} for each setting, with 95 % intervals. "
        f"{what_decides(result)}".replace("\n", " ")
    )
    return picture


def _rows(result: xr.Dataset) -> list[tuple[str, dict[str, Any], str, str]]:
    """Return for each row of panels: measure, what is fixed, what is x, what the lines are."""
    sizes, bins = result.n_samples.values, result.bins.values
    at = {"n_samples": int(sizes[-1])}
    usual = {"bins": int(bins[np.argmin(np.abs(np.log(bins / _BINS)))])}
    rows: list[tuple[str, dict[str, Any], str, str]] = []
    if bins.size > 1 or sizes.size == 1:
        rows.append(("entropy", at, "bins", "edges"))
    if sizes.size > 1:
        rows.append(("entropy", usual, "n_samples", "edges"))
    rows.append(("mutual_information", {}, "n_samples", "k"))
    return rows


def _fixed(fixed: dict[str, Any]) -> str:
    (name, value), *_ = fixed.items()
    return f"S = {value}" if name == "n_samples" else f"{value} bins"


def _colours(result: xr.Dataset, by: str) -> Sequence[Any]:
    n, others = result.sizes[by], 0 if by == "edges" else result.sizes["edges"]
    return palette(others + n, "layers")[others:]


def _draw_line(
    axis: Any, part: xr.Dataset, measure: str, x: str, colour: Any, beside: float
) -> set[int]:
    """Draw a line with its band; return the outcomes that it shows."""
    place = beside * part[x].values.astype(float)
    change = part[f"{measure}_change"].values
    low, high = part[f"{measure}_interval"].transpose("bound", ...).values
    if place.size > 1:
        axis.fill_between(place, low, high, color=colour, alpha=0.18, linewidth=0)
    else:
        axis.vlines(place, low, high, color=colour, alpha=0.4, linewidth=3)
    axis.plot(place, change, color=colour, linewidth=1.5, zorder=2)
    shown = _shown(part, measure).values
    for at, outcome in enumerate(shown):
        style = {"ms": 7, "mec": colour, "mfc": colour, **_MARKERS[int(outcome)][2]}
        axis.plot(place[at], change[at], linestyle="", zorder=3, **style)
    return set(shown.tolist())


def _shown(part: xr.Dataset, measure: str) -> xr.DataArray:
    """Return 1 for a change as claimed, or without a claim any clear one, -1 against it, else 0."""
    outcome = outcomes(part, measure)
    claimed = claimed_direction(part, measure)
    return abs(outcome) if claimed is None else claimed * outcome


def _ticks(axis: Any, values: np.ndarray) -> None:
    axis.set_xscale("log")
    words = [f"{value / 1000:g}k" if value >= 1000 else f"{value}" for value in values]
    axis.set_xticks(values, words)
    axis.minorticks_off()
    if len(values) == 1:
        axis.set_xlim(values[0] / 1.5, values[0] * 1.5)
    else:
        axis.margins(x=0.12)


def _legend(picture: Picture, result: xr.Dataset, lines: set[str], used: set[int]) -> None:
    claimed = "direction" in result.attrs
    handles, labels = [], []
    for by in ("edges", "k"):
        if by in lines:
            for value, colour in zip(result[by].values, _colours(result, by), strict=True):
                handles.append(Line2D([], [], color=colour, linewidth=2.5))
                labels.append(EDGES[value] if by == "edges" else f"MI, k = {value}")
    for outcome in (1, 0, -1):
        if outcome in used:
            style: dict[str, Any] = {"ms": 8, "mec": "0.2", "mfc": "0.2", **_MARKERS[outcome][2]}
            handles.append(Line2D([], [], linestyle="", **style))
            labels.append(_MARKERS[outcome][1] if claimed else _MARKERS[outcome][0])
    columns = max(2, int(picture.get_figwidth() / 1.9))
    picture.legend(handles, labels, loc="outside upper center", ncols=columns, frameon=False)
