"""The same comparison under every setting: its change, its intervals and its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.claims.bootstrap import Medians, Numbers
from infonb.claims.rows import known_seeds
from infonb.claims.verdict import (
    FAILS,
    FALLS,
    HOLDS,
    MEAN,
    MISSING,
    NETWORK,
    RISES,
    UNCLEAR,
    Claim,
    interval,
)
from infonb.dims import same_neuron, within_layers
from infonb.validate import check_choice, check_dim

__all__ = ["axes_of", "claimed_direction", "compare_settings", "measures_of", "outcomes"]

_INNER = ("seed", "layer", "neuron", "other_layer", "other_neuron")


def compare_settings(
    values: Mapping[str, xr.DataArray] | xr.Dataset,
    over: str,
    between: tuple | Sequence[tuple],
    direction: Mapping[str, int | None] | None = None,
    *,
    mean_of_layers: bool = False,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how measures change from one level to another under every setting, and what holds.

    Parameters
    ----------
    values
        Name of a measure → its values: dims (`over`, perhaps seed, \*axes, layer, neuron), or with
        other_neuron for pairs, or without neuron: one number for each network. Every other
        dimension is an axis of the grid. NaN is what was not measured, or padding.
    over
        Dimension of the levels.
    between
        Start and end. Or several comparisons, (start, end) or (start, end, sign), where the sign -1
        turns the claim: then ``comparison`` is the first axis, with labels "start → end".
    direction
        Name of a measure → 1 if it is claimed to rise, -1 to fall, None: nothing is claimed.
    mean_of_layers
        Compare the mean of the layers' medians; the only layer is then ``"mean of layers"``.
    seed
        Of the bootstrap.

    Returns
    -------
    xarray.Dataset
        For each measure: ``..._change`` (\*axes, layer), mean over seeds; ``..._interval`` (\*axes,
        layer, bound), the 95 % bootstrap interval over seeds and neurons; ``..._student`` that of
        Student's t over seeds, infinite for a single one; ``median_...`` (\*axes, layer, end,
        seed); ``..._verdict`` (\*axes, layer): that of the closing table, `Claim.verdict`, or
        ``rises`` and ``falls`` where nothing is claimed, or ``not measured``; ``..._claimed``: 1,
        -1 or 0. And the values themselves, unless it is the mean of layers.

    Raises
    ------
    ValueError
        For a level that is not there, and values without the dimension of the levels.

    Notes
    -----
    Clear has one meaning: both intervals on one side of zero. With a single seed nothing is.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> entropy = xr.DataArray(
    ...     rng.normal(size=(2, 3, 2, 1, 30)), {"alpha": [0, 1], "edges": ["common", "neuron"]},
    ...     ("alpha", "seed", "edges", "layer", "neuron"))
    >>> entropy[1, :, 0] -= 5
    >>> grid = compare_settings({"entropy": entropy}, "alpha", (0, 1), {"entropy": -1})
    >>> grid.entropy_verdict.values.ravel().tolist()
    ['holds', 'too close to tell']
    """
    several = isinstance(between[0], tuple | list)
    pairs = [(*pair[:2], *(pair[2:] or (1,))) for pair in (between if several else [between])]
    grid = xr.Dataset()
    for name, one in values.items():
        check_dim(over, one.dims, str(name))
        there = one[over].values.tolist()
        for level in (level for pair in pairs for level in pair[:2] if level not in there):
            check_choice(over, level, there)
        one = _prepared(one, over, pairs)
        claimed = (direction or {}).get(str(name))
        check_choice(f"direction of {name}", claimed, [None, 1, -1])
        found = _measure(one, over, pairs, claimed, mean_of_layers=mean_of_layers, seed=seed)
        if not several:
            found = found.isel(comparison=0, drop=True)
        renamed = {
            part: f"median_{name}" if part == "median" else f"{name}_{part}" for part in found
        }
        grid = grid.merge(found.rename(renamed), join="outer")
        if not mean_of_layers:
            grid = grid.merge({str(name): one}, compat="override", join="outer")
        grid[f"{name}_change"].attrs = {"units": one.attrs.get("units", "nat"), **_long(one)}
    for name in measures_of(grid):  # the measures may have different layers or seeds
        verdict = grid[f"{name}_verdict"]
        grid[f"{name}_verdict"] = verdict.where(verdict.notnull(), MISSING)
    grid.attrs = {"over": over, "n_seeds": int(grid.sizes.get("seed", 1)), "seed": seed}
    if not several:
        grid.attrs |= {"start": pairs[0][0], "end": pairs[0][1]}
    return grid


def measures_of(grid: xr.Dataset) -> list[str]:
    """Return the measures of a grid."""
    names = [str(name).removesuffix("_verdict") for name in grid if str(name).endswith("_verdict")]
    if not names:
        raise ValueError(
            "the data set is no grid of settings; give what sensitivity or compare_settings "
            "returned."
        )
    return names


def axes_of(grid: xr.Dataset, measure: str) -> list[str]:
    """Return the axes of a measure, without layer."""
    check_choice("measure", measure, measures_of(grid))
    return [str(dim) for dim in grid[f"{measure}_verdict"].dims if dim != "layer"]


def outcomes(grid: xr.Dataset, measure: str) -> xr.DataArray:
    """Return 1 where a measure rises, -1 where it falls, 0: unclear, NaN: not measured."""
    check_choice("measure", measure, measures_of(grid))
    verdict, claimed = grid[f"{measure}_verdict"], grid[f"{measure}_claimed"]
    sign = claimed.where(claimed != 0, 1)
    up = verdict.isin([HOLDS, RISES]).astype(float) - verdict.isin([FAILS, FALLS]).astype(float)
    return (up * sign).where(verdict != MISSING).transpose(*verdict.dims)


def claimed_direction(grid: xr.Dataset, measure: str) -> int | None:
    """Return the claimed sign of a measure's change if there is one for all, or None."""
    found = set(np.ravel(grid[f"{measure}_claimed"].values).tolist())
    return int(found.pop()) or None if len(found) == 1 else None


class _Cell(NamedTuple):
    """What one comparison gives in one setting."""

    change: float = np.nan
    interval: tuple[float, float] = (np.nan, np.nan)
    student: tuple[float, float] = (np.nan, np.nan)
    verdict: str = MISSING


def _prepared(one: xr.DataArray, over: str, pairs: Sequence[tuple[Any, Any, int]]) -> xr.DataArray:
    """Return the values of the levels that are compared, with seed, layer and all coordinates."""
    used = [level for pair in pairs for level in pair[:2]]
    one = within_layers(one.sel({over: list(dict.fromkeys(used))}))
    one = one.drop_vars([name for name in one.coords if name not in one.dims])
    missing = {dim: np.arange(one.sizes[dim]) for dim in one.dims if dim not in one.coords}
    one = one.assign_coords(missing)
    if "other_neuron" in one.dims:
        one = one.where(~same_neuron(one))
    if "layer" not in one.dims:
        one = one.expand_dims(layer=np.array([NETWORK], dtype=object))
    if "seed" not in one.dims:
        one = one.expand_dims(seed=[0])
    axes = [dim for dim in one.dims if dim not in (over, *_INNER)]
    inner = [dim for dim in ("layer", "neuron", "other_neuron") if dim in one.dims]
    return one.transpose(over, "seed", *axes, *inner)


def _measure(
    one: xr.DataArray, over: str, pairs: Sequence[tuple[Any, Any, int]], claimed: int | None, *,
    mean_of_layers: bool, seed: int,
) -> xr.Dataset:  # fmt: skip
    """Return change, intervals, medians and verdict of one measure, comparison first."""
    axes = [str(dim) for dim in one.dims if dim not in (over, *_INNER)]
    labels = {name: one[name].values for name in axes}
    layers = np.array([MEAN], dtype=object) if mean_of_layers else one.layer.values
    dims = ["comparison", *axes, "layer"]
    shape = (len(pairs), *(one.sizes[name] for name in axes), len(layers))
    change_, verdict = np.full(shape, np.nan), np.full(shape, MISSING, dtype=object)
    bootstrap, student = np.full((*shape, 2), np.nan), np.full((*shape, 2), np.nan)
    medians = np.full((*shape, 2, one.sizes["seed"]), np.nan)
    for at in np.ndindex(shape[1:]):
        cell = one.isel(dict(zip(axes, at[:-1], strict=True)), drop=True)
        cell = cell if mean_of_layers else cell.isel(layer=at[-1], drop=True)
        for index, found, ends in _cells(cell, over, pairs, claimed, seed):
            here = (index, *at)
            change_[here], bootstrap[here], student[here], verdict[here] = found
            medians[here] = ends
    names = np.array([f"{start} → {end}" for start, end, _ in pairs], dtype=object)
    bound = np.array(["low", "high"], dtype=object)
    return xr.Dataset(
        {
            "change": (dims, change_),
            "interval": ((*dims, "bound"), bootstrap),
            "student": ((*dims, "bound"), student),
            "median": ((*dims, "end", "seed"), medians),
            "verdict": (dims, verdict),
            "claimed": ("comparison", [sign * (claimed or 0) for *_, sign in pairs]),
        },
        {
            "comparison": names, **labels, "layer": layers, "bound": bound,
            "end": np.array(["start", "end"], dtype=object), "seed": one.seed.values,
        },
    )  # fmt: skip


def _cells(
    cell: xr.DataArray, over: str, pairs: Sequence[tuple[Any, Any, int]], claimed: int | None,
    seed: int,
) -> Any:  # fmt: skip
    """Yield for each comparison of one setting: its index, what was found, medians (end, seed)."""
    everything = known_seeds(cell, over, cell[over].values.tolist())
    complete = everything.sizes["seed"] == cell.sizes["seed"]
    shared = _changes(everything, over, seed) if complete else None  # draws serve all comparisons
    for index, (start, end, sign) in enumerate(pairs):
        known = everything if complete else known_seeds(cell, over, (start, end))
        if not known.sizes["seed"]:
            continue
        changes = shared or _changes(known, over, seed)
        found = changes.change(start, end)
        direction = sign * (claimed or 1)
        claim = Claim("", "", direction, "", found.here, found.effect, found.draws)
        verdict = claim.verdict
        if claimed is None and verdict != UNCLEAR:
            verdict = RISES if (verdict == HOLDS) == (direction > 0) else FALLS
        ends = np.full((2, cell.sizes["seed"]), np.nan)
        ends[:, np.isin(cell.seed.values, known.seed.values)] = changes.at(start), changes.at(end)
        yield (
            index,
            _Cell(float(np.mean(found.effect)), claim.bootstrap, interval(found.effect), verdict),
            ends,
        )


def _changes(cell: xr.DataArray, over: str, seed: int) -> Medians | Numbers:
    """Return what compares the medians of a setting, or its single numbers."""
    if "neuron" in cell.dims:
        return Medians(cell, over, seed=seed)
    return Numbers(cell.mean("layer") if "layer" in cell.dims else cell, over, seed=seed)


def _long(one: xr.DataArray) -> dict[str, str]:
    return {"long_name": one.attrs["long_name"]} if "long_name" in one.attrs else {}
