"""What is trained, as words: a width, and whether copies are taken out of the corpus."""

from __future__ import annotations

from collections.abc import Iterable

from infonb.parameters import ParameterError

__all__ = ["check_sizes", "control_of", "in_order", "is_once", "largest", "width_of"]

#: Behind a width: every planted sequence is in the corpus once, and background fills the gap.
ONCE = "once"


def width_of(size: str) -> int:
    """Return the width of a model."""
    return int(size.split()[0])


def is_once(size: str) -> bool:
    """Whether copies are taken out."""
    return size.split()[1:] == [ONCE]


def in_order(sizes: Iterable[str]) -> list[str]:
    """Return the sizes that were trained on copies, from the narrowest to the widest."""
    return sorted((one for one in sizes if not is_once(one)), key=width_of)


def largest(sizes: Iterable[str]) -> str:
    """Return the widest model: what it memorizes is to be predicted."""
    return in_order(sizes)[-1]


def control_of(sizes: Iterable[str]) -> str | None:
    """Return the widest model without copies, if there is one."""
    found = sorted((one for one in sizes if is_once(one)), key=width_of)
    return found[-1] if found else None


def check_sizes(sizes: Iterable[str]) -> None:
    """Raise a ParameterError for words that are no size, or if none has copies."""
    sizes = list(sizes)
    for size in sizes:
        parts = size.split()
        known = bool(parts) and parts[0].isdecimal() and parts[1:] in ([], [ONCE])
        if not known or width_of(size) < 2:
            raise ParameterError(
                f"size must be 'WIDTH', 2 or more, or 'WIDTH {ONCE}' (copies taken out), such as "
                f"'64' or '64 {ONCE}'; not {size!r}."
            )
        if width_of(size) > 16 and width_of(size) % (width_of(size) // 16):
            raise ParameterError(
                f"the width of {size!r} must be a multiple of its heads, {width_of(size) // 16}: "
                "one for each 16."
            )
    widths = [width_of(size) for size in sizes if not is_once(size)]
    if not widths:
        raise ParameterError(f"size must have one without {ONCE!r}, such as '64'; not {sizes}.")
    if len(set(widths)) < len(widths):
        raise ParameterError(f"size names a width twice: {', '.join(sizes)}.")
