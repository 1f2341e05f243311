"""Extraction: whether a language model recites sequences that it was trained on."""

from infonb.memorization.extraction.kind import memorization_kind, predictable_sequences
from infonb.memorization.extraction.probability import extraction_probability
from infonb.memorization.extraction.score import extraction
from infonb.memorization.extraction.strength import extraction_strength

__all__ = [
    "extraction",
    "extraction_probability",
    "extraction_strength",
    "memorization_kind",
    "predictable_sequences",
]
