"""The examples that excite neurons most: a row of images, or a list of texts, for each neuron."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.examples import Examples, Shown, montage
from infonb.plots.live.names import shortened
from infonb.plots.picture import Picture, subplots

__all__ = ["plot_activating_examples", "three_digits"]

#: Width of the page in inches, and of one line of words in letters.
_WIDTH, _LETTERS = 10.2, 120


def plot_activating_examples(found: xr.Dataset, examples: Shown) -> Picture:
    """
    Draw the examples that excite each neuron most: a row of images, or a list of texts.

    Parameters
    ----------
    found
        What `infonb.activating_examples` returned, dims (neuron, rank).
    examples
        What was shown to the network: images (sample, row, column) or (sample, channel, row,
        column), texts (sample), or rows of numbers (sample, feature); as array, list, DataArray, or
        Dataset with ``input``. Where it has labels of ``sample``, samples are found by these, else
        by their places.

    Returns
    -------
    Picture
        A panel for each neuron, with its layer, and its entropy where it was chosen by that; the
        most excited example first, below each image its activation. Of the two halves of several
        neurons, such as lowest and highest entropy, one is on the left and one on the right.

    Raises
    ------
    ValueError
        For other results, examples of another form, or examples that lack a sample.
    TypeError
        For what is no examples, such as a dict of arrays.

    Examples
    --------
    >>> import infonb as inb
    >>> values = np.array([[0.0, 3.0], [2.0, 1.0], [1.0, 2.0]])
    >>> acts = inb.from_arrays({"fc1": values})
    >>> found = inb.activating_examples(acts, neurons=[1], n=2)
    >>> plot_activating_examples(found, ["a cat", "a dog", "a bird"]).alt
    'What excites neurons most. fc1, neuron 1: a cat (3), a bird (2).'
    """
    if not isinstance(found, xr.Dataset) or not {"value", "position"} <= set(found.data_vars):
        raise ValueError("found must be what infonb.activating_examples returned: a Dataset with "
                         "'value' and 'position' (neuron, rank).")  # fmt: skip
    shown = Examples(examples)
    shown.check_number(found.attrs["n_samples"])
    places = shown.places(found.position.values, found.sample.values)
    n_neurons, n = places.shape
    told = [shown.words(row) for row in places]
    short = shown.are_images or max(len(word) for row in told for word in row) <= _LETTERS // 2 - 8
    columns = 2 if n_neurons > 1 and short else 1
    rows = -(-n_neurons // columns)
    width = _WIDTH / columns
    height = (width / n if shown.are_images else 0.19 * n) + 0.5
    picture, axes = subplots(rows, columns, size=(width, height))
    said = []
    for at, axis in enumerate(axes.T.flat):  # one column after the other
        axis.set_axis_off()
        if at >= n_neurons:
            continue
        one = found.isel(neuron=at)
        values = three_digits(one.value.values)
        words = told[at]
        if shown.are_images:
            _draw_images(axis, shown.images(places[at]), values)
        else:
            _draw_words(axis, words, values, 0.06 * columns)
        title = _title(one)
        axis.set_title(title, fontsize=10, loc="left", parse_math=False)
        if not shown.are_images:
            words = [shortened(word, 60) for word in words]
        listed = ", ".join(f"{a} ({b})" for a, b in zip(words, values, strict=True))
        said.append(f"{title}: {listed}")
    end = "most" if found.attrs.get("largest", True) else "least"
    picture.alt = f"What excites neurons {end}. {'; '.join(said)}."
    return picture


def _title(one: xr.Dataset) -> str:
    """Return layer and neuron in words, with the entropy by which it was chosen."""
    title = f"{shortened(str(one.layer.item()), 30)}, neuron {one.neuron.item()}"
    if "entropy" in one.coords:
        title += f", H = {one.entropy.item():z.2f} {one.entropy.attrs.get('units', 'nat')}"
    chosen = str(one.chosen.item()) if "chosen" in one.coords else "name"
    return title if chosen == "name" else f"{title} ({chosen})"


def three_digits(values: np.ndarray) -> list[str]:
    """Return activations in words."""
    return [f"{value:.3g}".replace("-", "−") for value in values]


def _draw_images(axis: Any, images: np.ndarray, values: list[str]) -> None:
    whole = montage(images, len(images))
    axis.imshow(whole, interpolation="nearest", extent=(0, len(images), 0, 1), aspect="auto")
    ratio = whole.shape[0] / (whole.shape[1] / len(images))
    axis.set_box_aspect(ratio / len(images))
    for at, value in enumerate(values):
        axis.text(at + 0.48, -0.06, value, fontsize=8, ha="center", va="top")
    axis.set(xlim=(0, len(images)), ylim=(0, 1))


def _draw_words(axis: Any, words: list[str], values: list[str], left: float) -> None:
    for at, (word, value) in enumerate(zip(words, values, strict=True)):
        axis.text(left, -at, value, fontsize=9, ha="right", va="top")
        axis.text(
            left + 0.015, -at, shortened(word, _LETTERS), fontsize=9, va="top", parse_math=False
        )
    axis.set(xlim=(0, 1), ylim=(-len(words), 0))
