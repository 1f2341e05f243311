"""CIFAR-10 from its archive and from a folder; what is missing or damaged."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infonb.data import cifar10, load_cifar10
from infonb.data.cifar10 import CIFAR10_CLASSES, check_cifar10
from infonb.data.fetch import VARIABLE

NAME = "cifar10_png_subset.zip"


def picture(*value: int, size: int = 32) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (size, size), value).save(content, "PNG")
    return content.getvalue()


def files(n: int = 2) -> dict[str, bytes]:
    """Return n images of each class in train, 1 in test, whose colours say which they are."""
    found = {}
    for number, kind in enumerate(CIFAR10_CLASSES):
        for i in range(n):
            found[f"train/{kind}/{kind}_{i}.png"] = picture(number, i, 255)
        found[f"test/{kind}/other.png"] = picture(number, 7, 0)
    return found


def put(folder: Path, content: dict[str, bytes]) -> Path:
    for name, one in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(one)
    return folder


def archive(folder: Path, content: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / NAME, "w") as made:
        for name, one in content.items():
            made.writestr(f"cifar10/{name}", one)
    digest = hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    monkeypatch.setattr(cifar10, "_SHA256", {NAME: digest})
    return folder


@pytest.mark.parametrize("subfolder", ["", "cifar10"])
def test_archive_and_folder_give_the_same(tmp_path, monkeypatch, subfolder):
    folder = put(tmp_path / "unpacked" / subfolder, files())
    packed = archive(tmp_path / "packed" / subfolder, files(), monkeypatch)
    del folder, packed
    one, other = (load_cifar10(folder=tmp_path / name) for name in ("unpacked", "packed"))
    assert one.identical(other)
    assert dict(one.input.sizes) == {"sample": 20, "channel": 3, "row": 32, "column": 32}
    assert one.label.values.tolist() == [number for number in range(10) for _ in range(2)]
    assert one["object"].values[[0, 2, 19]].tolist() == ["airplane", "automobile", "truck"]
    pixel = (one.input.isel(row=3, column=5).values * 255).round()
    assert pixel[:, 0].tolist() == one.label.values.tolist()
    assert pixel[:, 1].tolist() == [0, 1] * 10
    assert (pixel[:, 2] == 255).all()
    assert one.attrs == {"name": "cifar10", "part": "train", "n_classes": 10}


def test_parts_and_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(put(tmp_path, files())))
    test = load_cifar10("test")
    assert test.sizes["sample"] == 10
    assert (test.input.sel(channel="green") * 255).round().values.max() == 7
    few = load_cifar10(n_per_class=1)
    assert few.input.equals(load_cifar10().input.isel(sample=slice(0, None, 2)).assign_coords(
        sample=np.arange(10), object=few["object"]
    ))  # fmt: skip
    check_cifar10("train", 20)
    with pytest.raises(ValueError, match=r"21 images of CIFAR-10's train part .* there are 20"):
        check_cifar10("train", 21)
    with pytest.raises(ValueError, match="has 2 PNG files; 3 are needed"):
        load_cifar10(n_per_class=3)


def test_what_is_missing_or_damaged(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(FileNotFoundError, match=f"{NAME}.*folder"):
        load_cifar10(folder=tmp_path)
    broken = files()
    broken["train/cat/cat_1.png"] = b"no picture"
    with pytest.raises(ValueError, match=r"cat_1.png cannot be read"):
        load_cifar10(folder=put(tmp_path / "broken", broken))
    broken["train/cat/cat_1.png"] = picture(1, 2, 3, size=16)
    with pytest.raises(ValueError, match=r"cat_1.png has 16 x 16 pixels"):
        load_cifar10(folder=put(tmp_path / "broken", broken))
    archive(tmp_path / "zip", files(), monkeypatch)
    path = tmp_path / "zip" / NAME
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    with pytest.raises(ValueError, match="damaged or not the original"):
        load_cifar10(folder=tmp_path / "zip")


@pytest.mark.skipif(
    not os.environ.get(VARIABLE)
    or not (Path(os.environ[VARIABLE]) / "cifar10" / NAME).is_file(),
    reason=f"{VARIABLE} has no {NAME}",
)  # fmt: skip
def test_the_archive():
    data = load_cifar10("test")
    assert dict(data.input.sizes) == {"sample": 5000, "channel": 3, "row": 32, "column": 32}
    assert np.bincount(data.label).tolist() == [500] * 10
    # the means of CIFAR-10's channels are known: .491, .482, .447
    means = data.input.mean(["sample", "row", "column"]).values
    np.testing.assert_allclose(means, [0.491, 0.482, 0.447], atol=0.01)
