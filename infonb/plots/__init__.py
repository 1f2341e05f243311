"""Figures of labelled results; each function returns a `Picture` and keeps no state."""

from __future__ import annotations

from infonb.plots.accuracy_map import plot_accuracy_map
from infonb.plots.activating import plot_activating_examples
from infonb.plots.activations import plot_activations, plot_neuron
from infonb.plots.changes import plot_changes
from infonb.plots.circles import plot_cuts, plot_surface
from infonb.plots.comparison import plot_comparison
from infonb.plots.comparison_settings import plot_verdicts
from infonb.plots.compression import plot_information_by
from infonb.plots.confusion import plot_confusion
from infonb.plots.data import plot_circles, plot_decision, plot_images
from infonb.plots.deja_vu import plot_gain_curve, plot_gains, plot_recall_survival
from infonb.plots.deja_vu_pairs import plot_gain_against, plot_recalled_scenes, plot_top_pairs
from infonb.plots.difference import plot_difference
from infonb.plots.interventions import plot_interventions
from infonb.plots.known_labels import plot_known_labels
from infonb.plots.layer_memory import plot_layer_agreement, plot_layer_memory
from infonb.plots.live.figure import LiveFigure
from infonb.plots.measures import plot_entropy, plot_mutual_information
from infonb.plots.membership import plot_membership
from infonb.plots.memorization import plot_in_out, plot_memorization
from infonb.plots.other_rulers import plot_other_rulers
from infonb.plots.picture import Picture, subplots
from infonb.plots.planted import plot_planted
from infonb.plots.pruned import plot_pruned
from infonb.plots.ranking import plot_agreement, plot_ranking
from infonb.plots.rates import plot_rates
from infonb.plots.readings import plot_readings
from infonb.plots.scored_images import plot_in_out_sample, plot_scored_images, plot_teachers
from infonb.plots.sensitivity import plot_sensitivity
from infonb.plots.side_by_side import plot_side_by_side
from infonb.plots.style import label_of, palette
from infonb.plots.tau_matrix import plot_tau_matrix
from infonb.plots.training import plot_training
from infonb.plots.unit_memory import plot_unit_memory

__all__ = [
    "LiveFigure",
    "Picture",
    "label_of",
    "palette",
    "plot_accuracy_map",
    "plot_activating_examples",
    "plot_activations",
    "plot_agreement",
    "plot_changes",
    "plot_circles",
    "plot_comparison",
    "plot_confusion",
    "plot_cuts",
    "plot_decision",
    "plot_difference",
    "plot_entropy",
    "plot_gain_against",
    "plot_gain_curve",
    "plot_gains",
    "plot_images",
    "plot_in_out",
    "plot_in_out_sample",
    "plot_information_by",
    "plot_interventions",
    "plot_known_labels",
    "plot_layer_agreement",
    "plot_layer_memory",
    "plot_membership",
    "plot_memorization",
    "plot_mutual_information",
    "plot_neuron",
    "plot_other_rulers",
    "plot_planted",
    "plot_pruned",
    "plot_ranking",
    "plot_rates",
    "plot_readings",
    "plot_recall_survival",
    "plot_recalled_scenes",
    "plot_scored_images",
    "plot_sensitivity",
    "plot_side_by_side",
    "plot_surface",
    "plot_tau_matrix",
    "plot_teachers",
    "plot_top_pairs",
    "plot_training",
    "plot_unit_memory",
    "plot_verdicts",
    "subplots",
]
