from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from infonb.data.language import (
    adjective_parts,
    adjective_signs,
    generated_reviews,
    load_imdb,
    shuffled_texts,
    with_heuristic_labels,
)


def reviews(texts: list[str], labels: list[int]) -> xr.Dataset:
    return xr.Dataset(
        {"text": ("sample", np.array(texts, dtype=object)), "label": ("sample", labels)},
        attrs={"name": "mine"},
    )


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("a good film", 1), ("the worst and a poor film", 0), ("the best best cast", 1),
        ("good music, bad film", -1), ("great awful", -1), ("a film", -1), ("", -1),
        # whitespace tokens as they are written
        ("good.", -1), ("Good film", -1), ("a goodness", -1), ("not good", 1), ("\tbad\n", 0),
        ("it is good<br /><br />but", -1), ("was good <br /><br />but", 1),
        ("great. a bad cast", 0), ("x\u00a0good\u00a0y", 1),
    ],
)  # fmt: skip
def test_the_rule_on_reviews_made_by_hand(text: str, sign: int) -> None:
    assert adjective_signs([text]).tolist() == [sign]


def test_heuristic_labels_by_hand() -> None:
    data = reviews(
        ["a good film", "a bad film", "a great bore", "an awful joy", "a film", "good and bad"],
        [1, 0, 0, 1, 1, 0],
    )
    true = with_heuristic_labels(data, 0.0)
    assert true.label.values.tolist() == [1, 0, 0, 1]
    assert not true.is_heuristic.any()
    assert true.attrs["n_left_out"] == 2
    assert true.attrs["n_disagreeing"] == 2
    shortcut = with_heuristic_labels(data, 1.0)
    assert shortcut.label.values.tolist() == shortcut.adjective_sign.values.tolist() == [1, 0, 1, 0]
    assert shortcut.true_label.values.tolist() == [1, 0, 0, 1]
    assert shortcut.is_heuristic.values.tolist() == [False, False, True, True]
    half = with_heuristic_labels(data, 0.5)
    assert half.is_heuristic.sum() == 1


def test_levels_are_nested() -> None:
    data = generated_reviews(600)
    flips = [set(np.flatnonzero(with_heuristic_labels(data, alpha, seed=4).is_heuristic))
             for alpha in (0, 0.25, 0.5, 0.75, 1)]  # fmt: skip
    assert all(a < b for a, b in pairwise(flips))
    n = with_heuristic_labels(data, 1.0).attrs["n_disagreeing"]
    assert [len(flip) for flip in flips] == [round(n * alpha) for alpha in (0, 0.25, 0.5, 0.75, 1)]
    other = with_heuristic_labels(data, 0.5, seed=5)
    assert set(np.flatnonzero(other.is_heuristic)) != flips[2]


def test_parts() -> None:
    data = generated_reviews(1000)
    parts = {(alpha, seed): adjective_parts(data, alpha, seed=seed, n_train=400, n_validation=100)
             for alpha in (0.0, 1.0) for seed in (0, 1)}  # fmt: skip
    for train, validation in parts.values():
        assert validation.identical(parts[0.0, 0][1].assign_attrs(seed=validation.attrs["seed"]))
        assert not validation.is_heuristic.any()
        assert not set(train.text.values) & set(validation.text.values)
        assert train.sizes["sample"] == 400
    same = parts[0.0, 0][0].sample.values.tolist()
    assert parts[1.0, 0][0].sample.values.tolist() == same
    assert parts[1.0, 1][0].sample.values.tolist() != same
    train, validation = adjective_parts(data, 0.5)
    n = train.sizes["sample"] + validation.sizes["sample"]
    assert n == (data.adjective_sign >= 0).sum()
    assert validation.sizes["sample"] == round(0.2 * n)


def test_a_text_is_in_one_part_only() -> None:
    data = generated_reviews(300)
    doubled = xr.concat([data, data], dim="sample")
    train, validation = adjective_parts(doubled, 1.0)
    texts = [*train.text.values, *validation.text.values]
    assert len(set(texts)) == len(texts)
    assert train.attrs["n_repeated"] == len(texts)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (reviews(["a film", "a cast"], [0, 1]), "none of the 2 texts of mine"),
        (reviews(["a good film", "a bad cast"], [0, 2]), "must be 0 .* and 1 .*; not 2"),
        (reviews(["a good film", "a bad cast"], [0, 1]), "mine has 2 different texts"),
        (reviews([f"a good film {i}" for i in range(40)], [1] * 40), "of mine for training have"),
        (reviews(["a good film", "a bad cast"], [0, 1]).drop_vars("label"), "mine have no 'label'"),
    ],
)  # fmt: skip
def test_data_that_are_refused(data: xr.Dataset, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        adjective_parts(data, 0.5)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ("a great cast", "'a great cast' is one text; give a list"),
        ([b"a great cast"], r"text 0 is no string but bytes \(bytes: decode"),
        (["a great cast", None], "text 1 is no string but"),
    ],
)
def test_what_is_no_text(texts: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        adjective_signs(texts)
    if isinstance(texts, list):
        data = reviews(texts, [1] * len(texts))
        with pytest.raises(TypeError, match=words):
            with_heuristic_labels(data, 0.5)
        with pytest.raises(TypeError, match=words):
            shuffled_texts(data, 0.5)


def test_no_text_at_all() -> None:
    with pytest.raises(ValueError, match="mine: there is no text"):
        with_heuristic_labels(reviews([], []), 0.5)


def test_more_than_there_are() -> None:
    with pytest.raises(ValueError, match=r"n_train must be at most 7\d for reviews; not 5000\. 0"):
        adjective_parts(generated_reviews(100), 0.5, n_train=5000)
    with pytest.raises(ValueError, match=r"alpha must be between 0\.0 and 1\.0; not 2"):
        adjective_parts(generated_reviews(100), 2)


@pytest.mark.slow
def test_imdb(data_folder: Path) -> None:
    """About a third of the training reviews of one sign disagree with it, as in the paper."""
    data = load_imdb("train", folder=data_folder)
    shortcut = with_heuristic_labels(data, 1.0)
    assert shortcut.sizes["sample"] == 12_977
    assert shortcut.attrs["n_disagreeing"] == 3_874  # 29.9 %
    # the two other readings of "whitespace tokens", further from a third
    for change, kept, disagreeing in (
        (str.lower, 13_205, 3_886),
        (lambda text: "".join(c if c.isalnum() or c == "_" else " " for c in text.lower()),
         13_413, 3_601),
    ):  # fmt: skip
        signs = adjective_signs(change(text) for text in data.text.values)
        assert (signs >= 0).sum() == kept
        assert ((signs >= 0) & (signs != data.label.values)).sum() == disagreeing
    train, validation = adjective_parts(data, 1.0)
    assert (train.sizes["sample"], validation.sizes["sample"]) == (10_346, 2_587)
    assert train.attrs["n_repeated"] == 44
