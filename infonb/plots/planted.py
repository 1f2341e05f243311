"""How well each ruler finds examples that were planted, kind by kind, beside chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.labels import add_legend
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import Picture, subplots
from infonb.plots.ruler_names import ruler_words
from infonb.plots.style import palette
from infonb.validate import check_dim

__all__ = ["null_band", "plot_planted"]

#: Inches of a row with a single dot, of each dot more, and of all around the rows.
_ROW, _DOT, _REST = 0.3, 0.1, 1.0


@with_narrow
def plot_planted(found: xr.Dataset, *, width: float = 10.2) -> Picture:
    """
    Draw how well each ruler tells planted samples from typical ones, a column for each kind.

    Parameters
    ----------
    found
        Of `infonb.memorization.find_planted`: ``auroc`` (reading, kind) or (ruler, kind), perhaps
        with one more dim, whose labels are dots of one row, such as networks; ``auroc_interval``
        with ``bound``, and ``n`` and ``chance`` (kind): how many were planted, and their share
        among all that were ranked.
    width
        Of the picture in inches; below 7 the kinds stand one below the other.

    Returns
    -------
    Picture
        AUROC without unit: 1 where every planted sample ranks above every typical one, 0 where
        below, and 0.5 by chance, the black line. The grey band is where an order by chance falls,
        with the level of the intervals; dots whose interval reaches the line are hollow.

    Raises
    ------
    ValueError
        If there is no dim kind, or there are several dims beside kind and the ruler.

    References
    ----------
    Mann and Whitney (1947), Annals of Mathematical Statistics 18, 50: mean and variance by chance.

    Examples
    --------
    >>> found = xr.Dataset(
    ...     {"auroc": (("ruler", "kind"), [[0.98]]), "n": ("kind", [10]), "chance": ("kind", [0.1]),
    ...      "auroc_interval": (("ruler", "kind", "bound"), [[[0.95, 1.0]]])},
    ...     {"ruler": ["in_out"], "kind": ["wrong label"], "bound": ["low", "high"]})
    >>> plot_planted(found).alt
    'AUROC of planted samples; 0.5 is chance. wrong label: in/out 0.98.'
    """
    ruler, by = _dims_of(found["auroc"])
    kinds, rulers = found["kind"].values.tolist(), found[ruler].values.tolist()
    groups = found[by].values.tolist() if by else [None]
    colours = palette(len(groups), "names") if by else palette(1, "layers")
    stacked = width < 7
    columns = 1 if stacked else len(kinds)
    high = len(rulers) * (_ROW + _DOT * (len(groups) - 1)) + (_REST if not stacked else 0.7)
    rows = -(-len(kinds) // columns)
    picture, axes = subplots(rows, columns, size=(width / columns, high), sharey=True)
    handles: dict[str, Any] = {}
    said = []
    for axis, kind in zip(axes.flat, kinds, strict=True):
        one = found.sel(kind=kind)
        _draw_chance(axis, one)
        for place, (group, colour) in enumerate(zip(groups, colours, strict=True)):
            some = one.sel({by: group}) if by else one
            shift = (place - (len(groups) - 1) / 2) * 0.75 / len(groups)
            handle = _draw_dots(axis, some, ruler, np.arange(len(rulers)) + shift, colour)
            handles[str(group)] = handle
        axis.set_title(f"{kind} (n = {int(one['n'])})" if "n" in one else str(kind), fontsize=10.5,
                       loc="left")  # fmt: skip
        told = ", ".join(
            f"{ruler_words(name)} {_said(one['auroc'].sel({ruler: name}).values)}"
            for name in rulers
        )
        said.append(f"{kind}: {told}")
    _label(axes, [ruler_words(name) for name in rulers])
    if by:
        add_legend(picture, list(handles.values()), list(handles))
    among = f" in {len(groups)} {by}s, mean and range" if by and len(groups) > 1 else ""
    picture.alt = f"AUROC of planted samples{among}; 0.5 is chance. {'; '.join(said)}."
    return picture


def _dims_of(auroc: xr.DataArray) -> tuple[str, str | None]:
    """Return the dim of the rulers, and that of the dots in a row if there is one."""
    check_dim("kind", auroc.dims, "auroc")
    ruler = "ruler" if "ruler" in auroc.dims else "reading"
    check_dim(ruler, auroc.dims, "auroc")
    rest = [str(dim) for dim in auroc.dims if dim not in ("kind", ruler)]
    if len(rest) > 1:
        raise ValueError(f"one dim can be dots of a row; auroc has {rest}. Choose with .sel.")
    return ruler, rest[0] if rest else None


def null_band(n: float, share: float, level: float = 0.95) -> tuple[float, float]:
    """Return where the AUROC of an order by chance falls; n planted, a share of all ranked."""
    from scipy.stats import norm

    others = n / share - n
    spread = np.sqrt((n + others + 1) / (12 * n * others))
    reach = float(norm.ppf(0.5 + level / 2) * spread)
    return max(0.5 - reach, 0.0), min(0.5 + reach, 1.0)


def _draw_chance(axis: Any, one: xr.Dataset) -> None:
    """Draw the line of chance, and the band around it if it is known how many were planted."""
    if {"n", "chance"} <= set(one.variables) and 0 < float(one["chance"]) < 1:
        band = null_band(float(one["n"]), float(one["chance"]), one.attrs.get("level", 0.95))
        axis.axvspan(*band, color="0.9", lw=0, zorder=0)
    axis.axvline(0.5, color="black", lw=1)


def _draw_dots(axis: Any, some: xr.Dataset, ruler: str, rows: np.ndarray, colour: Any) -> Any:
    """Draw a dot in each row with its interval; hollow where that reaches 0.5."""
    values = some["auroc"].transpose(ruler).values
    unsure = np.zeros(values.size, bool)
    if "auroc_interval" in some:
        ends = some["auroc_interval"].transpose("bound", ruler)
        low, high = (ends.sel(bound=end).values for end in ("low", "high"))
        axis.hlines(rows, low, high, color=colour, lw=1.5)
        unsure = ~((low > 0.5) | (high < 0.5))
    axis.plot(values[unsure], rows[unsure], "o", ms=5, mfc="white", mec=colour, mew=1.3)
    (handle,) = axis.plot(values[~unsure], rows[~unsure], "o", ms=5.5, color=colour)
    return handle


def _label(axes: np.ndarray, names: list[str]) -> None:
    for axis in axes.flat:
        axis.set(xlim=(-0.03, 1.03), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
        axis.tick_params(labelsize=9.5)
        axis.grid(axis="x", color="0.92")
        axis.set_axisbelow(True)
        # lines between the rows, so that dots of several networks are read by the right name
        for at in range(1, len(names)):
            axis.axhline(at - 0.5, color="0.88", lw=0.7, zorder=0)
    for axis in axes[-1]:
        axis.set_xlabel("AUROC; grey: by chance", fontsize=10)
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].set_ylim(len(names) - 0.5, -0.5)


def _said(values: np.ndarray) -> str:
    """Return a number, or the mean and the range of several; what is not defined is left out."""
    known = np.atleast_1d(values)[np.isfinite(np.atleast_1d(values))]
    if not known.size:
        return "undefined"
    if known.size == 1:
        return f"{known[0]:.2f}"
    return f"{known.mean():.2f} ({known.min():.2f} to {known.max():.2f})"
