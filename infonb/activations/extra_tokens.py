"""Tokens that a model adds to those it gets, such as a prompt: before or behind them, by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from infonb.activations.batch import Batch
from infonb.activations.masks import Mask
from infonb.networks.state import random_state

if TYPE_CHECKING:
    from infonb.activations.capture import Capture

__all__ = ["find_extra"]

_CLOSE: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-5}


def find_extra(capture: Capture, batch: Batch) -> str:
    """
    Return where a model puts the tokens that its mask does not know: "front", "back", or "".

    It is where the rows of a padded sample are those of the same sample without its padding.
    """
    mask = capture.short_mask
    if mask is None:
        return ""
    lengths = mask.tokens.sum(1)
    number = int(lengths.masked_fill(lengths == 0, mask.tokens.shape[1]).argmin())
    with random_state(capture.device):
        try:
            expected = _rows(capture, _unpadded(batch, number, mask), 0)
            agreeing = []
            for where in ("front", "back"):
                capture.extra = where
                if _agree(_rows(capture, batch, number), expected):
                    agreeing.append(where)
        except Exception:  # a model that does not run on one sample, or on fewer tokens
            return ""
        finally:
            capture.extra = ""
    return agreeing[0] if agreeing else ""


def _rows(capture: Capture, batch: Batch, number: int) -> list[tuple[str, torch.Tensor]]:
    capture.run(batch)
    return [(name, rows.values[number]) for name, rows in capture.fired]


def _agree(found: list[tuple[str, torch.Tensor]], expected: list[tuple[str, torch.Tensor]]) -> bool:
    return len(found) == len(expected) and all(
        name == other and row.shape == alone.shape and torch.allclose(row, alone, **_CLOSE)
        for (name, row), (other, alone) in zip(found, expected, strict=True)
    )


def _unpadded(batch: Batch, number: int, mask: Mask) -> Batch:
    """Return one sample of a batch as it would be if nothing was padded."""
    real, length = mask.tokens[number].cpu(), mask.tokens.shape[1]

    def cut(value: Any) -> Any:
        if getattr(value, "ndim", 0) >= 2 and value.shape[:2] == (1, length):
            return value[:, real.to(value.device) if torch.is_tensor(value) else real.numpy()]
        return value

    return batch.part(number, number + 1).changed(cut)
