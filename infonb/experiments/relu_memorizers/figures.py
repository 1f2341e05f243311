"""The figures of the page: who memorizes and how it looks, errors, stairs, SGD, hyperplanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from infonb.plots import Picture, palette, subplots

if TYPE_CHECKING:
    from infonb.experiments.relu_memorizers.hyperplanes import RandomHyperplanes

__all__ = [
    "plot_hyperplanes", "plot_near", "plot_points", "plot_shares", "plot_signature", "plot_stairs",
]  # fmt: skip

GREY = "#8a8a8a"


def plot_signature(runs: xr.Dataset) -> Picture:
    """Draw held-out accuracy, entropy and MI by entropy of each kind of network, a dot a seed."""
    kinds, labels = runs.network.values.tolist(), runs.labels.values.tolist()
    layers = runs.layer.values.tolist()
    picture, axes = subplots(1, 3, size=(3.3, 3.2))
    panels = {
        "accuracy on other digits": runs.held_out_accuracy,
        "entropy H (nat)": runs.unit_entropy, "MI / H": runs.ratio,
    }  # fmt: skip
    said = []
    for axis, (words, values) in zip(axes[0], panels.items(), strict=True):
        for colour, one in zip(palette(len(labels), "names"), labels, strict=True):
            parts = [(None, "D")]
            if "layer" in values.dims:
                parts = list(zip(layers, "os", strict=False))
            for at, (layer, mark) in enumerate(parts):
                chosen = values.sel(labels=one)
                chosen = chosen if layer is None else chosen.sel(layer=layer)
                shift = 0.13 * (2 * labels.index(one) - len(labels) + 1) + 0.05 * (2 * at - 1)
                for place, kind in enumerate(kinds):
                    dots = chosen.sel(network=kind).values
                    axis.plot(np.full(dots.size, place + shift), dots, mark, ms=5, mfc="none",
                              color=colour, alpha=0.9)  # fmt: skip
                    name = f"{kind}, {one} labels" + (f", {layer}" if layer else "")
                    said.append(f"{words} of {name} {dots.mean():.2f}")
        axis.set_title(words, fontsize=10, loc="left")
        axis.set_xticks(range(len(kinds)), [kind.replace(" ", "\n") for kind in kinds], fontsize=9)
        axis.set_xlim(-0.6, len(kinds) - 0.4)
        axis.set_ylim(0, None)
    axes[0, 0].axhline(0.1, color=GREY, ls=":", lw=1.4)
    handles = _marks(picture, labels, layers)
    picture.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False,
                   fontsize=9)  # fmt: skip
    picture.alt = f"{'; '.join(said)}."
    return picture


def _marks(picture: Picture, labels: list[str], layers: list[str]) -> list[Any]:
    """Return the handles of a legend: colours of labels, marks of layers."""
    from matplotlib.lines import Line2D

    colours = palette(len(labels), "names")
    of_labels = [
        Line2D([], [], ls="", marker="D", color=colour, label=f"{one} labels")
        for colour, one in zip(colours, labels, strict=True)
    ]
    return of_labels + [
        Line2D([], [], ls="", marker=mark, color=GREY, mfc="none", label=layer)
        for mark, layer in zip("os", layers, strict=False)
    ]


def plot_points(runs: xr.Dataset) -> Picture:
    """Draw the largest error over the number of points, in float64 and float32."""
    picture, axes = subplots(1, 1, size=(4.6, 3.2))
    axis: Any = axes[0, 0]
    said = []
    kinds = {"float64": runs.error, "float32": runs.error_float32}
    for colour, (words, values) in zip(palette(2, "layers"), kinds.items(), strict=True):
        values = values.transpose("n_points", "seed")
        axis.plot(values.n_points, values, "o", color=colour, ms=4, mfc="none")
        mean = np.exp(np.log(values).mean("seed"))
        axis.plot(values.n_points, mean, "-", color=colour, lw=2, label=words)
        said.append(f"{words} {' → '.join(f'{one:.0e}' for one in mean.values)}")
    axis.axhline(1e-7, color=GREY, ls=":", lw=1.4)
    n = runs.n_points.values.tolist()
    axis.set(xscale="log", yscale="log")
    axis.set_xticks(n, [f"{one:,}\n{_width(runs, one)}" for one in n], fontsize=9)
    axis.minorticks_off()
    axis.set_xlabel("points N, and widths d1 - d2".replace("-", "–"))
    axis.set_ylabel("largest error")
    axis.legend(frameon=False, fontsize=9)
    picture.alt = f"Largest error at N = {', '.join(map(str, n))}: {'; '.join(said)}.".replace(
        "e-", "e−"
    )
    return picture


def plot_stairs(runs: xr.Dataset) -> Picture:
    """Draw the entropy of each unit of layer 1 on stored digits, and its closed form."""
    one = runs.sel(network="hard tanh").isel(labels=0)
    picture, axes = subplots(1, 1, size=(4.6, 3.2))
    axis: Any = axes[0, 0]
    unit = np.arange(one.sizes["unit"])
    colour = palette(1, "layers")[0]
    measured = one.stair_entropy.transpose("unit", "seed").values
    closed = one.stair_closed_form.mean("seed").values
    axis.plot(unit, closed, "-", color=GREY, lw=2, label="closed form")
    axis.plot(unit, measured, "o", color=colour, ms=4, mfc="none")
    axis.plot([], [], "o", color=colour, ms=4, mfc="none", label="measured, a dot a seed")
    axis.set_ylim(0, None)
    axis.set_xlabel("unit of layer 1, from left to right")
    axis.set_ylabel("entropy (nat)")
    axis.legend(frameon=False, fontsize=9, loc="lower center")
    picture.alt = (
        f"Entropy of {unit.size} units: closed form {closed.min():.2f} to {closed.max():.2f} nats, "
        f"mean {closed.mean():.3f}; measured mean {np.nanmean(measured):.3f}."
    )
    return picture


def plot_near(runs: xr.Dataset) -> Picture:
    """Draw the risk of SGD that begins at some distances from weights that memorize."""
    picture, axes = subplots(1, 1, size=(4.6, 3.2))
    axis: Any = axes[0, 0]
    radii, said = runs.radius.values.tolist(), []
    for colour, radius in zip(palette(len(radii), "levels"), radii, strict=True):
        one = runs.risk.sel(radius=radius).transpose("pass", "seed")
        axis.plot(one["pass"], one, color=colour, lw=0.8, alpha=0.7)
        mean = np.exp(np.log(one).mean("seed"))
        axis.plot(mean["pass"], mean, color=colour, lw=2, label=f"from {radius:g}")
        said.append(f"from {radius:g}: {float(mean[0]):.0e} → {float(mean[-1]):.0e}")
    axis.set_yscale("log")
    axis.set_xlabel("passes of SGD over the 20 points")
    axis.set_ylabel("risk")
    axis.legend(frameon=False, fontsize=9, title="distance", title_fontsize=9)
    picture.alt = f"Risk along SGD, {'; '.join(said)}.".replace("e-", "e−")
    return picture


def plot_hyperplanes(experiment: RandomHyperplanes, runs: xr.Dataset) -> Picture:
    """Draw which share of the networks interpolates, and units of layer 2, over hyperplanes."""
    picture, axes = subplots(1, 2, size=(3.9, 3.1))
    colour = palette(1, "layers")[0]
    one, n = runs.isel(share=0), runs.n_hyperplanes.values
    published = experiment.published()
    here = {"interpolates": one.interpolates.mean("seed").values, "width": one.width}
    axes[0, 0].plot(n, here["interpolates"], "o-", color=colour, lw=2, label="here")
    axes[0, 1].plot(n, one.width.transpose("n_hyperplanes", "seed"), "o", color=colour, ms=4,
                    mfc="none")  # fmt: skip
    axes[0, 1].plot(n, one.width.mean("seed"), "-", color=colour, lw=2)
    if published is not None and not published.empty:
        means = published.groupby("n_hyperplanes")[["interpolates", "width"]].mean()
        for axis, name in zip(axes[0], means, strict=True):
            axis.plot(means.index, means[name], "s--", color=GREY, lw=1.6, ms=5, label="published")
        axes[0, 0].legend(frameon=False, fontsize=9)
    axes[0, 0].set_ylim(-0.04, 1.04)
    for axis, words in zip(axes[0], ("share that interpolates", "units of layer 2"), strict=True):
        axis.set_title(words, fontsize=10, loc="left")
        axis.set_xlabel("random hyperplanes n")
    axes[0, 1].set_ylim(0, None)
    picture.alt = "; ".join(
        f"{int(at)} hyperplanes: {share:.2f} interpolate, {width:,.0f} units"
        for at, share, width in zip(
            n, here["interpolates"], one.width.mean("seed").values, strict=True
        )
    )
    return picture


def plot_shares(experiment: RandomHyperplanes, runs: xr.Dataset) -> Picture:
    """Draw units of layer 2 over the share of the images of two digits."""
    picture, axes = subplots(1, 1, size=(4.6, 3.2))
    axis: Any = axes[0, 0]
    published, said = experiment.published(), []
    numbers = experiment.n_hyperplanes
    for colour, n in zip(palette(len(numbers), "layers"), numbers, strict=True):
        one = runs.width.sel(n_hyperplanes=n).transpose("share", "seed")
        axis.plot(one.share, one, "o", color=colour, ms=4, mfc="none")
        axis.plot(one.share, one.mean("seed"), "-", color=colour, lw=2, label=f"n = {n:,}")
        said.append(f"n = {n:,}: {' → '.join(f'{v:.0f}' for v in one.mean('seed').values)}")
        _published_line(axis, published, n, colour)
    axis.set_ylim(0, None)
    axis.set_xlabel(f"images of {experiment.pair} (%)")
    axis.set_ylabel("units of layer 2")
    axis.legend(frameon=False, fontsize=9)
    picture.alt = f"Units of layer 2 of {experiment.pair} by share: {'; '.join(said)}."
    return picture


def _published_line(axis: Any, published: pd.DataFrame | None, n: int, colour: Any) -> None:
    if published is None or not (published.n_hyperplanes == n).any():
        return
    mean = published[published.n_hyperplanes == n].groupby("share").width.mean()
    axis.plot(mean.index, mean, "s--", color=colour, lw=1.4, ms=5, mfc="none",
              label=f"n = {n:,}, published")  # fmt: skip


def _width(runs: xr.Dataset, n: int) -> str:
    one = runs.sel(n_points=n).isel(seed=0)
    return f"{int(one.d1)}–{int(one.d2)}"
