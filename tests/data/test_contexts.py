from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import xarray as xr

from infonb.data import context_scenes
from infonb.data import contexts as module


def groups(scenes: xr.Dataset) -> Counter:
    return Counter(zip(scenes.object.values, scenes.context.values, strict=True))


def images(scenes: xr.Dataset) -> list[bytes]:
    return [image.tobytes() for image in scenes.input.values]


@pytest.mark.parametrize("n", [2, 4, 6])
def test_settings_differ_in_nothing_but_what_goes_with_what(n: int) -> None:
    size = {"n_train": 3 * n * n, "n_evaluation": 2 * n * n, "n_objects": n, "size": 16}
    balanced, evaluation = context_scenes("balanced", **size, seed=4)
    unbalanced, again = context_scenes("unbalanced", **size, seed=4)
    assert evaluation.identical(again)
    objects, contexts = (balanced.attrs[name].split(", ") for name in ("classes", "contexts"))
    assert len(objects) == len(contexts) == n
    assert groups(balanced) == {(o, c): 3 for o in objects for c in contexts}
    assert groups(unbalanced) == dict.fromkeys(zip(objects, contexts, strict=True), 3 * n)
    assert groups(evaluation) == {(o, c): 2 for o in objects for c in contexts}
    for scenes in (balanced, unbalanced, evaluation):
        assert scenes.input.dims == ("sample", "channel", "row", "column")
        assert scenes.input.shape[1:] == (3, 16, 16)
        assert scenes.input.dtype == np.float32
        assert 0 <= float(scenes.input.min()) < float(scenes.input.max()) <= 1
        assert scenes.label.dtype == np.int64
        assert [objects[at] for at in scenes.label.values] == scenes.object.values.tolist()
        assert scenes.object.dtype == scenes.context.dtype == scenes.channel.dtype == object
        assert list(scenes.channel.values) == ["red", "green", "blue"]


def test_no_image_is_seen_twice_and_own_contexts_are_paired() -> None:
    balanced, evaluation = context_scenes("balanced", n_train=160, n_evaluation=80, seed=0)
    unbalanced, _ = context_scenes("unbalanced", n_train=160, n_evaluation=80, seed=0)
    for train in (balanced, unbalanced):
        together = images(train) + images(evaluation)
        assert len(set(together)) == len(together) == 240
    # an object in its own context: 10 images balanced, 40 unbalanced, the 10 among them
    shared = set(images(balanced)) & set(images(unbalanced))
    assert len(shared) == 40


def test_seeds_draw_anew_and_repeat() -> None:
    one, again, other = (
        context_scenes("balanced", n_train=32, n_evaluation=16, seed=seed) for seed in (0, 0, 1)
    )
    for part in (0, 1):
        assert one[part].identical(again[part])
        assert not set(images(one[part])) & set(images(other[part]))


def test_crops_for_evaluation_share_no_pixel_with_those_for_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a photograph whose red says the column: interpolation stays between the crop's own columns
    columns = np.broadcast_to(np.arange(240, dtype=np.uint8)[None, :, None], (90, 240, 3))
    monkeypatch.setattr(module, "_photograph", lambda file: columns)
    strips: dict[str, set[int]] = {}
    for part in ("train", "evaluation"):
        rng = np.random.default_rng(0)
        crops = [module._CONTEXTS["temple"](rng, 32, part) for _ in range(200)]
        seen = np.concatenate([(crop[0, :, 0] * 255).round().astype(int) for crop in crops])
        strips[part] = set((seen // 80).tolist())
    assert strips == {"train": {0, 1}, "evaluation": {2}}


def test_silhouettes_cover_a_part_of_the_picture_and_keep_inside_it() -> None:
    rng = np.random.default_rng(0)
    for name in module._SILHOUETTES:
        for _ in range(50):
            mask = module._silhouette(name, 32, rng)
            assert 0.03 < mask.mean() < 0.5, name
            edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
            assert (edge > 0).mean() < 0.25, name


def test_colours_tell_the_context_but_not_the_object() -> None:
    from sklearn.linear_model import LogisticRegression

    train, evaluation = context_scenes("balanced", n_train=800, n_evaluation=400, seed=0)

    def colours(scenes: xr.Dataset) -> np.ndarray:
        counts = [[np.histogram(c, 8, (0, 1))[0] for c in image] for image in scenes.input.values]
        return np.reshape(counts, (len(counts), -1)) / 32**2

    def accuracy(name: str) -> float:
        model = LogisticRegression(C=10, max_iter=500).fit(colours(train), train[name].values)
        return model.score(colours(evaluation), evaluation[name].values)

    # chance is 0.25, and 0.11 more is five standard deviations of a fraction of 400
    assert accuracy("context") > 0.8
    assert accuracy("object") < 0.36


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"setting": "balance"}, "Did you mean 'balanced'"),
        ({"n_train": 100}, "n_train must be a multiple of 16"),
        ({"n_evaluation": 17}, "n_evaluation must be a multiple of 16"),
        ({"n_objects": 7}, "n_objects must be between 2 and 6"),
        ({"size": 4}, "size must be at least 8"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        context_scenes(**({"setting": "balanced", "n_train": 16, "n_evaluation": 16} | arguments))
