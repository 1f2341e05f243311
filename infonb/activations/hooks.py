"""The watch over a model: hooks that take what modules put out or get, and always go again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from infonb.activations.examples import Batch
from infonb.training.evaluation import modes_restored

__all__ = ["Watch", "resting"]

Take = Callable[[Any, str, nn.Module], Any]


class Watch:
    """
    Forward hooks on modules, removed when the ``with`` block ends, however it ends.

    Parameters
    ----------
    modules
        Name -> module.
    hook
        ``"output"`` or ``"input"`` (the first one).
    take
        Function (value, name, module) whose result is kept. It must copy: a later module may
        change the value in place.

    Attributes
    ----------
    fired
        (name, what was taken) of every call in the last forward pass, in order.
    """

    def __init__(self, modules: Mapping[str, nn.Module], hook: str, take: Take) -> None:
        self._modules, self._hook, self._take = dict(modules), hook, take
        self._handles: dict[str, Any] = {}
        self.fired: list[tuple[str, Any]] = []

    def __enter__(self) -> Watch:
        for name, module in self._modules.items():
            if self._hook == "output":
                handle = module.register_forward_hook(self._on_output(name))
            else:
                handle = module.register_forward_pre_hook(self._on_input(name), with_kwargs=True)
            self._handles[name] = handle
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles.values():
            handle.remove()

    def only(self, names: set[str]) -> None:
        """Stop watching all other modules."""
        for name in set(self._handles) - names:
            self._handles.pop(name).remove()

    def run(self, model: nn.Module, batch: Batch) -> Any:
        """Call the model with a batch, fill `fired`, and return the output of the model."""
        self.fired = []
        try:
            return model(*batch.args, **batch.kwargs)
        except Exception as error:
            error.add_note(f"infonb: the model was called with {batch}.")
            raise

    def _on_output(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            self.fired.append((name, self._take(output, name, module)))

        return hook

    def _on_input(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            value = args[0] if args else next(iter(kwargs.values()), None)
            self.fired.append((name, self._take(value, name, module)))

        return hook


@contextmanager
def resting(model: nn.Module) -> Iterator[None]:
    """Put a model into eval mode without gradients, and give every module its own mode back."""
    fast = torch.backends.mha.get_fastpath_enabled()
    # no_grad rather than inference_mode: what a model caches on the way stays good for training
    with modes_restored(model), torch.no_grad():
        try:
            # else torch's transformer layers compute as one function and call no submodule
            torch.backends.mha.set_fastpath_enabled(False)
            for module in model.modules():
                module.training = False  # no train(): some models override it with side effects
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
