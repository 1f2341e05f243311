"""The figures of the page: wrong labels along the training, beliefs, gradients, neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.early_learning.claims import information
from infonb.experiments.early_learning.levels import CLEAN
from infonb.plots import Picture, palette, subplots
from infonb.plots.examples import as_rgb

if TYPE_CHECKING:
    from infonb.widgets import Panel

__all__ = ["explore_outcomes", "plot_along", "plot_beliefs", "plot_detectors", "plot_gradient",
           "plot_linear", "plot_outcomes", "plot_roc"]  # fmt: skip

#: What is said of a wrong label, in the words and colours of all figures of this page.
_WORDS = {"true": "the true class", "noisy": "the wrong label: memorized", "other": "another class"}


def _colours() -> dict[str, Any]:
    blue, orange, _, red, *_ = palette(4, "layers")
    return {"true": blue, "noisy": red, "other": "0.6", "label": orange}


def _colours_of(runs: xr.Dataset) -> dict[str, Any]:
    """Return the colour of each loss, that of `infonb.plots.plot_training`, for all figures."""
    levels = runs.loss.values.tolist()
    return dict(zip(levels, palette(len(levels), "names"), strict=True))


def plot_outcomes(
    runs: xr.Dataset, levels: Sequence[str], *, group: str = "wrong", width: float = 3.3
) -> Picture:
    """Draw what networks say of training images with wrong labels: a panel for each loss."""
    picture, axes = subplots(1, len(levels), size=(width, 3.1), sharey=True)
    handles: dict[str, Any] = {}
    for axis, level in zip(axes[0], levels, strict=True):
        for outcome, words in _WORDS.items():
            curves = runs.fraction.sel(loss=level, group=group, outcome=outcome)
            curves = curves.transpose("epoch", "seed")
            colour = _colours()[outcome]
            axis.plot(curves.epoch, curves, color=colour, lw=0.6, alpha=0.5)
            handles[words] = axis.plot(curves.epoch, curves.mean("seed"), color=colour, lw=2)[0]
        axis.set_title(level, fontsize=11, loc="left")
        axis.set(xlabel="epoch", ylim=(-0.02, 1.02))
    axes[0, 0].set_ylabel(f"share of images with {'wrong' if group == 'wrong' else 'true'} labels")
    _shared_legend(picture, handles)
    ends = runs.fraction.isel(epoch=-1).sel(group=group).mean("seed")
    told = [f"{level} {float(ends.sel(loss=level, outcome='noisy')):.0%}" for level in levels]
    picture.alt = f"Share of {group} labels that are memorized at the end: {', '.join(told)}."
    return picture


def plot_beliefs(
    runs: xr.Dataset, images: xr.DataArray, levels: Sequence[str], *, seed: int, n: int = 6
) -> Picture:
    """Draw the first training images with wrong labels, and what each table says of them."""
    run = runs.sel(seed=seed)
    wrong = run.image_is_wrong.sel(loss=levels[0]).values.astype(bool)
    chosen = np.flatnonzero(wrong)[:n]
    picture, axes = subplots(1 + len(levels), len(chosen), size=(1.65, 1.55))
    pictures = as_rgb(images.values[chosen])
    for at, (column, image) in enumerate(zip(chosen, pictures, strict=True)):
        one = run.sel(loss=levels[0]).isel(image=column)
        label, true = int(one.image_label), int(one.image_true_label)
        axes[0, at].imshow(image)
        axes[0, at].set_axis_off()
        axes[0, at].set_title(f"label {label}, truly {true}", fontsize=10)
        for axis, level in zip(axes[1:, at], levels, strict=True):
            _bars(axis, run.target.sel(loss=level).isel(image=column).values, label, true)
    for axis, level in zip(axes[1:, 0], levels, strict=True):
        axis.set_ylabel(f"{level}: belief", fontsize=9)
    kept = run.target.isel(image=np.flatnonzero(wrong))
    told = [
        f"{level} {float((kept.sel(loss=level).argmax('class') == _true(run, wrong)).mean()):.0%}"
        for level in levels
    ]
    picture.alt = (
        f"Images with wrong labels, and what the tables believe of them; in all, the table "
        f"believes most in the true class: {', '.join(told)}."
    )
    return picture


def _true(run: xr.Dataset, wrong: np.ndarray) -> np.ndarray:
    return run.image_true_label.isel(loss=1, image=np.flatnonzero(wrong)).values


def _bars(axis: Any, belief: np.ndarray, label: int, true: int) -> None:
    colours = ["0.8"] * belief.size
    colours[label], colours[true] = _colours()["noisy"], _colours()["true"]
    axis.bar(np.arange(belief.size), belief, color=colours)
    axis.set(ylim=(0, 1.05), xticks=[label, true], yticks=[0, 1])
    axis.tick_params(labelsize=8, length=2)


def plot_gradient(
    weights: Sequence[float], *, beliefs: Sequence[float] = (0.3, 0.7, 0.9)
) -> Picture:
    """
    Draw where a step of gradient descent pushes the logit of the true class of a wrong label.

    Of two classes, against the probability that the network gives to the true one: a panel for each
    weight of the regularizer, a line for each belief in the table.
    """
    import torch

    from infonb.training import elr_gradient

    picture, axes = subplots(1, len(weights), size=(3.7, 3.0), sharey=True)
    p = torch.linspace(0.01, 0.99, 99)
    both = torch.stack([p, 1 - p], dim=1)
    handles: dict[str, Any] = {}
    for axis, lam in zip(axes[0], weights, strict=True):
        handles["cross-entropy"] = axis.plot(p, -p, color="black", lw=1.6, ls="--")[0]
        for belief, colour in zip(beliefs, palette(len(beliefs), "levels"), strict=True):
            target = torch.tensor([[belief, 1 - belief]]).expand_as(both)
            push = -(p + lam * elr_gradient(both, target)[:, 0])
            words = f"with a belief of {belief:g} in the true class"
            handles[words] = axis.plot(p, push, color=colour, lw=2)[0]
        axis.axhline(0, color="0.7", lw=0.8, zorder=0)
        axis.set(xlabel="probability of the true class")
        axis.set_title(f"λ = {lam:g}", fontsize=11, loc="left")
    axes[0, 0].set_ylabel("push on its logit")
    _shared_legend(picture, handles, columns=2)
    picture.alt = (
        "Push on the logit of the true class of an image with a wrong label: below 0, towards the "
        "label, for cross-entropy; above 0 with a strong belief in the table."
    )
    return picture


def plot_linear(runs: xr.Dataset, levels: Sequence[str]) -> Picture:
    """Draw how often the linear model of the theory is right where labels are wrong and right."""
    groups = {"wrong": "wrong labels", "clean": "right labels"}
    picture, axes = subplots(1, 2, size=(4.2, 3.0), sharey=True)
    handles: dict[str, Any] = {}
    for axis, (group, words) in zip(axes[0], groups.items(), strict=True):
        for level in levels:
            curves = runs.linear_right.sel(loss=level, group=group).transpose("linear_step", "seed")
            step, colour = curves.linear_step + 1, _colours_of(runs)[level]
            axis.plot(step, curves, color=colour, lw=0.6, alpha=0.5)
            handles[level] = axis.plot(step, curves.mean("seed"), color=colour, lw=2)[0]
        axis.set(xscale="log", xlabel="step of gradient descent", ylim=(-0.02, 1.04))
        axis.set_title(words, fontsize=11, loc="left")
    axes[0, 0].set_ylabel("true class said")
    _shared_legend(picture, handles)
    wrong = runs.linear_right.sel(group="wrong").mean("seed")
    told = [
        f"{level} {float(wrong.sel(loss=level).max()):.2f}, "
        f"{float(wrong.sel(loss=level)[-1]):.2f}" for level in levels
    ]  # fmt: skip
    picture.alt = f"Linear model, accuracy on wrong labels at its peak and end: {'; '.join(told)}."
    return picture


def plot_along(runs: xr.Dataset, levels: Sequence[str]) -> Picture:
    """Draw mean MI less its null, and median entropy, along the training, by layer."""
    layers = runs.layer.values.tolist()
    measures = {
        "mean MI less its null (nat)": information(runs),
        "median entropy (nat)": runs.entropy.median("neuron"),
    }
    picture, axes = subplots(len(measures), len(layers), size=(4.2, 2.6), sharex=True, sharey="row")
    colours = _colours_of(runs)
    handles: dict[str, Any] = {}
    names = [CLEAN, *(level for level in levels if level != CLEAN)]
    for row, (words, values) in zip(axes, measures.items(), strict=True):
        for axis, layer in zip(row, layers, strict=True):
            for name in names:
                curves = values.sel(loss=name, layer=layer).transpose("checkpoint", "seed")
                style = {"color": colours[name], "ls": "--" if name == CLEAN else "-"}
                axis.plot(curves.checkpoint, curves, lw=0.6, alpha=0.5, **style)
                label = "clean (null)" if name == CLEAN else name
                mean = curves.mean("seed")
                handles[label] = axis.plot(
                    curves.checkpoint, mean, lw=2, marker="o", ms=3.5, **style
                )[0]  # fmt: skip
        row[0].set_ylabel(words)
    for axis, layer in zip(axes[0], layers, strict=True):
        axis.set_title(str(layer), fontsize=11, loc="left")
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
    _shared_legend(picture, handles)
    last = measures["mean MI less its null (nat)"].isel(checkpoint=-1).mean("seed")
    told = [
        f"{name} {', '.join(f'{float(one):.3f}' for one in last.sel(loss=name))}" for name in names
    ]
    picture.alt = f"Mean MI less its null at the end, by layer, in nats: {'; '.join(told)}."
    return picture


def plot_roc(runs: xr.Dataset, levels: Sequence[str]) -> Picture:
    """Draw which share of the wrong labels is found against that of right ones taken for wrong."""
    picture, axes = subplots(1, 1, size=(4.6, 3.6))
    axis = axes[0, 0]
    told = []
    for level in levels:
        run, colour = runs.sel(loss=level), _colours_of(runs)[level]
        area = float(run.auroc.mean("seed"))
        for at in range(run.sizes["seed"]):
            one = run.isel(seed=at)
            wrong = one.image_is_wrong.values.astype(bool)[np.argsort(-one.suspicion.values)]
            found, false = np.cumsum(wrong) / wrong.sum(), np.cumsum(~wrong) / (~wrong).sum()
            label = f"{level}: area {area:.3f}" if at == 0 else None
            axis.plot([0, *false], [0, *found], color=colour, lw=1.2, label=label)
        told.append(f"{level} {area:.3f}")
    axis.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls=":", label="chance")
    axis.set(xlabel="right labels taken for wrong", ylabel="wrong labels found")
    axis.legend(frameon=False, fontsize=9, loc="lower right")
    picture.alt = f"ROC of wrong labels by the table of the loss, areas: {', '.join(told)}."
    return picture


def plot_detectors(runs: xr.Dataset, levels: Sequence[str]) -> Picture:
    """Draw how well each reading of one training ranks wrong labels above right ones."""
    areas = runs.detector_auroc.sel(loss=list(levels)).dropna("detector", how="all")
    areas = areas.transpose("detector", "loss", "seed")
    picture, axes = subplots(1, 1, size=(6.0, 0.8 + 0.34 * areas.sizes["detector"]))
    axis, told = axes[0, 0], []
    for at, level in enumerate(levels):
        values, colour = areas.sel(loss=level), _colours_of(runs)[level]
        row = np.arange(len(values)) + 0.6 * ((at + 0.5) / len(levels) - 0.5)
        axis.plot(values, row, ".", color=colour, ms=4, alpha=0.6)
        axis.plot(values.mean("seed"), row, "o", color=colour, ms=6, label=level)
    names = areas.detector.values.tolist()
    axis.set_yticks(range(len(names)), names)
    axis.set(xlabel="wrong labels found: area under the ROC curve", ylim=(len(names) - 0.5, -0.5))
    axis.axvline(0.5, color="0.7", lw=0.8, ls=":")
    for name in names:
        means = areas.sel(detector=name).mean("seed")
        told.append(f"{name} " + ", ".join(f"{v.loss.item()} {float(v):.3f}" for v in means))
    picture.legend(loc="outside upper center", ncols=len(levels), frameon=False, fontsize=9)
    picture.alt = f"Area under the ROC curve of wrong labels: {'; '.join(told)}."
    return picture


def explore_outcomes(runs: xr.Dataset, *, interactive: bool = True) -> Panel:
    """Choose a loss, and images with wrong or right labels; see what the networks say of them."""
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice, named

    def draw(loss: str, group: str) -> Picture:
        return plot_outcomes(runs, [loss], group=group, width=6.0)

    levels = runs.loss.values.tolist()
    controls = {
        "loss": choice(named(levels), "loss", levels[1]),
        "group": choice([("wrong", "wrong"), ("right", "clean")], "labels", "wrong"),
    }
    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _shared_legend(picture: Picture, handles: dict[str, Any], columns: int = 4) -> None:
    picture.legend(
        list(handles.values()), list(handles), loc="outside upper center", ncols=columns,
        frameon=False,
    )  # fmt: skip
