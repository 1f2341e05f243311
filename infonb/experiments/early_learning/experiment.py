"""Early learning: wrong labels are learnt last, unless the loss holds to what came first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, Row
from infonb.experiments.early_learning.claims import rows_of
from infonb.experiments.early_learning.detectors import detectors
from infonb.experiments.early_learning.levels import CE, CLEAN, all_levels, loss_of
from infonb.experiments.early_learning.parameters import EarlyLearningParameters
from infonb.experiments.experiment import Experiment
from infonb.experiments.measuring import hidden_layers, shared_entropy
from infonb.parameters import ParameterError

__all__ = ["EarlyLearning"]


@dataclass(frozen=True)
class EarlyLearning(EarlyLearningParameters, Experiment):
    """
    Early learning: wrong labels are memorized late, and what a loss can do about it.

    Liu, Niles-Weed, Razavian and Fernandez-Granda (NeurIPS 2020): networks first learn the true
    class even of images with a wrong label, and memorize the labels later. Early-learning
    regularization (ELR) holds them to what they said before. Here on small digits, beside
    networks that were trained on true labels, and with what the neurons say about it.

    A loss is ``"ce"`` (cross-entropy), ``"elr W"`` or ``"kl W"`` with the weight W of the
    regularizer, perhaps with its own momentum (``"elr 7 beta 0"``); ``"clean"`` is cross-entropy on
    true labels, the null. These and ``"ce"`` are always trained.
    """

    name, over = "early_learning", "loss"
    claim: ClassVar[str] = (
        "Networks learn the true class of images with wrong labels first and memorize the labels "
        "later; a loss that holds them to what they said before keeps them from it."
    )

    def prepare(self) -> None:
        """Find the device, the files of the data set and wrong labels, before all else."""
        self.check_device()
        for seed in self.seeds:
            if not self.data(CE, seed)["train"].is_wrong.any():
                raise ParameterError(
                    f"noise {self.noise:g} leaves all {self.n_train} training labels right (seed "
                    f"{seed}); take more noise, or a larger n_train."
                )

    def levels(self) -> list[str]:
        """Return the losses; clean and ce are always among them."""
        return all_levels(self.loss)

    def data(self, level: str, seed: int) -> dict[str, xr.Dataset]:
        """Return images with noisy labels to train on (clean: true ones), and others."""
        from infonb.experiments.early_learning.data import noisy_images

        parts = noisy_images(
            self.dataset, 0.0 if level == CLEAN else self.noise, kind=self.kind,
            n_train=self.n_train, n_validation=self.n_validation, seed=seed,
        )  # fmt: skip
        return dict(zip(("train", "evaluation"), parts, strict=True))

    def train(
        self, level: str, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[Any, xr.Dataset]:  # fmt: skip
        """Train one network; return it after some epochs, the table of its loss, and history."""
        from infonb.experiments.early_learning.training import make_optimizer, train
        from infonb.training import ELRLoss
        from infonb.training.device import choose_device

        mode, lam, beta = loss_of(level)
        n = data["train"].sizes["sample"]
        loss = ELRLoss(n, 10, lam, self.beta if beta is None else beta, mode)
        return train(
            data["train"], data["evaluation"], loss, network=self.network, width=self.width,
            checkpoints=self.checkpoints, folder=checkpoint, is_long=self.dataset == "mnist",
            epochs=self.epochs, batch_size=self.batch_size, seed=seed, progress=progress,
            optimizer=make_optimizer(self.learning_rate), device=choose_device(self.device),
        )  # fmt: skip

    def measure(self, level: str, seed: int, model: Any, data: dict[str, xr.Dataset]) -> xr.Dataset:
        """
        Return what the neurons say at each checkpoint, the table of the loss, the linear model.

        Dims (checkpoint, layer, neuron), (image, class), (linear_step, group); and
        ``reading_value`` (reading, image), how suspect the label of each training image looks.
        """
        from infonb.experiments.early_learning.linear import linear_model
        from infonb.experiments.early_learning.measures import information_along, table
        from infonb.experiments.early_learning.suspicions import readings
        from infonb.experiments.early_learning.training import make_network

        run = information_along(
            model, data["evaluation"], self.layers, bins=self.bins, edges=self.edges, k=self.k,
            neurons=self.mi_neurons, max_samples=self.mi_samples or None,
        )  # fmt: skip
        mode, lam, beta = loss_of(level)
        linear = linear_model(
            mode, lam, steps=self.linear_steps, seed=seed, is_noisy=level != CLEAN,
            beta=self.beta if beta is None else beta,
        )  # fmt: skip
        train = data["train"]
        last = model.networks[max(model.networks)]
        told = readings(
            model.course, last, lambda: make_network(self.network, train, self.width, seed=seed),
            train, self.layers[-1],
        )  # fmt: skip
        return run.merge(table(model, train)).merge(told).merge(linear)

    @property
    def layers(self) -> list[str]:
        """The layers that are recorded, before or after the ReLU."""
        if self.network == "mlp":
            return hidden_layers(2, self.activations)
        stem = {"pre": "conv", "post": "relu"}[self.activations]
        return [f"{stem}{i}" for i in (1, 2, 3)]

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if that is asked for, and confident learning."""
        runs = shared_entropy(runs, bins=self.bins, edges=self.edges)
        return runs.merge(detectors(runs)).assign_attrs(dataset=self.dataset)

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the losses that were tried."""
        return rows_of(runs.loss.values.tolist())

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Differences between losses, one for each seed; shares of images, entropy and MI in "
            f"nats, of images with true labels that the networks have not seen. {INTERVALS} The "
            f"paper's numbers are those of a ResNet-34 on CIFAR-10; here: {self.network} on "
            f"{runs.attrs['dataset']}."
        )
