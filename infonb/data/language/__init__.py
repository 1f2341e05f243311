"""Texts with labels: every data set has ``text`` (sample) and ``label`` (sample)."""

from __future__ import annotations

from infonb.data.language.adjectives import adjective_parts, adjective_signs, with_heuristic_labels
from infonb.data.language.imdb import load_imdb
from infonb.data.language.reviews import generated_reviews
from infonb.data.language.text_files import load_texts

__all__ = [
    "adjective_parts",
    "adjective_signs",
    "generated_reviews",
    "load_imdb",
    "load_texts",
    "with_heuristic_labels",
]
