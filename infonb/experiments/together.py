"""Runs whose networks are trained as one, where the experiment and their size allow it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.kept_training import States, begin_training, note_training
from infonb.storage import Held

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
    parts = {"train": data["train"], "validation": data.get("evaluation")}
    options = {"seed": seed} | parts | experiment.fitting(level, seed, data)
    return Fit(model, options.pop("train"), options.pop("validation"), checkpoint, options)


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
                most = 0 if fit is None else group_size(fit)
            except Held as held:
                yield key, held
                continue
            except Exception as error:  # whoever stops at it has what came before
                yield from _together(runs, waiting, say)
                waiting = []
                yield key, error
                continue
            if fit is None:
                yield key, _made(runs, found)
                continue
            waiting.append((key, found, fit))
            if len(waiting) >= most:
                yield from _together(runs, waiting, say)
                waiting = []
        yield from _together(runs, waiting, say)


def _fit_of(runs: Runs, claim: Claim) -> Fit | None:
    """Return the training of a run if it can share a group, None if it is made by itself."""
    from infonb.training.group import is_grouped

    experiment = runs.experiment
    if not getattr(experiment, "trains_together", False):
        return None
    folder = None if claim.place is None else claim.place.folder
    fit = asked_fit(experiment, claim.level, claim.seed, claim.data, folder)
    return fit if is_grouped(fit) else None


def _together(
    runs: Runs, waiting: Sequence[Waiting], say: Callable[[Key], None]
) -> Iterator[tuple[Key, Outcome]]:
    """Train networks as one, then measure one after the other."""
    from infonb.training.group import train_together

    begun = [_begun(claim) for _, claim, _ in waiting]
    fits = [one[2] for one, before in zip(waiting, begun, strict=True) if isinstance(before, dict)]
    trained = iter(train_together(fits, progress=runs.progress))
    outcomes = [
        _noted(claim, before, next(trained)) if isinstance(before, dict) else before
        for (_, claim, _), before in zip(waiting, begun, strict=True)
    ]
    for at, ((key, claim, fit), outcome) in enumerate(zip(waiting, outcomes, strict=True), 1):
        say(key)
        found = _measured(runs, claim, fit, outcome)
        runs.n_unmeasured = len(waiting) - at
        yield key, found


def _begun(claim: Claim) -> States | Exception:
    """Return how the folder of a run was before its training, or what is wrong with it."""
    try:
        return {} if claim.place is None else begin_training(claim.place)
    except Exception as error:
        return error


def _noted(claim: Claim, before: States, outcome: Outcome) -> Outcome:
    """Return what a training has come to; what it has left is noted."""
    try:
        if claim.place is not None and not isinstance(outcome, Exception):
            note_training(claim.place, before)
    except Exception as error:
        return error
    return outcome


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
