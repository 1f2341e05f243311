"""Figures of the experiment: who predicts whom for how much compute, copies, neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.predictable_memorization.prediction import recommended
from infonb.experiments.predictable_memorization.sizes import in_order, is_once

if TYPE_CHECKING:
    from infonb.plots import Picture

__all__ = ["plot_by_copies", "plot_groups", "plot_prediction", "plot_scaling"]

_GREY = "#8a8a8a"
_WORDS = {"planted": "planted", "background": "background", "held_out": "held out (null)",
          "new": "new windows (null)"}  # fmt: skip


def plot_prediction(runs: xr.Dataset) -> Picture:
    """
    Draw precision and recall against compute: of smaller models, and of earlier checkpoints.

    Parameters
    ----------
    runs
        What `PredictableMemorization.run` returned.

    Returns
    -------
    Picture
        Finished models, each at its compute, and the largest model at its checkpoints, of the
        sequences that the first checkpoint had seen; a dot for each seed, lines of their means.

    Examples
    --------
    >>> plot_prediction(runs)  # doctest: +SKIP
    """
    from infonb.plots import palette, subplots

    sizes = in_order(runs["size"].values.tolist())
    picture, axes = subplots(1, 2, size=(4.4, 3.3), sharey=True)
    colours = palette(2, "names")
    least = float(
        runs.compute_share.isel(checkpoint=-1)
        .min()
        .clip(max=float(runs.compute_share.sel(size=sizes[-1]).min()))
    )
    said = []
    for axis, name in zip(axes[0], ("precision", "recall"), strict=True):
        values = runs[f"{name}_seen"]
        of_sizes = values.sel(size=sizes[:-1]).isel(checkpoint=-1)
        at_sizes = runs.compute_share.sel(size=sizes[:-1]).isel(checkpoint=-1)
        of_checks = values.sel(size=sizes[-1]).isel(checkpoint=slice(None, -1))
        at_checks = runs.compute_share.sel(size=sizes[-1]).isel(checkpoint=slice(None, -1))
        _line(axis, at_sizes, of_sizes, colours[0], "s", "smaller models, finished")
        _line(axis, at_checks, of_checks, colours[1], "o", f"width {sizes[-1]}, earlier")
        axis.set(xscale="log", ylim=(-0.04, 1.06), xlim=(0.6 * least, 1.05),
                 xlabel="share of the largest model's compute")  # fmt: skip
        axis.set_title(name, fontsize=10, loc="left")
        axis.grid(alpha=0.3)
        _percents(axis)
        said.append(
            f"{name} of finished models "
            + ", ".join(f"{s} {_mean(of_sizes.sel(size=s))}" for s in sizes[:-1])
            + ", of checkpoints "
            + ", ".join(f"{100 * float(c):.0f} % {_mean(of_checks.sel(checkpoint=c))}"
                        for c in of_checks.checkpoint)
        )  # fmt: skip
    for size, x, y in zip(sizes, at_sizes.values, of_sizes.mean("seed").values, strict=False):
        axes[0, 1].annotate(f"width {size}", (x, y), xytext=(-6, 5), fontsize=8.5, ha="right",
                            textcoords="offset points", color=colours[0])  # fmt: skip
    guess = float(runs.share_of_largest.isel(checkpoint=-1).mean())
    axes[0, 0].axhline(guess, color=_GREY, lw=1.2, ls=":", label="a guess among planted (null)")
    said.append(f"precision of a guess among the planted sequences {guess:.2f}")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False,
                   fontsize=9.5)  # fmt: skip
    picture.alt = f"Prediction of what the largest model memorizes: {'; '.join(said)}."
    return picture


def plot_scaling(runs: xr.Dataset) -> Picture:
    """
    Draw recall against compute of all models along their training, and the best for each budget.

    Parameters
    ----------
    runs
        What `PredictableMemorization.run` returned.

    Returns
    -------
    Picture
        A line for each size, mean of the seeds; black steps: the most that a budget buys.

    Examples
    --------
    >>> plot_scaling(runs)  # doctest: +SKIP
    """
    from infonb.plots import palette, subplots

    sizes = in_order(runs["size"].values.tolist())
    recall = runs.recall_seen.sel(size=sizes).mean("seed")
    cost = runs.compute_share.sel(size=sizes)
    picture, axes = subplots(1, 1, size=(6.6, 3.5))
    axis: Any = axes[0, 0]
    for size, colour in zip(sizes, palette(len(sizes), "layers"), strict=True):
        last = -1 if size == sizes[-1] else None
        axis.plot(cost.sel(size=size)[:last], recall.sel(size=size)[:last], "o-", ms=4,
                  color=colour, label=f"width {size}")  # fmt: skip
    points = sorted(
        (float(cost[i, j]), float(recall[i, j]))
        for i in range(len(sizes)) for j in range(cost.sizes["checkpoint"])
        if (i, j) != (len(sizes) - 1, cost.sizes["checkpoint"] - 1)
    )  # fmt: skip
    best = np.maximum.accumulate([y for _, y in points])
    axis.step([x for x, _ in points], best, where="post", color="black", lw=1.2, ls=":",
              label="best for the budget")  # fmt: skip
    axis.set(xscale="log", ylim=(-0.04, 1.04), ylabel="recall",
             xlabel="compute, as a share of the largest model's training (6ND)")  # fmt: skip
    _percents(axis)
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize=9, loc="upper left")
    table = recommended(runs)
    picture.alt = "Recall against compute; best for a budget: " + ("; ".join(
        f"{budget} width {row['width']} at {row['trained for']} of its training, recall "
        f"{row['recall']:.2f}" for budget, row in table.iterrows()
    ) or "none, nothing is memorized") + "."  # fmt: skip
    return picture


def plot_by_copies(runs: xr.Dataset) -> Picture:
    """
    Draw which share of the planted sequences each finished model memorizes, by copies.

    Parameters
    ----------
    runs
        What `PredictableMemorization.run` returned.

    Returns
    -------
    Picture
        A line for each size, mean of the seeds, with the range of these; the control without copies
        in grey.

    Examples
    --------
    >>> plot_by_copies(runs)  # doctest: +SKIP
    """
    from infonb.plots import palette, subplots

    share = runs.share.isel(checkpoint=-1)
    sizes, copies = in_order(runs["size"].values.tolist()), share.copies.values
    controls = [one for one in runs["size"].values.tolist() if is_once(one)]
    colours = dict(zip(sizes, palette(len(sizes), "layers"), strict=True))
    picture, axes = subplots(1, 1, size=(6.2, 3.2))
    axis: Any = axes[0, 0]
    said = []
    places = np.arange(copies.size)
    for size in [*sizes, *controls]:
        one = share.sel(size=size).transpose("seed", "copies")
        mean, colour = one.mean("seed"), colours.get(size, _GREY)
        axis.fill_between(places, one.min("seed"), one.max("seed"), color=colour, alpha=0.15, lw=0)
        style = {"ls": "--"} if size in controls else {}
        label = f"width {size}" if size in sizes else f"width {size.split()[0]}, each once"
        axis.plot(places, mean, marker="o", ms=4, color=colour, label=label, **style)
        said.append(f"{label} " + ", ".join(f"{float(value):.2f}" for value in mean))
    axis.set_xticks(places, [str(n) for n in copies])
    axis.set(xlabel="copies in the corpus", ylabel="share memorized", ylim=(-0.04, 1.04))
    axis.grid(axis="y", alpha=0.3)
    axis.legend(frameon=False, fontsize=9)
    listed = ", ".join(str(n) for n in copies)
    picture.alt = f"Share memorized of sequences with {listed} copies: {'; '.join(said)}."
    return picture


def plot_groups(runs: xr.Dataset, size: str) -> Picture:
    """
    Draw medians of entropy and MI of one model along its training, on each group of sequences.

    Parameters
    ----------
    runs
        What `PredictableMemorization.run` returned.
    size
        Which model.

    Returns
    -------
    Picture
        Mean of the layers, a thin line for each seed; groups that no model has seen in grey and
        dashed.

    Examples
    --------
    >>> plot_groups(runs, "64")  # doctest: +SKIP
    """
    from infonb.plots import palette, subplots

    names = {"median_entropy": "median entropy (nat)", "median_mi": "median MI (nat)"}
    names = {name: words for name, words in names.items() if name in runs}
    picture, axes = subplots(1, len(names), size=(4.3, 3.1))
    colours = dict(zip(("planted", "background"), palette(2, "names"), strict=True))
    pairs = {"held_out": "planted", "new": "background"}
    said = []
    for axis, (name, words) in zip(axes[0], names.items(), strict=True):
        one = runs[name].sel(size=size).mean("layer")
        for group, label in _WORDS.items():
            values = one.sel(group=group).transpose("checkpoint", "seed")
            colour = colours[pairs.get(group, group)]
            style = {"ls": "--", "alpha": 0.55} if group in pairs else {}
            axis.plot(values.checkpoint, values, color=colour, lw=0.5, **style)
            axis.plot(values.checkpoint, values.mean("seed"), marker="o", ms=3.5, color=colour,
                      lw=2, label=label, **style)  # fmt: skip
            said.append(f"{words}, {label} {float(values.mean('seed')[-1]):.2f} at the end")
        axis.set(xlabel="share of the training", ylabel=words)
        axis.grid(alpha=0.3)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False,
                   fontsize=9)  # fmt: skip
    picture.alt = f"Width {size}: {'; '.join(said)}.".replace("-", "−")
    return picture


def _line(
    axis: Any, x: xr.DataArray, y: xr.DataArray, colour: Any, marker: str, label: str
) -> None:
    dim = x.dims[0]
    y = y.transpose(dim, "seed")
    axis.plot(x.values, y.values, marker, ms=4, color=colour, alpha=0.35, lw=0)
    axis.plot(x.values, y.mean("seed").values, f"{marker}-", ms=5.5, color=colour, label=label)


def _percents(axis: Any) -> None:
    """Write shares along a logarithmic axis as per cent."""
    low, high = axis.get_xlim()
    ticks = [one for one in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0) if low <= one <= high]
    axis.set_xticks(ticks, [f"{100 * one:g} %" for one in ticks])
    axis.minorticks_off()


def _mean(values: xr.DataArray) -> str:
    mean = float(values.mean("seed"))
    return "none" if np.isnan(mean) else f"{mean:.2f}"
