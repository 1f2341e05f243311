"""Parameters of the experiment on logic gates: images, networks, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.logic_gates.kinds import kind_of
from infonb.experiments.parameters import MAX_SEED, DeviceParameters
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["LogicParameters"]

#: How many images there are: of digits together, of MNIST in its two files.
_DIGITS, _MNIST = 1797, (60_000, 10_000)

#: Rows and columns of an image, and the least that are to be left of them.
_SIDE, _LEAST = {"digits": 8, "mnist": 28}, 4

_BOTH: dict[str, Any] = {
    "dataset": "mnist", "kind": ["clean"], "n_train": 60_000, "n_test": 10_000,
    "learning_rate": 0.01, "batch_size": 100, "epochs": 20, "n_measured": 2000,
}  # fmt: skip

#: The network of 2022: images without their margin, Adam.
_DENSE: dict[str, Any] = {
    "architecture": "dense", "crop": 4, "thresholds": 1, "width": 8000, "layers": 6, "tau": 10.0,
    "weight_decay": 0.0,
}  # fmt: skip

_CONV: dict[str, Any] = {
    "seed": [0], "thresholds": 3, "k": 16, "blocks": 3, "first_kernel": 5, "width": 20_480,
    "tau": 6.5,
}  # fmt: skip


@dataclass(frozen=True)
class _Training(ParameterSet):
    """Parameters of images, networks and training."""

    preset: str = parameter(
        "small", "small: the values below; mnist: 6 layers of 8,000 gates; mnist_conv: the S form",
        choices=["small", "mnist", "mnist_conv"], affects="selection",
    )  # fmt: skip
    kind: list[str] = parameter(
        ["noise 0.4", "gaussian", "depth 12", "depth 12 gaussian"],
        "noise SHARE, depth LAYERS, gaussian, or several of them; clean is always there",
        affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one network for each seed", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    dataset: str = parameter(
        "digits", "digits (8 x 8, offline) or mnist (28 x 28)", choices=["digits", "mnist"]
    )
    folder: str = parameter(
        "", "where the files of mnist are; empty: INFONB_DATA", affects="selection"
    )
    n_train: int = parameter(1200, "training images", minimum=50)
    n_test: int = parameter(597, "other images", minimum=20)
    crop: int = parameter(0, "rows and columns of pixels cut off at each side", minimum=0)
    thresholds: int = parameter(3, "of each pixel: so many bits it has", minimum=1)
    placed: str = parameter(
        "evenly", "thresholds: evenly between 0 and 1, or at quantiles of the training images",
        choices=["evenly", "quantiles"],
    )  # fmt: skip
    architecture: str = parameter(
        "conv", "dense: layers of gates; conv: trees of gates with pooling before them",
        choices=["conv", "dense"],
    )  # fmt: skip
    k: int = parameter(16, "trees of the first convolution", minimum=1)
    blocks: int = parameter(2, "convolutions, each with pooling", minimum=1)
    first_kernel: int = parameter(3, "side of the first window", choices=[3, 5])
    tree_depth: int = parameter(3, "levels of gates of a tree", minimum=1)
    width: int = parameter(1280, "gates of the first dense layer", minimum=10)
    layers: int = parameter(
        3, "dense layers: after trees each is half as wide as the one before, else all alike",
        minimum=1,
    )  # fmt: skip
    tau: float = parameter(2.0, "counts are divided by it, which gives the logits", minimum=1e-6)
    strength: float = parameter(
        5.0, "residual initialization: logit of the gate that passes a bit on", minimum=0
    )
    learning_rate: float = parameter(0.1, "of AdamW", minimum=0)
    weight_decay: float = parameter(0.002, "of AdamW", minimum=0)
    batch_size: int = parameter(64, "images in a step", minimum=1)
    epochs: int = parameter(8, "passes over the training images", minimum=1)
    depth_gates: int = parameter(
        3840, "gates of a network with depth LAYERS, in all its layers", minimum=10
    )
    depth_epochs: int = parameter(5, "passes of those", minimum=1)


@dataclass(frozen=True)
class LogicParameters(DeviceParameters, _Training):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "mnist": _BOTH | _DENSE,
        "mnist_conv": _BOTH | _CONV,
    }

    n_measured: int = parameter(
        0, "test images for entropy, MI and density; 0: all", minimum=0, affects="measures"
    )
    mi_neurons: int = parameter(
        64, "neurons drawn for MI in each layer; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for words in self.kind:
            kind_of(words)
        sizes = {"n_train": self.n_train, "n_test": self.n_test}
        if self.dataset == "digits" and sum(sizes.values()) > _DIGITS:
            raise ParameterError(
                f"n_train + n_test must be at most {_DIGITS} for digits; not {self.n_train} + "
                f"{self.n_test}."
            )
        if self.dataset == "mnist":
            for (name, size), most in zip(sizes.items(), _MNIST, strict=True):
                if size > most:
                    raise ParameterError(f"{name} must be at most {most} for mnist; not {size}.")
        if _SIDE[self.dataset] - 2 * self.crop < _LEAST:
            raise ParameterError(
                f"crop must leave {_LEAST} of the {_SIDE[self.dataset]} rows of an image; "
                f"{self.crop} does not."
            )
        if self.n_measured > self.n_test:
            raise ParameterError(
                f"n_measured must be at most n_test, {self.n_test}; not {self.n_measured}. 0 takes "
                "all."
            )
        if self.mi_neurons == 1:
            raise ParameterError("mi_neurons must be 0 (all) or at least 2, to have pairs; not 1.")
        if not self.widths[-1]:
            raise ParameterError(
                f"width must leave the last layer a gate for each of 10 classes; {self.width} does "
                f"not in layer {self.layers}."
            )
        for words in self.kind:
            depth = kind_of(words).depth
            if depth and self.depth_gates // depth < 10:
                raise ParameterError(
                    f"depth_gates must be at least 10 for each layer of {words!r}; not "
                    f"{self.depth_gates}."
                )

    @property
    def widths(self) -> list[int]:
        """The gates of each dense layer; whole groups for each of the ten classes."""
        half = 2 if self.architecture == "conv" else 1
        return [self.width // half**i // 10 * 10 for i in range(self.layers)]
