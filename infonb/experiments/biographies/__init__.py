"""Biographies: what occupation classifiers know of a person's gender, and what it does to MI."""

from __future__ import annotations

from infonb.experiments.biographies.answer import answer_words, groups_words
from infonb.experiments.biographies.claims import last_block, ordered_table
from infonb.experiments.biographies.experiment import Biographies

__all__ = ["Biographies", "answer_words", "groups_words", "last_block", "ordered_table"]
