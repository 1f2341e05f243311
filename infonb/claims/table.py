"""What the paper says, what was found here, and whether it holds, as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from infonb.claims.bootstrap import decimals
from infonb.claims.verdict import FAILS, HOLDS, UNCLEAR, Claim, interval

__all__ = ["ClaimsTable", "claim_row", "signed"]

BOOTSTRAP, STUDENT = "95 % bootstrap", "95 % t (seeds)"
SIGNS = {HOLDS: "✓", FAILS: "✗", UNCLEAR: "?"}  # not by colour alone


class ClaimsTable:
    """
    The table that closes a notebook, shown as HTML in Jupyter and as text elsewhere.

    Parameters
    ----------
    claims
        The rows.
    caption
        Words below the table: what the numbers are.

    Examples
    --------
    >>> table = ClaimsTable([Claim("entropy falls", "fc1", -1, "3 → 1", "3 → 2", (-1.0, -1.1))])
    >>> table.summary
    '1 of 1 claims hold, 0 do not hold, 0 are too close to tell.'
    """

    def __init__(self, claims: Iterable[Claim], caption: str = "") -> None:
        self.claims = tuple(claims)
        self.caption = caption

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a data frame of strings."""
        return pd.DataFrame([claim_row(claim) for claim in self.claims])

    @property
    def summary(self) -> str:
        """One sentence that counts the verdicts."""
        if not self.claims:
            return "Nothing was compared."
        n = {v: sum(c.verdict == v for c in self.claims) for v in (HOLDS, FAILS, UNCLEAR)}
        return (
            f"{n[HOLDS]} of {len(self.claims)} claims hold, {n[FAILS]} do not hold, "
            f"{n[UNCLEAR]} are too close to tell."
        )

    def __repr__(self) -> str:
        if not self.claims:
            return f"{self.summary} {self.caption}".rstrip()
        return f"{self.to_frame().to_string(index=False)}\n{self.summary} {self.caption}".rstrip()

    def _repr_html_(self) -> str:
        from html import escape

        if not self.claims:
            return f"<p><strong>{self.summary}</strong> {escape(self.caption)}</p>"
        frame = self.to_frame()
        for column in ("paper", "here", BOOTSTRAP, STUDENT, "seeds that agree", "holds?"):
            frame[column] = frame[column].map(_together)
        with pd.option_context("display.max_colwidth", None):
            table = frame.to_html(index=False, border=0, classes="infonb-claims")
        return f"{table}<p><strong>{self.summary}</strong> {escape(self.caption)}</p>"


def _possible(claim: Claim, ends: tuple[float, float]) -> tuple[float, float]:
    """Return an interval without values that the effect cannot have."""
    low, high = np.clip(ends, *claim.bounds)
    return float(low), float(high)


def claim_row(claim: Claim) -> dict[str, str]:
    """Return the row of the claim in the closing table."""
    student, bootstrap = interval(claim.effect), claim.bootstrap
    several = len(claim.effect) > 1
    mean = float(np.mean(claim.effect))
    shown = student if several else bootstrap
    digits = decimals([mean, (shown[1] - shown[0]) / 2])
    return {
        "the paper says": claim.statement,
        "where": claim.where,
        "paper": _typeset(claim.paper),
        "here": _typeset(claim.here),
        "difference": signed(mean, digits),
        BOOTSTRAP: _range(
            _possible(claim, bootstrap), digits, several or bootstrap[0] < bootstrap[1]
        ),
        STUDENT: _range(_possible(claim, student), digits, several),
        "seeds that agree": f"{claim.agreeing} of {len(claim.effect)}",
        "holds?": f"{SIGNS[claim.verdict]} {claim.verdict}" if several else "? one seed only",
    }


def _typeset(words: str) -> str:
    """Write minus signs, and both ends of "0.98 → 0.1" with the same decimals, at least two."""
    words = re.sub(r"(?<![\w.])-(?=\d)", "−", words)
    number = r"[+−]?\d+(?:\.\d+)?"
    return re.sub(rf"(?<![\w.])({number}) → ({number})(?![\w.])", _same_decimals, words)


def _same_decimals(found: re.Match) -> str:
    ends = [found[1], found[2]]
    lengths = [len(end.partition(".")[2]) for end in ends]
    if not any(lengths):
        return found[0]  # counts
    digits = max(2, *lengths)
    return " → ".join(
        f"{end}{'' if '.' in end else '.'}" + "0" * (digits - length)
        for end, length in zip(ends, lengths, strict=True)
    )


def _together(words: str) -> str:
    """Keep numbers and the signs between them on one line, "3.0 → 1.0"; words may be broken."""
    space = "\N{NO-BREAK SPACE}"
    words = re.sub(r"(?<=\d) (→|…|of) (?=[\d+−])", rf"{space}\1{space}", words)
    return re.sub(r"^(τ =|✓|✗|\?) ", lambda start: start[0].replace(" ", space), words)


def _range(ends: tuple[float, float], digits: int, known: bool) -> str:
    return " … ".join(signed(end, digits) for end in ends) if known else "none"


def signed(value: float, digits: int = 2) -> str:
    """
    Return a difference with its sign, typeset.

    Examples
    --------
    >>> signed(-0.5)
    '−0.50'
    """
    return f"{value:+.{digits}f}".replace("-", "−")
