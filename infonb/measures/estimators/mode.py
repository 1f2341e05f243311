"""What every estimator is told beside its own parameters."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Mode"]


@dataclass(frozen=True)
class Mode:
    """How a measure is computed: of every sample or their mean, where, with a bar or without."""

    pointwise: bool = False
    device: str | None = None
    progress: bool | str = False
