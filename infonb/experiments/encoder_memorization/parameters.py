"""Parameters of the experiment on memorization in encoders: data, network, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.encoder_memorization.data import MOST
from infonb.experiments.parameters import MAX_SEED, DeviceParameters, MeasureParameters
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["NETWORKS", "EncoderParameters"]

#: What can be compared; the last two are no memory of a training without labels.
NETWORKS = ("contrastive", "simsiam", "masked", "supervised", "untrained")

#: The parts of the data, by their roles, and of which part of the data set each is.
_SIZES = ("n_shared", "n_candidates", "n_independent", "n_external", "n_probe", "n_evaluation")


@dataclass(frozen=True)
class _Training(ParameterSet):
    """Parameters of data, networks and training."""

    preset: str = parameter(
        "small", "small: the values below; cifar10: ResNet-9 on photographs, for those left alone",
        choices=["small", "cifar10"], affects="selection", order=-2,
    )  # fmt: skip
    network: list[str] = parameter(
        ["contrastive", "supervised", "untrained"],
        "contrastive (SimCLR), simsiam, masked (digits only), supervised, or untrained",
        choices=list(NETWORKS), affects="selection", order=-1,
    )  # fmt: skip
    dataset: str = parameter(
        "digits", "digits (8 x 8, offline), or cifar10 (32 x 32, in INFONB_DATA)",
        choices=list(MOST), order=-1,
    )  # fmt: skip
    folder: str = parameter(
        "", "where the images of cifar10 are; empty: INFONB_DATA", affects="selection", order=-1
    )
    seed: list[int] = parameter(
        [0, 1, 2], "a pair of encoders for each seed", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip
    n_shared: int = parameter(50, "images that both encoders see (S)", minimum=2)
    n_candidates: int = parameter(50, "images that the first encoder alone sees (C)", minimum=4)
    n_independent: int = parameter(50, "images that the second one alone sees (I)", minimum=4)
    n_external: int = parameter(50, "images that neither sees, the null (E)", minimum=4)
    n_planted: int = parameter(
        25, "of these, in each of C, I and E, random textures instead of digits", minimum=0
    )
    n_probe: int = parameter(400, "other images that the linear probe learns from", minimum=20)
    n_evaluation: int = parameter(600, "others, for accuracy, entropy and information", minimum=20)
    depth: int = parameter(4, "layers of an encoder of digits", minimum=2)
    width: int = parameter(256, "neurons of a layer; of ResNet-9 those of the last", minimum=8)
    epochs: int = parameter(600, "passes over the images of an encoder", minimum=1)
    batch_size: int = parameter(100, "images in a step", minimum=2)
    learning_rate: float = parameter(2e-3, "of AdamW, falling along half a cosine", minimum=0)
    weight_decay: float = parameter(1e-4, "of AdamW", minimum=0)
    temperature: float = parameter(0.1, "of the contrastive loss", minimum=1e-3)
    strength: float = parameter(
        1.0, "of the augmentation: moves and noise, or crops and colours", minimum=0.1, maximum=1.2
    )
    precision: str = parameter(
        "auto", "of ResNet-9 in training; auto: bfloat16 where the processor knows it",
        choices=["auto", "float32", "bfloat16"],
    )  # fmt: skip


@dataclass(frozen=True)
class EncoderParameters(MeasureParameters, DeviceParameters, _Training):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "cifar10": {
            "dataset": "cifar10", "n_shared": 8000, "n_candidates": 1000,
            "n_independent": 1000, "n_external": 1000, "n_planted": 0, "n_probe": 2000,
            "n_evaluation": 2000, "epochs": 50, "batch_size": 256, "learning_rate": 1e-3,
            "n_scored": 100, "mi_samples": 1000,
        }
    }  # fmt: skip

    n_scored: int = parameter(
        0, "images of each role that are scored; 0: all", minimum=0, affects="measures"
    )
    n_augmentations: int = parameter(
        10, "views of each image that is scored (R)", minimum=2, affects="measures"
    )
    pairs: str = parameter(
        "aug-aug", "distances of two views (the paper), or of the image and a view (its code)",
        choices=["aug-aug", "clean-aug"], affects="measures",
    )  # fmt: skip
    normalize: str = parameter(
        "sum", "LayerMem over the sum of distances (the paper), their range (its code), or none",
        choices=["sum", "range", "none"], affects="measures",
    )  # fmt: skip
    rest: str = parameter(
        "mean", "UnitMem against the mean of the others (the paper), or the median (its code)",
        choices=["mean", "median"], affects="measures",
    )  # fmt: skip
    bins: int = parameter(30, "bins of the entropy", minimum=1, affects="measures")
    mi_neurons: int = parameter(
        32, "neurons drawn for MI in each layer; 0: all", minimum=0, affects="measures"
    )
    n_random: int = parameter(
        5, "draws of units that are switched off at random", minimum=1, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = {name: getattr(self, name) for name in _SIZES}
        for part, (names, most) in MOST[self.dataset].items():
            n = sum(sizes[name] for name in names)
            if n > most:
                raise ParameterError(
                    f"{' + '.join(names)} must be at most {most:,}, the images of "
                    f"{self.dataset}{f', {part} part' if part else ''}; not {n:,}."
                )
        if self.dataset != "digits" and self.n_planted:
            raise ParameterError(
                f"n_planted must be 0 with dataset={self.dataset!r}: textures are among digits."
            )
        planted = min(sizes[name] for name in _SIZES[1:4])
        if self.n_planted > planted:
            raise ParameterError(
                f"n_planted must be at most the smallest of C, I and E, {planted}; not "
                f"{self.n_planted}."
            )
        if self.dataset == "digits" and self.folder:
            raise ParameterError(
                f"folder={self.folder!r} is not used with dataset='digits'. Leave folder out, or "
                "choose dataset='cifar10'."
            )
        if self.dataset != "digits" and "masked" in self.network:
            raise ParameterError("network 'masked' is for dataset='digits'; leave it out.")
        if "masked" in self.network and self.width % 16:
            raise ParameterError(
                f"width must be a multiple of 16 for network 'masked'; not {self.width}."
            )
        self.check_measured(self.n_evaluation, "evaluation images")
