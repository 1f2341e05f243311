"""The published lists of what the Pythia models recite: which training sequences, and which not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.data.fetch import VARIABLE, data_folder
from infonb.data.files import expanded
from infonb.data.language.hub_datasets import load_hub_table

__all__ = ["SEQUENCES_A_STEP", "load_memorized_evals"]

HUB = "EleutherAI/pythia-memorized-evals"
SUBFOLDER = "pythia_memorized_evals"
SIZES = ("70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b")
#: Sequences of one training step of the Pythia models, and the last step.
SEQUENCES_A_STEP, LAST_STEP = 1024, 143_000

_SPLIT = re.compile(rf"(duped|deduped)\.({'|'.join(map(re.escape, SIZES))})(\.\d+)?")
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})")
_REMEDY = (
    "Connect to the internet (with the extra: pip install 'infonb[hub]'), or give a folder with "
    f"the split's .parquet files as folder=, or as {SUBFOLDER!r} in the folder named by {VARIABLE}."
)


def load_memorized_evals(
    split: str, *, folder: str | Path | None = None, revision: str = "main"
) -> xr.Dataset:
    """
    Return the training sequences that a Pythia model recites: a list of indices and their tokens.

    Parameters
    ----------
    split
        ``"duped.70m"`` … ``"duped.12b"`` (sizes 70m, 160m, 410m, 1b, 1.4b, 2.8b, 6.9b, 12b; trained
        on the whole Pile), ``"deduped.70m"`` … ``"deduped.12b"`` (on the deduplicated one); with a
        step, such as ``"duped.12b.23000"``, a checkpoint, of the 12b models only.
    folder
        A folder with the Parquet files of the split, as the hub has them
        (``data/duped.70m-00000-of-00001-….parquet`` or ``default/duped.70m/0000.parquet``), or with
        ``duped.70m.parquet``; nothing is downloaded then. None: the subfolder
        ``pythia_memorized_evals`` of the folder named by ``INFONB_DATA``, if it is there; else the
        data set ``EleutherAI/pythia-memorized-evals`` of the hub (extra ``hub``).
    revision
        Of the hub's data set: a branch, or a commit, by which a result can be had again.

    Returns
    -------
    xarray.Dataset
        ``tokens`` (sample, position), int32, with ``sample`` the *index* of each sequence: its
        place in the order of training, from 0, in ascending order; coordinate ``first_seen``
        (sample), the step that trained on it, index // 1024. Attributes ``name``, ``split``,
        ``revision`` (``"folder"`` for files), ``n_repeated`` (rows of an index that was there
        before, left out), ``n_contradicting`` (those of them that have other tokens).

    Raises
    ------
    ValueError
        If there is no such split, or a file is damaged, lacks a column, or has rows of several
        lengths.
    FileNotFoundError
        If the folder has no file of the split, or lacks one of several, or there is neither folder
        nor connection; in one line.

    Notes
    -----
    *How to use it.* The list holds what is memorized, nothing else: the columns ``index`` and
    ``tokens`` of those sequences whose tokens 32 … 63 the model wrote exactly, greedily, when given
    tokens 0 … 31. A sequence of the same corpus that is *not* on it was not memorized. So two lists
    are joined on the index::

        lists = load_memorized_evals("duped.70m"), load_memorized_evals("duped.12b")
        index = np.union1d(*(one.sample for one in lists))  # neither recites any other
        told = [xr.DataArray(np.isin(index, one.sample), {"sample": index}) for one in lists]
        memorization_prediction(*told)

    Since precision and recall do not look at what neither memorizes, the union is enough. For a
    table of checkpoints add ``first_seen = index // 1024`` as a coordinate, and
    ``seen_before=23_000``. The tokens of all other sequences are in the pre-shuffled files:
    `load_preshuffled`. Indices of duped and deduped lists are of two different orders: never join
    these.

    *Its counts are not those of the paper.* The paper's precision P and recall R must fulfil
    n_predicted P = n_truth R, in which n_truth is one number for all models. With the counts of the
    data set's card this gives 2.25 to 2.31 million for the 12b model, 94 to 97 % of the 2,382,326
    on the card: tables and lists are from different runs of the evaluation (which ran in half
    precision, where near ties may go either way). Expect agreement to a few per cent, and name the
    revision.

    *A biased sample.* The 70m model recites 0.3 % of the corpus, so that 10,000 random sequences
    have some 30 of them. To draw half of a sample from a list makes it small enough to run, but
    changes the numbers: of sequences from the *predicting* model's list the precision is kept, and
    the recall is not; of those from the *true* model's list it is the other way round. Report the
    drawn and the random ones separately.

    References
    ----------
    Biderman et al., "Emergent and Predictable Memorization in Large Language Models", NeurIPS 2023;
    https://huggingface.co/datasets/EleutherAI/pythia-memorized-evals.

    Examples
    --------
    >>> load_memorized_evals("duped.12")
    Traceback (most recent call last):
        ...
    ValueError: split must be 'duped' or 'deduped', a size (70m, 160m, 410m, 1b, 1.4b, 2.8b, 6.9b,
    12b) and perhaps a step, as in 'duped.70m' and 'duped.12b.23000'; not 'duped.12'.
    """
    if not isinstance(split, str) or not _SPLIT.fullmatch(split):
        raise ValueError(
            f"split must be 'duped' or 'deduped', a size ({', '.join(SIZES)}) and perhaps a step, "
            f"as in 'duped.70m' and 'duped.12b.23000'; not {split!r}."
        )
    paths = _local(split, folder)
    if paths is None:
        index, tokens = _columns(load_hub_table(HUB, split, revision, _REMEDY), f"{HUB}, {split}")
    else:
        parts = [_columns(_read(path), str(path)) for path in paths]
        if len({part.shape[1] for _, part in parts}) > 1:
            raise ValueError(f"the files of {split} have sequences of several lengths. {_REMEDY}")
        index, tokens = (np.concatenate(column) for column in zip(*parts, strict=True))
    # the evaluation's last batches read into the next one's: some indices are there twice
    kept, places, of = np.unique(index, return_index=True, return_inverse=True)
    other = (tokens != tokens[places][of.reshape(-1)]).any(axis=1)
    return xr.Dataset(
        {"tokens": (("sample", "position"), tokens[places])},
        coords={"sample": kept, "first_seen": ("sample", kept // SEQUENCES_A_STEP)},
        attrs={
            "name": "pythia memorized evals", "split": split,
            "revision": revision if paths is None else "folder",
            "n_repeated": int(index.size - kept.size),
            "n_contradicting": int(other.sum()),
        },
    )  # fmt: skip


def _local(split: str, folder: str | Path | None) -> list[Path] | None:
    """Return the files of a split in the user's folder; None if no folder is named."""
    if folder is None:
        named = data_folder(None)
        if named is None or not (named / SUBFOLDER).is_dir():
            return None
        folder = named / SUBFOLDER
    root = expanded(folder)
    if not root.is_dir():
        raise FileNotFoundError(f"there is no folder {root}. {_REMEDY}")
    for place in (root, root / "data", root / "default"):
        # never split*.parquet: duped.12b would find duped.12b.23000, too
        for pattern in (f"{split}.parquet", f"{split}-*.parquet", f"{split}/*.parquet"):
            if found := sorted(place.glob(pattern)):
                _check_all(found)
                return found
    there = ", ".join(sorted(path.name for path in root.iterdir())[:8]) or "nothing"
    raise FileNotFoundError(f"{root} has no .parquet file of {split} (it has {there}). {_REMEDY}")


def _check_all(paths: list[Path]) -> None:
    """Raise if a file of several is not there: what it lists would count as not memorized."""
    numbers = [_SHARD.search(path.name) for path in paths]
    there = {(int(one[1]), int(one[2])) for one in numbers if one}
    for total in {total for _, total in there}:
        if missing := [at for at in range(total) if (at, total) not in there]:
            raise FileNotFoundError(
                f"{paths[0].parent} lacks part {missing[0]} of {total}, beside {paths[0].name}. "
                f"{_REMEDY}"
            )


def _read(path: Path) -> Any:
    """Return a Parquet file as a table of pyarrow."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise FileNotFoundError(
            f"{path}: Parquet files need the package pyarrow: pip install 'infonb[hub]'."
        ) from error
    try:
        return parquet.read_table(path)
    except Exception as error:  # pyarrow's errors are of many kinds
        words = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{path} is no whole Parquet file ({words}). Replace it by the original file."
        ) from error


def _columns(table: Any, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return index (row) and tokens (row, position) of a table."""
    for name in ("index", "tokens"):
        if name not in table.column_names:
            raise ValueError(
                f"{where} has no column {name!r}; it has {', '.join(table.column_names[:8])}. "
                "Replace it by the original file."
            )
    rows = table.num_rows
    # flat, since lists of so many numbers would take gigabytes
    if not str(table["tokens"].type).startswith(("list", "large_list", "fixed_size_list")):
        raise ValueError(
            f"{where}: tokens must be lists of whole numbers; not {table['tokens'].type}. Replace "
            "it by the original file."
        )
    flat = np.concatenate([
        np.zeros(0, np.int32),
        *(chunk.flatten().to_numpy(zero_copy_only=False) for chunk in table["tokens"].chunks),
    ])  # fmt: skip
    length, rest = divmod(flat.size, max(rows, 1))
    offsets = {n for chunk in table["tokens"].chunks for n in chunk.value_lengths().to_pylist()}
    if not flat.size or rest or offsets != {length}:
        raise ValueError(
            f"{where} has no tokens, or rows of several lengths ({sorted(map(str, offsets))[:4]}). "
            "Replace it by the original file."
        )
    if flat.dtype.kind not in "iu" or flat.min() < 0 or flat.max() > 65_535:
        raise ValueError(
            f"{where}: tokens must be whole numbers from 0 to 65535. Replace the file."
        )
    index = table["index"].to_numpy()
    if index.dtype.kind not in "iu" or index.min() < 0:
        raise ValueError(f"{where}: an index must be a whole number from 0 on. Replace the file.")
    return index.astype(np.int64), flat.astype(np.int32).reshape(rows, length)
