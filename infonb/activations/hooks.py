"""Hooks on modules, which take what these put out or get, and always go again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

__all__ = ["Hooks"]

Take = Callable[[Any, str, nn.Module], Any]


class Hooks:
    """Forward hooks on modules, removed when the ``with`` block ends, however it ends."""

    def __init__(self, modules: Mapping[str, nn.Module], hook: str, take: Take) -> None:
        # `take` must copy what it keeps: a later module may change the value in place
        self._modules, self._hook, self._take = dict(modules), hook, take
        self._handles: dict[str, Any] = {}
        # (name, what was taken) of every call in the forward pass, in order
        self.fired: list[tuple[str, Any]] = []
        self._listening = False

    def __enter__(self) -> Hooks:
        self.add(self._modules)
        return self

    def add(self, modules: Mapping[str, nn.Module]) -> None:
        """Put hooks on more modules."""
        for name, module in modules.items():
            if self._hook == "output":
                handle = module.register_forward_hook(self._on_output(name))
            else:
                handle = module.register_forward_pre_hook(self._on_input(name), with_kwargs=True)
            self._handles[name] = handle

    def __exit__(self, *_: object) -> None:
        for handle in self._handles.values():
            handle.remove()

    def only(self, names: set[str]) -> None:
        """Take the hooks off all other modules."""
        for name in set(self._handles) - names:
            self._handles.pop(name).remove()

    def during(self, call: Callable[[], Any]) -> Any:
        """Return what a call of the model returns, and fill `fired`."""
        # not when the model is called between batches, by whoever makes them
        self.fired, self._listening = [], True
        try:
            return call()
        finally:
            self._listening = False

    def _on_output(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            if self._listening:
                self.fired.append((name, self._take(output, name, module)))

        return hook

    def _on_input(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if self._listening:
                self.fired.append((name, self._take(_input(module, args, kwargs), name, module)))

        return hook


def _input(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """
    Return the hidden states that a module is called with.

    These are the argument of that name, else the first that is no mask, no plain value, and no
    whole numbers beside others.
    """
    try:
        bound = inspect.signature(module.forward).bind(*args, **kwargs)
    except (TypeError, ValueError):  # a function without a signature, or a call that will fail
        given = {**{str(place): value for place, value in enumerate(args)}, **kwargs}
    else:
        given = {}
        for name, value in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                given.update({f"{name} {place}": part for place, part in enumerate(value)})
            else:
                given.update(value if kind is inspect.Parameter.VAR_KEYWORD else {name: value})
    real = {
        name: value
        for name, value in given.items()
        if "mask" not in name and not isinstance(value, bool | int | float | str | None)
    }
    first = next(iter(real.values()), None)
    if isinstance(first, torch.Tensor) and not first.is_floating_point():  # positions, perhaps
        floats = (x for x in real.values() if torch.is_tensor(x) and x.is_floating_point())
        first = next(floats, first)
    return real.get("hidden_states", first)
