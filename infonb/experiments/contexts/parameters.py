"""Parameters of the experiment on contexts: data, network, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.contexts.measures import STAGES
from infonb.experiments.parameters import (
    MAX_SEED,
    DeviceParameters,
    MeasureParameters,
    PresetParameters,
)
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["SCENES", "ContextParameters"]

#: How many scenes are generated if the parameters do not say; there is no end of them.
SCENES = {"n_train": 800, "n_evaluation": 400}

#: Two neurons of each stage are the fewest that have pairs in all stages.
_FEWEST_NEURONS = 2 * len(STAGES)


@dataclass(frozen=True)
class _Networks(ParameterSet):
    """Parameters of data, network and training."""

    dataset: str = parameter(
        "scenes", "scenes: generated, offline; waterbirds: in INFONB_DATA; nico: in folder",
        choices=["scenes", "waterbirds", "nico"],
    )  # fmt: skip
    folder: str = parameter(
        "", "where the images of waterbirds or nico are; empty: INFONB_DATA", affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one pair of networks for each seed", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip
    n_train: int = parameter(0, "training examples; 0: all (scenes: 800)", minimum=0)
    n_evaluation: int = parameter(0, "evaluation examples; 0: all (scenes: 400)", minimum=0)
    size: int = parameter(24, "rows and columns of an image", minimum=8)
    width: int = parameter(8, "channels of the first stage; 64 is ResNet-18's", minimum=2)
    stem: str = parameter(
        "small", "first layers: standard (to a quarter of the size) or small (at full size)",
        choices=["standard", "small"],
    )  # fmt: skip
    epochs: int = parameter(6, "passes over the training examples", minimum=1)
    batch_size: int = parameter(64, "examples in a step", minimum=2)
    optimizer: str = parameter("adam", "adam or rmsprop", choices=["adam", "rmsprop"])
    learning_rate: float = parameter(4e-3, "of the optimiser", minimum=0)
    activations: str = parameter(
        "post", "measure before (pre) or after (post) the last ReLU of a stage",
        choices=["pre", "post"], affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        0, "neurons drawn for MI, at least 8; 0, or more than there are: all",
        minimum=0, affects="measures",
    )  # fmt: skip


@dataclass(frozen=True)
class ContextParameters(MeasureParameters, DeviceParameters, _Networks, PresetParameters):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper": {
            "dataset": "nico", "seed": [0, 1, 2, 3, 4], "size": 64, "width": 64,
            "stem": "standard", "epochs": 50, "batch_size": 64, "optimizer": "rmsprop",
            "learning_rate": 1e-5, "mi_neurons": 768,
        }
    }  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset == "scenes" and self.folder:
            raise ParameterError(
                f"folder={self.folder!r} is not used with dataset='scenes', whose images are "
                "generated. Leave folder out, or choose dataset='waterbirds' or 'nico'."
            )
        if 0 < self.mi_neurons < _FEWEST_NEURONS:
            raise ParameterError(
                f"mi_neurons must be at least {_FEWEST_NEURONS}, two for each of the "
                f"{len(STAGES)} stages, or 0 for all; not {self.mi_neurons}."
            )
        n = self.n_evaluation or (SCENES["n_evaluation"] if self.dataset == "scenes" else 0)
        if n:  # else `prepare` counts them
            self.check_measured(n, "evaluation examples")
