"""The experiment: networks of logic gates, with wrong labels, from two starts, and many layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, Row
from infonb.experiments.experiment import Experiment
from infonb.experiments.logic_gates.claims import rows_of
from infonb.experiments.logic_gates.kinds import CLEAN, all_kinds, kind_of
from infonb.experiments.logic_gates.parameters import LogicParameters

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LogicGates"]


@dataclass(frozen=True)
class LogicGates(LogicParameters, Experiment):
    """
    Logic gates: networks whose neurons are bits, with exact entropy and MI.

    Petersen and others (NeurIPS 2024): a network learns which of the 16 gates each of its neurons
    is, as a soft mixture, and is a Boolean circuit afterwards. Its neurons are 0 or 1, so that
    entropy and mutual information are counted and not estimated. Trained on true labels and on
    wrong ones, from weights that pass bits on and from Gaussian ones, with few and with many
    layers.

    A kind is ``"noise SHARE"``, ``"depth LAYERS"``, ``"gaussian"`` or several of them; ``"clean"``
    is always trained.
    """

    name, over = "logic_gates", "kind"
    claim: ClassVar[str] = (
        "Networks of logic gates are trained as soft mixtures and lose little when each neuron "
        "becomes one gate, if they start from gates that pass bits on."
    )

    def prepare(self) -> None:
        """Find the device and the files, and try the networks, before anything is created."""
        self.check_device()
        data = self.data(self.levels()[0], self.seeds[0])
        for level in self.levels():
            self.network(level, self.seeds[0], data)

    def levels(self) -> list[str]:
        """Return the kinds; clean is always among them, and comes first."""
        return all_kinds(self.kind)

    def data(self, level: str, seed: int) -> dict[str, xr.Dataset]:
        """Return images to train on, of which a share has wrong labels, and others."""
        from infonb.experiments.logic_gates.data import images_of

        return images_of(
            self.dataset, kind_of(level).noise, n_train=self.n_train, n_test=self.n_test,
            crop=self.crop, folder=self.folder, seed=seed,
        )  # fmt: skip

    def network(self, level: str, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return the network of a kind before training."""
        from infonb.experiments.logic_gates.networks import make_network

        return make_network(self, kind_of(level), data["train"].input, seed)

    def fitting(self, level: str, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what `infonb.fit` is told."""
        from infonb.experiments.logic_gates.networks import make_optimizer

        deep = kind_of(level).depth is not None
        return {
            "optimizer": make_optimizer(self.learning_rate, self.weight_decay),
            "epochs": self.depth_epochs if deep else self.epochs, "batch_size": self.batch_size,
            "loss": "cross_entropy", "monitor": None, "keep": "last",
            "save_every": 10 if self.dataset == "digits" else 1,
        }  # fmt: skip

    def measure(
        self, level: str, seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return accuracies, the circuit, its gates, and entropy and MI by counting: dims (layer).

        Variables that begin with ``null_`` are those of the same network before training, of clean
        ones alone. Of deep networks ``gradient`` (layer) takes the place of entropy and MI.
        """
        from infonb.experiments.logic_gates import measures

        parts = [
            measures.accuracies(model, data),
            measures.as_circuit(model, data["evaluation"].input),
            measures.gate_shares(model),
        ]
        kind = kind_of(level)
        if kind.depth is None:
            examples = measures.measured_images(data["evaluation"], self.n_measured)
            # wrong labels change nothing before training: clean networks are the null of both
            untrained = self.network(level, seed, data) if level == CLEAN else None
            parts += measures.with_null(model, untrained, examples, neurons=self.mi_neurons)
        else:  # of deep ones it is asked whether they learn at all
            first = data["train"].isel(sample=slice(self.batch_size))
            parts.append(measures.gradients(self.network(level, seed, data), first))
        return measures.merged(parts, measures.layers_of(model))

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Put the layers in the order of the network: kinds differ in how many they have."""
        from infonb.experiments.logic_gates.claims import in_order

        return runs.sel(layer=in_order(runs.layer.values.tolist())).assign_attrs(
            dataset=self.dataset
        )

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the kinds that were trained."""
        return rows_of(runs)

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Differences between kinds of networks, one for each seed; accuracies are shares of "
            "images that no network was trained on; entropy and MI in nats, means over a layer, "
            f"counted. {INTERVALS} The paper says that of its networks for CIFAR-10; here: "
            f"{self.architecture} on {runs.attrs['dataset']}. Its numbers of CIFAR-10 are no "
            "target of this page."
        )
