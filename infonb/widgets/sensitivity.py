"""Choose one setting of a grid; see both levels, and the conclusion."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.grid import axes_of, measures_of
from infonb.claims.sentences import describe_setting
from infonb.claims.words import axis_words, is_ordered, label_words, measure_words
from infonb.measures import mixture_density
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette, palette_kind
from infonb.widgets.panel.panel import Panel

__all__ = ["explore_sensitivity"]

_MARGINS = {"right": 0.985, "bottom": 0.22, "top": 0.86, "wspace": 0.12}

#: Where the controls start if the grid has these values: the paper's.
_START = {"bins": 100, "k": 3, "edges": "common", "comparison": 0, "layer": 0}


def explore_sensitivity(grid: xr.Dataset, *, interactive: bool = True) -> Panel:
    """
    Choose one setting of the measures; see the values at both levels, and the conclusion.

    Everything is measured already: there is a control for each choice with more than one label.

    Parameters
    ----------
    grid
        What `infonb.claims.sensitivity` or `infonb.claims.compare_settings` returned.
    interactive
        False: only the picture, for reports.

    Returns
    -------
    Panel
        Its ``value`` is the choice. Boxes show the neurons, curves the density of the pairs; where
        the grid holds no neurons, a line for each seed.

    Raises
    ------
    ValueError
        For a data set that is no grid.

    Examples
    --------
    >>> from infonb.claims import sensitivity
    >>> acts = xr.DataArray(
    ...     np.random.default_rng(0).normal(size=(2, 1, 8, 100)),
    ...     {"alpha": [0, 1], "layer": ["fc1"]}, ("alpha", "layer", "neuron", "sample"),
    ... )
    >>> grid = sensitivity(acts, "alpha", 0, 1, bins=[5, 10], k=[1, 3])
    >>> panel = explore_sensitivity(grid)
    >>> panel.controls["bins"].value = 5
    >>> panel.value
    {'edges': 'common', 'bins': 5, 'k': 3}
    """
    import ipywidgets as widgets

    if not isinstance(grid, xr.Dataset):
        raise TypeError(f"give a grid, what sensitivity returned; not {type(grid).__name__}.")
    names = measures_of(grid)
    axes = dict.fromkeys(["layer", *(axis for name in names for axis in axes_of(grid, name))])
    controls: dict[str, Any] = {}
    for axis in axes:
        labels = grid[axis].values.tolist()
        if len(labels) < 2:
            continue
        ordered = is_ordered(labels)
        kind = widgets.SelectionSlider if ordered else widgets.Dropdown
        options = [(str(one) if ordered else label_words(axis, one), one) for one in labels]
        start = _first(axis, labels)
        controls[axis] = kind(options=options, value=start, description=axis_words(axis))
    fixed = {axis: grid[axis].values.tolist()[0] for axis in axes if axis not in controls}

    def draw(**chosen: Any) -> Picture:
        return _draw(grid, names, {**fixed, **chosen})

    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _first(axis: str, labels: list[Any]) -> Any:
    """Return the paper's setting if it is there, else the last number (most samples)."""
    if _START.get(axis) in labels:
        return _START[axis]
    return labels[-1] if is_ordered(labels) and axis != "layer" else labels[0]


def _draw(grid: xr.Dataset, names: list[str], setting: dict[str, Any]) -> Picture:
    over, ends = str(grid.attrs["over"]), _ends(grid, setting)
    levels = [label_of(over, end) for end in ends]
    kind = palette_kind(ends)
    # of names those that other figures of the networks hardly reach: the order is another here
    colours = palette(5, kind)[3:] if kind == "names" else palette(3, kind)[:2]
    room = (0.3 + 0.085 * max(map(len, levels))) / 9.2  # for the names, as share of the width
    picture, axes = subplots(
        1, len(names), size=(9.2 / len(names), 3.2), margins={**_MARGINS, "left": room}
    )
    said = []
    for axis, name in zip(axes[0], names, strict=True):
        chosen = {dim: setting[dim] for dim in (*axes_of(grid, name), "layer")}
        _panel(axis, grid, name, chosen, list(zip(ends, levels, colours, strict=True)))
        said.append(describe_setting(grid, name, **chosen))
        title = said[-1].replace("mutual information", "MI").replace(": ", ":\n")
        axis.set_title(title, fontsize=10, loc="left")
    for axis in axes[0, 1:]:
        axis.set_yticks([])  # the levels stand beside the first, or in a legend
    told = [label_words(dim, one) for dim, one in setting.items() if dim != "comparison"]
    picture.alt = f"{' and '.join(levels)}, {', '.join(told)}. {'; '.join(said)}."
    return picture


def _ends(grid: xr.Dataset, setting: dict[str, Any]) -> list[Any]:
    """Return the two levels that are compared."""
    if "comparison" not in setting:
        return [grid.attrs[end] for end in ("start", "end")]
    names = setting["comparison"].split(" → ")
    over = grid.coords.get(grid.attrs["over"])
    there = {} if over is None else {str(level): level for level in over.values.tolist()}
    return [there.get(name, name) for name in names]


def _panel(
    axis: Any, grid: xr.Dataset, name: str, chosen: dict[str, Any],
    ends: list[tuple[Any, str, Any]],
) -> None:  # fmt: skip
    """Draw one measure at both levels, each (level, words, colour)."""
    over, what = grid.attrs["over"], measure_words(grid, name)
    if name in grid and "neuron" in grid[name].dims:
        values = grid[name].sel({dim: one for dim, one in chosen.items() if dim != "comparison"})
        draw = _pairs if "other_neuron" in values.dims else _neurons
        draw(axis, [(values.sel({over: level}), *rest) for level, *rest in ends])
        what = what.removeprefix("median ") + (" of a pair" if draw is _pairs else " of a neuron")
    else:
        medians = grid[f"median_{name}"].sel(chosen).transpose("end", "seed").values
        _seeds(axis, medians, [rest for _, *rest in ends])
    told = [
        label_words(dim, one) for dim, one in chosen.items() if dim not in ("comparison", "layer")
    ]
    units = grid[f"{name}_change"].attrs["units"]
    axis.set_xlabel(f"{what} ({units})\n{', '.join(told)}", fontsize=9.5)
    axis.locator_params(axis="x", nbins=6)


def _neurons(axis: Any, ends: list[Any]) -> None:
    """Draw boxes of the neurons."""
    boxes = axis.boxplot(
        [_finite(values) for values, *_ in ends], orientation="horizontal", widths=0.55,
        patch_artist=True, tick_labels=[words for _, words, _ in ends],
        medianprops={"color": "black", "linewidth": 2},
        flierprops={"marker": ".", "markersize": 4, "markeredgecolor": "0.3"},
    )["boxes"]  # fmt: skip
    axis.invert_yaxis()
    for box, (*_, colour) in zip(boxes, ends, strict=True):
        box.set(facecolor=(*colour[:3], 0.6))


def _pairs(axis: Any, ends: list[Any]) -> None:
    """Draw densities of the pairs, and a bar at the mean of the medians."""
    for values, words, colour in ends:
        density = mixture_density(values, dim=list(values.dims))
        x, y = density.value.values, density.values
        axis.fill_between(x, y, alpha=0.25, color=colour, label=words)
        axis.plot(x, y, color=colour, linewidth=1.5)
        middle = float(values.median([dim for dim in values.dims if dim != "seed"]).mean())
        axis.plot([middle], [0], marker="|", ms=14, mew=2.5, color=colour, clip_on=False)
    both = np.concatenate([_finite(values) for values, *_ in ends])
    low, high = np.quantile(both, [0.001, 0.995])
    margin = 0.08 * (high - low) + 1e-3
    axis.set(xlim=(low - margin, high + margin), yticks=[])
    axis.set_ylim(0, None)
    axis.legend(frameon=False, fontsize=10)


def _seeds(axis: Any, medians: np.ndarray, ends: list[Any]) -> None:
    """Draw a line for each seed, from one level to the other: (end, seed)."""
    axis.plot(medians, [0, 1], color="0.6", linewidth=1)
    for at, (_, colour) in enumerate(ends):
        axis.plot(medians[at], np.full(medians.shape[1], at), "o", ms=8, color=colour)
        axis.plot([np.nanmean(medians[at])], [at], "|", ms=22, mew=2, color="black")
    axis.set(yticks=[0, 1], yticklabels=[words for words, _ in ends], ylim=(1.5, -0.5))


def _finite(values: xr.DataArray) -> np.ndarray:
    flat = values.values.ravel()
    return flat[np.isfinite(flat)]
