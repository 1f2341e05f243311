"""BUG: real sentences with a profession and a gender, the profession hidden."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.data.fetch import locate
from infonb.data.files import MEGABYTE, check_expansion, read_inside
from infonb.data.language.text_tables import BadTable, parse_csv, with_columns
from infonb.validate import check_choice, check_integer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_bug"]

#: Name of a part → its archive and the table in it.
_FILES = {
    "balanced": ("balanced_BUG.zip", "balanced_BUG.csv"),
    "gold": ("gold_BUG.zip", "all_human_annotation_correct.csv"),
}
_SHA256 = {
    "balanced_BUG.zip": "daa7c37c96c4aa5249f43ac650abe56ffd9b5893d032d791b2a812aeb54af32d",
    "gold_BUG.zip": "de2df98976922705e3f2d6eddbce07d9786860405c3e4aedee69ee11edf44fb6",
}
_COLUMNS = ("sentence_text", "profession", "predicted gender", "stereotype")
#: The larger table has 6 MB.
_MOST = 100 * MEGABYTE


def load_bug(
    part: str = "balanced",
    *,
    folder: str | Path | None = None,
    n_professions: int | None = None,
    mask: str = "[MASK]",
) -> xr.Dataset:
    """
    Return the sentences of BUG with the profession hidden: the label is what is hidden.

    Parameters
    ----------
    part
        ``"balanced"`` (25,504 sentences, labelled by rules; as many stereotypical ones as others)
        or ``"gold"`` (1,720 that people have checked).
    folder
        A folder with ``balanced_BUG.zip`` and ``gold_BUG.zip``, itself or in its subfolder ``bug``.
        None: the folder named by ``INFONB_DATA``.
    n_professions
        How many professions are classes, the most frequent ones of the balanced part; sentences
        with another one are left out. None: all 161, of which most are rare.
    mask
        What stands in place of the profession.

    Returns
    -------
    xarray.Dataset
        ``text`` (sample); ``label`` (sample), the number of the profession, 0 the most frequent;
        coordinates ``occupation``, ``gender`` ("female", "male") and ``stereotype`` (sample): 1
        where the gender is the one that is expected of the profession, -1 where it is the other.
        ``sample`` is the row of the table.

    Raises
    ------
    FileNotFoundError
        If an archive is not there; says where it was looked for.
    ValueError
        If an archive is damaged, or lacks what is read.

    Notes
    -----
    Every word that has the profession in it is hidden, up to a hyphen: also children, coauthors
    (co-authors: ``co-[MASK]``), songwriter, and words of the same stem (personal, artistic), 248 of
    them in the balanced part, which would give away what is hidden. So the profession is nowhere in
    a text; other words for it (people for person) stay. A sentence in which it is not found is left
    out. Among stereotypical sentences every profession has one gender: a network that is trained on
    them can tell half of what it must from the pronoun. Archives are read in place.

    References
    ----------
    Levy, Lazar and Stanovsky (2021), "Collecting a large-scale gender bias dataset for coreference
    resolution and machine translation".

    Examples
    --------
    >>> load_bug("silver")
    Traceback (most recent call last):
        ...
    ValueError: part must be one of 'balanced', 'gold'; not 'silver'.
    """
    check_choice("part", part, _FILES)
    table = _table(part, folder)
    frequent = _frequent(table if part == "balanced" else _table("balanced", folder))
    if n_professions is not None:
        frequent = frequent[: check_integer("n_professions", n_professions, 2, len(frequent))]
    professions = table["profession"].to_numpy(object)
    hidden = [
        hide(str(sentence), str(profession), mask) if profession in frequent else None
        for sentence, profession in zip(table["sentence_text"], professions, strict=True)
    ]
    taken = np.array([i for i, text in enumerate(hidden) if text is not None], dtype=int)
    genders = np.array([str(one).lower() for one in table["predicted gender"]], dtype=object)
    return xr.Dataset(
        {
            "text": ("sample", np.array([hidden[i] for i in taken], dtype=object)),
            "label": (
                "sample", np.array([frequent.index(one) for one in professions[taken]], np.int64)
            ),
        },
        coords={
            "sample": taken,
            "gender": ("sample", genders[taken]),
            "occupation": ("sample", professions[taken]),
            "stereotype": ("sample", table["stereotype"].to_numpy(np.int64)[taken]),
        },
        attrs={
            "name": "bug", "part": part, "n_classes": len(frequent),
            "class_names": ", ".join(frequent), "mask": mask,
        },
    )  # fmt: skip


def hide(sentence: str, profession: str, mask: str) -> str | None:
    """Return the sentence with all words that have the profession in them replaced; None: none."""
    # the plural of secretary is secretaries; all others begin with the profession
    plural = rf"|{re.escape(profession[:-1])}ies" if profession.endswith("y") else ""
    named = re.compile(rf"\w*(?:{re.escape(profession)}{plural})\w*", re.IGNORECASE)
    replaced, n = named.subn(lambda _: mask, sentence)
    return replaced if n else None


def _table(part: str, folder: str | Path | None) -> pd.DataFrame:
    """Return the table of an archive, which is read where it lies."""
    archive_name, name = _FILES[part]
    path = locate(
        {archive_name: _SHA256[archive_name]}, subfolder="bug", folder=folder
    )[archive_name]  # fmt: skip
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                raise BadTable(f"{path} holds no {name}. Replace it by the original file.")
            check_expansion(path, path.stat().st_size, archive.getinfo(name).file_size)
            content = read_inside(zipfile.Path(archive), name, _MOST)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadTable(f"{path} is damaged ({error}). Replace it by the original file.") from error
    return with_columns(parse_csv(content, f"{path}, {name}"), _COLUMNS, f"{path}, {name}")


def _frequent(table: pd.DataFrame) -> list[str]:
    """Return all professions, the most frequent first; as frequent ones by name."""
    counts = table["profession"].value_counts()
    return sorted(counts.index.tolist(), key=lambda name: (-counts[name], name))
