"""Training of several networks at once, of which each ends as if it had been alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from torch import nn

from infonb.training.group.member import Fit
from infonb.training.group.together import raise_first, train_together

__all__ = ["fit_group"]


def fit_group(
    models: Sequence[nn.Module],
    trains: Sequence[Any],
    validations: Sequence[Any] | None = None,
    *,
    seeds: Sequence[int],
    checkpoints: Sequence[str | Path | None] | None = None,
    callbacks: Sequence[Iterable[Any]] | None = None,
    progress: bool | str = True,
    **options: Any,
) -> list[xr.Dataset]:
    """
    Train small networks of one shape as one, each in place, and return the history of each.
    """
    n = len(models)
    lists = {
        "trains": trains, "validations": validations, "seeds": seeds, "checkpoints": checkpoints,
        "callbacks": callbacks,
    }  # fmt: skip
    for name, given in lists.items():
        if given is not None and len(given) != n:
            raise ValueError(f"{name} has {len(given)} entries for {n} models; give one for each.")
    fits = []
    for i, model in enumerate(models):
        own = {"seed": seeds[i]} | ({} if callbacks is None else {"callbacks": callbacks[i]})
        validation = None if validations is None else validations[i]
        checkpoint = None if checkpoints is None else checkpoints[i]
        fits.append(Fit(model, trains[i], validation, checkpoint, options | own))
    return raise_first(train_together(fits, progress=progress))
