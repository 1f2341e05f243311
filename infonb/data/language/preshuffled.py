"""Training data of the Pythia models in the order of training: tokens by index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.data.files import expanded
from infonb.data.language.memorized_evals import SEQUENCES_A_STEP
from infonb.validate import check_integer

__all__ = ["load_preshuffled"]

#: Tokens of a sequence, of two bytes each: 2,048 to be read, and one more to be predicted.
ROW = 2049
_BYTES = 2
_PART = re.compile(r"document-(\d{5})-of-(\d{5})\.bin")
_REMEDY = (
    "The files are those of EleutherAI/pile-standard-pythia-preshuffled or "
    "pile-deduped-pythia-preshuffled on the Hugging Face hub."
)


def load_preshuffled(
    indices: Iterable[int], folder: str | Path, *, n_tokens: int = 64
) -> xr.Dataset:
    """
    Return the tokens of training sequences of the Pythia models, by their place in the training.

    Parameters
    ----------
    indices
        Places in the order of training, from 0: sequence i was trained on in step i // 1024.
    folder
        Where ``document.bin`` lies, or its parts, ``document-00000-of-00020.bin`` to
        ``document-00020-of-00020.bin`` (21 of them); the first ones are enough for small indices.
        Or ``document.bin`` itself. Files are mapped into memory: only what is asked for is read of
        their 600 GB.
    n_tokens
        How many tokens of each: 64 are prompt and continuation of the paper, 1 .. 2049.

    Returns
    -------
    xarray.Dataset
        ``tokens`` (sample, position), int32; ``sample`` is the index; coordinate ``first_seen``
        (sample), the step. In the order of `indices`.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or a part is missing.
    ValueError
        If a file is too short or holds no whole sequences, parts but the last differ in size, a
        part is named alone, an index lies beyond the end, or `indices` is empty.
    TypeError
        If an index is no whole number.

    Notes
    -----
    Raw little-endian ``uint16`` without a header, 2,049 a sequence: sequence i begins at byte
    i * 2049 * 2 of all parts put together. Parts end anywhere, in the middle of a sequence, too;
    all but the last have the same size, and the number behind ``of`` is that of the last.
    The deduplicated corpus has an order of its own: take the files that fit the list of
    `load_memorized_evals`.

    References
    ----------
    Biderman et al., "Pythia: A Suite for Analyzing Large Language Models Across Training and
    Scaling", ICML 2023.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "document.bin")
    >>> (np.arange(3 * 2049) % 2049).astype("<u2").tofile(path)
    >>> load_preshuffled([2, 0], folder.name, n_tokens=4).tokens.values
    array([[0, 1, 2, 3],
           [0, 1, 2, 3]], dtype=int32)
    >>> folder.cleanup()
    """
    n_tokens = check_integer("n_tokens", n_tokens, 1, ROW)
    wanted = [check_integer("indices", one, 0) for one in _listed(indices)]
    if not wanted:
        raise ValueError("indices is empty: name at least one sequence.")
    paths, whole = _files(expanded(folder))
    parts = [_mapped(path) for path in paths]
    _check_sizes(paths, parts, whole)
    ends = np.cumsum([part.size for part in parts])
    n_rows, rest = divmod(int(ends[-1]), ROW * _BYTES)
    if whole and rest:
        raise ValueError(
            f"{paths[-1]} is cut short: with {rest:,} bytes behind {n_rows:,} whole sequences of "
            f"{ROW:,} tokens. Download it again. {_REMEDY}"
        )
    if (last := max(wanted)) >= n_rows:
        raise ValueError(
            f"index {last:,} lies beyond the end: {_named(paths)} has {n_rows:,} whole sequences"
            f"{'' if whole else ', and the parts behind it are not there'}. {_REMEDY}"
        )
    rows = [_bytes(parts, ends, one * ROW * _BYTES, n_tokens * _BYTES) for one in wanted]
    tokens = np.frombuffer(b"".join(rows), "<u2").reshape(len(wanted), n_tokens)
    index = np.array(wanted, np.int64)
    return xr.Dataset(
        {"tokens": (("sample", "position"), tokens.astype(np.int32))},
        coords={"sample": index, "first_seen": ("sample", index // SEQUENCES_A_STEP)},
        attrs={"name": "pythia preshuffled", "n_sequences": n_rows},
    )


def _listed(indices: Any) -> list[Any]:
    if isinstance(indices, str) or not isinstance(indices, Iterable):
        raise TypeError(
            f"indices must be a list of whole numbers, such as [0, 5]; not {indices!r}."
        )
    return list(np.asarray(indices)) if hasattr(indices, "dtype") else list(indices)


def _files(root: Path) -> tuple[list[Path], bool]:
    """Return the files in order, and whether they are the whole of the data."""
    if root.is_file():
        if part := _PART.fullmatch(root.name):
            if int(part[1]):
                raise ValueError(
                    f"{root} is a part that begins in the middle of the training: give the folder "
                    f"with all parts from 00000 on. {_REMEDY}"
                )
            return [root], part[1] == part[2]
        return [root], True
    if not root.is_dir():
        raise FileNotFoundError(f"there is no folder {root}. {_REMEDY}")
    if (one := root / "document.bin").is_file():
        return [one], True
    parts = {int(m[1]): m for path in root.iterdir() if (m := _PART.fullmatch(path.name))}
    if not parts:
        there = ", ".join(sorted(path.name for path in root.iterdir())[:8]) or "nothing"
        raise FileNotFoundError(
            f"{root} has neither document.bin nor its parts, document-00000-of-… .bin (it has "
            f"{there}). {_REMEDY}"
        )
    if missing := sorted({*range(max(parts) + 1)} - {*parts}):
        raise FileNotFoundError(
            f"{root} lacks part {missing[0]} before part {max(parts)}: sequences are counted from "
            f"the start of all parts. {_REMEDY}"
        )
    total = {int(one[2]) for one in parts.values()}
    if len(total) > 1:
        raise ValueError(f"{root} has parts of several data sets: of {sorted(total)}.")
    ordered = [root / parts[number][0] for number in sorted(parts)]
    # the parts of the hub are 00000 to 00020 of 00020, which are 21
    return ordered, max(parts) >= total.pop()


def _check_sizes(paths: Sequence[Path], parts: Sequence[np.ndarray], whole: bool) -> None:
    """Raise for a part that is cut short: all that is behind it would be shifted."""
    alike = parts[:-1] if whole else parts
    usual = max((part.size for part in alike), default=0)
    for path, part in zip(paths, alike, strict=False):
        if part.size != usual:
            raise ValueError(
                f"{path} is cut short: it has {part.size:,} bytes, another part {usual:,}, and all "
                f"but the last are of one size. Download it again. {_REMEDY}"
            )


def _mapped(path: Path) -> np.ndarray:
    """Return the bytes of a file, which are not read yet."""
    size = path.stat().st_size
    if size < ROW * _BYTES:
        raise ValueError(
            f"{path} has {size:,} bytes, less than one sequence of {ROW:,} tokens: it may be a "
            f"pointer of Git LFS, in place of the file. {_REMEDY}"
        )
    return np.memmap(path, np.uint8, "r")


def _bytes(parts: Sequence[np.ndarray], ends: np.ndarray, start: int, size: int) -> bytes:
    """Return bytes of all parts put together; a sequence may go on in the next part."""
    found = b""
    at = int(np.searchsorted(ends, start, side="right"))
    while len(found) < size:
        offset = start + len(found) - (int(ends[at - 1]) if at else 0)
        found += parts[at][offset : offset + size - len(found)].tobytes()
        at += 1
    return found


def _named(paths: Sequence[Path]) -> str:
    return str(paths[0]) if len(paths) == 1 else f"{paths[0].parent} ({len(paths)} parts)"
