"""A table of numbers as text: one row a sample, one column a feature, perhaps a label."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from infonb.data.array_files import BadArrays

__all__ = ["LABEL_COLUMNS", "read_table"]

LABEL_COLUMNS = ("label", "labels", "target")

_SEPARATORS = ",;\t"


def read_table(path: Path, say: Callable[[str], object]) -> dict[str, Any]:
    """
    Return the numbers of a table: `inputs` (sample, feature), `feature` names, perhaps `label`.

    A first line of numbers alone is a sample, and no heading. Every column but the label must be
    numeric; that of row numbers, which pandas writes without a name, is left out.
    """
    import pandas as pd

    separator, headed = _form(path)
    try:
        table = pd.read_csv(path, sep=separator, header=0 if headed else None, low_memory=False)
    except pd.errors.EmptyDataError as error:
        raise BadArrays(path, "is empty") from error
    except (pd.errors.ParserError, UnicodeDecodeError, csv.Error) as error:
        told = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise BadArrays(path, f"is no table: {told}") from error
    if table.empty:
        raise BadArrays(path, "has no rows of numbers")
    if not headed:
        say(f"{path.name}: the first line has numbers alone, and is read as a sample")
        table.columns = [f"column {i + 1}" for i in range(table.shape[1])]
    unnamed = str(table.columns[0]) if len(table.columns) else ""
    if unnamed.startswith("Unnamed: 0") and _counts_rows(table.iloc[:, 0]):
        say(f"{path.name}: the first column, without a name, counts rows, and is left out")
        table = table.iloc[:, 1:]
    found: dict[str, Any] = {}
    for name in table.columns:
        if str(name).strip().lower() in LABEL_COLUMNS and headed:
            found["label"] = table[name].to_numpy()
            table = table.drop(columns=name)
            break
    _check_numbers(path, table, headed)
    found["feature"] = np.array([str(name) for name in table.columns], dtype=object)
    return {"inputs": table.to_numpy(np.float32), **found}


def _form(path: Path) -> tuple[str, bool]:
    """Return the separator, and whether the first line has names."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except UnicodeDecodeError as error:
        raise BadArrays(path, f"is no text in UTF-8 ({error.reason})") from error
    separator = max(_SEPARATORS, key=first.count)
    return separator, not all(map(_is_number, first.rstrip("\r\n").split(separator)))


def _is_number(text: str) -> bool:
    try:
        float(text.strip().strip('"'))
    except ValueError:
        return False
    return True


def _counts_rows(column: Any) -> bool:
    values = column.to_numpy()
    return values.dtype.kind == "i" and (np.diff(values) == 1).all()


def _check_numbers(path: Path, table: Any, headed: bool) -> None:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    for name in table.columns:
        column = table[name]
        if getattr(column, "ndim", 1) > 1:
            raise BadArrays(path, f"has two columns {name!r}")
        if not is_numeric_dtype(column) and not is_bool_dtype(column):
            raise BadArrays(
                path, f"has the column {name!r}, which is not numeric ({str(column.iloc[0])!r}). "
                "Write numbers for it, leave it out, or call it label"
            )  # fmt: skip
        if column.isna().any():
            line = int(np.flatnonzero(column.isna())[0]) + 1 + headed
            raise BadArrays(path, f"has no number in column {name!r}, line {line}")
