"""Which modules of a model are layers: the table of their names, the choice, the order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.jit import ScriptModule

from infonb.activations.alone import alone, every_module_called
from infonb.activations.batch import Place, describe
from infonb.activations.examples import examples
from infonb.activations.hooks import Hooks
from infonb.activations.reduction import Reduction
from infonb.networks.state import eval_mode
from infonb.validate import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Layer",
    "choose",
    "count_parameters",
    "list_layers",
    "order_layers",
    "own_dtype",
    "restore_layers",
    "unwrapped",
]


@dataclass(frozen=True)
class Layer:
    """A layer of the dataset: its name, its module, and which call of that (None: every one)."""

    name: str
    module_name: str
    module: nn.Module
    call: int | None = None


def list_layers(model: nn.Module, data: Any = None) -> pd.DataFrame:
    """
    Return a table of the modules of a model, whose names `infonb.record` takes as layers.

    Parameters
    ----------
    model
        Any torch model.
    data
        Some inputs in any form that `infonb.record` takes; the first two samples (of a loader:
        the first batch) go through the model, in eval mode, to see what comes out where.

    Returns
    -------
    pandas.DataFrame
        One row for each module, in the order in which the model holds them: ``type``,
        ``parameters`` (number, those of submodules included), ``default`` (whether ``record``
        takes it unless it is told otherwise; a guess without `data`). With `data` also ``calls``
        in one forward pass, ``output`` (shape, or what it is if it is no tensor) and ``neurons``
        (width of the layer after ``reduce="mean"``; missing without calls or a tensor).

    Raises
    ------
    TypeError
        If the model is no torch module.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
    >>> list_layers(model, torch.zeros(1, 1, 8, 8))[["type", "output", "neurons", "default"]]
              type             output  neurons  default
    layer
    0       Conv2d  (sample, 8, 6, 6)        8     True
    1         ReLU  (sample, 8, 6, 6)        8    False
    2      Flatten      (sample, 288)      288    False
    3       Linear       (sample, 10)       10    False
    """
    import pandas as pd

    model = unwrapped(model)
    modules = _named_modules(model)
    columns: dict[str, Any] = {
        "type": [type(module).__name__ for module in modules.values()],
        "parameters": [count_parameters(module) for module in modules.values()],
    }
    fired: list[str] | None = None
    if data is not None:
        seen: dict[str, tuple[str, int | None]] = {}
        batch = next(iter(examples(data, batch_size=2).batches)).changed(Place(model))

        def look(value: Any, name: str, module: nn.Module) -> None:
            seen.setdefault(name, _look(value, name, module, batch.size))

        open_ones = {name: x for name, x in modules.items() if not isinstance(x, ScriptModule)}
        with (
            alone(model),
            every_module_called(),
            eval_mode(model),
            Hooks(open_ones, "output", look) as hooks,
        ):
            hooks.during(lambda: batch.call(model))
        fired = [name for name, _ in hooks.fired]
        calls = Counter(fired)
        columns["calls"] = [calls[name] for name in modules]
        columns["output"] = [seen.get(name, ("", None))[0] for name in modules]
        neurons = [seen.get(name, ("", None))[1] for name in modules]
        columns["neurons"] = pd.array(neurons, dtype="Int64")
    default = _candidates(model)
    order = list(default) if fired is None else [name for name in fired if name in default]
    kept = set(order[:-1] or order)
    columns["default"] = [name in kept for name in modules]
    return pd.DataFrame(columns, index=pd.Index(list(modules), name="layer", dtype=object))


def choose(model: nn.Module, layers: str | Sequence[str] | Mapping[str, str] | None) -> list[Layer]:
    """Return the layers that were asked for; see `infonb.record` for the forms."""
    if layers is None:
        inside = [
            x for x, module in _named_modules(model).items() if isinstance(module, ScriptModule)
        ]
        if inside:
            raise ValueError(
                f"the module {inside[0]!r} is scripted or traced (torch.jit), so that its layers "
                "cannot be recorded; name those beside it, layers=[...], or record the model from "
                "before torch.jit."
            )
        found = _candidates(model)
        if not found:
            raise ValueError(
                f"{type(model).__name__} has no Linear, Conv or recurrent module to record by "
                f"default; pass layers=[...], such as {list(_named_modules(model))[:3]}. See "
                "infonb.list_layers(model)."
            )
        return [Layer(name, name, module) for name, module in found.items()]
    if isinstance(layers, str):
        layers = [layers]
    names = layers if isinstance(layers, Mapping) else {name: name for name in layers}
    if len(names) < len(layers):
        raise ValueError(f"layers names one twice: {list(layers)}.")
    if not names:
        raise ValueError("layers is empty; pass names of modules: see infonb.list_layers(model).")
    for name in (*names, *names.values()):
        if not isinstance(name, str):
            raise TypeError(f"layers must be names of modules; not {name!r}.")
    modules = _named_modules(model, every_name=True)
    return [_find(new, old, modules, model) for new, old in names.items()]


def restore_layers(model: nn.Module, recorded: Sequence[Mapping[str, Any]]) -> list[Layer]:
    """Return the layers of an earlier recording of the same model."""
    modules = _named_modules(model, every_name=True)
    return [Layer(x["name"], x["module"], modules[x["module"]], x["call"]) for x in recorded]


def order_layers(layers: Sequence[Layer], fired: Sequence[str], *, default: bool) -> list[Layer]:
    """Return one layer for each call of a module, in the order of the names that fired."""
    calls: Counter[str] = Counter()
    order: dict[tuple[str, int], int] = {}
    for position, name in enumerate(fired):
        order[name, calls[name]] = position
        calls[name] += 1
    single: list[Layer] = []
    for layer in layers:
        n_calls = calls[layer.module_name]
        if layer.call is not None and layer.call >= n_calls > 0:
            raise ValueError(
                f"layer {layer.name!r}: the module {layer.module_name!r} is called {n_calls} "
                f"times in a forward pass; its calls are 0 to {n_calls - 1}."
            )
        if n_calls == 0 and not default:
            raise ValueError(
                f"layer {layer.name!r} ({type(layer.module).__name__}) was never called in the "
                "forward pass: the model does not use it, or uses its weights without calling it "
                "(as MultiheadAttention does with out_proj; record the module around it). "
                "infonb.list_layers(model, data) shows the calls of each module."
            )
        if layer.call is not None or n_calls == 1:
            single.append(replace(layer, call=layer.call or 0))
        else:
            single += [replace(layer, name=f"{layer.name}:{i}", call=i) for i in range(n_calls)]
    single.sort(key=lambda layer: order[layer.module_name, layer.call or 0])
    if not single:
        raise ValueError(
            "none of the Linear, Conv and recurrent modules was called in the forward pass; pass "
            "layers=[...]: infonb.list_layers(model, data) shows the calls of each module."
        )
    # of those that nobody asked for by name, the last is the output
    return (single[:-1] or single) if default else single


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


def _named_modules(model: nn.Module, *, every_name: bool = False) -> dict[str, nn.Module]:
    """All modules inside the model; a model without any is its own only layer."""
    inside = model.named_modules(remove_duplicate=not every_name)
    # a compiled part keeps the module as _orig_mod, which is called in its place
    plain = ((name.replace("._orig_mod", ""), module) for name, module in inside)
    named = {name: module for name, module in plain if name}
    return named or {type(model).__name__: model}


def _candidates(model: nn.Module) -> dict[str, nn.Module]:
    return {
        name: module
        for name, module in _named_modules(model).items()
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd | nn.RNNBase)
    }


def _find(new: str, old: str, modules: Mapping[str, nn.Module], model: nn.Module) -> Layer:
    name, _, call = old.rpartition(":")
    found = None
    plain = old.replace("._orig_mod", "")
    if plain in modules:
        found = Layer(new, plain, modules[plain])
    elif name in modules and call.isdecimal():
        found = Layer(new, name, modules[name], int(call))
    if found is not None:
        if isinstance(found.module, ScriptModule):
            raise ValueError(
                f"layer {old!r} is scripted or traced (torch.jit) and cannot be recorded; record "
                "the module from before torch.jit."
            )
        return found
    raise ValueError(
        f"layer {old!r} not found in {type(model).__name__}.{did_you_mean(old, modules)} "
        "infonb.list_layers(model) lists the names."
    )


def _look(value: Any, name: str, module: nn.Module, size: int) -> tuple[str, int | None]:
    text = describe(value)
    if isinstance(value, torch.Tensor):
        shape = ["sample" if i == 0 and n == size else str(n) for i, n in enumerate(value.shape)]
        text = f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"
    try:
        return text, Reduction()(value, name, module, size).values.shape[1]
    except ValueError:  # no tensor, or rows that are not samples: to be seen in the text
        return text, None
