"""Files of others: looked at by kind, place and size before they are read."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

__all__ = [
    "MEGABYTE", "check_expansion", "expanded", "is_file", "open_file", "place_inside",
    "read_inside",
]  # fmt: skip

MEGABYTE = 10**6

#: What is packed more tightly than this is no data: the most that gzip and zip reach is 1,030.
_MOST_EXPANSION = 200

#: So much may be packed as tightly as it likes.
_ALWAYS = 256 * MEGABYTE


def expanded(path: str | Path) -> Path:
    """Return a path of the user's, in which ``~`` is the home folder."""
    return Path(os.path.expanduser(path))


def open_file(path: Path, most: int) -> IO[bytes]:
    """
    Open a regular file of at most so many bytes; raise a ValueError for anything else.

    A device or a pipe, which would never come to an end, is not waited for.
    """
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    about = os.fstat(file)
    if stat.S_ISREG(about.st_mode) and about.st_size <= most:
        return os.fdopen(file, "rb")
    os.close(file)
    if not stat.S_ISREG(about.st_mode):
        raise ValueError(f"{path} is no file of data (but a folder, a device or a pipe).")
    raise _too_large(path, about.st_size, most)


def read_inside(root: Path | zipfile.Path, name: str, most: int) -> bytes:
    """
    Return the content of a file in a folder, or an archive, of at most so many bytes.

    Raises a ValueError if the name leads out of the folder, FileNotFoundError if nothing is there.
    """
    place = place_inside(root, name)
    if isinstance(place, Path):
        with open_file(place, most) as file:
            return file.read(most)
    if not place.is_file():
        raise FileNotFoundError(str(place))
    size = place.root.getinfo(place.at).file_size
    if size > most:
        raise _too_large(place, size, most)
    return place.read_bytes()


def is_file(place: Path | zipfile.Path) -> bool:
    """Whether a regular file is there; False, too, for names that no file can have."""
    return os.path.isfile(place) if isinstance(place, Path) else place.is_file()


def place_inside(root: Path | zipfile.Path, name: str) -> Path | zipfile.Path:
    """Return where a file lies; raise a ValueError if that is outside the folder, also by links."""
    parts = PurePosixPath(name).parts
    leads_out = not parts or ".." in parts or Path(name).is_absolute() or "\0" in name
    if not leads_out and isinstance(root, Path):
        real, top = (os.path.realpath(path) for path in (root / name, root))
        leads_out = os.path.commonpath([real, top]) != top
    if leads_out:
        raise ValueError(
            f"{name!r} leads out of {root}, and nothing outside that folder is opened. Put a copy "
            "of the file into the folder, or give the folder that holds all files."
        )
    return root / name


def check_expansion(where: str | Path, packed: int, unpacked: int) -> None:
    """Raise a ValueError if a small file says that it will fill the memory."""
    if unpacked > min(max(_ALWAYS, _MOST_EXPANSION * packed), _memory()):
        raise ValueError(
            f"{where} takes {packed / MEGABYTE:,.1f} MB and says that it holds "
            f"{unpacked / MEGABYTE:,.0f} MB, which is more than data are packed, or than the "
            "memory. Replace it by the original file, or by a part of it."
        )


def _too_large(place: object, size: int, most: int) -> ValueError:
    return ValueError(
        f"{place} has {size / MEGABYTE:,.0f} MB, more than the {most / MEGABYTE:,.0f} MB that such "
        "a file can have. Replace it by the original file."
    )


def _memory() -> float:
    """Return the bytes of memory of this machine."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # Windows
        return float("inf")
