"""AdamW whose rate grows over its first steps, and may fall again, as encoders are trained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from infonb.validate import check_integer, check_number

__all__ = ["WarmAdamW"]


class WarmAdamW(torch.optim.AdamW):
    """
    AdamW with a linear warm-up, and no decay of biases and scales (parameters of one dim).

    With `total_steps` the rate falls after the warm-up along half a cosine, and is 0 from there on.
    How far it has come is the number of steps that AdamW keeps of its parameters: a
    training that is resumed goes on with the rate that it had.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, learning_rate: float,
        weight_decay: float = 0.01, warmup_steps: int = 0, total_steps: int | None = None,
    ) -> None:  # fmt: skip
        check_number("weight_decay", weight_decay, 0.0)
        self.warmup_steps = check_integer("warmup_steps", warmup_steps, 0)
        if total_steps is not None:
            # one more than the warm-up at least: a cosine needs a length
            check_integer("total_steps", total_steps, self.warmup_steps + 1)
        self.total_steps = total_steps
        self.learning_rate = check_number("learning_rate", learning_rate, 0.0)
        given = list(parameters)
        groups = [
            {"params": [one for one in given if one.ndim > 1], "weight_decay": weight_decay},
            {"params": [one for one in given if one.ndim < 2], "weight_decay": 0.0},
        ]
        # one pass over the weights instead of one for each step of the formula
        is_fused = {one.device.type for one in given} <= {"cpu", "cuda"}
        super().__init__([g for g in groups if g["params"]], lr=learning_rate, fused=is_fused)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Change the weights, at the rate of this step."""
        for group in self.param_groups:
            group["lr"] = self._share() * self.learning_rate
        found = super().step(closure)
        self._steps_done += 1
        return found

    def _share(self) -> float:
        """Return which part of the rate this step has."""
        if self._steps_done < self.warmup_steps:
            return (self._steps_done + 1) / self.warmup_steps
        if self.total_steps is None:
            return 1.0
        done = (self._steps_done - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state, and with it how many steps were done."""
        super().load_state_dict(state_dict)
        counts = [int(state["step"]) for state in self.state.values() if "step" in state]
        self._steps_done = max(counts, default=0)

    _steps_done = 0
