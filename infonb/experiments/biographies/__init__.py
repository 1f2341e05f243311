"""Biographies: what occupation classifiers know of a person's gender, and what it does to MI."""

from __future__ import annotations

from infonb.experiments.biographies.answer import groups_table, what_is_known
from infonb.experiments.biographies.claims import last_block
from infonb.experiments.biographies.experiment import Biographies

__all__ = ["Biographies", "groups_table", "last_block", "what_is_known"]
