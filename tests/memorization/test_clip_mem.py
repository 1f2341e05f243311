"""CLIPMem: values by hand, its identities, a plain loop, and what is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import dual_encoder

FG = {"target": "f", "reference": "g"}
DIMS = ("model", "sample", "feature")


def embeddings(values, dims=DIMS):
    return xr.DataArray(np.asarray(values, float), {"model": ["f", "g"]}, dims)


def drawn(seed=0, shape=(2, 12, 5), dims=DIMS):
    return embeddings(np.random.default_rng(seed).normal(size=shape), dims)


def test_by_hand():
    """The target matches both pairs, the reference exchanges them; lengths do not count."""
    image = embeddings([[[2, 0], [0, 3]], [[2, 0], [0, 3]]])
    text = embeddings([[[1, 0], [0, 1]], [[0, 4], [5, 0]]])
    found = dual_encoder(image, text, **FG)
    assert found.alignment.values.tolist() == [[1, 1], [-1, -1]]
    assert found.clip_mem.values.tolist() == [2, 2]


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_against_a_plain_loop_with_views():
    image = drawn(0, (2, 3, 12, 5), ("model", "augmentation", "sample", "feature"))
    text = drawn(1, (2, 2, 12, 5), ("model", "augmentation", "sample", "feature"))
    roles = np.array(["C", "E", "I"], object)[np.arange(12) % 3]
    image = image.assign_coords(role=("sample", roles))
    text = text.assign_coords(role=("sample", roles))
    for others, among in ((None, range(12)), ("E", np.flatnonzero(roles == "E"))):
        found = dual_encoder(image, text, **FG, others=others)
        expected = np.zeros((2, 12))
        for m in range(2):
            pictures, words = (np.moveaxis(x.values[m], 1, 0) for x in (image, text))
            s = np.array([
                [np.mean([cosine(a, b) for a in picture for b in word]) for word in words]
                for picture in pictures
            ])  # fmt: skip
            for i in range(12):
                rest = [j for j in among if j != i]
                expected[m, i] = s[i, i] - (s[i, rest].mean() + s[rest, i].mean()) / 2
        assert np.allclose(found.alignment, expected, atol=1e-13)
        assert np.allclose(found.clip_mem, expected[0] - expected[1], atol=1e-13)
        assert found.role.values.tolist() == roles.tolist()


def test_identities_and_batches():
    image, text = drawn(0), drawn(1)
    one = dual_encoder(image, text, **FG).clip_mem
    assert np.array_equal(one, -dual_encoder(image, text, target="g", reference="f").clip_mem)
    assert not dual_encoder(image, text, target="f", reference="f").clip_mem.any()
    assert np.allclose(dual_encoder(text, image, **FG).clip_mem, one, atol=1e-13)
    seeds = [xr.concat([x, x + 1], "seed") for x in (image, text)]
    found = dual_encoder(*seeds, **FG).clip_mem
    assert found.dims == ("seed", "sample")
    assert np.allclose(found.isel(seed=0), one, atol=1e-15)


def test_samples_are_matched_by_their_labels_and_features_by_their_places():
    image, text = (drawn(seed).assign_coords(sample=range(12)) for seed in (0, 1))
    expected = dual_encoder(drawn(0), drawn(1), **FG).clip_mem
    found = dual_encoder(image, text.isel(sample=slice(None, None, -1)), **FG).clip_mem
    assert np.allclose(found, expected, atol=1e-13)
    assert found.sample.values.tolist() == list(range(12))
    named = [x.assign_coords(feature=np.arange(5) + i) for i, x in enumerate((image, text))]
    assert np.allclose(dual_encoder(*named, **FG).clip_mem, expected, atol=1e-13)


@pytest.mark.parametrize("place", [0, 1])
def test_roles_of_images_or_of_captions_alone_are_enough(place):
    pair = [drawn(0), drawn(1)]
    roles = ("sample", np.array(["C", "E", "E"] * 4, object))
    both = dual_encoder(*(x.assign_coords(role=roles) for x in pair), others="E", **FG)
    pair[place] = pair[place].assign_coords(role=roles)
    assert dual_encoder(*pair, others="E", **FG).identical(both)
    assert both.clip_mem.role.values.tolist() == ["C", "E", "E"] * 4


@pytest.mark.parametrize(
    ("image", "text", "options", "error", "words"),
    [
        (drawn(), drawn().isel(sample=slice(3)), {}, ValueError, "different samples: 12 and 3"),
        (
            drawn().assign_coords(sample=range(12)),
            drawn().assign_coords(sample=range(1, 13)),
            {},
            ValueError,
            "different samples: their labels",
        ),
        (drawn(), drawn().isel(feature=slice(3)), {}, ValueError, "differ in the dim 'feature'"),
        (drawn().isel(sample=[0]), drawn().isel(sample=[0]), {}, ValueError, "no other sample"),
        (drawn(), drawn(), {"target": "h"}, ValueError, "model 'h' not found"),
        (drawn(), drawn(), {"others": "E"}, ValueError, "others 'E' is no role"),
        (drawn(), drawn().values, {}, TypeError, "text must be a DataArray"),
        (drawn().where(drawn() < 1), drawn(), {}, ValueError, "NaN"),
        (drawn().rename(feature="neuron"), drawn(), {}, ValueError, "dim 'feature' not found"),
    ],
)
def test_what_is_refused(image, text, options, error, words):
    with pytest.raises(error, match=words):
        dual_encoder(image, text, **{**FG, **options})
