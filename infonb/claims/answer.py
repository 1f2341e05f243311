"""The answer of a page in plain sentences: what changes by how much, and where that shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.grid import measures_of, outcomes
from infonb.claims.resampling import rank_p_value
from infonb.claims.table import ClaimsTable, p_words
from infonb.claims.verdict import FAILS, HOLDS, MEAN, Claim
from infonb.claims.words import join

__all__ = ["describe_claims"]

_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_INFORMATION = "mutual_information"

#: Which range the bins of a ruler have; told where the ruler is named first.
_RANGES = {
    "common": "one range for each network",
    "shared": "one range for all networks",
    "neuron": "a range for each neuron",
}


def describe_claims(
    table: ClaimsTable,
    grid: xr.Dataset | None = None,
    opening: Callable[[Any, Any], str] | None = None,
) -> list[str]:
    """
    Return what a table of claims says, in sentences with its numbers.

    Parameters
    ----------
    table
        Of claims that `Compare` rows with a ``subject`` made, or of rankings.
    grid
        What `sensitivity` returned: then it is told in how many settings MI changes so.
    opening
        A function (start, end) → the words before what changes, such as "with a perfect shortcut".

    Returns
    -------
    list of str
        A sentence for each pair of levels that the paper compares: which way each measure goes,
        clearly in how many layers, and in which most, from what to what. Then one on the rulers of
        the bins in which that shows, each explained where it is named first. Of rankings a sentence
        for each experiment.

    Examples
    --------
    >>> from infonb.claims import Compare, claims_table
    >>> rng = np.random.default_rng(0)
    >>> entropy = xr.DataArray(
    ...     rng.normal(size=(2, 3, 1, 30)), {"alpha": [0, 1], "layer": ["fc1"]},
    ...     ("alpha", "seed", "layer", "neuron"), attrs={"units": "nat"})
    >>> entropy[1] -= 5
    >>> row = Compare("median entropy {rises}", "entropy", -1, paper="3 → 1",
    ...     subject="median entropy")
    >>> describe_claims(claims_table([row], entropy.to_dataset(name="entropy"), "alpha"))
    ['From 0 to 1 the median entropy falls in fc1 from 0.12 to −4.89 nat.']
    """
    told = [claim for claim in table.claims if claim.about and not claim.where.startswith(MEAN)]
    if not told:
        ranked = [claim for claim in table.of_paper if claim.n_levels]
        groups = _grouped(ranked, lambda claim: claim.where)
        return _with_ranges([_of_rankings(*one) for one in groups])
    opening = opening or (lambda start, end: f"from {start} to {end}")
    groups = _grouped(told, _levels)
    # other pairs of levels are further checks; where all are, they are what there is to tell
    of_paper = [one for one in groups if any(claim.of_paper for claim in one[1])] or groups
    sentences = []
    for (start, end), claims in of_paper:
        parts = [_change(*one) for one in _grouped(claims, lambda one: one.about.subject)]
        sentences.append(_sentence(f"{opening(start, end)} {', and '.join(parts)}"))
    if len(told[0].effect) == 1:
        return [*sentences, "There is one seed only, so that nothing is clear."]
    places = _of_rulers([claim for _, claims in of_paper for claim in claims])
    places += [_of_grid(grid)] if grid is not None else []
    places = [place for place in places if place]
    return _with_ranges(sentences + ([_sentence("; ".join(places))] if places else []))


def _with_ranges(sentences: list[str]) -> list[str]:
    """Return the sentences, each ruler with its meaning where it is named first."""
    for ruler, meaning in _RANGES.items():
        for at, sentence in enumerate(sentences):
            before, named, after = sentence.partition(f"{ruler} bins")
            if named:
                inside = before.count("(") > before.count(")")
                told = f", {meaning}" if inside else f" ({meaning})"
                if after.startswith(" ("):
                    told, after = f" ({meaning}; ", after.removeprefix(" (")
                sentences[at] = f"{before}{named}{told}{after}"
                break
    return sentences


def _levels(claim: Claim) -> Any:
    return (claim.about.start, claim.about.end) if claim.about else None


def _change(subject: str, claims: Sequence[Claim]) -> str:
    """Return which way a measure goes in how many layers: "the median entropy falls ..."."""
    n, clear = len(claims), {
        outcome: [one for one in claims if one.outcome == outcome] for outcome in (HOLDS, FAILS)
    }  # fmt: skip
    if not (clear[HOLDS] or clear[FAILS]):
        most = _most(claims)
        any_ = "either layer" if n == 2 else f"any of {_number(n)} layers"
        in_any = f" in {any_} (most in {most.where}, {_ends(most)})"
        return f"the {subject} does not change clearly{in_any if n > 1 else f' ({_ends(most)})'}"
    if n == 1:
        return f"the {subject} {_verb(claims[0])} in {claims[0].where} {_ends(claims[0])}"
    parts = []
    for some in (some for some in clear.values() if some):
        most = _most(some)
        place = f"most in {most.where}" if len(some) > 1 else f"in {most.where}"
        parts.append(
            f"{_verb(most)} clearly in {_share(len(some), n)} layers ({place}, {_ends(most)})"
        )
    return f"the {subject} {join(parts)}"


def _of_rulers(claims: Sequence[Claim]) -> list[str]:
    """Return in which rulers of the bins the entropy changes as is claimed, and where otherwise."""
    ruled = [claim for claim in claims if len(claim.rulers) > 1]
    pairs = _grouped(ruled, _levels)
    said = []
    for (start, end), some in pairs:
        of = f" from {start} to {end}" if len(pairs) > 1 else ""
        noun, other = ("rise", "falls") if some[0].direction > 0 else ("fall", "rises")
        shown, turned = (_layers_by_ruler(some, outcome) for outcome in (HOLDS, FAILS))
        if not shown:
            said.append(f"a clear {noun} of the entropy{of} shows in no ruler of the bins")
        elif len(shown) == len(some[0].rulers) and not turned and len(set(shown.values())) == 1:
            said.append(f"the {noun} of the entropy{of} shows in all rulers of the bins")
        else:
            only = "only " if len(shown) == 1 else ""
            said.append(f"the {noun} of the entropy{of} shows {only}{_places(shown)}")
        told = [ruler for ruler in turned if all(one.rulers[ruler] == one.outcome for one in some)]
        turned = {ruler: count for ruler, count in turned.items() if ruler not in told}
        said += [f"the entropy {other} {_places(turned)}"] if turned else []
    return said


def _places(counts: dict[str, str]) -> str:
    return join([f"in {ruler} bins{count}" for ruler, count in counts.items()])


def _layers_by_ruler(claims: Sequence[Claim], outcome: str) -> dict[str, str]:
    """Return ruler → in how many layers the outcome is so, without rulers in which it never is."""
    n = len(claims)
    found: dict[str, str] = {}
    for ruler in claims[0].rulers:
        k = sum(claim.rulers.get(ruler) == outcome for claim in claims)
        if k:
            noun = "" if found else " layers"
            found[ruler] = "" if n == 1 else f" ({k} of {n}{noun})"
    return found


def _share(k: int, n: int) -> str:
    if k == n:
        return "both" if n == 2 else f"all {_number(n)}"
    return f"{_number(k)} of {_number(n)}"


def _of_grid(grid: xr.Dataset) -> str:
    """Return in how many settings mutual information changes as is claimed."""
    if _INFORMATION not in measures_of(grid):
        return ""
    found = outcomes(grid, _INFORMATION)
    claimed = int(np.max(grid[f"{_INFORMATION}_claimed"].values))
    if not claimed or grid.attrs.get("n_seeds", 1) < 2:
        return ""
    n, total = int((found == claimed).sum()), int(found.notnull().sum())
    against = int((found == -claimed).sum())
    noun = "rise" if claimed > 0 else "fall"
    axes = join([_AXES.get(str(dim), str(dim)) for dim in found.dims if found.sizes[dim] > 1])
    share = f"all {total}" if n == total else f"{n or 'none'} of {total}"
    words = f"the {noun} of mutual information shows clearly in {share} settings of {axes}"
    return f"{words} (in {against} it goes the other way)" if against else words


_AXES = {"n_samples": "samples", "k": "neighbours", "layer": "layers", "estimator": "estimators"}


def _of_rankings(setting: str, claims: Sequence[Claim]) -> str:
    """Return what Kendall's τ says of one experiment."""
    parts = []
    for claim in claims:
        tau, n = float(np.mean(claim.effect)), len(claim.effect)
        numbers = f"τ = {tau:.2f}, {p_words(claim)}".replace("-", "−")
        numbers = numbers.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
        if claim.outcome == HOLDS:
            only = claim.verdict.removeprefix(HOLDS)
            parts.append(f"{claim.statement} ({numbers}{f';{only}' if only else ''})")
        else:
            doubt = "does not go with" if claim.outcome == FAILS else "is not shown to go with"
            few = f", but {_number(n)} seeds are too few to be sure" if _is_few(claim) else ""
            parts.append(f"{claim.statement.replace('goes with', doubt)} ({numbers}{few})")
    name = setting.replace("_", " ")
    return _sentence(f"on {name} {', and '.join(parts)}" if name != "network" else "; ".join(parts))


def _is_few(claim: Claim) -> bool:
    """Whether the seeds all agree, the order is no chance, and only their number leaves a doubt."""
    agree = claim.agreeing == len(claim.effect)
    return agree and rank_p_value(claim.effect, claim.n_levels) < 0.05


def _most(claims: Sequence[Claim]) -> Claim:
    return max(claims, key=lambda claim: abs(np.mean(claim.effect)))


def _verb(claim: Claim) -> str:
    return "rises" if np.mean(claim.effect) > 0 else "falls"


def _ends(claim: Claim) -> str:
    """Return from what to what, as the table shows it: "from 3.60 to 2.55 nat"."""
    start, _, end = claim.here.replace("-", "−").partition(" → ")
    units = claim.about.units if claim.about else ""
    return f"from {start} to {end} {units}".rstrip()


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)


def _grouped(claims: Iterable[Claim], key: Callable[[Any], Any]) -> list[tuple[Any, list[Claim]]]:
    """Return the claims that have the same key, in the order in which they stand."""
    groups: dict[Any, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    return list(groups.items())


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
