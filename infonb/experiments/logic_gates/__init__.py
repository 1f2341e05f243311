"""Networks of logic gates: circuits that are learnt, and neurons that are bits."""

from __future__ import annotations

from infonb.experiments.logic_gates.answer import (
    answer_words,
    circuit_table,
    estimator_words,
    kinds_table,
    published_words,
)
from infonb.experiments.logic_gates.circuit import circuit_of
from infonb.experiments.logic_gates.estimators import estimators_on_bits, on_neurons
from infonb.experiments.logic_gates.experiment import LogicGates
from infonb.experiments.logic_gates.live import explore_circuit, plot_circuit
from infonb.experiments.logic_gates.measures import recorded_bits
from infonb.experiments.typesetting import typeset

__all__ = [
    "LogicGates",
    "answer_words",
    "circuit_of",
    "circuit_table",
    "estimator_words",
    "estimators_on_bits",
    "explore_circuit",
    "kinds_table",
    "on_neurons",
    "plot_circuit",
    "published_words",
    "recorded_bits",
    "typeset",
]
