"""What was memorized: the distribution in groups of samples, and scores in against out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette

__all__ = ["plot_in_out", "plot_memorization"]

_GREY = "#8a8a8a"


def plot_memorization(
    groups: Mapping[str, xr.DataArray], *, null: Collection[str] = (), bins: int = 40,
    name: str = "memorization",
) -> Picture:  # fmt: skip
    """
    Draw how memorization is distributed in groups of samples, one above the other.

    Parameters
    ----------
    groups
        Name → memorization, dims (sample), such as ``mem`` of `infonb.memorization.in_out`.
    null
        Names of the groups that nobody trained on: what is chance, in grey.
    bins
        At most, of all values together: a whole number of steps wide where values come in steps, as
        shares of right answers do.
    name
        What the numbers are, with their unit if they have one.

    Returns
    -------
    Picture
        A row for each group: number of samples on a logarithmic scale, so that the long tail shows;
        a line at the mean.

    Examples
    --------
    >>> mem = xr.DataArray([0.0, 0.1, 1.0], dims="sample")
    >>> plot_memorization({"true labels": mem}).alt
    'Memorization: true labels 0.37 on average (3 samples).'
    """
    values = {group: _finite(mem) for group, mem in groups.items()}
    every = np.concatenate([*values.values(), [0.0, 1.0]])
    edges = _edges(every, bins)
    picture, axes = subplots(len(values), 1, size=(6.2, 0.72), sharex=True)
    picture.set_figheight(0.75 * len(values) + 0.6)
    colours = palette(len(values), "layers")
    words = []
    for axis, colour, (group, some) in zip(axes.flat, colours, values.items(), strict=True):
        colour = _GREY if group in null else colour
        axis.hist(some, edges, color=colour, log=True)
        axis.set_ylim(0.5, 2 * max(2, np.histogram(some, edges)[0].max()))
        axis.axvline(some.mean(), color="black", lw=1, ls=":")
        mean = f"{some.mean():z.2f}".replace("-", "−")  # z: no zero is negative
        axis.set_title(f"{group}: {some.size:,} samples, mean {mean}", fontsize=10, loc="left",
                       pad=2)  # fmt: skip
        axis.tick_params(labelsize=9)
        words.append(f"{group} {mean} on average ({some.size:,} samples)")
    axes[-1, 0].set_xlabel(name)
    picture.supylabel("samples", fontsize=10)
    picture.alt = f"{name[:1].upper()}{name[1:]}: {', '.join(words)}."
    return picture


def _edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Return edges of equal bins; between the values if these stand on a ladder."""
    distinct = np.unique(values.round(6))
    low, high = distinct[0], distinct[-1]
    steps = round((high - low) / np.diff(distinct).min())
    places = (distinct - low) * steps / (high - low)
    if steps >= 20 * bins or not np.allclose(places, places.round(), atol=0.02):
        return np.linspace(low - 1e-6, high + 1e-6, bins + 1)
    each = -(-(steps + 1) // bins)  # steps in a bin, if there are more of them than bins
    n = -(-(steps + 1) // each)
    return low + (high - low) / steps * (each * np.arange(n + 1) - 0.5)


def _finite(values: xr.DataArray) -> np.ndarray:
    """Return the known values of a group."""
    check_array(values, "the memorization of a group")
    known = values.values[np.isfinite(values.values)].ravel()
    if not known.size:
        raise ValueError("a group has no finite value; leave it out.")
    return known


def plot_in_out(
    found: xr.Dataset, *, by: str = "role", names: Mapping[str, str] | None = None
) -> Picture:
    """
    Draw each sample's score where it was left out, across, and where it was in, up.

    Parameters
    ----------
    found
        ``U`` and ``V``, dims (sample), as of `infonb.memorization.in_out`.
    by
        The coordinate of the samples that colours them; ``"null"`` in it is grey.
    names
        Its labels → words, in the order of the legend; others are left out.

    Returns
    -------
    Picture
        On the diagonal nothing is memorized; the farther above it, the more.

    Raises
    ------
    ValueError
        If there is no such coordinate.

    Examples
    --------
    >>> found = xr.Dataset({"U": ("sample", [1.0, 0.9]), "V": ("sample", [0.0, 0.9])},
    ...     {"role": ("sample", ["wrong", "clean"])})
    >>> plot_in_out(found).alt
    'Score in against score out of 2 samples: clean, wrong.'
    """
    if by not in found.coords:
        raise ValueError(f"by must be one of {sorted(map(str, found.coords))}; not {by!r}.")
    group = found[by].values.astype(str)
    names = names or {name: name for name in sorted(set(group.tolist()))}
    picture, axes = subplots(1, 1, size=(5.4, 4.6))
    axis: Any = axes.flat[0]
    low = float(min(found.U.min(), found.V.min()))
    high = float(max(found.U.max(), found.V.max()))
    for mem in (0.0, 0.5):
        if mem < high - low:
            axis.plot([low, high - mem], [low + mem, high], color="0.75", lw=1, zorder=0)
            axis.annotate(f"mem {mem:g}", (low, low + mem), fontsize=9, color="0.45", rotation=38,
                          xytext=(4, 5), textcoords="offset points")  # fmt: skip
    for colour, (label, words) in zip(palette(len(names), "layers"), names.items(), strict=True):
        at = group == label
        axis.scatter(
            found.V.values[at], found.U.values[at], s=14, alpha=0.6, lw=0, label=words,
            color=_GREY if label == "null" else colour,
        )  # fmt: skip
    units = found.U.attrs.get("units", "")
    axis.set_xlabel(f"score out, V{f' ({units})' if units else ''}")
    axis.set_ylabel(f"score in, U{f' ({units})' if units else ''}")
    picture.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9, markerscale=1.6)
    picture.alt = (
        f"Score in against score out of {group.size:,} samples: {', '.join(names.values())}."
    )
    return picture
