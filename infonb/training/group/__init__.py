"""Many small networks of one shape, trained as one: stacked weights, batched matrix products."""

from __future__ import annotations

from infonb.training.group.face import fit_group

__all__ = ["fit_group"]
