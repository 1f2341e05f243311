"""Whose networks can be ranked, and by which metric: experiments, kept runs, earlier reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import xarray as xr

from infonb.experiments.biographies import Biographies
from infonb.experiments.cache import cache_folder, code_of
from infonb.experiments.colored_digits import ColoredDigits
from infonb.experiments.contexts import Contexts
from infonb.experiments.experiment import Experiment
from infonb.experiments.run_folder import noted
from infonb.experiments.runs import dims_of
from infonb.experiments.sentiment_adjectives import SentimentAdjectives
from infonb.experiments.shuffled_digits import ShuffledDigits
from infonb.experiments.shuffled_reviews import ShuffledReviews
from infonb.parameters import ParameterError, describe
from infonb.selection.ranking.rank import KINDS
from infonb.storage import open_dataset

__all__ = [
    "LANGUAGE",
    "SOURCES",
    "Metric",
    "is_kept",
    "levels_and_kind",
    "metrics_of",
    "opened_results",
]


class Metric(NamedTuple):
    """What needs labels, and the order of networks is compared with."""

    variable: str
    words: str
    better: str = "higher"
    last: bool = False  # of the last block only

    @property
    def goal(self) -> str:
        """What a network that is to be kept has, in words."""
        if self.better == "higher":
            return f"better {self.words}"
        return f"a lower {self.words}"


ACCURACY = Metric("final_validation_accuracy", "validation accuracy")

#: Of experiments that are ranked by something else: what Table 2 has, from the last block's states.
_METRICS = {
    "biographies": (
        Metric("compression", "compression", "lower", last=True),
        Metric("tpr_gap", "TPR gap", "lower", last=True),
        Metric("sufficiency_gap", "sufficiency gap", "lower", last=True),
    )
}

#: The experiments whose networks are trained where none are given.
SOURCES = {"colored_digits": ColoredDigits, "shuffled_digits": ShuffledDigits}

#: Those on texts, with parameters of their own.
LANGUAGE: dict[str, type[Experiment]] = {
    "sentiment_adjectives": SentimentAdjectives,
    "shuffled_reviews": ShuffledReviews,
    "biographies": Biographies,
}

#: The experiments of infonb whose networks stand in one order.
_OWN: tuple[type[Experiment], ...] = (
    ColoredDigits, ShuffledDigits, Contexts, *LANGUAGE.values()
)  # fmt: skip

_NEEDED = ("entropy", "mutual_information")


def metrics_of(experiment: str) -> tuple[Metric, ...]:
    """Return what the networks of an experiment are compared by: the accuracy, or others."""
    return _METRICS.get(experiment, (ACCURACY,))


def is_kept(experiment: Experiment) -> bool:
    """Whether all runs of an experiment are noted as finished in its cache; no data are made."""
    folder = cache_folder(experiment.cache)
    place = folder / experiment.name if folder else None
    if place is None or not place.is_dir():
        return False
    training, measures = (
        {
            info.name: getattr(experiment, info.name)
            for info in describe(type(experiment))
            if info.affects == affects
        }
        for affects in ("training", "measures")
    )
    code = code_of(type(experiment))[0]
    there = set()
    for run in place.iterdir():
        note = noted(run)
        if (
            note is not None
            and note["parameters"] == training
            and note.get("measures") == measures
            and note["code"].startswith(f"{code}, ")
            and note.get("stores")
        ):
            there.add((str(note["level"]), note["seed"]))
    wanted = {(str(level), seed) for level in experiment.levels() for seed in experiment.seeds}
    return wanted <= there


def opened_results(
    parameter: str, paths: Sequence[str], taken: Collection[str] = ()
) -> dict[str, xr.Dataset]:
    """Return the results at the paths of a parameter, not read yet; raise for what has no order."""
    found: dict[str, xr.Dataset] = {}
    for path in paths:
        try:
            runs = open_dataset(path)
            levels_and_kind(runs)
        except (OSError, ValueError) as error:
            raise ParameterError(f"{parameter}: {path}: {error}") from None
        name = str(runs.attrs["experiment"])
        if name in found or name in taken:  # such as the same experiment on other data
            name = f"{name}, {runs.attrs.get('dataset', path)}"
        if name in found or name in taken:
            raise ParameterError(f"{parameter}: {path}: there are results of {name} already.")
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
    needed = (*_NEEDED, *(metric.variable for metric in metrics_of(str(name))))
    missing = [one for one in needed if one not in runs]
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
