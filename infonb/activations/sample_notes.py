"""What batches and outputs of the model tell about the samples: labels and predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.activations.examples import Batch
from infonb.activations.labelled import to_numpy

__all__ = ["SampleNotes", "predictor"]

Predict = Callable[[Any, int], np.ndarray | None]
Known = dict[str, np.ndarray | None]


class SampleNotes:
    """What the batches and the model's outputs tell about the samples."""

    def __init__(self, predict: Predict | None) -> None:
        self.predict = predict
        self.parts: list[Known] = []

    def append(self, batch: Batch, output: Any) -> Known:
        """Take what one batch and the model's output for it tell, and return it."""
        prediction = None if self.predict is None else self.predict(output, batch.size)
        self.parts.append({"label": batch.labels, "prediction": prediction})
        return self.parts[-1]

    def coords(self) -> dict[str, np.ndarray]:
        """Return labels and predictions, each if all batches have them."""
        coords: dict[str, np.ndarray] = {}
        for name in ("label", "prediction"):
            there = [values for part in self.parts if (values := part[name]) is not None]
            if there and len(there) == len(self.parts):
                coords[name] = np.concatenate(there)
        return coords


def predictor(model: nn.Module, prediction: bool | Callable[[Any], Any]) -> Predict | None:
    """Return the function (output, number of samples) -> predictions, if there is to be one."""
    if prediction is False:
        return None
    if callable(prediction):
        function = prediction

        def own(output: Any, size: int) -> np.ndarray:
            values = to_numpy(function(output))
            if values.shape != (size,):
                raise ValueError(
                    f"prediction must return one value for each of the {size} samples of a batch; "
                    f"it returned shape {values.shape}."
                )
            return values

        return own
    # probabilities are positive everywhere
    last = [module for module in model.modules() if not list(module.children())][-1]
    threshold = 0.5 if isinstance(last, nn.Sigmoid) else 0.0

    def largest(output: Any, size: int) -> np.ndarray | None:
        logits = getattr(output, "logits", output)
        if not isinstance(logits, torch.Tensor) or not logits.is_floating_point():
            return None
        if logits.ndim not in (1, 2) or len(logits) != size:
            return None
        if logits.ndim == 1 or logits.shape[1] == 1:
            return (logits.reshape(-1) > threshold).to("cpu", torch.int64).numpy()
        return logits.argmax(dim=1).cpu().numpy()

    return largest
