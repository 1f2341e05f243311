"""Images of which it is known what a network can learn, and what it must know by heart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.labels import random_streams
from infonb.validate import check_choice, check_dim, check_integer, check_number

__all__ = ["KINDS", "marked_images", "planted_images"]

#: What a sample was planted as, in the order in which they stand.
KINDS = ("typical", "wrong label", "outlier", "near-duplicate", "shortcut")

Images = NDArray[np.float32]


def planted_images(
    images: xr.Dataset | None = None, *, n_typical: int = 400, n_wrong: int = 40,
    n_outliers: int = 40, n_groups: int = 8, copies: int = 6, n_shortcut: int = 120,
    twins: float = 0.5, odd: str = "shuffled", jitter: float = 0.02, marked: str = "shortcut",
    seed: int = 0,
) -> xr.Dataset:  # fmt: skip
    """
    Return images of five kinds to train on, and held-out twins of each kind that nobody trains on.

    Dims (sample, ...) of images in; (sample, ...) out, in the order of the kinds, first those to
    train on and then the twins.

    Parameters
    ----------
    images
        To draw from: ``input`` (sample, row, column), perhaps with channel, and ``label``
        (sample), whole numbers from 0. None: `load_digits`.
    n_typical
        *Typical*: an image as it is, with its label.
    n_wrong
        *Wrong label*: an image as it is, with the label of another class. Nothing but memory tells
        it.
    n_outliers
        *Outlier*: an odd image (`odd`) with a label of its own, drawn evenly. No other sample is
        like it.
    n_groups, copies
        *Near-duplicate*: so many odd images in so many nearly equal copies, which share a label: a
        network learns it from any of them, so that leaving one out changes nothing.
    n_shortcut
        *Shortcut*: an image with a label of another class, and a bright mark at its edge that tells
        the label: learnt as a rule, not by heart. Every class has a mark at a place of its own.
    twins
        Of each kind so many held-out samples are made for each one to train on, in the same way
        (of near-duplicates more copies of each group); at least one of each.
    odd
        What makes an image odd: its pixels are ``"shuffled"``, each image in an order of its own;
        its values are ``"inverted"``; or it is the ``"blend"`` of two images of different classes.
    jitter
        Standard deviation of the noise by which copies differ, in units of the images' range.
    marked
        ``"shortcut"``: those samples alone have a mark; ``"all"``: every sample has the mark of its
        label. Draws are the same in both.
    seed
        Of all draws; each kind has its own.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, ...), ``label`` (sample), the planted one. Coordinates of ``sample``:
        ``kind`` (object), ``is_in`` (bool: to train on; False: a twin), ``group`` (int: copies of
        one image have the same number; -1: none), ``true_label`` (of the image that a sample was
        made of), ``source`` (its place among `images`). Attributes ``name``, ``n_classes``,
        ``seed``.

    Raises
    ------
    TypeError, ValueError
        If images have no rows and columns or no labels, there are fewer of them than are needed,
        or a number is out of range.

    Notes
    -----
    What follows for one network that has learnt all labels: with and without the sample its answer
    differs for a wrong label and an outlier; it does not for near-duplicates and shortcuts, and
    hardly for typical ones. A blend is made of the drawn image and the next drawn one of another
    class. Different images are drawn for everything but copies.

    References
    ----------
    The kinds are those of Feldman, "Does learning require memorization?", STOC 2020 (atypical and
    mislabelled samples; copies that hide them), and of Bansal, Pruthi and Belinkov, 2022
    (shortcuts).

    Examples
    --------
    >>> found = planted_images(n_typical=6, n_wrong=2, n_outliers=2, n_groups=1, copies=4,
    ...                        n_shortcut=2)
    >>> found.input.shape, int(found.is_in.sum())
    ((24, 8, 8), 16)
    >>> found.kind[found.is_in].to_series().value_counts().to_dict()
    {'typical': 6, 'near-duplicate': 4, 'wrong label': 2, 'outlier': 2, 'shortcut': 2}
    >>> bool((found.label == found.true_label)[found.kind == "wrong label"].any())
    False
    """
    if images is None:
        from infonb.data.digits import load_digits

        images = load_digits()
    numbers = _checked(n_typical, n_wrong, n_outliers, n_groups, n_shortcut)
    copies = check_integer("copies", copies, 2)
    share = check_number("twins", twins, 0.0)
    check_choice("odd", odd, list(_ODD))
    check_choice("marked", marked, ["shortcut", "all"])
    jitter = check_number("jitter", jitter, 0.0)
    pixels, classes, n_classes = _taken(images)

    kind, is_in, group = _plan(numbers, copies, share)
    drawing, labels, making, noise = (np.random.default_rng(s) for s in random_streams(seed, 4))
    source = _sources(group, len(pixels), drawing)
    true = classes[source]
    label = _labels(kind, group, true, n_classes, labels)
    found = pixels[source]
    at = np.flatnonzero(np.isin(kind, ["outlier", "near-duplicate"]))
    found[at] = _odd(odd, pixels, classes, source[at], group[at], making)
    at = np.flatnonzero(kind == "near-duplicate")
    low, high = float(pixels.min()), float(pixels.max())
    spread = jitter * (high - low)
    found[at] = np.clip(found[at] + spread * noise.standard_normal(found[at].shape), low, high)
    at = np.flatnonzero((kind == "shortcut") | (marked == "all"))
    found[at] = marked_images(found[at], label[at], n_classes, high)
    known = {
        "kind": kind, "is_in": is_in, "group": group, "true_label": true, "source": source,
        "sample": np.arange(kind.size),
    }  # fmt: skip
    return xr.Dataset(
        {"input": (_dims(images), found), "label": ("sample", label)},
        {name: ("sample", values) for name, values in known.items()},
        {"name": images.attrs.get("name", "images"), "n_classes": n_classes, "seed": int(seed)},
    )


def _checked(*numbers: int) -> dict[str, int]:
    names = ("n_typical", "n_wrong", "n_outliers", "n_groups", "n_shortcut")
    least = (2, 1, 1, 1, 1)
    found = [check_integer(*one) for one in zip(names, numbers, least, strict=True)]
    return dict(zip(KINDS, found, strict=True))


def _dims(images: xr.Dataset) -> tuple[Any, ...]:
    return images["input"].transpose("sample", ..., "row", "column").dims


def _taken(images: Any) -> tuple[Images, NDArray[np.int64], int]:
    """Return pixels (sample, ..., row, column), classes, and how many of these there are."""
    if not isinstance(images, xr.Dataset) or not {"input", "label"} <= set(images.variables):
        raise TypeError(
            "images must be a dataset with input (sample, row, column) and label (sample), as of "
            "infonb.data.load_digits()."
        )
    for dim in ("sample", "row", "column"):
        check_dim(dim, images["input"].dims, "input")
    label = images["label"].values
    if label.dtype.kind not in "iu" or not label.size or label.min() < 0:
        raise ValueError("label must be whole numbers from 0, a class for each sample.")
    n_classes = int(label.max()) + 1
    if n_classes < 2:
        raise ValueError("images are of 1 class, of which no label is wrong; give at least 2.")
    pixels = images["input"].transpose("sample", ..., "row", "column").values
    return pixels.astype(np.float32), label.astype(np.int64), n_classes


def _plan(
    numbers: dict[str, int], copies: int, share: float
) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.int64]]:
    """Return kind, whether to train on it, and group of each sample, of twins last."""
    parts: list[tuple[str, bool, NDArray[np.int64]]] = []
    for is_in in (True, False):
        for kind, n in numbers.items():
            if kind == "near-duplicate":
                each = copies if is_in else max(1, round(share * copies))
                group = np.repeat(np.arange(n), each)
            else:
                group = np.full(n if is_in else max(1, round(share * n)), -1)
            parts.append((kind, is_in, group))
    sizes = [group.size for _, _, group in parts]
    return (
        np.repeat(np.array([kind for kind, _, _ in parts], dtype=object), sizes),
        np.repeat([is_in for _, is_in, _ in parts], sizes),
        np.concatenate([group for _, _, group in parts]),
    )


def _sources(group: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the image that each sample is made of: another one for each but for copies."""
    number = np.arange(group.size)
    for one in np.unique(group[group >= 0]):
        number[group == one] = number[group == one][0]
    different, place = np.unique(number, return_inverse=True)
    if different.size > n:
        raise ValueError(
            f"{different.size:,} different images are needed, with the twins; there are {n:,}. "
            "Take a smaller n_typical or fewer twins."
        )
    return rng.permutation(n)[: different.size][place]


def _labels(
    kind: NDArray[Any], group: NDArray[np.int64], true: NDArray[np.int64], n_classes: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:  # fmt: skip
    """Return the planted labels; copies share theirs."""
    other = (true + rng.integers(1, n_classes, true.size)) % n_classes
    own = rng.integers(0, n_classes, true.size)
    for one in np.unique(group[group >= 0]):
        own[group == one] = own[group == one][0]
    label = np.where(np.isin(kind, ["wrong label", "shortcut"]), other, true)
    return np.where(np.isin(kind, ["outlier", "near-duplicate"]), own, label)


def _odd(
    how: str, pixels: Images, classes: NDArray[np.int64], source: NDArray[np.int64],
    group: NDArray[np.int64], rng: np.random.Generator,
) -> Images:  # fmt: skip
    """Return the odd images; copies of one image are made odd alike."""
    number = np.where(group >= 0, group, -1 - np.arange(group.size))
    made: dict[int, Images] = {}
    for one, at in zip(number.tolist(), source.tolist(), strict=True):
        if one not in made:
            made[one] = _ODD[how](at, pixels, classes, rng)
    return np.stack([made[one] for one in number.tolist()])


def _shuffled(
    at: int, pixels: Images, classes: NDArray[np.int64], rng: np.random.Generator
) -> Images:
    """Return an image with its pixels in another order, all channels alike."""
    image = pixels[at]
    flat = image.reshape(*image.shape[:-2], -1)
    return flat[..., rng.permutation(flat.shape[-1])].reshape(image.shape)


def _inverted(
    at: int, pixels: Images, classes: NDArray[np.int64], rng: np.random.Generator
) -> Images:
    """Return an image with bright and dark exchanged."""
    return pixels.max() + pixels.min() - pixels[at]


def _blend(at: int, pixels: Images, classes: NDArray[np.int64], rng: np.random.Generator) -> Images:
    """Return the mean of an image and one of another class."""
    others = np.flatnonzero(classes != classes[at])
    return (pixels[at] + pixels[rng.choice(others)]) / 2


_ODD: dict[str, Callable[..., Images]] = {
    "shuffled": _shuffled, "inverted": _inverted, "blend": _blend,
}  # fmt: skip


def marked_images(
    images: Images, label: NDArray[np.int64], n_classes: int, bright: float
) -> Images:
    """
    Return images with the mark of each label: a bright cell at the left or right edge.

    Classes have the left edge first, from above, then the right one; a cell is an eighth of a side.
    """
    found = images.copy()
    rows, columns = images.shape[-2:]
    half = -(-n_classes // 2)
    height, width = max(1, rows // max(8, half)), max(1, columns // 8)
    if half > rows:
        raise ValueError(f"{n_classes} classes do not fit at the edges of {rows} rows.")
    for image, one in zip(found, label.tolist(), strict=True):
        top = (one % half) * rows // half
        edge = slice(None, width) if one < half else slice(columns - width, None)
        image[..., top : top + height, edge] = bright
    return found
