"""Concentric circles: the two kinds of memorization on a toy that can be drawn.

Bansal, Pruthi and Belinkov (2022), section 3, Figure 1. Two features give the place of a point on
one of two circles, a third one, c1, may give its label away. A network that leans on c1 memorizes a
heuristic; one that is trained on few points with random labels memorizes examples.
"""

from __future__ import annotations

from infonb.experiments.concentric_circles.experiment import (
    CLAIM,
    LAYERS,
    Parameters,
    aligned_difference,
    aligned_sets,
    along,
    claims,
    condition_words,
    conditions,
    data,
    entropies,
    main_networks,
    networks,
    order_words,
    run,
    train,
)

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
