"""Which of several models to keep: rankings by entropy and MI against those by accuracy."""

from __future__ import annotations

from infonb.experiments.model_selection.experiment import ModelSelection
from infonb.experiments.model_selection.rankings import ranking
from infonb.experiments.model_selection.words import beside_the_paper, what_was_found

__all__ = ["ModelSelection", "beside_the_paper", "ranking", "what_was_found"]
