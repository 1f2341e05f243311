"""Where a network is trained."""

from __future__ import annotations

import torch

from infonb.validate import check_choice

__all__ = ["DEVICES", "PRECISIONS", "choose_device", "is_mixed"]

#: What a parameter of an experiment may say.
DEVICES = ("cpu", "cuda", "auto")

#: In which precision a convolutional network is trained.
PRECISIONS = ("auto", "float32", "bfloat16")

#: Instructions for products of bfloat16; without them a processor takes many times as long.
_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")


def choose_device(name: str) -> torch.device:
    """Return the device that is meant; "auto": a GPU if torch sees one."""
    check_choice("device", name, DEVICES)
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda', but torch sees no GPU here; give cpu, or auto.")
    return torch.device(name)


def is_mixed(precision: str, device: torch.device) -> bool:
    """Return whether training computes in bfloat16; "auto": if the device can by itself."""
    check_choice("precision", precision, PRECISIONS)
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # of torch 2.10 and later; what an older one cannot say is not taken for granted
    known: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(known.get(name, False) for name in _BFLOAT16)
