"""Parameters of the experiment on capacity: strings, networks, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.parameters import MAX_SEED, DeviceParameters, MeasureParameters
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["CapacityParameters"]


@dataclass(frozen=True)
class _Training(ParameterSet):
    """Parameters of strings, networks and training."""

    preset: str = parameter(
        "small", "small: the values below; full: larger networks, trained for longer",
        choices=["small", "full"], affects="selection",
    )  # fmt: skip
    size: list[int] = parameter(
        [8, 12, 16], "widths of the network's states", minimum=8, affects="selection"
    )
    n_strings: list[int] = parameter(
        [40, 120, 300, 480], "how many different strings a network is trained on", minimum=2,
        affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "strings and first weights", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    vocabulary: int = parameter(128, "different tokens, all equally likely", minimum=2)
    length: int = parameter(8, "tokens of a string; the first is given", minimum=3)
    n_held_out: int = parameter(300, "strings that no network is trained on, the null", minimum=20)
    layers: int = parameter(1, "blocks of the network", minimum=1)
    heads: int = parameter(0, "heads of attention; 0: one for each 4 of the width", minimum=0)
    steps: int = parameter(120, "steps of training, each on all strings", minimum=4)
    learning_rate: float = parameter(0.05, "of AdamW, at its highest", minimum=0)
    warmup: int = parameter(10, "steps over which the rate grows; then it falls to 0", minimum=0)
    spread: float = parameter(0.02, "standard deviation of the first weights", minimum=0)


@dataclass(frozen=True)
class CapacityParameters(MeasureParameters, DeviceParameters, _Training):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "full": {
            "size": [8, 16, 24], "n_strings": [100, 400, 800, 1600], "steps": 1500, "warmup": 50,
        },
    }  # fmt: skip

    prompt: int = parameter(
        4, "tokens of a string that are given when it is to be recited", minimum=1,
        affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        16, "neurons drawn for MI in all layers together; 0: all", minimum=0, affects="measures"
    )

    def heads_of(self, size: int) -> int:
        """Return the heads of a width: as told, or so many that none is narrower than 4."""
        return self.heads or max(n for n in range(1, max(1, size // 4) + 1) if size % n == 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.prompt >= self.length:
            raise ParameterError(
                f"prompt must be below length, {self.length}; not {self.prompt}: nothing would be "
                "left to recite."
            )
        if wrong := [size for size in self.size if self.heads and size % self.heads]:
            raise ParameterError(
                f"each size must be a multiple of heads, {self.heads}; not {wrong[0]}."
            )
        if self.warmup >= self.steps:
            raise ParameterError(f"warmup must be below steps, {self.steps}; not {self.warmup}.")
        needed = 100 * (max(self.n_strings) + self.n_held_out)
        if self.vocabulary**self.length < needed:
            raise ParameterError(
                f"vocabulary and length allow {self.vocabulary**self.length:,} strings, fewer than "
                f"{needed:,}, a hundred times as many as are drawn: some would be held out and "
                "trained on. Raise one of the two."
            )
        self.check_measured(self.n_held_out, "strings that are held out")
