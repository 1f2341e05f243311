"""Torch's random state as text that a line of the journal can hold."""

from __future__ import annotations

import base64

import torch

from infonb.networks.state import get_random_state, set_random_state

__all__ = ["random_state_text", "restore_random_state"]


def random_state_text(device: torch.device) -> str:
    """Return the random state of the CPU and of a CUDA device, in base64."""
    states = get_random_state(device).values()
    return " ".join(base64.b64encode(state.numpy().tobytes()).decode() for state in states)


def restore_random_state(device: torch.device, text: str) -> None:
    """Set the random state that `random_state_text` returned."""
    states = [
        torch.frombuffer(bytearray(base64.b64decode(part)), dtype=torch.uint8)
        for part in text.split()
    ]
    set_random_state(device, dict(zip(("cpu", "cuda"), states, strict=False)))
