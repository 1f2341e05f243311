"""Runs as tasks of a dask cluster: of processes started here, or of a scheduler elsewhere."""

from __future__ import annotations

import dataclasses
import io
import json
import pickle
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import xarray as xr

from infonb.experiments.cache import cache_folder
from infonb.experiments.code_digest import code_version, libraries
from infonb.experiments.failed_runs import check_all_made
from infonb.experiments.run_folder import noted
from infonb.experiments.runs import Runs
from infonb.experiments.waiting import Waiting
from infonb.experiments.workers import own_workers
from infonb.parameters import ParameterError
from infonb.storage import Held

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["check_cluster", "check_reachable", "make_on_cluster"]

#: Seconds in which a scheduler answers.
_PATIENCE = 10

#: What a training draws from torch's generators is that of one run at a time.
_ONE_AT_A_TIME = threading.Lock()

Wanted = Mapping[tuple[Any, int], str]


class _Busy(NamedTuple):
    """Somebody else is making a run."""

    by: str


class _Made(NamedTuple):
    """A run, and whether the worker has kept it where this process looks for it."""

    run: xr.Dataset
    is_kept: bool


class _Task(NamedTuple):
    """What a worker needs to make a run as this process would."""

    experiment: bytes
    step: str
    code: tuple[str, str] | None
    versions: tuple[str, str]
    torch_threads: int


def check_cluster(value: str) -> None:
    """Raise a ParameterError unless a value says where runs are to be made."""
    number = value.isdecimal() and int(value) > 0
    if not (not value or number or "://" in value or value.endswith(".json")):
        raise ParameterError(
            "cluster must be empty (runs are made here), a number of processes, such as 4, or the "
            "address of a dask scheduler, such as tcp://host:8786, or its scheduler file (.json); "
            f"not {value!r}."
        )


def check_reachable(value: str) -> None:
    """Raise an OSError unless there is dask, and a scheduler answers; nothing is started."""
    if value:
        _need_distributed()
    if value and not value.isdecimal():
        with _connected(value):
            pass


def make_on_cluster(runs: Runs, wanted: Wanted, bar: Any) -> dict[tuple[Any, int], xr.Dataset]:
    """
    Make the runs that are not kept as tasks, and return all of them, by level and seed.

    A worker that dies costs its own run, which another takes up at its last checkpoint. What cannot
    be made, for that or another reason, is told when all others are there and kept.
    """
    finished: dict[tuple[Any, int], xr.Dataset] = {}
    failed: dict[tuple[Any, int], Exception] = {}
    for key in wanted:
        try:
            kept = runs.kept(*key)
        except Exception as error:  # its data
            failed[key] = error
            continue
        if kept is not None:
            finished[key] = kept
            bar.update(1)
    left = {key: wanted[key] for key in wanted if key not in finished and key not in failed}
    if left:
        with _connected(runs.experiment.cluster) as client:
            for key, run in _made(client, runs, left, failed, bar):
                finished[key] = run
                bar.update(1)
    check_all_made(
        {wanted[key]: failed[key] for key in wanted if key in failed}, _others(finished, runs)
    )
    return finished


def _others(finished: Mapping[tuple[Any, int], xr.Dataset], runs: Runs) -> str:
    """Say what has become of the runs that did not fail."""
    if not finished:
        return ""
    kept = cache_folder(runs.experiment.cache) is not None
    return f"All other runs are {'kept' if kept else 'made, but not kept (cache=none)'}. "


def _made(
    client: Client, runs: Runs, wanted: Wanted, failed: dict[tuple[Any, int], Exception], bar: Any
) -> Iterator[tuple[tuple[Any, int], xr.Dataset]]:
    """Give the runs as they come; why others do not is noted in `failed`."""
    from distributed import as_completed

    _say_workers(client, bar)
    task, waiting = _task_of(runs), Waiting(bar)
    # not pure: a run that failed before is tried again
    futures = {
        client.submit(_make, task, *key, pure=False): key for key in _announced(runs, wanted)
    }
    queue = as_completed(list(futures), loop=client.loop)
    try:
        for future in queue:
            key = futures.pop(future)
            try:
                found = future.result()
            except Exception as error:  # costs this run only
                failed[key] = error
                continue
            if isinstance(found, _Busy):
                waiting.look_later(Held("the run", found.by), wanted[key])
                again = client.submit(_make, task, *key, pure=False)
                futures[again] = key
                queue.add(again)
                continue
            if not found.is_kept:
                runs.keep(*key, found.run)
            yield key, found.run
            _say_workers(client, bar)
    finally:
        client.cancel(list(futures))


def _announced(runs: Runs, wanted: Wanted) -> Iterator[tuple[Any, int]]:
    """Give the runs, each noted down in its folder: so a worker sees whether it is the same one."""
    for key in wanted:
        if (place := runs.place(*key)) is not None:
            with suppress(Held):  # noted by whoever is making it
                place.lock().release()
        yield key


def _task_of(runs: Runs) -> _Task:
    import torch

    folder = cache_folder(runs.experiment.cache)
    where = "none" if folder is None else str(folder.absolute())
    return _Task(
        _whole(runs.experiment.changed(cache=where, cluster="")), runs.step, runs.code,
        (code_version(), libraries()), torch.get_num_threads(),
    )  # fmt: skip


def _make(task: _Task, level: Any, seed: int) -> _Made | _Busy:
    """On a worker: make a run, in the folder of the kept runs if it is seen from here."""
    import dask

    from infonb.training.threads import torch_threads

    _check_versions(task.versions)
    # what is lazy within a run is computed by this worker: it would wait for itself
    with _ONE_AT_A_TIME, torch_threads(task.torch_threads), dask.config.set(scheduler="threads"):
        runs = Runs(pickle.loads(task.experiment), task.step, code=task.code)
        place = runs.place(level, seed)
        if place is None or noted(place.folder) is None:
            return _Made(runs.make_anew(level, seed), is_kept=False)
        try:
            return _Made(runs.make(level, seed), is_kept=True)
        except Held as held:
            return _Busy(held.by)


def _check_versions(expected: tuple[str, str]) -> None:
    from distributed import get_worker

    found = code_version(), libraries()
    if found != expected:
        raise RuntimeError(
            f"the worker at {get_worker().address} has another infonb or other libraries than the "
            f"process that asks ({', '.join(found)}; there {', '.join(expected)}); its numbers "
            "could differ. Install the same versions on both."
        )


@contextmanager
def _connected(value: str) -> Iterator[Client]:
    """Connect to a scheduler, or to processes that are started here and end with the block."""
    _need_distributed()
    from distributed import Client

    if value.isdecimal():
        with (
            own_workers(int(value)) as (address, security),
            Client(address, security=security, set_as_default=False) as client,
        ):
            yield client
        return
    try:
        client = Client(_address(value), timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError, KeyError) as error:
        raise OSError(
            f"no dask scheduler answers at {value} ({error or type(error).__name__}); start one "
            "(dask scheduler), or give a number of processes on this machine, such as 2."
        ) from None
    with client:
        yield client


def _whole(experiment: Any) -> bytes:
    """Return an experiment as it is sent; one of the user's with its module's code."""
    import cloudpickle  # type: ignore[import-untyped]

    class Pickler(cloudpickle.CloudPickler):
        # which fields have no default is told by identity
        dispatch_table = cloudpickle.CloudPickler.dispatch_table.new_child(
            {type(dataclasses.MISSING): lambda _: "MISSING"}
        )

    buffer = io.BytesIO()
    module = sys.modules[type(experiment).__module__]
    is_users = not module.__name__.startswith(("infonb.", "__main__"))
    if is_users:  # else workers would have to have it
        cloudpickle.register_pickle_by_value(module)
    try:
        Pickler(buffer).dump(experiment)
    finally:
        if is_users:
            cloudpickle.unregister_pickle_by_value(module)
    return buffer.getvalue()


def _address(value: str) -> str:
    """Return the address of a scheduler, perhaps from its file, for which dask waits for ever."""
    if "://" in value:
        return value
    return str(json.loads(Path(value).read_text(encoding="utf-8"))["address"])


def _need_distributed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise ModuleNotFoundError(
            'runs on a cluster need dask.distributed: pip install "infonb[cluster]".'
        ) from None


def _say_workers(client: Client, bar: Any) -> None:
    number = len(client.nthreads())
    bar.set_postfix_str(
        f"{number} workers" if number else "the scheduler has no workers yet (dask worker ADDRESS)"
    )
