"""What a recording is of: enough to tell whether another run would continue or repeat it."""

from __future__ import annotations

import json
import re
import types
import zlib
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.activations.examples import Batch
from infonb.activations.labelled import to_numpy
from infonb.activations.layers import Layer

__all__ = ["Inputs", "differences", "of_arrays", "of_function", "of_layers", "of_model"]


def of_model(model: nn.Module) -> dict[str, str]:
    """
    Return the class of a model, and digests of how it is built and of its weights and buffers.

    The weights and buffers are those of its ``state_dict``: what it keeps only for itself, such as
    a cache that grows with use, does not make it another model.
    """
    weights = blake2b(digest_size=8)
    for name, tensor in sorted(model.state_dict().items()):
        if torch.nn.parameter.is_lazy(tensor):
            raise ValueError(
                f"{name!r} has no values before the first use of the model, so that a recording "
                "on disk could not tell it from another one; call the model once before."
            )
        if isinstance(tensor, torch.Tensor):
            weights.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            weights.update(_bytes(tensor))
    built = re.sub(r" at 0x[0-9a-f]+", "", repr(model))
    return {
        "model": type(model).__name__,
        "the modules of the model": _digest(built),
        "the weights of the model": weights.hexdigest(),
    }


def of_layers(layers: Sequence[Layer], *, default: bool) -> list[str] | str:
    """Return the layers that were asked for, in no order; see `infonb.record`."""
    if default:
        return "the default"
    return sorted(
        layer.name
        if layer.name == layer.module_name and layer.call is None
        else f"{layer.name} = {layer.module_name}{'' if layer.call is None else f':{layer.call}'}"
        for layer in layers
    )


def of_function(value: Any) -> Any:
    """
    Return what tells a function from another one; anything else as it is.

    Its code counts, and the plain values that it brings along, not those that it looks up.

    Examples
    --------
    >>> of_function("mean")
    'mean'
    >>> of_function(lambda x: x + 1) == of_function(lambda x: x + 2)
    False
    """
    if not callable(value):
        return value
    name = getattr(value, "__name__", type(value).__name__)
    code = getattr(value, "__code__", None)
    if code is None:
        return name
    closure = [cell.cell_contents for cell in value.__closure__ or ()]
    carried = [*(value.__defaults__ or ()), *closure]
    plain = [x if isinstance(x, bool | int | float | str) else type(x).__name__ for x in carried]
    return f"{name} ({_digest(f'{_code(code)}{plain}')})"


def of_arrays(arrays: Mapping[str, Any]) -> dict[str, str]:
    """Return a digest of each array."""
    found = {}
    for name, values in sorted(arrays.items()):
        array = to_numpy(values)
        content = repr(list(array)).encode() if array.dtype.kind == "O" else array.tobytes()
        found[name] = _digest(f"{array.dtype} {array.shape}", content)
    return found


class Inputs:
    """
    Running check sums of the inputs and labels of batches, however they are divided.

    Examples
    --------
    >>> whole, parts = Inputs(), Inputs()
    >>> whole.update(Batch((torch.arange(6),), {}, None, 6))
    >>> for part in torch.arange(6).split(4):
    ...     parts.update(Batch((part,), {}, None, len(part)))
    >>> str(whole) == str(parts)
    True
    """

    def __init__(self) -> None:
        self._sums: dict[str, int] = {}
        self._kinds: dict[str, str] = {}

    def update(self, batch: Batch) -> None:
        """Take the next batch, as it comes from the data."""
        for place, value in enumerate(batch.args):
            self._add(str(place), value)
        for name, value in batch.kwargs.items():
            self._add(name, value)
        if batch.labels is not None:
            self._add("label", batch.labels)

    def __str__(self) -> str:
        return " ".join(f"{name}:{value:08x}" for name, value in sorted(self._sums.items()))

    def _add(self, name: str, value: Any) -> None:
        inside = (
            value.items()
            if isinstance(value, Mapping)
            else enumerate(value)
            if isinstance(value, tuple | list)
            else None
        )
        if inside is not None:
            for key, part in inside:
                self._add(f"{name}.{key}", part)
            return
        kind, content = _content(value)
        if self._kinds.get(name) != kind:
            self._kinds[name] = kind
            content = kind.encode() + bytes(content)
        self._sums[name] = zlib.crc32(content, self._sums.get(name, 0))


def differences(now: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """
    Say in which entries two recordings differ; nothing if they do not.

    Entries that begin with "the" are digests, which tell nobody anything.

    Examples
    --------
    >>> differences({"hook": "input", "the weights": "a1"}, {"hook": "output", "the weights": "b2"})
    "hook is 'input' now, 'output' there; the weights differ"
    """
    parts = []
    for name in dict.fromkeys([*now, *there]):
        new, old = now.get(name), there.get(name)
        if _text(new) == _text(old):
            continue
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            names = dict.fromkeys([*new, *old])
            other = [repr(key) for key in names if _text(new.get(key)) != _text(old.get(key))]
            parts.append(f"the {name} {', '.join(other)} differ")
        elif name.startswith("the "):
            parts.append(f"{name} differ")
        else:
            parts.append(f"{name} is {new!r} now, {old!r} there")
    return "; ".join(parts)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _content(value: Any) -> tuple[str, Any]:
    """Return the type and shape of the samples of a value, and its bytes."""
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape[1:])}", _bytes(value)
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        kind = f"{array.dtype} {array.shape[1:]}"
        if array.dtype.kind == "O":
            return kind, repr(array.tolist()).encode()
        return kind, np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    known = isinstance(value, bool | int | float | str | None)
    return type(value).__name__, repr(value).encode() if known else b""


def _bytes(tensor: torch.Tensor) -> Any:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()


def _code(code: types.CodeType) -> str:
    constants = []
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            constants.append(_code(value))
        elif isinstance(value, frozenset):  # it has another order in every process
            constants.append(repr(sorted(value, key=repr)))
        else:
            constants.append(repr(value))
    return f"{code.co_code.hex()} {constants} {code.co_names}"


def _digest(text: str, content: bytes = b"") -> str:
    return blake2b(text.encode() + b"\0" + content, digest_size=8).hexdigest()
