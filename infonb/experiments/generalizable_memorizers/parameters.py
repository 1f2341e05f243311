"""Parameters of the experiment on memorizers that generalize: pairs, memorizers, laws, measures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

from infonb.experiments.generalizable_memorizers.building import KINDS
from infonb.experiments.parameters import MAX_SEED
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["MemorizerParameters"]

_ALL_PAIRS = [f"{a}v{b}" for a, b in combinations(range(10), 2)]

_MNIST: dict[str, Any] = {
    "memorizer": ["cells", "projected", "relu", "bits"], "pair": _ALL_PAIRS, "seed": [0],
    "dataset": "mnist", "n_train": 0, "n_relu": 1000, "null": False, "n_checked": 500,
    "information_of": "",
}  # fmt: skip


@dataclass(frozen=True)
class MemorizerParameters(ParameterSet):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {"mnist": _MNIST}

    preset: str = parameter(
        "small", "small: the values below; mnist: all 45 pairs of MNIST, all of their images",
        choices=["small", "mnist"], affects="selection", order=-2,
    )  # fmt: skip
    memorizer: list[str] = parameter(
        list(KINDS), "which are built (or trained: mlp) for each pair", choices=list(KINDS),
        affects="selection", order=-1,
    )  # fmt: skip
    pair: list[str] = parameter(
        ["3v8", "1v7", "4v9", "0v1", "01234v56789"], "digits of one class, v, those of the other",
        affects="selection", order=-1,
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "of the images that are drawn for training, and of the memorizers", minimum=0,
        maximum=MAX_SEED, affects="selection",
    )  # fmt: skip
    dataset: str = parameter(
        "digits", "digits (8 x 8, offline) or mnist (28 x 28)", choices=["digits", "mnist"]
    )
    folder: str = parameter(
        "", "where the files of mnist are; empty: INFONB_DATA", affects="selection"
    )
    n_train: int = parameter(200, "training images of a pair; 0: half of digits, all of mnist",
                             minimum=0)  # fmt: skip
    n_relu: int = parameter(
        0, "how many of them relu memorizes, whose float64 ends at some thousand; 0: all", minimum=0
    )
    sharpness: float = parameter(
        1.0, "of the cells, in multiples of the least that memorizes", minimum=1.0
    )
    rank: int = parameter(1, "random directions that projected sees", minimum=1)
    width: int = parameter(64, "hidden units of mlp", minimum=1)
    epochs: int = parameter(
        500, "of mlp at most; it stops when all training images are known", minimum=1
    )
    learning_rate: float = parameter(5e-3, "of mlp", minimum=0)
    null: bool = parameter(True, "also memorize the same images with labels in random order")
    n_checked: int = parameter(
        0, "training images on which it is checked that they are memorized; 0: all", minimum=0,
        affects="measures",
    )  # fmt: skip
    information_of: str = parameter(
        "01234v56789", "pair on whose held-out images entropy and MI are measured; empty: none",
        affects="measures",
    )  # fmt: skip
    bins: int = parameter(
        10, "bins of entropy and MI, of each neuron its own range", minimum=2, affects="measures"
    )
    mi_neurons: int = parameter(
        40, "neurons of a layer drawn for MI", minimum=2, affects="measures"
    )
    n_dims: int = parameter(
        4, "dimension of the ball and shell of the law of width", minimum=2, affects="selection"
    )
    law_points: list[int] = parameter(
        [300, 3000], "training points of the law of width", minimum=4, affects="selection"
    )
    bit_points: list[int] = parameter(
        [16, 36, 64, 144, 400], "points of the law of parameters", minimum=2, affects="selection"
    )
    cube: int = parameter(
        8, "dimension of the cube whose parity is memorized", minimum=2, maximum=12,
        affects="selection",
    )  # fmt: skip
    draws: int = parameter(
        5, "how often the points of the laws are drawn", minimum=1, affects="selection"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        from infonb.data.separated import digits_of

        for pair in [*self.pair, *filter(None, [self.information_of])]:
            try:
                digits_of(pair)
            except ValueError as error:
                raise ParameterError(str(error)) from None
        if "cells" not in self.memorizer:
            raise ParameterError(
                f"memorizer must have 'cells' in it, to which others are compared; not "
                f"{self.memorizer}."
            )
        features = {"digits": 64, "mnist": 784}[self.dataset]
        if self.rank > features:
            raise ParameterError(
                f"rank must be at most the {features} pixels of an image of {self.dataset}; not "
                f"{self.rank}."
            )
        for name in ("law_points", "bit_points"):
            values = getattr(self, name)
            if sorted(set(values)) != list(values) or not values:
                raise ParameterError(f"{name} must be numbers that rise; not {values}.")
