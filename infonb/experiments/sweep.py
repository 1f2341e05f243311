"""A run for each level and seed: kept when it is finished, gone on with when it was interrupted."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import xarray as xr

from infonb.experiments.cost import Cost
from infonb.experiments.failed_runs import named_in_errors
from infonb.experiments.runs import Runs, dims_of
from infonb.experiments.stacking import stack_runs
from infonb.experiments.together import in_turn
from infonb.experiments.waiting import Waiting
from infonb.progress import progress_bar
from infonb.storage import Held

__all__ = ["make_here", "sweep"]


def sweep(
    experiment: Any,
    levels: Sequence[Any],
    *,
    step: str = "measure",
    progress: bool | str = True,
    cost: Cost | None = None,
) -> xr.Dataset:
    """
    Make one run per level and seed, and put all into one labelled result: dims (*over, seed, ...).

    A finished run is kept in the cache, under a key of all parameters that it depends on, its level
    and seed, the code that it reaches and a checksum of its data, so that it is never made twice:
    not after an interruption, and not when levels or seeds are added. An interrupted training goes
    on from its last checkpoint. Small networks of one shape are trained together, with the same
    result bit for bit whatever the group. With other bins or another k the networks are measured
    again, not trained.

    Several processes may make the same sweep at once: each takes runs that no other is making, and
    all end with the same result. One that has to wait says for whom.

    With `cluster` the runs are tasks of other processes; the result is the same bit for bit.

    With a `cost` it is said how long the rest takes, once some have been made here.
    """
    dims = dims_of(experiment.over)
    keys = [level if isinstance(level, tuple) else (level,) for level in levels]
    labels = {dim: list(dict.fromkeys(key[i] for key in keys)) for i, dim in enumerate(dims)}
    runs = Runs(experiment, step, progress)
    wanted = {
        (key if len(dims) > 1 else key[0], seed): _words(dims, key, seed)
        for key in keys
        for seed in experiment.seeds
    }
    with progress_bar(show=progress, total=len(wanted), desc="networks", unit="network") as bar:
        if experiment.cluster:
            from infonb.experiments.cluster import make_on_cluster

            made = make_on_cluster(runs, wanted, bar)
        else:
            made = make_here(runs, wanted, bar, refresh=progress is True, cost=cost)
        bar.set_postfix_str(f"{runs.n_kept} kept from before" if runs.n_kept else "")
    finished = {
        (*(level if len(dims) > 1 else (level,)), seed): run for (level, seed), run in made.items()
    }
    return stack_runs(finished, {**labels, "seed": experiment.seeds})


def _words(dims: Sequence[str], key: Sequence[Any], seed: int) -> str:
    return ", ".join(f"{d}={v}" for d, v in zip((*dims, "seed"), (*key, seed), strict=True))


def make_here(
    runs: Runs,
    wanted: Mapping[tuple[Any, int], str],
    bar: Any,
    *,
    refresh: bool,
    cost: Cost | None = None,
) -> dict[tuple[Any, int], xr.Dataset]:
    """Make the runs, in groups where that pays; those that others are making come last."""
    finished: dict[tuple[Any, int], xr.Dataset] = {}
    waiting, pending = Waiting(bar), list(wanted)

    def say(key: tuple[Any, int]) -> None:
        bar.set_postfix_str(wanted[key], refresh=refresh)

    while pending:
        busy: list[tuple[Any, int]] = []
        with closing(in_turn(runs, pending, say)) as made:
            for key, found in made:
                if isinstance(found, Held):
                    busy.append(key)
                    held = found, wanted[key]
                    continue
                with named_in_errors(wanted[key]):
                    if isinstance(found, Exception):
                        raise found
                finished[key] = found
                bar.update(1)
                if cost is not None and runs.n_unmeasured == 0:  # at the end of a group
                    words = cost.words(runs.started, runs.n_made, len(wanted) - len(finished))
                    if words:
                        bar.write(words, file=sys.stdout)
        if len(busy) == len(pending):  # others are making all that is left
            waiting.look_later(*held)
        pending = busy
    return finished
