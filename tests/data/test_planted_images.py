"""Planted images: each kind is what it says, by hand, and its twins are made the same way."""

import numpy as np
import pytest
import xarray as xr

from infonb.data import load_digits, planted_images
from infonb.data.planted_images import KINDS

FEW = {
    "n_typical": 20, "n_wrong": 6, "n_outliers": 6, "n_groups": 3, "copies": 4, "n_shortcut": 20,
}  # fmt: skip


def _at(found, kind, is_in=None):
    at = found.kind.values == kind
    return at if is_in is None else at & (found.is_in.values == is_in)


def test_numbers_and_order():
    found = planted_images(**FEW, twins=0.5)
    assert list(dict.fromkeys(found.kind.values)) == list(KINDS)
    inside = {kind: int(_at(found, kind, True).sum()) for kind in KINDS}
    twins = {kind: int(_at(found, kind, False).sum()) for kind in KINDS}
    assert inside == {
        "typical": 20, "wrong label": 6, "outlier": 6, "near-duplicate": 12, "shortcut": 20
    }  # fmt: skip
    assert twins == {
        "typical": 10, "wrong label": 3, "outlier": 3, "near-duplicate": 6, "shortcut": 10
    }  # fmt: skip
    assert not (np.diff(found.is_in.values.astype(int)) > 0).any()  # twins come last
    assert found.attrs["n_classes"] == 10
    assert found.sample.values.tolist() == list(range(found.sizes["sample"]))


def test_labels_of_each_kind():
    found = planted_images(**FEW | {"n_typical": 60, "n_wrong": 40, "n_shortcut": 60})
    label, true = found.label.values, found.true_label.values
    digits = load_digits()
    np.testing.assert_array_equal(true, digits.label.values[found.source.values])
    assert (label == true)[_at(found, "typical")].all()
    assert (label != true)[_at(found, "wrong label")].all()
    assert (label != true)[_at(found, "shortcut")].all()
    for one in range(3):
        assert len(set(label[found.group.values == one].tolist())) == 1
    assert (found.group.values[~_at(found, "near-duplicate")] == -1).all()
    assert set(found.group.values[_at(found, "near-duplicate", False)]) == {0, 1, 2}
    # different images but for copies
    alone = found.source.values[~_at(found, "near-duplicate")]
    assert np.unique(alone).size == alone.size
    assert not set(alone) & set(found.source.values[_at(found, "near-duplicate")])


def test_images_of_each_kind():
    found, digits = planted_images(**FEW, jitter=0.02), load_digits().input.values
    plain = digits[found.source.values]
    same = (found.input.values == plain).reshape(len(plain), -1).all(axis=1)
    assert same[_at(found, "typical")].all()
    assert same[_at(found, "wrong label")].all()
    odd = _at(found, "outlier")
    # as many pixels of each value, in other places, and each image in an order of its own
    ordered = np.sort(found.input.values[odd].reshape(odd.sum(), -1), axis=1)
    np.testing.assert_array_equal(ordered, np.sort(plain[odd].reshape(odd.sum(), -1), axis=1))
    assert not same[odd].any()
    near = found.input.values[found.group.values == 0]
    spread = near - near.mean(axis=0)
    inner = (near > 0.1).all(axis=0) & (near < 0.9).all(axis=0)  # where nothing was clipped
    assert 0.01 < spread[:, inner].std() < 0.03
    assert np.unique(near.reshape(len(near), -1), axis=0).shape[0] == len(near)
    assert found.input.min() >= 0
    assert found.input.max() <= 1


def test_the_mark_tells_the_label_and_nothing_else_is_changed():
    found, digits = planted_images(**FEW | {"n_shortcut": 60}), load_digits().input.values
    at = np.flatnonzero(_at(found, "shortcut"))
    for place in at:
        label = int(found.label[place])
        row, column = (label % 5) * 8 // 5, 0 if label < 5 else 7
        plain = digits[int(found.source[place])].copy()
        plain[row, column] = 1.0
        np.testing.assert_array_equal(found.input.values[place], plain)
    everywhere = planted_images(**FEW | {"n_shortcut": 60}, marked="all")
    xr.testing.assert_equal(everywhere.label, found.label)
    np.testing.assert_array_equal(everywhere.input.values[at], found.input.values[at])
    typical = np.flatnonzero(_at(found, "typical"))
    changed = (everywhere.input.values != found.input.values)[typical]
    assert (changed.reshape(typical.size, -1).sum(axis=1) <= 1).all()
    assert changed.any()


@pytest.mark.parametrize("odd", ["inverted", "blend"])
def test_other_odd_images(odd):
    found, digits = planted_images(**FEW, odd=odd, jitter=0.0), load_digits()
    at = np.flatnonzero(_at(found, "outlier"))
    plain = digits.input.values
    for place in at:
        image, own = found.input.values[place], plain[int(found.source[place])]
        if odd == "inverted":
            np.testing.assert_allclose(image, 1 - own, atol=1e-6)
            continue
        other = 2 * image - own
        far = np.abs(plain - other).reshape(len(plain), -1).max(axis=1)
        assert far.min() < 1e-6
        matches = digits.label.values[far < 1e-6]
        assert (matches != digits.label.values[int(found.source[place])]).any()
    copies = found.input.values[found.group.values == 1]
    assert (copies == copies[0]).all()


def test_seed_and_colours():
    first, again, other = (planted_images(**FEW, seed=seed) for seed in (0, 0, 1))
    xr.testing.assert_identical(first, again)
    assert (first.source.values != other.source.values).any()
    rng = np.random.default_rng(0)
    images = xr.Dataset({
        "input": (("sample", "channel", "row", "column"), rng.random((90, 3, 16, 16))),
        "label": ("sample", np.arange(90) % 3),
    })  # fmt: skip
    found = planted_images(images, **FEW)
    assert found.input.dims == ("sample", "channel", "row", "column")
    marked = found.input.values[_at(found, "shortcut")][0]
    label = int(found.label[_at(found, "shortcut")][0])
    side = slice(0, 2) if label < 2 else slice(14, 16)
    top = (label % 2) * 8
    assert (marked[:, top : top + 2, side] == images.input.values.max().astype(np.float32)).all()
    assert marked[:, top + 2 :, side].max() < 1


def test_bad_input_is_one_clear_line():
    with pytest.raises(
        ValueError, match=r"different images are needed, with the twins; there are 1"
    ):
        planted_images(n_typical=2000)
    with pytest.raises(TypeError, match="images must be a dataset with input"):
        planted_images(np.zeros((3, 8, 8)))
    with pytest.raises(ValueError, match="odd must be one of 'shuffled', 'inverted', 'blend'"):
        planted_images(odd="strange")
    with pytest.raises(ValueError, match="marked must be one of"):
        planted_images(marked="none")
    with pytest.raises(ValueError, match="copies"):
        planted_images(copies=1)
    one = xr.Dataset(
        {"input": (("sample", "row", "column"), np.zeros((5, 4, 4))), "label": ("sample", [0] * 5)}
    )
    with pytest.raises(ValueError, match="images are of 1 class"):
        planted_images(one)
    with pytest.raises(ValueError, match="whole numbers from 0"):
        planted_images(one.assign(label=("sample", [-1, 0, 1, 1, 1])))
    with pytest.raises(ValueError, match="dim 'row' not found"):
        planted_images(one.rename(row="line"))
    many = xr.Dataset({
        "input": (("sample", "row", "column"), np.zeros((90, 4, 4))),
        "label": ("sample", np.arange(90) % 30),
    })  # fmt: skip
    with pytest.raises(ValueError, match="30 classes do not fit at the edges of 4 rows"):
        planted_images(many, **FEW)
