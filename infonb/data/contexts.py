"""Generated scenes: drawn objects on crops of photographs and on textures, nothing to download."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.groups import check_names, images_per_group, training_counts
from infonb.data.labels import random_streams
from infonb.data.pictures import picture_set
from infonb.validate import check_integer

__all__ = ["context_scenes"]

#: Silhouettes in a square from -1 to 1 (x to the right, y down): polygons, and ellipses given by
#: their box (left, top, right, bottom).
_SILHOUETTES: dict[str, list[list[tuple[float, float]] | tuple[float, float, float, float]]] = {
    "fish": [(-0.95, -0.5, 0.55, 0.5), [(0.3, 0.0), (0.95, -0.55), (0.95, 0.55)]],
    "house": [
        [(-0.7, -0.1), (0.7, -0.1), (0.7, 0.9), (-0.7, 0.9)],
        [(-0.95, 0.0), (0.0, -0.9), (0.95, 0.0)],
        [(0.4, -0.9), (0.65, -0.9), (0.65, -0.2), (0.4, -0.3)],
    ],
    "tree": [
        [(-0.15, 0.5), (0.15, 0.5), (0.15, 0.95), (-0.15, 0.95)],
        [(-0.75, 0.55), (0.0, -0.5), (0.75, 0.55)],
        [(-0.5, 0.0), (0.0, -0.95), (0.5, 0.0)],
    ],
    "boat": [
        [(-0.95, 0.35), (0.95, 0.35), (0.55, 0.9), (-0.55, 0.9)],
        [(-0.1, -0.95), (-0.1, 0.2), (-0.8, 0.2)],
        [(0.05, -0.7), (0.7, 0.2), (0.05, 0.2)],
    ],
    "cup": [
        [(-0.75, -0.7), (0.45, -0.7), (0.3, 0.8), (-0.6, 0.8)],
        [(0.35, -0.45), (0.95, -0.45), (0.85, 0.4), (0.3, 0.4), (0.3, 0.15), (0.65, 0.15),
         (0.7, -0.2), (0.35, -0.2)],
    ],
    "star": [
        [(0.95 * r * np.sin(a), -0.95 * r * np.cos(a))
         for a, r in zip(np.arange(10) * np.pi / 5, [1.0, 0.42] * 5, strict=True)],
    ],
}  # fmt: skip

#: A photograph is cut into strips of this many columns; every third is for evaluation only.
_STRIP = 80


def context_scenes(
    setting: str,
    *,
    n_train: int = 1600,
    n_evaluation: int = 800,
    n_objects: int = 4,
    size: int = 32,
    seed: int = 0,
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return generated scenes, a drawn object in a context, for training and evaluation.

    Parameters
    ----------
    setting
        ``"balanced"``: in training every object is in all contexts. ``"unbalanced"``: each object
        is in one context of its own, so that the context is a shortcut to the object.
    n_train, n_evaluation
        Number of images, multiples of ``n_objects ** 2``.
    n_objects
        Number of objects, and of contexts: 2 to 6 (the paper's number).
    size
        Rows and columns of the images.
    seed
        Seed. For one seed the evaluation set is the same in both settings, and the images of an
        object in its own context in the balanced set are also in the unbalanced one.

    Returns
    -------
    train, evaluation : xarray.Dataset
        ``input`` (sample, channel=red, green, blue, row, column) in 0 .. 1; ``label`` (sample),
        the number of the object; coordinates ``object`` and ``context`` (sample), names. In
        evaluation every object is in all contexts equally often.

    Notes
    -----
    Objects are silhouettes (fish, house, tree, boat, cup, star) whose outline, place, size, slant,
    colour and brightness are drawn anew for every image. Contexts are crops of scikit-learn's
    two photographs (temple, flower) and textures (stripes, clouds, checks, rays). No crop for
    evaluation shares a pixel with one for training.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 and Figure 5, with photographs of NICO++.

    Examples
    --------
    >>> train, evaluation = context_scenes("unbalanced", n_train=32, n_evaluation=16)
    >>> dict(train.input.sizes)
    {'sample': 32, 'channel': 3, 'row': 32, 'column': 32}
    >>> sorted(set(zip(train.object.values, train.context.values)))
    [('boat', 'clouds'), ('fish', 'temple'), ('house', 'flower'), ('tree', 'stripes')]
    """
    n = check_integer("n_objects", n_objects, 2, len(_SILHOUETTES))
    size = check_integer("size", size, 8)
    names = check_names(list(_SILHOUETTES)[:n], list(_CONTEXTS)[:n])
    counts = {
        "train": training_counts(setting, images_per_group("n_train", n_train, n), n),
        "evaluation": training_counts(
            "balanced", images_per_group("n_evaluation", n_evaluation, n), n
        ),
    }
    attrs = {"name": "context scenes", "seed": int(seed)}
    train, evaluation = (
        _scenes(counts[part], part, names, size, stream).assign_attrs(attrs, split=part)
        for part, stream in zip(counts, random_streams(seed, 2), strict=True)
    )
    return train.assign_attrs(setting=setting), evaluation.assign_attrs(setting="balanced")


def _scenes(
    counts: NDArray[np.int64],
    part: str,
    names: tuple[list[str], list[str]],
    size: int,
    seed: np.random.SeedSequence,
) -> xr.Dataset:
    """Return scenes with so many images of each object (row) in each context (column)."""
    order, *streams = random_streams(seed, 1 + counts.size)
    label, place = (
        index.repeat(counts.ravel()) for index in np.indices(counts.shape).reshape(2, -1)
    )
    pixels = np.empty((label.size, size, size, 3), np.float32)
    at = 0
    # a stream for each group: its first images are the same however many follow
    for (i, j), stream in zip(np.ndindex(counts.shape), streams, strict=True):
        rng = np.random.default_rng(stream)
        for _ in range(counts[i, j]):
            pixels[at] = _scene(names[0][i], names[1][j], part, size, rng)
            at += 1
    shuffled = np.random.default_rng(order).permutation(label.size)
    objects, contexts = names
    return picture_set(
        pixels[shuffled], label[shuffled], place[shuffled], objects=objects, contexts=contexts,
        sample=np.arange(label.size), attrs={},
    )  # fmt: skip


def _scene(
    name: str, context: str, part: str, size: int, rng: np.random.Generator
) -> NDArray[np.floating]:
    background = _CONTEXTS[context](rng, size, part) * rng.uniform(0.75, 1.1)
    mask = _silhouette(name, size, rng)[..., None]
    # darker than a bright background, brighter than a dark one; the hue says nothing
    under = float((background * mask).sum() / (3 * mask.sum()))
    grey = under + rng.uniform(0.3, 0.6) * (1 if under < 0.5 else -1)
    colour = grey + rng.uniform(-0.15, 0.15, 3)
    return np.clip(background + mask * (colour - background), 0, 1)


def _silhouette(name: str, size: int, rng: np.random.Generator) -> NDArray[np.floating]:
    """Return how much of each pixel the object covers, in 0 .. 1."""
    from PIL import Image, ImageDraw

    scale = rng.uniform(0.27, 0.4, 2)
    angle = np.deg2rad(rng.uniform(-20, 20))
    mirror = rng.choice([-1.0, 1.0])
    centre = rng.uniform(0.4, 0.6, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    fine = 4 * size
    image = Image.new("L", (fine, fine))
    draw = ImageDraw.Draw(image)
    for shape in _SILHOUETTES[name]:
        outline = _ellipse(*shape) if isinstance(shape, tuple) else np.array(shape)
        outline = outline + rng.normal(0, 0.03, outline.shape)
        points = (outline * [mirror, 1.0] * scale) @ turn.T + centre
        draw.polygon([(float(x), float(y)) for x, y in points * fine], fill=255)
    small = image.resize((size, size), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / 255


def _ellipse(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    return np.stack(
        [
            (left + right + (right - left) * np.cos(angle)) / 2,
            (top + bottom + (bottom - top) * np.sin(angle)) / 2,
        ],
        axis=1,
    )


@lru_cache
def _photograph(file: str) -> NDArray[np.uint8]:
    from sklearn.datasets import load_sample_image

    return load_sample_image(file)


def _crop(file: str) -> Callable[[np.random.Generator, int, str], NDArray[np.floating]]:
    def texture(rng: np.random.Generator, size: int, part: str) -> NDArray[np.floating]:
        from PIL import Image

        photograph = _photograph(file)
        strips = np.arange(photograph.shape[1] // _STRIP)
        own = strips[(strips % 3 == 2) == (part == "evaluation")]
        side = int(rng.integers(_STRIP // 2, _STRIP + 1))
        left = int(rng.choice(own)) * _STRIP + int(rng.integers(_STRIP - side + 1))
        top = int(rng.integers(photograph.shape[0] - side + 1))
        crop = Image.fromarray(photograph[top : top + side, left : left + side])
        return np.asarray(crop.resize((size, size), Image.Resampling.BICUBIC), np.float32) / 255

    return texture


def _stripes(rng: np.random.Generator, size: int, part: str) -> NDArray[np.floating]:
    wave = 0.5 + 0.5 * np.sin(
        _along(rng, size, rng.uniform(0, np.pi)) * 2 * np.pi * rng.uniform(3, 6)
    )
    return _between(wave, rng, [0.75, 0.35, 0.25], [0.95, 0.75, 0.55])


def _clouds(rng: np.random.Generator, size: int, part: str) -> NDArray[np.floating]:
    from PIL import Image

    total: Any = 0.0
    for cells in (3, 6, 12):
        grid = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
        total = total + np.asarray(grid.resize((size, size), Image.Resampling.BICUBIC)) * 3 / cells
    return _between(np.clip(total / 1.75, 0, 1), rng, [0.25, 0.4, 0.65], [0.75, 0.85, 0.95])


def _checks(rng: np.random.Generator, size: int, part: str) -> NDArray[np.floating]:
    angle, cells = rng.uniform(0, np.pi / 2), rng.uniform(3, 5)
    first = np.sin(_along(rng, size, angle) * 2 * np.pi * cells)
    second = np.sin(_along(rng, size, angle + np.pi / 2) * 2 * np.pi * cells)
    return _between(
        np.clip(0.5 + 4 * first * second, 0, 1), rng, [0.3, 0.2, 0.4], [0.75, 0.6, 0.85]
    )


def _rays(rng: np.random.Generator, size: int, part: str) -> NDArray[np.floating]:
    y, x = np.mgrid[:size, :size] / size - rng.uniform(-0.5, 1.5, (2, 1, 1))
    wave = 0.5 + 0.5 * np.sin(np.arctan2(y, x) * int(rng.integers(8, 15)))
    return _between(wave, rng, [0.15, 0.35, 0.3], [0.55, 0.75, 0.6])


def _along(rng: np.random.Generator, size: int, angle: float) -> NDArray[np.float64]:
    y, x = np.mgrid[:size, :size] / size
    return x * np.cos(angle) + y * np.sin(angle) + rng.uniform()


def _between(
    wave: NDArray, rng: np.random.Generator, low: list[float], high: list[float]
) -> NDArray[np.floating]:
    """Return a colour between two, each varied a little, as far along as the wave says."""
    first, second = (np.array(colour) + rng.uniform(-0.1, 0.1, 3) for colour in (low, high))
    return first + wave[..., None] * (second - first)


_CONTEXTS: dict[str, Callable[[np.random.Generator, int, str], NDArray[np.floating]]] = {
    "temple": _crop("china.jpg"),
    "flower": _crop("flower.jpg"),
    "stripes": _stripes,
    "clouds": _clouds,
    "checks": _checks,
    "rays": _rays,
}
