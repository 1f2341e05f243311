"""What a network answers over x, y and the third feature c1: planes, and a cut through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.colors import LinearSegmentedColormap

from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of
from infonb.validate import check_dim

__all__ = ["plot_cuts", "plot_surface"]

#: Colours of label 0 and 1; the answers are drawn in tints of them, so that a point stands out
#: where the answer is wrong.
_CLASSES = ("#0173b2", "#de8f05")
_TINTS = LinearSegmentedColormap.from_list("answers", ["#a5cfe8", "#ffffff", "#f7cf8f"])
_ANSWERS: dict[str, Any] = {
    "cmap": _TINTS, "vmin": 0, "vmax": 1, "shading": "nearest", "rasterized": True,
}  # fmt: skip

#: Points lie on a plane if their c1 is no farther from it than this.
_NEAR = 0.75


def plot_surface(
    probability: xr.DataArray,
    radial: xr.DataArray,
    points: Mapping[str, xr.Dataset] | None = None,
) -> Picture:
    """
    Draw what networks answer on planes of equal c1, and beside them the cut through all planes.

    Parameters
    ----------
    probability
        Probability of label 1, dims (network, c1, y, x).
    radial
        The same as mean over all directions, dims (network, c1_fine, radius).
    points
        Name of a network → points to lay over its answers: on a plane those whose c1 is near it,
        on the cut all; at most 300 are drawn.

    Returns
    -------
    Picture
        A row for each network. The last panel is the cut: distance from the centre to the right, c1
        upwards. A border that runs up and down depends on the circles, one that lies flat on c1.

    Examples
    --------
    >>> plane = xr.DataArray(np.full((1, 2, 3, 3), 0.5), dims=("network", "c1", "y", "x"), coords={
    ...     "network": ["baseline"], "c1": [-3.0, 3.0], "x": [-1, 0, 1], "y": [-1, 0, 1]})
    >>> radial = xr.DataArray(np.full((1, 4, 3), 0.5), dims=("network", "c1_fine", "radius"),
    ...     coords={"network": ["baseline"], "c1_fine": [-3, -1, 1, 3], "radius": [0, 1, 2]})
    >>> len(plot_surface(plane, radial).axes)
    4
    """
    for dim in ("network", "c1", "y", "x"):
        check_dim(dim, probability.dims, "probability")
    names = [str(name) for name in probability.network.values]
    levels = probability.c1.values
    columns = len(levels) + 1
    # four panels fill the page; a single network has room for larger ones
    size = (10.2 / max(columns, 4), 2.35) if len(names) > 1 else (9.0 / max(columns, 2), 3.6)
    picture, axes = subplots(
        len(names),
        columns,
        size=size,
        width_ratios=[1] * len(levels) + [1.25],
    )
    image: Any = None
    for row, name in zip(axes, names, strict=True):
        shown = _thin((points or {}).get(name))
        for axis, c1 in zip(row[:-1], levels, strict=True):
            plane = probability.sel(network=name, c1=c1).transpose("y", "x")
            image = axis.pcolormesh(plane.x, plane.y, plane, **_ANSWERS)
            axis.contour(plane.x, plane.y, plane, levels=[0.5], colors="black", linewidths=1.0)
            _scatter(axis, shown, c1)
            axis.set_aspect("equal")
            axis.set(xlim=(-1.8, 1.8), ylim=(-1.8, 1.8), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        row[0].set_ylabel(f"{name}\ny", fontsize=11)
        _draw_cut(row[-1], radial.sel(network=name), shown)
        for c1 in levels:
            row[-1].axhline(c1, color="black", linewidth=0.9, linestyle=":")
        row[-1].set_ylabel("c1", fontsize=10)
    for axis, c1 in zip(axes[0, :-1], levels, strict=True):
        axis.set_title(f"plane c1 = {c1:g}", fontsize=11)
    axes[0, -1].set_title("cut: radius and c1", fontsize=11)
    for axis in axes[-1, :-1]:
        axis.set_xlabel("x", fontsize=10)
    axes[-1, -1].set_xlabel("distance from the centre", fontsize=10)
    _bar_and_legend(picture, axes, image, bool(points))
    picture.alt = (
        f"What the networks {', '.join(names)} answer over the plane at c1 = "
        f"{', '.join(f'{c1:g}' for c1 in levels)}, and the cut over distance and c1. "
        + _words(radial)
    )
    return picture


def plot_cuts(
    radial: xr.DataArray, points: Mapping[Any, xr.Dataset] | None = None, *, columns: int = 5
) -> Picture:
    """
    Draw the cut of many networks: distance from the centre to the right, c1 upwards.

    Parameters
    ----------
    radial
        Probability of label 1, mean over all directions, dims (levels, c1_fine, radius).
    points
        Level → points to lay over; at most 300 are drawn.
    columns
        Panels in a row.

    Returns
    -------
    Picture
        One panel for each level. A border that runs up and down depends on the circles, one that
        lies flat on c1.

    Examples
    --------
    >>> radial = xr.DataArray(np.full((2, 4, 3), 0.5), dims=("division", "c1_fine", "radius"),
    ...     coords={"division": [0.5, 1.0], "c1_fine": [-3, -1, 1, 3], "radius": [0, 1, 2]})
    >>> plot_cuts(radial).alt[:56]
    'Cuts over distance and c1. Answer at the centre minus th'
    """
    by = next(str(dim) for dim in radial.dims if dim not in ("c1_fine", "radius"))
    levels = radial[by].values
    columns = min(columns, len(levels))
    picture, axes = subplots(
        -(-len(levels) // columns), columns, size=(10.2 / max(columns, 4), 2.5),
        sharex=True, sharey=True,
    )  # fmt: skip
    image: Any = None
    for axis, level in zip(axes.flat, levels, strict=False):
        image = _draw_cut(axis, radial.sel({by: level}), _thin((points or {}).get(level)))
        axis.set_title(label_of(by, level), fontsize=11)
    for axis in axes.flat[len(levels) :]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel("c1", fontsize=10)
    picture.supxlabel("distance from the centre", fontsize=10)
    _bar_and_legend(picture, axes, image, bool(points))
    picture.alt = f"Cuts over distance and c1. {_words(radial)}"
    return picture


def _draw_cut(axis: Any, radial: xr.DataArray, points: xr.Dataset | None) -> Any:
    values = radial.transpose("c1_fine", "radius")
    image = axis.pcolormesh(values.radius, values.c1_fine, values, **_ANSWERS)
    axis.contour(
        values.radius, values.c1_fine, values, levels=[0.5], colors="black", linewidths=1.2
    )
    _scatter(axis, points, None)
    axis.set(xlim=(0, 1.8), ylim=(-3.6, 3.6), xticks=[0, 0.5, 1, 1.5], yticks=[-3, 0, 3])
    return image


def _thin(points: xr.Dataset | None, n: int = 300) -> xr.Dataset | None:
    """Return every so many points: labels are in order, and both stay in proportion."""
    return points and points.isel(sample=slice(None, None, -(-points.sizes["sample"] // n)))


def _scatter(axis: Any, points: xr.Dataset | None, c1: float | None) -> None:
    """Draw points on a plane, those near its c1, or on the cut if there is no c1."""
    if points is None:
        return
    x, y, third = points["input"].transpose("feature", "sample").values
    labels = points["label"].values
    at = np.ones(x.size, bool) if c1 is None else abs(third - c1) < _NEAR
    place = (np.hypot(x, y), third) if c1 is None else (x, y)
    for value, colour in enumerate(_CLASSES):
        chosen = at & (labels == value)
        axis.scatter(
            place[0][chosen], place[1][chosen], s=12, color=colour, edgecolors="black",
            linewidths=0.3, label=f"label {value}",
        )  # fmt: skip


def _bar_and_legend(picture: Picture, axes: np.ndarray, image: Any, points: bool) -> None:
    bar = picture.colorbar(image, ax=axes, shrink=min(1.0, 1.6 / len(axes)), pad=0.01, aspect=14)
    bar.set_label("probability of label 1", fontsize=10)
    if points:
        handles, names = axes[0, -1].get_legend_handles_labels()
        picture.legend(
            handles, names, loc="outside upper center", ncols=2, frameon=False, markerscale=2
        )


def _words(radial: xr.DataArray) -> str:
    """Say how far the answers depend on the distance and on c1, in numbers."""
    by = next(str(dim) for dim in radial.dims if dim not in ("c1_fine", "radius"))
    inner = radial.sel(radius=radial.radius < 0.5).mean(["radius", "c1_fine"])
    outer = radial.sel(radius=radial.radius > 0.9).mean(["radius", "c1_fine"])
    above = radial.sel(c1_fine=radial.c1_fine > 2).mean(["radius", "c1_fine"])
    below = radial.sel(c1_fine=radial.c1_fine < -2).mean(["radius", "c1_fine"])
    parts = [
        f"{label_of(by, level)} {r:.2f} and {c:.2f}"
        for level, r, c in zip(
            radial[by].values, (inner - outer).values, (above - below).values, strict=True
        )
    ]
    return (
        "Answer at the centre minus that outside, and at large c1 minus that at small c1: "
        f"{'; '.join(parts)}."
    )
