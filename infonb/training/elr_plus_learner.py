"""One of the two networks of ELR+, with the average of its weights and the table for it."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import nn

from infonb.training.early_learning import ELRLoss

__all__ = ["Learner", "ramp"]


class Learner:
    """One of the two networks: its optimiser, the average of its weights, the table for it."""

    def __init__(
        self, network: nn.Module, loss: ELRLoss, optimizer: torch.optim.Optimizer, seed: int
    ) -> None:
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.step = 0
        device = next(network.parameters()).device
        self.order = torch.Generator().manual_seed(seed)
        self.mixing = np.random.default_rng(seed)
        self.loss.to(device)

    @torch.no_grad()
    def follow(self, momentum: float, ramp_steps: int) -> None:
        """Move the average towards the weights, fast at first."""
        self.step += 1
        gamma = momentum * ramp(self.step, ramp_steps)
        pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
        for mean, weight in pairs:
            mean.data.mul_(gamma).add_(weight, alpha=1 - gamma)
        for kept, value in zip(self.average.buffers(), self.network.buffers(), strict=True):
            kept.copy_(value)


def ramp(step: int, steps: int) -> float:
    """Return what a momentum is multiplied by: exp(-5) at the start, 1 from `steps` on."""
    return math.exp(-5 * (1 - min(step / steps, 1)) ** 2)
