"""Training sets of known kind, and the same unlabelled samples for all networks of a data set.

What is evaluated has true labels, and a shortcut that says nothing, or the label as in training, or
is not there; the coordinate ``hint`` (sample) is the label that the shortcut stands for, -1 where
it stands for none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import xarray as xr

__all__ = ["ABSENT", "AGREES", "DATA_SETS", "RANDOM", "SAYS", "examples", "own_seed"]

#: What a shortcut says: nothing, the label, or it is not there.
RANDOM, AGREES, ABSENT = SAYS = ("random", "agrees", "absent")

#: Training examples, and what may be evaluated, by what the shortcut says there.
Parts = tuple[xr.Dataset, dict[str, xr.Dataset]]
Make = Callable[[str, int, int, int], Parts]

#: What draws the shortcut of the evaluation samples: never the seed of a network.
_UNSEEN = 1_000_000


class DataSet(NamedTuple):
    """
    How a data set is made.

    Attributes
    ----------
    make : callable
        (what the shortcut says in training, n_train, n_samples, seed) → training and evaluation
        examples.
    n_train : int
        Training examples where nothing else is asked for, of every kind alike.
    n_classes : int
    most : int
        The largest number of examples for training and evaluation together (of Waterbirds there are
        more to train on, but 828 to evaluate).
    needs_files : bool
        Whether it is read from the folder named by ``INFONB_DATA``.
    says : tuple of str
        What the shortcut can be made to say in what is evaluated.
    """

    make: Make
    n_train: int
    n_classes: int
    most: int
    needs_files: bool = False
    says: tuple[str, ...] = SAYS


def own_seed(dataset: str, seed: int) -> int:
    """Return the seed of a network: no two data sets share one, in whichever half they are."""
    return 1000 * (1 + list(DATA_SETS).index(dataset)) + seed


def examples(
    dataset: str, kind: str, *, n_train: int, n_samples: int, seed: int
) -> dict[str, xr.Dataset]:
    """
    Return what a network of a kind is trained on, ``train``, and the samples that may be measured.

    These have the names of `SAYS`, and are the same for all networks.

    The seed draws the shortcut's noise and the random labels; the training inputs and all that is
    evaluated are the same for every seed, and but for the shortcut for every kind.
    """
    from infonb.data import shuffled

    source = DATA_SETS[dataset]
    n_train = n_train or source.n_train
    n_samples = min(n_samples, source.most - n_train)
    says = AGREES if kind == "shortcut" else RANDOM
    train, evaluation = source.make(says, n_train, n_samples, seed)
    if kind == "memorized":
        train = shuffled(train, 1.0, n_classes=source.n_classes, seed=seed)
    return {"train": train, **{name: _unlabelled(part) for name, part in evaluation.items()}}


def _unlabelled(evaluation: xr.Dataset) -> xr.Dataset:
    """Return samples numbered from 0, with label and hint beside them and nothing else."""
    kept = evaluation[["input", "label"]].reset_coords(drop=True)
    return kept.assign_coords(
        sample=np.arange(evaluation.sizes["sample"]), hint=("sample", evaluation.hint.values)
    )


def _digits(dataset: str, mark: Callable[[xr.Dataset, str, int], xr.Dataset]) -> Make:
    def make(says: str, n_train: int, n_samples: int, seed: int) -> Parts:
        train, images = _divided(dataset, n_train, n_samples)
        return mark(train, says, seed), {one: mark(images, one, _UNSEEN) for one in SAYS}

    return make


@lru_cache(maxsize=4)
def _divided(dataset: str, n_train: int, n_samples: int) -> tuple[xr.Dataset, xr.Dataset]:
    from infonb.data import load_digits, load_mnist, split, subsample

    images = load_digits() if dataset == "digits" else subsample(load_mnist("train"))
    train, evaluation = split(images, n_samples, seed=0)
    return train.isel(sample=slice(n_train)), evaluation


def _colored(images: xr.Dataset, says: str, seed: int) -> xr.Dataset:
    """Two classes, digits below 5 and others, in the colour of the label, in any, or in none."""
    from infonb.data import colored

    found = colored(images, 0.0 if says == AGREES else 0.5, label_noise=0.0, seed=seed)
    if says != ABSENT:
        return found.assign_coords(hint=("sample", found.color.values))
    grey = xr.zeros_like(found["input"]) + found["input"].sum("channel") / 2
    return found.assign(input=grey).assign_coords(hint=("sample", _nothing(found)))


def _marked(images: xr.Dataset, says: str, seed: int) -> xr.Dataset:
    """Ten classes; four bright pixels at an edge, at the label's place, at any of ten, or none."""
    rng = np.random.default_rng([seed, 2])
    labels = images.label.values
    hint = labels if says == AGREES else rng.integers(10, size=labels.size)
    pixels = images["input"].values.copy()
    if says == ABSENT:
        hint = _nothing(images)
    else:
        rows, columns = pixels.shape[1:]
        left = (hint % 5) * (columns - 2) // 4
        top = np.where(hint < 5, 0, rows - 2)
        for down, right in np.ndindex(2, 2):
            pixels[np.arange(labels.size), top + down, left + right] = 1.0
    inputs = images["input"].copy(data=pixels).expand_dims(channel=["grey"], axis=1)
    return images.assign(input=inputs).assign_coords(hint=("sample", hint))


def _nothing(examples: xr.Dataset) -> np.ndarray:
    return np.full(examples.sizes["sample"], -1)


def _circles(says: str, n_train: int, n_samples: int, seed: int) -> Parts:
    """Two circles; a third feature, on three quarters, is the label, says nothing, or is noise."""
    from infonb.data import add_artifact, concentric_circles

    def points(n: int, says: str, stream: int, which: int) -> xr.Dataset:
        found = add_artifact(
            concentric_circles(n, seed=which), seed=stream,
            fraction=0.0 if says == ABSENT else 0.75, division=1.0 if says == AGREES else 0.5,
        )  # fmt: skip
        hint = np.where(found.artifact == "agrees", found.label, 1 - found.label)
        return found.assign_coords(hint=("sample", np.where(found.artifact == "none", -1, hint)))

    evaluation = {one: points(n_samples, one, _UNSEEN, 21) for one in SAYS}
    return points(n_train, says, seed, 42), evaluation


def _pictures(dataset: str, size: int, n_objects: int) -> Make:
    @lru_cache(maxsize=4)
    def make(says: str, n_train: int, n_samples: int) -> Parts:
        from infonb.data import context_scenes, waterbird_images

        load = context_scenes if dataset == "scenes" else waterbird_images
        setting = "unbalanced" if says == AGREES else "balanced"
        parts = load(setting, n_train=n_train, n_evaluation=n_samples, size=size, seed=0)
        train, evaluation = (_with_context(part) for part in parts)
        own = np.flatnonzero(evaluation.hint.values == evaluation.label.values)
        return train, {RANDOM: evaluation, AGREES: evaluation.isel(sample=own)}

    def of_any_seed(says: str, n_train: int, n_samples: int, seed: int) -> Parts:
        groups = n_objects**2  # whole groups of object and context
        return make(says, n_train // groups * groups, n_samples // groups * groups)

    return of_any_seed


def _with_context(pictures: xr.Dataset) -> xr.Dataset:
    """Say which object a context stands for in the unbalanced set: the one of the same number."""
    names = pictures.attrs["contexts"].split(", ")
    return pictures.assign_coords(
        hint=("sample", np.array([names.index(name) for name in pictures.context.values]))
    )


#: Of a picture there is no telling what it would be without any context.
_PLACES = (RANDOM, AGREES)

#: Name → how it is made.
DATA_SETS: dict[str, DataSet] = {
    "colored_digits": DataSet(_digits("digits", _colored), 600, 2, 1797),
    "marked_digits": DataSet(_digits("digits", _marked), 600, 10, 1797),
    "circles": DataSet(_circles, 100, 2, 100_000),
    "scenes": DataSet(_pictures("scenes", 16, 4), 240, 4, 100_000, says=_PLACES),
    "colored_mnist": DataSet(_digits("mnist", _colored), 2000, 2, 60_000, True),
    "marked_mnist": DataSet(_digits("mnist", _marked), 2000, 10, 60_000, True),
    "waterbirds": DataSet(_pictures("waterbirds", 24, 2), 400, 2, 1228, True, _PLACES),
}
