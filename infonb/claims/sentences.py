"""What a grid of settings says, in sentences: which choice decides, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.claims.grid import axes_of, measures_of, outcomes
from infonb.claims.verdict import UNCLEAR
from infonb.claims.words import choice_words, is_ordered, join, layers_words, measure_words, where

__all__ = ["describe_grid", "describe_setting"]

_ONE_SEED = (
    "There is one seed only, so nothing is clear: how much networks trained anew would differ is "
    "not known. The next sentences say what this one seed shows, beyond the spread of its neurons."
)
#: A choice with more groups of labels than this decides nothing that one could say.
_MOST_GROUPS = 3
#: And one that tells a smaller share of the outcomes than this does not decide.
_ENOUGH = 0.75
_MIXED = 2
_VERBS = {1: "rises", -1: "falls", 0: "cannot be told"}


class _Group(NamedTuple):
    """Labels of a choice with the same outcome in most settings."""

    labels: list[Any]
    outcome: int
    right: int
    total: int


def describe_grid(grid: xr.Dataset, *, together: Sequence[str] = ()) -> list[str]:
    """
    Return what a grid of settings says: a line for each measure, comparison and set of layers.

    Parameters
    ----------
    grid
        What `sensitivity` or `compare_settings` returned.
    together
        Comparisons of which it is also told in how many settings all hold at once.

    Returns
    -------
    list of str
        Which way a measure goes where; the one choice that decides; how many settings are
        otherwise. With a single seed the first line says that nothing is clear, and why.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> entropy = xr.DataArray(rng.normal(size=(2, 3, 3, 2, 1, 30)),
    ...     {"alpha": [0, 1], "edges": ["common", "shared", "neuron"], "bins": [10, 100],
    ...      "layer": ["fc1"]}, ("alpha", "seed", "edges", "bins", "layer", "neuron"))
    >>> entropy[1] += np.array([-5, 5, 0])[:, None, None, None]
    >>> from infonb.claims import compare_settings
    >>> grid = compare_settings({"entropy": entropy}, "alpha", (0, 1), {"entropy": -1})
    >>> for part in describe_grid(grid)[0].split("; "):
    ...     print(part.partition(" (both")[0])
    The median entropy of fc1 falls, as the paper says, in common bins
    in shared bins it rises, against the paper
    """
    lines = [_ONE_SEED] if grid.attrs.get("n_seeds", 1) < 2 else []
    for measure in measures_of(grid):
        found, claimed = _found(grid, measure), grid[f"{measure}_claimed"]
        several = "comparison" in found.dims
        told: dict[str, list[str]] = {}  # what is said of the layers and comparisons alike
        for comparison in found.comparison.values if several else [None]:
            one = found.sel(comparison=comparison, drop=True) if several else found
            sign = int(claimed.sel(comparison=comparison) if several else claimed)
            for words, layers in _by_layer(one, sign).items():
                name = f"{measure_words(grid, measure)}{layers_words(layers)}"
                told.setdefault(words.replace("{name}", name), []).append(str(comparison))
        for words, names in told.items():
            lines.append(_sentence(_levels(names) if several else "", words))
        if together:
            lines.append(_together(grid, measure, together))
    return lines


def describe_setting(grid: xr.Dataset, measure: str, **setting: Any) -> str:
    """Return what one setting says, in words: the change, its widest interval, the verdict."""
    there = {name: setting[name] for name in (*axes_of(grid, measure), "layer")}
    part = grid.sel(there)
    change = float(part[f"{measure}_change"])
    name, units = measure_words(grid, measure), grid[f"{measure}_change"].attrs["units"]
    verdict = str(part[f"{measure}_verdict"].values)
    if not np.isfinite(change):
        return f"{name}: {verdict}"
    both = np.array([part[f"{measure}_interval"].values, part[f"{measure}_student"].values])
    low, high = both[:, 0].min(), both[:, 1].max()
    if verdict == UNCLEAR:
        ends = "(one seed only)" if not np.isfinite(low) else f"[{low:+.2f}, {high:+.2f}]"
        return f"{name} changes by {change:+.2f} {units} {ends}: {verdict}".replace("-", "−")
    low, high = sorted((abs(low), abs(high)))
    verb = "rises" if change > 0 else "falls"
    words = f"{name} {verb} by {abs(change):.2f} {units} [{low:.2f}, {high:.2f}]"
    claimed = int(part[f"{measure}_claimed"])
    return words + _paper(int(np.sign(change)), claimed).replace(", ", ": ")


def _found(grid: xr.Dataset, measure: str) -> xr.DataArray:
    """Return the outcomes; of a single seed, what is beyond the spread of its neurons."""
    if grid.attrs.get("n_seeds", 1) > 1:
        return outcomes(grid, measure)
    low, high = (
        grid[f"{measure}_interval"].sel(bound=bound, drop=True) for bound in ("low", "high")
    )
    return ((low > 0) * 1.0 - (high < 0) * 1.0).where(low.notnull())


def _by_layer(found: xr.DataArray, claimed: int) -> dict[str, list[str]]:
    """Return what is said, without its subject, and of which layers."""
    said: dict[str, list[str]] = {}
    for layer in found.layer.values:
        said.setdefault(_said(found.sel(layer=layer, drop=True), claimed), []).append(str(layer))
    return said


def _said(found: xr.DataArray, claimed: int) -> str:
    """Return what one layer does in all settings; "{name}" stands for the subject."""
    known = found.values[np.isfinite(found.values)]
    if not known.size:
        return "{name} was not measured."
    values = sorted(set(known.astype(int).tolist()), key=lambda value: -(known == value).sum())
    missing = found.size - known.size
    left = f" {missing} settings were not measured." if missing else ""
    if len(values) == 1:
        return _uniform(values[0], claimed, known.size) + left
    choice, groups = _best(found, claimed)
    if choice is None:
        return _undecided(found, values, claimed) + left
    return _decided(found, choice, groups, claimed) + left


def _uniform(outcome: int, claimed: int, n: int) -> str:
    in_all = {1: "", 2: " in both settings"}.get(n, f" in all {n} settings")
    if outcome == 0:
        in_none = {1: "", 2: " in either setting"}.get(n, f" in any of the {n} settings")
        return f"whether {{name}} rises or falls cannot be told{in_none}."
    comma = "," if claimed and in_all else ""
    return f"{{name}} {_VERBS[outcome]}{_paper(outcome, claimed)}{comma}{in_all}."


def _decided(found: xr.DataArray, choice: str, groups: Sequence[_Group], claimed: int) -> str:
    """Return what happens under each label of the choice that decides."""
    parts: list[str] = []
    told: set[int] = set()
    among = found[choice].values.tolist()
    for group in groups:
        paper = "" if group.outcome in told else _paper(group.outcome, claimed)
        told.add(group.outcome)
        place, count = where(choice, group.labels, among), _count(group, first=not parts)
        if group.outcome == _MIXED:
            rest, _ = _best(found.sel({choice: group.labels}), claimed, than=choice)
            verb = f"depends on {choice_words(rest) if rest else 'more than one other choice'}"
        else:
            verb = f"{_VERBS[group.outcome]}{paper}"
        if parts:
            parts.append(f"{place} it {verb}{count}")
        elif group.outcome == 0:
            parts.append(f"whether {{name}} rises or falls cannot be told {place}{count}")
        else:
            parts.append(f"{{name}} {verb}{',' if paper else ''} {place}{count}")
    words = "; ".join(parts[:2]) + "".join(f", and {part}" for part in parts[2:])
    n = sum(group.total for group in groups)
    n_open = sum(group.total - group.right for group in groups if group.outcome != _MIXED)
    decides = choice_words(choice)
    decides = decides[0].upper() + decides[1:]
    if n_open:
        be = "is" if n_open == 1 else "are"
        return f"{words}. {decides} decides most: {n_open} of {n} settings {be} otherwise."
    return f"{words}. {decides} decides."


def _undecided(found: xr.DataArray, values: Sequence[int], claimed: int) -> str:
    """Return how often what happens, and where the exceptions are, if one label holds them all."""
    n, most = int(np.isfinite(found.values).sum()), values[0]
    counts = {value: int((found.values == value).sum()) for value in values}
    share = f"in {counts[most]} of {n} settings"
    comma = "," if most and claimed else ""
    head = (
        f"{{name}} {_VERBS[most]}{_paper(most, claimed)}{comma} {share}"
        if most
        else f"whether {{name}} rises or falls cannot be told {share}"
    )
    parts, anywhere = [], len(values) > 2
    for value in values[1:]:
        place, few = _place_of(found, value), counts[value]
        other = "" if len(values) > 2 else "the other "
        number = {1: "one"}.get(few, str(few))
        there = f", {'all ' if few > 2 else 'both ' if few == 2 else ''}{place}," if place else ""
        parts.append(f"in {other}{number}{there} it {_VERBS[value]}{_paper(value, claimed)}")
        anywhere |= not place
    return f"{head}; {', and '.join(parts)}{'; no one choice decides' if anywhere else ''}."


def _place_of(found: xr.DataArray, outcome: int) -> str:
    """Return the one label of a choice that all settings with an outcome have, in words."""
    for choice in _choices(found):
        others = [dim for dim in found.dims if dim != choice]
        labels = found[choice].values[(found == outcome).any(others).values].tolist()
        if len(labels) == 1:
            return where(choice, labels, found[choice].values.tolist())
    return ""


def _choices(found: xr.DataArray) -> list[str]:
    return [str(dim) for dim in found.dims if found.sizes[dim] > 1]


def _best(found: xr.DataArray, claimed: int, than: str = "") -> tuple[str | None, list[_Group]]:
    """Return the choice that tells most outcomes, if it tells more than knowing none does."""
    known = found.values[np.isfinite(found.values)]
    most = max(int((known == value).sum()) for value in (-1, 0, 1))
    best: tuple[str | None, list[_Group]] = (None, [])
    for choice in _choices(found):
        groups = _groups(found, choice, claimed)
        right = sum(group.right for group in groups)
        enough = right > most and right >= _ENOUGH * known.size
        if choice != than and enough and 1 < len(groups) <= _MOST_GROUPS:
            best, most = (choice, groups), right
    return best


def _groups(found: xr.DataArray, choice: str, claimed: int) -> list[_Group]:
    """Return the labels of a choice by the outcome of most of their settings."""
    labels, single = found[choice].values.tolist(), []
    for label in labels:
        part = found.sel({choice: label}).values
        counts = {value: int((part == value).sum()) for value in (-1, 1, 0)}
        outcome, total = max(counts, key=lambda value: counts[value]), sum(counts.values())
        right = counts[outcome]
        if total:
            single.append(_Group([label], outcome if 2 * right > total else _MIXED, right, total))
    if not is_ordered(
        labels
    ):  # runs of numbers stay in order, names go by outcome, what is claimed first
        order = [claimed or -1, -claimed or 1, 0, _MIXED]
        single.sort(key=lambda group: order.index(group.outcome))
    runs = [list(run) for _, run in groupby(single, lambda one: one.outcome)]
    return [
        _Group(
            [one.labels[0] for one in run], run[0].outcome,
            sum(one.right for one in run), sum(one.total for one in run),
        )
        for run in runs
    ]  # fmt: skip


def _count(group: _Group, *, first: bool) -> str:
    """Return in how many settings a group does what it says: "(all 12 settings)"."""
    if group.total == 1 or group.outcome == _MIXED:
        return ""
    noun = " settings" if first else ""
    if group.right < group.total:
        return f" ({group.right} of {group.total}{noun})"
    return f" (both{noun})" if group.total == 2 else f" (all {group.total}{noun})"


def _together(grid: xr.Dataset, measure: str, names: Sequence[str]) -> str:
    """Return in how many settings several comparisons hold at once, and where."""
    found = outcomes(grid, measure).sel(comparison=list(names))
    holds = (found == grid[f"{measure}_claimed"].sel(comparison=list(names))).all("comparison")
    n, total = int(holds.sum()), holds.size
    both = "Both changes" if len(names) == 2 else f"All {len(names)} changes"
    name = f"{measure_words(grid, measure)}{' of each layer' if holds.layer.size > 1 else ''}"
    head = f"{both} of the {name}, {_levels(names)}, are as the paper says at once"
    if n == total:
        return f"{head} in all {total} settings."
    place = _place_of(holds.astype(int), 1) if n else ""
    there = f", {'all ' if n > 2 else 'both ' if n == 2 else ''}{place}" if place else ""
    return f"{head} in {n or 'none'} of {total} settings{there}."


def _paper(outcome: int, claimed: int) -> str:
    if not claimed or outcome not in (1, -1):
        return ""
    return ", as the paper says" if outcome == claimed else ", against the paper"


def _levels(names: Sequence[str]) -> str:
    """Return comparisons in words: "from baseline to memorized and from a to b"."""
    pairs = [name.split(" → ") for name in names]
    quoted = [[f'"{end}"' if "," in end else end for end in pair] for pair in pairs]
    return join([f"from {start} to {end}" for start, end in quoted])


def _sentence(levels: str, words: str) -> str:
    """Put the levels, and an article, before what is said of a measure."""
    first, _, rest = words.partition(" ")
    words = f"{first} the {rest}" if first == "whether" else f"the {words}"
    words = f"{levels}, {words}" if levels else words
    return words[0].upper() + words[1:]
