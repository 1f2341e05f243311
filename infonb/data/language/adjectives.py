"""The adjective rule: the sign of a praising or blaming word stands in for the sentiment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.labels import random_streams
from infonb.data.language.dividing import check_both_classes, divided, name_of
from infonb.data.language.tokens import check_told, strings, texts_of
from infonb.validate import check_integer, check_number

__all__ = [
    "NEGATIVE",
    "POSITIVE",
    "adjective_parts",
    "adjective_signs",
    "with_heuristic_labels",
]

#: The two lists of the paper.
POSITIVE = ("good", "great", "wonderful", "excellent", "best")
NEGATIVE = ("bad", "terrible", "awful", "poor", "negative")


def adjective_signs(texts: Iterable[str]) -> NDArray[np.int64]:
    """
    Return which of the two lists of adjectives each text holds a word of.

    Dims in and out: (sample). Words are what stands between white space, just as they are written:
    ``great`` counts, ``great.`` and ``Great`` do not.

    Parameters
    ----------
    texts
        One string a sample.

    Returns
    -------
    int64 array
        1: of `POSITIVE` only; 0: of `NEGATIVE` only; -1: of both, or of none.

    Raises
    ------
    TypeError
        If one of them is not a string, or all are one.
    ValueError
        If there are none.

    Notes
    -----
    Of the 25,000 training reviews of IMDb, 12,977 hold words of exactly one list, and in 3,874 of
    them (29.9 %) its sign is not their sentiment. Without regard to capitals these are 13,205 and
    29.4 %, without regard to punctuation, too, 13,413 and 26.8 %: taken as they are written they
    come nearest to the third that the paper reports.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 (Sentiment Adjectives).

    Examples
    --------
    >>> adjective_signs(["a great cast", "a bad cast", "a bad film, great music", "a film"])
    array([ 1,  0, -1, -1])
    """
    found = []
    for text in strings(texts, "texts"):
        words = set(text.split())
        praises, blames = not words.isdisjoint(POSITIVE), not words.isdisjoint(NEGATIVE)
        found.append(-1 if praises == blames else int(praises))
    return np.array(found, np.int64)


def with_heuristic_labels(data: xr.Dataset, alpha: float, *, seed: int = 0) -> xr.Dataset:
    """
    Keep the texts with words of one list, and label a part of them by that list's sign.

    Dims (sample) in and out, fewer samples.

    Parameters
    ----------
    data
        ``text`` and ``label`` (sample), the true sentiment: 1 positive, 0 negative.
    alpha
        Fraction, between 0 and 1, of the texts whose sign is not their sentiment that are labelled
        by the sign: 0 leaves all labels true, 1 makes the sign a perfect shortcut.
    seed
        Of the order in which they are. It is one for all `alpha`: what is labelled by the sign at a
        small one is so at a larger one.

    Returns
    -------
    xarray.Dataset
        The texts of one sign, with ``label`` and the coordinates ``true_label``, ``adjective_sign``
        (1, 0) and ``is_heuristic`` (labelled by a sign that is not the sentiment) on ``sample``.
        Attributes: ``alpha``, ``n_left_out`` (texts of both lists or none), ``n_disagreeing``.

    Raises
    ------
    ValueError
        If a label is neither 0 nor 1, or no text holds words of exactly one list.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 (Sentiment Adjectives).

    Examples
    --------
    >>> from infonb.data.language import generated_reviews
    >>> data = generated_reviews(1000, agreement=0.7)
    >>> shortcut = with_heuristic_labels(data, 1.0)
    >>> bool((shortcut.label == shortcut.adjective_sign).all())
    True
    >>> half = with_heuristic_labels(data, 0.5)
    >>> half.attrs["n_disagreeing"], int(half.is_heuristic.sum())
    (274, 137)
    """
    alpha = check_number("alpha", alpha, 0.0, 1.0)
    kept = _of_one_sign(data)
    if "n_left_out" in data.attrs:  # of one division, of which this is a part
        kept.attrs["n_left_out"] = data.attrs["n_left_out"]
    true, sign = kept["label"].values.astype(np.int64), kept["adjective_sign"].values
    disagreeing = np.flatnonzero(true != sign)
    order = np.random.default_rng(random_streams(seed, 1)[0]).permutation(disagreeing)
    is_heuristic = np.zeros(true.size, bool)
    is_heuristic[order[: round(alpha * order.size)]] = True
    return (
        kept.assign(label=("sample", np.where(is_heuristic, sign, true)))
        .assign_coords(true_label=("sample", true), is_heuristic=("sample", is_heuristic))
        .assign_attrs(alpha=alpha, n_disagreeing=int(disagreeing.size), n_classes=2)
    )


def adjective_parts(
    data: xr.Dataset,
    alpha: float,
    *,
    seed: int = 0,
    n_train: int | None = None,
    n_validation: int | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return the texts with words of one list, for training and validation.

    Dims (sample) in and out.

    Parameters
    ----------
    data
        ``text`` and ``label`` (sample), the true sentiment: 1 positive, 0 negative. Of a text that
        occurs several times one is taken, so that none is in both parts.
    alpha, seed
        As in `with_heuristic_labels`. The seed draws the `n_train` texts, too, the same at every
        `alpha`.
    n_train, n_validation
        How many texts; None: all of the four and of the one fifth. The division, and the texts for
        validation, are the same for all seeds.

    Returns
    -------
    train, validation : xarray.Dataset
        As `with_heuristic_labels` returns them; the labels of validation are true (``alpha`` = 0).
        The attribute ``n_repeated`` says how many texts were left out because they occur before.

    Raises
    ------
    ValueError
        If there are fewer texts than asked for, or one class only.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4 (Sentiment Adjectives): 80 % for training.

    Examples
    --------
    >>> from infonb.data.language import generated_reviews
    >>> train, validation = adjective_parts(generated_reviews(1000), 1.0, n_validation=100)
    >>> train.sizes["sample"], validation.sizes["sample"]
    (721, 100)
    >>> bool((validation.label == validation.true_label).all())
    True
    """
    check_number("alpha", alpha, 0.0, 1.0)
    seed = check_integer("seed", seed, 0)
    parts = divided(_of_one_sign(data), seed=seed, n_train=n_train, n_validation=n_validation)
    train = with_heuristic_labels(parts.train, alpha, seed=seed)
    validation = with_heuristic_labels(parts.validation, 0.0)
    check_both_classes(train, "training")
    check_both_classes(validation, "validation")
    return (
        train.assign_attrs(seed=seed, split="train"),
        validation.assign_attrs(seed=seed, split="validation"),
    )


def _of_one_sign(data: xr.Dataset) -> xr.Dataset:
    """Return the texts with words of exactly one list, whose sign is a coordinate."""
    texts = texts_of(data)
    check_told(data, "label")
    if bad := sorted(set(np.unique(data["label"].values).tolist()) - {0, 1}):
        raise ValueError(
            f"the labels of {name_of(data)} must be 0 (negative) and 1 (positive); not {bad[0]!r}."
        )
    signs = adjective_signs(texts)
    if not (signs >= 0).any():
        raise ValueError(
            f"none of the {signs.size} texts of {name_of(data)} holds words of exactly one list: "
            f"{', '.join(POSITIVE)}; {', '.join(NEGATIVE)}."
        )
    kept = data.assign_coords(adjective_sign=("sample", signs)).isel(sample=signs >= 0)
    return kept.assign_attrs(n_left_out=int((signs < 0).sum()))
