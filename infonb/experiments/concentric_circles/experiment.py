"""Concentric circles: the two kinds of memorization on a toy that can be drawn.

Bansal, Pruthi and Belinkov (2022), section 3, Figure 1. Two features give the place of a point on
one of two circles, a third one, c1, may give its label away. A network that leans on c1 memorizes a
heuristic; one that is trained on few points with random labels memorizes examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from infonb.experiments.concentric_circles.claims import claims
from infonb.experiments.concentric_circles.conditions import conditions
from infonb.experiments.concentric_circles.measures import (
    EDGES,
    LAYERS,
    aligned_difference,
    entropies,
    measure,
)
from infonb.experiments.concentric_circles.recipes import (
    ALIGNMENTS,
    Recipe,
    aligned_sets,
    along,
    data,
    main_networks,
    networks,
)
from infonb.experiments.concentric_circles.training import train
from infonb.experiments.concentric_circles.words import condition_words, order_words
from infonb.experiments.networks import (
    MAX_SEED,
    MeasureParameters,
    PresetParameters,
    describe_run,
)
from infonb.experiments.sweep import sweep
from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = [
    "CLAIM",
    "LAYERS",
    "Parameters",
    "aligned_difference",
    "aligned_sets",
    "along",
    "claims",
    "condition_words",
    "conditions",
    "data",
    "entropies",
    "main_networks",
    "networks",
    "order_words",
    "run",
    "train",
]

CLAIM = (
    "Entropy: heuristic < baseline < memorized. Mutual information: heuristic > baseline > "
    "memorized."
)


@dataclass(frozen=True)
class CircleParameters(ParameterSet):
    """Parameters of points, networks and training."""

    division: list[float] = parameter(
        [0.5, 0.65, 0.75, 0.9, 1.0],
        "shares of artifacts that agree with the label: 0.5 nothing to learn, 1 a perfect shortcut",
        minimum=0.5, maximum=1, affects="selection",
    )  # fmt: skip
    beta: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0], "probabilities of a random label, on few points",
        minimum=0, maximum=1, affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one network of each kind for each seed",
        minimum=0, maximum=MAX_SEED, affects="selection",
    )  # fmt: skip
    fraction: float = parameter(0.75, "share of points with an artifact", minimum=0, maximum=1)
    n_points: int = parameter(2000, "points of the division networks, and unseen", minimum=20)
    n_memorized: int = parameter(60, "points of the beta networks", minimum=10)
    width: int = parameter(16, "neurons in each of the two hidden layers", minimum=2)
    epochs: int = parameter(60, "largest number of epochs on many points", minimum=1)
    patience: int = parameter(
        5, "stop after so many epochs without lower validation loss", minimum=1
    )
    epochs_memorized: int = parameter(
        1000, "largest number of epochs on few points; ends when all are learnt", minimum=1
    )
    learning_rate: float = parameter(1e-2, "of Adam", minimum=0)
    penalty: float = parameter(3e-4, "weight of the squared norm of all parameters", minimum=0)
    alignment: str = parameter(
        "bias", "unseen points of figures and claims: what c1 says on them",
        choices=list(ALIGNMENTS), affects="selection",
    )  # fmt: skip
    activations: str = parameter(
        "pre", "figures and claims before (pre) or after (post) the ReLU",
        choices=["pre", "post"], affects="selection",
    )  # fmt: skip


@dataclass(frozen=True)
class Parameters(MeasureParameters, CircleParameters, PresetParameters):
    """Parameters of the experiment; the notebook has the same names, defaults and help texts."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper": {
            "seed": list(range(10)), "epochs": 300, "epochs_memorized": 10_000,
            "n_memorized": 100,
            "learning_rate": 1e-3, "penalty": 0.0, "activations": "post",
            "mi_samples": 0,
        }
    }  # fmt: skip

    bins: int = parameter(20, "bins of the entropy if common or own", minimum=1, affects="measures")
    edges: str = parameter(
        "fixed", "bins common to a network's neurons, each neuron's own, or fixed for all networks",
        choices=list(EDGES), affects="selection",
    )  # fmt: skip
    bin_width: float = parameter(
        0.5, "width of the fixed bins, in units of activation", minimum=1e-6, affects="measures"
    )
    mi_samples: int = parameter(
        500, "points drawn for mutual information; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, reference in (("division", 0.5), ("beta", 0.0)):
            if max(getattr(self, name)) == reference:
                raise ParameterError(
                    f"{name} must hold a level above {reference:g}, which all others are compared "
                    f"with and which is always there; not only {reference:g}."
                )
        self.check_measured(self.n_points, "points")


def run(parameters: Parameters, *, progress: bool | str = True) -> xr.Dataset:
    """
    Train and measure the networks of both sweeps for each seed.

    Each network is measured, labels unused, on the same unseen points with four kinds of c1
    (alignment): it gives the label away (``bias``), its opposite (``anti``), nothing (``none``), or
    is that of the baseline's training set (``mixed``).

    Parameters
    ----------
    parameters
        Of the experiment.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        Dims (network, seed, ...), with the coordinates ``sweep``, ``division`` and ``beta`` on
        network, see `along`. In nats: ``entropy`` (edges, alignment, layer, neuron),
        ``mutual_information`` (alignment, layer, neuron, other_neuron) by KSG and
        ``mixture_information``, the same by the estimator that is right after a ReLU too; of
        layers before (fc) and after (relu) each ReLU. ``spread`` (alignment, layer, neuron), the
        standard deviation of a neuron; ``difference`` (layer, neuron): its mean change from bias to
        anti, in these. ``aligned_accuracy`` (alignment); ``probability`` of label 1 (c1, y, x), and
        its mean over the directions, ``radial`` (c1_fine, radius); curves of the training (epoch).
        ``activation`` (network, alignment, layer, neuron, sample) of the first seed.

    Examples
    --------
    >>> small = Parameters(seed=0, division=[0.5, 1], beta=[0, 1], n_points=100, epochs=2,
    ...     epochs_memorized=2, mi_samples=0, cache="none")
    >>> dict(run(small, progress=False).entropy.sizes)
    {'network': 9, 'seed': 1, 'edges': 3, 'alignment': 4, 'layer': 4, 'neuron': 16}
    """
    recipes = networks(parameters)
    results = sweep(
        parameters, "network", list(recipes),
        data=lambda network, seed: data(parameters, network, seed),
        train=lambda network, points, unseen, seed, checkpoint: train(
            parameters, network, points, unseen, seed, checkpoint=checkpoint
        ),
        measure=lambda network, model, history, unseen, seed: measure(
            parameters, model, history, unseen, seed
        ),
        progress=progress,
    )  # fmt: skip
    results["aligned_accuracy"].attrs["long_name"] = "accuracy"
    results = results.assign_coords(_coordinates(recipes))
    return results.assign_attrs(describe_run(parameters), dataset="concentric circles")


def _coordinates(recipes: dict[str, Recipe]) -> dict[str, tuple[str, np.ndarray]]:
    fields: dict[str, Any] = {"sweep": object, "division": float, "beta": float}
    return {
        field: ("network", np.array([getattr(r, field) for r in recipes.values()], dtype=kind))
        for field, kind in fields.items()
    }
