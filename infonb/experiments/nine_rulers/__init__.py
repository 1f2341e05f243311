"""Nine rulers: every definition of memorization on the same networks and the same samples."""

from __future__ import annotations

from infonb.experiments.nine_rulers.analysis import (
    ceiling,
    network_order,
    planted_found,
    sample_agreement,
    twins_found,
    unit_agreement,
)
from infonb.experiments.nine_rulers.answer import (
    answer_words,
    cheapest_words,
    noise_words,
    unit_words,
)
from infonb.experiments.nine_rulers.experiment import NineRulers
from infonb.experiments.nine_rulers.live import explore_networks, explore_samples, explore_units
from infonb.experiments.nine_rulers.network_words import (
    beyond_words,
    entropy_words,
    network_words,
)
from infonb.experiments.nine_rulers.tables import kinds_table, networks_table, rulers_table
from infonb.experiments.nine_rulers.verdict import as_expected, cheapest, verdict_table
from infonb.experiments.nine_rulers.why import why_words
from infonb.experiments.typesetting import typeset

__all__ = [
    "NineRulers",
    "answer_words",
    "as_expected",
    "beyond_words",
    "ceiling",
    "cheapest",
    "cheapest_words",
    "entropy_words",
    "explore_networks",
    "explore_samples",
    "explore_units",
    "kinds_table",
    "network_order",
    "network_words",
    "networks_table",
    "noise_words",
    "planted_found",
    "rulers_table",
    "sample_agreement",
    "twins_found",
    "typeset",
    "unit_agreement",
    "unit_words",
    "verdict_table",
    "why_words",
]
