"""Entropy as a regularizer: does raising it keep a network from a shortcut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, Row
from infonb.experiments.digits import PAPER_SETTINGS, Digits
from infonb.experiments.entropy_regularizer.claims import COLOUR, RULERS, rows_of
from infonb.experiments.entropy_regularizer.treatments import NONE, treatment_of
from infonb.parameters import parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["EntropyRegularizer"]


@dataclass(frozen=True)
class EntropyRegularizer(Digits):
    """
    Entropy as a regularizer: does raising it keep a network from a shortcut.

    Bansal, Pruthi and Belinkov (2022) find low entropy in networks that memorize a heuristic, and
    leave open whether measures of information help as a regularizer. Networks on colored digits
    are trained with the soft entropy of their neurons in the loss, raised or lowered, beside
    networks without it and with the squared norm of their weights.

    A treatment is ``"entropy W"``, which raises the entropy (W below 0: lowers it), or ``"norm
    W"``, with the weight W of the term in the loss; networks with ``"none"`` are always trained.
    """

    name, over = "entropy_regularizer", ("alpha", "treatment")
    claim: ClassVar[str] = (
        "Not a claim of the paper, which leaves it open: a network whose neurons are pushed to "
        "higher entropy leans less on the shortcut."
    )
    rows: ClassVar[Sequence[Row]] = ()
    PRESETS: ClassVar = {"paper": PAPER_SETTINGS | {"label_noise": 0.25}}

    alpha: list[float] = parameter(
        [0.75, 1.0], "strengths of the shortcut: 0 none, 1 perfect",
        minimum=0, maximum=1, affects="selection", order=-1)  # fmt: skip
    treatment: list[str] = parameter(
        ["entropy 0.1", "entropy 1", "entropy -0.1", "norm 0.002"],
        "in the loss: entropy WEIGHT, norm WEIGHT, none; below 0 the entropy is lowered",
        affects="selection", order=-1)  # fmt: skip
    label_noise: float = parameter(
        0.0, "probability that a label is flipped", minimum=0, maximum=0.5, order=-1)  # fmt: skip
    soft_bins: int = parameter(20, "soft bins of the entropy in the loss", minimum=2, order=-1)
    soft_edges: str = parameter(
        "common", "their range: common to the layers, or of each neuron",
        choices=["common", "neuron"], order=-1)  # fmt: skip
    epochs: int = parameter(30, "largest number of epochs", minimum=1)
    penalty: float = parameter(0.0, "squared norm of all parameters, of all networks", minimum=0)
    edges: str = parameter(
        "common", "bins of the figures: common to a network, shared by all, or of each neuron",
        choices=["common", "shared", "neuron"], affects="selection",
    )  # fmt: skip
    mi_neurons: int = parameter(
        32, "neurons drawn for MI in each layer; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for words in self.treatment:
            treatment_of(words)

    def levels(self) -> list[tuple[float, str]]:
        """Return all combinations; networks without a term are always among them."""
        return list(product(self.alpha, [NONE, *(one for one in self.treatment if one != NONE)]))

    def data(self, level: tuple[float, str], seed: int) -> dict[str, xr.Dataset]:
        """Return colored images to train on, and others whose colour says nothing."""
        from infonb.data import colored_images

        parts = colored_images(
            self.dataset, level[0], label_noise=self.label_noise, seed=seed, **self.sizes
        )
        return dict(zip(("train", "evaluation"), parts, strict=True))

    def options(self, level: tuple[float, str], data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return the term that is added to the loss; the last epoch is measured."""
        from infonb.training import SoftEntropy

        kind, weight = treatment_of(level[1])
        options: dict[str, Any] = {"n_outputs": 1, "keep": "last"}
        if kind == "norm":
            options["penalty"] = self.penalty + weight
        elif kind == "entropy":
            options["regularizer"] = SoftEntropy(
                self.layers, weight, bins=self.soft_bins, edges=self.soft_edges
            )
        return options

    def measure(
        self, level: tuple[float, str], seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return the recording with ``mutual_information`` and what the answers follow.

        ``follows_color``: the share of validation examples in which the answer is that of the
        colour; half of them if it is not looked at. The entropy in all rulers comes at the end.
        """
        from infonb.measures import mutual_information

        run = self.record(level, seed, model, data)
        # a treatment makes neurons wide or narrow: each is measured in its own standard deviation
        run["mutual_information"] = mutual_information(
            run.activation, k=self.k, standardize=True, within="layer",
            max_samples=self.mi_samples or None, neurons=self.mi_neurons or None,
        )  # fmt: skip
        run[COLOUR] = (run.prediction == run.color).mean()
        return run

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in all three rulers: dims (edges, alpha, treatment, seed, ...)."""
        from infonb.measures import entropy

        plain = runs.activation.drop_vars(
            [name for name, coord in runs.activation.coords.items() if "sample" in coord.dims]
        )
        rulers = xr.DataArray(np.array(RULERS, dtype=object), dims="edges", name="edges")
        found = [entropy(plain, bins=self.bins, edges=ruler) for ruler in RULERS]
        runs["entropy"] = xr.concat(found, dim=rulers.assign_coords(edges=rulers))
        runs["entropy"].attrs = found[0].attrs | {"edges": "all three rulers"}
        return runs.assign_attrs(dataset=self.dataset)

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the treatments that were tried."""
        return rows_of(runs.treatment.values.tolist())

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Differences from no treatment, one for each seed; entropy and MI in nats, accuracy "
            "and what follows the colour as shares of the validation examples, whose colour says "
            f"nothing. The paper reports nothing of this. {INTERVALS} Here: "
            f"{runs.attrs['dataset']}."
        )
