"""Verdicts: how often what is said of two networks is right, on networks of known kind."""

from __future__ import annotations

from infonb.experiments.verdicts.answer import (
    RIGHT,
    TWINS_FALSE,
    Answer,
    alternatives,
    by_samples,
    curves,
)
from infonb.experiments.verdicts.choosing import FAMILIES, MOST_FALSE, USUAL, choose, said_of
from infonb.experiments.verdicts.data import SAYS
from infonb.experiments.verdicts.evidence import collect
from infonb.experiments.verdicts.experiment import Verdicts
from infonb.experiments.verdicts.live import explore_rule
from infonb.experiments.verdicts.rates import by_setting, confusion, rates_of, right_answers

__all__ = [
    "FAMILIES",
    "MOST_FALSE",
    "RIGHT",
    "SAYS",
    "TWINS_FALSE",
    "USUAL",
    "Answer",
    "Verdicts",
    "alternatives",
    "by_samples",
    "by_setting",
    "choose",
    "collect",
    "confusion",
    "curves",
    "explore_rule",
    "rates_of",
    "right_answers",
    "said_of",
]
