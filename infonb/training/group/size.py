"""Which networks are trained in groups, and in groups of how many."""

from __future__ import annotations

from typing import Any

import torch
import xarray as xr
from torch import nn

from infonb.networks.state import device_and_dtype
from infonb.training.group.chain import chain_of
from infonb.training.group.member import EVALUATED, Fit

__all__ = ["group_size", "is_grouped"]

#: On a CPU networks with more weights gain little in a group, and lose alone: one keeps it busy.
_LARGEST = 50_000

#: On a CPU more networks than this gain nothing: weights no longer stay in the cache.
_MOST = 32

#: Bytes that the examples of a group take at most, on a CPU.
_MEMORY = 2**30

#: The part of a GPU's free memory that a group takes.
_PART = 0.5


def is_grouped(asked: Fit) -> bool:
    """
    Whether a network is trained in a group, be it alone: by its kind and size, never by others.

    Otherwise its numbers would depend on what it is trained beside.
    """
    from torch.utils.data import DataLoader

    options, model = asked.options, asked.model
    is_plain = (
        options.get("objective") is None
        and isinstance(options.get("loss", "auto"), str)
        and options.get("optimizer", "adam") == "adam"
        and options.get("regularizer") is None
        and not any(isinstance(part, DataLoader) for part in (asked.train, asked.validation))
    )
    if not is_plain or chain_of(model) is None:
        return False
    return _n_weights(asked) <= _LARGEST or device_and_dtype(model)[0].type == "cuda"


def group_size(asked: Fit) -> int:
    """Return how many networks of this kind are trained as one."""
    device, dtype = device_and_dtype(asked.model)
    if device.type != "cuda":
        return max(1, min(_MOST, _MEMORY // _n_bytes(asked, dtype.itemsize)))
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, int(_PART * free) // _n_bytes(asked, dtype.itemsize))


def _n_weights(asked: Fit) -> int:
    return sum(parameter.numel() for parameter in asked.model.parameters())


def _n_bytes(asked: Fit, size: int) -> int:
    """Return about how much memory a network of a group takes: examples, weights, a batch."""
    layers = [layer for layer in chain_of(asked.model) or () if isinstance(layer, nn.Linear)]
    n = sum(_n_examples(part) for part in (asked.train, asked.validation) if part is not None)
    width = layers[0].in_features + sum(layer.out_features for layer in layers)
    rows = max(EVALUATED, asked.options.get("batch_size", 512))
    # weights, their gradients twice, two moments, the best ones; values of layers and gradients
    return n * (layers[0].in_features * size + 8) + size * (
        6 * _n_weights(asked) + 3 * rows * width
    )


def _n_examples(part: Any) -> int:
    return part.sizes["sample"] if isinstance(part, xr.Dataset) else len(part[0])
