"""Concentric circles: the two kinds of memorization on a toy that can be drawn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, Row
from infonb.experiments.concentric_circles.claims import (
    comparisons,
    declared_rows,
)
from infonb.experiments.concentric_circles.conditions import compare_conditions
from infonb.experiments.concentric_circles.measures import (
    LAYERS,
    aligned_difference,
    answers,
    entropies,
    informations,
    record,
    switch_off,
)
from infonb.experiments.concentric_circles.parameters import CircleParameters
from infonb.experiments.concentric_circles.recipes import (
    Recipe,
    ends_of,
    make_points,
    make_unseen,
    networks,
)
from infonb.experiments.concentric_circles.training import fitting
from infonb.experiments.experiment import Experiment

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ConcentricCircles"]


@dataclass(frozen=True)
class ConcentricCircles(CircleParameters, Experiment):
    """
    Concentric circles: the two kinds of memorization on a toy that can be drawn.

    Bansal, Pruthi and Belinkov (2022), section 3, Figure 1. Two features give the place of a point
    on one of two circles, a third one, c1, may give its label away. A network that leans on c1
    memorizes a heuristic; one that is trained on few points with random labels memorizes examples.

    Notes
    -----
    The levels are networks, with the coordinates ``sweep``, ``division`` and ``beta`` on
    ``network`` (`select_sweep`). Each is measured, labels unused, on the same unseen points with
    four kinds of c1 (alignment): it gives the label away (``bias``), its opposite (``anti``),
    nothing (``none``), or is that of the baseline's training set (``mixed``).
    """

    name, over = "concentric_circles", "network"
    claim: ClassVar[str] = (
        "Entropy: heuristic < baseline < memorized. Mutual information: heuristic > baseline > "
        "memorized."
    )

    @property
    def recipes(self) -> dict[str, Recipe]:
        """What makes each network, by name, in the order of their levels."""
        return networks(self.division, self.beta)

    @property
    def main_networks(self) -> list[str]:
        """The networks that the paper's claim is about, and the start of the last one's series."""
        (baseline, heuristic), (few, memorized) = (
            ends_of(self.recipes, sweep) for sweep in ("division", "beta")
        )
        return [heuristic, baseline, memorized, few]

    @property
    def layers(self) -> list[str]:
        """The layers of figures and claims."""
        return LAYERS[self.activations]

    @property
    def side(self) -> str:
        """The side of the ReLU of figures and claims, in words."""
        return {"pre": "before the ReLU", "post": "after the ReLU"}[self.activations]

    def levels(self) -> list[str]:
        """Return the names of the networks."""
        return list(self.recipes)

    def data(self, network: str, seed: int) -> dict[str, xr.Dataset]:
        """Return training points, and the unseen points by alignment."""
        recipe = self.recipes[network]
        points = make_points(
            recipe, n_points=self.n_memorized if recipe.few else self.n_points,
            fraction=self.fraction, seed=seed,
        )  # fmt: skip
        return {
            "train": points,
            **make_unseen(n_points=self.n_points, fraction=self.fraction, seed=seed),
        }

    def network(self, level: str, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return the MLP, which is the same for all levels."""
        from infonb.networks.mlp import MLP

        return MLP([3, self.width, self.width, 1], seed=seed, initialization="default")

    def fitting(self, level: str, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what `infonb.fit` is told, and what it trains on and validates with."""
        recipe = self.recipes[level]
        options = fitting(
            recipe, data["train"], data["mixed"], patience=self.patience, seed=seed,
            epochs=self.epochs_memorized if recipe.few else self.epochs,
        )  # fmt: skip
        return options | {"learning_rate": self.learning_rate, "penalty": self.penalty}

    def measure(
        self, network: str, seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return all that a run leaves behind.

        In nats: ``entropy`` (edges, alignment, layer, neuron), ``mutual_information`` (alignment,
        layer, neuron, other_neuron) by KSG and ``mixture_information``, the same by the estimator
        that is right after a ReLU too; of layers before (fc) and after (relu) each ReLU. ``spread``
        (alignment, layer, neuron), the standard deviation of a neuron; ``difference`` (layer,
        neuron): its mean change from bias to anti, in these. ``aligned_accuracy`` (alignment);
        ``probability`` of label 1 (c1, y, x), and its mean over the directions, ``radial``
        (c1_fine, radius). Of *heuristic* and *memorized* ``switched_off`` (by, number, set), the
        accuracy with some neurons off, and ``switched_off_null`` (repeat, number, set).
        """
        sets = {name: points for name, points in data.items() if name != "train"}
        run = record(model, sets)
        run["entropy"] = entropies(run.activation, bins=self.bins, bin_width=self.bin_width)
        run["spread"] = run.activation.std("sample").assign_attrs(long_name="standard deviation")
        run = run.assign(informations(run.activation, k=self.k, mi_samples=self.mi_samples))
        run["difference"] = abs(aligned_difference(run.activation)).mean("sample")
        run = run.assign(switch_off(self.recipes[network], model, sets, run, seed))
        return run.assign(answers(model, sets))

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Say of each network in which sweep it stands, and where."""
        fields: dict[str, Any] = {"sweep": object, "division": float, "beta": float}
        recipes = self.recipes.values()
        coords = {
            field: ("network", np.array([getattr(r, field) for r in recipes], dtype=kind))
            for field, kind in fields.items()
        }
        return runs.assign_coords(coords).assign_attrs(dataset="concentric circles")

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows for the chosen points, bins and side of the ReLU."""
        return declared_rows(
            self.recipes, layers=self.layers, edges=self.edges, alignment=self.alignment
        )

    def opening(self, start: str, end: str) -> str:
        """Return how the answer names two networks."""
        return f"from *{start}* to *{end}*"

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        bins = {
            "common": f"{self.bins} bins common to the neurons of a network",
            "neuron": f"{self.bins} bins for each neuron",
            "shared": f"bins of width {self.bin_width:g}, shared by all networks",
        }[self.edges]
        return (
            f"Entropy ({bins}) and MI (KSG) in nats, on the unseen points of alignment "
            f"{self.alignment}. {INTERVALS}"
        )

    def conditions(self, runs: xr.Dataset) -> xr.Dataset:
        """Return every comparison under every convention and on every kind of points."""
        return compare_conditions(runs, self.recipes)

    def sensitivity(
        self, runs: xr.Dataset, network: str | None = None, **choices: Any
    ) -> xr.Dataset:
        """Return how the change from baseline to a network depends on bins, points, neighbours."""
        from infonb.claims.sensitivity import sensitivity
        from infonb.measures import ScaleWarning

        heuristic, baseline, *_ = self.main_networks
        end = network or heuristic
        claimed = {pair[:2]: pair[2] for pair in comparisons(self.recipes)}
        activation = runs.activation.sel(alignment=self.alignment, layer=self.layers, drop=True)
        with warnings.catch_warnings():  # the page says what KSG does then
            warnings.simplefilter("ignore", ScaleWarning)
            return sensitivity(
                activation, "network", baseline, end,
                direction=claimed.get((baseline, end)), **choices,
            )  # fmt: skip
