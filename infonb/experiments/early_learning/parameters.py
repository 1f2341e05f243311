"""Parameters of the experiment on wrong labels: data, noise, network, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.early_learning.levels import loss_of
from infonb.experiments.parameters import MAX_SEED, DeviceParameters, MeasureParameters
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["EarlyLearningParameters"]

#: How many images there are: of digits together, of MNIST in its two files.
_DIGITS, _MNIST = 1797, (60_000, 10_000)


@dataclass(frozen=True)
class _Training(ParameterSet):
    """Parameters of losses, data, network and training."""

    preset: str = parameter(
        "small", "small: the values below; mnist: 10,000 images, for those left as they are",
        choices=["small", "mnist"], affects="selection",
    )  # fmt: skip
    loss: list[str] = parameter(
        ["elr 7", "elr 3", "kl 7"],
        "elr WEIGHT or kl WEIGHT, each perhaps with beta BETA; clean and ce are always there",
        affects="selection",
    )  # fmt: skip
    noise: float = parameter(
        0.4, "probability that a training label is drawn anew", minimum=0, maximum=1
    )
    kind: str = parameter(
        "symmetric", "from all classes, all others (exclusive), or from five classes to a like one",
        choices=["symmetric", "exclusive", "asymmetric"],
    )  # fmt: skip
    beta: float = parameter(0.7, "momentum of the table of what the network said", minimum=0)
    dataset: str = parameter(
        "digits", "digits (8 x 8, offline) or mnist (14 x 14)", choices=["digits", "mnist"]
    )
    seed: list[int] = parameter(
        [0, 1, 2], "one network for each seed", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    n_train: int = parameter(600, "training images", minimum=50)
    n_validation: int = parameter(597, "other images, with true labels", minimum=10)
    network: str = parameter("mlp", "two hidden layers, or a small cnn", choices=["mlp", "cnn"])
    width: int = parameter(
        128, "neurons of a hidden layer; twice the channels of the last", minimum=4
    )
    epochs: int = parameter(70, "passes over the training images", minimum=1)
    batch_size: int = parameter(64, "images in a step", minimum=2)
    learning_rate: float = parameter(0.05, "of SGD with momentum 0.9", minimum=0)
    measured: list[int] = parameter(
        [10, 30], "epochs after which neurons are measured, beside the last", minimum=1
    )


@dataclass(frozen=True)
class EarlyLearningParameters(MeasureParameters, DeviceParameters, _Training):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "mnist": {
            "dataset": "mnist", "loss": ["elr 7", "elr 3"], "n_train": 10_000,
            "n_validation": 2000, "width": 256, "epochs": 60,
        }
    }  # fmt: skip

    activations: str = parameter(
        "post", "measure before (pre) or after (post) the ReLU", choices=["pre", "post"],
        affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        32, "neurons drawn for MI in each layer; 0: all", minimum=0, affects="measures"
    )
    linear_steps: int = parameter(
        800, "steps of the linear model that the theory is about", minimum=100, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for words in self.loss:
            loss_of(words)
        if not self.noise:
            raise ParameterError("noise must be above 0; not 0: that is 'clean', always there.")
        if self.beta >= 1:
            raise ParameterError(f"beta must be below 1; not {self.beta:g}: nothing would be kept.")
        sizes = {"n_train": self.n_train, "n_validation": self.n_validation}
        if self.dataset == "digits" and sum(sizes.values()) > _DIGITS:
            raise ParameterError(
                f"n_train + n_validation must be at most {_DIGITS} for digits; not "
                f"{self.n_train} + {self.n_validation}."
            )
        if self.dataset == "mnist":
            for (name, size), most in zip(sizes.items(), _MNIST, strict=True):
                if size > most:
                    raise ParameterError(f"{name} must be at most {most} for mnist; not {size}.")
        self.check_measured(self.n_validation, "other images")

    @property
    def checkpoints(self) -> list[int]:
        """The epochs that are measured: those asked for that there are, and the last."""
        return sorted({epoch for epoch in self.measured if epoch < self.epochs} | {self.epochs})
