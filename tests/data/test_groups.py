from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infonb.data.groups import check_names, divide_groups, images_per_group, training_counts

OBJECTS, CONTEXTS = ["cat", "dog", "owl"], ["grass", "water", "rock"]


def pool(counts: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return objects and contexts of images, so many of each, in a mixed order."""
    objects, contexts = (
        index.repeat(counts.ravel()) for index in np.indices(counts.shape).reshape(2, -1)
    )
    order = np.random.default_rng(seed).permutation(objects.size)
    return objects[order], contexts[order]


def table(objects: np.ndarray, contexts: np.ndarray, n: int = 3) -> np.ndarray:
    """Count the images of each object in each context, one by one."""
    counts = np.zeros((n, n), int)
    for i, j in zip(objects, contexts, strict=True):
        counts[i, j] += 1
    return counts


@pytest.mark.parametrize("n", [2, 3, 6])
def test_both_settings_have_as_many_of_each_object_and_each_context(n: int) -> None:
    balanced, unbalanced = (training_counts(name, 5, n) for name in ("balanced", "unbalanced"))
    for axis in (0, 1):
        np.testing.assert_array_equal(balanced.sum(axis), unbalanced.sum(axis))
    assert (balanced == 5).all()
    assert (unbalanced[~np.eye(n, dtype=bool)] == 0).all()


@given(
    counts=st.lists(st.integers(8, 60), min_size=9, max_size=9),
    seed=st.integers(0, 99),
    n_evaluation=st.none() | st.sampled_from([9, 18]),
)
def test_parts_are_disjoint_of_equal_size_and_as_the_setting_says(
    counts: list[int], seed: int, n_evaluation: int | None
) -> None:
    shape = np.array(counts).reshape(3, 3)
    objects, contexts = pool(shape, seed)
    parts = {
        setting: divide_groups(
            objects, contexts, setting, objects=OBJECTS, contexts=CONTEXTS,
            n_evaluation=n_evaluation, seed=seed,
        )
        for setting in ("balanced", "unbalanced")
    }  # fmt: skip
    evaluated = min(counts) // 4 if n_evaluation is None else n_evaluation // 9
    # as many as possible: one more of each group would not fit, neither balanced nor unbalanced
    most = max(
        b for b in range(100)
        if (b + evaluated <= shape).all() and (3 * b + evaluated <= shape.diagonal()).all()
    )  # fmt: skip
    for setting, (train, evaluation) in parts.items():
        together = np.concatenate([train, evaluation])
        assert len(set(together.tolist())) == together.size
        np.testing.assert_array_equal(
            table(objects[train], contexts[train]), training_counts(setting, most, 3)
        )
        np.testing.assert_array_equal(
            table(objects[evaluation], contexts[evaluation]), np.full((3, 3), evaluated)
        )
    np.testing.assert_array_equal(parts["balanced"][1], parts["unbalanced"][1])
    own = [at for at in parts["balanced"][0] if objects[at] == contexts[at]]
    assert set(own) <= set(parts["unbalanced"][0])


def test_another_seed_draws_others_and_the_same_seed_the_same() -> None:
    objects, contexts = pool(np.full((3, 3), 40))

    def drawn(seed: int, n_train: int = 27) -> tuple[np.ndarray, np.ndarray]:
        return divide_groups(
            objects, contexts, "balanced", objects=OBJECTS, contexts=CONTEXTS,
            n_train=n_train, n_evaluation=18, seed=seed,
        )  # fmt: skip

    for one, again, other in zip(drawn(0), drawn(0), drawn(1), strict=True):
        np.testing.assert_array_equal(one, again)
        assert set(one) != set(other)
    # a larger training set has the smaller one in it, and the same evaluation
    assert set(drawn(0)[0]) < set(drawn(0, 90)[0])
    np.testing.assert_array_equal(drawn(0)[1], drawn(0, 90)[1])


def test_too_few_images_are_named_group_by_group() -> None:
    counts = np.full((3, 3), 30)
    counts[0, 2], counts[1, 1] = 3, 12
    objects, contexts = pool(counts)
    options = {"objects": OBJECTS, "contexts": CONTEXTS, "seed": 0}
    with pytest.raises(ValueError, match="too few images for n_train=36") as error:
        divide_groups(
            objects, contexts, "balanced", n_train=36, n_evaluation=18, **options
        )  # fmt: skip
    # balanced needs 4 + 2 of each, unbalanced 3 * 4 + 2 of each object in its own context
    assert "cat in rock has 3 of 6; dog in water has 12 of 14" in str(error.value)
    assert "n_train can be at most 9" in str(error.value)
    train, _ = divide_groups(objects, contexts, "unbalanced", n_train=9, n_evaluation=18, **options)
    assert train.size == 9
    with pytest.raises(ValueError, match="cat in rock has 3 of 6") as error:
        divide_groups(objects, contexts, "unbalanced", n_evaluation=45, **options)
    assert "take a smaller n_evaluation" in str(error.value)


def test_an_empty_group_is_an_error_whatever_the_setting() -> None:
    counts = np.full((3, 3), 30)
    counts[2, 0] = 0
    for setting in ("balanced", "unbalanced"):
        with pytest.raises(ValueError, match="owl in grass has 0 of 2"):
            divide_groups(*pool(counts), setting, objects=OBJECTS, contexts=CONTEXTS, seed=0)


@pytest.mark.parametrize(
    ("objects", "contexts", "words"),
    [
        (["cat", "dog"], ["grass"], "as many contexts as objects"),
        (["cat"], ["grass"], "at least 2"),
        (["cat", "cat"], ["grass", "rock"], "twice: cat"),
        (["cat", "dog"], ["dog", "rock"], "twice: dog"),
        (["cat", "a, b"], ["grass", "rock"], "without a comma; not 'a, b'"),
        (["cat", " "], ["grass", "rock"], "without a comma; not ' '"),
    ],
)
def test_names_must_make_pairs(objects: list[str], contexts: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_names(objects, contexts)


def test_names_must_be_a_list() -> None:
    with pytest.raises(TypeError, match="objects must be a list of names; not 'cat'"):
        check_names("cat", ["a", "b", "c"])


def test_numbers_of_images_must_divide_into_groups() -> None:
    assert images_per_group("n_train", 36, 6) == 1
    with pytest.raises(ValueError, match=r"not 40\. The nearest are 36 and 45"):
        images_per_group("n_train", 40, 3)
    with pytest.raises(ValueError, match="n_train must be at least 9"):
        images_per_group("n_train", 0, 3)
    with pytest.raises(ValueError, match=r"Did you mean 'balanced'\?"):
        training_counts("balance", 1, 2)
