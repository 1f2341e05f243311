"""Texts with shuffled labels: chance, nesting over β, one division for all seeds, own classes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.data.language import adjective_parts, generated_reviews, shuffled_texts


def own(texts, labels, **attrs) -> xr.Dataset:
    return xr.Dataset(
        {"text": ("sample", np.array(texts, object)), "label": ("sample", np.array(labels))},
        {"sample": np.arange(len(texts))}, attrs,
    )  # fmt: skip


def test_shares_and_nesting():
    data = generated_reviews(4000)
    before = None
    for beta in (0.0, 0.4, 0.8, 1.0):
        train, validation = shuffled_texts(data, beta, seed=3)
        wrong = (train.label != train.true_label).values
        # half of what is drawn anew comes out as it was; four standard errors
        assert wrong.mean() == pytest.approx(beta / 2, abs=4 * 0.5 / np.sqrt(wrong.size))
        assert (validation.label == validation.true_label).all()
        if before is not None:
            assert wrong[before].all()
        before = wrong
        assert train.attrs["n_classes"] == 2
        assert train.attrs["beta"] == beta


def test_no_text_is_in_both_parts_and_seeds_share_what_is_held_out():
    data = generated_reviews(600)
    twice = xr.concat([data, data], "sample").assign_coords(sample=np.arange(1200))
    held_out = []
    for seed in (0, 1):
        train, validation = shuffled_texts(twice, 0.5, seed=seed, n_train=100, n_validation=50)
        assert not set(train.text.values) & set(validation.text.values)
        assert len(set(train.text.values)) == 100
        held_out.append(validation.text.values.tolist())
        assert train.attrs["n_repeated"] >= 600
    assert held_out[0] == held_out[1]


def test_the_true_label_goes_with_its_text():
    data = generated_reviews(500)
    train, _ = shuffled_texts(data, 1.0, seed=1)
    truth = dict(zip(data.text.values, data.label.values, strict=True))
    assert [truth[text] for text in train.text.values] == train.true_label.values.tolist()


def test_three_classes_are_drawn_from_all():
    data = own([f"text {i}" for i in range(3000)], np.arange(3000) % 3)
    train, _ = shuffled_texts(data, 1.0)
    counts = np.bincount(train.label.values, minlength=3)
    assert train.attrs["n_classes"] == 3
    assert (abs(counts - 800) < 100).all()


def test_both_experiments_on_reviews_divide_alike():
    """Of texts that all have one adjective, the same are held out."""
    data = generated_reviews(300, unclear=0.0)
    ours = shuffled_texts(data, 0.0, seed=2)
    theirs = adjective_parts(data, 0.0, seed=2)
    for one, other in zip(ours, theirs, strict=True):
        assert one.text.values.tolist() == other.text.values.tolist()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"beta": 1.5}, "beta must be between 0.0 and 1.0; not 1.5"),
        ({"n_train": 1000}, "n_train must be at most 80 for reviews; not 1000"),
        ({"data": own(["a", "b", "c"], [0, 1, 1])}, "3 different texts: too few to divide"),
        ({"data": own([f"a {i}" for i in range(20)], [1] * 20)}, "have the label 1; two classes"),
        ({"data": own(["a", "b"], [0, 1]).rename(label="lable")}, "no 'label' .*mean 'lable'"),
    ],
)
def test_bad_input_is_one_clear_line(change, told):
    given = {"data": generated_reviews(100), "beta": 0.5, **change}
    with pytest.raises(ValueError, match=told) as error:
        shuffled_texts(given.pop("data"), given.pop("beta"), **given)
    assert "\n" not in str(error.value)
