"""Data sets of texts, and how texts become numbers.

A data set of texts is an `xarray.Dataset` with ``text`` (sample), strings, ``label`` (sample), and
what is known about the texts as coordinates on ``sample``; `tokenize` makes ``input`` (sample,
token) of its texts.
"""

from __future__ import annotations

from infonb.data.language.tokens import tokenize, word_tokenizer

__all__ = ["tokenize", "word_tokenizer"]
