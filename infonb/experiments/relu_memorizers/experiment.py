"""The experiment: networks that are built to memorize beside networks that are trained to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable, Row, claims_table
from infonb.experiments.experiment import Experiment
from infonb.experiments.relu_memorizers.claims import rows_of
from infonb.experiments.relu_memorizers.data import images_of, memorized_and_others
from infonb.experiments.relu_memorizers.hyperplanes import RandomHyperplanes
from infonb.experiments.relu_memorizers.parameters import MemorizerParameters

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ReLUMemorizers"]

#: λ of the published runs on two digits.
_PAIR_BIAS = 0.5


@dataclass(frozen=True)
class ReLUMemorizers(MemorizerParameters, Experiment):
    """
    Constructed memorizers: what neurons show of networks that never learnt.

    Yun, Sra and Jadbabaie (2019): two hidden layers of 2√N ReLUs can be given weights that memorize
    any N points. Such networks are built here, beside networks of the same widths that are trained
    on the same digits, with true and random labels: what do entropy and mutual information of their
    neurons say? And random hyperplanes (Dirksen, Finke and Genzel 2024), of which fewer do.
    """

    name, over = "relu_memorizers", ("network", "labels")
    claim: ClassVar[str] = (
        "Two hidden layers of 2√N units memorize any N points; a network that is built to do so "
        "has neurons of low entropy and high mutual information."
    )

    def prepare(self) -> None:
        """Find the files of the data set before anything is created."""
        if self.dataset != "digits":
            images_of(self.dataset, self.folder)

    def data(self, level: tuple[str, str], seed: int) -> dict[str, xr.Dataset]:
        """Return the digits that are memorized, ``train``, and all others, ``held_out``."""
        return memorized_and_others(self.n_memorized, level[1], seed)

    def train(
        self, level: tuple[str, str], seed: int, data: dict[str, xr.Dataset],
        checkpoint: Path | None = None, progress: bool | str = False,
    ) -> tuple[nn.Module, xr.Dataset | None]:  # fmt: skip
        """Build or train the network; return it, and the course of a training."""
        from infonb.experiments.relu_memorizers import training
        from infonb.training.threads import torch_threads

        kind, images = level[0], data["train"]
        if kind in ("hard tanh", "relu"):
            return training.built(images, kind, seed), None
        pixels = images["input"][0].size
        network = training.first_network(pixels, self.n_memorized, seed)
        if kind == "untrained":
            return network, None
        with torch_threads(1):  # in networks this small several threads wait for each other
            training.memorize(
                network, images, epochs=self.epochs, learning_rate=self.learning_rate,
                batch_size=self.batch_size, seed=seed,
            )  # fmt: skip
        return network, None

    def measure(
        self, level: tuple[str, str], seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return accuracy, error, and on held-out digits entropy and MI of the hidden layers, in nats.

        ``activation`` (layer, neuron, image), ``entropy`` (layer, neuron), ``unit_entropy``,
        ``pair_information``, ``ratio`` (layer); of hard-tanh units ``stair_entropy`` (unit).
        """
        from infonb.experiments.relu_memorizers import measures

        run = measures.information_of(
            model, data["held_out"], bins=self.bins, edges=self.edges, mi_bins=self.mi_bins,
            seed=seed,
        )  # fmt: skip
        run = run.assign(measures.scores_of(model, data))
        return run.assign(self._stairs(level[0], model, data["train"]))

    def _stairs(self, kind: str, model: nn.Module, train: xr.Dataset) -> xr.Dataset:
        """Return the entropy of layer 1 beside its closed form; NaN of other kinds of networks."""
        from infonb.experiments.relu_memorizers import measures
        from infonb.networks import plan_sizes

        if kind == "hard tanh":
            return measures.stairs(model, train, self.bins)
        empty = ("unit", [float("nan")] * (2 * plan_sizes(self.n_memorized).p))
        return xr.Dataset({"stair_entropy": empty, "stair_closed_form": empty})

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if asked for, and the checks of the construction."""
        from infonb.experiments.relu_memorizers.checks import checked

        if self.edges == "shared":
            from infonb.measures import entropy

            activation = runs["activation"].rename(image="sample")
            runs["entropy"] = entropy(activation, bins=self.bins, edges="shared")
        return runs.assign(checked(self.n_points, self.near_epochs, self.seed))

    def hyperplanes(self) -> RandomHyperplanes:
        """Return the experiment on all ten classes: share of networks that interpolate, widths."""
        return self._hyperplanes(
            n_hyperplanes=list(self.n_hyperplanes), seed=list(range(self.restarts))
        )

    def pair(self, pair: str) -> RandomHyperplanes:
        """Return the experiment on two digits: widths by the share of the images."""
        return self._hyperplanes(
            pair=pair, bias=_PAIR_BIAS, n_hyperplanes=list(self.pair_hyperplanes),
            share=list(self.share), seed=list(range(self.pair_restarts)),
        )  # fmt: skip

    def _hyperplanes(self, **values: Any) -> RandomHyperplanes:
        return RandomHyperplanes(
            dataset=self.dataset, folder=self.folder, cache=self.cache, cluster=self.cluster,
            interactive=self.interactive, **values,
        )  # fmt: skip

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the networks and levels that were made."""
        return rows_of(self.network, self.labels)

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the claims: each says itself along what it compares."""
        return claims_table(self.declared(runs), runs, "network", self.words(runs))

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        return table.summary

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Entropy and MI in nats, on digits that no network has seen; MI is that of pairs in "
            f"{self.mi_bins} bins of each neuron, less what shuffled samples give, and is divided "
            f"by the entropy in the same bins. {INTERVALS}"
        )
