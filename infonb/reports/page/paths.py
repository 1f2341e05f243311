"""Paths of the machine that a report was made on, which say nothing to who reads its page."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["hide_paths", "without_paths"]

_SPOKEN = ("alt", "aria-label", "title")  # attributes that a reader sees or hears
_CELL = re.compile(r"[^\s'\"(<]*ipykernel_\d+[\\/]\d+\.py")
_INSTALLED = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\"]+)+[\\/](?:site|dist)-packages[\\/]")


def hide_paths(element: Any, folder: Path) -> None:
    """Shorten the paths in an HTML element's texts (a BeautifulSoup tag), in place."""
    for text in element.find_all(string=True):
        short = without_paths(text, folder)
        if short != text:
            text.replace_with(short)
    for tag in element.find_all(True):
        for name in _SPOKEN:
            if name in tag.attrs:
                tag[name] = without_paths(str(tag[name]), folder)


def without_paths(text: str, folder: Path) -> str:
    """Return text with the machine's folders left out: the report's, the packages', the user's."""
    if "/" not in text and "\\" not in text:
        return text
    text = _INSTALLED.sub("", _CELL.sub("code cell", text))
    for pattern, short in _places(folder.absolute(), _known(Path.cwd), _known(Path.home)):
        text = pattern.sub(short, text)
    return text


def _known(place: Callable[[], Path]) -> Path:
    """Return the current folder or the home; the root of all if it has been removed, or is none."""
    try:
        return place()
    except (OSError, RuntimeError):
        return Path(os.sep)


@lru_cache(maxsize=16)
def _places(folder: Path, current: Path, home: Path) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return patterns of known folders, the longest first, and what stands for them."""
    package = Path(__file__).parents[3]
    inside = [folder, folder.resolve(), current, package, package.resolve()]
    inside += [Path(prefix) for prefix in (sys.prefix, sys.base_prefix)]
    known = {str(path): "" for path in inside} | {str(home): f"~{os.sep}"}
    patterns = []
    for path in sorted(known, key=len, reverse=True):
        if len(Path(path).parts) > 1:  # not the root of all
            end = r"(?:[\\/]|(?![\w.-]))"
            patterns.append((re.compile(rf"(?<![\w.~/\\-]){re.escape(path)}{end}"), known[path]))
    return tuple(patterns)
