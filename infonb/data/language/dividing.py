"""One division of texts for all seeds and levels; of texts that are repeated one stays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.labels import random_streams
from infonb.data.language.tokens import check_told, texts_of
from infonb.validate import check_integer

__all__ = ["Divided", "check_both_classes", "divided", "name_of"]

#: The share of the texts that is held out for validation (80/20 in the paper).
_VALIDATION = 0.2


class Divided(NamedTuple):
    """Texts for training and for validation, in the order in which they were drawn."""

    train: xr.Dataset
    validation: xr.Dataset


def divided(
    data: xr.Dataset, *, seed: int = 0, n_train: int | None = None, n_validation: int | None = None
) -> Divided:
    """
    Return parts of different texts, (sample) in and out; the seed draws those to train on.

    What is held out, and in which order, is the same for all seeds. None takes all. The attribute
    ``n_repeated`` counts the texts that were left out because they occur before.
    """
    check_told(data, "label")
    first = np.unique(np.array(texts_of(data), dtype=object), return_index=True)[1]
    distinct = data.isel(sample=np.sort(first))
    distinct.attrs["n_repeated"] = data.sizes["sample"] - distinct.sizes["sample"]
    n = distinct.sizes["sample"]
    if n < 5:
        raise ValueError(
            f"{name_of(data)} has {n} different texts: too few to divide. Give more texts."
        )
    order = np.random.default_rng(0).permutation(n)
    held_out, rest = order[: round(_VALIDATION * n)], order[round(_VALIDATION * n) :]
    stream = random_streams(check_integer("seed", seed, 0), 2)[1]
    which = np.random.default_rng(stream).permutation(rest)
    return Divided(
        distinct.isel(sample=_first(which, n_train, "n_train", name_of(data))),
        distinct.isel(sample=_first(held_out, n_validation, "n_validation", name_of(data))),
    )


def check_both_classes(part: xr.Dataset, name: str) -> None:
    """Raise unless the texts of a part are of two classes or more."""
    if len(classes := np.unique(part["label"].values)) < 2:
        raise ValueError(
            f"all {part.sizes['sample']} texts of {name_of(part)} for {name} have the label "
            f"{classes[0]}; two classes are needed: give more texts, or texts of both."
        )


def name_of(data: xr.Dataset) -> str:
    """Return the name of a data set, for errors."""
    return str(data.attrs.get("name", "the data"))


def _first(which: NDArray[np.int64], n: int | None, name: str, of: str) -> NDArray[np.int64]:
    """Return the first so many, all if that is None."""
    if n is None:
        return which
    if check_integer(name, n, 1) > which.size:
        raise ValueError(f"{name} must be at most {which.size} for {of}; not {n}. 0 takes all.")
    return which[:n]
