"""Nine rulers: every definition of memorization on the same networks and the same samples."""

from __future__ import annotations

from infonb.experiments.nine_rulers.experiment import NineRulers

__all__ = ["NineRulers"]
