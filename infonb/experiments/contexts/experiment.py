"""Contexts: what objects that always stand in the same place do to entropy and information."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS
from infonb.experiments.contexts.claims import ROWS, SETTINGS
from infonb.experiments.contexts.data import check_pictures, load_pictures
from infonb.experiments.contexts.measures import pair_accuracy, record_stages
from infonb.experiments.contexts.parameters import SCENES, ContextParameters
from infonb.experiments.contexts.training import train
from infonb.experiments.experiment import Experiment
from infonb.experiments.measuring import information, shared_entropy

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Contexts"]


@dataclass(frozen=True)
class Contexts(ContextParameters, Experiment):
    """
    Contexts: what objects that always stand in the same place do to entropy and information.

    Bansal, Pruthi and Belinkov (2022), section 4, Figure 5 (NICO++, ResNet-18). In the unbalanced
    training set every object has its own context (bears on grass, dogs in water), in the balanced
    one every object is in all contexts. Networks that tell the context instead of the object
    memorize a heuristic (hypothesis H1).
    """

    name, over = "contexts", "setting"
    claim: ClassVar[str] = (
        "H1: where every object has its own context in training, the entropy of neurons is lower "
        "and the mutual information between neurons higher than where it is in all contexts."
    )
    rows = ROWS
    direction: ClassVar = -1

    def levels(self) -> list[str]:
        """Return the two training sets."""
        return list(SETTINGS)

    @property
    def sizes(self) -> dict[str, Any]:
        """How many pictures are taken of each part; None: all."""
        most = SCENES if self.dataset == "scenes" else dict.fromkeys(SCENES)
        return {name: getattr(self, name) or most[name] for name in SCENES}

    def prepare(self) -> None:
        """Find the pictures and check that there are enough, before anything else is done."""
        self.check_device()
        n = check_pictures(self.dataset, self.folder, self.seed, self.sizes)
        assert n is not None
        self.check_measured(n, "evaluation examples")

    def data(self, setting: str, seed: int) -> dict[str, xr.Dataset]:
        """Return training and evaluation examples; the evaluation is balanced over contexts."""
        parts = load_pictures(
            self.dataset, setting, folder=self.folder, size=self.size, seed=seed, sizes=self.sizes
        )
        return dict(zip(("train", "evaluation"), parts, strict=True))

    def train(
        self, setting: str, seed: int, data: dict[str, xr.Dataset],
        checkpoint: Path | None = None, progress: bool | str = False,
    ) -> tuple[nn.Module, xr.Dataset]:  # fmt: skip
        """Train one ResNet-18; return it and its history, with what it was trained on."""
        return train(
            data["train"], data["evaluation"], width=self.width, stem=self.stem,
            device=self.device, optimizer=self.optimizer, learning_rate=self.learning_rate,
            epochs=self.epochs, batch_size=self.batch_size, seed=seed, checkpoint=checkpoint,
            progress=progress,
        )  # fmt: skip

    def record(
        self, setting: str, seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return the activations of the pooled stages, dims (layer, neuron, sample)."""
        return record_stages(model, data["evaluation"], self.activations)

    def measure(
        self, setting: str, seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return the recording with its measures; labels serve the accuracy only.

        ``entropy`` (layer, neuron) and ``mutual_information`` (layer, neuron, other_layer,
        other_neuron) in nats, NaN for neurons that were not drawn; ``pair_accuracy``
        (object_name, context_name).
        """
        from infonb.measures import ScaleWarning, TiesWarning

        recorded = self.record(setting, seed, model, data)
        with warnings.catch_warnings():
            # the paper's estimator is kept where channels are 0; the page says what it does then
            warnings.simplefilter("ignore", TiesWarning)
            warnings.simplefilter("ignore", ScaleWarning)
            run = information(
                recorded, bins=self.bins, edges=self.edges, k=self.k, mi_samples=self.mi_samples,
                mi_neurons=self.mi_neurons,
            )  # fmt: skip
        run["pair_accuracy"] = pair_accuracy(run, data["evaluation"])
        return run

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if that is asked for."""
        runs = shared_entropy(runs, bins=self.bins, edges=self.edges)
        return runs.assign_attrs(dataset=self.dataset)

    def opening(self, start: str, end: str) -> str:
        """Return how the answer names the two training sets."""
        return "with each object in a context of its own instead of in all contexts,"

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Differences from balanced to unbalanced training, one for each seed; entropy and MI "
            "in nats. Figure 5 of the paper (NICO++) shows the directions; here: "
            f"{runs.attrs['dataset']}. {INTERVALS} The rows on all pairs, like that on accuracy, "
            "are bootstrapped over seeds only."
        )
