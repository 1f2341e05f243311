"""Several models on the same examples: what differs, how sure that is, and what it says."""

from __future__ import annotations

from infonb.selection.rank import rank

__all__ = [
    "rank",
]
