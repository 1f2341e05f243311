"""NICO++: photographs of animals in contexts, from a folder laid out like the published one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from infonb.data.fetch import VARIABLE, data_folder
from infonb.data.files import expanded, place_inside, read_inside
from infonb.data.groups import SETTINGS, check_names, divide_groups
from infonb.data.pictures import MOST_BYTES, picture_set, read_picture
from infonb.validate import check_choice, check_integer, did_you_mean

__all__ = ["ANIMALS", "COMMON_CONTEXTS", "check_nico", "nico_images"]

#: The paper's six animals, and the six contexts that all of NICO++'s classes are in.
ANIMALS = ("bear", "dog", "cat", "bird", "horse", "sheep")
COMMON_CONTEXTS = ("grass", "water", "autumn", "dim", "outdoor", "rock")

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
#: Where in the unpacked archive the folders of contexts may be.
_INSIDE = ("", "train", "public_dg_0416/train", "NICO_DG")
_HOW = (
    "NICO++ (Zhang et al. 2023) is linked from github.com/xxgege/NICO-plus; unpack its archive of "
    "track 1 and give the folder with <context>/<object>/*.jpg, such as public_dg_0416/train."
)


def nico_images(
    setting: str,
    *,
    folder: str | Path | None = None,
    objects: Sequence[str] = ANIMALS,
    contexts: Sequence[str] = COMMON_CONTEXTS,
    n_train: int | None = None,
    n_evaluation: int | None = None,
    size: int = 64,
    seed: int = 0,
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return photographs of NICO++, objects in contexts, for training and evaluation.

    Parameters
    ----------
    setting
        ``"balanced"``: in training every object is in all contexts. ``"unbalanced"``: each object
        is in its own context only, the i-th object in the i-th context.
    folder
        A folder with ``<context>/<object>/*.jpg``, as NICO++ is published, or with
        ``<object>/<context>/*.jpg``; or one that holds such a folder as ``train`` or
        ``public_dg_0416/train``. None: the subfolder ``nico`` of the folder named by the
        environment variable ``INFONB_DATA``.
    objects, contexts
        Names of folders, as many contexts as objects.
    n_train, n_evaluation
        Number of images, multiples of the number of groups. None: for evaluation a quarter of
        the smallest group from every group, for training as many as both settings can have.
    size
        Rows and columns: the middle square of each photograph is resized by interpolation.
    seed
        Seed of the division. For one seed the evaluation set is the same in both settings.

    Returns
    -------
    train, evaluation : xarray.Dataset
        ``input`` (sample, channel=red, green, blue, row, column) in 0 .. 1; ``label`` (sample),
        the number of the object; coordinates ``object``, ``context`` and ``file`` (sample). In
        evaluation all groups are equal.

    Raises
    ------
    FileNotFoundError
        If a folder is missing; names those that are there.
    ValueError
        If a group has too few images (before any is read), or an image is damaged or lies, by a
        link, outside the folder: it is not opened.

    Notes
    -----
    The paper's code repeats or drops pixels instead of interpolating (numpy's ``resize``, which
    knows no rows); images here are resized as pictures.

    References
    ----------
    Zhang, He, Xu, Yu, Shen and Cui (2023), "NICO++: Towards better benchmarking for domain
    generalization"; Bansal, Pruthi and Belinkov (2022), section 4, Figure 5.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("grass/dog", "grass/cat", "water/dog", "water/cat"):
    ...         place = Path(folder, "train", name)
    ...         place.mkdir(parents=True)
    ...         for number in range(3):
    ...             Image.new("RGB", (50, 40)).save(place / f"{number}.jpg")
    ...     train, evaluation = nico_images(
    ...         "unbalanced", folder=folder, objects=["dog", "cat"], contexts=["grass", "water"]
    ...     )
    >>> dict(train.input.sizes)
    {'sample': 4, 'channel': 3, 'row': 64, 'column': 64}
    >>> sorted(set(zip(train.object.values, train.context.values)))
    [('cat', 'water'), ('dog', 'grass')]
    """
    check_choice("setting", setting, SETTINGS)
    objects, contexts = check_names(objects, contexts)
    size = check_integer("size", size, 8)
    root = _find(folder, objects, contexts)
    files, which_object, which_context = _list_images(root, objects, contexts)
    parts = divide_groups(
        which_object, which_context, setting, objects=objects, contexts=contexts,
        n_train=n_train, n_evaluation=n_evaluation, seed=seed,
    )  # fmt: skip
    train, evaluation = (
        picture_set(
            np.stack([_read(root, files[i], size) for i in part]),
            which_object[part],
            which_context[part],
            objects=objects,
            contexts=contexts,
            sample=part,
            attrs={"name": "nico", "seed": int(seed)},
        ).assign_coords(
            file=(
                "sample",
                np.array([files[i].relative_to(root).as_posix() for i in part], dtype=object),
            )
        )
        for part in parts
    )
    return (
        train.assign_attrs(setting=setting, split="train"),
        evaluation.assign_attrs(setting="balanced", split="evaluation"),
    )


def check_nico(
    *,
    folder: str | Path | None = None,
    objects: Sequence[str] = ANIMALS,
    contexts: Sequence[str] = COMMON_CONTEXTS,
    n_train: int | None = None,
    n_evaluation: int | None = None,
    seeds: Sequence[int] = (),
) -> tuple[int, int]:
    """
    Find the photographs; return how many the training and the evaluation set will have.

    All photographs that the seeds draw, in both settings, are decoded once, at a small size.
    """
    objects, contexts = check_names(objects, contexts)
    root = _find(folder, objects, contexts)
    files, which_object, which_context = _list_images(root, objects, contexts)

    def divide(setting: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        return divide_groups(
            which_object, which_context, setting, objects=objects, contexts=contexts,
            n_train=n_train, n_evaluation=n_evaluation, seed=seed,
        )  # fmt: skip

    train, evaluation = divide("balanced", 0)
    drawn = [part for seed in seeds for setting in SETTINGS for part in divide(setting, seed)]
    for i in np.unique(np.concatenate(drawn)) if drawn else ():
        # a header tells nothing of a JPEG that was cut off: only decoding does
        _read(root, files[i], 8)
    return train.size, evaluation.size


def _find(folder: str | Path | None, objects: list[str], contexts: list[str]) -> Path:
    """Return the folder whose subfolders are contexts (or objects)."""
    if folder is None:
        named = data_folder(None)
        if not named:
            raise FileNotFoundError(
                f"no folder with NICO++: give it as folder=, or put it as 'nico' into the folder "
                f"named by the environment variable {VARIABLE}. {_HOW}"
            )
        if not named.is_dir():
            raise FileNotFoundError(
                f"{VARIABLE} is {named}, which is no folder that exists. {_HOW}"
            )
        folder = named / "nico"
    folder = expanded(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}. {_HOW}")
    for inside in _INSIDE:
        if set(_subfolders(folder / inside)) & {*objects, *contexts}:
            if inside:
                place_inside(folder, inside)
            return folder / inside
    raise FileNotFoundError(
        f"{folder} holds none of the contexts {', '.join(contexts)} and none of the objects "
        f"{', '.join(objects)}. Its folders are: {_listed(_subfolders(folder))}. {_HOW}"
    )


def _list_images(
    root: Path, objects: list[str], contexts: list[str]
) -> tuple[list[Path], np.ndarray, np.ndarray]:
    """Return all images of the wanted groups, with the numbers of their object and context."""
    outer = set(_subfolders(root))
    if outer & set(objects) and outer & set(contexts):
        raise ValueError(
            f"{root} holds both objects ({_listed(outer & set(objects))}) and contexts "
            f"({_listed(outer & set(contexts))}): it must be <context>/<object> or "
            "<object>/<context> throughout."
        )
    by_context = bool(outer & set(contexts))
    missing = []
    found: list[tuple[Path, int, int]] = []
    for i, name in enumerate(objects):
        for j, context in enumerate(contexts):
            first, second = (context, name) if by_context else (name, context)
            place = root / first / second
            if place.is_dir():
                found += [(file, i, j) for file in _images(root, place)]
            else:
                lacks, there = (first, root) if first not in outer else (second, root / first)
                missing.append((lacks, there))
    if missing:
        words = [
            f"{there / lacks} (in {there} are {_listed(_subfolders(there))})"
            f"{did_you_mean(lacks, _subfolders(there))}"
            for lacks, there in dict.fromkeys(missing)
        ]
        raise FileNotFoundError(
            f"missing folders: {'; '.join(words)}. Add what is missing, or give a folder "
            "that has all of them (from Python, nico_images takes other objects= and contexts=). "
            f"{_HOW}"
        )
    files = [file for file, _, _ in found]
    return files, np.array([i for _, i, _ in found], int), np.array([j for _, _, j in found], int)


def _read(root: Path, file: Path, size: int) -> np.ndarray:
    content = read_inside(root, file.relative_to(root).as_posix(), MOST_BYTES)
    return read_picture(content, size, where=str(file))


def _images(root: Path, place: Path) -> list[Path]:
    """Return a folder's images in the order of their names, which no file system changes."""
    found = sorted(
        file
        for file in place.iterdir()
        if file.suffix.lower() in _SUFFIXES and not file.name.startswith(".") and not file.is_dir()
    )
    for file in found:
        place_inside(root, file.relative_to(root).as_posix())
        if not file.is_file():
            raise ValueError(
                f"{file} has the name of a picture and is none (but a device, a pipe, or a link "
                "that leads nowhere). Replace it by the picture, or remove it."
            )
    return found


def _subfolders(place: Path) -> list[str]:
    if not place.is_dir():
        return []
    return sorted(inner.name for inner in place.iterdir() if inner.is_dir())


def _listed(names: set[str] | list[str], most: int = 12) -> str:
    """Return names in a row, the first ones of many."""
    names = sorted(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more
