"""Trainings that are asked for, in groups where that pays and by `fit` elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import xarray as xr

from infonb.networks.state import modes_restored
from infonb.progress import progress_bar
from infonb.training.fitting import fit
from infonb.training.group.epoch import Group
from infonb.training.group.member import Fit, Member
from infonb.training.group.size import group_size, is_grouped
from infonb.training.threads import torch_threads

__all__ = ["raise_first", "train_together"]

Outcome = xr.Dataset | Exception


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
    is_cpu = members[0].device.type == "cpu"
    total = sum(member.epochs for member in members)
    bar = progress_bar(show=progress, total=total, desc=_words(members), unit="epoch")
    group: Group | None = None
    # one thread: how work is divided among several may depend on the size of the group
    with torch_threads(1 if is_cpu else None):
        try:
            bar.update(sum(member.run.epoch for member in members))
            active = [member for member in members if member.started()]
            while active:
                behind = min(member.run.epoch for member in active)
                now = [member for member in active if member.run.epoch == behind]
                if group is None or group.members != now:
                    group = Group(now)
                for member, values in zip(now, group.train_epoch(), strict=True):
                    member.finish_epoch(values)
                    bar.update(1)
                active = [member for member in active if not member.is_done]
        finally:
            bar.close()
            for member in members:
                member.leave()


def _words(members: Sequence[Member]) -> str:
    return "training" if len(members) == 1 else f"training {len(members)} networks together"
