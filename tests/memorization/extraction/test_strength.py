"""Extraction strength from one pass, against decoding anew from every beginning."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import extraction_strength

LENGTH, TOKENS = 7, 3


def model(seed):
    """Return a stub: the likeliest next token is a fixed, random function of all tokens so far."""
    rng, known = np.random.default_rng(seed), {}

    def likeliest(row):
        return known.setdefault(tuple(row), int(rng.integers(TOKENS)))

    return likeliest


def shortest_prefix(likeliest, sequence):
    """The definition: decode from each beginning, and take the first that gives all the rest."""
    for k in range(len(sequence) + 1):
        written = list(sequence[:k])
        while len(written) < len(sequence):
            written.append(likeliest(written))
        if written == list(sequence):
            return k
    raise AssertionError


@pytest.mark.parametrize("seed", range(5))
def test_one_pass_finds_what_decoding_from_every_beginning_does(seed):
    likeliest = model(seed)
    sequences = np.random.default_rng(100 + seed).integers(0, TOKENS, (60, LENGTH))
    for row in sequences[:10]:  # so that long and whole recitals are there, too
        for at in range(seed, LENGTH):
            row[at] = likeliest(list(row[:at]))
    right = [[likeliest(list(row[:i])) == row[i] for i in range(LENGTH)] for row in sequences]
    found = extraction_strength(xr.DataArray(right, dims=("sample", "position")))
    expected = [shortest_prefix(likeliest, row.tolist()) for row in sequences]
    assert found.prefix.values.tolist() == expected
    assert np.allclose(found.strength, 1 - np.array(expected) / LENGTH)
    assert len({*expected}) > 3


def test_ends_of_the_scale():
    right = xr.DataArray([[True] * 4, [False] * 4, [True, True, True, False]],
                         dims=("sample", "position"))  # fmt: skip
    found = extraction_strength(right)
    assert found.strength.values.tolist() == [1, 0, 0]
    assert found.prefix.values.tolist() == [0, 4, 4]


def test_batches_and_what_is_refused():
    right = xr.DataArray(np.ones((2, 3, 4), bool), dims=("position", "model", "sample"))
    found = extraction_strength(right.assign_coords(role=("sample", list("abcd"))))
    assert found.strength.dims == ("model", "sample")
    assert found.role.values.tolist() == list("abcd")
    with pytest.raises(TypeError, match="right must be bool"):
        extraction_strength(right.astype(int))
    with pytest.raises(ValueError, match="dim 'position' not found"):
        extraction_strength(right.isel(position=0))
