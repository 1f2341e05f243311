"""Kinds of memorized sequences, and templates against a slow search of them."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import memorization_kind, predictable_sequences

DIMS = ("sample", "position")


def rows(*values):
    return xr.DataArray(np.array(values), dims=DIMS)


def samples(*values):
    return xr.DataArray(np.array(values), dims="sample")


# templates


def template_of(row):
    """Return template and period of one sequence, by the definition."""
    n = len(row)
    for q in range(1, n // 2 + 1):
        if all(row[i] == row[i - q] for i in range(q, n)):
            return "repeating", q
        if n < 3 * q:
            continue
        by_place = [{row[i] - row[i - q] for i in range(q, n) if i % q == r} for r in range(q)]
        if all(len(steps) == 1 for steps in by_place):
            return "incrementing", q
    return "none", 0


@pytest.mark.parametrize("tokens", [2, 3])
@pytest.mark.parametrize("length", [3, 4, 5, 6, 7, 9])
def test_against_a_slow_search(length, tokens):
    drawn = np.random.default_rng(length).integers(0, tokens, (300, length))
    found = predictable_sequences(rows(*drawn))
    expected = [template_of(row.tolist()) for row in drawn]
    pairs = zip(found.template.values.tolist(), found.period.values.tolist(), strict=True)
    assert list(pairs) == expected
    assert found.predictable.values.tolist() == [name != "none" for name, _ in expected]


@pytest.mark.parametrize(
    ("row", "template", "period"),
    [
        ([5, 5, 5, 5], "repeating", 1),
        ([1, 2, 3, 4, 5], "incrementing", 1),
        ([9, 7, 5, 3], "incrementing", 1),  # downwards, by two
        ([8, 1, 0, 8, 2, 0, 8, 3, 0], "incrementing", 3),
        ([1, 2, 3, 1, 2, 3, 1], "repeating", 3),
        ([1, 2, 3, 4, 1, 2, 3], "none", 0),  # not twice
        ([1, 2, 1, 3], "none", 0),  # one step only: any two numbers have one
        ([1, 2, 4, 8, 16], "none", 0),
    ],
)
def test_by_hand(row, template, period):
    found = predictable_sequences(rows(row)).isel(sample=0)
    assert (found.template.item(), int(found.period)) == (template, period)


def test_random_sequences_have_none():
    drawn = np.random.default_rng(0).integers(0, 32, (5000, 16))
    assert not predictable_sequences(rows(*drawn)).predictable.any()


@pytest.mark.parametrize(("tokens", "length"), [(4, 9), (3, 12)])
def test_chance_of_a_template_is_that_of_the_longest_that_counts_up(tokens, length):
    """Of q = T / 3 places: T / 3 steps have to be those of before, in whole numbers."""
    drawn = np.random.default_rng(0).integers(0, tokens, (40_000, length))
    share = float(predictable_sequences(rows(*drawn)).predictable.mean())
    assert tokens ** (-length / 2) < share < tokens ** (-length / 3)


def test_numbers_without_a_sign_do_not_wrap_around():
    found = predictable_sequences(rows([9, 6, 3, 0]).astype(np.uint16))
    assert found.template.item() == "incrementing"
    assert not predictable_sequences(rows([3, 0, 65533, 65530]).astype(np.uint16)).predictable


def test_longest_template_can_be_bounded():
    row = rows([1, 2, 3, 1, 2, 3])
    assert not predictable_sequences(row, max_period=2).predictable
    assert predictable_sequences(row, max_period=9).period == 3


def test_batches_keep_their_coordinates():
    many = rows([1, 1, 1], [1, 2, 4]).expand_dims(seed=[0, 1]).assign_coords(sample=[7, 8])
    found = predictable_sequences(many.assign_coords(position=[0, 1, 2]))
    assert found.predictable.dims == ("seed", "sample")
    assert found.sample.values.tolist() == [7, 8]
    assert "position" not in found.coords


def test_what_is_known_of_positions_is_not_said_of_samples():
    row = rows([1, 1, 1]).assign_coords(
        letter=(DIMS, [["a", "b", "c"]]), prompt=("position", [True, False, False]), of="model"
    )
    assert set(predictable_sequences(row).coords) == {"of"}


# kinds


def test_kinds_by_copies_and_template():
    memorized = samples(True, True, True, True, False)
    n_copies = samples(6, 5, 5, 60, 60)
    predictable = samples(False, False, True, True, True)
    kind = memorization_kind(memorized, n_copies, predictable)
    assert kind.values.tolist() == ["recite", "recollect", "reconstruct", "recite", "not memorized"]
    kind = memorization_kind(memorized, n_copies, predictable, more_than=4)
    assert kind.values.tolist() == ["recite", "recite", "recite", "recite", "not memorized"]


def test_kinds_of_several_models():
    coords = {"model": ["a", "b"], "role": ("sample", ["x", "y"])}
    memorized = xr.DataArray([[True, False], [True, True]], coords, ("sample", "model"))
    kind = memorization_kind(memorized, samples(9, 0), samples(False, True))
    assert kind.dims == ("model", "sample")
    assert kind.sel(model="b").values.tolist() == ["not memorized", "reconstruct"]
    assert kind.role.values.tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: predictable_sequences(rows([1, 2])), "needs 3 or more"),
        (lambda: predictable_sequences(rows([1, 2, 3]), max_period=0), "max_period must be at"),
        (lambda: predictable_sequences(rows([1.0, 2.0, 3.0])), "whole numbers"),
        (lambda: memorization_kind(samples(1), samples(1), samples(True)), "memorized must"),
        (lambda: memorization_kind(samples(True), samples(1.5), samples(True)), "n_copies must be"),
        (lambda: memorization_kind(samples(True), samples(-1), samples(True)), "n_copies has -1"),
        (lambda: memorization_kind(samples(True), samples(1, 2), samples(True)), "n_copies 2"),
        (lambda: memorization_kind(samples(True), xr.DataArray(9), samples(True)),
         r"dim 'sample' not found; n_copies has dims \(\)"),
        (lambda: memorization_kind(samples(True), [1], samples(True)), "give n_copies: whole numb"),
        (lambda: memorization_kind(samples(True), samples(1), samples(1)), "predictable must be"),
        (lambda: memorization_kind(samples(True), samples(1), samples(True), more_than=-1),
         "more_than must be at least 0"),
    ],
)  # fmt: skip
def test_what_is_refused(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()
