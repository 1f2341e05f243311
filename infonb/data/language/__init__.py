"""Data sets of texts, and how texts become numbers.

A data set of texts is an `xarray.Dataset` with ``text`` (sample), strings, ``label`` (sample), and
what is known about the texts as coordinates on ``sample``; `tokenize` makes ``input`` (sample,
token) of its texts.
"""

from __future__ import annotations

from infonb.data.language.adjectives import adjective_parts, adjective_signs, with_heuristic_labels
from infonb.data.language.biographies import generated_biographies, load_bias_in_bios
from infonb.data.language.bug import load_bug
from infonb.data.language.imdb import load_imdb
from infonb.data.language.memorized_evals import load_memorized_evals
from infonb.data.language.preshuffled import load_preshuffled
from infonb.data.language.resampling import balanced, training_set
from infonb.data.language.reviews import generated_reviews
from infonb.data.language.scrubbing import scrub, scrubbed
from infonb.data.language.shuffled_texts import shuffled_texts
from infonb.data.language.text_files import load_texts
from infonb.data.language.tokens import tokenize, word_tokenizer

__all__ = [
    "adjective_parts",
    "adjective_signs",
    "balanced",
    "generated_biographies",
    "generated_reviews",
    "load_bias_in_bios",
    "load_bug",
    "load_imdb",
    "load_memorized_evals",
    "load_preshuffled",
    "load_texts",
    "scrub",
    "scrubbed",
    "shuffled_texts",
    "tokenize",
    "training_set",
    "with_heuristic_labels",
    "word_tokenizer",
]
