"""Where a recording is kept until it is finished, and what is said of it until then."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from infonb.activations.disk.journal import count_samples
from infonb.storage import read_checked, write_checked

__all__ = [
    "describe_partial",
    "is_empty",
    "partial_folder",
    "read_recording",
    "remedy",
    "remove_partial",
    "write_recording",
]

_RECORDING = "recording.json"


def partial_folder(target: Path) -> Path:
    """Return the folder beside the target in which it is made."""
    return target.with_name(f"{target.name}.partial")


def is_empty(folder: Path) -> bool:
    """Tell whether a folder is not there, or was left before the first batch or after the last."""
    begun = {"lock", _RECORDING, f"{_RECORDING}.new"}
    return not folder.exists() or (
        folder.is_dir() and {entry.name for entry in folder.iterdir()} < begun
        and not (folder / _RECORDING).exists()
    )  # fmt: skip


def remove_partial(folder: Path) -> None:
    """Remove the folder; what tells whose it is goes last."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != _RECORDING:
            entry.unlink()
    shutil.rmtree(folder)


def read_recording(folder: Path) -> dict[str, Any] | None:
    """Return what an unfinished recording is of; None if there is none in the folder."""
    path = folder / _RECORDING
    return read_checked(path, "about", "layers") if path.is_file() else None


def write_recording(folder: Path, recording: dict[str, Any]) -> None:
    """Write down what the recording in a folder is of."""
    write_checked(folder / _RECORDING, recording)


def remedy(place: Path) -> str:
    """Say what to do about a place that holds something else, or is damaged."""
    return f"give another path, or remove {place} to record anew."


def describe_partial(path: str | Path) -> str:
    """Say how far the recording of a store has come; nothing if it is not under way."""
    target = Path(path).expanduser().resolve()
    folder = partial_folder(target)
    recording = read_recording(folder)
    if target.exists() or recording is None:
        return ""
    total = recording["about"]["n_samples"]
    of = "" if total is None else f" of {total:,}"
    return (
        f"the recording of {path} is not finished: {count_samples(folder):,}{of} samples are in "
        f"{folder.name} beside it. Run the same infonb.record(..., to={str(path)!r}) again: it "
        "goes on after them."
    )
