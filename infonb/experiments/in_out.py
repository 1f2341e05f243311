"""The base of experiments that train with and without each sample."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import ClaimsTable, claims_table
from infonb.experiments.cache import cache_folder
from infonb.experiments.cost import Cost
from infonb.experiments.experiment import Experiment
from infonb.experiments.parameters import MAX_SEED
from infonb.experiments.runs import dims_of
from infonb.experiments.stacking import stack_runs
from infonb.experiments.sweep import sweep
from infonb.memorization.in_out import in_out
from infonb.memorization.plan import NULL, in_out_plan
from infonb.parameters import parameter
from infonb.validate import check_dim

__all__ = ["InOut", "scores_of"]

#: The dims of the trainings.
RUNS = ("repeat", "fold")

#: What is found, which no score can be named.
RESULTS = ("U", "V", "mem", "interval", "n_in", "n_out", "held_out")


@dataclass(frozen=True)
class InOut(Experiment):
    """
    Base of an experiment that trains with and without each sample, whatever the model.

    A subclass writes `examples`, how it trains (`network` and `fitting`, or `train`), and `scores`.
    It may compare kinds of trainings: `over` then names parameters that are lists before
    ``"repeat"`` and ``"fold"``, such as ``("labels", "repeat", "fold")``.

    Attributes
    ----------
    together : str or None
        A coordinate of the samples; those that are equal in it are seen or left out together.
    pool : str
        ``"mean"``, or ``"logmeanexp"`` of log-probabilities, as of `infonb.memorization.in_out`.

    Notes
    -----
    Dims of the results: each score (*kinds, repeat, fold, seed, sample), ``held_out`` the same,
    and of `infonb.memorization.in_out` ``U``, ``V``, ``mem``, ``n_in``, ``n_out`` (score, *kinds,
    seed, sample) and ``interval`` (..., sample, bound). All that is known of the samples is a
    coordinate of ``sample``. Samples whose ``role`` is ``"null"`` are trained on by nobody.

    Rows are judged on ``mem`` (score, *kinds, seed, sample) of `by_repeat`, in which each repeat
    stands in the place of a seed: along the first of the kinds, or along ``score`` without any.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Means(InOut):
    ...     \"\"\"How far the mean of numbers follows each of them.\"\"\"
    ...     name, claim = "means", "an outlier moves the mean most"
    ...     def examples(self, seed):
    ...         return xr.Dataset({"input": ("sample", [0.0, 1.0, 2.0, 9.0])})
    ...     def train(self, level, seed, data, checkpoint=None, progress=False):
    ...         return data["train"].input.mean(), None
    ...     def scores(self, model, data):
    ...         return xr.Dataset({"log_density": -((data.input - model) ** 2) / 2})
    >>> runs = Means(repeats=20, folds=4, cache="none").run(progress=False)
    >>> runs.mem.squeeze(drop=True).values.round(1)
    array([ 3.7,  1.1, -0.4, 17.7])
    """

    over: ClassVar[str | tuple[str, ...]] = RUNS
    together: ClassVar[str | None] = None
    pool: ClassVar[str] = "mean"

    repeats: int = parameter(
        20, "how often the samples are divided anew", minimum=1, affects="selection"
    )
    folds: int = parameter(
        2, "parts of each division; every training leaves one of them out", minimum=2
    )
    seed: list[int] = parameter(
        [0], "of divisions, first weights and order of samples", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip

    # what a subclass writes

    def examples(self, *kind_and_seed: Any) -> xr.Dataset:
        """Return all samples, given a label of each kind (if any) and the seed."""
        raise NotImplementedError(f"{type(self).__name__} needs a method examples(seed).")

    def scores(self, model: Any, data: xr.Dataset) -> xr.Dataset:
        """Return one or more scores of all samples, higher where better known: (sample, ...)."""
        raise NotImplementedError(f"{type(self).__name__} needs a method scores(model, data).")

    # the steps

    @property
    def kinds(self) -> tuple[str, ...]:
        """The dims of the levels before the trainings."""
        return dims_of(self.over)[: -len(RUNS)]

    def levels(self) -> list[Any]:
        """Return (*kinds, repeat, fold) of all trainings."""
        kinds = [getattr(self, kind) for kind in self.kinds]
        return list(product(*kinds, range(self.repeats), range(self.folds)))

    def own_seed(self, level: Any, seed: int) -> int:
        """Return a seed for one training, the same whatever is compared besides."""
        return int(np.random.SeedSequence([seed, *level[-len(RUNS) :]]).generate_state(1)[0])

    def data(self, level: Any, seed: int) -> dict[str, xr.Dataset]:
        """Return what the training sees (``train``), and all ``samples`` with ``held_out``."""
        *kind, repeat, fold = level
        examples = self.examples(*kind, seed)
        plan = in_out_plan(
            examples, repeats=[repeat], folds=self.folds, together=self.together, seed=seed
        )
        held_out = plan.sel(repeat=repeat, fold=fold, drop=True)
        null = held_out["role"].values == NULL if "role" in held_out.coords else False
        seen = np.flatnonzero(~held_out.values & ~np.asarray(null))
        held = ("sample", held_out.values)
        return {"train": examples.isel(sample=seen), "samples": examples.assign(held_out=held)}

    def fitting(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what `infonb.fit` is told: all epochs, and an order of the samples of its own."""
        return {"seed": self.own_seed(level, seed), "monitor": None, "keep": "last"}

    def measure(self, level: Any, seed: int, model: Any, data: dict[str, xr.Dataset]) -> xr.Dataset:
        """Return the scores of all samples, and which of them were left out."""
        samples = data["samples"]
        scores = _checked(self.scores(model, samples), samples)
        # what is known of the samples is the same in all runs and is put beside them at the end
        known = [name for name in scores.coords if name in samples.variables and name != "sample"]
        return scores.drop_vars(known).assign(held_out=("sample", samples.held_out.values))

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add U, V, mem, their interval and counts, and what is known of the samples."""
        runs = runs.assign_coords(self._known())
        found = in_out(scores_of(runs), runs.held_out, dim=RUNS, pool=self.pool)
        return runs.assign(found.data_vars).assign_coords(found.coords)

    # what is inherited

    def cost(self) -> str:
        """Return how many trainings there are, and on how many samples; nothing is trained."""
        levels = self.levels()
        data, n = self.data(levels[0], self.seeds[0]), len(levels) * len(self.seeds)
        n_seen, n_samples = (data[name].sizes["sample"] for name in ("train", "samples"))
        kept = "" if cache_folder(self.cache) is None else "; those kept from before are read"
        return f"{n:,} trainings, each on {n_seen:,} of {n_samples:,} samples{kept}."

    def run(self, *, progress: bool | str = True) -> xr.Dataset:
        """
        Train and score all.

        Unless progress is False, `cost` is told before it begins, and how long the rest takes as
        soon as trainings, or groups of them, have shown it (where they are made here, not by a
        ``cluster``). Ctrl-C then loses none of these, if runs are kept.
        """
        if progress:
            print(f"cost: {self.cost()}")  # a page folds it with the progress bars
        return super().run(progress=progress)

    def _swept(self, progress: bool | str) -> xr.Dataset:
        return sweep(self, self.levels(), progress=progress, cost=Cost() if progress else None)

    def by_repeat(self, runs: xr.Dataset) -> xr.DataArray:
        """
        Return the memorization that each repeat finds: (score, *kinds, ..., seed, sample).

        A repeat is a division and trainings of its own, which is what ``seed`` stands for in
        claims: all repeats of all seeds, one after the other.
        """
        mem = in_out(scores_of(runs), runs.held_out, dim="fold", pool=self.pool).mem
        known = {name: c for name, c in runs.coords.items() if c.dims == ("sample",)}
        stacked = mem.stack(training=("seed", "repeat")).drop_vars(["training", "seed", "repeat"])
        mem = stacked.rename(training="seed")
        # a score may have dims of its own, such as epochs at which it was taken
        mem = mem.transpose("score", *self.kinds, ..., "seed", "sample")
        return mem.assign_coords(known | {"seed": np.arange(mem.sizes["seed"])})

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the declared rows, of the memorization that each repeat finds."""
        mem = self.by_repeat(runs).to_dataset(name="mem")
        over = self.kinds[0] if self.kinds else "score"
        return claims_table(self.declared(runs), mem, over, self.words(runs), each="repeat")

    def _known(self) -> dict[str, xr.DataArray]:
        """Return what is known of the samples: with dims of the kinds where these differ."""
        kinds = [getattr(self, kind) for kind in self.kinds]
        about = {}
        for *kind, seed in product(*kinds, self.seeds):
            examples = self.examples(*kind, seed)
            one_each = [
                name for name, c in examples.variables.items()
                if c.dims == ("sample",) and name != "input"
            ]  # fmt: skip
            about[*kind, seed] = examples[one_each].set_coords(one_each)
        labels = dict(zip(self.kinds, kinds, strict=True)) | {"seed": self.seeds}
        return {str(name): c for name, c in stack_runs(about, labels).coords.items()}


def _checked(scores: Any, samples: xr.Dataset) -> xr.Dataset:
    """Return what `scores` gave; raise unless it is scores of all samples, in their order."""
    if not isinstance(scores, xr.Dataset) or not scores.data_vars:
        what = type(scores).__name__ + (" without any" if isinstance(scores, xr.Dataset) else "")
        raise TypeError(
            f"scores must return an xarray.Dataset with a variable a score; not {what}."
        )
    for name, score in scores.data_vars.items():
        if name in {*samples.variables, *RESULTS}:
            raise ValueError(
                f"{name!r} cannot be the name of a score: it has another meaning here."
            )
        check_dim("sample", score.dims, f"score {name!r}")
        _check_finite(str(name), score)
    n, n_all = scores.sizes["sample"], samples.sizes["sample"]
    if n != n_all:
        raise ValueError(f"scores must be of all {n_all:,} samples; not of {n:,}.")
    known = "sample" in scores.coords and "sample" in samples.coords
    if known and not np.array_equal(scores["sample"].values, samples["sample"].values):
        raise ValueError("scores must be of the samples in the order in which they are given.")
    return scores


def _check_finite(name: str, score: xr.DataArray) -> None:
    """Raise for a score that is infinite or no number, now and not after all trainings."""
    if score.dtype.kind not in "fiub":
        raise TypeError(f"score {name!r} must hold real numbers; not {score.dtype}.")
    infinite = np.isinf(score.transpose("sample", ...).values)
    if infinite.any():
        place = int(np.flatnonzero(infinite.reshape(len(infinite), -1).any(axis=1))[0])
        at = score["sample"].values[place] if "sample" in score.coords else place
        raise ValueError(
            f"score {name!r} is infinite for sample {at}, the first of {int(infinite.sum()):,}; "
            "clip it, such as a logarithm of 0, or put NaN where it is not known."
        )


def scores_of(runs: xr.Dataset) -> xr.DataArray:
    """Return the scores of the trainings as one array: (score, *kinds, repeat, fold, ...)."""
    names = [
        name for name, one in runs.data_vars.items()
        if name != "held_out" and {*RUNS, "sample"} <= set(one.dims)
    ]  # fmt: skip
    score = runs[names].to_dataarray("score").astype(float)
    return score.assign_coords(score=np.array(names, dtype=object))
