"""Verdicts: how often what is said of two networks is right, on networks of known kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, Compare
from infonb.experiments.experiment import Experiment
from infonb.experiments.verdicts.data import DATA_SETS, RANDOM, examples, own_seed
from infonb.experiments.verdicts.evidence import halves
from infonb.experiments.verdicts.measures import measured
from infonb.experiments.verdicts.networks import layers_of
from infonb.experiments.verdicts.parameters import VerdictParameters, divide
from infonb.experiments.verdicts.training import train

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Verdicts"]


@dataclass(frozen=True)
class Verdicts(VerdictParameters, Experiment):
    """
    Verdicts: how often what is said of two networks is right, on networks of known kind.

    Bansal, Pruthi and Belinkov (2022) rank networks by entropy and mutual information (section 7).
    Here `infonb.compare` has to say of two networks which way they differ: networks trained on true
    labels, with a shortcut, or on random labels, and twins, which differ by their seed alone.

    Notes
    -----
    All kinds of a setting (a data set and a network) have the same training inputs, number of
    examples, first weights and length of training, and are measured on the same unlabelled samples,
    in which the shortcut says nothing, or what ``says`` makes it say. ``early`` is a control: a
    clean network that is stopped after a sixth of the epochs.
    """

    name, over = "verdicts", ("setting", "kind")
    claim: ClassVar[str] = (
        "Of two networks the one that leans on a shortcut has the lower entropy and the higher "
        "mutual information; the one that knows its examples by heart has it the other way round."
    )

    rows = (
        Compare(
            "the shortcut is followed where it says nothing", "followed", 1, each=None, over="kind",
            between=("clean", "shortcut"), paper="not in the paper", limits=(0, 1),
        ),
        Compare(
            "accuracy on unseen samples {rises} with random labels", "accuracy", -1, each=None,
            over="kind", between=("clean", "memorized"), paper="not in the paper", limits=(0, 1),
        ),
    )  # fmt: skip
    caption: ClassVar[str] = f"Whether the networks are of their kinds. {INTERVALS}"

    @property
    def halves(self) -> dict[str, list[str]]:
        """The settings on which the rule is chosen, and those that report it."""
        return halves(self.setting, self.choosing)

    def shown(self, says: str, setting: Sequence[str]) -> Verdicts:
        """Return the same networks of some settings, measured where the shortcut says that."""
        there = [one for one in setting if says in DATA_SETS[divide(one)[0]].says]
        return self.changed(says=says, setting=there, results="")  # saved are the page's own

    def prepare(self) -> None:
        """Find the files of the data sets before anything is created."""
        for dataset in {divide(setting)[0] for setting in self.setting}:
            if DATA_SETS[dataset].needs_files:
                examples(dataset, "clean", n_train=self.n_train, n_samples=self.n_samples, seed=0)

    def data(self, level: tuple[str, str], seed: int) -> dict[str, xr.Dataset]:
        """Return the training examples of a kind, and the samples that all kinds share."""
        setting, kind = level
        dataset, _ = divide(setting)
        return examples(
            dataset, kind, n_train=self.n_train, n_samples=self.n_samples,
            seed=own_seed(dataset, seed),
        )  # fmt: skip

    def train(
        self, level: tuple[str, str], seed: int, data: dict[str, xr.Dataset],
        checkpoint: Path | None = None, progress: bool | str = False,
    ) -> tuple[nn.Module, xr.Dataset | None]:  # fmt: skip
        """Train one network; its history is not kept, what it has learnt is measured."""
        setting, kind = level
        dataset, network = divide(setting)
        model = train(
            data["train"], dataset=dataset, network=network, early=kind == "early",
            n_classes=DATA_SETS[dataset].n_classes, epochs=self.epochs,
            seed=own_seed(dataset, seed), checkpoint=checkpoint, progress=progress,
        )  # fmt: skip
        return model, None

    def measure(
        self, level: tuple[str, str], seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return the activations, ``activation`` (layer, neuron, sample), and three accuracies."""
        return measured(
            model, data[RANDOM], data[self.says], data["train"], layers_of(divide(level[0])[1])
        )
