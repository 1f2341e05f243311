"""Tables with a column of texts: CSV and Parquet, read as data, and looked at before."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from infonb.data.files import MEGABYTE, check_expansion, open_file
from infonb.validate import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BadTable", "check_no_index", "parse_csv", "read_text_table"]

#: The largest part of Bias in Bios has 107 MB as text.
_MOST = 2000 * MEGABYTE
_REMEDY = "Replace it by the original file."


class BadTable(ValueError):
    """A table of texts that is damaged, or is another one."""


def read_text_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return these columns of a CSV or Parquet file; raise a ValueError for all else."""
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise BadTable(
            f"{path} ends in {ending or 'nothing'!r}; texts are read from .csv and .parquet, and "
            "nothing is unpickled. Save the table as one of these."
        )
    with open_file(path, _MOST) as file:
        table = _parquet(file, path) if ending == ".parquet" else parse_csv(file, path)
    return with_columns(table, columns, path)


def parse_csv(file: IO[bytes] | bytes, where: Any) -> pd.DataFrame:
    """Return a table in UTF-8 with a first line of names; empty cells are empty texts."""
    import pandas as pd

    if isinstance(file, bytes):
        file = BytesIO(file)
    try:
        table = pd.read_csv(file, keep_default_na=False, encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadTable(f"{where} is no text in UTF-8 ({error.reason}). {_REMEDY}") from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError, csv.Error) as error:
        words = " ".join(str(error).split())
        raise BadTable(f"{where} is no table ({words}). {_REMEDY}") from error
    check_no_index(table, where)
    return table


def check_no_index(table: pd.DataFrame, where: Any) -> None:
    """Raise if rows are longer than the line of names: pandas moves all columns by one then."""
    import pandas as pd

    if not isinstance(table.index, pd.RangeIndex):
        raise BadTable(
            f"{where} is no table: its rows have more fields than its first line has names. Put "
            'texts with commas into quotes ("...").'
        )


def with_columns(table: pd.DataFrame, columns: Sequence[str], where: Any) -> pd.DataFrame:
    """Return the columns; raise if one is missing, or there are no rows."""
    names = [str(name) for name in table.columns]
    for name in columns:
        if name not in names:
            raise BadTable(
                f"{where} has no column {name!r}; it has {', '.join(names[:8])}."
                f"{did_you_mean(name, names)} {_REMEDY}"
            )
    if table.empty:
        raise BadTable(f"{where} has no rows. {_REMEDY}")
    return table[list(columns)]


def _parquet(file: IO[bytes], path: Path) -> pd.DataFrame:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise BadTable(
            f'{path}: Parquet files need the package pyarrow: pip install "infonb[hub]". Or save '
            "the table as .csv."
        ) from error
    try:
        opened = parquet.ParquetFile(file)
        about = opened.metadata
        unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    except Exception as error:  # pyarrow's errors are of many kinds
        words = " ".join(str(error).split())[:200]
        raise BadTable(f"{path} is no whole Parquet file ({words}). {_REMEDY}") from error
    check_expansion(path, path.stat().st_size, unpacked)
    try:
        return opened.read().to_pandas()
    except Exception as error:
        words = " ".join(str(error).split())[:200]
        raise BadTable(f"{path} is damaged ({words}). {_REMEDY}") from error
