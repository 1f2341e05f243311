"""How the verdicts of a grid look in figures: by colour, and by a sign that needs none."""

from __future__ import annotations

from typing import Any, NamedTuple

from infonb.claims.verdict import FAILS, FALLS, HOLDS, MISSING, RISES, UNCLEAR

__all__ = ["LOOKS", "ONE_SEED", "Look"]

#: In the place of "too close to tell" where that can be told of nothing.
ONE_SEED = "one seed only: nothing is clear"


class Look(NamedTuple):
    """Words for the legend, the mark of a line, the colour and the sign of a cell."""

    words: str
    mark: dict[str, Any]
    colour: str
    sign: str


#: In the order of legends.
LOOKS = {
    HOLDS: Look("as the paper says", {"marker": "o"}, "#9ecae1", "✓"),
    FAILS: Look("against the paper", {"marker": "X", "mec": "black", "ms": 9}, "#fdae6b", "✗"),
    RISES: Look("rises", {"marker": "^", "ms": 8}, "#9ecae1", "↑"),
    FALLS: Look("falls", {"marker": "v", "ms": 8}, "#fdae6b", "↓"),
    UNCLEAR: Look(UNCLEAR, {"marker": "o", "mfc": "white"}, "#eeeeee", ""),
    MISSING: Look(MISSING, {"marker": ""}, "white", ""),
}
