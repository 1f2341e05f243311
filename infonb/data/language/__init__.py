"""Texts: generated ones, real ones, and what is done to them before a network reads them."""

from __future__ import annotations

from infonb.data.language.biographies import generated_biographies, load_bias_in_bios
from infonb.data.language.bug import load_bug
from infonb.data.language.resampling import balanced, training_set
from infonb.data.language.scrubbing import scrub, scrubbed
from infonb.data.language.tokens import tokenize, word_tokenizer

__all__ = [
    "balanced",
    "generated_biographies",
    "load_bias_in_bios",
    "load_bug",
    "scrub",
    "scrubbed",
    "tokenize",
    "training_set",
    "word_tokenizer",
]
