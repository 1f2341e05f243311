"""Figures of labelled results; each function returns a `Picture` and keeps no state."""

from __future__ import annotations

from infonb.plots.activations import plot_activations, plot_neuron
from infonb.plots.data import plot_circles, plot_decision, plot_images
from infonb.plots.measures import plot_entropy, plot_mutual_information
from infonb.plots.training import plot_training

__all__ = [
    "plot_activations",
    "plot_circles",
    "plot_decision",
    "plot_entropy",
    "plot_images",
    "plot_mutual_information",
    "plot_neuron",
    "plot_training",
]
