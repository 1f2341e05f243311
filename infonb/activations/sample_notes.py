"""What batches and outputs of the model tell about the samples: labels and predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from infonb.activations.batch import Batch
from infonb.activations.labelled import to_numpy
from infonb.activations.last_operation import LAYERS, SIGMOIDS

__all__ = ["SampleNotes", "predictor"]

Predict = Callable[[Any, int], np.ndarray | None]
Known = dict[str, np.ndarray | None]


class SampleNotes:
    """What the batches and the model's outputs tell about the samples."""

    def __init__(self, predict: Predict | None) -> None:
        self.predict = predict
        self.parts: list[Known] = []
        # the samples of the rows, and how many there were
        self.examples: list[np.ndarray] = []
        self.n_samples = 0

    def append(self, batch: Batch, output: Any, samples: np.ndarray | None = None) -> Known:
        """Take what one batch and the model's output for it tell, and return it."""
        prediction = None if self.predict is None else self.predict(output, batch.size)
        known: Known = {"label": batch.labels, "prediction": prediction}
        if samples is not None:  # of rows of single tokens
            known = {name: x if x is None else x[samples] for name, x in known.items()}
        self.parts.append(known)
        own = np.arange(batch.size) if samples is None else samples
        self.examples.append(own + self.n_samples)
        self.n_samples += batch.size
        return self.parts[-1]

    def of_rows(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is known about the samples for their rows, if these are several."""
        samples = np.concatenate(self.examples) if self.examples else np.arange(0)
        if np.array_equal(samples, np.arange(self.n_samples)):
            return dict(known)
        found = {name: to_numpy(values) for name, values in known.items()}
        found = {name: x[samples] if len(x) == self.n_samples else x for name, x in found.items()}
        return {"example": found.pop("sample", samples), **found}

    def coords(self) -> dict[str, np.ndarray]:
        """Return labels and predictions, each if all batches have them."""
        coords: dict[str, np.ndarray] = {}
        for name in ("label", "prediction"):
            there = [values for part in self.parts if (values := part[name]) is not None]
            if there and len(there) == len(self.parts):
                coords[name] = np.concatenate(there)
        return coords


def predictor(
    prediction: bool | Callable[[Any], Any], last_operation: Callable[[], str]
) -> Predict | None:
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
    found: list[float | None] = []  # the threshold, once it is known

    def largest(output: Any, size: int) -> np.ndarray | None:
        logits = getattr(output, "logits", output)
        if not isinstance(logits, torch.Tensor) or not logits.is_floating_point():
            return None
        if logits.ndim not in (1, 2) or len(logits) != size:
            return None
        if logits.ndim == 2 and logits.shape[1] != 1:
            return logits.argmax(dim=1).cpu().numpy()
        if not found:
            found.append(_threshold(logits, last_operation))
        if found[0] is None:
            return None
        return (logits.reshape(-1) > found[0]).to("cpu", torch.int64).numpy()

    return largest


def _threshold(logits: torch.Tensor, last_operation: Callable[[], str]) -> float | None:
    """Return what a single output is above in class 1, a logit or a probability; None: unknown."""
    if (logits < 0).any() and (logits > 0).any():
        return 0.0
    last = last_operation()  # values of one sign may be logits or probabilities
    return 0.5 if last in SIGMOIDS else 0.0 if last in LAYERS else None
