"""The base of all experiments: its fields are the parameters, its methods the steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import xarray as xr

from infonb.experiments.cache import (
    CachedRun,
    cache_folder,
    code_of,
)
from infonb.experiments.cluster import check_cluster
from infonb.experiments.code_digest import check_affects
from infonb.experiments.kept_training import train_alone
from infonb.experiments.process_cache import cache_of_this_process
from infonb.experiments.runs import dims_of
from infonb.experiments.steps import checked_data, checked_training
from infonb.experiments.sweep import sweep
from infonb.experiments.together import asked_fit
from infonb.parameters import ParameterSet, parameter
from infonb.version import __version__

if TYPE_CHECKING:
    from torch import nn

    from infonb.claims import ClaimsTable, Row

__all__ = ["Experiment", "One", "absolute"]


def absolute(path: str) -> str:
    """Return a path as it is from any folder."""
    return str(Path(path).expanduser().absolute())


class One(NamedTuple):
    """One network, step by step: its data by role, the trained model, and its history or None."""

    data: dict[str, xr.Dataset]
    model: Any
    history: xr.Dataset | None


@dataclass(frozen=True)
class Experiment(ParameterSet):
    """
    Base of an experiment: a frozen dataclass whose fields are the parameters.

    A subclass sets `name`, `claim`, `over` and `rows`, declares its parameters with
    `infonb.parameters.parameter`, and writes the steps `data`, `train` and `measure`;
    or, instead of `train`, `network` (an untrained one) and `fitting` (what `infonb.fit` is told).
    All else is inherited: `run` keeps every finished run and goes on with interrupted ones,
    `claims` makes the closing table of the declared rows. The first line of the docstring is the
    title.

    Attributes
    ----------
    name : str
        By which the command line, notebooks and the cache know it.
    claim : str
        What the paper says, in one sentence.
    over : str or tuple of str
        What is compared: the parameter, a list, that holds the levels; or several, whose product is
        made, such as ``("size", "checkpoint")``. It becomes a dimension of the results.
    rows : sequence of Row
        The claims: `infonb.claims.Compare`, ``Trend``, ``Rank`` and ``Within``.
    caption : str
        Words below the table of claims.
    direction : int or None
        Claimed sign of the change of the entropy from the lowest to the highest level, for
        `sensitivity` and `lengths`; MI goes the other way.

    Notes
    -----
    Dims in and out of the steps: `data` (level, seed) → parts by role, each ``input`` (sample,
    ...); `train` → model(s) and history (epoch); `measure` → any labelled dataset of one run, which
    `run` stacks to dims (*over, seed, ...).

    Examples
    --------
    >>> import numpy as np
    >>> @dataclass(frozen=True)
    ... class Means(Experiment):
    ...     \"\"\"Means of random numbers.\"\"\"
    ...     name, claim, over = "means", "the mean grows with the shift", "shift"
    ...     shift: list[float] = parameter([0.0, 1.0], "added to all numbers")
    ...     def data(self, shift, seed):
    ...         values = np.random.default_rng(seed).normal(shift, size=100)
    ...         return {"train": xr.Dataset({"input": ("sample", values)})}
    ...     def train(self, shift, seed, data, checkpoint=None, progress=False):
    ...         return float(data["train"].input.mean()), None
    ...     def measure(self, shift, seed, model, data):
    ...         return xr.Dataset({"mean": model})
    >>> Means(cache="none").run(progress=False)["mean"].round(1).values.ravel()
    array([0.1, 1.1])
    """

    name: ClassVar[str]
    claim: ClassVar[str]
    over: ClassVar[str | tuple[str, ...]]
    rows: ClassVar[Sequence[Row]] = ()
    caption: ClassVar[str] = ""
    direction: ClassVar[int | None] = None

    cache: str = parameter(
        "", "folder that keeps finished runs; empty: the user's cache; none: no folder",
        affects="selection", order=1,
    )  # fmt: skip
    cluster: str = parameter(
        "", "where runs are made; empty: here; 4: by 4 processes; tcp://HOST:8786: a cluster",
        affects="selection", order=1,
    )  # fmt: skip
    interactive: bool = parameter(
        True, "live controls; false: pictures only", affects="selection", order=1
    )
    results: str = parameter(
        "", "where to save the labelled results (.zarr); empty: nowhere", affects="selection",
        order=1,
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        check_cluster(self.cluster)

    # the steps

    def prepare(self) -> None:
        """Find files and devices; raise one clear error before anything is created."""

    def data(self, level: Any, seed: int) -> dict[str, xr.Dataset]:
        """Return the data sets of one run by role: train, evaluation, reference, null ..."""
        raise NotImplementedError(f"{type(self).__name__} needs a method data(level, seed).")

    def network(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return the network as it is before training."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a method train(level, seed, data), or the two steps "
            "network(level, seed, data) and fitting(level, seed, data)."
        )

    def fitting(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """
        Return what `infonb.fit` is told besides network, data, seed and checkpoint.

        ``train`` and ``validation`` may be among it, where they are not the parts train and
        evaluation of the data.
        """
        return {}

    def train(
        self, level: Any, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[Any, xr.Dataset | None]:  # fmt: skip
        """
        Return the trained model, or several in any form, and a history (epoch) or None.

        In `checkpoint`, a folder or None, an interrupted training finds what it had reached. As it
        is inherited, it fits `network` to the part train as `fitting` says, and validates it on
        evaluation, if there is that.
        """
        from infonb.training.group import raise_first, train_together

        fit = asked_fit(self, level, seed, data, checkpoint)
        return fit.model, raise_first(train_together([fit], progress=progress))[0]

    def measure(self, level: Any, seed: int, model: Any, data: dict[str, xr.Dataset]) -> xr.Dataset:
        """Return all that one run leaves behind, labelled."""
        raise NotImplementedError(f"{type(self).__name__} needs a method measure.")

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Return the runs with what needs all of them, such as bins shared by all networks."""
        return runs

    @classmethod
    def anchored(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return parameters whose paths are seen from any folder: a dashboard runs elsewhere."""
        found = dict(values)
        for name in ("cache", "folder"):
            if found.get(name) not in (None, "", "none"):
                found[name] = absolute(found[name])
        return found

    # what is inherited

    @classmethod
    def from_namespace(cls, namespace: Mapping[str, Any]) -> Self:
        """
        Return the experiment of a notebook, from the variables of its cell of parameters.

        Several cells need the same networks: with ``cache=none`` runs are kept until the process
        ends, unless they are made by others (``cluster``).
        """
        experiment = super().from_namespace(namespace)
        if experiment.cluster or cache_folder(experiment.cache) is not None:
            return experiment
        return experiment.changed(cache=cache_of_this_process().name)

    @classmethod
    def title(cls) -> str:
        """Return the first line of the docstring."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")

    @property
    def trains_together(self) -> bool:
        """Whether its small networks can be trained in groups: its `train` is the inherited one."""
        return type(self).train is Experiment.train

    @property
    def seeds(self) -> list[int]:
        """The seeds: the parameter ``seed``, where there is one."""
        seeds = getattr(self, "seed", [0])
        return list(seeds) if isinstance(seeds, list) else [seeds]

    def levels(self) -> list[Any]:
        """Return the levels that are compared; of several dimensions, all combinations."""
        dims = dims_of(self.over)
        for dim in dims:
            if not isinstance(getattr(self, dim, None), list):
                raise TypeError(
                    f"over names {dim!r}, which must be a parameter of {type(self).__name__} that "
                    "is a list, such as list[float]; or write a method levels()."
                )
        if len(dims) == 1:
            return list(getattr(self, dims[0]))
        return list(product(*(getattr(self, dim) for dim in dims)))

    def one(self, level: Any, seed: int, *, progress: bool | str = False) -> One:
        """Make or read the network of one level and seed, which `run` then does not train again."""
        check_affects(type(self))
        folder = cache_folder(self.cache)
        code = code_of(type(self), folder=folder) if folder else None
        data = checked_data(self.data(level, seed))
        place = CachedRun.of(self, level, seed, data, code=code)

        def train(folder: Path | None) -> tuple[Any, xr.Dataset | None]:
            return checked_training(
                self.train(level, seed, data, checkpoint=folder, progress=progress)
            )

        what = f"{self.name} at {level!r}, seed={seed}"
        model, history = train(None) if place is None else train_alone(place, train, what)
        return One(data, model, history)

    def run(self, *, progress: bool | str = True) -> xr.Dataset:
        """
        Train and measure a network for each level and seed, or read what is kept.

        Returns
        -------
        xarray.Dataset
            What `measure` returns with the dims (*over, seed, ...) in front, the curves of the
            training (epoch), and attributes that say how it came about. It is saved where
            `results` says.
        """
        return self._told(self.finish(self._swept(progress)))

    def _swept(self, progress: bool | str) -> xr.Dataset:
        """Return the runs of all levels and seeds."""
        return sweep(self, self.levels(), progress=progress)

    def _told(self, runs: xr.Dataset) -> xr.Dataset:
        """Return the results with attributes of how they came about, saved where `results` says."""
        import torch

        runs = runs.assign_attrs(
            experiment=self.name,
            parameters=json.dumps(self._values()),
            versions=f"infonb {__version__}, torch {torch.__version__}",
        )
        if self.results:
            from infonb.storage import save_dataset

            save_dataset(runs, self.results, overwrite=True)
        return runs

    @classmethod
    def of(cls, runs: xr.Dataset) -> Self:
        """Return the experiment, with the parameters, that results came from."""
        if runs.attrs.get("experiment") != cls.name:
            raise ValueError(
                f"these are results of {runs.attrs.get('experiment')!r}, not of {cls.name!r}."
            )
        return cls().changed(**json.loads(runs.attrs["parameters"]))

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the declared claims beside what the runs say."""
        from infonb.claims import ClaimsTable, claims_table

        dims = dims_of(self.over)
        if len(dims) == 1:
            return claims_table(self.declared(runs), runs, dims[0], self.words(runs))
        found, words = [], [self.words(runs)]
        for row in self.declared(runs):
            over = row.over if row.over in dims else dims[0]
            # of a product, the other dimensions are taken one combination after the other
            others = {dim: runs[dim].values.tolist() for dim in dims if dim != over}
            for labels in product(*others.values()):
                chosen = dict(zip(others, labels, strict=True))
                table = claims_table([row], runs.sel(chosen, drop=True), over)
                there = "".join(
                    f", {dim} = {label}" for dim, label in chosen.items() if len(others[dim]) > 1
                )
                found += [replace(claim, where=claim.where + there) for claim in table.claims]
                words += [table.caption] if table.caption not in words else []
        return ClaimsTable(found, " ".join(part for part in words if part))

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences, with the grid of `sensitivity`, if any."""
        from infonb.claims import describe_claims

        return " ".join(describe_claims(table, grid, self.opening)) or table.summary

    def opening(self, start: Any, end: Any) -> str:
        """Return how the answer names what changes from one level to another."""
        return f"from {start} to {end}"

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the table; those that depend on the parameters override this."""
        return self.rows

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return self.caption

    def ends(self, runs: xr.Dataset) -> tuple[Any, Any]:
        """Return the two levels that `sensitivity` and `lengths` compare: lowest and highest."""
        labels = runs[self._first()].values.tolist()
        named = any(isinstance(label, str) for label in labels)
        return (labels[0], labels[-1]) if named else (min(labels), max(labels))

    def sensitivity(self, runs: xr.Dataset, **choices: Any) -> xr.Dataset:
        """Return how the conclusion depends on the measures' choices: bins, edges, k, samples."""
        from infonb.claims.sensitivity import sensitivity

        if "activation" not in runs:
            raise ValueError(
                f"the runs of {self.name!r} have no variable 'activation' (layer, neuron, sample) "
                "to measure again."
            )
        start, end = self.ends(runs)
        return sensitivity(
            runs.activation, self._first(), start, end, direction=self.direction, **choices
        )

    def lengths(self, runs: xr.Dataset, **options: Any) -> xr.Dataset:
        """Return how it depends on the length of training and the side of the ReLU."""
        from infonb.experiments.lengths import over_lengths

        needed = ("epochs", "activations", "bins", "k", "record")
        missing = [name for name in needed if not hasattr(self, name)]
        if missing:
            raise ValueError(f"lengths needs {', '.join(missing)} in {type(self).__name__}.")
        return over_lengths(self, *self.ends(runs), **options)

    def _first(self) -> str:
        return dims_of(self.over)[0]

    def _values(self) -> dict[str, Any]:
        """Return the parameters that numbers can depend on, not where and how they are shown."""
        shown = ("interactive", "results", "cache", "cluster")
        return {name: value for name, value in asdict(self).items() if name not in shown}
