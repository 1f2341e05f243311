"""Parameters of the experiment on verdicts: networks of known kind, measures, the two halves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.verdicts.data import DATA_SETS, RANDOM, SAYS
from infonb.experiments.verdicts.networks import check_network
from infonb.parameters import ParameterError, ParameterSet, parameter
from infonb.validate import did_you_mean

__all__ = ["KINDS", "VerdictParameters", "divide"]

#: How a network was trained. The last is a control: nothing but the length of training differs.
KINDS = ("clean", "shortcut", "memorized", "early")

_SMALL = ["colored_digits/mlp3x64", "marked_digits/mlp2x64", "circles/mlp2x32", "scenes/mlp3x64"]
_FULL = [
    "colored_digits/mlp3x64", "circles/mlp2x32", "marked_digits/mlp2x64",
    "colored_mnist/mlp3x64", "scenes/mlp3x64", "marked_mnist/mlp2x64", "colored_digits/cnn8",
    "waterbirds/cnn8", "scenes/cnn8", "circles/mlp3x64", "colored_digits/mlp2x128",
    "marked_digits/mlp4x32", "scenes/resnet8", "waterbirds/resnet8",
]  # fmt: skip


@dataclass(frozen=True)
class VerdictParameters(ParameterSet):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "full": {
            "setting": _FULL, "n_samples": 1000,
        }
    }  # fmt: skip

    preset: str = parameter(
        "small", "small: the values below; full: 14 settings with MNIST, Waterbirds",
        choices=["small", "full"], affects="selection", order=-2,
    )  # fmt: skip
    setting: list[str] = parameter(
        _SMALL, "data set/network, such as circles/mlp2x32, scenes/cnn8, waterbirds/resnet8",
        affects="selection",
    )  # fmt: skip
    kind: list[str] = parameter(
        list(KINDS), "how networks are trained: what each of them is known to be",
        choices=KINDS, affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1], "networks of each kind; every data set makes its own seeds of them",
        minimum=0, maximum=999, affects="selection",
    )  # fmt: skip
    choosing: list[str] = parameter(
        ["colored_digits", "marked_digits", "waterbirds"],
        "data sets on which the rule is chosen; others report it", choices=list(DATA_SETS),
        affects="selection",
    )  # fmt: skip
    n_train: int = parameter(0, "training examples; 0: those of the data set", minimum=0)
    n_samples: int = parameter(400, "unlabelled samples to measure on, or all there are", minimum=8)
    says: str = parameter(
        RANDOM, "what the shortcut says in the samples: nothing, the label; or it is absent",
        choices=list(SAYS), affects="measures",
    )  # fmt: skip
    epochs: int = parameter(0, "passes over the training examples; 0: those of the data set",
                            minimum=0)  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        for setting in self.setting:
            dataset, network = divide(setting)
            if dataset not in DATA_SETS:
                raise ParameterError(
                    f"setting {setting!r} must begin with one of {', '.join(DATA_SETS)}."
                    f"{did_you_mean(dataset, list(DATA_SETS))}"
                )
            check_network(network)
            if self.says not in DATA_SETS[dataset].says:
                raise ParameterError(
                    f"says must be one of {', '.join(DATA_SETS[dataset].says)} for {dataset}; not "
                    f"{self.says!r}: of pictures there is no telling what they would be without a "
                    "place."
                )
            most = DATA_SETS[dataset].most - 8
            if self.n_train > most:
                raise ParameterError(
                    f"n_train must be at most {most} for {dataset}; not {self.n_train}."
                )


def divide(setting: str) -> tuple[str, str]:
    """Return the data set and the network that the name of a setting stands for."""
    dataset, slash, network = setting.partition("/")
    if not slash:
        raise ParameterError(f"a setting is data set/network, as circles/mlp2x32; not {setting!r}.")
    return dataset, network
