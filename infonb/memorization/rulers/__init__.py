"""All rulers of memorization in one list, and what a network and its data allow of them."""

from __future__ import annotations

from infonb.memorization.rulers.measure import measure
from infonb.memorization.rulers.registry import rulers

__all__ = ["measure", "rulers"]
