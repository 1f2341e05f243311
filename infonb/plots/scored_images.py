"""Images with a number each, and with those that taught them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from infonb.plots.examples import as_rgb
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette

__all__ = ["plot_in_out_sample", "plot_scored_images", "plot_teachers"]

_WRONG = "#b03020"
#: Networks that saw a sample, and those that did not: colours that no role of samples has.
IN, OUT = reversed(palette(2, "names"))


def plot_scored_images(examples: xr.Dataset, values: xr.DataArray, *, columns: int = 10) -> Picture:
    """
    Draw images in the order in which they are given, with their label and a number above each.

    Parameters
    ----------
    examples
        ``input`` (sample, row, column), or with a channel; ``label`` (sample), perhaps
        ``true_label``: a label that differs is marked.
    values
        The number, (sample).
    columns
        How many stand in a row.

    Returns
    -------
    Picture
        Labels that are wrong are red.

    Examples
    --------
    >>> from infonb.data import load_digits
    >>> digits = load_digits().isel(sample=[3, 5])
    >>> plot_scored_images(digits, xr.DataArray([1.0, 0.5], dims="sample")).alt
    'Images: label 3 (1.00), label 5 (0.50).'
    """
    n = examples.sizes["sample"]
    columns = max(1, min(columns, n))
    width = 10.0 / max(columns, 8)
    picture, axes = subplots(-(-n // columns), columns, size=(width, width + 0.45))
    words = []
    images = as_rgb(examples["input"].values)
    for at, axis in enumerate(axes.flat):
        axis.set_axis_off()
        if at < n:
            number = _number(float(values[at]))
            label = _draw_image(axis, images[at], examples, at, number)
            words.append(f"{label} ({number})")
    picture.alt = f"Images: {', '.join(words)}."
    return picture


def plot_teachers(examples: xr.Dataset, pairs: pd.DataFrame) -> Picture:
    """
    Draw learners above those who taught them.

    Parameters
    ----------
    examples
        As for `plot_scored_images`; its labels of ``sample`` are those in `pairs`.
    pairs
        Columns ``learner``, ``teacher``, ``influence``: a row for each pair.

    Returns
    -------
    Picture
        A column for each pair; the number is what the learner's score gains by the teacher.

    Examples
    --------
    >>> from infonb.data import load_digits
    >>> pairs = pd.DataFrame({"learner": [3], "teacher": [13], "influence": [0.8]})
    >>> plot_teachers(load_digits(), pairs).alt
    'Learners and their teachers: label 3 by label 3 (0.80).'
    """
    n = len(pairs)
    width = 10.0 / max(n, 8)
    picture, axes = subplots(2, n, size=(width, width + 0.5))
    words = []
    for column, pair in enumerate(pairs.itertuples()):
        told = []
        for axis, sample, number in zip(
            axes[:, column], (pair.learner, pair.teacher), ("", _number(pair.influence, "+")),
            strict=True,
        ):  # fmt: skip
            axis.set_axis_off()
            one = examples.sel(sample=[sample])
            told.append(_draw_image(axis, as_rgb(one["input"].values)[0], one, 0, number))
        words.append(f"{told[0]} by {told[1]} ({pair.influence:.2f})")
    picture.alt = f"Learners and their teachers: {', '.join(words)}."
    return picture


def plot_in_out_sample(
    examples: xr.Dataset, sample: Any, inside: Sequence[float], outside: Sequence[float],
    teachers: pd.DataFrame,
) -> Picture:  # fmt: skip
    """
    Draw one sample: its image, its scores in and out, and who taught it.

    Parameters
    ----------
    examples
        As for `plot_scored_images`.
    sample
        Its label of ``sample``.
    inside, outside
        Its scores in trainings that saw it and that left it out.
    teachers
        Columns ``teacher``, ``influence`` and ``by chance``, the strongest first.

    Returns
    -------
    Picture
        Fixed margins, so that it is quickly drawn again.

    Examples
    --------
    >>> from infonb.data import load_digits
    >>> teachers = pd.DataFrame({"teacher": [13], "influence": [0.8], "by chance": [0.5]})
    >>> plot_in_out_sample(load_digits(), 3, [1.0, 0.9], [0.2], teachers).alt
    'Sample 3, label 3: score in 0.95, out 0.20; teachers: label 3 (+0.80).'
    """
    shown = len(teachers)
    margins = {"left": 0.02, "right": 0.99, "top": 0.78, "bottom": 0.19, "wspace": 0.12}
    picture, axes = subplots(
        1, 2 + shown, size=(10.0 / (2 + shown), 1.9), margins=margins,
        width_ratios=[1, 2.2, *[1] * shown],
    )  # fmt: skip
    one = examples.sel(sample=[sample])
    axes[0, 0].set_axis_off()
    label = _draw_image(axes[0, 0], as_rgb(one["input"].values)[0], one, 0, f"sample {sample}")
    _draw_scores(axes[0, 1], inside, outside)
    words = []
    for axis, row in zip(axes[0, 2:], teachers.itertuples(), strict=True):
        axis.set_axis_off()
        teacher = examples.sel(sample=[row.teacher])
        number = _number(row.influence, "+")
        of = _draw_image(axis, as_rgb(teacher["input"].values)[0], teacher, 0, number)
        words.append(f"{of} ({number})")
    if shown:
        chance = float(teachers["by chance"].iloc[0])
        words_below = f"teachers, strongest first; by chance the strongest has {chance:.2f}"
        picture.text(0.99, 0.04, words_below, ha="right", fontsize=9, color="0.35")
    picture.alt = (
        f"Sample {sample}, {label}: score in {np.mean(inside):.2f}, out {np.mean(outside):.2f}; "
        f"teachers: {', '.join(words)}."
    )
    return picture


def _number(value: float, sign: str = "") -> str:
    """Return a number with two digits, typeset; nothing is less than zero by rounding."""
    return f"{round(float(value), 2) + 0.0:{sign}.2f}".replace("-", "−")


def _draw_scores(axis: Any, inside: Sequence[float], outside: Sequence[float]) -> None:
    """Draw two rows of scores, spread a little so that equal ones show, with their means."""
    rng = np.random.default_rng(0)
    for row, (values, colour) in enumerate(((outside, OUT), (inside, IN))):
        spread = row + rng.uniform(-0.18, 0.18, len(values))
        axis.scatter(values, spread, s=14, alpha=0.6, lw=0, color=colour)
        axis.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color="black", lw=1.5)
        axis.text(-0.09, row, ("out", "in")[row], ha="right", va="center", fontsize=9)
    axis.set(ylim=(-0.5, 1.5), xlim=(-0.3, 1.05), yticks=[], xticks=[0, 0.5, 1])
    axis.spines["left"].set_visible(False)
    axis.spines["bottom"].set_bounds(0, 1)
    axis.tick_params(labelsize=9)
    axis.set_xlabel("      probability of its label", fontsize=9, labelpad=1)


def _draw_image(axis: Any, image: np.ndarray, examples: xr.Dataset, at: int, number: str) -> str:
    """Draw one image with its label and a number above; return the label in words."""
    axis.imshow(image, interpolation="nearest")
    label = examples["label"].values[at]
    true = examples["true_label"].values[at] if "true_label" in examples.variables else label
    words = f"label {label}" + (f", true {true}" if true != label else "")
    above = f"{label} (is {true})" if true != label else f"label {label}"
    axis.set_title(
        "\n".join(part for part in (above, number) if part), fontsize=9, pad=3,
        color=_WRONG if true != label else "black",
    )  # fmt: skip
    return words
