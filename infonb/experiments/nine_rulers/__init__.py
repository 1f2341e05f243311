"""Nine rulers: every definition of memorization on the same networks and the same samples."""

from __future__ import annotations

from infonb.experiments.nine_rulers.experiment import NineRulers
from infonb.experiments.nine_rulers.live import explore_networks, explore_samples, explore_units

__all__ = ["NineRulers", "explore_networks", "explore_samples", "explore_units"]
