"""Naive Bayes from public captions, by a plain loop; entropies known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import (
    deja_vu_gains,
    memorization_confidence,
    naive_bayes_objects,
    predicted_objects,
)


@pytest.fixture
def public():
    rng = np.random.default_rng(3)
    captions = rng.integers(-1, 6, (40, 3))
    shows = rng.random((40, 4)) < 0.4
    shows[:, 3] = False  # never seen
    return (
        xr.DataArray(captions, dims=("public", "token")),
        xr.DataArray(shows, dims=("public", "object")),
    )


def by_hand(caption, captions, shows, o):
    """Return P(object | caption), with one added to each count."""
    has = [shows[i][o] for i in range(len(shows))]
    n, n_o = len(has), sum(has)
    odds = (n_o + 1) / (n - n_o + 1)
    for token in set(caption) - {-1}:
        with_it = sum(has[i] and token in captions[i] for i in range(n))
        apart = sum(not has[i] and token in captions[i] for i in range(n))
        odds *= (with_it + 1) / (n_o + 2) / ((apart + 1) / (n - n_o + 2))
    return odds / (1 + odds)


def test_as_counted_by_hand(public):
    caption = xr.DataArray([[0, 1, 1], [-1, -1, -1], [5, -1, 9]], dims=("sample", "token"))
    found = naive_bayes_objects(caption, *public, n_predicted=2)
    for z, tokens in enumerate(caption.values.tolist()):
        for o in range(4):
            wanted = by_hand(tokens, public[0].values.tolist(), public[1].values.tolist(), o)
            assert found.probability.values[z, o] == pytest.approx(wanted)
    assert (found.predicted.sum("object") == 2).all()
    best = np.argsort(-found.probability.values, axis=1)[:, :2]
    assert np.take_along_axis(found.predicted.values, best, 1).all()


def test_as_many_as_the_model_predicts(public):
    caption = xr.DataArray([[0, 1], [2, 3]], dims=("sample", "token"))
    near = xr.DataArray([[0, 1], [2, 3]], dims=("sample", "neighbor"))
    said = predicted_objects(near, public[1]).predicted
    found = naive_bayes_objects(caption, *public, n_predicted=said.sum("object"))
    np.testing.assert_array_equal(found.predicted.sum("object"), said.sum("object"))
    objects = xr.DataArray(np.eye(2, 4, dtype=bool), dims=("sample", "object"))
    gains = deja_vu_gains(said, found.predicted, objects, draws=0)
    assert gains.prg.ndim == 0
    assert "min_dist" not in gains


def test_confidence_in_closed_form():
    reference = xr.DataArray([[1.0, 1, 1, 1], [0, 0, 0, 0]], dims=("sample", "object"))
    target = xr.DataArray([[0.5, 0.5, 0, 0], [0, 1, 0, 0]], dims=("sample", "object"))
    found = memorization_confidence(reference, target)
    np.testing.assert_allclose(found, [np.log(2), np.log(4)])  # nothing known: all alike
    np.testing.assert_array_equal(memorization_confidence(target, target), 0)
    np.testing.assert_allclose(memorization_confidence(target, reference), -found)
    assert found.attrs["units"] == "nat"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"caption": xr.DataArray([[0.5]], dims=("sample", "token"))}, TypeError, "whole numbers"),
        ({"caption": xr.DataArray([[-2]], dims=("sample", "token"))}, ValueError, "token -2"),
        ({"public_objects": xr.DataArray([[1]], dims=("public", "object"))}, TypeError, "bool"),
        ({"smoothing": 0.0}, ValueError, "at least"),
    ],
)
def test_one_clear_line(public, change, error, words):
    given = {
        "caption": xr.DataArray([[0]], dims=("sample", "token")),
        "public_caption": public[0], "public_objects": public[1],
    }  # fmt: skip
    with pytest.raises(error, match=words):
        naive_bayes_objects(**{**given, **change})


def test_numbers_of_other_samples_are_refused(public):
    caption = xr.DataArray([[0], [1]], {"sample": [0, 1]}, ("sample", "token"))
    other = xr.DataArray([1, 2], {"sample": [1, 2]}, ("sample",))
    with pytest.raises(ValueError, match="exact"):
        naive_bayes_objects(caption, *public, n_predicted=other)


def test_weights_below_nothing_are_refused():
    even = xr.DataArray([[0.5, 0.5]], dims=("sample", "object"))
    with pytest.raises(ValueError, match="target has weights below 0"):
        memorization_confidence(even, -even)
    with pytest.raises(ValueError, match="reference has weights below 0, or not finite"):
        memorization_confidence(even / 0, even)
    with pytest.raises(ValueError, match="different objects: 2 and 1"):
        memorization_confidence(even, even[:, :1])
