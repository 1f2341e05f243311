"""The layers that suit an architecture: blocks, stages, recurrent, convolutional, linear layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from infonb.activations.batch import leaves
from infonb.activations.first_look import Seen
from infonb.activations.layers import Layer, order_layers
from infonb.activations.modules import default_modules, named_modules
from infonb.activations.repeated import Group, repeated

__all__ = ["Chosen", "choose_blocks", "first_tensor"]


@dataclass(frozen=True)
class Chosen:
    """The layers in the order of the forward pass, those to be asked for, and why these."""

    layers: list[Layer]
    asked: list[Layer]
    why: str


def choose_blocks(model: nn.Module, seen: Sequence[Seen] | None) -> Chosen:
    """
    Return the layers that suit the architecture of a model.

    Judged by how the modules lie within each other and by what a forward pass has shown of them;
    without that, every module is believed to be called once, in the order of the definition.
    """
    modules = named_modules(model)
    fired = list(modules) if seen is None else [one.name for one in seen]
    groups = repeated(model, modules, seen)
    if groups:
        asked = [Layer(name, name, modules[name]) for x in groups for name in x.names]
        layers = order_layers(asked, fired, default=False)
        return _chosen(layers, asked, "; ".join(map(_in_words, groups)))
    asked = [Layer(name, name, module) for name, module in default_modules(model).items()]
    if not set(fired) & {layer.module_name for layer in asked}:
        return Chosen([], asked, "no modules that are layers")
    layers = order_layers(asked, fired, default=True)
    chosen, why = _by_kind(model, layers, _shapes(seen))
    names = {layer.module_name for layer in chosen}
    return _chosen(chosen, [layer for layer in asked if layer.module_name in names], why)


def first_tensor(value: Any) -> Any:
    """Return the first tensor in what a block puts out: hidden states come before all else."""
    return next((part for part in leaves(value) if isinstance(part, torch.Tensor)), value)


def _chosen(layers: Sequence[Layer], asked: list[Layer], why: str) -> Chosen:
    return Chosen([replace(layer, why=why) for layer in layers], asked, why)


def _by_kind(
    model: nn.Module, layers: list[Layer], shapes: Mapping[tuple[str, int], tuple[int, ...]]
) -> tuple[list[Layer], str]:
    """Return which of the default layers suit a model in which nothing repeats, and why."""
    convolutions = [x for x in layers if isinstance(x.module, nn.modules.conv._ConvNd)]
    ends, several = _ends_of_stages(convolutions, shapes)
    kept = [x for x in layers if x not in convolutions or x in ends]
    of_each = "the last convolution at each resolution" if several else "the convolutions"
    recurrent = [x for x in layers if isinstance(x.module, nn.RNNBase)]
    if recurrent:
        kept = [x for x in kept if x in recurrent or x in convolutions]
        return kept, "the recurrent layers" + f" and {of_each}" * bool(convolutions)
    if convolutions:
        linear = len(kept) > len(ends)
        return kept, of_each + " and the linear layers" * linear + ", without the output"
    if any(isinstance(module, nn.MultiheadAttention) for module in model.modules()):
        return kept, "the default layers, since nothing that looks like a block repeats"
    return kept, "the linear layers, without the output"


def _ends_of_stages(
    convolutions: list[Layer], shapes: Mapping[tuple[str, int], tuple[int, ...]]
) -> tuple[list[Layer], bool]:
    """Return the last convolution before each change of resolution; all if it never changes."""
    at = [shapes.get((x.module_name, x.call or 0), (0, 0))[2:] for x in convolutions]
    ends = [
        layer
        for layer, (here, after) in zip(convolutions, pairwise([*at, None]), strict=True)
        if here != after
    ]
    return (ends, True) if 1 < len(ends) < len(convolutions) else (convolutions, False)


def _shapes(seen: Sequence[Seen] | None) -> dict[tuple[str, int], tuple[int, ...]]:
    found: dict[tuple[str, int], tuple[int, ...]] = {}
    for one in seen or ():
        call = sum(name == one.name for name, _ in found)
        found[one.name, call] = one.shape or ()
    return found


def _in_words(group: Group) -> str:
    names, what = group.names, "stage" if group.stages else "block"
    if len(names) == 1:
        again = f", called {group.calls} times" if group.calls > 1 else ""
        return f"the {what} {names[0]!r} ({group.kind}){again}"
    through = "and" if len(names) == 2 else "to"
    return f"the {len(names)} {what}s {names[0]} {through} {names[-1]} ({group.kind})"
