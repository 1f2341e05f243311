"""The rows of the table: start, gap, depth, pooling, and what wrong labels do to the bits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row
from infonb.experiments.logic_gates.kinds import (
    CLEAN,
    GAUSSIAN,
    kind_of,
    pairs_of_depth,
    with_noise,
)

__all__ = ["CHANCE", "MOST_GAP", "beside", "in_order", "of_stem", "rows_of"]

#: The largest distance between soft and hard accuracy that counts as small.
MOST_GAP = 0.05
#: No more than this is chance: ten classes, and luck.
CHANCE = 0.2


def in_order(layers: Sequence[str]) -> list[str]:
    """Return names of layers as the network has them: conv1, pool1, conv2, ..., gates1, ..."""

    def place(name: str) -> tuple[bool, int, bool]:
        number = int(re.sub(r"\D", "", name))
        return name.startswith("gates"), number, name.startswith("pool")

    return sorted(layers, key=place)


def of_stem(values: xr.DataArray, stem: str) -> xr.DataArray:
    """Return the layers that clean networks have and whose names begin so."""
    clean = values.sel(kind=CLEAN).notnull()
    there = clean.any([dim for dim in clean.dims if dim != "layer"])
    names = [one for one in values.layer.values[there.values].tolist() if one.startswith(stem)]
    return values.sel(layer=names)


def beside(value: Callable[[xr.Dataset], xr.DataArray], name: str, limit: float) -> Callable:
    """Return a function runs → the value beside a limit: dims (part, ...)."""

    def values(runs: xr.Dataset) -> xr.DataArray:
        found = value(runs)
        part = xr.Variable("part", np.array([name, "limit"], object))
        return xr.concat([found, xr.full_like(found, limit)], part)

    return values


def rows_of(runs: xr.Dataset) -> list[Row]:
    """Return the rows of the kinds that were trained."""
    kinds = runs.kind.values.tolist()
    return [
        *([_start()] if GAUSSIAN in kinds else []), _gap(), *_depth_rows(kinds),
        *_pooling(runs), *_noise_rows(kinds),
    ]  # fmt: skip


def _start() -> Row:
    return Compare(
        "hard accuracy is {higher} from gates that pass bits on than from Gaussian ones", "hard", 1,
        each=None, between=(GAUSSIAN, CLEAN), limits=(0, 1), paper="higher (ablation)",
    )  # fmt: skip


def _gap() -> Row:
    return Compare(
        f"hard and soft accuracy are at most {MOST_GAP:g} apart",
        beside(lambda runs: runs.gap.sel(kind=CLEAN, drop=True), "gap", MOST_GAP), 1, each=None,
        over="part", between=("gap", "limit"), limits=(0, 1),
    )  # fmt: skip


def _depth_rows(kinds: Sequence[str]) -> list[Row]:
    """Return that deep networks learn nothing from a Gaussian start, and something from another."""
    rows: list[Row] = []
    for residual, gaussian in pairs_of_depth(kinds):
        n = kind_of(residual).depth
        rows.append(
            Compare(
                f"with {n} dense layers hard accuracy is {{higher}} from gates that pass bits on",
                "hard", 1, each=None, between=(gaussian, residual), limits=(0, 1),
                paper="gradients fall 5 to 10 times a layer", where=f"{n} layers",
            )
        )  # fmt: skip
        rows.append(
            Compare(
                f"from Gaussian ones it is chance, below {CHANCE:g}",
                beside(_hard_of(gaussian), "hard", CHANCE), 1, each=None, over="part",
                between=("hard", "limit"), limits=(0, 1), where=f"{n} layers",
            )
        )  # fmt: skip
    return rows


def _hard_of(kind: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda runs: runs.hard.sel(kind=kind, drop=True)


def _pooling(runs: xr.Dataset) -> list[Row]:
    """Return that training brings the density behind an OR pooling nearer to one half."""
    if not any(name.startswith("pool") for name in runs.layer.values.tolist()):
        return []

    def distance(runs: xr.Dataset) -> xr.DataArray:
        training = xr.Variable("training", np.array(["before", "after"], object))
        both = [abs(runs[name].sel(kind=CLEAN, drop=True) - 0.5)
                for name in ("null_density", "density")]  # fmt: skip
        values = xr.concat(both, training)
        names = [one for one in values.layer.values.tolist() if one.startswith("pool")]
        return values.sel(layer=names)

    return [
        Compare(
            "training brings the share of ones behind the OR pooling nearer to one half", distance,
            -1, over="training", between=("before", "after"), limits=(0, 1),
            paper="66.5 % → about 50 %",
        )
    ]  # fmt: skip


def _noise_rows(kinds: Sequence[str]) -> list[Row]:
    """Return that wrong labels lower entropy and MI of the dense layers."""
    noisy = with_noise(kinds)
    if not noisy:
        return []
    pair = (CLEAN, noisy[-1])
    return [
        Compare(
            f"mean {words} of bits {{rises}} from {{start}} to {{end}}", _dense(name), -1,
            between=pair, subject=f"mean {words}",
        )
        for name, words in (("information", "mutual information"), ("entropy", "entropy"))
    ]  # fmt: skip


def _dense(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda runs: of_stem(runs[name], "gates").assign_attrs(units="nat")
