"""Colour as a shortcut: digits with noisy binary labels and a colour that follows the label."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.data.labels import Seed, flip_labels, random_streams
from infonb.validate import check_choice, check_number

__all__ = ["colored", "recolored"]


def colored(
    images: xr.Dataset, e: float, *, label_noise: float = 0.25, seed: Seed, below: int = 5
) -> xr.Dataset:
    """
    Colour grey digits so that the colour tells the (noisy) label with probability ``1 - e``.

    Dims in: ``input`` (sample, row, column); out: (sample, channel=red, green, row, column).

    Parameters
    ----------
    images
        Grey digits with ``label`` in 0 .. 9.
    e
        Probability that the colour is *not* the label's: 0 is a perfect shortcut, 0.5 carries no
        information. The strength of the shortcut is ``alpha = 1 - 2 e``.
    label_noise
        Probability that the label, "digit below 5", is flipped.
    below
        Labels below it are one class, the others the other.
    seed
        Seed; label noise and colours come from independent streams, and for one seed the label
        noise is the same at every `e`.

    Returns
    -------
    xarray.Dataset
        ``label`` is the noisy binary label; the image stands in the channel of its colour, the
        other one is zero. Coordinates on ``sample``: ``digit``, ``true_label`` (digit below 5,
        without noise) and ``color`` (0 red, 1 green).

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 (Colored MNIST); Arjovsky, Bottou, Gulrajani and
    Lopez-Paz (2019), "Invariant risk minimization".

    Examples
    --------
    >>> from infonb.data.digits import load_digits
    >>> digits = colored(load_digits(), e=0.0, seed=0)
    >>> dict(digits.input.sizes), bool((digits.color == digits.label).all())
    ({'sample': 1797, 'channel': 2, 'row': 8, 'column': 8}, True)
    """
    e = check_number("e", e, 0.0, 1.0)
    label_noise = check_number("label_noise", label_noise, 0.0, 1.0)
    if images["input"].dims != ("sample", "row", "column"):
        raise ValueError(
            "images must be grey, with dims ('sample', 'row', 'column'); not "
            f"{images['input'].dims}."
        )
    noise_stream, color_stream = random_streams(seed, 2)
    true_label = (images["label"].values < below).astype(np.int64)
    label, _ = flip_labels(true_label, label_noise, seed=noise_stream)
    color, _ = flip_labels(label, e, seed=color_stream)
    pixels = _painted(images["input"].values, color)
    attrs = images.attrs | {
        "name": f"colored {images.attrs.get('name', 'images')}",
        "e": e,
        "label_noise": label_noise,
    }
    return xr.Dataset(
        {
            "input": (("sample", "channel", "row", "column"), pixels),
            "label": ("sample", label),
        },
        {
            "sample": images["sample"],
            "channel": np.array(["red", "green"], dtype=object),
            "digit": ("sample", images["label"].values),
            "true_label": ("sample", true_label),
            "color": ("sample", color),
        },
        attrs,
    )


def recolored(images: xr.Dataset, alignment: str) -> xr.Dataset:
    """
    Give colored images the colour of their label, or that of the other one.

    Dims in and out: ``input`` (sample, channel=red, green, row, column).

    Parameters
    ----------
    images
        What `colored` returned.
    alignment
        ``"bias"``: the colour agrees with the label on every image. ``"anti"``: it is the other.

    Returns
    -------
    xarray.Dataset
        The same images and labels; ``color`` and the attribute ``alignment`` are new.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3 (aligned evaluation sets), here for colours.

    Examples
    --------
    >>> from infonb.data.digits import load_digits
    >>> anti = recolored(colored(load_digits(), e=0.5, seed=0), "anti")
    >>> bool((anti.color != anti.label).all())
    True
    """
    check_choice("alignment", alignment, ["bias", "anti"])
    if "color" not in images.coords or images["input"].sizes.get("channel") != 2:
        raise ValueError(
            "images must be colored ones, with 'color' (sample) and two channels; not "
            f"{dict(images['input'].sizes)}."
        )
    label = images["label"].values
    color = label if alignment == "bias" else 1 - label
    pixels = _painted(images["input"].sum("channel").values, color)
    return (
        images.assign(input=(("sample", "channel", "row", "column"), pixels))
        .assign_coords(color=("sample", color))
        .assign_attrs(alignment=alignment)
    )


def _painted(grey: np.ndarray, color: np.ndarray) -> np.ndarray:
    """Return grey images (sample, row, column) in one of two channels, the other one zero."""
    pixels = np.zeros((len(grey), 2, *grey.shape[1:]), grey.dtype)
    pixels[np.arange(len(grey)), color] = grey
    return pixels
