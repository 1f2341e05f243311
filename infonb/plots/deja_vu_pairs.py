"""Déjà vu of single pairs: what a key puts first, what it costs, and scenes that are recalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.examples import as_rgb
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette
from infonb.validate import check_dim

__all__ = ["plot_gain_against", "plot_recalled_scenes", "plot_top_pairs"]

_GREY = "#8a8a8a"
_NAMED, _UNNAMED = "#0072b2", "#d55e00"


def plot_top_pairs(
    gaps: xr.DataArray, *, whole: xr.DataArray | None = None, null: str = "C",
    groups: Sequence[str] = ("A", "C"), name: str = "gap of recall",
) -> Picture:  # fmt: skip
    """
    Draw the gap on the pairs that each key puts first, in a group beside the null.

    Parameters
    ----------
    gaps
        Dims (key, group, top), perhaps seed, as of `infonb.memorization.deja_vu_top`.
    whole
        The same gap of all pairs (group), perhaps seed: a line in each panel.
    null
        The group that neither model has seen.
    groups
        Which groups are drawn.
    name
        What the numbers are.

    Returns
    -------
    Picture
        A panel for each share; bars are means over seeds, dots the seeds.

    Raises
    ------
    ValueError
        Without these dims.

    Examples
    --------
    >>> gaps = xr.DataArray(
    ...     [[[0.6], [0.5]]], {"key": ["max_pred_gap"], "group": ["A", "C"], "top": [0.1]},
    ...     ("key", "group", "top"),
    ... )
    >>> plot_top_pairs(gaps).alt
    'gap of recall on the first pairs by max_pred_gap: 10 %: A +0.60, C +0.50.'
    """
    for dim in ("key", "group", "top"):
        check_dim(dim, gaps.dims, "gaps")
    table = gaps if "seed" in gaps.dims else gaps.expand_dims("seed")
    keys, tops = table.key.values.tolist(), table.top.values.tolist()
    picture, axes = subplots(1, len(tops), size=(3.9, 3.2), sharey=True)
    colour = dict.fromkeys(groups, palette(1, "layers")[0]) | {null: _GREY}
    for axis, top in zip(axes[0], tops, strict=True):
        axis.axhline(0, color="black", lw=1)
        for at, group in enumerate(groups):
            one = table.sel(group=group, top=top).transpose("key", "seed")
            x = np.arange(len(keys)) + (at - (len(groups) - 1) / 2) * 0.36
            words = f"{group}: held out (null)" if group == null else f"{group}: trained on"
            axis.bar(x, one.mean("seed"), 0.32, color=colour[group], alpha=0.75, label=words)
            axis.plot(
                np.repeat(x, one.sizes["seed"]), one.values.ravel(), "o", ms=3.5, color="black"
            )
            if whole is not None:
                level = float(whole.sel(group=group).mean())
                axis.axhline(level, color=colour[group], lw=1.2, ls=":")
        axis.set_xticks(range(len(keys)), keys, fontsize=9)
        axis.set_title(f"first {100 * top:g} %", fontsize=11, loc="left")
    axes[0, 0].set_ylabel(name)
    picture.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center",
                   ncols=len(groups), frameon=False, fontsize=9.5)  # fmt: skip
    said = [
        f"{key}: "
        + "; ".join(f"{100 * top:g} %: {_means(table, key, top, groups)}" for top in tops)
        for key in keys
    ]
    picture.alt = f"{name} on the first pairs by {'. '.join(said)}.".replace("-", "−")
    return picture


def _means(table: xr.DataArray, key: str, top: float, groups: Sequence[str]) -> str:
    one = table.sel(key=key, top=top).mean("seed")
    return ", ".join(f"{group} {float(one.sel(group=group)):+.2f}" for group in groups)


def plot_gain_against(
    gain: xr.DataArray, against: xr.DataArray, *, words: tuple[str, str] = ("PRG on A", "utility")
) -> Picture:
    """
    Draw how much each treatment remembers against what it is good for.

    Parameters
    ----------
    gain, against
        One number for each treatment, dims (treatment), perhaps seed; any dim may stand for it.
    words
        What the two are.

    Returns
    -------
    Picture
        Best is the upper left: of use, and nothing remembered. Bars reach over the seeds.

    Raises
    ------
    ValueError
        If the two have other treatments.

    Examples
    --------
    >>> gain = xr.DataArray([0.5, 0.2], {"treatment": ["default", "mask 0.3"]}, ("treatment",))
    >>> plot_gain_against(gain, 1 - gain).alt
    'utility against PRG on A: default 0.50, 0.50; mask 0.3 0.80, 0.20.'
    """
    (over,) = (str(dim) for dim in gain.dims if dim != "seed")
    if gain[over].values.tolist() != against[over].values.tolist():
        raise ValueError(f"the two are of different {over}s: bring them in line.")
    x, y = (one if "seed" in one.dims else one.expand_dims("seed") for one in (gain, against))
    levels = x[over].values.tolist()
    picture, axes = subplots(1, 1, size=(6.2, 4.2))
    axis: Any = axes[0, 0]
    said = []
    for level, colour in zip(levels, palette(len(levels), "names"), strict=True):
        one, other = x.sel({over: level}).values, y.sel({over: level}).values
        middle = one.mean(), other.mean()
        axis.plot([one.min(), one.max()], [middle[1]] * 2, color=colour, lw=1)
        axis.plot([middle[0]] * 2, [other.min(), other.max()], color=colour, lw=1)
        axis.plot(*middle, "o", ms=8, color=colour, label=level)
        said.append(f"{level} {middle[1]:.2f}, {middle[0]:.2f}")
    axis.set(xlabel=words[0], ylabel=words[1])
    axis.grid(alpha=0.3)
    picture.legend(loc="outside right upper", frameon=False, fontsize=9.5)
    picture.alt = f"{words[1]} against {words[0]}: {'; '.join(said)}.".replace("-", "−")
    return picture


def plot_recalled_scenes(
    rows: Mapping[str, xr.Dataset], named: Sequence[Sequence[int]], titles: Sequence[str]
) -> Picture:
    """
    Draw pairs, a column each: the image of the pair, and what models find for its caption.

    Parameters
    ----------
    rows
        Name → images, ``input`` (sample, ..., row, column) and ``cell_object`` (sample, cell), the
        object in each of the square number of cells, -1 for none. The first row is the truth.
    named
        The objects that each caption names.
    titles
        Words above each column, such as the caption.

    Returns
    -------
    Picture
        Framed are the objects of the pair's own image: blue if the caption names them, red if not.

    Raises
    ------
    ValueError
        If rows have different numbers of images.

    Examples
    --------
    >>> image = xr.Dataset({"input": (("sample", "row", "column"), np.zeros((1, 4, 4))),
    ...     "cell_object": (("sample", "cell"), [[3, -1, 5, 7]])})
    >>> plot_recalled_scenes({"its image": image, "target": image}, [[3]], ["caption: 3"]).alt
    'Scenes for 1 captions. target: 2 of 2 objects that are not named are found.'
    """
    sizes = {one.sizes["sample"] for one in rows.values()}
    if sizes != {len(named)} or len(titles) != len(named):
        raise ValueError(f"rows have {sorted(sizes)} images; there are {len(named)} captions.")
    picture, axes = subplots(len(rows), len(named), size=(1.75, 1.85))
    truth = next(iter(rows.values())).cell_object.values
    said = []
    for place, (name, images) in enumerate(rows.items()):
        found = 0
        for at, axis in enumerate(axes[place]):
            own = set(truth[at].tolist()) - {-1}
            _scene(axis, images.isel(sample=at), own, set(named[at]))
            shown = set(images.cell_object.values[at].tolist()) & own - set(named[at])
            found += len(shown)
            if place == 0:
                axis.set_title(titles[at], fontsize=9)
            else:
                axis.set_xlabel(f"{len(shown)} of {len(own - set(named[at]))} not named",
                                fontsize=9)  # fmt: skip
        axes[place, 0].set_ylabel(name, fontsize=10)
        if place:
            whole = sum(len(set(row.tolist()) - {-1} - set(own)) for row, own in
                        zip(truth, named, strict=True))  # fmt: skip
            said.append(f"{name}: {found} of {whole}")
    picture.alt = (
        f"Scenes for {len(named)} captions. {'; '.join(said)} objects that are not named are found."
    )
    return picture


def _scene(axis: Any, one: xr.Dataset, own: set[int], named: set[int]) -> None:
    """Draw one image, its own objects framed."""
    from matplotlib.patches import Rectangle

    image = one.input.values.astype(float)
    low, high = np.quantile(image, [0.01, 0.99])
    axis.imshow(as_rgb(np.clip((image - low) / max(high - low, 1e-9), 0, 1)[None])[0])
    axis.set(xticks=[], yticks=[])
    cells = one.cell_object.values
    side = round(len(cells) ** 0.5)
    size = image.shape[-1] / side
    for cell, shown in enumerate(cells.tolist()):
        if shown in own:
            row, column = divmod(cell, side)
            axis.add_patch(Rectangle(
                (column * size - 0.2, row * size - 0.2), size - 0.6, size - 0.6, fill=False, lw=2.2,
                edgecolor=_NAMED if shown in named else _UNNAMED,
            ))  # fmt: skip
