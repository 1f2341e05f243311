"""The rows of the table: who remembers, what keeps from it, and whether neurons show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Rank, Row, entropy_in_rulers
from infonb.experiments.deja_vu.measures import LAYERS
from infonb.experiments.deja_vu.treatments import DEFAULT, MITIGATIONS, SIZE, kind_of

__all__ = ["at_default", "first_gap", "of_group", "rows_of"]

#: What the paper shows, of all gains: no number can be read off.
FIGURE = "figures only"


def at_default(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
    """Return a function runs → a variable of the default treatment."""
    return lambda runs: runs[name].sel(treatment=DEFAULT, drop=True)


def of_group(name: str, group: str) -> Callable[[xr.Dataset], xr.DataArray]:
    """Return a function runs → a variable of one group of pairs."""
    return lambda runs: runs[name].sel(group=group, drop=True)


def first_gap(runs: xr.Dataset, key: str, share: float, group: str) -> xr.DataArray:
    """Return the gap of recall, by default, on the pairs of a group that a key puts first."""
    at = int(np.flatnonzero(runs.n_neighbors == runs.attrs["neighbors"])[0])
    found = at_default("top_recall_gap")(runs).isel(n_neighbors=at, drop=True)
    return found.sel(key=key, group=group, top=share, drop=True)


def rows_of(levels: Sequence[str], top: Sequence[float]) -> list[Row]:
    """Return the rows of the treatments that were tried."""
    return [*_memory(min(top), max(top)), *_sizes(levels), *_mitigations(levels), *_layers()]


def _memory(least: float, most: float) -> list[Row]:
    """Return the rows of the default: A, B and the null C, single pairs, one model alone."""

    def row(words: str, value: Callable, sign: int, between: tuple, over: str, paper: str) -> Row:
        return Compare(
            words, value, sign, each=None, over=over, between=between, paper=paper, limits=(-1, 1)
        )

    def whole_and_first(runs: xr.Dataset) -> xr.DataArray:
        stage = xr.Variable("pairs", np.array(["all", "first"], object))
        found = [of_group("aucg", "A")(runs).sel(treatment=DEFAULT, drop=True),
                 first_gap(runs, "min_dist", most, "A")]  # fmt: skip
        return xr.concat(found, stage, coords="minimal", compat="override")

    def null_by_key(runs: xr.Dataset) -> xr.DataArray:
        keys = ["min_dist", "max_pred_gap"]
        found = [first_gap(runs, key, least, "C") for key in keys]
        return xr.concat(found, xr.Variable("key", np.array(keys, object)))

    alone = at_default("prg_alone")
    return [
        row("the target recalls more of the pairs it was trained on (A) than of held-out ones (C)",
            at_default("prg"), 1, ("C", "A"), "group", FIGURE),
        row("the reference recalls more of its own pairs (B): the gain changes its sign",
            at_default("prg"), -1, ("C", "B"), "group", ""),
        row(f"the gap is larger on the {100 * most:g} % of smallest distance than on all pairs",
            whole_and_first, 1, ("all", "first"), "pairs", FIGURE),
        row(f"selection alone: of held-out pairs the first {100 * least:g} % by max_pred_gap have "
            "a larger gap than those by min_dist", null_by_key, 1, ("min_dist", "max_pred_gap"),
            "key", ""),
        row("one model is enough: naive Bayes of public captions in place of the reference",
            lambda runs: alone(runs).sel(reference="naive Bayes", drop=True), 1, ("C", "A"),
            "group", "one model suffices (2504.05651)"),
    ]  # fmt: skip


def _sizes(levels: Sequence[str]) -> list[Row]:
    sizes = sorted(
        (one for one in levels if kind_of(one) == SIZE), key=lambda w: float(w.split()[1])
    )
    if len(sizes) < 2:
        return []
    return [_falls("more is recalled with {start} pairs than with {end}", sizes[0], sizes[-1])]


def _mitigations(levels: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for kind, name in MITIGATIONS.items():
        own = [one for one in levels if kind_of(one) == kind]
        rows += [_falls(f"{name} lowers the gain ({one})", DEFAULT, one) for one in own]
    masks = [one for one in levels if kind_of(one) == "mask"]
    rows += [
        Compare(
            f"{MITIGATIONS['mask']} costs retrieval of held-out pairs ({one})", "retrieval", -1,
            each=None, between=(DEFAULT, one), limits=(0, 1), paper="a moderate cost of utility",
        ) for one in masks
    ]  # fmt: skip
    return rows


def _falls(words: str, start: str, end: str) -> Row:
    return Compare(
        words, of_group("prg", "A"), -1, each=None, between=(start, end), paper=FIGURE,
        limits=(-1, 1),
    )  # fmt: skip


def _layers() -> list[Row]:
    """Return whether entropy and MI order the treatments as the gain on A does, layer by layer."""

    def entropy(layer: str) -> Callable[[xr.Dataset], xr.DataArray]:
        return lambda runs: entropy_in_rulers(runs).sel(layer=[layer])

    def information(layer: str) -> Callable[[xr.Dataset], xr.DataArray]:
        return lambda runs: runs.mutual_information.sel(layer=[layer], other_layer=[layer])

    rows: list[Row] = []
    for layer in LAYERS:
        for what, value, sign in (("entropy", entropy, 1), ("mutual information", information, -1)):
            rows.append(
                Rank(
                    f"{{higher}} mean {what} goes with more déjà vu",
                    value(layer),
                    sign,
                    against="prg_on_a",
                    where=layer,
                )
            )
    return rows
