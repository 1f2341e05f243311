"""Networks, one module per architecture, and their weights on disk.

All of them bring torch along, and are imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infonb.networks.checkpoint import load_weights, save_weights
    from infonb.networks.cnn import CNN
    from infonb.networks.conv_vae import ConvVAE
    from infonb.networks.dual_encoder import DualEncoder
    from infonb.networks.encoder import TextClassifier, text_classifier
    from infonb.networks.g2p_en import load_grapheme_to_phoneme
    from infonb.networks.generation import greedy_continuation, token_log_probabilities
    from infonb.networks.gpt_neox import language_model
    from infonb.networks.grapheme_to_phoneme import GraphemeToPhoneme, pronounce
    from infonb.networks.heads import Classified, Predicting, Projected
    from infonb.networks.loading import load_model
    from infonb.networks.logic_gates.convolution import LogicTreeConv2d, OrPool2d
    from infonb.networks.logic_gates.counts import discretization_gap, gate_counts
    from infonb.networks.logic_gates.dense import LogicDense
    from infonb.networks.logic_gates.networks import GroupSum, LogicNet, LogicTreeNet
    from infonb.networks.logic_gates.program import BooleanProgram, boolean_program
    from infonb.networks.logic_gates.table import GATES
    from infonb.networks.logic_gates.thermometer import (
        Thermometer,
        quantile_thresholds,
        uniform_thresholds,
    )
    from infonb.networks.logic_gates.torchlogix import to_torchlogix
    from infonb.networks.masked_autoencoder import MaskedAutoencoder
    from infonb.networks.memorizers.bits import BitMemorizer, bit_memorizer
    from infonb.networks.memorizers.cell import CellMemorizer, cell_memorizer
    from infonb.networks.memorizers.classifier import memorizing_classifier
    from infonb.networks.memorizers.hyperplanes import random_hyperplane_memorizer
    from infonb.networks.memorizers.invariance import invariance_gap, null_direction
    from infonb.networks.memorizers.near_minimum import sgd_near_minimum
    from infonb.networks.memorizers.pieces import pieces_on_line
    from infonb.networks.memorizers.projection import ProjectedMemorizer, projected_memorizer
    from infonb.networks.memorizers.relu_memorizer import memorization_error, relu_memorizer
    from infonb.networks.memorizers.sizes import (
        memorizer_capacity,
        necessary_points,
        plan_classifier_sizes,
        plan_sizes,
    )
    from infonb.networks.mlp import MLP
    from infonb.networks.mlp_encoder import MLPEncoder
    from infonb.networks.new_weights import untrained
    from infonb.networks.open_clip import load_open_clip
    from infonb.networks.resnet import ResNet18
    from infonb.networks.resnet9 import ResNet9
    from infonb.networks.vae import MLPVAE

__all__ = [
    "CNN",
    "GATES",
    "MLP",
    "MLPVAE",
    "BitMemorizer",
    "BooleanProgram",
    "CellMemorizer",
    "Classified",
    "ConvVAE",
    "DualEncoder",
    "GraphemeToPhoneme",
    "GroupSum",
    "LogicDense",
    "LogicNet",
    "LogicTreeConv2d",
    "LogicTreeNet",
    "MLPEncoder",
    "MaskedAutoencoder",
    "OrPool2d",
    "Predicting",
    "Projected",
    "ProjectedMemorizer",
    "ResNet9",
    "ResNet18",
    "TextClassifier",
    "Thermometer",
    "bit_memorizer",
    "boolean_program",
    "cell_memorizer",
    "discretization_gap",
    "gate_counts",
    "greedy_continuation",
    "invariance_gap",
    "language_model",
    "load_grapheme_to_phoneme",
    "load_model",
    "load_open_clip",
    "load_weights",
    "memorization_error",
    "memorizer_capacity",
    "memorizing_classifier",
    "necessary_points",
    "null_direction",
    "pieces_on_line",
    "plan_classifier_sizes",
    "plan_sizes",
    "projected_memorizer",
    "pronounce",
    "quantile_thresholds",
    "random_hyperplane_memorizer",
    "relu_memorizer",
    "save_weights",
    "sgd_near_minimum",
    "text_classifier",
    "to_torchlogix",
    "token_log_probabilities",
    "uniform_thresholds",
    "untrained",
]

_HOME = {
    "BitMemorizer": "infonb.networks.memorizers.bits",
    "CellMemorizer": "infonb.networks.memorizers.cell",
    "CNN": "infonb.networks.cnn",
    "ConvVAE": "infonb.networks.conv_vae",
    "DualEncoder": "infonb.networks.dual_encoder",
    "GraphemeToPhoneme": "infonb.networks.grapheme_to_phoneme",
    "Classified": "infonb.networks.heads",
    "MLP": "infonb.networks.mlp",
    "MLPVAE": "infonb.networks.vae",
    "MLPEncoder": "infonb.networks.mlp_encoder",
    "MaskedAutoencoder": "infonb.networks.masked_autoencoder",
    "Predicting": "infonb.networks.heads",
    "Projected": "infonb.networks.heads",
    "ResNet9": "infonb.networks.resnet9",
    "ResNet18": "infonb.networks.resnet",
    "TextClassifier": "infonb.networks.encoder",
    "ProjectedMemorizer": "infonb.networks.memorizers.projection",
    "bit_memorizer": "infonb.networks.memorizers.bits",
    "cell_memorizer": "infonb.networks.memorizers.cell",
    "invariance_gap": "infonb.networks.memorizers.invariance",
    "null_direction": "infonb.networks.memorizers.invariance",
    "projected_memorizer": "infonb.networks.memorizers.projection",
    "load_grapheme_to_phoneme": "infonb.networks.g2p_en",
    "pronounce": "infonb.networks.grapheme_to_phoneme",
    "greedy_continuation": "infonb.networks.generation",
    "language_model": "infonb.networks.gpt_neox",
    "load_model": "infonb.networks.loading",
    "LogicTreeConv2d": "infonb.networks.logic_gates.convolution",
    "OrPool2d": "infonb.networks.logic_gates.convolution",
    "LogicDense": "infonb.networks.logic_gates.dense",
    "GroupSum": "infonb.networks.logic_gates.networks",
    "LogicNet": "infonb.networks.logic_gates.networks",
    "LogicTreeNet": "infonb.networks.logic_gates.networks",
    "BooleanProgram": "infonb.networks.logic_gates.program",
    "boolean_program": "infonb.networks.logic_gates.program",
    "discretization_gap": "infonb.networks.logic_gates.counts",
    "gate_counts": "infonb.networks.logic_gates.counts",
    "to_torchlogix": "infonb.networks.logic_gates.torchlogix",
    "GATES": "infonb.networks.logic_gates.table",
    "Thermometer": "infonb.networks.logic_gates.thermometer",
    "quantile_thresholds": "infonb.networks.logic_gates.thermometer",
    "uniform_thresholds": "infonb.networks.logic_gates.thermometer",
    "load_open_clip": "infonb.networks.open_clip",
    "load_weights": "infonb.networks.checkpoint",
    "save_weights": "infonb.networks.checkpoint",
    "text_classifier": "infonb.networks.encoder",
    "token_log_probabilities": "infonb.networks.generation",
    "untrained": "infonb.networks.new_weights",
    "memorization_error": "infonb.networks.memorizers.relu_memorizer",
    "memorizer_capacity": "infonb.networks.memorizers.sizes",
    "memorizing_classifier": "infonb.networks.memorizers.classifier",
    "necessary_points": "infonb.networks.memorizers.sizes",
    "pieces_on_line": "infonb.networks.memorizers.pieces",
    "plan_classifier_sizes": "infonb.networks.memorizers.sizes",
    "plan_sizes": "infonb.networks.memorizers.sizes",
    "random_hyperplane_memorizer": "infonb.networks.memorizers.hyperplanes",
    "relu_memorizer": "infonb.networks.memorizers.relu_memorizer",
    "sgd_near_minimum": "infonb.networks.memorizers.near_minimum",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'infonb.networks' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
