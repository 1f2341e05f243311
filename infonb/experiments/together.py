"""Runs whose networks are trained as one, where the experiment and their size allow it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.kept_training import begin_training, note_training

if TYPE_CHECKING:
    from pathlib import Path

    from infonb.experiments.runs import Claim, Runs
    from infonb.training.group import Fit

__all__ = ["asked_fit", "in_turn"]

Key = tuple[Any, int]
Outcome = xr.Dataset | Exception
Waiting = tuple[Key, "Claim", "Fit"]


def asked_fit(
    experiment: Any, level: Any, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None
) -> Fit:
    """Return the training that the steps `network` and `fitting` of an experiment ask for."""
    from infonb.training.device import choose_device
    from infonb.training.group import Fit

    device = choose_device(getattr(experiment, "device", "cpu"))
    model = experiment.network(level, seed, data).to(device)
    options = {"seed": seed} | experiment.fitting(level, seed, data)
    return Fit(model, data["train"], data.get("evaluation"), checkpoint, options)


def in_turn(
    runs: Runs, keys: Sequence[Key], say: Callable[[Key], None]
) -> Generator[tuple[Key, Outcome]]:
    """
    Give all runs that are not made elsewhere, and for the others Held; what failed as its error.

    Those of an experiment whose `train` is the inherited one are trained together as they come. To
    be closed: until then some are locked.
    """
    from infonb.training.group import group_size

    with ExitStack() as locks:
        waiting: list[Waiting] = []
        for key in keys:
            say(key)
            try:
                found = runs.claim(*key)
                if isinstance(found, xr.Dataset):
                    yield key, found
                    continue
                locks.callback(found.locks.close)
                fit = _fit_of(runs, found)
            except Exception as error:
                yield key, error
                continue
            if fit is None:
                yield key, _made(runs, found)
                continue
            waiting.append((key, found, fit))
            if len(waiting) >= group_size(fit):
                yield from _together(runs, waiting)
                waiting = []
        yield from _together(runs, waiting)


def _fit_of(runs: Runs, claim: Claim) -> Fit | None:
    """Return the training of a run if it can share a group, None if it is made by itself."""
    from infonb.experiments.experiment import Experiment
    from infonb.training.group import is_grouped

    experiment = runs.experiment
    if getattr(type(experiment), "train", None) is not Experiment.train:
        return None
    folder = None if claim.place is None else claim.place.folder
    fit = asked_fit(experiment, claim.level, claim.seed, claim.data, folder)
    return fit if is_grouped(fit) else None


def _together(runs: Runs, waiting: Sequence[Waiting]) -> Iterator[tuple[Key, Outcome]]:
    """Train networks as one, then measure one after the other."""
    from infonb.training.group import train_together

    begun = [{} if claim.place is None else begin_training(claim.place) for _, claim, _ in waiting]
    outcomes = train_together([fit for _, _, fit in waiting], progress=runs.progress)
    for (_, claim, _), before, outcome in zip(waiting, begun, outcomes, strict=True):
        if claim.place is not None and not isinstance(outcome, Exception):
            note_training(claim.place, before)
    for (key, claim, fit), outcome in zip(waiting, outcomes, strict=True):
        yield key, _measured(runs, claim, fit, outcome)


def _measured(runs: Runs, claim: Claim, fit: Fit, outcome: Outcome) -> Outcome:
    from infonb.networks.checkpoint import DamagedCheckpoint

    if isinstance(outcome, DamagedCheckpoint):  # of a training that had not ended: anew
        return _made(runs, claim)
    if isinstance(outcome, Exception):
        return outcome
    return _made(runs, claim, (fit.model, outcome))


def _made(runs: Runs, claim: Claim, trained: Any = None) -> Outcome:
    with claim:
        try:
            return runs.made(claim, trained)
        except Exception as error:
            return error
