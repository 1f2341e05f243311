"""What networks of images take: (sample, channel, row, column)."""

from __future__ import annotations

import torch

__all__ = ["check_images"]


def check_images(inputs: torch.Tensor, in_channels: int) -> None:
    """Raise a ValueError unless inputs are images with so many channels."""
    if inputs.ndim != 4 or inputs.shape[1] != in_channels:
        raise ValueError(
            f"inputs have shape {tuple(inputs.shape)}; this network takes (sample, channel, "
            f"row, column) with {in_channels} channel(s) (in_channels)."
        )
