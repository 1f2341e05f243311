"""How many rows have which verdict, in words."""

from __future__ import annotations

from collections.abc import Sequence

from infonb.claims.verdict import FAILS, HOLDS, UNCLEAR, Claim
from infonb.claims.words import join

__all__ = ["count_claims"]


def count_claims(claims: Sequence[Claim], noun: str) -> str:
    """Return how many rows hold and what the others do: "6 of 9 claims hold, 1 does not hold"."""
    verdicts = [claim.verdict for claim in claims]
    if len(claims) == 1:
        return _the_one(verdicts[0], noun)
    only = sorted({one for one in verdicts if one not in (HOLDS, FAILS, UNCLEAR)})
    others = [one for one in (*only, FAILS, UNCLEAR) if one in verdicts]
    parts = [_plural(verdicts.count(one), one) for one in others]
    parts = [_holding(claims, noun), *parts]
    return join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _the_one(verdict: str, noun: str) -> str:
    """Return the verdict of a single row: "the one claim of the paper does not hold"."""
    words = f"is {verdict}" if verdict == UNCLEAR else verdict
    if not noun:
        return f"one, which {words}"
    return f"the one {noun.replace('claims', 'claim').replace('checks', 'check')} {words}"


def _holding(claims: Sequence[Claim], noun: str) -> str:
    """Return how many rows hold: "6 of 9 claims hold", "none of 3 holds"."""
    n = sum(claim.verdict == HOLDS for claim in claims)
    words = f"{n or 'none'} of {len(claims)} {noun}".rstrip()
    return f"{words} {HOLDS if n < 2 else 'hold'}"


def _plural(n: int, verdict: str) -> str:
    """Return a number with its verdict: "1 does not hold", "2 are too close to tell"."""
    if verdict == UNCLEAR:
        return f"{n} {'is' if n == 1 else 'are'} {UNCLEAR}"
    if n == 1:
        return f"1 {verdict}"
    return f"{n} {verdict.replace('holds', 'hold').replace('does', 'do')}"
