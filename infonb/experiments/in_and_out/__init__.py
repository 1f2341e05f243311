"""In and out: which digits a network knows by heart, measured by leaving them out."""

from __future__ import annotations

from infonb.experiments.in_and_out.answer import answer_words, groups_table, pair_words
from infonb.experiments.in_and_out.experiment import InAndOut
from infonb.experiments.in_and_out.live import explore_in_out
from infonb.experiments.in_and_out.readings import (
    agreement,
    ceiling,
    cheap_readings,
    membership_words,
    noise_words,
)
from infonb.experiments.in_and_out.teachers import chance_words, strongest, teachers_of

__all__ = [
    "InAndOut",
    "agreement",
    "answer_words",
    "ceiling",
    "chance_words",
    "cheap_readings",
    "explore_in_out",
    "groups_table",
    "membership_words",
    "noise_words",
    "pair_words",
    "strongest",
    "teachers_of",
]
