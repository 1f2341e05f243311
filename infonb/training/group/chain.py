"""Which networks can be stacked: chains of linear layers and elementwise functions."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from infonb.networks.mlp import MLP

__all__ = ["chain_of", "signature"]

#: Elementwise, with nothing in them that is learnt or drawn.
_ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid,
    nn.Softplus, nn.Hardtanh, nn.Identity,
)  # fmt: skip


def chain_of(model: nn.Module) -> list[nn.Module] | None:
    """
    Return the layers that a network goes through, in order; None unless it is a plain chain.

    That is `infonb.networks.MLP`, or any nesting of ``Sequential``, of Linear, elementwise
    activations, Identity and Flatten; each layer once, without hooks, all weights trained and of
    one floating type.
    """
    layers = list(_layers(model))
    linear = [layer for layer in layers if type(layer) is nn.Linear]
    own = [parameter for layer in linear for parameter in layer.parameters()]
    known = all(type(layer) in (nn.Linear, nn.Flatten, *_ACTIVATIONS) for layer in layers)
    if not known or not linear or len({id(one) for one in own}) < len(own):
        return None
    if [id(one) for one in own] != [id(one) for one in model.parameters()] or any(model.buffers()):
        return None
    if not all(one.requires_grad for one in own) or len({(p.dtype, p.device) for p in own}) > 1:
        return None
    if own[0].dtype not in (torch.float32, torch.float64) or any(map(_has_hooks, model.modules())):
        return None
    first = layers.index(linear[0])
    flattens = [type(one) is nn.Flatten for one in layers]
    is_plain = all((f.start_dim, f.end_dim) == (1, -1) for f in layers if type(f) is nn.Flatten)
    return layers if is_plain and not any(flattens[first:]) else None


def signature(model: nn.Module, layers: list[nn.Module]) -> tuple[str, ...]:
    """Return what two networks must have in common to be stacked."""
    dtype = next(model.parameters()).dtype
    return (type(model).__name__, str(dtype), *map(repr, layers))


def _layers(model: nn.Module) -> Iterator[nn.Module]:
    if type(model) is MLP:  # which flattens by itself
        yield nn.Flatten()
        yield from model.children()
    elif type(model) is nn.Sequential:
        for child in model:  # children() gives a module that is there twice only once
            yield from _layers(child)
    else:
        yield model


def _has_hooks(module: nn.Module) -> bool:
    kinds = "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"
    return any(getattr(module, kind) for kind in kinds)
