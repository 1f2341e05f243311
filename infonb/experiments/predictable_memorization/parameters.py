"""Parameters of the experiment on language models: corpus, networks, training, measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infonb.experiments.parameters import MAX_SEED, DeviceParameters, MeasureParameters
from infonb.experiments.predictable_memorization.sizes import check_sizes
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["PredictableParameters"]


@dataclass(frozen=True)
class _Training(ParameterSet):
    """Parameters of corpus, networks and training."""

    preset: str = parameter(
        "small", "small: the values below; full: more sizes and sequences, longer",
        choices=["small", "full"], affects="selection",
    )  # fmt: skip
    size: list[str] = parameter(
        ["16", "24", "32", "64", "64 once"],
        "width of each model; WIDTH once: trained without copies, the control",
        affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one corpus for each seed, and models with first weights of their own",
        minimum=0, maximum=MAX_SEED, affects="selection",
    )  # fmt: skip
    copies: list[int] = parameter(
        [1, 16, 32, 64, 128, 256], "how often planted sequences are in the corpus", minimum=1
    )
    n_each: int = parameter(10, "planted sequences for each number of copies", minimum=1)
    n_background: int = parameter(2500, "windows of a Markov chain, the rest of the corpus",
                                  minimum=1)  # fmt: skip
    n_held_out: int = parameter(
        60, "random sequences, and windows of the chain, that no model is trained on", minimum=4
    )
    vocabulary: int = parameter(32, "number of tokens", minimum=2)
    length: int = parameter(16, "tokens of a sequence", minimum=3)
    concentration: float = parameter(
        0.1, "of the chain's Dirichlet rows: the smaller, the more predictable", minimum=0.001
    )
    layers: int = parameter(2, "blocks of a model", minimum=2)
    spread: float = parameter(0.08, "standard deviation of the first weights", minimum=0)
    batch_size: int = parameter(32, "sequences in a step", minimum=1)
    learning_rate: float = parameter(1e-2, "of AdamW, highest", minimum=0)
    warmup: int = parameter(20, "steps over which the rate grows at the start", minimum=0)
    decay: float = parameter(0.01, "weight decay", minimum=0)
    checkpoints: list[float] = parameter(
        [0.07, 0.15, 0.26, 0.7, 1.0], "shares of the training that are looked at",
        minimum=0.001, maximum=1,
    )  # fmt: skip


@dataclass(frozen=True)
class PredictableParameters(MeasureParameters, DeviceParameters, _Training):
    """All parameters of the experiment."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "full": {
            "size": ["16", "24", "32", "48", "64", "128", "128 once"],
            "copies": [1, 8, 16, 32, 64, 128, 256], "n_each": 20, "n_background": 8000,
            "n_held_out": 100, "spread": 0.02, "batch_size": 16, "learning_rate": 3e-3,
            "checkpoints": [0.05, 0.143, 0.286, 0.429, 0.571, 0.714, 0.857, 1.0],
        },
    }  # fmt: skip

    bins: int = parameter(20, "bins of the entropy", minimum=1, affects="measures")
    prompt: int = parameter(
        8, "tokens that a model is given; it has to continue them", minimum=1, affects="measures"
    )
    prompts: list[int] = parameter(
        [4, 12], "other lengths of the prompt that are tried on the finished models",
        minimum=1, affects="measures",
    )  # fmt: skip
    at_least: float = parameter(
        1.0, "share of right tokens from which on a sequence is memorized; 1: all",
        minimum=0.01, maximum=1, affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        24, "neurons drawn for MI in all layers together; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self.size)
        if not max(self.copies) > 1:
            raise ParameterError("copies must have a level above 1: else there is nothing to tell.")
        longest = max(self.prompt, *self.prompts, 0)
        if longest >= self.length:
            raise ParameterError(
                f"prompt and prompts must be below length, {self.length}; not {longest}: something "
                "must be left to continue."
            )
        self.check_measured(self.n_compared, "sequences of each group that are measured")
        stops = self.stops
        if sorted(set(stops)) != stops or stops[-1] != self.steps:
            raise ParameterError(
                f"checkpoints must rise to 1 and lie a step or more apart; there are {self.steps} "
                f"steps, and {list(self.checkpoints)} are steps {stops}."
            )

    @property
    def n_planted(self) -> int:
        """How many sequences are planted."""
        return len(self.copies) * self.n_each

    @property
    def n_compared(self) -> int:
        """How many sequences of each group entropy and MI are measured on: those with copies."""
        with_copies = sum(one > 1 for one in self.copies) * self.n_each
        return min(with_copies, self.n_held_out, self.n_background)

    @property
    def steps(self) -> int:
        """Steps of a training: one pass."""
        return -(-(sum(self.copies) * self.n_each + self.n_background) // self.batch_size)

    @property
    def stops(self) -> list[int]:
        """After how many steps each checkpoint is."""
        return [max(1, round(share * self.steps)) for share in self.checkpoints]
