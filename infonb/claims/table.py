"""What the paper says, what was found here, and whether it holds, as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from infonb.claims.bootstrap import decimals
from infonb.claims.counting import count_claims
from infonb.claims.verdict import FAILS, HOLDS, MEAN, UNCLEAR, Claim, interval

__all__ = ["ClaimsTable", "claim_row", "p_words", "signed"]

BOOTSTRAP, STUDENT = "95 % bootstrap", "95 % t (seeds)"
#: Not by colour alone; what holds in some rulers only has half a circle.
SIGNS, ONLY = {HOLDS: "✓", FAILS: "✗", UNCLEAR: "?"}, "◐"
FURTHER = "Further checks, which the paper does not report"

#: For tables with claims that are judged in several rulers, and with rankings.
_RULERS = (
    "A claim on the entropy is judged in three rulers: common bins (the paper's, one range for all "
    "neurons of a network), shared bins (one range for all networks) and neuron bins (each neuron "
    "its own). If it holds in some of them only, the last column says in which."
)
_RANKS = (
    "A row with Kendall's τ also needs the exact rank test: p, the chance that random rankings "
    "would agree or disagree at least as much, must be below 0.05."
)


class ClaimsTable:
    """
    The table of claims of a notebook, shown as HTML in Jupyter and as text elsewhere.

    Counted are the claims of the paper. What it does not report, and means of layers whose layers
    have rows of their own, are further checks: they stand in a second table and are counted apart.

    Parameters
    ----------
    claims
        The rows.
    caption
        Words below the table: what the numbers are.
    each
        What there is one effect for: a seed, or what takes its place.

    Examples
    --------
    >>> found = Claim("entropy falls", "fc1", -1, "3 → 1", "3 → 2", (-1.0, -1.1))
    >>> check = Claim("loss falls", "network", -1, "not reported", "3 → 4", (1.0, 1.1))
    >>> table = ClaimsTable([found, check])
    >>> table.summary
    'The one claim of the paper holds.'
    >>> table.further_summary
    'Further checks, which the paper does not report: one, which does not hold.'
    """

    def __init__(self, claims: Iterable[Claim], caption: str = "", each: str = "seed") -> None:
        self.claims, self.each = tuple(claims), each
        by_layer = {one.statement for one in self.claims if not one.where.startswith(MEAN)}
        self.further = tuple(
            one for one in self.claims
            if not one.of_paper or (one.where.startswith(MEAN) and one.statement in by_layer)
        )  # fmt: skip
        self.of_paper = tuple(one for one in self.claims if one not in self.further)
        rules = [
            _RULERS if any(one.rulers for one in self.claims) else "",
            _RANKS if any(one.n_levels for one in self.claims) else "",
        ]
        self.caption = " ".join(part for part in (caption, *rules) if part)

    def to_frame(self) -> pd.DataFrame:
        """Return all rows as a data frame of strings, those of the paper first."""
        return _frame((*self.of_paper, *self.further), self.each)

    @property
    def summary(self) -> str:
        """One sentence that counts the verdicts: of the paper's claims, if it makes any."""
        if not self.claims:
            return "Nothing was compared."
        if self.of_paper:
            words = count_claims(self.of_paper, "claims of the paper")
            return f"{words[0].upper()}{words[1:]}."
        return f"The paper makes no claim here; {count_claims(self.further, 'further checks')}."

    @property
    def further_summary(self) -> str:
        """One sentence that counts the further checks, if there are claims of the paper, too."""
        if not (self.of_paper and self.further):
            return ""
        return f"{FURTHER}: {count_claims(self.further, '')}."

    def __repr__(self) -> str:
        parts = (self.summary, self.further_summary, self.caption)
        words = " ".join(part for part in parts if part)
        return f"{self.to_frame().to_string(index=False)}\n{words}" if self.claims else words

    def _repr_html_(self) -> str:
        from html import escape

        head = f"<p><strong>{escape(self.summary)}</strong></p>"
        words = f"<p>{escape(self.caption)}</p>"
        if not self.claims:
            return head + words
        if self.caption:
            head += _folded("What decides, and what the columns are", words)
        if not self.of_paper:
            return _html(self.further, self.each, of_paper=False) + head
        if self.further:
            title = escape(self.further_summary.removesuffix("."))
            head += _folded(title, _html(self.further, self.each, of_paper=False))
        return _html(self.of_paper, self.each) + head


def _frame(claims: Sequence[Claim], each: str) -> pd.DataFrame:
    """Return rows as strings, with what there is one effect for in place of seeds."""
    frame = pd.DataFrame([claim_row(claim) for claim in claims])
    if each != "seed" and claims:
        frame["holds?"] = frame["holds?"].str.replace("one seed", f"one {each}")
        frame = frame.rename(columns=lambda name: name.replace("seeds", f"{each}s"))
    return frame


def _html(claims: Sequence[Claim], each: str, *, of_paper: bool = True) -> str:
    """Return rows as a table; of further checks without what the paper says."""
    frame = _frame(claims, each)
    for column in set(frame.columns) - {"the paper says", "where", "difference"}:
        frame[column] = frame[column].map(_together)
    if not of_paper:
        frame = frame.drop(columns="paper").rename(columns={"the paper says": "what is checked"})
    with pd.option_context("display.max_colwidth", None):
        classes = "infonb-claims" if of_paper else "infonb-claims infonb-checks"
        table: str = frame.to_html(index=False, border=0, classes=classes)
    # where the last column may be broken
    return re.sub(r"only in (\w+)( and \w+)? bins", r"only <br>in \1<br>\2 bins", table).replace(
        "<br> bins", " bins"
    )


def _folded(summary: str, inside: str) -> str:
    return f"<details><summary>{summary}</summary>{inside}</details>"


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
        "here": _typeset(claim.here) + _rank_test(claim),
        "difference": signed(mean, digits),
        BOOTSTRAP: _range(
            _possible(claim, bootstrap), digits, several or bootstrap[0] < bootstrap[1]
        ),
        STUDENT: _range(_possible(claim, student), digits, several),
        "seeds that agree": f"{claim.agreeing} of {len(claim.effect)}",
        "holds?": f"{_sign(claim)} {claim.verdict}" if several else "? one seed only",
    }


def _sign(claim: Claim) -> str:
    return SIGNS.get(claim.verdict, ONLY)


def _rank_test(claim: Claim) -> str:
    """Return what decides a ranking beside its intervals."""
    return "" if claim.p_value is None else f"; exact rank test: {p_words(claim)}"


def p_words(claim: Claim) -> str:
    """Return the p-value of a ranking: "p = 0.017", "p < 0.001"."""
    p = claim.p_value or 0.0
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


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
    return re.sub(r"(τ =|p =|p <|^✓|^✗|^◐|^\?) ", lambda start: start[0].replace(" ", space), words)


def _range(ends: tuple[float, float], digits: int, known: bool) -> str:
    return " … ".join(signed(end, digits) for end in ends) if known else "none"


def signed(value: float, digits: int = 2) -> str:
    """
    Return a difference with its sign, typeset.

    Examples
    --------
    >>> signed(-0.5)
    '−0.50'
    >>> signed(-0.001)
    '+0.00'
    """
    return f"{value:+z.{digits}f}".replace("-", "−")
