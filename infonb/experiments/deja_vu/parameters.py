"""Parameters of the experiment on captions and images: data, networks, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.deja_vu.treatments import all_levels, treated
from infonb.experiments.parameters import MAX_SEED, DeviceParameters, MeasureParameters
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["DejaVuParameters"]


@dataclass(frozen=True)
class _Training(ParameterSet):
    """Parameters of data, networks and training."""

    preset: str = parameter(
        "small", "small: the values below; full: larger; mnist, cifar10: scenes of real images",
        choices=["small", "full", "mnist", "cifar10"], affects="selection",
    )  # fmt: skip
    treatment: list[str] = parameter(
        ["n 500", "n 4000", "mask 0.3", "mask 0.6", "stop 40", "temperature 1", "decay 5"],
        "n PAIRS, mask SHARE, stop STEPS, temperature T, decay WEIGHT; default is always there",
        affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one world and one pair of networks for each seed", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip
    dataset: str = parameter(
        "scenes", "scenes: generated; mnist or cifar10: put together of real images",
        choices=["scenes", "mnist", "cifar10"],
    )  # fmt: skip
    folder: str = parameter(
        "", "where the files of mnist or cifar10 are; empty: INFONB_DATA", affects="selection"
    )
    n: int = parameter(1000, "training pairs of each network, sets A and B", minimum=2)
    n_public: int = parameter(1000, "public images with known objects", minimum=20)
    n_scored: int = parameter(
        500, "pairs of each set that are measured, of A, B and C (held out)", minimum=10
    )
    n_objects: int = parameter(60, "different objects that there are", minimum=10)
    named: int = parameter(2, "objects of the six that a caption names", minimum=1, maximum=6)
    likelier: float = parameter(4.0, "how much likelier an object is in its theme", minimum=1)
    noise: float = parameter(0.1, "standard deviation of the pixels' noise", minimum=0)
    image: str = parameter(
        "cells", "image tower: each cell by itself (cells), or convolutions (cnn)",
        choices=["cells", "cnn"],
    )  # fmt: skip
    width: int = parameter(128, "neurons of a hidden layer", minimum=4)
    features: int = parameter(64, "length of the embeddings", minimum=2)
    steps: int = parameter(160, "steps of training", minimum=1)
    hold: str = parameter(
        "steps", "what all sizes of the training set have in common: steps or epochs",
        choices=["steps", "epochs"],
    )  # fmt: skip
    batch_size: int = parameter(128, "pairs in a step", minimum=2)
    learning_rate: float = parameter(3e-3, "of AdamW", minimum=0)
    warmup: int = parameter(20, "steps over which the rate grows at the start", minimum=0)
    temperature: float = parameter(0.07, "temperature of the start; it is learnt", minimum=0.01)
    decay: float = parameter(1e-4, "weight decay", minimum=0)


@dataclass(frozen=True)
class DejaVuParameters(MeasureParameters, DeviceParameters, _Training):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "full": {
            "treatment": [
                "n 500", "n 8000", "mask 0.3", "mask 0.6", "stop 75", "stop 150", "stop 300",
                "temperature 0.02", "temperature 0.3", "temperature 1", "decay 1", "decay 5",
                "decay 10",
            ],
            "n": 2000, "n_public": 2000, "width": 256, "steps": 600, "learning_rate": 1e-3,
        },
        "mnist": {"dataset": "mnist", "n": 2000, "n_public": 2000, "width": 256, "steps": 600,
                  "learning_rate": 1e-3, "treatment": ["n 500", "n 8000", "mask 0.3", "mask 0.6",
                  "stop 150", "temperature 1", "decay 5"]},
        "cifar10": {"dataset": "cifar10", "n": 2000, "n_public": 2000, "width": 256, "steps": 600,
                    "learning_rate": 1e-3, "treatment": ["n 500", "n 8000", "mask 0.3", "mask 0.6",
                    "stop 150", "temperature 1", "decay 5"]},
    }  # fmt: skip

    neighbors: int = parameter(
        5, "public images next to a caption that predict its objects", minimum=1, affects="measures"
    )
    curve: list[int] = parameter(
        [1, 2, 5, 10, 20], "other numbers of neighbours, for the curve", minimum=1,
        affects="measures",
    )  # fmt: skip
    top_objects: int = parameter(
        0, "predict only the most frequent objects of the neighbours; 0: all", minimum=0,
        affects="measures",
    )  # fmt: skip
    top: list[float] = parameter(
        [0.01, 0.1], "shares of the pairs that a key puts first", minimum=0, maximum=1,
        affects="measures",
    )  # fmt: skip
    activations: str = parameter(
        "pre", "measure before (pre) or after (post) the ReLU", choices=["pre", "post"],
        affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        64, "neurons drawn for MI in all layers together; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for words in self.treatment:
            treated(words, self.settings)
        sizes = {words: treated(words, self.settings)["n"] for words in all_levels(self.treatment)}
        least = min(sizes, key=lambda words: sizes[words])
        if sizes[least] < self.n_scored:
            raise ParameterError(
                f"n_scored must be at most the smallest number of training pairs, {sizes[least]} "
                f"({least!r}); not {self.n_scored}: so many of A are measured in each treatment."
            )
        most = max(self.neighbors_tried)
        if most > self.n_public:
            raise ParameterError(
                f"neighbors and curve must be at most n_public, {self.n_public}; not {most}."
            )
        self.check_measured(self.n_scored, "pairs that are measured")

    @property
    def settings(self) -> dict[str, Any]:
        """What a treatment may change, as it is without one."""
        return {
            "n": self.n, "mask": 0.0, "steps": self.steps, "stop": None, "learned": True,
            "temperature": self.temperature, "decay": self.decay,
        }  # fmt: skip

    @property
    def neighbors_tried(self) -> list[int]:
        """The numbers of neighbours that are tried, in order."""
        return sorted({self.neighbors, *self.curve})
