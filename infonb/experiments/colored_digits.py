"""Colored digits: what a shortcut does to entropy and mutual information."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import xarray as xr

from infonb.experiments.digits import PAPER_SETTINGS, Digits, information_rows
from infonb.experiments.published import COLORED_MNIST
from infonb.parameters import parameter

__all__ = ["ColoredDigits"]


@dataclass(frozen=True)
class ColoredDigits(Digits):
    """
    Colored digits: what a shortcut does to entropy and mutual information.

    Bansal, Pruthi and Belinkov (2022), section 4, Figures 2 and 3 (left). The colour of a digit
    tells its label in training, the more so the larger α, and nothing in validation. Networks that
    lean on the colour memorize a heuristic (hypothesis H1).
    """

    name, over, symbol = "colored_digits", "alpha", "α"
    claim: ClassVar[str] = (
        "H1: the stronger the shortcut, the lower the entropy of neurons and the higher the mutual "
        "information between neurons."
    )
    direction: ClassVar = -1
    rows = information_rows(-1, COLORED_MNIST)
    PRESETS: ClassVar = {"paper": PAPER_SETTINGS | {"penalty": 0.002, "keep": "best"}}

    alpha: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0], "strengths of the shortcut: 0 none, 1 perfect",
        minimum=0, maximum=1, affects="selection", order=-1)  # fmt: skip
    label_noise: float = parameter(
        0.25, "probability that a label is flipped", minimum=0, maximum=0.5, order=-1)  # fmt: skip
    keep: str = parameter(
        "last", "weights to measure: of the last epoch, or of the best validation accuracy",
        choices=["last", "best"], order=-1)  # fmt: skip
    patience: int = parameter(
        0, "stop after so many epochs without better validation accuracy; 0: never",
        minimum=0, order=-1)  # fmt: skip

    def data(self, alpha: float, seed: int) -> dict[str, xr.Dataset]:
        """Return colored images to train on, and others whose colour says nothing."""
        from infonb.data import colored_images

        parts = colored_images(
            self.dataset, alpha, label_noise=self.label_noise, seed=seed, **self.sizes)  # fmt: skip
        return dict(zip(("train", "evaluation"), parts, strict=True))

    def options(self, level: Any, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what this training needs beside what both experiments do alike."""
        return {"n_outputs": 1, "keep": self.keep, "patience": self.patience or None}
