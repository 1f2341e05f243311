"""Trainings that are asked for, in groups where that pays and by `fit` elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
import xarray as xr

from infonb.networks.state import modes_restored
from infonb.progress import progress_bar
from infonb.training.fitting import fit
from infonb.training.group.epoch import Group
from infonb.training.group.member import Fit, Member
from infonb.training.group.size import group_size, is_grouped
from infonb.training.threads import torch_threads
from infonb.training.without_compiler import without_compiler

__all__ = ["raise_first", "train_together"]

Outcome = xr.Dataset | Exception

#: So many networks at least a thread trains: fewer take nearly as long.
_LEAST = 4


@without_compiler()
def train_together(fits: Sequence[Fit], progress: bool | str = False) -> list[Outcome]:
    """Train networks in place; return the history of each, or the error that has ended it."""
    outcomes: dict[int, Outcome] = {}
    members: dict[int, Member] = {}
    with ExitStack() as stack:
        for place, asked in enumerate(fits):
            if not is_grouped(asked):
                outcomes[place] = _alone(asked, progress)
                continue
            stack.enter_context(modes_restored(asked.model))
            try:
                members[place] = Member(asked)
            except Exception as error:
                outcomes[place] = error
        kinds: dict[Any, list[Member]] = {}
        for member in members.values():
            kinds.setdefault(member.key, []).append(member)
        for kind in kinds.values():
            n_groups = -(-len(kind) // group_size(kind[0].asked))
            for first in range(n_groups):  # of nearly equal size
                _train(kind[first::n_groups], progress)
        for place, member in members.items():
            outcomes[place] = member.outcome
    return [outcomes[place] for place in range(len(fits))]


def raise_first(outcomes: Sequence[Outcome]) -> list[xr.Dataset]:
    """Return the histories; raise the first error, if there is one, with the network's number."""
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, Exception):
            if len(outcomes) > 1:
                outcome.add_note(f"infonb: this is network {place} of {len(outcomes)}.")
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, xr.Dataset)]


def _alone(asked: Fit, progress: bool | str) -> Outcome:
    try:
        return fit(
            asked.model, asked.train, asked.validation, checkpoint=asked.checkpoint,
            **{"progress": progress} | asked.options,
        )  # fmt: skip
    except Exception as error:
        return error


def _train(members: list[Member], progress: bool | str) -> None:
    """Train until each has ended; those that are behind first, the others join them."""
    threads = torch.get_num_threads() if members[0].device.type == "cpu" else 1
    total = sum(member.epochs for member in members)
    bar = progress_bar(show=progress, total=total, desc=_words(members), unit="epoch")
    groups: list[Group] = []
    try:
        with _side_by_side(threads) as each:
            bar.update(sum(member.run.epoch for member in members))
            active = [member for member in members if member.started()]
            while active:
                behind = min(member.run.epoch for member in active)
                now = [member for member in active if member.run.epoch == behind]
                parts = _parts(now, threads)
                if [group.members for group in groups] != parts:
                    groups = [Group(part) for part in parts]
                # networks learn side by side; what is told, drawn and saved is so one by one
                for part, found in zip(parts, each(Group.train_epoch, groups), strict=True):
                    for member, values in zip(part, found, strict=True):
                        member.finish_epoch(values)
                        bar.update(1)
                active = [member for member in active if not member.is_done]
    finally:
        bar.close()
        for member in members:
            member.leave()


@contextmanager
def _side_by_side(threads: int) -> Iterator[Callable[..., list[Any]]]:
    """
    Give a function that does a piece of work for each of several things, in threads.

    Within one of them torch has one thread: how it divides work among several may depend on the
    size of a group.
    """
    with torch_threads(1 if threads > 1 else None):
        if threads < 2:
            yield lambda work, things: [work(one) for one in things]
            return
        with ThreadPoolExecutor(threads, thread_name_prefix="infonb") as pool:
            yield lambda work, things: list(pool.map(work, things))


def _parts(members: list[Member], threads: int) -> list[list[Member]]:
    """Return the networks in parts of nearly equal size, one a thread, none of which is small."""
    n = max(1, min(threads, len(members) // _LEAST))
    return [members[first::n] for first in range(n)]


def _words(members: Sequence[Member]) -> str:
    return "training" if len(members) == 1 else f"training {len(members)} networks together"
