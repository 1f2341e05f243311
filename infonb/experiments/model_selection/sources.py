"""Results of earlier reports whose networks can be ranked."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from infonb.experiments.sweep import dims_of
from infonb.parameters import ParameterError
from infonb.selection.rank import KINDS
from infonb.storage import open_dataset

__all__ = ["ACCURACY", "levels_and_kind", "opened_results"]

ACCURACY = "final_validation_accuracy"

_NEEDED = ("entropy", "mutual_information", ACCURACY)


def opened_results(paths: Sequence[str]) -> dict[str, xr.Dataset]:
    """Return the results at these paths, not read yet; raise for what cannot be ranked."""
    found: dict[str, xr.Dataset] = {}
    for path in paths:
        try:
            runs = open_dataset(path)
            levels_and_kind(runs)
        except (OSError, ValueError) as error:
            raise ParameterError(f"found: {path}: {error}") from None
        name = str(runs.attrs["experiment"])
        if name in found:  # such as the same experiment on other data
            name = f"{name}, {runs.attrs.get('dataset', path)}"
        if name in found:
            raise ParameterError(f"found: {path}: there are results of {name} already.")
        found[name] = runs
    return found


def levels_and_kind(runs: xr.Dataset) -> tuple[str, str]:
    """Return over which dimension networks are compared, and the memorization that grows along."""
    from infonb import experiments

    name = runs.attrs.get("experiment")
    if name is None:
        raise ValueError("these are no results of an experiment; infonb.rank ranks others.")
    experiment = experiments.get(name)
    dims = dims_of(experiment.over)
    if experiment.direction is None or len(dims) > 1:
        raise ValueError(
            f"the networks of {name!r} do not stand in one order of memorization, so that there is "
            "no order to expect; infonb.rank ranks some of them."
        )
    missing = [one for one in _NEEDED if one not in runs]
    if missing:
        raise ValueError(f"the results of {name!r} lack {', '.join(missing)}.")
    if runs.sizes[dims[0]] < 2:
        raise ValueError(f"there is one network only: {dims[0]} has one level. Run several.")
    kind = next(kind for kind, sign in KINDS.items() if sign == -experiment.direction)
    return dims[0], kind
