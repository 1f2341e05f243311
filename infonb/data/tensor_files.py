"""Tensors in files of others, read without running any code: safetensors, and torch's own."""

from __future__ import annotations

import pickletools
import re
import warnings
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from infonb.data.files import check_expansion

if TYPE_CHECKING:
    import torch

__all__ = ["UnreadableFile", "read_safetensors", "read_tensors", "read_torch"]

_KINDS = ".safetensors, or what torch.save wrote (.pt, .pth, .bin, .ckpt)"
_SAVE_ALONE = (
    "Save tensors alone, of a network its model.state_dict(): with torch.save, or with "
    "safetensors.torch.save_file."
)

#: How many names of globals an error tells.
_SHOWN = 3


class UnreadableFile(ValueError):
    """A file is damaged, of another kind, or wants more than tensors; `reason` has no path."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"{self.path} {self.reason}"


def read_tensors(path: Path) -> tuple[Any, dict[str, str]]:
    """
    Return what is in a file of tensors, by its content rather than by its name, and its metadata.

    Of safetensors: tensors by name. Of torch.save: whatever it was, of tensors, containers, numbers
    and texts alone; nothing else is made of a pickle, and none of its code is run.
    """
    if not path.exists():
        raise FileNotFoundError(f"no file {path}.")
    if not path.is_file():
        raise UnreadableFile(path, f"is no file; it must be {_KINDS}.")
    with path.open("rb") as file:
        start = file.read(9)
    if not start:
        raise UnreadableFile(path, "is empty. Copy it again, or save it anew.")
    if path.suffix == ".safetensors" or start[8:9] == b"{":
        return read_safetensors(path)
    if (
        start[:2] == b"PK"
        or start[:1] == b"\x80"
        or path.suffix in (".pt", ".pth", ".bin", ".ckpt")
    ):
        return read_torch(path), {}
    raise UnreadableFile(path, f"is of a kind that is not known; it must be {_KINDS}.")


def read_safetensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors of a safetensors file by name, and its metadata."""
    from safetensors import safe_open

    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            names = file.keys()  # the file itself cannot be iterated over
            return {name: file.get_tensor(name) for name in names}, metadata
    except OSError:  # not there, or not to be read
        raise
    except Exception as error:  # a changed bit of the header has many words
        raise UnreadableFile(path, f"is damaged, or cut ({error}). Copy it again.") from error


def read_torch(path: Path) -> Any:
    """Return what torch.save wrote, if it is made of tensors and plain values alone."""
    import torch

    _check_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other forms, which are refused below
            # weights_only is said here, so that no environment variable says otherwise
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:  # not to be read
            raise
        if "TorchScript" in str(error):
            raise UnreadableFile(
                path, f"is a TorchScript program, code as well as weights. {_SAVE_ALONE}"
            ) from error
        if wanted := _wanted(path, str(error)):
            raise UnreadableFile(path, _refusal(wanted)) from error
        told = " ".join(str(error).split()).partition(". This is an internal")[0]
        plain = "weights_only" not in told and any(letter.isalpha() for letter in told)
        told = told[:120] if plain else type(error).__name__
        raise UnreadableFile(
            path, f"cannot be read ({told}): it is damaged, cut, or not of "
            "torch.save. Copy it again, or save it anew."
        ) from error  # fmt: skip


def _refusal(wanted: list[str]) -> str:
    more = f" and {len(wanted) - _SHOWN} more" if len(wanted) > _SHOWN else ""
    whole = (
        " It holds a whole network, not its weights."
        if any(name.startswith("torch.nn.") or name.startswith("__main__.") for name in wanted)
        else ""
    )
    return (
        f"is a pickle that wants more than tensors: {', '.join(wanted[:_SHOWN])}{more}. Opening it "
        f"could run code, so it is not opened.{whole} {_SAVE_ALONE}"
    )


def _check_size(path: Path) -> None:
    """Refuse an archive that would fill the memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):  # another form, or damaged: torch will tell
        return
    check_expansion(path, path.stat().st_size, unpacked)


def _wanted(path: Path, message: str) -> list[str]:
    """Return the names of what a pickle wants to import beyond tensors; none if it is no pickle."""
    import torch

    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except Exception:  # not the present form of torch.save, or damaged
        pass
    if named := re.search(r"GLOBAL ([\w.]+)", message):
        return [named[1]]
    with path.open("rb") as file:
        return _globals(file)


def _globals(file: IO[bytes]) -> list[str]:
    """Return the globals that a pickle names, without opening it."""
    found, texts = [], ["", ""]
    try:
        for code, value, _ in pickletools.genops(file):
            if code.name in ("GLOBAL", "INST"):
                found.append(str(value).replace(" ", "."))
            elif code.name == "STACK_GLOBAL":
                found.append(".".join(texts))
            elif isinstance(value, str):
                texts = [texts[1], value]
    except Exception:  # no pickle to its end
        pass
    return sorted(set(found))
