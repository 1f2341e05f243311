"""Curves of the training of one network or of many."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.dims import group_dim
from infonb.plots.labels import add_legend
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette, palette_kind
from infonb.validate import check_choice

__all__ = ["plot_training"]


@with_narrow
def plot_training(
    results: xr.Dataset, *, quantity: str = "accuracy", by: str | None = None, width: float = 9.8
) -> Picture:
    """
    Draw the course of training, on the training and on the validation examples.

    Parameters
    ----------
    results
        What `infonb.fit` returned, dims (epoch), or the labelled result of an experiment with
        seed and a dimension of levels besides.
    quantity
        ``"accuracy"`` or ``"loss"``.
    by
        The dimension of the levels; needed only if there are several candidates.
    width
        Of the picture in inches; below 7 the panels stand one below the other.

    Returns
    -------
    Picture
        A thin line for each seed, a thick one for their mean as long as all of them train.

    Examples
    --------
    >>> import numpy as np
    >>> curve = ("epoch", np.linspace(0, 1, 5))
    >>> history = xr.Dataset({"train_accuracy": curve, "validation_accuracy": curve})
    >>> len(plot_training(history.assign_coords(epoch=np.arange(1, 6))).axes)
    2
    """
    check_choice("quantity", quantity, ["accuracy", "loss"])
    names = [f"{part}_{quantity}" for part in ("train", "validation")]
    names = [name for name in names if name in results]
    if not names:
        raise ValueError(
            f"results hold no 'train_{quantity}'; they hold {sorted(map(str, results.data_vars))}."
        )
    by = group_dim(results[names[0]], by, {"epoch"})
    levels = list(results[by].values) if by else [None]
    stacked, n = width < 7, len(names)
    size = (width if stacked else width / 2, 3.1)
    picture, axes = subplots(*((n, 1) if stacked else (1, n)), size=size, sharey=True)
    colours = palette(len(levels), palette_kind(levels))
    marker = "o" if results.sizes["epoch"] == 1 else None  # one point makes no line
    handles: list[Any] = []
    for axis, name in zip(axes.flat, names, strict=True):
        handles = []
        for level, colour in zip(levels, colours, strict=True):
            curves = results[name].sel({by: level}) if by else results[name]
            curves = curves.expand_dims("seed") if "seed" not in curves.dims else curves
            for seed in range(curves.sizes["seed"]):
                axis.plot(
                    curves.epoch,
                    curves.isel(seed=seed),
                    color=colour,
                    lw=0.6,
                    alpha=0.5,
                    marker=marker,
                )
            mean = curves.mean("seed", skipna=False)
            handles += axis.plot(curves.epoch, mean, color=colour, lw=1.8, marker=marker)
        words = {"train": "training examples", "validation": "validation examples"}
        axis.set_title(words[name.split("_")[0]], fontsize=11, loc="left")
        axis.set(xlabel="epoch")
        if quantity == "accuracy":
            axis.set_ylim(0, 1.03)
    for axis in axes[:, 0]:
        axis.set_ylabel(quantity if quantity == "accuracy" else "loss (nat per example)")
    if by:
        labels = [label_of(by, level) for level in levels]
        add_legend(picture, handles, labels)
    picture.alt = (
        f"Curves of the {quantity} over {int(results.epoch.max())} epochs: "
        f"{' and '.join(name.replace('_', ' ') for name in names)}"
        + (f", for {', '.join(label_of(by, level) for level in levels)}." if by else ".")
    )
    return picture
