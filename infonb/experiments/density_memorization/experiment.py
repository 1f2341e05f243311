"""The experiment: density models with and without each image, at two learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable, Row, claims_table
from infonb.experiments.density_memorization.claims import rows_of
from infonb.experiments.density_memorization.data import images_of, measured, planted
from infonb.experiments.density_memorization.parameters import DensityParameters
from infonb.experiments.density_memorization.readings import judged
from infonb.experiments.in_out import InOut

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DensityMemorization"]


@dataclass(frozen=True)
class DensityMemorization(DensityParameters, InOut):
    """
    Density models: which images a generator knows by heart.

    van den Burg and Williams (2021): variational autoencoders are trained with and without each
    image. By how many nats it is likelier to those that saw it is its memorization. Some images
    were planted, so that it is known what must come out: shuffled ones that are like no other,
    alone and in many copies, and images that nobody trains on. Measured at several epochs, with a
    low and a high learning rate.
    """

    name, over = "density_memorization", ("learning_rate", "repeat", "fold")
    claim: ClassVar[str] = (
        "Density models memorize single images, more with a higher learning rate and with every "
        "epoch; it is no overfitting, and tests of nearest neighbours do not see it."
    )

    def prepare(self) -> None:
        """Find the device and the files of the data set before anything is created."""
        self.check_device()
        images_of(self.dataset, self.folder)

    def examples(self, learning_rate: float, seed: int) -> xr.Dataset:
        """Return all samples; the same ones for every rate and seed."""
        return planted(
            images_of(self.dataset, self.folder), self.numbers, copies=self.copies,
            binarize=self.binarize, seed=0,
        )  # fmt: skip

    def data(self, level: Any, seed: int) -> dict[str, xr.Dataset]:
        """Return what the training sees, all ``samples``, and others that no network sees."""
        others = measured(
            images_of(self.dataset, self.folder), self.n_measured, skip=sum(self.numbers.values()),
            binarize=self.binarize, seed=0,
        )  # fmt: skip
        return super().data(level, seed) | {"reference": others}

    def train(
        self, level: Any, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[dict[int, nn.Module], xr.Dataset]:  # fmt: skip
        """Train one network; return it as it was at each checkpoint, and the course."""
        from infonb.experiments.density_memorization.training import make_network, train
        from infonb.training.device import choose_device

        own, side = self.own_seed(level, seed), data["train"].sizes["row"]
        device = choose_device(self.device)
        images = data["train"].drop_vars("input")
        images["intensity"] = self._taken(images["intensity"])
        return train(
            lambda: make_network(
                self.network, side, hidden=self.hidden, n_latent=self.n_latent, seed=own
            ).to(device),
            images, checkpoints=self.checkpoints, binarize=self.binarize, checkpoint=checkpoint,
            learning_rate=level[0], batch_size=self.batch_size, progress=progress,
            **{"seed": own, "monitor": None, "keep": "last"},
        )  # fmt: skip

    def scores(self, model: dict[int, nn.Module], data: xr.Dataset) -> xr.Dataset:
        """Return the ``log_density`` in nats of all samples: (checkpoint, sample)."""
        from infonb.memorization import log_density

        images = self._taken(data["input"].drop_vars(list(data.coords)))
        found = [log_density(one, images, n_samples=self.draws) for one in model.values()]
        whole = xr.concat(found, _checkpoints(model), combine_attrs="override")
        return whole.astype(np.float32).drop_vars("sample").to_dataset(name="log_density")

    def measure(
        self, level: Any, seed: int, model: dict[int, nn.Module], data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return log-density and nearest-neighbour ratio (checkpoint, sample), tests, information.

        ``c_t``, ``auth_pct`` (checkpoint) with their nulls (); of the encoder, on images that no
        network saw, ``activation``, ``entropy`` (checkpoint, layer, neuron) and
        ``pair_information`` (checkpoint, layer).
        """
        from infonb.experiments.density_memorization import measures

        reference = data["reference"]["input"]
        taken, layers = self._taken(reference), measures.layers_of(self.depth, self.network)
        parts = [
            measures.distances(
                one, data["samples"], data["train"], reference, downsample=self.downsample
            )
            for one in model.values()
        ]
        far = xr.concat(parts, _checkpoints(model), combine_attrs="override")
        told = measures.information_of(
            model, taken, layers, bins=self.bins, edges=self.edges, k=self.k,
            mi_samples=self.mi_samples, mi_neurons=self.mi_neurons,
        )  # fmt: skip
        null = measures.null_distances(data["train"], reference)
        return super().measure(level, seed, model, data).assign(far).assign(told).assign(null)

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add U, V, mem and, if that is asked for, the entropy in bins shared by all networks."""
        if self.edges == "shared":
            from infonb.measures import entropy

            activation = runs["activation"].rename(image="sample")
            runs["entropy"] = entropy(activation, bins=self.bins, edges="shared")
        return super().finish(runs)

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows: what the paper says, what the plan says must come out, the neurons."""
        return rows_of(self.learning_rate, self.checkpoints)

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the declared rows, each repeat by itself."""
        table = judged(self, runs)
        rows = self.declared(runs)
        return claims_table(rows, table, "learning_rate", self.words(runs), each="repeat")

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Memorization M in nats, one effect for each repeat, a division with trainings of its "
            "own; q.95 is the quantile above which 5 % of the regular images lie. "
            f"{INTERVALS.replace('seeds', 'repeats')} Of the paper's figures only the ranges of "
            "axes can be read: its q.95 and q.999 of MNIST lie between 8 and 55 nats."
        )

    def _taken(self, images: xr.DataArray) -> xr.DataArray:
        from infonb.experiments.density_memorization.measures import as_network_takes

        return as_network_takes(images, self.network)


def _checkpoints(model: dict[int, Any]) -> xr.Variable:
    return xr.Variable("checkpoint", np.array(list(model)))
