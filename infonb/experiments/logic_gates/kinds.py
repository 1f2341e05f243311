"""What is trained, as words: clean, with wrong labels, from a Gaussian start, with many layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from infonb.parameters import ParameterError

__all__ = ["CLEAN", "GAUSSIAN", "Kind", "all_kinds", "kind_of", "pairs_of_depth", "with_noise"]

#: True labels and residual initialization: what all others are compared with.
CLEAN = "clean"
#: The same from weights of a normal distribution.
GAUSSIAN = "gaussian"

_FORMS = "'clean', or of 'noise SHARE', 'depth LAYERS' and 'gaussian' one or more, as in"


class Kind(NamedTuple):
    """The share of wrong labels, the number of dense layers (None: as elsewhere), the start."""

    noise: float = 0.0
    depth: int | None = None
    init: str = "residual"


def kind_of(words: str) -> Kind:
    """Return what words such as ``"depth 12 gaussian"`` mean; raise a ParameterError if nothing."""
    if words == CLEAN:
        return Kind()
    found, parts = Kind(), words.split()
    while parts:
        name, *parts = parts
        if name == GAUSSIAN and found.init == "residual":
            found = found._replace(init="normal")
            continue
        number, *parts = parts or [""]
        try:
            if name == "noise" and not found.noise and 0 < float(number) <= 1:
                found = found._replace(noise=float(number))
                continue
            if name == "depth" and found.depth is None and int(number) >= 1:
                found = found._replace(depth=int(number))
                continue
        except ValueError:
            pass
        break
    else:
        if found != Kind():
            return found
    raise ParameterError(f"kind must be {_FORMS} 'depth 12 gaussian'; not {words!r}.")


def all_kinds(kinds: Iterable[str]) -> list[str]:
    """
    Return what is trained, each once: the one that others are compared with comes first, always.

    Of different words for the same, such as noise 0.4 and noise 0.40, the first are kept.
    """
    found = {Kind(): CLEAN}
    for one in kinds:
        found.setdefault(kind_of(one), one)
    return list(found.values())


def with_noise(kinds: Iterable[str]) -> list[str]:
    """Return the kinds that differ from clean by wrong labels alone, fewest first."""
    found = {one: kind_of(one) for one in kinds}
    alone = [one for one, kind in found.items() if kind == Kind(noise=kind.noise) and kind.noise]
    return sorted(alone, key=lambda one: found[one].noise)


def pairs_of_depth(kinds: Iterable[str]) -> list[tuple[str, str]]:
    """Return (residual, gaussian) of each depth that was trained with both, the least first."""
    found = {kind_of(one): one for one in kinds}
    depths = sorted({kind.depth for kind in found if kind.depth is not None})
    pairs = [[found.get(Kind(depth=n, init=init)) for init in ("residual", "normal")]
             for n in depths]  # fmt: skip
    return [(first, second) for first, second in pairs if first and second]
