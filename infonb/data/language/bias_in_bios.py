"""Bias in Bios: biographies from the web with occupation and gender, from the hub or a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.data.fetch import VARIABLE, data_folder
from infonb.data.files import expanded
from infonb.data.language.hub_datasets import load_hub_table
from infonb.data.language.text_tables import BadTable, read_text_table
from infonb.validate import check_choice, check_integer, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_bias_in_bios"]

#: Address of the data set on the Hugging Face hub, and what its columns are called.
HUB = "LabHC/bias_in_bios"
COLUMNS = ("hard_text", "profession", "gender")
PARTS = ("train", "dev", "test")
SUBFOLDER = "bias_in_bios"

#: The 28 occupations in the order of their numbers.
PROFESSIONS = (
    "accountant", "architect", "attorney", "chiropractor", "comedian", "composer", "dentist",
    "dietitian", "dj", "filmmaker", "interior_designer", "journalist", "model", "nurse", "painter",
    "paralegal", "pastor", "personal_trainer", "photographer", "physician", "poet", "professor",
    "psychologist", "rapper", "software_engineer", "surgeon", "teacher", "yoga_teacher",
)  # fmt: skip

_GENDERS = {"0": "male", "1": "female", "m": "male", "f": "female"} | {
    name: name for name in ("male", "female")
}
_REMEDY = (
    f"Connect to the internet, or give a folder with train, dev and test as .parquet or .csv "
    f"(columns {', '.join(COLUMNS)}) as folder=, or as {SUBFOLDER!r} in the folder named by "
    f"{VARIABLE}."
)


def load_bias_in_bios(
    part: str = "train",
    *,
    folder: str | Path | None = None,
    occupations: Sequence[str] | None = None,
    n: int | None = None,
    seed: int = 0,
) -> xr.Dataset:
    """
    Return the biographies of Bias in Bios: from a folder, else from the Hugging Face hub.

    Parameters
    ----------
    part
        ``"train"`` (257,478 texts), ``"dev"`` (39,642) or ``"test"`` (99,069).
    folder
        A folder with ``<part>*.parquet`` or ``<part>*.csv``, or such a file; nothing is downloaded
        then. None: the subfolder ``bias_in_bios`` of the folder named by ``INFONB_DATA``, if it is
        there; else the data set ``LabHC/bias_in_bios`` of the hub (extra ``hub``).
    occupations
        Names of those to take, which are numbered anew. None: all 28.
    n
        Number of texts, drawn by `seed`. None: all.
    seed
        Seed of the draw.

    Returns
    -------
    xarray.Dataset
        ``text`` (sample), the biography without its first sentence, which names the occupation;
        ``label`` (sample), the number of the occupation; coordinates ``occupation`` and ``gender``
        (sample). ``sample`` is the row of the part.

    Raises
    ------
    FileNotFoundError
        If a folder has no such file, or there is neither a folder nor a connection; in one line.
    ValueError
        If a file is damaged, lacks a column, or has an occupation or gender that is not known.

    References
    ----------
    De-Arteaga et al. (2019), "Bias in Bios: A case study of semantic representation bias in a
    high-stakes setting"; the texts are those of Ravfogel et al. (2020).

    Examples
    --------
    >>> load_bias_in_bios("training")
    Traceback (most recent call last):
        ...
    ValueError: part must be one of 'train', 'dev', 'test'; not 'training'. Did you mean 'train'?
    """
    check_choice("part", part, PARTS)
    chosen = _chosen(occupations)
    path = _local(part, folder)
    if path is None:
        table, where = load_hub_table(HUB, part, None, _REMEDY).to_pandas(), f"{HUB}, {part}"
    else:
        table, where = read_text_table(path, COLUMNS), str(path)
    names = _professions(table["profession"], where)
    genders = _genders(table["gender"], where)
    taken = np.flatnonzero(np.isin(names, chosen))
    if not taken.size:
        raise BadTable(f"{where} has no text of the occupations {', '.join(chosen)}. Name others.")
    if n is not None:
        n = check_integer("n", n, 1, taken.size)
        taken = np.sort(
            np.random.default_rng(check_integer("seed", seed, 0)).choice(taken, n, False)
        )
    if bool((missing := table["hard_text"].isna()).any()):
        row = int(missing.to_numpy().argmax()) + 1
        raise BadTable(
            f"{where}: row {row} has no hard_text. Replace the file by the original one."
        )
    texts = table["hard_text"].to_numpy(object)[taken]
    return xr.Dataset(
        {
            "text": ("sample", np.array([str(text) for text in texts], dtype=object)),
            "label": ("sample", np.array([chosen.index(name) for name in names[taken]], np.int64)),
        },
        coords={
            "sample": taken, "gender": ("sample", genders[taken]),
            "occupation": ("sample", names[taken]),
        },
        attrs={
            "name": "bias in bios", "part": part, "n_classes": len(chosen),
            "class_names": ", ".join(chosen),
        },
    )  # fmt: skip


def _chosen(occupations: Sequence[str] | None) -> list[str]:
    if occupations is None:
        return list(PROFESSIONS)
    for name in occupations:
        check_choice("occupations", name, PROFESSIONS)
    if len(set(occupations)) != len(occupations) or len(occupations) < 2:
        raise ValueError(f"occupations must be two or more, each once; not {list(occupations)}.")
    return list(occupations)


def _local(part: str, folder: str | Path | None) -> Path | None:
    """Return the file of a part in the user's folder; None if no folder is named."""
    if folder is None:
        named = data_folder(None)
        if named is None or not (named / SUBFOLDER).is_dir():
            return None
        folder = named / SUBFOLDER
    root = expanded(folder)
    if root.is_file():
        return root
    if not root.is_dir():
        raise FileNotFoundError(f"there is no folder {root}. {_REMEDY}")
    for place in (root, root / "data", root / SUBFOLDER):
        for ending in ("parquet", "csv"):
            found = sorted(place.glob(f"{part}*.{ending}"))
            if len(found) > 1:
                raise BadTable(
                    f"{place} has {len(found)} files of the part {part!r} ({found[0].name}, "
                    f"{found[1].name}); put them into one, or give the one to read as folder."
                )
            if found:
                return found[0]
    there = ", ".join(sorted(path.name for path in root.iterdir())[:8]) or "nothing"
    raise FileNotFoundError(
        f"{root} has neither {part}.parquet nor {part}.csv (it has {there}). {_REMEDY}"
    )


def _professions(column: pd.Series, where: str) -> np.ndarray:
    """Return the names of occupations, which may be written as numbers."""
    values = column.to_numpy(object)
    known = {str(i): name for i, name in enumerate(PROFESSIONS)} | {
        name: name for name in PROFESSIONS
    }
    found = [known.get(str(value).strip().lower().replace(" ", "_")) for value in values]
    _check_known(found, values, "profession", PROFESSIONS, where)
    return np.array(found, dtype=object)


def _genders(column: pd.Series, where: str) -> np.ndarray:
    values = column.to_numpy(object)
    found = [_GENDERS.get(str(value).strip().lower()) for value in values]
    _check_known(found, values, "gender", list(_GENDERS), where)
    return np.array(found, dtype=object)


def _check_known(
    found: list[str | None], values: np.ndarray, name: str, choices: Sequence[str], where: str
) -> None:
    if None in found:
        at = found.index(None)
        raise BadTable(
            f"{where}: row {at + 1} has the {name} {values[at]!r}, which is not one of "
            f"{', '.join(choices[:4])} ...{did_you_mean(values[at], choices)} Replace the file by "
            "the original one, or mend the row."
        )
