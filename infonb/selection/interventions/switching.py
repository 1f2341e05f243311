"""Neurons that are switched off: hooks that put zero where a layer has put out their values."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from infonb.activations.alone import alone, every_module_called
from infonb.activations.batch import describe
from infonb.activations.layers import Layer, choose
from infonb.activations.modules import unwrapped
from infonb.activations.reduction import Reduction

__all__ = ["Off", "Switches", "switched_off"]

Off = Mapping[str, int | Sequence[int] | np.ndarray]


@contextmanager
def switched_off(
    model: nn.Module,
    off: Off,
    *,
    select: int | str | None = None,
    neuron_dim: int | None = None,
) -> Iterator[nn.Module]:
    """
    Switch neurons of a model off in a ``with`` block: what their layer puts out for them is 0.

    Parameters
    ----------
    model
        Any torch model that `infonb.record` takes, also a compiled or data-parallel one.
    off
        Name of a layer, as `infonb.record` has it → one neuron or several, counted from 0 as in the
        coordinate ``neuron``: a feature of a linear layer, a channel of a convolution (everywhere
        in the picture), a feature of a transformer's layer or of a recurrent one (at all tokens or
        steps, and in its last state). ``"relu:1"`` is the second call of a module in a forward
        pass, ``"relu"`` every one.
    select
        What of outputs that are no tensors holds the neurons: a position or a key. None: of
        recurrent modules the hidden states, of others nothing, which is an error.
    neuron_dim
        Which dim of outputs with three dims or more holds the neurons; as in `infonb.record`.

    Yields
    ------
    torch.nn.Module
        The model itself. Blocks may stand in one another; gradients flow through what is left.

    Raises
    ------
    ValueError
        If a layer is not found, or has no such neuron; at the end of the block if a layer was never
        called in it, though the model was.

    Notes
    -----
    Off means zero *at the output of the named module*. Of a Linear or Conv that is what setting the
    neuron's incoming weights and its bias to zero does, as the paper's authors do: the
    pre-activation is 0, and so it is after a ReLU (not after a sigmoid, which makes 0.5 of it). The
    same neuron of the ReLU after it may be named instead. A normalisation between them makes a
    difference: after a BatchNorm in eval mode a convolution's channel that is zero is the constant
    β − γ μ / σ, while naming the BatchNorm, or the ReLU after it, makes the channel itself zero. Of
    recurrent modules what they pass on is zero; inside, the unit goes on through the steps.

    Modes are left alone: call ``model.eval()`` first where that is meant. Weights are not touched;
    the hooks are removed when the block ends, however it ends.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), their published code: interventions.

    Examples
    --------
    >>> from infonb.networks import MLP
    >>> model, inputs = MLP([2, 4, 1]), torch.ones(1, 2)
    >>> with switched_off(model, {"fc1": [0, 1, 2, 3]}):
    ...     model(inputs).item()
    0.0
    >>> model(inputs).item() != 0
    True
    """
    if not isinstance(off, Mapping):
        raise TypeError(f"off must be {{layer: neurons}}; not {type(off).__name__}.")
    with Switches(model, list(off), select=select, neuron_dim=neuron_dim) as switches:
        switches.set(off)
        yield model
        switches.check_called()


class Switches:
    """
    Hooks on layers whose neurons can be switched off and on again, in a ``with`` block.

    `first`: of outputs that are no tensors the first tensor is taken, as of ``layers="blocks"``.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: Sequence[str],
        *,
        select: int | str | None = None,
        neuron_dim: int | None = None,
        first: bool = False,
    ) -> None:
        self._model = unwrapped(model)
        if callable(select):  # what it takes out could not be put back
            raise TypeError(f"select must be a position or a key; not {select!r}.")
        self._select, self._first = select, first
        self._reduction = Reduction(neuron_dim=neuron_dim)
        found = choose(self._model, list(layers)).layers if layers else []
        self._layers: dict[str, Layer] = {layer.name: layer for layer in found}
        # name of a module → call, or None for every one → places of neurons
        self._off: dict[str, dict[int | None, torch.Tensor]] = {}
        self._calls: Counter[str] = Counter()
        self._seen: set[tuple[str, int | None]] = set()
        self._stack = ExitStack()

    def __enter__(self) -> Switches:
        with ExitStack() as stack:
            stack.enter_context(alone(self._model))
            stack.enter_context(every_module_called())
            stack.callback(self._model.register_forward_pre_hook(self._begin, prepend=True).remove)
            for name, module in {x.module_name: x.module for x in self._layers.values()}.items():
                stack.callback(module.register_forward_hook(self._hook(name)).remove)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def set(self, off: Off) -> None:
        """Switch these neurons off, and all others on."""
        self.put({layer: _places(layer, neurons) for layer, neurons in off.items()})

    def put(self, off: Mapping[str, torch.Tensor]) -> None:
        """Switch neurons off, given as tensors of whole numbers, and all others on."""
        self._off = {}
        for name, places in off.items():
            layer = self._layers[name]
            if len(places):
                self._off.setdefault(layer.module_name, {})[layer.call] = places

    def check_called(self) -> None:
        """Raise if the model was called, but a layer never was: then nothing was switched off."""
        called = {name for name, _ in self._seen}
        for layer in self._layers.values():
            never = layer.module_name not in called
            if layer.call is not None:
                never = (layer.module_name, layer.call) not in self._seen
            if never and ("", None) in self._seen:
                raise ValueError(
                    f"layer {layer.name!r} was never called while its neurons were to be off: the "
                    "model does not use it, or uses its weights without calling it. "
                    "infonb.list_layers(model, data) shows the calls of each module."
                )

    def _begin(self, module: nn.Module, args: Any) -> None:
        """Count calls anew: a forward pass of the model begins."""
        self._calls.clear()
        self._seen.add(("", None))

    def _hook(self, name: str) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> Any:
            call = self._calls[name]
            self._calls[name] += 1
            self._seen.add((name, call))
            off = self._off.get(name)
            for of in (None, call) if off else ():
                if off and of in off:
                    output = self._without(output, off[of], name, module)
            return output

        return hook

    def _without(self, output: Any, places: torch.Tensor, layer: str, module: nn.Module) -> Any:
        """Return an output with some neurons at zero, whatever its form."""
        if isinstance(output, torch.Tensor):
            return self._zeroed(output, places, layer, module)
        if isinstance(module, nn.RNNBase) and self._select in (None, 0):
            return _recurrent(output, places, layer, module)
        select = _first(output) if self._first and self._select is None else self._select
        if select is None:
            raise ValueError(
                f"layer {layer!r} gives {describe(output)}, not a tensor; pass select= the "
                "position or the key of what holds its neurons."
            )
        try:
            part = output[select]
        except (IndexError, KeyError, TypeError) as error:
            raise ValueError(
                f"layer {layer!r} gives {describe(output)}, where select={select!r} finds nothing."
            ) from error
        return _put_back(output, select, self._zeroed(part, places, layer, module))

    def _zeroed(
        self, tensor: torch.Tensor, places: torch.Tensor, layer: str, module: nn.Module
    ) -> torch.Tensor:
        if tensor.ndim > 2:
            dim = self._reduction.dim_of_neurons(tensor, layer, module)
            return _fill(tensor, dim, places, layer)
        if tensor.ndim == 1:  # one number for each sample
            return _fill(tensor[:, None], 1, places, layer)[:, 0]
        return _fill(tensor, 1, places, layer)


def _recurrent(output: Any, places: torch.Tensor, layer: str, module: nn.RNNBase) -> Any:
    """Return what a recurrent module puts out, hidden states and the last state, without units."""
    states, last = output
    if isinstance(states, PackedSequence):
        states = states._replace(data=_fill(states.data, -1, places, layer))
    else:
        states = _fill(states, -1, places, layer)
    # units of both directions stand side by side in the states, one after the other in the last
    width = module.proj_size or module.hidden_size
    n_directions = 2 if module.bidirectional else 1

    def without(state: torch.Tensor) -> torch.Tensor:
        parts = list(state.unbind(0))
        for direction in range(n_directions):
            own = places[(places // width) == direction] % width
            at = len(parts) - n_directions + direction
            parts[at] = _fill(parts[at], -1, own, layer)
        return torch.stack(parts)

    if isinstance(last, tuple):  # of an LSTM: hidden state and cell; projected, the cell is another
        hidden, cell = last
        return states, (without(hidden), cell if module.proj_size else without(cell))
    return states, without(last)


def _fill(tensor: torch.Tensor, dim: int, places: torch.Tensor, layer: str) -> torch.Tensor:
    """Return a tensor with zero at some places of a dim; the one that came in stays as it is."""
    width = tensor.shape[dim]
    if len(places) and int(places.max()) >= width:
        raise ValueError(
            f"layer {layer!r} has {width} neurons, 0 to {width - 1}; there is no neuron "
            f"{int(places.max())} to switch off."
        )
    # not times zero, which leaves NaN and infinity
    return tensor.index_fill(dim, places.to(tensor.device), 0)


def _first(output: Any) -> Any:
    """Return the position or the key of the first tensor in an output; None: there is none."""
    parts = output.items() if isinstance(output, Mapping) else enumerate(output)
    return next((at for at, part in parts if isinstance(part, torch.Tensor)), None)


def _put_back(output: Any, select: int | str, part: Any) -> Any:
    """Return an output with one of its parts replaced."""
    if isinstance(output, tuple):
        parts = [part if at == select % len(output) else x for at, x in enumerate(output)]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    changed = copy.copy(output)
    changed[select] = part
    return changed


def _places(layer: str, neurons: Any) -> torch.Tensor:
    listed = np.atleast_1d(np.asarray(neurons))
    wrong = [x for x in listed.ravel().tolist() if isinstance(x, bool) or not _is_place(x)]
    if wrong or listed.ndim > 1:
        raise ValueError(
            f"off[{layer!r}] must be neurons, whole numbers from 0; not "
            f"{wrong[0] if wrong else neurons!r}."
        )
    return torch.as_tensor(listed.astype(np.int64))


def _is_place(value: Any) -> bool:
    return isinstance(value, Integral) and int(value) >= 0
