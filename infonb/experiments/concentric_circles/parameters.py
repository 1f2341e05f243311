"""Parameters of the concentric circles: points, networks, training, and what is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.concentric_circles.recipes import ALIGNMENTS
from infonb.experiments.parameters import MAX_SEED, MeasureParameters, PresetParameters
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["CircleParameters"]


@dataclass(frozen=True)
class _Networks(ParameterSet):
    """Parameters of points, networks and training."""

    division: list[float] = parameter(
        [0.5, 0.65, 0.75, 0.9, 1.0],
        "shares of artifacts that agree with the label: 0.5 nothing to learn, 1 a perfect shortcut",
        minimum=0.5, maximum=1, affects="selection",
    )  # fmt: skip
    beta: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0], "probabilities of a random label, on few points",
        minimum=0, maximum=1, affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one network of each kind for each seed",
        minimum=0, maximum=MAX_SEED, affects="selection",
    )  # fmt: skip
    fraction: float = parameter(0.75, "share of points with an artifact", minimum=0, maximum=1)
    n_points: int = parameter(2000, "points of the division networks, and unseen", minimum=20)
    n_memorized: int = parameter(60, "points of the beta networks", minimum=10)
    width: int = parameter(16, "neurons in each of the two hidden layers", minimum=2)
    epochs: int = parameter(60, "largest number of epochs on many points", minimum=1)
    patience: int = parameter(
        5, "stop after so many epochs without lower validation loss", minimum=1
    )
    epochs_memorized: int = parameter(
        1000, "largest number of epochs on few points; ends when all are learnt", minimum=1
    )
    learning_rate: float = parameter(1e-2, "of Adam", minimum=0)
    penalty: float = parameter(3e-4, "weight of the squared norm of all parameters", minimum=0)
    alignment: str = parameter(
        "bias", "unseen points of figures and claims: what c1 says on them",
        choices=list(ALIGNMENTS), affects="selection",
    )  # fmt: skip
    activations: str = parameter(
        "pre", "figures and claims before (pre) or after (post) the ReLU",
        choices=["pre", "post"], affects="selection",
    )  # fmt: skip


@dataclass(frozen=True)
class CircleParameters(MeasureParameters, _Networks, PresetParameters):
    """All parameters of the experiment, with its own defaults of the measures."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper": {
            "seed": list(range(10)), "epochs": 300, "epochs_memorized": 10_000,
            "n_memorized": 100,
            "learning_rate": 1e-3, "penalty": 0.0, "activations": "post",
            "mi_samples": 0,
        }
    }  # fmt: skip

    bins: int = parameter(
        20, "bins of the entropy if common or of each neuron", minimum=1, affects="measures"
    )
    edges: str = parameter(
        "shared", "range of the bins: common to a network, shared by all, or of each neuron",
        choices=["common", "shared", "neuron"], affects="selection",
    )  # fmt: skip
    bin_width: float = parameter(
        0.5, "width of the shared bins, in units of activation", minimum=1e-6, affects="measures"
    )
    mi_samples: int = parameter(
        500, "points drawn for mutual information; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, reference in (("division", 0.5), ("beta", 0.0)):
            if max(getattr(self, name)) == reference:
                raise ParameterError(
                    f"{name} must hold a level above {reference:g}, which all others are compared "
                    f"with and which is always there; not only {reference:g}."
                )
        self.check_measured(self.n_points, "points")
