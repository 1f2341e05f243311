"""The score of continuations: the paper's patterns, stub models, whole numbers and bad input."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import extraction

DIMS = ("sample", "position")
#: Table 1 of the paper: which of ten tokens are right, and the score.
TABLE_1 = {"0110111101": 0.7, "0000000000": 0.0, "1110000000": 0.3, "1111111111": 1.0}


def rows(*values, dims=DIMS):
    return xr.DataArray(np.array(values), dims=dims)


def of_patterns(*patterns):
    """Return true tokens, and those that match them where a pattern has a 1."""
    right = np.array([[int(one) for one in pattern] for pattern in patterns], bool)
    target = np.random.default_rng(0).integers(0, 50, right.shape)
    return rows(*target), rows(*np.where(right, target, target + 1))


@pytest.fixture
def table():
    return extraction(*of_patterns(*TABLE_1))


def test_patterns_of_table_1(table):
    assert table.score.values.tolist() == list(TABLE_1.values())
    assert table.memorized.values.tolist() == [False, False, False, True]
    assert table.n_matches.values.tolist() == [7, 0, 3, 10]
    assert table.first_slip.values.tolist() == [0, 0, 3, 10]


def test_matches_are_of_places(table):
    written = ["".join(str(int(one)) for one in row) for row in table.matches.values]
    assert written == list(TABLE_1)
    assert table.matches.dtype == bool
    assert table.n_matches.dtype.kind == "i"


def test_attributes(table):
    about = {name: table.attrs[name] for name in ("n_tokens", "needed", "at_least", "n_samples")}
    assert about == {"n_tokens": 10, "needed": 10, "at_least": 1.0, "n_samples": 4}
    assert table.n_matches.attrs["units"] == "tokens"


def decode(model, prompt, n):
    """Return what a stub writes by itself, token after token."""
    tokens = [list(row) for row in prompt]
    for row in tokens:
        for _ in range(n):
            row.append(model(row))
    return rows(*tokens)[:, prompt.shape[1] :]


@pytest.mark.parametrize(("step", "score"), [(1, 1.0), (2, 0.0)])
def test_a_stub_that_counts_on_scores_one_and_shifted_by_one_scores_nothing(step, score):
    start = np.arange(20)[:, None]
    sequences = (start + np.arange(16)) % 32
    generated = decode(lambda row: (row[-1] + step) % 32, sequences[:, :8], 8)
    found = extraction(rows(*sequences[:, 8:]), generated)
    assert (found.score == score).all()
    assert (found.memorized == (score == 1.0)).all()


@pytest.mark.parametrize("n", [3, 6, 7, 10, 20, 30, 49, 64])
def test_a_share_of_k_tokens_is_reached_by_k_matches_exactly(n):
    """Of floats 0.55 * 20 is a little more than 11, and 5 / 6 * 6 than 5."""
    pair = of_patterns("1" * n)
    for k in range(1, n + 1):
        assert extraction(*pair, at_least=k / n).attrs["needed"] == k
        if k < n:  # a little more than k / n is not reached by k matches
            assert extraction(*pair, at_least=k / n + 1e-4).attrs["needed"] == k + 1


@pytest.mark.parametrize(("share", "needed"), [(0.55, 11), (0.7, 14), (0.15, 3), (0.5, 10)])
def test_decimal_shares_of_twenty_tokens(share, needed):
    assert extraction(*of_patterns("1" * 20), at_least=share).attrs["needed"] == needed


def test_a_tiny_share_still_needs_a_match():
    found = extraction(*of_patterns("000", "001"), at_least=1e-9)
    assert found.memorized.values.tolist() == [False, True]


def test_batches_and_coordinates():
    rng = np.random.default_rng(1)
    target = rows(*rng.integers(0, 3, (5, 4))).assign_coords(
        sample=[3, 1, 4, 5, 9], n_copies=("sample", [1, 2, 3, 4, 5])
    )
    drawn = rng.integers(0, 3, (2, 5, 3, 4))
    generated = xr.DataArray(
        drawn, dims=("model", "sample", "checkpoint", "position"),
        coords={"model": ["a", "b"], "sample": [3, 1, 4, 5, 9], "n_parameters": ("model", [1, 2])},
    )  # fmt: skip
    found = extraction(target, generated)
    assert found.matches.dims == ("model", "checkpoint", "sample", "position")
    assert found.score.dims == ("model", "checkpoint", "sample")
    assert found.n_copies.dims == ("sample",)
    assert found.n_parameters.values.tolist() == [1, 2]
    for model in range(2):
        for checkpoint in range(3):
            for sample in range(5):
                hits = [
                    int(drawn[model, sample, checkpoint, i] == target.values[sample, i])
                    for i in range(4)
                ]
                one = found.isel(model=model, checkpoint=checkpoint, sample=sample)
                assert int(one.n_matches) == sum(hits)
                assert int(one.first_slip) == [*hits, 0].index(0)


def test_a_label_of_one_model_does_not_hide_those_of_several():
    target = rows([1, 2], [3, 4]).assign_coords(model="truth")
    generated = xr.concat([rows([1, 2], [3, 0])] * 2, xr.Variable("model", ["a", "b"]))
    assert extraction(target, generated).model.values.tolist() == ["a", "b"]


def test_random_tokens_score_at_chance():
    rng = np.random.default_rng(2)
    drawn = [rows(*rng.integers(0, 32, (2000, 8))) for _ in range(2)]
    found = extraction(*drawn)
    error = np.sqrt(1 / 32 * 31 / 32 / (2000 * 8))
    assert abs(float(found.score.mean()) - 1 / 32) < 4 * error
    assert not found.memorized.any()


GOOD = rows([1, 2], [3, 4])


@pytest.mark.parametrize(
    ("target", "generated", "options", "words"),
    [
        (GOOD.values, GOOD, {}, "give target: tokens"),
        (GOOD.astype(float), GOOD, {}, "whole numbers; not float64. Sequences that are too short"),
        (GOOD, GOOD - 2, {}, "generated has the token -1"),
        (GOOD, GOOD[:, :1], {}, "has 1 along 'position', but target 2"),
        (GOOD, GOOD[:1], {}, "has 1 along 'sample', but target 2"),
        (GOOD[:0], GOOD[:0], {}, "target has nothing along 'sample'"),
        (GOOD[:, :0], GOOD[:, :0], {}, "target has nothing along 'position'"),
        (GOOD.rename(position="token"), GOOD, {}, "dim 'position' not found; target has dims"),
        (GOOD.assign_coords(sample=[0, 1]), GOOD.assign_coords(sample=[1, 0]), {},
         r"another order; bring them in line, as in target.sel\(sample=generated.sample\)"),
        (GOOD, GOOD, {"at_least": 0}, "at_least must be above 0"),
        (GOOD, GOOD, {"at_least": 1.5}, "at_least must be between 0.0 and 1.0; not 1.5"),
    ],
)  # fmt: skip
def test_what_is_refused(target, generated, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        extraction(target, generated, **options)
