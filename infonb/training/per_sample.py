"""What a network says of each single example: loss, margin, probability of its label."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from infonb.data.batches import Batches
from infonb.networks.state import eval_mode
from infonb.training.evaluation import forward

__all__ = ["NAMES", "of_batch", "of_samples"]

#: Variables of each sample, and their types.
NAMES: dict[str, Any] = {
    "loss": np.float32,
    "margin": np.float32,
    "probability": np.float32,
    "prediction": np.int32,
}


def of_samples(
    model: torch.nn.Module, batches: Batches, batch_size: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return each variable (sample,), in eval mode and without gradients, and the labels."""
    found: list[dict[str, torch.Tensor]] = []
    labels: list[torch.Tensor] = []
    with eval_mode(model):
        for inputs, own in batches(batch_size):
            assert own is not None
            found.append(of_batch(forward(model, inputs), own))
            labels.append(own)
    values = {
        name: torch.cat([one[name] for one in found]).cpu().numpy().astype(dtype)
        for name, dtype in NAMES.items()
    }
    return values, torch.cat(labels).cpu().numpy()


def of_batch(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return each variable (sample,) of logits (sample, class), or of single ones (sample[, 1])."""
    # float64: in float32 the loss of a sample that is known well is 0
    logits = logits.double()
    if (
        logits.ndim == 1 or logits.shape[1] == 1
    ):  # one logit is that of class 1 against 0 of class 0
        one = logits.reshape(-1)
        logits = torch.stack([torch.zeros_like(one), one], dim=1)
    own = labels[:, None]
    score = logits.gather(1, own).squeeze(1)
    best_other = logits.scatter(1, own, -torch.inf).amax(dim=1)
    loss = torch.logsumexp(logits, dim=1) - score
    return {
        "loss": loss,
        "margin": score - best_other,
        "probability": torch.exp(-loss),
        "prediction": logits.argmax(dim=1),
    }
