"""Many small networks of one shape, trained as one: stacked weights, batched matrix products."""

from __future__ import annotations

from infonb.training.group.face import fit_group
from infonb.training.group.member import Fit
from infonb.training.group.size import group_size, is_grouped
from infonb.training.group.together import raise_first, train_together

__all__ = ["Fit", "fit_group", "group_size", "is_grouped", "raise_first", "train_together"]
