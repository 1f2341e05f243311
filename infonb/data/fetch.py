"""Find the files of a data set: in a folder of the user's, else in the cache, else download."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from infonb.data.files import expanded

__all__ = ["data_folder", "locate"]

#: Name of the environment variable with the folder that is looked in first.
VARIABLE = "INFONB_DATA"


def data_folder(folder: str | Path | None) -> Path | None:
    """Return the folder of the user's data: the one that is given, else ``INFONB_DATA``."""
    named = os.environ.get(VARIABLE) if folder is None else folder
    return expanded(named) if named else None


def locate(
    sha256: Mapping[str, str],
    *,
    subfolder: str,
    urls: Sequence[str] = (),
    folder: str | Path | None = None,
    timeout: float = 15.0,
) -> dict[str, Path]:
    """
    Return name → path of the files of a data set, each with the right checksum (sha256).

    With `folder`, they are looked for there, itself or its `subfolder`, and nothing is downloaded;
    else in ``INFONB_DATA``, then in the cache of downloads, then at the `urls` in turn. A download
    is moved to the cache only when its checksum is right, so an interrupted one leaves nothing
    behind.
    """
    named = data_folder(folder)
    places = [named, named / subfolder] if named else []
    found: dict[str, Path] = {}
    for name, checksum in sha256.items():
        path = next((place / name for place in places if (place / name).is_file()), None)
        if path is not None:
            _check(path, checksum, downloads=bool(urls) and folder is None)
            found[name] = path
    missing = [name for name in sha256 if name not in found]
    if named and not named.is_dir():
        given = "folder" if folder is not None else VARIABLE
        tried = [f"looked in {named}, the value of {given}, which is no folder that exists"]
    else:
        tried = [f"looked in {place}" for place in places]
    if missing and folder is None:
        for name in missing:
            path = _download(name, sha256[name], subfolder, urls, timeout, tried)
            if path is None:
                break
            found[name] = path
        missing = [name for name in sha256 if name not in found]
    if missing:
        remedy = (
            f"Put {', '.join(missing)} into a folder and give it as folder."
            if folder is not None
            else f"Put {', '.join(missing)} into a folder (or its subfolder {subfolder!r}) and set "
            f"the environment variable {VARIABLE} to that folder, or connect to the internet."
        )
        raise FileNotFoundError(
            f"files of {subfolder!r} not found: {', '.join(missing)} ({'; '.join(tried)}). {remedy}"
        )
    return found


def _check(path: Path, checksum: str, *, downloads: bool) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != checksum:
        raise ValueError(
            f"{path} is damaged or not the original: its sha256 is {digest}, not {checksum}. "
            f"Replace it by the original file{', or remove it to have it downloaded' * downloads}."
        )


def _download(
    name: str, checksum: str, subfolder: str, urls: Sequence[str], timeout: float, tried: list[str]
) -> Path | None:
    """Return the path of a file in the cache, downloaded if need be; None if no address works."""
    import pooch

    cache = Path(pooch.os_cache("infonb")) / subfolder
    downloader = pooch.HTTPDownloader(progressbar=True, timeout=timeout)
    for url in urls:
        try:
            path = pooch.retrieve(
                url + name, f"sha256:{checksum}", fname=name, path=cache, downloader=downloader
            )
        except (OSError, ValueError) as error:
            # the first line says enough; some errors carry a whole page
            reason = (str(error).splitlines() or [""])[0][:200]
            tried.append(f"{url + name}: {type(error).__name__} {reason}")
        else:
            return Path(path)
    if not urls:
        tried.append("there is no public address to download it from")
    return None
