"""Memorization in encoders: LayerMem and UnitMem beside entropy and mutual information."""

from __future__ import annotations

from infonb.experiments.encoder_memorization.answer import (
    layers_table,
    pruning_table,
    what_is_memorized,
)
from infonb.experiments.encoder_memorization.experiment import EncoderMemorization
from infonb.experiments.encoder_memorization.measures import images_of

__all__ = [
    "EncoderMemorization",
    "images_of",
    "layers_table",
    "pruning_table",
    "what_is_memorized",
]
