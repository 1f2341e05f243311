"""Files in a packed tar archive of others, read from its stream: nothing is ever unpacked."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self, cast

from infonb.data.files import MEGABYTE

__all__ = ["read_members"]

_OPENERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ": lzma.open,
    b"BZh": bz2.open,
}
#: The words of the libraries for an archive that is not whole, or is none.
_DAMAGED = (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, OSError)


class _Counted:
    """A stream that ends with an error after so many bytes: small archives can hold any number."""

    def __init__(self, stream: IO[bytes], most: int, where: Path) -> None:
        self._stream, self._left, self._most, self._where = stream, most, most, where

    def read(self, size: int) -> bytes:
        """Return at most so many bytes."""
        found = self._stream.read(size)
        self._left -= len(found)
        if self._left < 0:
            raise ValueError(
                f"{self._where} unpacks to more than {self._most / MEGABYTE:,.0f} MB, which the "
                "data do not have. Replace it by the original file."
            )
        return found


class _Strict(tarfile.TarInfo):
    """The head of a file in an archive. One that is damaged is no end: tarfile takes it for one."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """Return the next head; two blocks of zeros alone are the end."""
        try:
            found = super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error
        if found.size < 0:
            raise tarfile.ReadError(f"{found.name} has the size {found.size}")
        return found


def read_members(
    path: Path, wanted: re.Pattern[str], *, most: int, most_files: int, most_in_all: int
) -> Iterator[tuple[str, bytes]]:
    """
    Go through the files of a tar archive (gz, xz, bz2 or plain) whose whole name is wanted.

    A ValueError in one line for an archive that is damaged or cut short, for names that lead out
    of it, for a wanted name that is a link or a device, and for more than so many bytes in a file,
    files, or bytes in all.
    """
    with _unpacked(path) as stream:
        counted = cast("IO[bytes]", _Counted(stream, most_in_all, path))
        try:
            with tarfile.open(
                fileobj=counted, mode="r|", bufsize=512 * 512, tarinfo=_Strict
            ) as archive:
                for n, member in enumerate(archive, start=1):
                    _check_member(path, member, n, most_files)
                    if wanted.fullmatch(member.name):
                        yield member.name, _content(path, archive, member, most)
                    # it would keep the headers of 100,000 files
                    archive.members = []  # type: ignore[attr-defined]
            while counted.read(MEGABYTE):  # checksums of what was packed stand at its end
                pass
        except _DAMAGED as error:
            raise ValueError(
                f"{path} is damaged or cut short ({' '.join(str(error).split())}). Replace it by "
                "the original file."
            ) from error


def _check_member(path: Path, member: tarfile.TarInfo, n: int, most_files: int) -> None:
    if n > most_files:
        raise ValueError(
            f"{path} holds more than {most_files:,} files, which the data do not have. Replace it "
            "by the original file."
        )
    name = member.name
    if name.startswith("/") or ".." in PurePosixPath(name).parts or "\0" in name:
        raise ValueError(f"{path} holds {name!r}, which leads out of it.")


def _unpacked(path: Path) -> IO[bytes]:
    """Open the archive so that it reads as plain tar."""
    with path.open("rb") as file:
        start = file.read(8)
    opener = next((opener for magic, opener in _OPENERS.items() if start.startswith(magic)), None)
    return cast("IO[bytes]", path.open("rb") if opener is None else opener(path))


def _content(path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo, most: int) -> bytes:
    if not member.isreg():
        raise ValueError(f"{path}: {member.name} is no file (but a link, a device or a folder).")
    if member.size > most:
        raise ValueError(
            f"{path}: {member.name} has {member.size / MEGABYTE:,.1f} MB, more than the "
            f"{most / MEGABYTE:,.0f} MB that such a file can have. Replace it by the original file."
        )
    file = archive.extractfile(member)
    assert file is not None  # a regular file
    return file.read()
