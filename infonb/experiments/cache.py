"""Where finished runs are kept, and the key of a run: parameters, code version and data."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.networks import name_of
from infonb.parameters import ParameterSet, describe
from infonb.storage import Lock, open_dataset, save_dataset, write_atomically

__all__ = [
    "KeptRun",
    "cache_folder",
    "check_cache",
    "checkpoint_of",
    "checksum",
    "code_version",
    "kept_runs",
    "remove_run",
]

#: Environment variable with the folder of finished runs, where the parameter leaves it open.
VARIABLE = "INFONB_CACHE"

#: The parts of the package that a run's numbers can depend on, without what is made of them later.
_ROOMS = ("parameters", "data", "networks", "training", "activations", "measures", "experiments")
_LATER = "experiments/claims/"


def cache_folder(setting: str = "") -> Path | None:
    """
    Return the folder that keeps finished runs, or None if there is to be none.

    Parameters
    ----------
    setting
        A folder; ``"none"``; or empty: the folder named by the environment variable
        ``INFONB_CACHE`` (which may be ``none`` too), else ``runs`` in the user's cache of infonb.

    Examples
    --------
    >>> cache_folder("none") is None, cache_folder("somewhere").name
    (True, 'somewhere')
    """
    setting = setting or os.environ.get(VARIABLE, "")
    if setting == "none":
        return None
    if setting:
        return Path(setting).expanduser()
    import pooch

    return Path(pooch.os_cache("infonb")) / "runs"


def check_cache(setting: str = "") -> None:
    """
    Raise an OSError if runs cannot be kept where they are to be; nothing is created.

    Parameters
    ----------
    setting
        As in `cache_folder`.

    Examples
    --------
    >>> check_cache("none")
    """
    folder = cache_folder(setting)
    if folder is None:
        return
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise _unusable(folder, f"{there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _unusable(folder, f"{there} cannot be written to")


def kept_runs(folder: Path) -> dict[str, list[Path]]:
    """
    Return the folders of the runs that are kept, by experiment.

    Examples
    --------
    >>> kept_runs(Path("nowhere"))
    {}
    """
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


@functools.cache
def code_version() -> str:
    """
    Return version and checksum of the code that runs depend on, and versions of torch and numpy.

    Examples
    --------
    >>> code_version().startswith("infonb ")
    True
    """
    from infonb.version import __version__

    package = Path(__file__).parent.parent
    digest = blake2b(digest_size=8)
    for path in sorted(path for room in _ROOMS for path in (package / room).rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if not name.startswith(_LATER):
            digest.update(name.encode())
            digest.update(path.read_bytes())
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy"))
    return f"infonb {__version__} {digest.hexdigest()}, {libraries}"


def checksum(dataset: xr.Dataset) -> str:
    """
    Return a checksum of all that a data set says of its examples: inputs, labels, coordinates.

    Examples
    --------
    >>> first = xr.Dataset({"input": ("sample", [1.0, 2.0]), "label": ("sample", [0, 1])})
    >>> checksum(first) == checksum(first.copy(deep=True)), checksum(first) == checksum(first + 1)
    (True, False)
    """
    digest = blake2b(digest_size=16)
    for name, variable in sorted(dataset.variables.items(), key=lambda item: str(item[0])):
        values = np.ascontiguousarray(variable.values)
        digest.update(f"{name} {variable.dims} {values.dtype} {values.shape}".encode())
        digest.update(
            "\0".join(map(str, values.flat)).encode() if values.dtype == object else values.data
        )
    return digest.hexdigest()


@dataclass(frozen=True)
class KeptRun:
    """
    The place of one run: the checkpoint of its training, and what was measured.

    Attributes
    ----------
    folder
        Named by what the training depends on; `infonb.fit` writes its checkpoint there, from which
        an interrupted training goes on and a finished one is read.
    measured
        Name of the store, by what the measures depend on.
    note
        All of that in words, for people.
    """

    folder: Path
    measured: str
    note: dict[str, Any]

    @classmethod
    def of(
        cls,
        folder: Path,
        parameters: ParameterSet,
        level: Any,
        seed: int,
        data: Sequence[xr.Dataset],
    ) -> KeptRun:
        """
        Return the place of a run in the folder of all runs.

        Parameters
        ----------
        folder
            What `cache_folder` returned.
        parameters
            Of the experiment; those that only select runs do not count.
        level, seed
            Of the run.
        data
            All data sets that the run sees.
        """
        values: dict[str, dict[str, Any]] = {"training": {}, "measures": {}, "selection": {}}
        for info in describe(type(parameters)):
            values[info.affects][info.name] = getattr(parameters, info.name)
        experiment = name_of(parameters)
        note = {
            "experiment": experiment,
            "level": level,
            "seed": seed,
            "parameters": values["training"],
            "code": code_version(),
            "data": [checksum(part) for part in data],
        }
        measures = values["measures"]
        return cls(
            Path(folder) / experiment / _digest(note),
            _digest(measures),
            note | {"measures": measures},
        )

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

    def load(self, *, activation: bool) -> xr.Dataset | None:
        """Return what was measured, with or without the activations, or None if it is not there."""
        for with_activation in (activation, True):
            path = self._store(with_activation)
            if not path.exists():
                continue
            try:
                run = open_dataset(path).load()
            except Exception:  # damaged, and zarr has many words for it: it is measured again
                continue
            return run if activation else _without_samples(run)
        return None

    def save(self, run: xr.Dataset, *, activation: bool) -> None:
        """Keep what was measured, whole or not at all."""
        save_dataset(
            run if activation else _without_samples(run), self._store(activation), overwrite=True
        )

    def _store(self, activation: bool) -> Path:
        return self.folder / f"measured-{self.measured}{'-activation' if activation else ''}.zarr"


def checkpoint_of(
    parameters: ParameterSet, level: Any, seed: int, *data: xr.Dataset
) -> Path | None:
    """
    Return the folder in which a sweep keeps the training of a run; None if it keeps nothing.

    Training that is given it as checkpoint is not repeated by the sweep, nor the other way round.

    Parameters
    ----------
    parameters
        Of the experiment, with the folder ``cache``.
    level, seed
        Of the run.
    data
        What the run is trained and measured on.

    Examples
    --------
    >>> from infonb.experiments import colored_digits
    >>> parameters = colored_digits.Parameters(cache="none")
    >>> checkpoint_of(parameters, 1.0, 0, *colored_digits.data(parameters, 1.0, 0)) is None
    True
    """
    folder = cache_folder(parameters.cache)  # type: ignore[attr-defined]
    if folder is None:
        return None
    run = KeptRun.of(folder, parameters, level, seed, data)
    run.note_down()
    return run.folder


def _unusable(folder: Path, reason: object) -> OSError:
    return OSError(
        f"runs cannot be kept in {folder}: {reason}. Give another folder as cache (or in the "
        f"environment variable {VARIABLE}), or cache=none."
    )


def _without_samples(run: xr.Dataset) -> xr.Dataset:
    return run.drop_vars("activation", errors="ignore").drop_dims("sample", errors="ignore")


def _digest(note: dict[str, Any]) -> str:
    text = json.dumps(note, sort_keys=True)
    return blake2b(text.encode(), digest_size=10).hexdigest()
