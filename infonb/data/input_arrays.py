"""Named arrays of any source as one data set: which are the inputs, and are they numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.array_files import BadArrays

__all__ = ["as_dataset", "as_named", "chosen_names"]

#: How inputs, and labels, are called; the first that is there.
_INPUTS = ("inputs", "input", "images", "input_ids", "pixel_values", "x", "X", "data", "features",
           "tokens")  # fmt: skip
_LABELS = ("label", "labels", "y", "target", "targets")

#: What networks take beside tokens.
_BESIDE = ("attention_mask", "token_type_ids", "position_ids", "key_padding_mask",
           "src_key_padding_mask")  # fmt: skip

#: Names of dimensions, by how many there are beyond the sample.
_DIMS = {0: (), 1: ("feature",), 2: ("row", "column"), 3: ("channel", "row", "column")}

_BATCH = 256

Draw = Callable[[int], NDArray[np.intp]]


def chosen_names(names: Iterable[str], path: Path) -> list[str]:
    """Return the names of arrays to read, the inputs first; raise unless these can be told."""
    names = list(names)
    usual = [name for name in _INPUTS if name in names]
    others = [n for n in names if n not in _LABELS and n not in _BESIDE and n not in _INPUTS]
    if usual:
        first = usual[0]
    elif len(others) == 1:
        first = others[0]
    elif not others:
        raise BadArrays(path, f"has no inputs, but {_listed(names)}; call the array inputs")
    else:
        raise BadArrays(
            path, f"has the arrays {_listed(names)}, and none is called inputs, images or x; which "
            "are the inputs"
        )  # fmt: skip
    return [first, *(name for name in names if name != first)]


def as_named(content: Any, path: Path) -> dict[str, Any]:
    """Return arrays and tensors by name: of one, of (inputs, labels), of a dict, of batches."""
    if isinstance(content, Mapping):
        arrays = {str(name): value for name, value in content.items() if _is_array(value)}
        if not arrays:
            raise BadArrays(path, f"holds no arrays by name, but {_listed(map(str, content))}")
        return {name: _numpy(arrays[name], path) for name in chosen_names(arrays, path)}
    if _is_array(content):
        return {"inputs": _numpy(content, path)}
    if isinstance(content, tuple | list) and len(content) == 2 and all(map(_is_array, content)):
        inputs, labels = content
        if labels.ndim == 1 or (labels.ndim == 2 and labels.shape[1] == 1):
            return {"inputs": _numpy(inputs, path), "label": _numpy(labels, path).reshape(-1)}
    if _is_torch_dataset(content):
        from torch.utils.data import DataLoader

        return _gathered(DataLoader(content, batch_size=_BATCH), path)
    if hasattr(content, "__iter__") and not isinstance(content, tuple | list | str | bytes):
        return _gathered(content, path)
    if isinstance(content, tuple | list):
        shapes = {tuple(part.shape) if _is_array(part) else type(part).__name__ for part in content}
        raise BadArrays(
            path, f"holds a {type(content).__name__} of {len(content)} parts ({_listed(shapes)}); "
            "stack samples of one size into one tensor, pad those that differ"
        )  # fmt: skip
    raise BadArrays(path, f"holds no inputs, but {type(content).__name__}")


def _is_torch_dataset(content: Any) -> bool:
    has = all(hasattr(content, name) for name in ("__getitem__", "__len__"))
    return has and not isinstance(content, tuple | list | str | bytes)


def _gathered(batches: Iterable[Any], path: Path) -> dict[str, Any]:
    """Return the batches of a DataLoader as a whole."""
    parts = [as_named(tuple(b) if isinstance(b, list) else b, path) for b in batches]
    if not parts:
        raise BadArrays(path, "returns no batches")
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    except (KeyError, ValueError) as error:
        raise BadArrays(path, f"returns batches that differ ({error})") from error


def as_dataset(
    arrays: Mapping[str, Any], path: Path, draw: Draw, say: Callable[[str], object]
) -> xr.Dataset:
    """Return the drawn samples of named arrays, the first of them the inputs; see `load_inputs`."""
    names = iter(arrays)
    first = next(names)
    whole = arrays[first]
    _check_kind(whole, first, path)
    # of pictures only those that were drawn have been read
    drawn = arrays["sample"] if "n_all" in arrays else draw(len(whole))
    n_all = arrays.get("n_all", len(whole))
    if len(drawn) < 2:
        raise BadArrays(
            path, f"has {'no samples' if not len(drawn) else '1 sample'}; entropy and mutual "
            "information are over samples, of which some hundreds are needed"
        )  # fmt: skip

    def part(array: Any) -> Any:
        return np.asarray(array if "n_all" in arrays else array[drawn])

    values = _numbers(part(whole), first, path, say)
    dims = ("sample", *_dims(values, arrays))
    variables: dict[str, Any] = {"input": (dims, values)}
    coords: dict[str, Any] = {"sample": ("sample", np.asarray(drawn, np.int64))}
    arguments = [first]
    for name in names:
        array = arrays[name]
        if name in ("sample", "n_all"):
            continue
        if name == "feature":
            coords["feature"] = ("feature", array)
            continue
        if np.shape(array)[:1] != np.shape(whole)[:1]:
            raise BadArrays(
                path, f"has {len(whole):,} samples in {first}, but {name} has the shape "
                f"{np.shape(array)}"
            )  # fmt: skip
        if name in _BESIDE:
            _check_finite(part(array), name, path)
            variables[name] = (("sample", *dims[1 : np.ndim(array)]), part(array))
            arguments.append(name)
        elif np.ndim(array) == 1 or (np.ndim(array) == 2 and np.shape(array)[1] == 1):
            coords["label" if name in _LABELS else name] = ("sample", _plain(part(array)))
        else:
            say(f"{path.name}: {name} {np.shape(array)} is left aside; the inputs are {first}")
    attrs = {"name": path.stem, "n_available": int(n_all)}
    if len(arguments) > 1 or first == "input_ids":
        attrs["arguments"] = ", ".join(arguments)
    return xr.Dataset(variables, coords, attrs)


def _dims(values: np.ndarray, arrays: Mapping[str, Any]) -> tuple[str, ...]:
    n = values.ndim - 1
    if n == 1 and "feature" not in arrays and values.dtype.kind in "iu":
        return ("token",)
    return _DIMS.get(n, tuple(f"dim_{i}" for i in range(1, n + 1)))


def _check_kind(array: Any, name: str, path: Path) -> None:
    if np.ndim(array) == 0:
        raise BadArrays(path, f"holds one number in {name}, not samples")
    if array.dtype.kind not in "fiub":
        raise BadArrays(path, f"holds {array.dtype} in {name}; inputs are numbers")
    if 0 in array.shape[1:]:
        raise BadArrays(path, f"is empty: {name} has the shape {tuple(array.shape)}")


def _numbers(values: np.ndarray, name: str, path: Path, say: Callable[[str], object]) -> np.ndarray:
    """Return values that a network can take: pictures of bytes become 0 to 1, channels first."""
    if values.dtype.kind == "b":
        return values.astype(np.float32)
    _check_finite(values, name, path)
    whole = values.dtype.kind in "iu"
    pictures = values.dtype == np.uint8 or name in ("images", "pixel_values")
    if not (whole and pictures and values.ndim >= 3):
        return values
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 255:
        raise BadArrays(
            path, f"has whole-numbered {name} from {low} to {high}; pictures are 0 to 255: divide "
            "them by their largest value"
        )  # fmt: skip
    if not path.is_dir():
        say(f"{path.name}: whole-numbered {name} are divided by 255")
    last_is_channel = values.ndim == 4 and values.shape[3] in (1, 3, 4)
    if last_is_channel and values.shape[1] not in (1, 3, 4):
        say(f"{path.name}: channels, which come last in {name}, are put first")
        values = values.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(values, np.float32) / np.float32(255)


def _check_finite(values: np.ndarray, name: str, path: Path) -> None:
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    bad = ~np.isfinite(values)
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    raise BadArrays(
        path, f"holds {int(bad.sum()):,} values in {name} that are NaN or infinite, the first at "
        f"{place}; leave those samples out"
    )  # fmt: skip


def _plain(values: np.ndarray) -> np.ndarray:
    """Return one value a sample; texts as objects, as everywhere."""
    values = values.reshape(-1)
    return values.astype(object) if values.dtype.kind in "USO" else values


def _is_array(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("shape", "dtype", "ndim", "__array__"))


def _numpy(value: Any, path: Path) -> np.ndarray:
    if not hasattr(value, "detach"):
        return np.asarray(value)
    if value.is_nested or value.is_sparse or value.is_quantized:
        raise BadArrays(path, "holds a nested, sparse or quantised tensor; make it dense")
    value = value.detach().cpu()
    # numpy has no bfloat16, nor types of 8 bits
    known = value.dtype.itemsize > 2 or str(value.dtype) == "torch.float16"
    return (value.float() if value.is_floating_point() and not known else value).numpy()


def _listed(names: Iterable[Any]) -> str:
    names = [str(name) for name in names]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
