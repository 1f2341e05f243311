"""Where finished runs are kept, and the key of a run: parameters, the code it reaches, its data."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import xarray as xr

from infonb.experiments.clearing import kept_runs
from infonb.experiments.code_digest import code_digest, is_ours, libraries
from infonb.experiments.process_cache import is_of_this_process, recall, remember
from infonb.experiments.run_folder import (
    clear_leftovers,
    digest,
    files_in,
    has_leftovers,
    is_store_part,
    noted,
    write_note,
)  # fmt: skip
from infonb.parameters import ParameterSet, describe
from infonb.storage import Lock, open_dataset, save_dataset

__all__ = [
    "CachedRun", "cache_folder", "check_cache", "checksum", "code_of",
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
        return Path(os.path.expanduser(setting))
    import pooch

    return Path(pooch.os_cache("infonb")) / "runs"


def check_cache(setting: str = "") -> None:
    """
    Raise an OSError if runs can neither be kept nor read where they are to be; creates nothing.

    In a folder that can only be read, the runs that are there are used.
    """
    folder = cache_folder(setting)
    if folder is None:
        return
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise unusable(folder, f"{there} is not a folder")
    if os.access(there, os.W_OK | os.X_OK):
        return
    readable = there == folder.absolute() and os.access(there, os.R_OK | os.X_OK)
    if not readable or not kept_runs(folder):
        raise unusable(folder, f"{there} cannot be written to")


def checksum(dataset: xr.Dataset) -> str:
    """Return a checksum of all that a data set says of its examples."""
    found = blake2b(digest_size=16)
    for name, variable in sorted(dataset.variables.items(), key=lambda item: str(item[0])):
        values = np.ascontiguousarray(variable.values)
        found.update(f"{name} {variable.dims} {values.dtype} {values.shape}".encode())
        found.update(
            json.dumps([str(value) for value in values.flat]).encode() if values.dtype.kind in "OT"
            else values.reshape(-1).view(np.uint8).data  # times have no buffer of their own
        )  # fmt: skip
    return found.hexdigest()


def code_of(kind: type, step: str = "measure", folder: Path | None = None) -> tuple[str, str]:
    """
    Return the digests of the code that the training, and what is measured, depend on.

    In the folder of this process nothing is found that other code has made: there the class stands
    for the code of the package, which need not be read.
    """
    if folder is not None and is_of_this_process(folder) and is_ours(kind):
        return f"{kind.__qualname__} {id(kind)}", step
    return code_digest(kind, _TRAINING), code_digest(kind, (step,))


@dataclass(frozen=True)
class CachedRun:
    """
    The place of one run: the checkpoint of its training, and what was measured.

    The folder is named by what the training depends on: `infonb.fit` writes its checkpoint there,
    from which an interrupted training goes on and a finished one is read. The store of what was
    measured is named by what the measures depend on. The note has all of that in words, and a
    checksum of what was measured: what is not just as it was saved is made again.
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
        training, measuring = code or code_of(kind, step, folder)
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
        place = folder / note["experiment"] / digest(note)
        store = place / f"{step}-{digest(measured)}.zarr"
        return cls(place, store, note | {"measures": values["measures"]})

    def lock(self) -> Lock:
        """
        Keep others out, remove what a kill has left, and note down what the run is.

        Raises `infonb.storage.Held` if another process or thread is at work on this run.
        """
        with self.writing():
            lock = Lock(self.folder, f"the run in {self.folder}")
            try:
                clear_leftovers(self.folder)
                self.note_down()
            except BaseException:
                lock.release()
                raise
        return lock

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Tell a folder that cannot be written to, or a full disk, by one clear error."""
        try:
            yield
        except OSError as error:
            raise unusable(self.folder.parent, error) from error

    def note_down(
        self, *, files: dict[str, str] | None = None, stores: dict[str, str] | None = None
    ) -> None:
        """Write beside the run what it is, the checksums of its training's files and its stores."""
        known = noted(self.folder) or {}
        files = known.get("files", {}) if files is None else files
        kinds = {"files": files, "stores": {**known.get("stores", {}), **(stores or {})}}
        write_note(self.folder, self.note | {kind: of for kind, of in kinds.items() if of})

    def load(self) -> xr.Dataset | None:
        """Return what was measured, or None if it is not there just as it was saved."""
        held = recall(self.store)
        if held is not None:
            return held
        expected = (noted(self.folder) or {}).get("stores", {}).get(self.store.name)
        if expected is None or not os.path.lexists(self.store):
            return None
        try:
            run = open_dataset(self.store).load()
            found = _checksum_of_all(run)
        except Exception:  # damaged, and zarr has many words for it: it is measured again
            return None
        self._clear_up()
        return run if found == expected else None

    def save(self, run: xr.Dataset) -> None:
        """Keep what was measured, whole or not at all; the run must be locked."""
        if remember(self.store, run):
            return
        with self.writing():
            partial = _beside(self.store, "partial")
            save_dataset(run, partial)
            kept = open_dataset(partial).load()
            # noted before it is in its place: what is there is known to be whole
            self.note_down(stores={self.store.name: _checksum_of_all(kept)})
            _make_room(self.store)
            partial.rename(self.store)

    def _clear_up(self) -> None:
        """Remove what a kill has left beside a run that is finished, unless others are at it."""
        with suppress(OSError, RuntimeError):
            if has_leftovers(self.folder):
                self.lock().release()


def _checksum_of_all(run: xr.Dataset) -> str:
    """Return a checksum of all that a stored run says, attributes and coordinates included."""
    attrs = [run.attrs, {str(name): value.attrs for name, value in run.variables.items()}]
    text = json.dumps(attrs, sort_keys=True, default=repr)
    return digest({"values": checksum(run), "coords": sorted(map(str, run.coords)), "attrs": text})


def _make_room(store: Path) -> None:
    """Remove a damaged store; one in which somebody has put something is moved beside."""
    if not os.path.lexists(store):
        return
    is_ours = store.is_dir() and not store.is_symlink()
    if is_ours and all(map(is_store_part, files_in(store))):
        old = _beside(store, "old")
        store.rename(old)
        shutil.rmtree(old)
    else:
        store.rename(store.with_name(f"{store.name}.kept-{uuid4().hex[:8]}"))


def _beside(store: Path, kind: str) -> Path:
    return store.with_name(f".{store.name}.{kind}-{uuid4().hex[:8]}")


def unusable(folder: Path, reason: object) -> OSError:
    """Return the error for a place where runs cannot be kept, with the remedy."""
    return OSError(
        f"runs cannot be kept in {folder}: {reason}. Give another folder as cache (or in the "
        f"environment variable {VARIABLE}), or cache=none."
    )
