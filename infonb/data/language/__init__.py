"""Data sets of texts, and how texts become numbers.

A data set of texts is an `xarray.Dataset` with ``text`` (sample), strings, ``label`` (sample), and
what is known about the texts as coordinates on ``sample``; `tokenize` makes ``input`` (sample,
token) of its texts.
"""

from __future__ import annotations

from infonb.data.language.adjectives import adjective_parts, adjective_signs, with_heuristic_labels
from infonb.data.language.imdb import load_imdb
from infonb.data.language.reviews import generated_reviews
from infonb.data.language.shuffled_texts import shuffled_texts
from infonb.data.language.text_files import load_texts
from infonb.data.language.tokens import tokenize, word_tokenizer

__all__ = [
    "adjective_parts",
    "adjective_signs",
    "generated_reviews",
    "load_imdb",
    "load_texts",
    "shuffled_texts",
    "tokenize",
    "with_heuristic_labels",
    "word_tokenizer",
]
