"""The modules of a model: inside its wrappers, their names, which are layers by default."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.jit import ScriptModule

__all__ = ["count_parameters", "default_modules", "named_modules", "own_dtype", "unwrapped"]


def unwrapped(model: Any) -> nn.Module:
    """Return the model inside a compiled or data-parallel one, where every hook fires."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module; not {type(model).__name__}.")
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        return unwrapped(model.module)
    compiled = getattr(model, "_orig_mod", None)
    if isinstance(compiled, nn.Module):
        return unwrapped(compiled)
    if isinstance(model, ScriptModule):
        raise TypeError(
            f"model is scripted or traced (torch.jit, {type(model).__name__}), which calls no "
            "module that could be recorded; pass the model from before torch.jit, with the same "
            "weights: model.load_state_dict(scripted.state_dict())."
        )
    parts = list(model.modules())
    if not hasattr(torch.compiler, "set_stance") and any(map(_is_compiled, parts)):
        raise ValueError(
            "parts of the model are compiled, and call no module that could be recorded; use torch "
            "2.6 or newer, or the model from before torch.compile."
        )
    return model


def _is_compiled(module: nn.Module) -> bool:
    return hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None


def own_dtype(model: nn.Module) -> str:
    """Return the type in which nothing that a model computes is lost."""
    tensors = [*model.parameters(), *model.buffers()]
    return "float64" if any(x.dtype == torch.float64 for x in tensors) else "float32"


def count_parameters(module: nn.Module) -> int:
    """Return the number of parameters; those of a lazy module count from its first use."""
    lazy = torch.nn.parameter.is_lazy
    return sum(parameter.numel() for parameter in module.parameters() if not lazy(parameter))


def named_modules(model: nn.Module, *, every_name: bool = False) -> dict[str, nn.Module]:
    """Return all modules inside a model by name; a model without any is its own only layer."""
    inside = model.named_modules(remove_duplicate=not every_name)
    # a compiled part keeps the module as _orig_mod, which is called in its place
    plain = ((name.replace("._orig_mod", ""), module) for name, module in inside)
    named = {name: module for name, module in plain if name}
    return named or {type(model).__name__: model}


def default_modules(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules that are layers by default, the last of which is the output."""
    return {
        name: module
        for name, module in named_modules(model).items()
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd | nn.RNNBase)
    }
