"""The measures' kernels on a CUDA device, through torch; torch is imported when they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infonb.measures.device.counts import joint_sums_on
from infonb.measures.device.ksg import ksg_information_on

if TYPE_CHECKING:
    import torch

__all__ = ["check_device", "joint_sums_on", "ksg_information_on"]


def check_device(device: str | torch.device | None) -> str | None:
    """
    Return the name of the CUDA device that is asked for, or None for the compiled CPU kernels.

    None, ``"cpu"``, ``"cuda"``, ``"cuda:1"``. ``"mps"`` has no float64, without which the counts of
    neighbours are wrong.
    """
    name = "cpu" if device is None else str(device)
    if name == "cpu":
        return None
    kind, _, number = name.partition(":")
    if kind != "cuda" or (":" in name and not (number.isascii() and number.isdigit())):
        why = " (it has no float64, which the measures need)" if kind == "mps" else ""
        raise ValueError(
            f"device must be None, 'cpu', 'cuda' or a numbered one such as 'cuda:0'; not "
            f"{device!r}{why}. Leave it out to measure on the CPU."
        )
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise ValueError(
            f"device {name!r}: torch {torch.__version__} finds no CUDA device. Leave device out to "
            "measure on the CPU, or install a CUDA build of torch on a machine with such a device "
            "(https://pytorch.org/get-started/locally)."
        )
    if number and int(number) >= count:
        found = ", ".join(f"'cuda:{i}'" for i in range(count))
        raise ValueError(f"device {name!r} not found; torch finds {found}. Choose one of them.")
    return name
