"""Parameters of the experiment on density models: images, networks, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.parameters import MAX_SEED, DeviceParameters, MeasureParameters
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["DensityParameters"]

#: How many images there are.
_MOST = {"digits": 1797, "mnist": 60_000}

_MNIST: dict[str, Any] = {
    "dataset": "mnist", "binarize": "fresh", "learning_rate": [1e-4, 1e-3], "repeats": 1,
    "folds": 5, "checkpoints": [20, 60, 100], "n_regular": 2000, "n_null": 500,
    "width": 512, "n_latent": 16, "downsample": 2,
}  # fmt: skip


@dataclass(frozen=True)
class _Training(ParameterSet):
    """Parameters of images, networks and training."""

    preset: str = parameter(
        "small", "small: the values below; mnist: 2,000 images of MNIST, the paper's network",
        choices=["small", "mnist"], affects="selection", order=-2,
    )  # fmt: skip
    learning_rate: list[float] = parameter(
        [2e-4, 2e-3], "of Adam: one kind of training for each", minimum=0, affects="selection",
        order=-1,
    )  # fmt: skip
    repeats: int = parameter(
        3, "how often the samples are divided anew", minimum=1, affects="selection"
    )
    folds: int = parameter(
        3, "parts of each division; every training leaves one of them out", minimum=2
    )
    seed: list[int] = parameter(
        [0], "of divisions, first weights and order of samples", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip
    dataset: str = parameter(
        "digits", "digits (8 x 8, offline) or mnist (padded to 32 x 32)", choices=list(_MOST)
    )
    folder: str = parameter(
        "", "where the files of mnist are; empty: INFONB_DATA", affects="selection"
    )
    binarize: str = parameter(
        "static", "pixels are 0 or 1 by a threshold (static), or drawn anew each time (fresh)",
        choices=["static", "fresh"],
    )  # fmt: skip
    n_regular: int = parameter(285, "images as they are, each once", minimum=20)
    n_single: int = parameter(10, "images with shuffled pixels, each once", minimum=2)
    n_copied: int = parameter(5, "images with shuffled pixels, each in many copies", minimum=1)
    copies: int = parameter(8, "how many copies", minimum=2)
    n_null: int = parameter(100, "images that no network is trained on", minimum=20)
    network: str = parameter("mlp", "fully connected or convolutional", choices=["mlp", "conv"])
    width: int = parameter(
        128, "neurons, or feature maps, of the first layer of the encoder; the decoder is its "
        "reverse", minimum=1,
    )  # fmt: skip
    depth: int = parameter(
        2, "hidden layers: of an mlp each is half as wide, of a conv twice", minimum=1
    )
    n_latent: int = parameter(8, "latent variables", minimum=1)
    checkpoints: list[int] = parameter(
        [30, 100, 250], "after so many epochs all is measured; the last ends the training",
        minimum=1,
    )  # fmt: skip
    batch_size: int = parameter(64, "samples in a step", minimum=1)


@dataclass(frozen=True)
class DensityParameters(MeasureParameters, DeviceParameters, _Training):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {"mnist": _MNIST}

    draws: int = parameter(
        64, "draws of the latent variables for each log-density", minimum=1, affects="measures"
    )
    n_measured: int = parameter(
        500, "more images that no network sees: for distances, entropy and MI", minimum=20,
        affects="measures",
    )  # fmt: skip
    downsample: int = parameter(
        1, "how many times smaller images are made for distances (the paper: 2)", minimum=1,
        affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        24, "neurons drawn for MI in all layers together; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        n, most = sum(self.numbers.values()) + self.n_measured, _MOST[self.dataset]
        if n > most:
            raise ParameterError(
                f"n_regular, n_single, n_copied, n_null and n_measured need {n:,} different "
                f"images; {self.dataset} has {most:,}. Take a smaller n_regular, or "
                "dataset='mnist'."
            )
        seen = n - self.n_null - self.n_measured + (self.copies - 1) * self.n_copied
        if self.folds > seen:
            raise ParameterError(
                f"folds must be at most the number of samples to train on, {seen:,}; not "
                f"{self.folds:,}."
            )
        if sorted(set(self.checkpoints)) != list(self.checkpoints) or not self.checkpoints:
            raise ParameterError(
                "checkpoints must be numbers of epochs that rise, such as [30, 100, 250]; not "
                f"{self.checkpoints}."
            )
        side = {"digits": 8, "mnist": 32}[self.dataset]
        if side % self.downsample:
            raise ParameterError(
                f"downsample must divide the {side} rows of an image; not {self.downsample}."
            )
        if self.network == "conv" and side % 2**self.depth:
            raise ParameterError(
                f"depth must be at most {3 if side == 8 else 5}, as a convolutional network halves "
                f"the {side} rows of an image in each layer; not {self.depth}."
            )
        self.check_measured(self.n_measured, "images that are measured (n_measured)")

    @property
    def hidden(self) -> list[int]:
        """The widths of the hidden layers of a fully connected encoder."""
        return [max(1, self.width // 2**layer) for layer in range(self.depth)]

    @property
    def numbers(self) -> dict[str, int]:
        """How many different images there are of each role."""
        return {
            "regular": self.n_regular, "single": self.n_single, "copies": self.n_copied,
            "null": self.n_null,
        }  # fmt: skip
