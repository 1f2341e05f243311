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
    "MLP",
    "MLPVAE",
    "BitMemorizer",
    "CellMemorizer",
    "Classified",
    "ConvVAE",
    "DualEncoder",
    "GraphemeToPhoneme",
    "MLPEncoder",
    "MaskedAutoencoder",
    "Predicting",
    "Projected",
    "ProjectedMemorizer",
    "ResNet9",
    "ResNet18",
    "TextClassifier",
    "bit_memorizer",
    "cell_memorizer",
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
    "random_hyperplane_memorizer",
    "relu_memorizer",
    "save_weights",
    "sgd_near_minimum",
    "text_classifier",
    "token_log_probabilities",
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
