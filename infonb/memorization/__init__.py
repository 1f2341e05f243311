"""
Measures of memorization that are not information: what a model knows because it saw it.

Each is a labelled function with its array kernel in the same file.
"""

from __future__ import annotations

from infonb.memorization.agreement import agreement
from infonb.memorization.area_under_margin import area_under_margin
from infonb.memorization.class_mem import class_selectivity
from infonb.memorization.clip_mem import dual_encoder
from infonb.memorization.confident_learning import confident_learning
from infonb.memorization.cumulative_loss import cumulative_loss
from infonb.memorization.deja_vu import (
    deja_vu_gains,
    deja_vu_top,
    memorization_confidence,
    naive_bayes_objects,
    nearest_public,
    predicted_objects,
    recall_survival,
)
from infonb.memorization.density import (
    authenticity,
    data_copying,
    high_share_by_density,
    leave_one_out,
    log_density,
    memorization_quantiles,
    nearest_ratio,
)
from infonb.memorization.extraction import (
    extraction,
    extraction_probability,
    extraction_strength,
    memorization_kind,
    predictable_sequences,
)
from infonb.memorization.forgetting_events import forgetting_events
from infonb.memorization.in_out import in_out
from infonb.memorization.influence import influence
from infonb.memorization.label_noise import outcome_fractions, suspect_labels
from infonb.memorization.layer_mem import layer
from infonb.memorization.loss_curvature import loss_curvature
from infonb.memorization.membership import membership
from infonb.memorization.memorization_prediction import memorization_prediction
from infonb.memorization.plan import in_out_plan
from infonb.memorization.planted import find_planted
from infonb.memorization.pointwise_information import pointwise_information
from infonb.memorization.rank_readings import rank_readings
from infonb.memorization.ranking import auroc, spearman
from infonb.memorization.rulers import measure, rulers
from infonb.memorization.unintended import unintended_memorization
from infonb.memorization.unit_mem import unit

__all__ = [
    "agreement",
    "area_under_margin",
    "auroc",
    "authenticity",
    "class_selectivity",
    "confident_learning",
    "cumulative_loss",
    "data_copying",
    "deja_vu_gains",
    "deja_vu_top",
    "dual_encoder",
    "extraction",
    "extraction_probability",
    "extraction_strength",
    "find_planted",
    "forgetting_events",
    "high_share_by_density",
    "in_out",
    "in_out_plan",
    "influence",
    "layer",
    "leave_one_out",
    "log_density",
    "loss_curvature",
    "measure",
    "membership",
    "memorization_confidence",
    "memorization_kind",
    "memorization_prediction",
    "memorization_quantiles",
    "naive_bayes_objects",
    "nearest_public",
    "nearest_ratio",
    "outcome_fractions",
    "pointwise_information",
    "predictable_sequences",
    "predicted_objects",
    "rank_readings",
    "recall_survival",
    "rulers",
    "spearman",
    "suspect_labels",
    "unintended_memorization",
    "unit",
]
