"""Results of earlier reports whose networks can be ranked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import xarray as xr

from infonb.experiments.colored_digits import ColoredDigits
from infonb.experiments.contexts import Contexts
from infonb.experiments.experiment import Experiment
from infonb.experiments.runs import dims_of
from infonb.experiments.shuffled_digits import ShuffledDigits
from infonb.parameters import ParameterError
from infonb.selection.ranking.rank import KINDS
from infonb.storage import open_dataset

__all__ = ["ACCURACY", "SOURCES", "levels_and_kind", "opened_results"]

ACCURACY = "final_validation_accuracy"

#: The experiments whose networks are trained where none are given.
SOURCES = {"colored_digits": ColoredDigits, "shuffled_digits": ShuffledDigits}

#: The experiments of infonb whose networks stand in one order.
_OWN: tuple[type[Experiment], ...] = (ColoredDigits, ShuffledDigits, Contexts)

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
    name = runs.attrs.get("experiment")
    if name is None:
        raise ValueError("these are no results of an experiment; infonb.rank ranks others.")
    known = {kind.name: kind for kind in (*_subclasses(Experiment), *_OWN)}
    experiment = known.get(name)
    dims = () if experiment is None else dims_of(experiment.over)
    if experiment is None or experiment.direction is None or len(dims) > 1:
        raise ValueError(
            f"the networks of {name!r} do not stand in one order of memorization, so that there is "
            "no order to expect; infonb.rank ranks some of them."
        )
    missing = [one for one in _NEEDED if one not in runs]
    if missing:
        raise ValueError(f"the results of {name!r} lack {', '.join(missing)}.")
    if runs.sizes[dims[0]] < 2:
        raise ValueError(f"there is one network only: {dims[0]} has one level. Run several.")
    return dims[0], next(word for word, sign in KINDS.items() if sign == -experiment.direction)


def _subclasses(kind: type[Experiment]) -> Iterator[type[Experiment]]:
    """Yield the experiments that are loaded, a user's own among them, which have a name."""
    for one in kind.__subclasses__():
        if hasattr(one, "name"):
            yield one
        yield from _subclasses(one)
