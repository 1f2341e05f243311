"""Colored digits: what a shortcut does to entropy and mutual information."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.experiments.digits import PAPER_SETTINGS, Digits, information_rows
from infonb.experiments.published import COLORED_MNIST
from infonb.parameters import parameter

if TYPE_CHECKING:
    from torch import nn

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

    def opening(self, start: float, end: float) -> str:
        """Return how the answer names the shortcut."""
        if (start, end) == (0, 1):
            return "with a perfect shortcut (α = 1) instead of none,"
        return f"with a shortcut of strength α = {end:g} instead of {start:g},"

    def options(self, level: Any, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what this training needs beside what both experiments do alike."""
        return {"n_outputs": 1, "keep": self.keep, "patience": self.patience or None}

    def switch_off(
        self, level: float, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset],
        run: xr.Dataset,
    ) -> dict[str, xr.DataArray]:  # fmt: skip
        """
        Return the accuracy with neurons off, of networks without and with a perfect shortcut.

        On the validation images in the colour of their label (bias) and in the other one (anti).
        """
        from infonb.activations import record
        from infonb.data import recolored
        from infonb.experiments.switching_off import not_switched_off, switched_off
        from infonb.measures import entropy
        from infonb.selection.interventions.switching_order import difference

        # up to nearly all: of so many neurons the first ten change nothing
        total = int(run.width.sum())
        numbers = sorted({round(total * step / 12) for step in range(12)})
        images = data["evaluation"]
        # images of somebody's own may be coloured otherwise
        if level not in (0.0, 1.0) or "color" not in images.coords:
            return not_switched_off(("bias", "anti"), numbers)
        sets = {name: recolored(images, name) for name in ("bias", "anti")}
        both = [
            record(model, part, layers=self.layers, prediction=False, progress=False).activation
            for part in sets.values()
        ]
        # within a network, shared bins are common ones
        edges = "neuron" if self.edges == "neuron" else "common"
        return switched_off(
            model, sets, numbers, entropy=entropy(run.activation, bins=self.bins, edges=edges),
            information=run.mutual_information, difference=difference(*both), seed=seed,
        )  # fmt: skip
