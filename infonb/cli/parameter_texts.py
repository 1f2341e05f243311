"""Values of parameters as they stand on the command line: ``-p name=value``."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["parameter_texts"]


def parameter_texts(pairs: Iterable[str]) -> dict[str, str]:
    """Return texts by name; raise one line for a pair without a name, or a name given twice."""
    texts: dict[str, str] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name = name.strip()
        if not sign or not name:
            raise ValueError(f"-p {pair!r} must have the form name=value.")
        if name in texts:
            raise ValueError(f"parameter {name!r} is given twice.")
        texts[name] = text
    return texts
