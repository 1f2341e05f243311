"""Objects in contexts: balanced and unbalanced training sets of one size, a common evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infonb.data.labels import Seed, random_streams
from infonb.validate import check_choice, check_integer

__all__ = ["SETTINGS", "check_names", "divide_groups", "images_per_group", "training_counts"]

#: How objects and contexts go together in training.
SETTINGS = ("balanced", "unbalanced")


def check_names(objects: Sequence[str], contexts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names as lists; raise unless there are as many contexts as objects, all different."""
    lists = []
    for what, names in (("objects", objects), ("contexts", contexts)):
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"{what} must be a list of names; not {names!r}.")
        if bad := [name for name in names if "," in name or not name.strip()]:
            raise ValueError(f"{what} must be names without a comma; not {bad[0]!r}.")
        lists.append(list(names))
    first, second = lists
    if len(first) != len(second) or len(first) < 2:
        raise ValueError(
            "there must be as many contexts as objects, at least 2: the i-th context is the i-th "
            f"object's own. Given are {len(first)} objects ({', '.join(first)}) and {len(second)} "
            f"contexts ({', '.join(second)})."
        )
    names = first + second
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"names of objects and contexts must differ; twice: {', '.join(twice)}.")
    return first, second


def images_per_group(name: str, n: int, n_objects: int) -> int:
    """Return how many of `n` images each group, an object in a context, gets: all the same."""
    groups = n_objects**2
    n = check_integer(name, n, groups)
    if n % groups:
        below = n - n % groups
        raise ValueError(
            f"{name} must be a multiple of {groups} ({n_objects} objects x {n_objects} contexts); "
            f"not {n}. The nearest are {below} and {below + groups}."
        )
    return n // groups


def training_counts(setting: str, per_group: int, n_objects: int) -> NDArray[np.int64]:
    """
    Return how many training images each object has in each context, dims (object, context).

    Balanced: every object in all contexts; unbalanced: each in its own. Each object, each context
    and the whole have the same number of images in both (the paper, section 4).
    """
    check_choice("setting", setting, SETTINGS)
    if setting == "balanced":
        return np.full((n_objects, n_objects), per_group, np.int64)
    return np.eye(n_objects, dtype=np.int64) * (per_group * n_objects)


def divide_groups(
    object_index: ArrayLike,
    context_index: ArrayLike,
    setting: str,
    *,
    objects: Sequence[str],
    contexts: Sequence[str],
    n_train: int | None = None,
    n_evaluation: int | None = None,
    seed: Seed,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """
    Choose training and evaluation images, in a drawn order, from images of objects in contexts.

    For one seed the evaluation set is the same in both settings, and the images of an object in its
    own context in the balanced set are also in the unbalanced one. By default the evaluation set
    has a quarter of the smallest group from every group, the training set as many as *both*
    settings can have.
    """
    objects, contexts = check_names(objects, contexts)
    n = len(objects)
    group = np.asarray(object_index) * n + np.asarray(context_index)
    counts = np.bincount(group, minlength=n * n).reshape(n, n)
    per_group, evaluated = _sizes(counts, objects, contexts, n_train, n_evaluation)
    wanted = training_counts(setting, per_group, n).ravel()
    *streams, train_stream, evaluation_stream = random_streams(seed, n * n + 2)
    train, evaluation = [], []
    for number, stream in enumerate(streams):
        drawn = np.random.default_rng(stream).permutation(np.flatnonzero(group == number))
        # evaluation first: what it gets depends on neither the setting nor the size of training
        evaluation.append(drawn[:evaluated])
        train.append(drawn[evaluated : evaluated + wanted[number]])
    return (
        np.random.default_rng(train_stream).permutation(np.concatenate(train)),
        np.random.default_rng(evaluation_stream).permutation(np.concatenate(evaluation)),
    )


def _sizes(
    counts: NDArray[np.int64],
    objects: list[str],
    contexts: list[str],
    n_train: int | None,
    n_evaluation: int | None,
) -> tuple[int, int]:
    """Return the training images (balanced) and the evaluation images of each group."""
    n = len(objects)
    smallest = int(counts.min())
    if n_evaluation is None:
        evaluated = max(smallest // 4, 1)
    else:
        evaluated = images_per_group("n_evaluation", n_evaluation, n)
    # balanced needs per_group of every group, unbalanced n times as many of each object's own
    most = min(smallest - evaluated, (int(counts.diagonal().min()) - evaluated) // n)
    per_group = most if n_train is None else images_per_group("n_train", n_train, n)
    if most < 1 or per_group > most:
        per_group = max(per_group, 1)
        need = evaluated + training_counts("balanced", per_group, n)
        need = np.maximum(need, evaluated + training_counts("unbalanced", per_group, n))
        few = [
            f"{objects[i]} in {contexts[j]} has {counts[i, j]} of {need[i, j]}"
            for i, j in np.argwhere(counts < need)
        ]
        remedy = (
            f"with n_evaluation={evaluated * n * n}, n_train can be at most {most * n * n}."
            if most >= 1
            else "take a smaller n_evaluation, or other objects and contexts."
        )
        raise ValueError(
            f"too few images for n_train={per_group * n * n} and n_evaluation={evaluated * n * n} "
            f"in both settings: {'; '.join(few)}. An object in its own context needs {n} times "
            f"the training images of the others. Remedy: {remedy}"
        )
    return per_group, evaluated
