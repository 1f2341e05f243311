"""IMDb: 50,000 film reviews, from the unpacked folder or straight from the archive."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from infonb.data.fetch import data_folder, locate
from infonb.data.files import MEGABYTE, expanded, read_inside
from infonb.data.language.archives import read_members
from infonb.validate import check_choice

__all__ = ["load_imdb"]

#: The authors' archive holds the unlabelled reviews too; the smaller one does without.
_OFFICIAL = "aclImdb_v1.tar.gz"
_LABELLED = "aclImdb_v1_labelled.tar.xz"
_SHA256 = {
    _LABELLED: "ce808d3858683a20ddd37be9602538f66f14e71a6c1ebf4caae4357545aba9ba",
    _OFFICIAL: "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
}
_URLS = ("https://ai.stanford.edu/~amaas/data/sentiment/",)
_FILE = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos)/((\d{1,9})_(\d{1,2})\.txt)")
#: The longest review has 14 kB; the authors' archive has 0.4 GB in 100,000 files.
_MOST_BYTES = 1 * MEGABYTE
_MOST_FILES = 200_000
_MOST_IN_ALL = 1000 * MEGABYTE


class _Review(NamedTuple):
    """One review as it lies in the data set."""

    label: int
    number: int
    rating: int
    file: str
    text: str


def load_imdb(part: str = "train", *, folder: str | Path | None = None) -> xr.Dataset:
    """
    Return film reviews of IMDb with their sentiment.

    Parameters
    ----------
    part
        ``"train"`` or ``"test"``, 25,000 reviews each, half of them positive.
    folder
        A folder with ``aclImdb/``, ``aclImdb_v1_labelled.tar.xz`` or ``aclImdb_v1.tar.gz``, itself
        or in its subfolder ``imdb``; the folder ``aclImdb`` itself; or an archive of that layout.
        None: the folder named by the environment variable ``INFONB_DATA``, else the cache, else
        a download from the authors (84 MB, once).

    Returns
    -------
    xarray.Dataset
        ``text`` (sample), object; ``label`` (sample): 1 positive, 0 negative; the coordinates
        ``rating`` (1 to 10 stars), ``file`` and ``is_repeated`` (sample). Negative ones come
        first, in the order of their numbers. Texts are as published, with ``<br />``.

    Raises
    ------
    FileNotFoundError
        If the reviews are not there and cannot be downloaded.
    ValueError
        If an archive is damaged, cut short or holds what no data set holds, or a review is no
        text in UTF-8; names the file.

    Notes
    -----
    A text is repeated if it stands before in the same part, or, in test, anywhere in train: 96 in
    train and 322 in test. Archives are read from their beginning to their end, nothing is unpacked.

    References
    ----------
    Maas, Daly, Pham, Huang, Ng and Potts (2011), "Learning word vectors for sentiment analysis".

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name, text in {"neg/0_1": "a poor film", "pos/0_9": "a film to love"}.items():
    ...         path = Path(folder, "aclImdb", "train", f"{name}.txt")
    ...         path.parent.mkdir(parents=True)
    ...         _ = path.write_text(text)
    ...     reviews = load_imdb("train", folder=folder)
    >>> reviews.text.values.tolist(), reviews.label.values.tolist(), reviews.rating.values.tolist()
    (['a poor film', 'a film to love'], [0, 1], [1, 9])
    """
    check_choice("part", part, ["train", "test"])
    place = _find(folder)
    reviews, before = _reviews(place, _state(place), part)
    repeated, seen = np.zeros(len(reviews), bool), set(before)
    for i, review in enumerate(reviews):
        repeated[i] = review.text in seen
        seen.add(review.text)
    texts, files = (
        np.array([getattr(review, name) for review in reviews], dtype=object)
        for name in ("text", "file")
    )
    label, rating = (
        np.array([getattr(review, name) for review in reviews], np.int64)
        for name in ("label", "rating")
    )
    return xr.Dataset(
        {"text": ("sample", texts), "label": ("sample", label)},
        coords={
            "sample": np.arange(len(reviews)),
            "rating": ("sample", rating),
            "file": ("sample", files),
            "is_repeated": ("sample", repeated),
        },
        attrs={"name": "imdb", "n_classes": 2, "class_names": "negative, positive", "part": part},
    )


def _find(folder: str | Path | None) -> Path:
    """Return the folder aclImdb, or the archive, whose checksum is right if it has a known name."""
    if folder is not None and expanded(folder).is_file():
        return expanded(folder)
    named = data_folder(folder)
    places = [named, named / "imdb"] if named else []
    for place in places:
        for unpacked in (place / "aclImdb", place):
            if any((unpacked / part / "neg").is_dir() for part in ("train", "test")):
                return unpacked
    # the smaller one first: it is read in half the time
    for name in _SHA256:
        if any((place / name).is_file() for place in places):
            return locate({name: _SHA256[name]}, subfolder="imdb", folder=named)[name]
    official = {_OFFICIAL: _SHA256[_OFFICIAL]}
    return locate(official, subfolder="imdb", urls=_URLS, folder=folder)[_OFFICIAL]


def _state(place: Path) -> tuple[int, int]:
    """Return sizes and latest change of what is read: kept reviews are void if they are others."""
    files: list[Path | os.DirEntry[str]] = [place]
    if place.is_dir():
        inner = [place / part / kind for part in ("train", "test") for kind in ("neg", "pos")]
        files = [file for folder in inner if folder.is_dir() for file in os.scandir(folder)]
    stats = [file.stat() for file in files]
    return sum(one.st_size for one in stats), max((one.st_mtime_ns for one in stats), default=0)


@lru_cache(maxsize=1)
def _reviews(
    place: Path, state: tuple[int, int], part: str
) -> tuple[list[_Review], frozenset[str]]:
    """
    Return the reviews of a part in order, and the texts of the part before it.

    They are kept in memory: the networks of an experiment ask for them one after the other.
    """
    wanted = ("train",) if part == "train" else ("train", "test")
    files = _in_folder(place, wanted) if place.is_dir() else _in_archive(place)
    found: dict[str, list[_Review]] = {"train": [], "test": []}
    for name, content in files:
        match = _FILE.fullmatch(name)
        if match is None or match[1] not in wanted:
            continue
        text = _decoded(
            content, f"{place}: {name}" if place.is_file() else f"{place.parent}/{name}"
        )
        label = int(match[2] == "pos")
        found[match[1]].append(_Review(label, int(match[4]), int(match[5]), match[3], text))
    if missing := [kind for i, kind in enumerate(("neg", "pos"))
                   if not any(review.label == i for review in found[part])]:  # fmt: skip
        raise ValueError(
            f"{place} holds no review aclImdb/{part}/{missing[0]}/NUMBER_RATING.txt. Give the "
            f"folder that {_OFFICIAL} unpacks to, or the archive."
        )
    before = found["train"] if part == "test" else []
    return sorted(found[part]), frozenset(review.text for review in before)


def _in_folder(root: Path, parts: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Go through the reviews in the folder aclImdb; a link that leads out of it is refused."""
    for part in parts:
        for kind in ("neg", "pos"):
            inner = root / part / kind
            for file in sorted(inner.iterdir()) if inner.is_dir() else ():
                name = f"{part}/{kind}/{file.name}"
                if _FILE.fullmatch(f"aclImdb/{name}"):
                    yield f"aclImdb/{name}", read_inside(root, name, _MOST_BYTES)


def _in_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Go through the reviews in an archive."""
    return read_members(
        path, _FILE, most=_MOST_BYTES, most_files=_MOST_FILES, most_in_all=_MOST_IN_ALL
    )


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{where} is no text in UTF-8 (byte {content[error.start]:#04x} at place "
            f"{error.start}). Replace it by the original file."
        ) from error
