"""The experiment: networks of several sizes learn ever more random strings by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable, Row, claims_table
from infonb.experiments.experiment import Experiment
from infonb.experiments.measuring import shared_entropy
from infonb.experiments.memorization_capacity.claims import rows_of
from infonb.experiments.memorization_capacity.parameters import CapacityParameters

if TYPE_CHECKING:
    from torch import nn

__all__ = ["MemorizationCapacity"]


@dataclass(frozen=True)
class MemorizationCapacity(CapacityParameters, Experiment):
    """
    Memorization capacity: how many bits of random strings a language model holds.

    Morris and others (2025): of uniform random strings nothing can be generalized, so that every
    bit that a model saves in coding them is memory. The bits grow with the number of strings until
    the model is full; there GPT-style models hold about 3.6 bits a parameter. Here on small
    GPT-NeoX of three widths, with held-out strings as the null, and with what the neurons say
    below and above capacity.
    """

    name, over = "memorization_capacity", ("size", "n_strings")
    claim: ClassVar[str] = (
        "A language model holds about 3.6 bits a parameter, however many random strings it sees."
    )

    def prepare(self) -> None:
        """Find the device, before all else."""
        self.check_device()

    def data(self, level: tuple[int, int], seed: int) -> dict[str, xr.Dataset]:
        """Return random strings: train, the first of the seed, and held_out, the same for all."""
        from infonb.experiments.memorization_capacity import training

        _, n = level
        sizes = {"train": (n, training.TRAINED), "held_out": (self.n_held_out, training.HELD_OUT)}
        return {
            role: training.random_strings(
                number, self.length, self.vocabulary, seed=seed, stream=stream
            ) for role, (number, stream) in sizes.items()
        }  # fmt: skip

    def train(
        self, level: tuple[int, int], seed: int, data: dict[str, xr.Dataset],
        checkpoint: Path | None = None, progress: bool | str = False,
    ) -> tuple[nn.Module, xr.Dataset]:  # fmt: skip
        """Train a network of this width on all strings at once; return it and its course."""
        from infonb.experiments.memorization_capacity.training import one_after_the_other, train
        from infonb.networks import language_model
        from infonb.training.device import choose_device

        size, _ = level
        network = one_after_the_other(language_model(
            vocabulary=self.vocabulary, hidden=size, layers=self.layers, heads=self.heads_of(size),
            length=self.length, spread=self.spread, seed=seed,
        )).to(choose_device(self.device))  # fmt: skip
        history = train(
            network, data["train"], steps=self.steps, learning_rate=self.learning_rate,
            warmup=self.warmup, seed=seed, checkpoint=checkpoint, progress=progress,
        )  # fmt: skip
        return network.eval(), history

    def measure(
        self, level: tuple[int, int], seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return bits of the strings, what is recited, and information on held-out strings.

        Dims (string), (group), and ``entropy`` (layer, neuron) and ``mutual_information`` in nats.
        """
        from infonb.experiments.memorization_capacity import measures

        found = measures.bits_and_recital(
            model, data, vocabulary=self.vocabulary, prompt=self.prompt
        )
        run = measures.information_of(
            model, data["held_out"], prompt=self.prompt, layers=self.layers, bins=self.bins,
            edges=self.edges, k=self.k, mi_samples=self.mi_samples, mi_neurons=self.mi_neurons,
        )  # fmt: skip
        return run.assign(found.data_vars).assign_coords(found.coords)

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if asked for, and the plateau of each size."""
        from infonb.experiments.memorization_capacity.capacity import with_capacity

        return with_capacity(shared_entropy(runs, bins=self.bins, edges=self.edges))

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the numbers of strings that were tried."""
        return rows_of(runs.n_strings.values.tolist())

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the claims: each says itself along what it compares."""
        return claims_table(self.declared(runs), runs, "size", self.words(runs))

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        return table.summary

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Bits beyond the code of the true source, one number for each seed; parameters are all "
            f"of them, those of the tokens (embedding and output) too; entropy and MI in nats, of "
            f"held-out strings. {INTERVALS} The paper: GPT-style models of 500,000 to 1.5 billion "
            "parameters."
        )
