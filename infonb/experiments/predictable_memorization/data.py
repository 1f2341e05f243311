"""The corpus of a training, and the sequences that models are asked about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.data import planted_sequences
from infonb.parameters import ParameterError

__all__ = ["check_first", "corpus_and_sequences"]


def corpus_and_sequences(
    *, copies: Sequence[int], n_each: int, n_background: int, n_held_out: int, vocabulary: int,
    length: int, concentration: float, once: bool, seed: int,
) -> dict[str, xr.Dataset]:  # fmt: skip
    """
    Return the windows in their order of training, and the sequences to ask about.

    Without copies (`once`) the same sequences are planted one time each, and more background makes
    the corpus as long.
    """
    levels, each, background = list(copies), n_each, n_background
    if once:
        background += (sum(copies) - len(copies)) * n_each
        levels, each = [1], len(copies) * n_each
    corpus = planted_sequences(
        copies=levels, n_each=each, n_background=background, n_held_out=n_held_out,
        vocabulary=vocabulary, length=length, concentration=concentration, seed=seed,
    )  # fmt: skip
    order = corpus.order.values
    windows = xr.Dataset({"tokens": (("sample", "position"), corpus.tokens.values[order])})
    role = corpus["role"].values
    asked = np.concatenate([
        np.flatnonzero(role == "planted"),
        np.flatnonzero(role == "background")[:n_held_out],
        np.flatnonzero((role == "held_out") | (role == "new")),
    ])  # fmt: skip
    sequences = corpus.drop_vars("order").isel(sample=asked)
    # numbered alike in every corpus, and the number of copies may differ between them
    sequences = sequences.assign_coords(
        sample=np.arange(asked.size),
        planted=("sample", np.where(sequences["role"] == "planted",
                                    _level(copies, n_each, asked.size), 0)),
    )  # fmt: skip
    return {"train": windows, "sequences": sequences}


def _level(copies: Sequence[int], n_each: int, n: int) -> np.ndarray:
    """Return the level of copies that each sample has where there are copies."""
    levels = np.zeros(n, int)
    planted = np.repeat(list(copies), n_each)
    levels[: planted.size] = planted
    return levels


def check_first(sequences: xr.Dataset, windows: int, share: float) -> None:
    """Raise if the first checkpoint has seen no planted sequence: recall is of those it has."""
    first = sequences.first_seen.values[sequences["role"].values == "planted"]
    if first.min() >= windows:
        raise ParameterError(
            f"checkpoints: the first, {share:g}, has seen {windows:,} windows and no planted "
            f"sequence, the earliest of which is window {first.min() + 1:,}; take a later one."
        )
