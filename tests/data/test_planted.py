"""Planted sequences: counted by a plain loop, the chain by its frequencies, bad input in a line."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

from infonb.data import planted_sequences

SMALL = {"copies": [1, 3, 10], "n_each": 4, "n_background": 300, "n_held_out": 20,
         "vocabulary": 8, "length": 7}  # fmt: skip


def test_copies_and_first_places_are_those_of_a_plain_loop():
    corpus = planted_sequences(**SMALL, seed=1)
    windows = [tuple(row) for row in corpus.tokens.isel(sample=corpus.order).values.tolist()]
    assert len(windows) == 300 + 4 * 14
    for row, count, first in zip(
        corpus.tokens.values.tolist(), corpus.n_copies.values, corpus.first_seen.values,
        strict=True,
    ):  # fmt: skip
        assert windows.count(tuple(row)) == count
        assert (windows.index(tuple(row)) if count else -1) == first
    role = corpus["role"].values
    assert corpus.n_copies.values[role == "planted"].tolist() == [1] * 4 + [3] * 4 + [10] * 4
    assert not corpus.n_copies.values[(role == "held_out") | (role == "new")].any()
    assert (corpus.n_copies.values[role == "background"] >= 1).all()


def test_all_is_shuffled_once_by_the_seed():
    one, same, other = (planted_sequences(**SMALL, seed=seed) for seed in (1, 1, 2))
    assert one.identical(same)
    assert not np.array_equal(one.order, other.order)
    places = np.flatnonzero(one["role"].values[one.order.values] == "planted")
    # 56 of 356 windows anywhere: their mean place is in the middle, within 4 standard errors
    assert abs(places.mean() - 177.5) < 4 * 356 / np.sqrt(12 * 56)


def test_what_is_drawn_first_does_not_depend_on_the_number():
    many = planted_sequences(**SMALL, seed=1)
    once = planted_sequences(**SMALL | {"copies": [1], "n_each": 12, "n_background": 344}, seed=1)
    assert once.sizes["window"] == many.sizes["window"]
    for role, n in (("planted", 12), ("background", 300)):
        rows = [one.tokens.values[one["role"].values == role][:n] for one in (many, once)]
        np.testing.assert_array_equal(*rows)


def test_random_sequences_are_even_and_the_background_follows_its_chain():
    corpus = planted_sequences(
        copies=[1], n_each=2000, n_background=4000, vocabulary=4, length=20, concentration=0.5,
        n_held_out=2000,
    )  # fmt: skip
    tokens, role = corpus.tokens.values, corpus["role"].values
    share = np.bincount(tokens[role == "planted"].ravel()) / 40_000
    np.testing.assert_allclose(share, 0.25, atol=4 * np.sqrt(0.25 * 0.75 / 40_000))
    even = corpus.source.values[(role == "planted") | (role == "held_out")]
    np.testing.assert_allclose(even, -np.log(4))
    walks, source = tokens[role == "background"], corpus.source.values[role == "background"]
    np.testing.assert_allclose(source[:, 0], -np.log(4))
    for token in range(4):
        for following in range(4):
            before = walks[:, :-1] == token
            both = before & (walks[:, 1:] == following)
            if both.sum() > 30:
                p = np.exp(source[:, 1:][both])
                assert np.ptp(p) < 1e-12
                error = 4 * np.sqrt(p[0] * (1 - p[0]) / before.sum()) + 1e-9
                assert both.sum() / before.sum() == pytest.approx(p[0], abs=error)


def test_what_is_held_out_is_not_in_a_corpus_of_few_sequences():
    few = {"copies": [1, 2], "n_each": 4, "n_background": 5, "n_held_out": 6, "vocabulary": 3}
    found = []
    for seed in range(40):
        with suppress(ValueError):  # where the random ones are not all different, or held out
            found.append(planted_sequences(**few, length=4, concentration=1.0, seed=seed))
    assert len(found) > 5
    for corpus in found:
        out = corpus["role"].isin(["held_out", "new"]).values
        assert not corpus.n_copies.values[out].any()
        assert (corpus.first_seen.values[out] == -1).all()


def test_levels_are_a_list():
    with pytest.raises(TypeError, match=r"copies must be a list of levels, .*; not 8"):
        planted_sequences(copies=8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"copies": []}, "copies is empty"),
        ({"copies": [1], "n_each": 1, "n_held_out": 5, "vocabulary": 4, "length": 4,
          "concentration": 9.0}, "of 5 sequences that are held out are in the background"),
        ({"copies": [1, 3, 3]}, "the level 3 twice"),
        ({"copies": [0]}, "copies must be at least 1; not 0"),
        ({"n_each": 0}, "n_each must be at least 1"),
        ({"n_held_out": 0}, "n_held_out must be at least 1"),
        ({"vocabulary": 1}, "vocabulary must be at least 2"),
        ({"length": 1}, "length must be at least 2"),
        ({"concentration": 0}, "concentration must be above 0"),
        ({"vocabulary": 2, "length": 4}, "32 random sequences of 4 of 2 tokens do not all differ"),
        ({"concentration": 1e-4, "n_held_out": 400}, "has hardly 400 windows"),
    ],
)  # fmt: skip
def test_errors(change, words):
    with pytest.raises(ValueError, match=words):
        planted_sequences(**SMALL | change)
