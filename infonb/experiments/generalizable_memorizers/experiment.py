"""The experiment: memorizers of pairs of digits, built in five ways, asked about unseen ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable, Row, claims_table
from infonb.experiments.experiment import Experiment
from infonb.experiments.generalizable_memorizers.building import Memorizer, build, flat
from infonb.experiments.generalizable_memorizers.claims import (
    rows_of_information,
    rows_of_laws,
    rows_of_pairs,
)
from infonb.experiments.generalizable_memorizers.parameters import MemorizerParameters
from infonb.experiments.generalizable_memorizers.readings import (
    information_table,
    laws_table,
    pairs_table,
)
from infonb.parameters import ParameterError

__all__ = ["GeneralizableMemorizers"]


@dataclass(frozen=True)
class GeneralizableMemorizers(MemorizerParameters, Experiment):
    """
    Memorizers: which networks that know every example also know others.

    Yu, Gao, Zhang and Miao (2024): a network with 100 % training accuracy may generalize or not,
    and which it does is a matter of how it memorizes. Here on pairs of digits: a cell around every
    point, whose sharp form is the nearest neighbour; the nearest neighbour of a narrow projection;
    two ReLU layers of 2√N units; bits of few numbers; and a trained network. All but the last are
    built, in reconstructions of our own, since the paper's networks could not be read. Beside them
    the laws of width and of parameters, and a distribution on which memory does not help.
    """

    name, over = "generalizable_memorizers", ("memorizer", "pair")
    claim: ClassVar[str] = (
        "Networks that memorize every example generalize if they keep all directions of the data; "
        "those that memorize with the fewest parameters do not."
    )

    def prepare(self) -> None:
        """Find the files of the data set, and raise where `n_train` images are no two classes."""
        from infonb.data import digit_pair

        digit_pair(self.pair[0], dataset=self.dataset, folder=self.folder or None)
        for pair in self.pair if self.n_train else ():
            for seed in self.seed:
                try:
                    train = self.data(("cells", pair), seed)["train"]
                except ValueError as error:
                    raise ParameterError(f"pair {pair} of {self.dataset}: {error}") from None
                if len(np.unique(train["label"])) < 2:
                    raise ParameterError(
                        f"n_train must be more than {self.n_train}: with seed {seed} all of them "
                        f"are of one class of {pair}."
                    )

    def data(self, level: tuple[str, str], seed: int) -> dict[str, xr.Dataset]:
        """Return the images of the pair for training, and those held out: evaluation."""
        from infonb.data import digit_pair

        train, held_out = digit_pair(
            level[1], dataset=self.dataset, n_train=self.n_train, seed=seed,
            folder=self.folder or None,
        )  # fmt: skip
        # in random order, so that the first of them are some of both classes
        order = np.random.default_rng([seed, 53]).permutation(train.sizes["sample"])
        return {"train": train.isel(sample=order), "evaluation": held_out}

    def train(
        self, level: tuple[str, str], seed: int, data: dict[str, xr.Dataset],
        checkpoint: Path | None = None, progress: bool | str = False,
    ) -> tuple[dict[str, Memorizer], None]:  # fmt: skip
        """Build a memorizer of the labels, and one of labels in random order."""
        labels = {"true": data["train"]["label"].values}
        if self.null:
            labels["permuted"] = _permuted(labels["true"], seed)
        mlp = {"width": self.width, "epochs": self.epochs, "learning_rate": self.learning_rate}
        return {
            name: build(
                level[0], data["train"], values, seed=seed, sharpness=self.sharpness,
                rank=self.rank, n_relu=self.n_relu, mlp=mlp,
            ) for name, values in labels.items()
        }, None  # fmt: skip

    def measure(
        self, level: tuple[str, str], seed: int, model: dict[str, Memorizer],
        data: dict[str, xr.Dataset],
    ) -> xr.Dataset:  # fmt: skip
        """
        Return accuracies, sizes and, of cells, how far they are the nearest neighbour.

        Of the pair that is asked for also ``entropy`` and ``pair_information`` (layer) in nats.
        """
        from infonb.experiments.generalizable_memorizers import measures

        own, labels = model["true"], data["train"]["label"].values
        # every run has all variables, so that they can be stacked: NaN where it has no such thing
        nearest, said = measures.nothing_found(), None
        if level[0] == "cells":
            said, checked = measures.neighbour_check(own, data)
            cover = float(measures.cover_number(flat(data["train"]), labels))
            nearest = nearest.assign(checked).assign(cover_of=cover)
        found: dict[str, Any] = measures.accuracies(
            own, labels, data, n_checked=self.n_checked, said=said
        )
        found |= {"n_parameters": float(own.n_parameters), "n_points": float(own.n_points)}
        found["n_train"] = float(labels.size)
        if "permuted" in model:
            other = measures.accuracies(
                model["permuted"], _permuted(labels, seed), data, n_checked=self.n_checked
            )
            found |= {f"{name}_null": other[name] for name in ("accuracy", "train_accuracy")}
        else:
            found |= {"accuracy_null": np.nan, "train_accuracy_null": np.nan}
        run = nearest.assign(found)
        if level[1] == self.information_of:
            told = measures.information_of(
                own, data["evaluation"], bins=self.bins, mi_neurons=self.mi_neurons, seed=seed
            )
            run = run.assign({name: values.reindex_like(run) for name, values in told.items()})
        return run

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the laws, which are of points drawn at random: width, parameters, parity."""
        from infonb.experiments.generalizable_memorizers import laws

        found = [
            laws.width_law(self.n_dims, self.law_points, self.draws),
            laws.parameter_law(self.bit_points, self.draws),
            laws.parity_law(self.cube, self.draws),
        ]
        return runs.assign({name: one for part in found for name, one in part.items()})

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return all rows."""
        return [
            *rows_of_pairs(runs.memorizer.values.tolist()), *rows_of_laws(runs),
            *rows_of_information(runs),
        ]  # fmt: skip

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the rows: over pairs, over draws of points, over seeds."""
        parts = [
            claims_table(rows_of_pairs(runs.memorizer.values.tolist()), pairs_table(runs), "side"),
            claims_table(rows_of_laws(runs), laws_table(runs), "side"),
        ]
        if rows := rows_of_information(runs):
            parts.append(claims_table(rows, information_table(runs), "side"))
        words = [self.words(runs), *(part.caption for part in parts)]
        found = [claim for part in parts for claim in part.claims]
        return ClaimsTable(found, " ".join(filter(None, words)), "repeat")

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        return table.summary

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Accuracy is the share of images that were not memorized. A repeat is a pair of digits "
            "(mean over seeds); of the laws a draw of points; of entropy and MI, which are of one "
            f"pair, a seed. {INTERVALS.replace('seeds', 'repeats')} The paper's tables cannot be "
            "read: of it stands here only what its abstract and a digest say in words, that M1 is "
            "far above M2 and M3 and that the width must be at least the dimension; limits, such "
            "as 0.96, are this page's. That M1 is the algorithm of its Theorem 7.3, and M2 and M3 "
            "such as here, is a guess, and all memorizers here are reconstructions."
        )


def _permuted(labels: np.ndarray, seed: int) -> np.ndarray:
    found: np.ndarray = np.random.default_rng([seed, 59]).permutation(labels)
    return found
