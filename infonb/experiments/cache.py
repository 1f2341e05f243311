"""Where finished runs are kept, and the key of a run: parameters, the code it reaches, its data."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.code_digest import code_digest, libraries
from infonb.parameters import ParameterSet, describe
from infonb.storage import Lock, open_dataset, save_dataset, write_atomically

__all__ = [
    "CachedRun", "cache_folder", "check_cache", "checksum", "code_of", "kept_runs", "remove_run",
]  # fmt: skip

#: Environment variable with the folder of finished runs, where the parameter leaves it open.
VARIABLE = "INFONB_CACHE"

#: What a network depends on; what was measured on it also depends on the step that measures.
_TRAINING = ("data", "train")


def cache_folder(setting: str = "") -> Path | None:
    """
    Return the folder that keeps finished runs, or None if there is to be none.

    The setting is a folder; ``"none"``; or empty: the folder named by the environment variable
    ``INFONB_CACHE`` (which may be ``none`` too), else ``runs`` in the user's cache of infonb.
    """
    setting = setting or os.environ.get(VARIABLE, "")
    if setting == "none":
        return None
    if setting:
        return Path(setting).expanduser()
    import pooch

    return Path(pooch.os_cache("infonb")) / "runs"


def check_cache(setting: str = "") -> None:
    """Raise an OSError if runs cannot be kept where they are to be; nothing is created."""
    folder = cache_folder(setting)
    if folder is None:
        return
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise _unusable(folder, f"{there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _unusable(folder, f"{there} cannot be written to")


def kept_runs(folder: Path) -> dict[str, list[Path]]:
    """Return the folders of the runs that are kept, by experiment."""
    found: dict[str, list[Path]] = {}
    for note in sorted(folder.glob("*/*/run.json")):
        found.setdefault(note.parent.parent.name, []).append(note.parent)
    return found


def remove_run(folder: Path) -> bool:
    """Remove a run that is kept; return False, and leave it, if a process is making it."""
    try:
        lock = Lock(folder, str(folder))
    except RuntimeError:
        return False
    try:
        shutil.rmtree(folder)
    finally:
        lock.release()
    return True


def checksum(dataset: xr.Dataset) -> str:
    """Return a checksum of all that a data set says of its examples."""
    digest = blake2b(digest_size=16)
    for name, variable in sorted(dataset.variables.items(), key=lambda item: str(item[0])):
        values = np.ascontiguousarray(variable.values)
        digest.update(f"{name} {variable.dims} {values.dtype} {values.shape}".encode())
        digest.update(
            "\0".join(map(str, values.flat)).encode() if values.dtype == object else values.data
        )
    return digest.hexdigest()


def code_of(kind: type, step: str = "measure") -> tuple[str, str]:
    """Return the digests of the code that the training, and what is measured, depend on."""
    return code_digest(kind, _TRAINING), code_digest(kind, (step,))


@dataclass(frozen=True)
class CachedRun:
    """
    The place of one run: the checkpoint of its training, and what was measured.

    The folder is named by what the training depends on: `infonb.fit` writes its checkpoint there,
    from which an interrupted training goes on and a finished one is read. The store of what was
    measured is named by what the measures depend on. The note has all of that in words.
    """

    folder: Path
    store: Path
    note: dict[str, Any]

    @classmethod
    def of(
        cls, experiment: ParameterSet, level: Any, seed: int, data: Mapping[str, xr.Dataset],
        step: str = "measure", code: tuple[str, str] | None = None,
    ) -> CachedRun | None:  # fmt: skip
        """
        Return the place of a run; None if the experiment's `cache` keeps nothing.

        The code is that of the training and of the step, as it was before anything ran.
        """
        folder = cache_folder(experiment.cache)  # type: ignore[attr-defined]
        if folder is None:
            return None
        kind: Any = type(experiment)
        values: dict[str, dict[str, Any]] = {"training": {}, "measures": {}, "selection": {}}
        for info in describe(kind):
            values[info.affects][info.name] = getattr(experiment, info.name)
        training, measuring = code or code_of(kind, step)
        note = {
            "experiment": kind.name,
            "level": level,
            "seed": seed,
            "parameters": values["training"],
            "code": f"{training}, {libraries()}",
            "data": {role: checksum(part) for role, part in data.items()},
        }
        measured = {
            "step": step,
            "parameters": values["measures"],
            "code": measuring,
        }
        place = folder / note["experiment"] / _digest(note)
        store = place / f"{step}-{_digest(measured)}.zarr"
        return cls(place, store, note | {"measures": values["measures"]})

    def lock(self) -> Lock:
        """Keep other processes out; raise a RuntimeError if one is at work on this run."""
        try:
            lock = Lock(self.folder, f"the run in {self.folder}")
            self.note_down()
        except OSError as error:
            raise _unusable(self.folder.parent, error) from error
        return lock

    def note_down(self) -> None:
        """Write beside the run what it is; by this file it is known as one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / "run.json", json.dumps(self.note, indent=1))

    def load(self) -> xr.Dataset | None:
        """Return what was measured, or None if it is not there."""
        if not self.store.exists():
            return None
        try:
            return open_dataset(self.store).load()
        except Exception:  # damaged, and zarr has many words for it: it is measured again
            return None

    def save(self, run: xr.Dataset) -> None:
        """Keep what was measured, whole or not at all."""
        save_dataset(run, self.store, overwrite=True)


def _unusable(folder: Path, reason: object) -> OSError:
    return OSError(
        f"runs cannot be kept in {folder}: {reason}. Give another folder as cache (or in the "
        f"environment variable {VARIABLE}), or cache=none."
    )


def _digest(note: dict[str, Any]) -> str:
    text = json.dumps(note, sort_keys=True)
    return blake2b(text.encode(), digest_size=10).hexdigest()
