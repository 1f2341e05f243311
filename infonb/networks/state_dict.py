"""Weights in a checkpoint of others: found among whatever was saved, put into a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from infonb.data.files import MEGABYTE, place_inside, read_inside
from infonb.data.tensor_files import UnreadableFile, read_tensors
from infonb.networks.checkpoint import Tensors, is_changed

__all__ = ["files_of_weights", "find_state_dict", "put_weights", "read_weights"]

#: Under what names programs save the weights beside the optimiser, the epoch ...
_KEYS = ("state_dict", "model_state_dict", "model", "model_state", "net", "network", "weights",
         "params", "module")  # fmt: skip

#: What wrappers put before the names: DataParallel, torch.compile, Lightning and others.
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.")

#: Counters and positions: of no weight, and left out by some versions of the programs that save.
_MAY_DIFFER = ("num_batches_tracked", "position_ids")

#: Weights in several files, by what hubs call the file that lists them.
_INDICES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
_SINGLE = ("model.safetensors", "pytorch_model.bin")

_SHOWN = 3

Say = Callable[[str], object]


def read_weights(path: Path, say: Say) -> Tensors:
    """Return the weights in a file, a file that lists several, or a folder of a hub, by name."""
    if path.is_dir():
        path = _in_folder(path)
    if path.name.endswith(".index.json"):
        return _sharded(path)
    content, metadata = read_tensors(path)
    if metadata and is_changed(content, metadata):
        raise UnreadableFile(path, "is damaged (its checksum is another). Copy it again.")
    return find_state_dict(content, path, say)


def find_state_dict(content: Any, path: Path, say: Say) -> Tensors:
    """Return the weights by name, wherever in a checkpoint they stand; say where."""
    found, keys = _search(content)
    if found is None:
        raise UnreadableFile(path, f"holds no weights by name, but {_in_words(content)}.")
    if keys:
        others = [key for key in content if key != keys[0]]
        beside = f" (beside {_few(map(repr, others))})" if others else ""
        say(f"{path.name}: the weights are under {'.'.join(map(repr, keys))}{beside}")
    return found


def _search(content: Any, depth: int = 2) -> tuple[Tensors | None, list[str]]:
    """Return weights and the keys that lead to them."""
    if isinstance(content, nn.Module):  # only by the user's own permission
        return dict(content.state_dict()), []
    if not isinstance(content, Mapping):
        return None, []
    if depth:
        usual = [key for key in _KEYS if isinstance(content.get(key), Mapping)]
        others = [key for key in content if key not in usual and "optim" not in str(key)]
        for key in [*usual, *others]:
            if isinstance(content[key], Mapping):
                found, keys = _search(content[key], depth - 1)
                if found is not None and (key in usual or not _tensors(content)):
                    return found, [str(key), *keys]
    return _tensors(content) or None, []


def _tensors(content: Mapping[Any, Any]) -> Tensors:
    return {str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)}


def put_weights(model: nn.Module, weights: Tensors, path: Path, of: str, say: Say) -> None:
    """Put weights into a network in place, if they are those of its architecture."""
    expected = dict(model.state_dict(keep_vars=True))
    if not expected:
        raise ValueError(f"{of} returns a network without any weights, which {path} cannot fit.")
    named, told = _renamed(weights, set(expected))
    left_out = sorted(set(named) - set(expected))
    shared = _shared(expected)
    missing = [
        name for name in expected
        if name not in named and not name.endswith(_MAY_DIFFER)
        and not any(other in named for other in shared[name])
    ]  # fmt: skip
    unknown = [] if told.other_parts else [n for n in left_out if not n.endswith(_MAY_DIFFER)]
    other_shape = [
        name for name in expected
        if name in named and _is_other_shape(named[name], expected[name])
    ]  # fmt: skip
    if missing or unknown or other_shape:
        raise ValueError(
            f"{path} has the weights of another network than {of}: "
            f"{_differences(missing, unknown, other_shape, named, expected)}. Name the function "
            "that makes the network of these weights."
        )
    fitting = {name: named[name] for name in expected if name in named}
    _check_values(fitting, expected, path)
    if told.prefix:
        say(f"{path.name}: {told.prefix!r} in the names is left off")
    if told.other_parts:
        say(f"{path.name}: left out, for it is no part of the network: {_few(left_out)}")
    if lossy := [n for n, w in fitting.items() if _is_rounded(w, expected[n])]:
        say(f"{path.name}: rounded from {fitting[lossy[0]].dtype} to {expected[lossy[0]].dtype}"
            .replace("torch.", ""))  # fmt: skip
    model.load_state_dict(fitting, strict=False)


class _Told:
    """What was done to the names."""

    def __init__(self, prefix: str = "", other_parts: bool = False) -> None:
        self.prefix, self.other_parts = prefix, other_parts


def _renamed(weights: Tensors, expected: set[str]) -> tuple[Tensors, _Told]:
    """Return the weights by the names of the network, whatever wrappers put before them."""
    if expected <= set(weights):
        return weights, _Told()
    starts = ["", *_PREFIXES, *(first + second for first in _PREFIXES for second in _PREFIXES)]
    ways: list[Callable[[str], str]] = [
        lambda name: name,
        lambda name: name.replace("_orig_mod.", ""),  # also where only a part was compiled
        *(partial(_without, start=start) for start in starts[1:]),
        *(partial(_with, start=start) for start in starts[1:]),
    ]
    best = max(ways, key=lambda way: len(expected & {way(name) for name in weights}))
    named = {best(name): tensor for name, tensor in weights.items()}
    fitting = {name for name in weights if best(name) in expected}
    changed = next((name for name in fitting if len(best(name)) < len(name)), None)
    prefix = "" if changed is None else _taken_off(changed, best(changed))
    kept = any(best(name) == name for name in weights if name not in fitting)
    return named, _Told(prefix, other_parts=bool(prefix) and kept)


def _without(name: str, start: str) -> str:
    return name.removeprefix(start)


def _with(name: str, start: str) -> str:
    return start + name


def _taken_off(there: str, here: str) -> str:
    return there.removesuffix(here) if there.endswith(here) else "_orig_mod."


def _shared(expected: Mapping[str, torch.Tensor]) -> dict[str, list[str]]:
    """Return all names of each weight: one that is tied is often saved under a single name."""
    by_id: dict[int, list[str]] = {}
    for name, tensor in expected.items():
        by_id.setdefault(id(tensor), []).append(name)
    return {name: by_id[id(tensor)] for name, tensor in expected.items()}


def _is_other_shape(there: torch.Tensor, here: Any) -> bool:
    if is_lazy(here):
        return False  # a lazy layer takes any
    return tuple(there.shape) != tuple(here.shape)


def _differences(
    missing: list[str],
    unknown: list[str],
    other_shape: list[str],
    there: Tensors,
    here: Mapping[str, torch.Tensor],
) -> str:
    """Say how the names and shapes of weights differ: the first few of each kind."""
    told = []
    if other_shape:
        each = [f"{n} is {tuple(there[n].shape)} in the file and {tuple(here[n].shape)} in the "
                "network" for n in other_shape[:_SHOWN]]  # fmt: skip
        told.append(f"{_weights(len(other_shape))} of another shape ({'; '.join(each)})")
    if missing:
        told.append(f"{_weights(len(missing))} of the network not in the file ({_few(missing)})")
    if unknown:
        near = get_close_matches(unknown[0], missing or list(here), n=1)
        hint = f"; nearest in the network: {near[0]}" if near else ""
        told.append(
            f"{_weights(len(unknown))} of the file not in the network ({_few(unknown)}{hint})"
        )
    return ", ".join(told)


def _check_values(weights: Tensors, expected: Mapping[str, torch.Tensor], path: Path) -> None:
    for name, tensor in weights.items():
        here = expected[name]
        if tensor.is_floating_point() != here.is_floating_point() or tensor.is_complex():
            raise ValueError(
                f"{path}: {name} is of type {tensor.dtype}, in the network of {here.dtype}"
                .replace("torch.", "")
                + ". Quantised weights are turned into numbers again first, by the program that "
                "quantised them."
            )  # fmt: skip
        if not tensor.is_floating_point():
            continue
        values = tensor if tensor.element_size() > 1 else tensor.float()  # float8 knows no isnan
        # a mask that is kept among the buffers may be infinite
        bad = ~values.isfinite() if isinstance(here, nn.Parameter) else values.isnan()
        if n := int(bad.sum()):
            raise ValueError(
                f"{path}: {n:,} of {tensor.numel():,} values of {name} are NaN or infinite: the "
                "training has failed. Take an earlier checkpoint."
            )


def _is_rounded(there: torch.Tensor, here: torch.Tensor) -> bool:
    if not there.is_floating_point():
        return False
    return torch.promote_types(there.dtype, here.dtype) != here.dtype


def _in_folder(folder: Path) -> Path:
    """Return the file with the weights, or the list of them, in a folder as hubs lay it out."""
    for name in (*_INDICES, *_SINGLE):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f"{folder} is a folder, and has none of {', '.join((*_SINGLE, *_INDICES))}; name a file."
    )


def files_of_weights(index: Path) -> list[Path]:
    """Return a file that lists weights in several files, and those that it lists."""
    return [index, *_parts(index, _places(index))]


def _sharded(index: Path) -> Tensors:
    """Return weights that lie in several files, beside a file that says which is where."""
    places = _places(index)
    weights: Tensors = {}
    for part in _parts(index, places):
        weights |= _tensors(read_tensors(part)[0])
    if lost := [name for name in places if name not in weights]:
        raise UnreadableFile(index, f"lists {_weights(len(lost))} not in its files ({_few(lost)}).")
    return {name: weights[name] for name in places}


def _places(index: Path) -> dict[str, Any]:
    """Return in which file each weight lies."""
    try:
        return dict(json.loads(read_inside(index.parent, index.name, 100 * MEGABYTE))["weight_map"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(index, f"lists no weights ({error!r}).") from error


def _parts(index: Path, places: Mapping[str, Any]) -> list[Path]:
    """Return the files in which weights lie, none of them outside the folder of their list."""
    names = sorted({str(name) for name in places.values()})
    return [Path(str(place_inside(index.parent, name))) for name in names]


def _in_words(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"the entries {_few(map(repr, content), 6)}" if content else "nothing"
    if isinstance(content, torch.Tensor):
        return f"one tensor {tuple(content.shape)}"
    return f"a {type(content).__name__}"


def _weights(number: int) -> str:
    return "1 weight" if number == 1 else f"{number:,} weights"


def _few(names: Iterable[str], shown: int = _SHOWN) -> str:
    names = list(names)
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"
