"""Waterbirds: real birds pasted on real backgrounds of land and water."""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xarray as xr

from infonb.data.fetch import VARIABLE, data_folder, locate
from infonb.data.files import MEGABYTE, is_file, place_inside, read_inside
from infonb.data.groups import SETTINGS, divide_groups
from infonb.data.pictures import MOST_BYTES, picture_set, read_picture
from infonb.validate import check_choice, check_integer

__all__ = ["check_waterbirds", "waterbird_images"]

OBJECTS = ("landbird", "waterbird")
CONTEXTS = ("land", "water")

_ZIP = "waterbirds_v1.0_64px.zip"
_SHA256 = {_ZIP: "1f2e7474e3fc9431cca0e2dbec53b44416c5adbb2f613b853ef3bed12c14e5a7"}
#: The folder that the authors' archive unpacks to.
_RELEASE = "waterbird_complete95_forest2water2"
_REMEDY = "Replace it by the original file."
#: The words of `zipfile` for an archive that is not whole, or is no common one.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
#: The list of all 11,788 images takes 1.1 MB.
_MOST_METADATA = 50 * MEGABYTE
_HOW = (
    "Waterbirds has no single stable address. The archive of its authors (Sagawa et al. 2020) is "
    f"linked from github.com/kohpangwei/group_DRO: unpack it, so that {_RELEASE}/metadata.csv "
    "lies in the folder too, and it is used instead."
)


def waterbird_images(
    setting: str,
    *,
    n_train: int | None = None,
    n_evaluation: int | None = None,
    size: int = 64,
    seed: int = 0,
    folder: str | Path | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return Waterbirds, divided anew, for training and evaluation.

    Parameters
    ----------
    setting
        ``"balanced"``: in training both kinds of birds are on land and on water equally often.
        ``"unbalanced"``: landbirds are on land only and waterbirds on water only.
    n_train, n_evaluation
        Number of images, multiples of 4. None: for evaluation a quarter of the smallest group
        from each of the four, for training as many as both settings can have.
    size
        Rows and columns; the images have 64 in the small archive and are resized by
        interpolation if this differs.
    seed
        Seed of the division. For one seed the evaluation set is the same in both settings.
    folder
        A folder with ``waterbirds_v1.0_64px.zip`` or with the unpacked archive of the authors,
        itself or in its subfolder ``waterbirds``. None: the folder named by the environment
        variable ``INFONB_DATA``.

    Returns
    -------
    train, evaluation : xarray.Dataset
        ``input`` (sample, channel=red, green, blue, row, column) in 0 .. 1; ``label`` (sample),
        0 landbird and 1 waterbird; coordinates ``object`` and ``context`` (sample), names.
        ``sample`` is the row in ``metadata.csv``. In evaluation all four groups are equal.

    Raises
    ------
    FileNotFoundError
        If the images are not there; says where to get them and where to put them.
    ValueError
        If a file is damaged, a group has too few images, or metadata.csv names a file outside the
        folder, which is not opened.

    Notes
    -----
    The published parts (training with 95 % of the birds in front of their own background,
    validation, test) are pooled: their training part has only 56 waterbirds on land, too few
    for a balanced set. Of 11,788 images the smallest group, waterbirds on land, has 831.
    Nothing is unpacked or written.

    References
    ----------
    Sagawa, Koh, Hashimoto and Liang (2020), "Distributionally robust neural networks for group
    shifts"; Bansal, Pruthi and Belinkov (2022), section 4 (there with NICO++).

    Examples
    --------
    >>> waterbird_images("balance")
    Traceback (most recent call last):
        ...
    ValueError: setting must be one of 'balanced', 'unbalanced'; not 'balance'.
    Did you mean 'balanced'?
    """
    check_choice("setting", setting, SETTINGS)
    size = check_integer("size", size, 8)
    with _open(folder) as root:
        files, birds, places = _read_metadata(root)
        parts = divide_groups(
            birds, places, setting, objects=OBJECTS, contexts=CONTEXTS,
            n_train=n_train, n_evaluation=n_evaluation, seed=seed,
        )  # fmt: skip
        train, evaluation = (
            picture_set(
                np.stack([_read(root, files[at], size) for at in part]),
                birds[part],
                places[part],
                objects=OBJECTS,
                contexts=CONTEXTS,
                sample=part,
                attrs={"name": "waterbirds", "seed": int(seed)},
            )
            for part in parts
        )
    return (
        train.assign_attrs(setting=setting, split="train"),
        evaluation.assign_attrs(setting="balanced", split="evaluation"),
    )


def check_waterbirds(
    *,
    n_train: int | None = None,
    n_evaluation: int | None = None,
    folder: str | Path | None = None,
) -> tuple[int, int]:
    """Find the images, decode none; return the sizes of the training and evaluation set."""
    with _open(folder) as root:
        files, birds, places = _read_metadata(root)
        if missing := [name for name in files if not is_file(root / name)]:
            raise ValueError(_missing(root / missing[0], len(missing)))
    train, evaluation = divide_groups(
        birds, places, "balanced", objects=OBJECTS, contexts=CONTEXTS,
        n_train=n_train, n_evaluation=n_evaluation, seed=0,
    )  # fmt: skip
    return train.size, evaluation.size


@contextmanager
def _open(folder: str | Path | None) -> Iterator[Path | zipfile.Path]:
    """Give the folder with metadata.csv, on disk or in the archive."""
    named = data_folder(folder)
    places = [named, named / "waterbirds"] if named else []
    unpacked = [release for place in places for release in (place, place / _RELEASE)]
    if any((place / _ZIP).is_file() for place in places):
        path = locate(_SHA256, subfolder="waterbirds", folder=named)[_ZIP]
        try:
            with zipfile.ZipFile(path) as archive:
                yield _root(archive)
        except _DAMAGED as error:
            raise ValueError(f"{path} is damaged ({error}). {_REMEDY}") from error
    elif found := [place for place in unpacked if (place / "metadata.csv").is_file()]:
        if found[0].name == _RELEASE and found[0] not in places:
            place_inside(found[0].parent, _RELEASE)
        yield found[0]
    else:
        looked = f"looked in {', '.join(map(str, places))}" if places else "no folder is named"
        if named and not named.is_dir():
            given = f", the value of {VARIABLE}" if folder is None else ""
            looked = f"looked in {named}{given}, which is no folder that exists"
        raise FileNotFoundError(
            f"Waterbirds not found ({looked}). Put {_ZIP} into a folder or its subfolder "
            f"'waterbirds', and give that folder as folder= or in the environment variable "
            f"{VARIABLE}. {_HOW}"
        )


def _root(archive: zipfile.ZipFile) -> zipfile.Path:
    inside = [name for name in archive.namelist() if name.endswith("metadata.csv")]
    if not inside:
        raise ValueError(f"{archive.filename} holds no metadata.csv. {_REMEDY}")
    return zipfile.Path(archive, inside[0].removesuffix("metadata.csv"))


def _read_metadata(root: Path | zipfile.Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the file, the kind of bird and the kind of place of every image."""
    where = root / "metadata.csv"
    content = read_inside(root, "metadata.csv", _MOST_METADATA)
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
        files = [row["img_filename"] for row in rows]
        birds, places = (np.array([int(row[name]) for row in rows]) for name in ("y", "place"))
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(
            f"{where} is no list of the images, with the columns img_filename, y and place "
            f"({error}). {_REMEDY}"
        ) from error
    if not files:
        raise ValueError(f"{where} names no image. {_REMEDY}")
    for name, values in (("y", birds), ("place", places)):
        if bad := sorted({int(value) for value in values} - {0, 1}):
            raise ValueError(f"{where}: {name} must be 0 or 1; not {bad[0]}. {_REMEDY}")
    for name in files:
        place_inside(root, name)
    if len(set(files)) < len(files):
        raise ValueError(f"{where} names an image twice. {_REMEDY}")
    return files, birds, places


def _read(root: Path | zipfile.Path, name: str, size: int) -> np.ndarray:
    file = root / name
    try:
        return read_picture(read_inside(root, name, MOST_BYTES), size, where=str(file))
    except (FileNotFoundError, NotADirectoryError, KeyError) as error:
        raise ValueError(_missing(file)) from error
    except (OSError, *_DAMAGED) as error:
        raise ValueError(f"{file} is damaged ({error}). {_REMEDY}") from error


def _missing(file: Path | zipfile.Path, number: int = 1) -> str:
    more = f" (and {number - 1} more)" if number > 1 else ""
    return f"metadata.csv names {file}{more}, which is not there. {_REMEDY}"
