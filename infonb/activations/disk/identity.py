"""What a recording is of: enough to tell whether another run would continue or repeat it."""

from __future__ import annotations

import functools
import json
import re
import types
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.activations.batch import Batch
from infonb.activations.disk.content import (
    content_of,
    digest,
    is_sparse,
    of_samples,
    sparse_rows,
)
from infonb.activations.labelled import to_numpy
from infonb.activations.layers import Asked

__all__ = [
    "Inputs",
    "differences",
    "model_fingerprint",
    "of_arrays",
    "of_function",
    "of_layers",
    "of_recorded",
]


def model_fingerprint(model: nn.Module) -> dict[str, Any]:
    """
    Return what tells a model from another one, mostly as digests.

    These are its class, how it is built, its weights and buffers (also those that its
    ``state_dict`` leaves out, and what that packs), plain values and functions that its modules
    keep as attributes, and forward hooks on it. What it keeps only for itself in another form, such
    as a list or tensor that grows with use, does not make it another model.
    """
    weights = blake2b(digest_size=8)
    buffers, attributes, hooks = defaultdict(list), defaultdict(list), []
    state = model.state_dict()
    for name, value in sorted({**state, **dict(_tensors(model, "parameters"))}.items()):
        for part in content_of(value, name):
            weights.update(part)
    for name, buffer in _tensors(model, "buffers"):
        if name not in state:
            parts = b"".join(content_of(buffer, name))
            buffers[name.rpartition(".")[2]].append(digest("", parts))
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if name != "training" and not name.startswith("_") and _is_plain(value):
                attributes[name].append(f"{path} {of_function(value)!r}")
        for kind in (module._forward_pre_hooks, module._forward_hooks):
            hooks += [f"{path} {of_function(hook)}" for hook in kind.values()]
    built = re.sub(r" at 0x[0-9a-f]+", "", repr(model))
    return {
        "model": type(model).__name__,
        "the modules of the model": digest(built),
        "the weights of the model": weights.hexdigest(),
        # by name, for the message; large models have many of each
        "buffers": {name: digest(repr(found)) for name, found in sorted(buffers.items())},
        "attributes": {name: digest(repr(found)) for name, found in sorted(attributes.items())},
        "the hooks on the model": digest(repr(hooks)),
    }


def of_recorded(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the layers of a recording in the form of `of_layers`, as if asked for by name."""
    return sorted(
        x["name"] if x["name"] == x["module"] else f"{x['name']} = {x['module']}:{x['call']}"
        for x in layers
    )


def of_layers(asked: Asked) -> list[str] | str:
    """Return the layers that were asked for, in no order; see `infonb.record`."""
    if asked.how != "names":
        return f"the {asked.how}"
    return sorted(
        layer.name
        if layer.name == layer.module_name and layer.call is None
        else f"{layer.name} = {layer.module_name}{'' if layer.call is None else f':{layer.call}'}"
        for layer in asked.layers
    )


def of_function(value: Any) -> Any:
    """
    Return what tells a function from another one; anything else as it is.

    Its code counts, and the plain values, arrays and tensors that it brings along, not those that
    it looks up.
    """
    if not callable(value):
        return value
    name = getattr(value, "__name__", type(value).__name__)
    if isinstance(value, functools.partial):
        carried = [value.args, sorted(value.keywords.items())]
        return f"{name} ({digest(f'{of_function(value.func)}{[_carried(x) for x in carried]}')})"
    # an object that can be called: the function of its class
    function: Any = value if hasattr(value, "__code__") else type(value).__call__
    code = getattr(function, "__code__", None)
    if code is None:
        return name
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    defaults = function.__defaults__ or (), sorted((function.__kwdefaults__ or {}).items())
    plain = [_carried(x) for x in (*defaults[0], *closure, *defaults[1])]
    return f"{name} ({digest(f'{_code(code)}{plain}')})"


def of_arrays(arrays: Mapping[str, Any]) -> dict[str, str]:
    """Return a digest of each array."""
    found = {}
    for name, values in sorted(arrays.items()):
        array = to_numpy(values)
        content = repr(list(array)).encode() if array.dtype.kind == "O" else array.tobytes()
        found[name] = digest(f"{array.dtype} {array.shape}", content)
    return found


class Inputs:
    """Running check sums of the inputs and labels of batches, however they are divided."""

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
        if is_sparse(value):
            for key, part in sparse_rows(value).items():
                self._add(f"{name}.{key}", part)
            return
        kind, content = of_samples(value)
        if self._kinds.get(name) != kind:
            self._kinds[name] = kind
            content = kind.encode() + bytes(content)
        self._sums[name] = zlib.crc32(content, self._sums.get(name, 0))


def differences(now: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """
    Say in which entries two recordings differ; nothing if they do not.

    Entries that begin with "the" are digests, which tell nobody anything.
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


def _tensors(model: nn.Module, kind: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield parameters or buffers under all their names: those that are shared have several."""
    for path, module in model.named_modules(remove_duplicate=False):
        for name, tensor in getattr(module, f"_{kind}").items():
            if tensor is not None:
                yield f"{path}.{name}" if path else name, tensor


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    known = bool, int, float, str, type(None), np.generic, torch.dtype
    return isinstance(value, (*known, types.FunctionType, types.BuiltinFunctionType))


def _carried(value: Any) -> Any:
    """Return what tells a value that a function brings along from another one."""
    if isinstance(value, tuple | list):
        return [_carried(part) for part in value]
    if isinstance(value, torch.Tensor | np.ndarray):
        return digest("", b"".join(content_of(value, "")))
    return value if isinstance(value, bool | int | float | str) else type(value).__name__


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


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
