"""The bytes of values, whatever form they are held in, and digests of them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, cast

import numpy as np
import torch

__all__ = ["content_of", "digest", "is_sparse", "of_samples", "sparse_rows"]


def digest(text: str, content: bytes = b"") -> str:
    """Return a short digest of a text and of bytes."""
    return blake2b(text.encode() + b"\0" + content, digest_size=8).hexdigest()


def content_of(value: Any, name: str) -> Iterator[bytes]:
    """Yield what tells a value of a model's state from another one; refuse what cannot be told."""
    if isinstance(value, torch.Tensor):
        yield from _of_tensor(value, name)
    elif isinstance(value, np.ndarray):
        yield f"{name} {value.dtype} {value.shape}".encode()
        yield repr(value.tolist()).encode() if value.dtype.kind == "O" else value.tobytes()
    elif isinstance(value, Mapping):
        yield f"{name} {len(value)}".encode()
        for key in sorted(value, key=repr):
            yield from content_of(value[key], f"{name}.{key}")
    elif isinstance(value, tuple | list):
        yield f"{name} {len(value)}".encode()
        for place, part in enumerate(value):
            yield from content_of(part, f"{name}.{place}")
    elif isinstance(value, io.BytesIO):
        yield f"{name} ".encode() + value.getvalue()
    elif isinstance(value, bool | int | float | complex | str | bytes | None | torch.dtype):
        yield f"{name} {value!r}".encode()
    else:
        yield from _of_object(value, name)


def of_samples(value: Any) -> tuple[str, Any]:
    """Return the type and shape of the samples of a value, and its bytes."""
    if isinstance(value, torch.Tensor):
        kind = f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape[1:])}"
        if value.layout == torch.strided and not value.is_quantized:
            return kind, _bytes(value)
        return kind, b"".join(_of_tensor(value, ""))
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        kind = f"{array.dtype} {array.shape[1:]}"
        if array.dtype.kind == "O":
            return kind, repr(array.tolist()).encode()
        return kind, np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    known = isinstance(value, bool | int | float | str | None)
    return type(value).__name__, repr(value).encode() if known else b""


def is_sparse(value: Any) -> bool:
    """Tell whether a value is a sparse tensor."""
    return isinstance(value, torch.Tensor) and "sparse" in str(value.layout)


def sparse_rows(tensor: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return a sparse tensor sample by sample: how many values, where, and which."""
    found = tensor.detach().to_sparse_coo().coalesce()
    rows, places = found.indices()[0], found.indices()[1:]
    number = torch.bincount(rows, minlength=tensor.shape[0])
    return {"number": number, "places": places.T.contiguous(), "values": found.values()}


def _of_tensor(tensor: torch.Tensor, name: str) -> Iterator[bytes]:
    if torch.nn.parameter.is_lazy(tensor):
        raise ValueError(
            f"{name!r} has no values before the first use of the model, so that a recording "
            "on disk could not tell it from another one; call the model once before."
        )
    if tensor.is_meta:
        raise ValueError(f"{name!r} has no values: it is on the device 'meta'; load the weights.")
    yield f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode()
    tensor = tensor.detach()
    if hasattr(type(tensor), "__tensor_flatten__"):  # a tensor made of others, such as packed ones
        names, context = cast(Any, tensor).__tensor_flatten__()
        yield f"{type(tensor).__name__} {context!r}".encode()
        for inner in names:
            yield from _of_tensor(getattr(tensor, inner), inner)
    elif tensor.is_nested:
        for part in tensor.unbind():
            yield from _of_tensor(part, name)
    elif tensor.is_quantized:
        yield from _of_scales(tensor)
        yield _bytes(tensor.int_repr()).tobytes()
    elif is_sparse(tensor):
        found = tensor.to_sparse_coo().coalesce()
        for part in (found.indices(), found.values()):
            yield _bytes(part).tobytes()
    else:
        yield _bytes(tensor if tensor.layout == torch.strided else tensor.to_dense()).tobytes()


def _of_scales(tensor: torch.Tensor) -> Iterator[bytes]:
    if tensor.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
        yield f"{tensor.q_scale()!r} {tensor.q_zero_point()}".encode()
        return
    yield f"axis {tensor.q_per_channel_axis()}".encode()
    for part in (tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points()):
        yield _bytes(part).tobytes()


def _of_object(value: Any, name: str) -> Iterator[bytes]:
    """Yield what an object gives to be stored: torch's packed weights, a module's extra state."""
    yield f"{name} {type(value).__name__}".encode()
    if isinstance(value, torch.ScriptObject):
        yield from content_of(value.__getstate__(), name)
        return
    try:
        yield pickle.dumps(value)
    except Exception as error:
        raise ValueError(
            f"{name!r} is {type(value).__name__}, which cannot be told from another one "
            f"({type(error).__name__}); record without to=, and save with save_activations."
        ) from error


def _bytes(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    flat = tensor.contiguous().reshape(-1)
    if flat.stride(0) != 1:  # of a single value, whatever the stride
        flat = flat.clone(memory_format=torch.contiguous_format)
    return flat.view(torch.uint8).numpy()
