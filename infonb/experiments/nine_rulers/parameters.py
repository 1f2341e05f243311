"""Parameters of nine rulers: what is planted, how networks come about, what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.nine_rulers.kinds import NETWORKS
from infonb.experiments.parameters import MAX_SEED
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["PlantedParameters", "RulerParameters"]

#: How many images there are to draw from.
_MOST = {"digits": 1797, "mnist": 60_000, "cifar10": 10_000}

#: Real images.
_REAL: dict[str, Any] = {
    "noise": 0.4, "n_unseen": 1000, "gates": [1000, 500], "views": 10, "batch_size": 64,
}  # fmt: skip

_MNIST: dict[str, Any] = _REAL | {
    "dataset": "mnist", "n_typical": 2000, "n_wrong": 150, "n_outliers": 150, "n_groups": 30,
    "n_shortcut": 400, "width": 128, "learning_rate": 5e-3, "epochs": 40, "repeats": 6,
    "units": 96,
}  # fmt: skip

_CIFAR10: dict[str, Any] = _REAL | {
    "dataset": "cifar10", "n_typical": 1000, "n_wrong": 100, "n_outliers": 100, "n_groups": 20,
    "n_shortcut": 250, "width": 56, "learning_rate": 2e-3, "epochs": 50, "repeats": 6,
    "units": 0,
}  # fmt: skip


@dataclass(frozen=True)
class _Images(ParameterSet):
    """What is planted."""

    dataset: str = parameter(
        "digits", "digits (8 x 8, offline), mnist (14 x 14) or cifar10 (16 x 16, colours)",
        choices=list(_MOST),
    )  # fmt: skip
    folder: str = parameter(
        "", "where the files of mnist or cifar10 are; empty: INFONB_DATA", affects="selection"
    )
    n_typical: int = parameter(320, "images as they are, with their label", minimum=20)
    n_wrong: int = parameter(40, "images with the label of another class", minimum=4)
    n_outliers: int = parameter(40, "odd images with a label of their own", minimum=4)
    n_groups: int = parameter(8, "odd images in several nearly equal copies", minimum=2)
    copies: int = parameter(6, "how many copies", minimum=2)
    n_shortcut: int = parameter(120, "images with a mark that tells their label", minimum=4)
    twins: float = parameter(
        0.5, "held-out twins of each kind, for each sample that is trained on", minimum=0.05,
        maximum=2.0,
    )  # fmt: skip
    odd: str = parameter(
        "shuffled", "what makes an image odd: its pixels shuffled, inverted, or a blend of two",
        choices=["shuffled", "inverted", "blend"],
    )  # fmt: skip
    noise: float = parameter(
        0.2, "share of the typical images with a wrong label in the networks with noise",
        minimum=0, maximum=0.9,
    )  # fmt: skip


@dataclass(frozen=True)
class PlantedParameters(_Images):
    """What is planted, and how networks come about: all that trainings in and out depend on."""

    seed: list[int] = parameter(
        [0, 1, 2], "first weights, order of samples and divisions; the images stay the same",
        minimum=0, maximum=MAX_SEED, affects="selection",
    )  # fmt: skip
    width: int = parameter(96, "units of each of two hidden layers", minimum=8)
    gates: list[int] = parameter(
        [640, 320], "gates of each layer of the network of logic gates", minimum=10
    )
    epochs: int = parameter(45, "passes over the samples", minimum=5)
    batch_size: int = parameter(96, "samples in a step", minimum=1)
    learning_rate: float = parameter(1.5e-2, "of Adam", minimum=0)
    weight: float = parameter(
        3.0, "of early-learning regularization, in the network that is regularized", minimum=0
    )


@dataclass(frozen=True)
class RulerParameters(PlantedParameters):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {"mnist": _MNIST, "cifar10": _CIFAR10}

    preset: str = parameter(
        "small", "small: the values below; mnist, cifar10: real images, for those left as they are",
        choices=["small", "mnist", "cifar10"], affects="selection", order=-2,
    )  # fmt: skip
    network: list[str] = parameter(
        list(NETWORKS), "what is compared, in order of growing memorization as planted",
        choices=NETWORKS, affects="selection", order=-1,
    )  # fmt: skip
    repeats: int = parameter(
        5, "how often samples are divided anew, with each seed, for in and out", minimum=2,
        affects="selection",
    )  # fmt: skip
    slow_repeats: int = parameter(
        2, "the same of networks that take long: regularized, logic gates", minimum=1,
        affects="selection",
    )  # fmt: skip
    n_unseen: int = parameter(
        400, "other images, that no network sees: entropy, MI and what a layer knows", minimum=50
    )
    views: int = parameter(
        3, "random views of each image for UnitMem", minimum=2, affects="measures"
    )
    units: int = parameter(
        32, "units of each layer that are switched off, and drawn for MI; 0: all", minimum=0,
        affects="measures",
    )  # fmt: skip
    projections: int = parameter(
        30, "random directions of the pointwise information", minimum=1, affects="measures"
    )
    bins: int = parameter(100, "bins of the entropy", minimum=1, affects="measures")
    mi_bins: int = parameter(
        10, "bins of each unit for MI, and for the entropy that it is divided by", minimum=2,
        affects="measures",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        need, most = self.n_images + self.n_unseen, _MOST[self.dataset]
        if need > most:
            raise ParameterError(
                f"the kinds, their twins and n_unseen need {need:,} different images; "
                f"{self.dataset} has {most:,}. Take a smaller n_typical, or fewer twins."
            )
        if self.gates[-1] < 10 or self.gates[-1] % 10:
            raise ParameterError(
                f"gates must end with a multiple of 10, a group for each class; not {self.gates}."
            )
        if self.units == 1:
            raise ParameterError("units must be 0 (all) or at least 2, to have pairs; not 1.")
        if not {"true labels", "noise"} <= set(self.network):
            raise ParameterError(
                "network must hold 'true labels' and 'noise', with which others are compared; not "
                f"{list(self.network)}."
            )

    @property
    def n_images(self) -> int:
        """Different images of all kinds, twins included."""
        singles = [self.n_typical, self.n_wrong, self.n_outliers, self.n_shortcut]
        return self.n_groups + sum(n + max(1, round(self.twins * n)) for n in singles)
