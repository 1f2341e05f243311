"""Generated scenes whose captions name some of their objects, nothing to download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.labels import random_streams
from infonb.validate import check_integer, check_number

__all__ = ["SceneCounts", "captioned", "checked_counts", "scenes_and_captions"]

#: Rows and columns of cells that a scene has.
GRID = 3


@dataclass(frozen=True)
class SceneCounts:
    """How many objects there are, in a scene, in its caption; how many style words."""

    objects: int = 60
    shown: int = 6
    named: int = 2
    styles: int = 40
    words: int = 3
    themes: int = 5

    def __post_init__(self) -> None:
        check_integer("shown", self.shown, 1, min(GRID**2, self.objects))
        check_integer("named", self.named, 0, self.shown)
        check_integer("words", self.words, 0, self.styles)
        check_integer("themes", self.themes, 1, self.objects)
        if not self.named + self.words:
            raise ValueError("named and words are both 0: captions would be empty.")


def scenes_and_captions(
    n: Mapping[str, int] | int,
    *,
    seed: int = 0,
    n_objects: int = 60,
    named: int = 2,
    styles: int = 40,
    likelier: float = 4.0,
    noise: float = 0.1,
    size: int = 5,
) -> xr.Dataset:
    """
    Return generated scenes of six objects, with captions that name two of them.

    A model that recalls the other four from a caption better than one that has not seen the pair
    remembers it: nothing else in the caption says anything about them, but the theme of what is
    named.

    Parameters
    ----------
    n
        How many scenes of each role, such as ``{"A": 2000, "B": 2000, "C": 2000, "public": 2000}``;
        a number: of one role, ``"A"``. For one seed, the first scenes of a role are the same
        however many there are.
    seed
        Of the objects' looks, and of all that is drawn.
    n_objects
        How many objects there are. Each is a square of normal pixels, the same wherever it is.
    named
        How many of the six objects the caption names.
    styles
        How many style words there are, of which a caption has three (fewer, if there are fewer).
        They say nothing about the scene, and make captions unique.
    likelier
        How much likelier an object is in a scene of its own theme, one of five, than in others: the
        correlation that *every* model may learn.
    noise
        Standard deviation of what is added to each pixel.
    size
        Rows and columns of an object, and of each of the nine cells of a scene.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, row, column), float32; ``caption`` (sample, token), int64: the objects
        that are named, then style words, numbered from `n_objects` on; ``objects``
        (sample, object), bool; ``cell_object`` (sample, cell), the object in each of the nine
        cells, row by row, -1 for none; ``label`` (sample), the theme; coordinate ``role`` (sample).
        Attributes ``n_tokens``, ``cell``, ``seed``.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range, or so many captions cannot all differ.

    Notes
    -----
    No caption occurs twice, in any role; scenes of different roles are drawn from the same world,
    with random states of their own. The paper's pairs are photographs with captions from the web,
    and its objects are what a detector finds in them.

    References
    ----------
    Jayaraman, Guo and Chaudhuri, "Déjà Vu Memorization in Vision-Language Models", NeurIPS 2024
    (with LAION and Shutterstock).

    Examples
    --------
    >>> pairs = scenes_and_captions({"A": 5, "public": 3})
    >>> dict(pairs.input.sizes), pairs.objects.sum("object").values.tolist()
    ({'sample': 8, 'row': 15, 'column': 15}, [6, 6, 6, 6, 6, 6, 6, 6])
    >>> pairs.role.values.tolist()
    ['A', 'A', 'A', 'A', 'A', 'public', 'public', 'public']
    """
    size = check_integer("size", size, 2)
    counts = SceneCounts(n_objects, min(6, n_objects), named, styles, min(3, styles))
    looks, drawing = random_streams(seed, 2)
    looks_of = np.random.default_rng(looks).normal(size=(n_objects, size, size))
    return captioned(
        looks_of.astype(np.float32), checked_counts(n), counts, drawing,
        likelier=likelier, noise=noise,
    ).assign_attrs(name="scenes and captions", seed=int(seed))  # fmt: skip


def checked_counts(n: Mapping[str, int] | int) -> dict[str, int]:
    """Return how many scenes there are of each role."""
    if not isinstance(n, Mapping):
        n = {"A": n}
    if not n:
        raise ValueError("n names no role; give such as {'A': 2000, 'public': 2000}.")
    return {str(role): check_integer(f"n of {role}", number, 1) for role, number in n.items()}


def captioned(
    looks: NDArray[np.float32], n: Mapping[str, int], counts: SceneCounts,
    seed: np.random.SeedSequence, *, likelier: float, noise: float,
) -> xr.Dataset:  # fmt: skip
    """Return scenes of all roles: looks (object, ..., row, column) → input (sample, ...)."""
    likelier = check_number("likelier", likelier, 1.0)
    noise = check_number("noise", noise, 0.0)
    world, again, *streams = random_streams(seed, 2 + len(n))
    chances = _chances(counts, likelier, np.random.default_rng(world))
    parts = [
        _drawn(stream, number, chances, counts)
        for number, stream in zip(n.values(), streams, strict=True)
    ]
    pixels = np.concatenate([
        _painted(looks, part[1], part[2], noise, random_streams(stream, 6)[5])
        for part, stream in zip(parts, streams, strict=True)
    ])  # fmt: skip
    theme, shown, cell, caption = (np.concatenate(found) for found in zip(*parts, strict=True))
    _make_unique(caption, counts, np.random.default_rng(again))
    objects = np.zeros((len(shown), counts.objects), bool)
    np.put_along_axis(objects, shown, True, axis=1)
    places = np.full((len(shown), GRID**2), -1)
    np.put_along_axis(places, cell, shown, axis=1)
    dims = ("sample", "channel", "row", "column")
    return xr.Dataset(
        {
            "input": (dims if pixels.ndim == 4 else (dims[0], *dims[2:]), pixels),
            "caption": (("sample", "token"), caption),
            "objects": (("sample", "object"), objects),
            "cell_object": (("sample", "cell"), places),
            "label": ("sample", theme),
        },
        {
            "sample": np.arange(len(shown)),
            "role": ("sample", np.repeat(np.array(list(n), object), list(n.values()))),
        },
        {"n_tokens": counts.objects + counts.styles, "cell": looks.shape[-1]},
    )  # fmt: skip


def _chances(counts: SceneCounts, likelier: float, rng: np.random.Generator) -> NDArray:
    """Return how likely each object is in each theme: (theme, object)."""
    own = rng.permutation(np.arange(counts.objects) % counts.themes)
    weights = np.where(own == np.arange(counts.themes)[:, None], likelier, 1.0)
    return weights / weights.sum(axis=1, keepdims=True)


def _drawn(
    seed: np.random.SeedSequence, n: int, chances: NDArray, counts: SceneCounts
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """
    Return theme (n), objects shown (n, shown), their cells, and captions (n, token).

    Each kind of draw has a stream of its own: the first scenes do not depend on how many follow.
    """
    rngs = [np.random.default_rng(stream) for stream in random_streams(seed, 5)]
    theme = rngs[0].integers(len(chances), size=n)
    # the largest of log p + Gumbel noise: a draw without replacement
    keys = np.log(chances[theme]) + rngs[1].gumbel(size=(n, counts.objects))
    shown = np.argsort(-keys, axis=1)[:, : counts.shown]
    cell = _permutations(rngs[2], n, GRID**2)[:, : counts.shown]
    named = np.take_along_axis(
        shown, _permutations(rngs[3], n, counts.shown)[:, : counts.named], axis=1
    )
    words = _permutations(rngs[4], n, counts.styles)[:, : counts.words]
    return theme, shown, cell, np.concatenate([named, counts.objects + words], axis=1)


def _permutations(rng: np.random.Generator, n: int, size: int) -> NDArray[np.int64]:
    """Return permutations of 0 … size - 1: (n, size)."""
    return np.argsort(rng.random((n, size)), axis=1)


def _make_unique(caption: NDArray, counts: SceneCounts, rng: np.random.Generator) -> None:
    """Draw the style words of a caption anew until no other has the same words."""
    seen: set[tuple[int, ...]] = set()
    for row in caption:
        for _ in range(1000):
            if (key := tuple(sorted(row.tolist()))) not in seen:
                break
            row[counts.named :] = counts.objects + rng.permutation(counts.styles)[: counts.words]
        else:
            raise ValueError(
                f"{len(caption):,} captions of {counts.named} objects and {counts.words} of "
                f"{counts.styles} style words cannot all differ: take more styles, or fewer scenes."
            )
        seen.add(key)


def _painted(
    looks: NDArray, shown: NDArray, cell: NDArray, noise: float, seed: np.random.SeedSequence
) -> NDArray[np.float32]:
    """Return scenes with objects in their cells: (n, ..., row, column)."""
    rng = np.random.default_rng(seed)
    n, size, channels = len(shown), looks.shape[-1], looks.shape[1:-2]
    cells = np.zeros((n, GRID**2, *channels, size, size), np.float32)
    np.put_along_axis(
        cells, cell.reshape(*cell.shape, *[1] * (cells.ndim - 2)), looks[shown], axis=1
    )
    square = cells.reshape(n, GRID, GRID, *channels, size, size)
    square = np.moveaxis(square, [1, 2], [-4, -2]) if channels else square.swapaxes(2, 3)
    whole = square.reshape(n, *channels, GRID * size, GRID * size)
    return whole + noise * rng.standard_normal(whole.shape, np.float32)
