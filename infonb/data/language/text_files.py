"""A user's own texts, from a table with the columns text and label."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.data.files import MEGABYTE, expanded, open_file
from infonb.data.language.text_tables import check_no_index
from infonb.validate import did_you_mean

__all__ = ["is_missing", "load_texts"]

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_NEEDED = ("text", "label")
_MOST_BYTES = 2000 * MEGABYTE
#: What stands for a missing value in many a table: no class, where the others are numbers.
_MISSING = frozenset(("nan", "na", "n/a", "none", "null"))
#: More different labels than this are no classes, but a column of something else.
_MOST_CLASSES = 1000


def load_texts(path: str | Path) -> xr.Dataset:
    r"""
    Return texts and their labels from a table, CSV or TSV in UTF-8.

    Parameters
    ----------
    path
        File ``.csv`` or ``.tsv``, whose first line names the columns, ``text`` and ``label`` among
        them. Labels are whole numbers from 0, or the names of classes, which are then numbered in
        the order of the alphabet; among names "NaN" and "None" are names like others.

    Returns
    -------
    xarray.Dataset
        ``text`` (sample), object; ``label`` (sample), int64; every other column as a coordinate
        on ``sample``, as text. Attributes: ``name``, that of the file; ``n_classes``,
        ``class_names``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no table in UTF-8, lacks a column, is empty, has a text or label that is empty,
        labels that are all alike, or a label such as "NaN" where all others are numbers.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.csv")
    ...     _ = path.write_text("text,label,year\na joy,positive,1999\na bore,negative,2001\n")
    ...     texts = load_texts(path)
    >>> texts.text.values.tolist(), texts.label.values.tolist(), texts.attrs["class_names"]
    (['a joy', 'a bore'], [1, 0], 'negative, positive')
    """
    path = expanded(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path} with the columns text and label.")
    separator = _SEPARATORS.get(path.suffix.lower())
    if separator is None:
        raise ValueError(
            f"{path} must end in {' or '.join(_SEPARATORS)}, with columns text, label."
        )
    table = _read(path, separator)
    texts, given = table.pop("text"), table.pop("label")
    for name, values in (("text", texts), ("label", given)):
        if empty := [i for i, value in enumerate(values) if not value.strip()]:
            raise ValueError(f"{path} has no {name} in row {empty[0] + 1} below its first line.")
    label, names = _numbered(path, given)
    return xr.Dataset(
        {"text": ("sample", np.array(texts, dtype=object)), "label": ("sample", label)},
        coords={"sample": np.arange(len(texts))} | {
            name: ("sample", np.array(values, dtype=object)) for name, values in table.items()
            if name not in ("sample", "input")
        },
        attrs={"name": path.stem, "n_classes": len(names), "class_names": ", ".join(names)},
    )  # fmt: skip


def is_missing(value: str) -> bool:
    """Tell whether a cell is empty, or says in words that it is."""
    return value.strip().lower() in (_MISSING | {""})


def _read(path: Path, separator: str) -> dict[str, list[str]]:
    """Return the columns of the table as texts."""
    import pandas as pd

    open_file(path, _MOST_BYTES).close()
    try:
        table = pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig",
            on_bad_lines="error",
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no text in UTF-8 ({error.reason}, byte {error.object[error.start]:#04x}). "
            "Save it in UTF-8."
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise ValueError(f"{path} is no table: {' '.join(str(error).split())}.") from error
    check_no_index(table, path)
    columns = {str(name).strip(): table[name].astype(str).tolist() for name in table.columns}
    if len(columns) < table.shape[1]:
        names = [str(name).strip() for name in table.columns]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{path} has two columns {twice!r}; rename or remove one.")
    for name in _NEEDED:
        if name not in columns:
            raise ValueError(
                f"{path} has the columns {', '.join(columns)}; {name!r} is missing."
                f"{did_you_mean(name, columns)}"
            )
    if table.empty:
        raise ValueError(f"{path} has no rows below its first line.")
    return columns


def _numbered(path: Path, given: list[str]) -> tuple[np.ndarray[Any, Any], list[str]]:
    """Return the labels as numbers from 0, and the names of the classes."""
    distinct = sorted({value.strip() for value in given})
    if len(distinct) < 2:
        raise ValueError(f"all labels of {path} are {distinct[0]!r}; two classes are the fewest.")
    if len(distinct) > _MOST_CLASSES:
        raise ValueError(
            f"{path} has {len(distinct):,} different labels, the first {distinct[0]!r}: these are "
            f"no classes ({_MOST_CLASSES:,} at most)."
        )
    named = [value for value in distinct if not (value.isascii() and value.isdigit())]
    if len(named) < len(distinct):
        _check_none_missing(path, given, named)
    if not named:
        numbers = [int(value) for value in given]
        n = max(numbers) + 1
        if n > _MOST_CLASSES:
            raise ValueError(
                f"the labels of {path} must be whole numbers from 0, or names; not {n - 1}."
            )
        return np.array(numbers, np.int64), [str(i) for i in range(n)]
    if mixed := [name for name in distinct if ", " in name]:
        raise ValueError(
            f"{path} has the label {mixed[0]!r}; class_names lists names by commas: write it "
            "without one."
        )
    place = {name: i for i, name in enumerate(distinct)}
    return np.array([place[value.strip()] for value in given], np.int64), distinct


def _check_none_missing(path: Path, given: list[str], named: list[str]) -> None:
    """Raise if among labels that are numbers stands one that says that it is missing."""
    if named and all(map(is_missing, named)):
        row = next(i for i, value in enumerate(given) if value.strip() == named[0])
        raise ValueError(
            f"{path} has the label {named[0]!r} in row {row + 1} below its first line, where "
            "others are numbers: a missing one? Fill it in, leave the row out, or give all classes "
            "names."
        )
