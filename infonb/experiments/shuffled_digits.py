"""Shuffled digits: what labels learnt by heart do to entropy and mutual information."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import xarray as xr

from infonb.experiments.digits import PAPER_SETTINGS, Digits, information_rows
from infonb.experiments.published import SHUFFLED_MNIST
from infonb.parameters import parameter

__all__ = ["ShuffledDigits"]


@dataclass(frozen=True)
class ShuffledDigits(Digits):
    """
    Shuffled digits: what labels learnt by heart do to entropy and mutual information.

    Bansal, Pruthi and Belinkov (2022), section 5, Figures 6 and 7 (left). With probability β a
    training label is replaced by a random one; the network can only learn those examples one by one
    (hypothesis H2).
    """

    name, over, symbol = "shuffled_digits", "beta", "β"
    claim: ClassVar[str] = (
        "H2: the more labels are learnt by heart, the higher the entropy of neurons and the lower "
        "the mutual information between neurons."
    )
    direction: ClassVar = 1
    rows = information_rows(1, SHUFFLED_MNIST)
    # no penalty: under the 0.002 of the colored digits random labels cannot be learnt by heart
    PRESETS: ClassVar = {"paper": PAPER_SETTINGS | {"mi_neurons": 0}}

    beta: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0], "probabilities of a random training label",
        minimum=0, maximum=1, affects="selection", order=-1)  # fmt: skip
    stop_at: float = parameter(
        0.0, "stop once this training accuracy is reached; 0: train all epochs",
        minimum=0, maximum=1, order=-1)  # fmt: skip
    width: int = parameter(96, "neurons in each hidden layer", minimum=2)
    epochs: int = parameter(80, "largest number of epochs", minimum=1)
    batch_size: int = parameter(64, "examples in a step", minimum=1)
    learning_rate: float = parameter(2e-3, "of Adam", minimum=0)
    mi_neurons: int = parameter(
        144, "neurons drawn for MI in all layers together; 0: all", minimum=0, affects="measures"
    )

    def data(self, beta: float, seed: int) -> dict[str, xr.Dataset]:
        """Return images with shuffled labels to train on, and others with true ones."""
        from infonb.data import shuffled_images

        parts = shuffled_images(self.dataset, beta, seed=seed, **self.sizes)
        return dict(zip(("train", "evaluation"), parts, strict=True))

    def opening(self, start: float, end: float) -> str:
        """Return how the answer names the random labels."""
        if (start, end) == (0, 1):
            return "with random labels (β = 1) instead of true ones,"
        return f"with {100 * end:.0f} % of the labels random instead of {100 * start:.0f} %,"

    def options(self, level: Any, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what this training needs; the best epoch would come before labels are learnt."""
        n_outputs = data["train"].attrs["n_classes"]
        return {"n_outputs": n_outputs, "keep": "last", "stop_at": self.stop_at or None}
