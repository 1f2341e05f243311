"""The search: as a plain sort finds it, in blocks, with ties; what cannot be searched."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import nearest_public
from infonb.memorization.deja_vu import neighbours


def embeddings(n, features=6, dim="sample", seed=0):
    values = np.random.default_rng(seed).normal(size=(n, features))
    return xr.DataArray(values, dims=(dim, "feature"))


def by_sorting(text, image, k):
    a, b = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (text.values, image.values))
    return np.argsort(-(a @ b.T).round(12), axis=1, kind="stable")[:, :k]


@pytest.mark.parametrize("k", [1, 7, 50])
def test_the_nearest_are_those_of_a_sort(k, monkeypatch):
    text, image = embeddings(33), embeddings(50, dim="public", seed=1)
    found = nearest_public(text, image, k)
    np.testing.assert_array_equal(found.place, by_sorting(text, image, k))
    assert bool((found.distance.diff("neighbor") >= 0).all())
    monkeypatch.setattr(neighbours, "_BLOCK", 60)  # one row at a time
    xr.testing.assert_identical(nearest_public(text, image, k), found)


def test_of_equally_near_images_the_first_comes_first():
    image = embeddings(5, dim="public").isel(public=[0, 1, 0, 2, 1, 0, 3, 4, 0])
    text = embeddings(40, seed=2)
    for k in (1, 2, 3, 5):
        np.testing.assert_array_equal(
            nearest_public(text, image, k).place, by_sorting(text, image, k)
        )


def test_lengths_do_not_matter_and_batches_are_apart():
    text, image = embeddings(9), embeddings(20, dim="public", seed=1)
    found = nearest_public(text * 100, image, 3)
    np.testing.assert_array_equal(found.place, nearest_public(text, image, 3).place)
    both = xr.concat([image, image[::-1]], "seed")
    two = nearest_public(text, both, 3)
    assert two.place.dims == ("seed", "sample", "neighbor")
    np.testing.assert_array_equal(two.place[1], 19 - two.place[0])


def test_chunks_and_numbers_of_any_kind():
    text, image = embeddings(9), embeddings(20, dim="public", seed=1)
    found = nearest_public(text, image, 3)
    xr.testing.assert_identical(nearest_public(text.chunk(sample=2), image.chunk(), 3), found)
    whole = (text * 1000).astype(int)
    np.testing.assert_array_equal(nearest_public(whole, image, 3).place, found.place)
    with pytest.raises(TypeError, match="real numbers; not complex128"):
        nearest_public(text.astype(complex), image, 3)


def test_no_sample_at_all():
    found = nearest_public(embeddings(0), embeddings(4, dim="public"), 2)
    assert found.place.shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "image", "k", "words"),
    [
        (embeddings(3), embeddings(4, dim="public"), 5, "number of public images, 4; not 5"),
        (embeddings(3), embeddings(4, 5, dim="public"), 1, "6 features and image 5: both must"),
        (embeddings(3) * 0, embeddings(4, dim="public"), 1, "'sample': 0} is zero.*empty caption"),
        (embeddings(3) * np.nan, embeddings(4, dim="public"), 1, "is not finite"),
        (embeddings(3).rename(sample="smple"), embeddings(4, dim="public"), 1, "mean 'smple'"),
        (embeddings(3), embeddings(4, dim="public"), 0, "at least 1"),
    ],
)
def test_one_clear_line(text, image, k, words):
    with pytest.raises(ValueError, match=words):
        nearest_public(text, image, k)


def test_faiss_gives_the_same(monkeypatch):
    """With a package of the same interface; the real one, where it is installed."""

    class Flat:
        def __init__(self, features):
            self.features = features

        def add(self, image):
            assert image.dtype == np.float32
            assert image.shape[1] == self.features
            self.image = image

        def search(self, text, k):
            cosine = text @ self.image.T
            place = np.argsort(-cosine, axis=1)[:, :k]
            return np.take_along_axis(cosine, place, 1), place

    fake = types.SimpleNamespace(IndexFlatIP=Flat)
    text, image = embeddings(9), embeddings(20, dim="public", seed=1)
    monkeypatch.setitem(sys.modules, "faiss", fake)
    found = nearest_public(text, image, 4, backend="faiss")
    exact = nearest_public(text, image, 4)
    np.testing.assert_array_equal(found.place, exact.place)
    np.testing.assert_allclose(found.distance, exact.distance, atol=1e-6)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match="pip install faiss-cpu; or take 'exact'"):
        nearest_public(text, image, 4, backend="faiss")
