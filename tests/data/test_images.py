from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from infonb.data import (
    colored,
    colored_images,
    load_digits,
    load_mnist,
    recolored,
    shuffled_images,
    split,
    subsample,
)
from infonb.data import mnist as mnist_module

needs_data = pytest.mark.skipif(not os.environ.get("INFONB_DATA"), reason="INFONB_DATA not set")


def test_digits() -> None:
    digits = load_digits()
    assert digits.input.shape == (1797, 8, 8)
    assert digits.input.dtype == np.float32
    assert (float(digits.input.min()), float(digits.input.max())) == (0.0, 1.0)
    assert sorted(set(digits.label.values.tolist())) == list(range(10))
    assert digits.label.dtype == np.int64


def test_subsample_keeps_every_second_pixel() -> None:
    digits = load_digits()
    small = subsample(digits, 2)
    np.testing.assert_array_equal(small.input[:, 1, 3], digits.input[:, 2, 6])
    assert small.input.values.base is None
    with pytest.raises(ValueError, match="step must be at least 1"):
        subsample(digits, 0)


@pytest.mark.parametrize("e", [0.0, 0.25, 0.5, 1.0])
def test_colored(e: float) -> None:
    digits = load_digits()
    new = colored(digits, e, seed=0)
    n = digits.sizes["sample"]
    rows = np.arange(n)
    np.testing.assert_array_equal(new.true_label, digits.label < 5)
    np.testing.assert_array_equal(new.digit, digits.label)
    np.testing.assert_array_equal(new.input.values[rows, new.color], digits.input)
    assert not new.input.values[rows, 1 - new.color].any()
    # five standard deviations of a binomial fraction
    flipped = float((new.label != new.true_label).mean())
    assert abs(flipped - 0.25) < 5 * np.sqrt(0.1875 / n)
    other = float((new.color != new.label).mean())
    assert abs(other - e) <= 5 * np.sqrt(e * (1 - e) / n)
    assert new.input.dtype == np.float32
    assert list(new.channel.values) == ["red", "green"]


def test_label_noise_and_colors_are_independent() -> None:
    new = colored(load_digits(), 0.5, label_noise=0.5, seed=0)
    noise, other = new.label != new.true_label, new.color != new.label
    assert abs(np.corrcoef(noise, other)[0, 1]) < 5 / np.sqrt(new.sizes["sample"])


@pytest.mark.parametrize("alignment", ["bias", "anti"])
def test_recolored_changes_the_colour_alone(alignment: str) -> None:
    old = colored(load_digits(), 0.5, seed=0)
    new = recolored(old, alignment)
    same = new.color == new.label
    assert bool(same.all() if alignment == "bias" else (~same).all())
    np.testing.assert_array_equal(new.input.sum("channel"), old.input.sum("channel"))
    number = np.arange(new.sizes["sample"])
    assert not new.input.values[number, 1 - new.color.values].any()
    for name in ("label", "digit", "true_label"):
        np.testing.assert_array_equal(new[name], old[name])
    agreed = (old.color == old.label) == (alignment == "bias")
    assert bool(
        (new.input.isel(sample=agreed.values) == old.input.isel(sample=agreed.values)).all()
    )
    assert new.attrs == {**old.attrs, "alignment": alignment}


def test_recolored_needs_colored_images() -> None:
    with pytest.raises(ValueError, match="images must be colored ones"):
        recolored(load_digits(), "bias")
    with pytest.raises(ValueError, match="alignment must be one of 'bias', 'anti'"):
        recolored(colored(load_digits(), 0.5, seed=0), "none")


def test_colored_needs_grey_images() -> None:
    once = colored(load_digits(), 0.5, seed=0)
    with pytest.raises(ValueError, match=r"must be grey, with dims \('sample', 'row', 'column'\)"):
        colored(once, 0.5, seed=0)
    with pytest.raises(ValueError, match="e must be between"):
        colored(load_digits(), 1.5, seed=0)


def test_colored_images_are_paired_over_alpha() -> None:
    train, validation = colored_images("digits", 0.0, seed=3)
    other_train, other_validation = colored_images("digits", 1.0, seed=3)
    np.testing.assert_array_equal(train.label, other_train.label)
    assert (other_train.color == other_train.label).all()
    assert not (train.color == train.label).all()
    xr.testing.assert_identical(validation, other_validation)
    assert (train.attrs["alpha"], train.attrs["e"]) == (0.0, 0.5)
    assert (other_train.attrs["alpha"], other_train.attrs["e"]) == (1.0, 0.0)


def test_colored_images_differ_by_seed_but_not_in_their_division() -> None:
    (train, validation), (other, other_validation) = (
        colored_images("digits", 0.5, seed=s) for s in (0, 1)
    )
    np.testing.assert_array_equal(train.sample, other.sample)
    np.testing.assert_array_equal(validation.sample, other_validation.sample)
    assert not np.array_equal(train.label, other.label)
    assert not np.array_equal(validation.color, other_validation.color)
    assert not set(train.sample.values) & set(validation.sample.values)
    assert (train.sizes["sample"], validation.sizes["sample"]) == (1297, 500)
    # the noise of the two parts comes from two streams
    n = validation.sizes["sample"]
    flips = [(part.label != part.true_label).values[:n] for part in (train, validation)]
    assert abs(np.corrcoef(*flips)[0, 1]) < 5 / np.sqrt(n)


def test_a_smaller_set_is_the_beginning_of_the_whole() -> None:
    train, validation = colored_images("digits", 0.5, seed=2)
    few_train, few_validation = colored_images("digits", 0.5, seed=2, n_train=99, n_validation=50)
    xr.testing.assert_identical(few_train, train.isel(sample=slice(99)))
    xr.testing.assert_identical(few_validation, validation.isel(sample=slice(50)))
    few, _ = shuffled_images("digits", 0.5, seed=2, n_train=99)
    xr.testing.assert_identical(
        few, shuffled_images("digits", 0.5, seed=2)[0].isel(sample=slice(99))
    )


def test_shuffled_images() -> None:
    train, validation = shuffled_images("digits", 0.5, seed=1)
    assert train.attrs["beta"] == 0.5
    np.testing.assert_array_equal(validation.label, validation.true_label)
    assert not validation.is_shuffled.any()
    kept = float((train.label == train.true_label).mean())
    assert abs(kept - 0.55) < 5 * np.sqrt(0.25 / 1297)
    whole, _ = shuffled_images("digits", 1.0, seed=1)
    drawn = train.is_shuffled.values
    np.testing.assert_array_equal(train.label.values[drawn], whole.label.values[drawn])


def test_attributes_are_plain_values() -> None:
    for part in (*colored_images("digits", 1.0), *shuffled_images("digits", 1.0)):
        assert all(type(value) in (str, int, float) for value in part.attrs.values())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: colored_images("mnits", 0.5), "Did you mean 'mnist'"),
        (lambda: colored_images("digits", 1.5), "alpha must be between"),
        (lambda: shuffled_images("digits", -0.5), "beta must be between"),
        (lambda: colored_images("digits", 0.5, n_train=1298), "n_train must be between 1 and 1297"),
        (lambda: shuffled_images("digits", 0.5, n_validation=0), "n_validation must be between"),
        (lambda: colored_images("digits", 0.5, seed=-1), "seed must be at least 0"),
    ],
)
def test_errors(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_mnist_reads_files_that_pass_the_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hashlib import sha256

    images = np.arange(3 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28)
    content = {
        "t10k-images-idx3-ubyte.gz": bytes([0, 0, 8, 3])
        + b"".join(n.to_bytes(4, "big") for n in images.shape)
        + images.tobytes(),
        "t10k-labels-idx1-ubyte.gz": bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]),
    }
    checksums = {}
    for name, data in content.items():
        packed = gzip.compress(data)
        (tmp_path / name).write_bytes(packed)
        checksums[name] = sha256(packed).hexdigest()
    monkeypatch.setattr(mnist_module, "_SHA256", checksums)
    test = load_mnist("test", folder=tmp_path)
    np.testing.assert_array_equal(test.input, images.astype(np.float32) / 255)
    assert test.input.dtype == np.float32
    np.testing.assert_array_equal(test.label, [7, 2, 1])


def test_mnist_with_another_checksum_is_refused(tmp_path: Path) -> None:
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is damaged"):
        load_mnist(folder=tmp_path)


@needs_data
def test_mnist() -> None:
    train, validation = split(subsample(load_mnist("train")), 10_000)
    assert train.input.shape == (50_000, 14, 14)
    np.testing.assert_array_equal(validation.sample[[0, -1]], [50_000, 59_999])
    np.testing.assert_array_equal(train.label[:5], [5, 0, 4, 1, 9])
    # the published mean of the training pixels is 0.1307; every second pixel stays close to it
    assert float(train.input.mean()) == pytest.approx(0.1307, abs=0.005)
    assert load_mnist("test").input.shape == (10_000, 28, 28)
    np.testing.assert_array_equal(load_mnist("test").label[:5], [7, 2, 1, 0, 4])


@needs_data
def test_mnist_sets_of_the_paper() -> None:
    train, validation = colored_images("mnist", 1.0, n_train=1000)
    assert train.input.shape == (1000, 2, 14, 14)
    assert validation.input.shape == (10_000, 2, 14, 14)
    whole, _ = shuffled_images("mnist", 0.25, n_validation=100)
    assert whole.input.shape == (50_000, 14, 14)


def test_importing_the_data_sets_is_light() -> None:
    code = (
        "import sys, infonb.data; print(sorted({'torch', 'sklearn', 'pooch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
