"""What models are ranked by: their measure, in one ruler, of the seeds that all have."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_not_infinite
from infonb.validate import check_choice, check_dim

__all__ = ["MEASURES", "complete_seeds", "in_one_ruler", "measure_of_models"]

#: By what models are ranked → the variable of a result that has it.
MEASURES = {"mi": "mutual_information", "entropy": "entropy"}

_INNER = {"seed", "edges", "layer", "neuron", "other_layer", "other_neuron"}


def measure_of_models(found: Any, by: str, dim: str | None) -> tuple[xr.DataArray, str]:
    """Return the measure of all models, perhaps in several rulers, and the dim of the models."""
    name = MEASURES[by]
    if isinstance(found, xr.Dataset):
        if name not in found:
            raise ValueError(
                f"found has no variable {name!r} but {sorted(map(str, found.data_vars))}; measure "
                f"it: found[{name!r}] = infonb.{name}(activations)."
            )
        found = found[name]
    if not isinstance(found, xr.DataArray):
        raise TypeError(
            f"found must be a Dataset, as infonb.compare returns it, or the {name} of several "
            f"models, a DataArray; not {type(found).__name__}."
        )
    values = found.rename(name)
    dim = _dim_of_models(values, dim)
    check_not_infinite(values, name)
    if dim not in values.coords:
        values = values.assign_coords({dim: np.arange(values.sizes[dim])})
    if "seed" in values.dims and "seed" not in values.coords:
        values = values.assign_coords(seed=np.arange(values.sizes["seed"]))
    return values, dim


def _dim_of_models(values: xr.DataArray, dim: str | None) -> str:
    """Return the dimension of the models; raise unless there is one, and no other beside it."""
    levels = [str(d) for d in values.dims if d not in _INNER]
    if dim is not None:
        check_dim(dim, values.dims, str(values.name))
    elif not levels:
        raise ValueError(
            f"{values.name} has dims {values.dims}, and none of models, such as 'model' or "
            "'alpha': there is nothing to rank. Put models together: xarray.concat([...], "
            "dim='model')."
        )
    elif len(levels) == 1 or "model" in levels:
        dim = "model" if "model" in levels else levels[0]
    else:
        raise ValueError(
            f"dim must be one of {', '.join(map(repr, levels))}: {values.name} has all."
        )
    others = [level for level in levels if level != dim]
    if others:
        raise ValueError(
            f"{values.name} has dim {others[0]!r} beside {dim!r}; choose one of its labels: "
            f"found.sel({others[0]}=...)."
        )
    return dim


def in_one_ruler(values: xr.DataArray, edges: str | None) -> xr.DataArray:
    """Return the entropy in one ruler: the asked one, or the common one, which is the paper's."""
    if "edges" in values.dims:
        there = values["edges"].values.tolist()
        chosen = edges or ("common" if "common" in there else there[0])
        check_choice("edges", chosen, there)
        return values.sel(edges=chosen)
    measured = values.attrs.get("edges")
    if edges is not None and edges != measured:
        known = f"is measured in {measured} bins only" if measured else "knows of no other bins"
        raise ValueError(
            f"edges={edges!r} is not there: {values.name} {known}. Measure it: "
            f"infonb.entropy(activations, edges={edges!r})."
        )
    return values


def complete_seeds(means: np.ndarray, values: xr.DataArray, dim: str) -> np.ndarray:
    """Return the places of the seeds that all measured models have; raise if nothing is left."""
    measured = np.isfinite(means).any(axis=1)
    if measured.sum() < 2:
        raise ValueError(
            f"{int(measured.sum())} of {len(means)} labels of {dim!r} have finite values of "
            f"{values.name}; at least two models are needed to rank them."
        )
    seeds = np.flatnonzero(np.isfinite(means[measured]).all(axis=0))
    if not seeds.size:
        raise ValueError(
            f"no seed has finite values of {values.name} for all models; take means over the seeds "
            "of each model first: found.mean('seed')."
        )
    return seeds
