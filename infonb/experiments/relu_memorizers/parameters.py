"""Parameters of the experiment on networks that are built to memorize."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.parameters import MAX_SEED
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["NETWORKS", "MemorizerParameters"]

#: How a network comes about: built of hard-tanh units, of ReLUs; trained; as training begins.
NETWORKS = ("hard tanh", "relu", "trained", "untrained")

_MNIST: dict[str, Any] = {
    "dataset": "mnist", "n_hyperplanes": [100, 120, 140, 160, 180], "restarts": 25,
    "pairs": ["1 v 8", "1 v 9"], "share": [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    "pair_hyperplanes": [500, 10_000], "pair_restarts": 10,
}  # fmt: skip


@dataclass(frozen=True)
class _Networks(ParameterSet):
    """Parameters of the networks that are built and trained."""

    preset: str = parameter(
        "small", "small: the values below; mnist: random hyperplanes on all of MNIST, as published",
        choices=["small", "mnist"], affects="selection", order=-2,
    )  # fmt: skip
    network: list[str] = parameter(
        list(NETWORKS), "built of hard-tanh units or of ReLUs, trained, or as training begins",
        choices=NETWORKS, affects="selection", order=-1,
    )  # fmt: skip
    labels: list[str] = parameter(
        ["true", "random"], "which labels are memorized", choices=["true", "random"],
        affects="selection", order=-1,
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "which digits are memorized, random labels, directions, first weights",
        minimum=0, maximum=MAX_SEED, affects="selection",
    )  # fmt: skip
    n_memorized: int = parameter(400, "digits that are memorized", minimum=20, maximum=1600)
    epochs: int = parameter(
        4000, "passes of training at most; it ends when all labels are memorized", minimum=1
    )
    learning_rate: float = parameter(5e-3, "of Adam", minimum=0)
    batch_size: int = parameter(100, "digits in a step of training", minimum=1)
    bins: int = parameter(100, "bins of the entropy", minimum=1, affects="measures")
    edges: str = parameter(
        "common", "range of the bins: common to a network, shared by all, or of each neuron",
        choices=["common", "shared", "neuron"], affects="measures",
    )  # fmt: skip
    mi_bins: int = parameter(
        10, "bins of each neuron for MI, and for the entropy that it is divided by", minimum=2,
        affects="measures",
    )  # fmt: skip


@dataclass(frozen=True)
class MemorizerParameters(_Networks):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {"mnist": _MNIST}

    n_points: list[int] = parameter(
        [16, 64, 256, 1024], "random points that a network is built for, to see its error",
        minimum=4, maximum=4096, affects="selection",
    )  # fmt: skip
    near_epochs: int = parameter(
        60, "passes of SGD that begins near weights that memorize", minimum=1, affects="selection"
    )
    dataset: str = parameter(
        "digits", "what random hyperplanes tell apart: digits (offline) or mnist, 70,000 images",
        choices=["digits", "mnist"], affects="selection",
    )  # fmt: skip
    folder: str = parameter(
        "", "where the files of mnist are; empty: INFONB_DATA", affects="selection"
    )
    n_hyperplanes: list[int] = parameter(
        [60, 80, 100, 120, 160], "random hyperplanes, for all ten classes", minimum=1,
        affects="selection",
    )  # fmt: skip
    restarts: int = parameter(
        10, "how often hyperplanes are drawn anew", minimum=1, affects="selection"
    )
    pairs: list[str] = parameter(
        ["1 v 8"], "two digits that are told apart, such as 1 v 8: the first is covered",
        affects="selection",
    )  # fmt: skip
    share: list[int] = parameter(
        [10, 40, 70, 100], "of the images of two digits, in per cent", minimum=1,
        maximum=100, affects="selection",
    )  # fmt: skip
    pair_hyperplanes: list[int] = parameter(
        [500, 1000], "random hyperplanes, for two digits", minimum=1, affects="selection"
    )
    pair_restarts: int = parameter(
        5, "how often these are drawn anew", minimum=1, affects="selection"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for pair in self.pairs:
            digits_of(pair)
        for name in ("n_points", "n_hyperplanes", "share"):
            values = getattr(self, name)
            if sorted(set(values)) != list(values):
                raise ParameterError(f"{name} must rise, such as [10, 20]; not {values}.")


def digits_of(pair: str) -> tuple[int, int]:
    """Return the two digits of a pair such as ``"1 v 8"``."""
    words = pair.split(" v ")
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        raise ParameterError(f"pairs must be of two digits, such as '1 v 8'; not {pair!r}.")
    first, second = (int(word) for word in words)
    if not (0 <= first <= 9 and 0 <= second <= 9 and first != second):
        raise ParameterError(f"pairs must be of two different digits 0 to 9; not {pair!r}.")
    return first, second
