"""Training: one loop for all networks, and what a trained network says."""

from __future__ import annotations

from infonb.training.dynamics import Dynamics, open_dynamics
from infonb.training.early_learning import ELRLoss, elr_gradient, elr_regularizer
from infonb.training.elr_plus import MeanLogits, fit_elr_plus
from infonb.training.evaluation import accuracy, predict
from infonb.training.fitting import fit
from infonb.training.group import fit_group
from infonb.training.objectives import (
    Contrastive,
    ImageText,
    MaskedReconstruction,
    NegativeELBO,
    NextToken,
    SimSiam,
)
from infonb.training.regularizer import SoftEntropy
from infonb.training.soft_entropy import soft_entropy

__all__ = [
    "Contrastive",
    "Dynamics",
    "ELRLoss",
    "ImageText",
    "MaskedReconstruction",
    "MeanLogits",
    "NegativeELBO",
    "NextToken",
    "SimSiam",
    "SoftEntropy",
    "accuracy",
    "elr_gradient",
    "elr_regularizer",
    "fit",
    "fit_elr_plus",
    "fit_group",
    "open_dynamics",
    "predict",
    "soft_entropy",
]
