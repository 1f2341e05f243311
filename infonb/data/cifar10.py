"""CIFAR-10, a part of it as PNG files: small photographs of ten kinds of objects."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xarray as xr

from infonb.data.fetch import data_folder, locate
from infonb.data.files import MEGABYTE, read_inside
from infonb.data.pictures import CHANNELS, read_whole_picture
from infonb.validate import check_choice, check_integer

__all__ = ["CIFAR10_CLASSES", "check_cifar10", "load_cifar10"]

#: In the order of the original labels, which is also that of the alphabet.
CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

_ZIP = "cifar10_png_subset.zip"
_SHA256 = {_ZIP: "75095318ee3cfd087a496261d89cc64cdfd3997fd94936ea17028346b66f1208"}
_SPLITS = ("train", "test")
_SIZE = 32
#: A picture of 32 x 32 pixels takes 3 KB.
_MOST_BYTES = MEGABYTE
_REMEDY = "Replace it by the original file."


def load_cifar10(
    split: str = "train", *, n_per_class: int | None = None, folder: str | Path | None = None
) -> xr.Dataset:
    """
    Return CIFAR-10 images, as many of each of the ten classes as there are files of.

    Parameters
    ----------
    split
        ``"train"`` (in the archive 1,000 images of each class) or ``"test"`` (500).
    n_per_class
        So many images of each class, the first by name; None: all.
    folder
        A folder with ``cifar10_png_subset.zip`` (read in place), or with unpacked PNG files,
        ``train/airplane/NAME.png`` and so on, itself or in its subfolder ``cifar10``. None: the
        folder named by the environment variable ``INFONB_DATA``.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, channel=red, green, blue, row=32, column=32) float32 in 0 .. 1;
        ``label`` (sample) in 0 .. 9, in the original order; the coordinate ``object`` (sample), the
        name of the class. Samples are ordered by class and the name of the file.

    Raises
    ------
    FileNotFoundError
        If the images are not there; says where to put them.
    ValueError
        If the archive is not the original, a picture is damaged or not 32 x 32, or a class has too
        few.

    References
    ----------
    Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009.

    Examples
    --------
    >>> load_cifar10("validation")
    Traceback (most recent call last):
        ...
    ValueError: split must be one of 'train', 'test'; not 'validation'.
    """
    check_choice("split", split, list(_SPLITS))
    if n_per_class is not None:
        check_integer("n_per_class", n_per_class, 1)
    with _open(folder) as root:
        files = _files(root, split, n_per_class)
        pixels = np.stack([_read(root, name) for names in files for name in names])
    label = np.repeat(np.arange(len(files)), [len(names) for names in files])
    inputs = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)
    inputs /= np.float32(255)
    return xr.Dataset(
        {
            "input": (("sample", "channel", "row", "column"), inputs),
            "label": ("sample", label.astype(np.int64)),
        },
        {
            "sample": np.arange(label.size, dtype=np.int64),
            "channel": np.array(CHANNELS, dtype=object),
            "object": ("sample", np.array(CIFAR10_CLASSES, dtype=object)[label]),
        },
        {"name": "cifar10", "part": split, "n_classes": len(CIFAR10_CLASSES)},
    )


def check_cifar10(split: str, n: int, folder: str | Path | None = None) -> None:
    """Find the images, decode none; raise a ValueError if there are fewer than so many."""
    with _open(folder) as root:
        found = sum(map(len, _files(root, split, None)))
    if found < n:
        raise ValueError(
            f"{n:,} images of CIFAR-10's {split} part are asked for; there are {found:,}."
        )


@contextmanager
def _open(folder: str | Path | None) -> Iterator[Path | zipfile.Path]:
    """Give the folder with train and test, on disk or in the archive."""
    named = data_folder(folder)
    places = [named, named / "cifar10"] if named else []
    has_archive = any((place / _ZIP).is_file() for place in places)
    unpacked = [one for one in places if (one / "train" / CIFAR10_CLASSES[0]).is_dir()]
    if unpacked and not has_archive:
        yield unpacked[0]
        return
    path = locate(_SHA256, subfolder="cifar10", folder=folder)[_ZIP]
    try:
        with zipfile.ZipFile(path) as archive:
            yield zipfile.Path(archive, "cifar10/")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(f"{path} is damaged ({error}). {_REMEDY}") from error


def _files(root: Path | zipfile.Path, split: str, n: int | None) -> list[list[str]]:
    """Return the names of the images of each class."""
    found = []
    for kind in CIFAR10_CLASSES:
        place = root / split / kind
        inside = place.iterdir() if place.is_dir() else ()
        names = sorted(one.name for one in inside if one.name.endswith(".png"))
        if len(names) < max(n or 1, 1):
            raise ValueError(f"{place} has {len(names)} PNG files; {n or 1} are needed.")
        found.append([f"{split}/{kind}/{name}" for name in names[:n]])
    return found


def _read(root: Path | zipfile.Path, name: str) -> np.ndarray:
    pixels = read_whole_picture(read_inside(root, name, _MOST_BYTES), where=f"{root / name}")
    if pixels.shape[:2] != (_SIZE, _SIZE):
        raise ValueError(f"{root / name} has {pixels.shape[0]} x {pixels.shape[1]} pixels, not 32.")
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
