"""Memorization in encoders: whose images an encoder keeps together, where and in which units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, Claim, ClaimsTable, Row
from infonb.experiments.encoder_memorization.claims import rows_of_level, rows_of_networks
from infonb.experiments.encoder_memorization.data import divide
from infonb.experiments.encoder_memorization.parameters import EncoderParameters
from infonb.experiments.experiment import Experiment
from infonb.experiments.measuring import shared_entropy

__all__ = ["EncoderMemorization"]


@dataclass(frozen=True)
class EncoderMemorization(EncoderParameters, Experiment):
    """
    Encoders: whose images they keep together, in which layers, and in which units.

    Wang, Dziedzic, Backes and Boenisch (NeurIPS 2024). Two encoders are trained alike, one on
    shared images and candidates (S + C), the other on shared and independent ones (S + I). Where
    the first keeps views of the candidates closer together than the second, it has memorized them:
    LayerMem. External images (E), which neither has seen, are the null. UnitMem tells how much more
    a unit answers to one image than to all others. Beside both: entropy and mutual information of
    the same layers.
    """

    name, over = "encoder_memorization", "network"
    claim: ClassVar[str] = (
        "An encoder keeps views of its own training images closer together, the more so the deeper "
        "the layer; units that answer to single images are what it can spare least."
    )

    def prepare(self) -> None:
        """Find the device and the images before anything is created."""
        self.check_device()
        if self.dataset == "cifar10":
            from infonb.data.cifar10 import check_cifar10

            sizes = self.sizes
            train = sizes["n_shared"] + sizes["n_candidates"] + sizes["n_independent"]
            check_cifar10("train", train, self.folder or None)
            check_cifar10("test", sum(sizes.values()) - train, self.folder or None)

    @property
    def sizes(self) -> dict[str, int]:
        """How many images there are of each role."""
        return {
            "n_shared": self.n_shared, "n_candidates": self.n_candidates,
            "n_independent": self.n_independent, "n_external": self.n_external,
            "n_probe": self.n_probe, "n_evaluation": self.n_evaluation,
        }  # fmt: skip

    def views(self) -> Callable[..., Any]:
        """Return the augmentation."""
        from infonb.experiments.encoder_memorization.training import views_of

        return views_of(self.dataset, self.strength)

    def data(self, network: str, seed: int) -> dict[str, xr.Dataset]:
        """Return images by role: S, C, I, E, probe, evaluation; the same for all networks."""
        return divide(self.dataset, self.sizes, self.n_planted, self.folder or None)

    def train(
        self, network: str, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[Any, xr.Dataset]:  # fmt: skip
        """Train the two encoders; return them as target and reference, and their losses."""
        from infonb.experiments.encoder_memorization.training import train_pair

        return train_pair(
            network, data, views=self.views(), temperature=self.temperature, width=self.width,
            depth=self.depth, precision=self.precision, device=self.device, seed=seed,
            epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate,
            weight_decay=self.weight_decay, checkpoint=checkpoint, progress=progress,
        )  # fmt: skip

    def measure(
        self, network: str, seed: int, model: Any, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return the scores of layers, units and images, and what the neurons say, of one pair.

        ``ssl_mem`` (layer, image), ``layer_mem`` (layer), ``group_mem`` (group, layer), ``tau``
        (layer, other_layer), ``unit_mem``, ``class_mem``, ``entropy`` (layer, neuron),
        ``mutual_information`` (layer, neuron, other_neuron) in nats, ``probe_accuracy`` (scope,
        pruned); of units and neurons those of the target.
        """
        from infonb.experiments.encoder_memorization.measures import (
            agreement_of_layers,
            layer_scores,
            neurons,
            unit_scores,
        )
        from infonb.experiments.encoder_memorization.pruning import pruned_accuracy

        scored = {"n_scored": self.n_scored, "n_augmentations": self.n_augmentations}
        layers = layer_scores(
            model, data, self.views(), pairs=self.pairs, normalize=self.normalize, **scored
        )
        units = unit_scores(
            model, data, self.views(), ssl_mem=layers["ssl_mem"], rest=self.rest, **scored
        )
        pruned = pruned_accuracy(
            model["target"], units["unit_mem"], data, n_random=self.n_random, seed=seed
        )
        run = neurons(
            model["target"], data["evaluation"], bins=self.bins, edges=self.edges, k=self.k,
            mi_neurons=self.mi_neurons, mi_samples=self.mi_samples,
        )  # fmt: skip
        run = run.assign(tau=agreement_of_layers(layers["ssl_mem"]))
        # widths and names of layers are in several, and alike
        return xr.merge(
            [run, layers, units, pruned], join="exact", compat="override", combine_attrs="override"
        )

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if that is asked for, and the name of the data."""
        runs = shared_entropy(runs, bins=self.bins, edges=self.edges)
        runs["epochs"] = runs["epochs"].where(runs["network"] != "untrained", 0)
        return runs.assign_attrs(dataset=self.dataset)

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows that compare networks; `claims` adds those on each trained pair."""
        return rows_of_networks(runs["network"].values.tolist())

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table: first each trained pair by itself, then the networks compared."""
        found: list[Claim] = []
        missing: list[str] = []
        for level in runs["network"].values.tolist():
            if level != "untrained":
                one = runs.sel(network=level, drop=True)
                one["layer_mem_by_depth"] = one["layer_mem"].rename(layer="depth")
                claims, without = _judged(rows_of_level(one, level), one)
                found += [replace(claim, where=_where(claim.where, level)) for claim in claims]
                missing += [f"{level}: {why}" for why in without]
        claims, without = _judged(self.declared(runs), runs)
        missing += without
        told = f" Not compared: {'; '.join(missing)}." if missing else ""
        return ClaimsTable([*found, *claims], self.words(runs) + told)

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        from infonb.experiments.encoder_memorization.answer import claims_words

        return claims_words(table)

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Scores have no unit: LayerMem from −1 to 1, UnitMem and ClassMem from 0 to 1, "
            "accuracy a share. The paper's numbers are of ResNet-9 on CIFAR-10 with SimCLR, after "
            f"600 epochs on 45,000 images; here: {runs.attrs.get('dataset', self.dataset)}. "
            f"{INTERVALS}"
        )


def _judged(rows: Sequence[Row], runs: xr.Dataset) -> tuple[list[Claim], list[str]]:
    """Return what rows say, and why some say nothing."""
    found, missing = [], []
    for row in rows:
        claims = row.claims(runs, "network")
        found += claims
        missing += [] if claims else row.missing(runs, "network")
    return found, missing


def _where(where: str, level: str) -> str:
    return level if where.startswith("network") else f"{where}, {level}"
