"""Where a network is trained."""

from __future__ import annotations

import torch

from infonb.validate import check_choice

__all__ = ["DEVICES", "choose_device"]

#: What a parameter of an experiment may say.
DEVICES = ("cpu", "cuda", "auto")


def choose_device(name: str) -> torch.device:
    """Return the device that is meant; "auto": a GPU if torch sees one."""
    check_choice("device", name, DEVICES)
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda', but torch sees no GPU here; give cpu, or auto.")
    return torch.device(name)
