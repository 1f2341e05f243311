"""Unlabelled inputs of the user's own: arrays, a table, pictures, tensors, or a function's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.array_files import BadArrays, npz_names, read_npy, read_npz
from infonb.data.files import expanded
from infonb.data.input_arrays import as_dataset, as_named, chosen_names
from infonb.data.own_code import call_own, is_own, own_file
from infonb.data.picture_folder import read_pictures
from infonb.data.tables import read_table
from infonb.data.tensor_files import read_tensors
from infonb.validate import check_integer, did_you_mean

__all__ = ["check_inputs", "load_inputs"]

_TABLES = (".csv", ".tsv", ".txt")
_TENSORS = (".safetensors", ".pt", ".pth", ".bin")
_FORMS = "an .npz, .npy, .csv, .safetensors or .pt file, a folder of pictures, or FILE.py:FUNCTION"


def load_inputs(
    source: str | Path,
    n: int | None = None,
    seed: int = 0,
    *,
    size: int | None = None,
    say: Callable[[str], object] = print,
) -> xr.Dataset:
    """
    Return inputs of your own, on which networks are compared; no labels are needed.

    Parameters
    ----------
    source
        ``.npz``: the array ``inputs``, ``input``, ``images`` or ``x``, or the only one; or
        ``input_ids`` with ``attention_mask``. One-dimensional arrays of the same length, such as
        ``labels``, are kept as what is known about the samples. ``.npy``: one array.
        ``.csv``: a column a feature; a column ``label`` is kept beside. ``.safetensors``, ``.pt``:
        tensors, as in ``.npz`` (opened with ``weights_only=True``). A folder of pictures: 0 to 1,
        channels first; subfolders are labels. ``FILE.py:FUNCTION``: **the file is run**, and the
        function returns any of these arrays, ``(inputs, labels)``, a dict, an infonb data set, or a
        DataLoader.
    n
        Draw so many samples (all, if there are fewer); None: all.
    seed
        Seed of the draw: the same samples for every network.
    size
        Rows and columns of pictures: the middle square of each is resized. None: they must be
        equal, and stay as they are.
    say
        What is told about it, one line a call.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, ...): numbers as they are; pictures of bytes are divided by 255, and have
        their channels first. Token ids stay whole numbers, further arguments of the network
        (``attention_mask``) are variables beside, named in ``attrs["arguments"]``. The coordinate
        ``sample`` is the place in the source; ``label`` and others are what is known.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    ValueError
        If it cannot be read, holds Python objects, NaN, one sample or none, or parts of different
        length.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.npz")
    ...     np.savez(path, inputs=np.zeros((10, 4), np.float32), labels=np.arange(10) % 2)
    ...     inputs = load_inputs(path, n=3)
    >>> dict(inputs.input.sizes), inputs.sample.values.tolist(), inputs.label.values.tolist()
    ({'sample': 3, 'feature': 4}, [5, 6, 9], [1, 0, 1])
    """
    if n is not None:
        n = check_integer("n", n, 1)
    if size is not None:
        size = check_integer("size", size, 1)
    check_inputs(source)

    def draw(n_all: int) -> NDArray[np.intp]:
        if n is None or n >= n_all:
            return np.arange(n_all)
        return np.sort(np.random.default_rng(seed).choice(n_all, n, replace=False))

    return _read(str(source), size, draw, say)


def check_inputs(source: str | Path) -> None:
    """Raise one line unless something of a known form is there; nothing is read or run."""
    if is_own(str(source)):
        _, name = own_file(str(source), "inputs")
        if not name:
            raise ValueError(f"{source} is a file; name the function in it: {source}:inputs")
        return
    path = expanded(source)
    if not str(source).strip() or not path.exists():
        near = did_you_mean(path.name, _neighbours(path.parent)) if str(source).strip() else ""
        raise FileNotFoundError(f"no inputs {str(source)!r}; they are {_FORMS}.{near}")
    if not path.is_dir() and path.suffix.lower() not in (".npz", ".npy", *_TABLES, *_TENSORS):
        raise ValueError(f"{path} is of a kind that is not known; inputs are {_FORMS}.")


def _read(
    source: str,
    size: int | None,
    draw: Callable[[int], NDArray[np.intp]],
    say: Callable[[str], object],
) -> xr.Dataset:
    if is_own(source):
        path, name = own_file(source, "inputs")
        say(f"runs {path}: {name}() returns the inputs")
        named = call_own(source, "inputs", lambda made: _named(made, path))
        return as_dataset(named, path, draw, say)
    path = expanded(source)
    if path.is_dir():
        return as_dataset(read_pictures(path, size, draw, say), path, draw, say)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        wanted = chosen_names(npz_names(path), path)
        return as_dataset(read_npz(path, wanted), path, draw, say)
    if suffix == ".npy":
        return as_dataset({"inputs": read_npy(path)}, path, draw, say)
    if suffix in _TABLES:
        return as_dataset(read_table(path, say), path, draw, say)
    return as_dataset(as_named(read_tensors(path)[0], path), path, draw, say)


def _named(data: Any, path: Path) -> Mapping[str, Any]:
    """Return by name what a function made; of an infonb data set the input, and what is known."""
    if not isinstance(data, xr.Dataset):
        return as_named(data, path)
    if "input" not in data or "sample" not in data["input"].dims:
        raise BadArrays(path, f"returns a dataset without input (sample, ...), but {list(data)}")
    known = {
        str(name): value.values for name, value in data.variables.items()
        if value.dims == ("sample",) and name not in ("sample", "input")
    }  # fmt: skip
    return {"input": data["input"].transpose("sample", ...).values, **known}


def _neighbours(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []
