"""
Probing: what can be read out of a representation, and what a classifier makes of two groups.

The online code says in bits how well a label can be read from activations, and from how few
samples; gaps say whether predictions are as good for one group of samples as for another.
"""

from __future__ import annotations

from infonb.probing.gaps import sufficiency_gap, tpr_gap
from infonb.probing.online_code import online_code

__all__ = ["online_code", "sufficiency_gap", "tpr_gap"]
