"""Where the notebooks and tutorials lie, and a copy of them for someone to work in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import infonb

__all__ = ["copy_notebooks", "notebook_folder", "notebook_path"]

PACKAGE = Path(infonb.__file__).resolve().parent
_IGNORED = {".ipynb_checkpoints", "__pycache__", ".gitkeep", ".DS_Store"}


def notebook_folder(kind: str = "notebooks") -> Path:
    """
    Return the folder with the notebooks, in an installed package or in a checkout.

    Parameters
    ----------
    kind
        ``"notebooks"`` or ``"tutorials"``.

    Raises
    ------
    FileNotFoundError
        If the package was installed without them.

    Examples
    --------
    >>> notebook_folder().is_dir()
    True
    """
    candidates = [PACKAGE / f"_{kind}", PACKAGE.parent / kind]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the {kind} are missing from this installation of infonb.")


def notebook_path(name: str) -> Path:
    """
    Return the path of the notebook of an experiment.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    path = notebook_folder() / f"{name}.ipynb"
    if not path.is_file():
        raise FileNotFoundError(f"experiment {name!r} has no notebook; there is no file {path}.")
    return path


def copy_notebooks(folder: str | os.PathLike[str]) -> tuple[list[Path], list[Path]]:
    """
    Copy the notebooks and tutorials into a folder, never over a file that is different there.

    Parameters
    ----------
    folder
        Made if missing; gets the subfolders ``notebooks`` and ``tutorials``.

    Returns
    -------
    copied, kept
        Paths of the files written, and of those that were kept because they had been changed.

    Raises
    ------
    NotADirectoryError
        If the folder or one of its parents is a file.
    ValueError
        If the folder is the one that the package's own notebooks lie in.
    """
    folder = Path(folder)
    check_folder(folder)
    pairs = []
    for kind in ("notebooks", "tutorials"):
        source = notebook_folder(kind)
        if (folder / kind).resolve() == source.resolve() or _inside(folder, source):
            raise ValueError(
                f"{folder} holds the package's own {kind}; choose another folder to work in."
            )
        files = sorted(path for path in source.rglob("*") if path.is_file())
        pairs += [
            (path, folder / kind / path.relative_to(source))
            for path in files
            if not _IGNORED & set(path.relative_to(source).parts)
        ]
    copied, kept = [], []
    for path, target in pairs:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            copied.append(target)
        elif target.read_bytes() != path.read_bytes():
            kept.append(target)
    return copied, kept


def check_folder(folder: Path) -> None:
    """Raise unless files can be written to a folder, or the folder can be made; make nothing."""
    existing = next(path for path in [folder.absolute(), *folder.absolute().parents] if _is(path))
    if not existing.is_dir():
        raise NotADirectoryError(f"output folder {folder}: {existing} is a file, not a folder.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise PermissionError(f"output folder {folder}: no permission to write in {existing}.")


def _is(path: Path) -> bool:
    return os.path.lexists(path)


def _inside(folder: Path, parent: Path) -> bool:
    return folder.resolve().is_relative_to(parent.resolve())
