"""Which modules of a model are layers: the choice, the order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn
from torch.jit import ScriptModule

from infonb.activations.modules import default_modules, named_modules
from infonb.activations.torch_lens import check_installed, looks_like_operation
from infonb.validate import did_you_mean

__all__ = ["Asked", "Layer", "choose", "order_layers", "restore_layers"]

# stands in the place of the module
_OPERATION = nn.Identity()


@dataclass(frozen=True)
class Layer:
    """
    A layer of the dataset: its name, its module, and which call of that (None: every one).

    `why` says in words what it belongs to, if nobody asked for it by name. Of an `operation`,
    `module_name` is its own name, and `graph` a digest of the operations of which it is one.
    """

    name: str
    module_name: str
    module: nn.Module
    call: int | None = None
    why: str = ""
    operation: bool = False
    graph: str = ""

    @property
    def first_call(self) -> int:
        """The number that a name gives to the first call: TorchLens counts from 1."""
        return 1 if self.operation else 0


@dataclass(frozen=True)
class Asked:
    """
    The layers that were asked for, and how.

    ``"names"``; ``"default"``: the last one is the output, and left out; ``"blocks"``: the first
    forward pass will tell which.
    """

    layers: list[Layer]
    how: str = "names"


def choose(model: nn.Module, layers: str | Sequence[str] | Mapping[str, str] | None) -> Asked:
    """Return the layers that were asked for; see `infonb.record` for the forms."""
    if isinstance(layers, str) and layers == "blocks":
        return Asked([], "blocks")
    if layers is None:
        inside = [
            x for x, module in named_modules(model).items() if isinstance(module, ScriptModule)
        ]
        if inside:
            raise ValueError(
                f"the module {inside[0]!r} is scripted or traced (torch.jit), so that its layers "
                "cannot be recorded; name those beside it, layers=[...], or record the model from "
                "before torch.jit."
            )
        found = default_modules(model)
        if not found:
            raise ValueError(
                f"{type(model).__name__} has no Linear, Conv or recurrent module to record by "
                f"default; pass layers=[...], such as {list(named_modules(model))[:3]}. See "
                "infonb.list_layers(model)."
            )
        return Asked([Layer(name, name, module) for name, module in found.items()], "default")
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
    modules = named_modules(model, every_name=True)
    return Asked([_find(new, old, modules, model) for new, old in names.items()])


def restore_layers(model: nn.Module, recorded: Sequence[Mapping[str, Any]]) -> list[Layer]:
    """Return the layers of an earlier recording of the same model."""
    modules = named_modules(model, every_name=True)
    return [
        Layer(x["name"], x["module"], _OPERATION, x["call"], operation=True, graph=x["graph"])
        if "graph" in x
        else Layer(x["name"], x["module"], modules[x["module"]], x["call"], x.get("why", ""))
        for x in recorded
    ]


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
        first = layer.first_call
        if layer.call is not None and not 0 <= layer.call < n_calls and n_calls > 0:
            raise ValueError(
                f"layer {layer.name!r}: {layer.module_name!r} is called {n_calls} times in a "
                f"forward pass; its calls are {first} to {n_calls - 1 + first}."
            )
        if n_calls == 0 and layer.operation:
            raise ValueError(
                f"layer {layer.name!r} was there once, but not when the same batch ran again: the "
                "model computes other operations each time; record modules."
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
            single += [
                replace(layer, name=f"{layer.name}:{i + first}", call=i) for i in range(n_calls)
            ]
    single.sort(key=lambda layer: order[layer.module_name, layer.call or 0])
    if not single:
        raise ValueError(
            "none of the Linear, Conv and recurrent modules was called in the forward pass; pass "
            "layers=[...]: infonb.list_layers(model, data) shows the calls of each module."
        )
    # of those that nobody asked for by name, the last is the output
    return (single[:-1] or single) if default else single


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
    if looks_like_operation(old):
        check_installed(f"layer {old!r} is no module of {type(model).__name__}")
        name, _, call = old.partition(":")
        return Layer(new, name, _OPERATION, int(call) - 1 if call else None, operation=True)
    raise ValueError(
        f"layer {old!r} not found in {type(model).__name__}.{did_you_mean(old, modules)} "
        "infonb.list_layers(model) lists the names."
    )
