"""UnitMem of the models that are compared, each beside its network untrained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.activations import open_activations
from infonb.memorization import unit
from infonb.selection.comparison.measuring import Measuring, placed
from infonb.selection.comparison.models import Models, Network, read_models

__all__ = ["first_views", "unit_memory"]

_DIM = "augmentation"


def first_views(models: Any) -> Any:
    """Return models as they are given, with the first view of each sample alone."""
    return _each(models, lambda values: values.isel({_DIM: 0}, drop=True))


def unit_memory(
    found: xr.Dataset, measuring: Measuring, models: Any, untrained: Any, dim: str
) -> dict[str, xr.DataArray]:
    """Return UnitMem of all models, and of untrained ones if given: dims as of the entropy."""
    n, how = _views_of(models)
    table = {"unit_mem": _table(found, measuring, measuring.models, models, n, dim)}
    if untrained is not None:
        n_new, how_new = _views_of(untrained)
        read = read_models(first_views(untrained), dim)
        _check_untrained(read, measuring.models, n, n_new)
        _check_how(how | how_new)
        new = _table(found, measuring, read, untrained, n, dim)
        table["untrained_unit_mem"] = new
    return table


def _table(
    found: xr.Dataset, measuring: Measuring, read: Models, models: Any, n: int, dim: str
) -> xr.DataArray:
    table = xr.full_like(found["entropy"].isel(edges=0, drop=True), np.nan, float).drop_attrs()
    views = [read_models(_view(models, view), dim).networks for view in range(max(n, 1))]
    for place, one in enumerate(read.networks):
        with placed(one):
            for layer, values in _units_of(one, [own[place] for own in views]).items():
                table.values[measuring.at(one, layer)][: len(values)] = values
    attrs = {
        "units": "1", "long_name": "UnitMem", "rest": "mean", "negative": "rectify",
        "n_augmentations": max(n, 1), "n_samples": measuring.n_samples,
    }  # fmt: skip
    return table.rename("unit_mem").assign_attrs(attrs)


def _units_of(one: Network, views: list[Network]) -> dict[str, np.ndarray]:
    """Return layer → UnitMem of its neurons, one layer of all views in memory at a time."""
    found = {}
    for place, (layer, width) in enumerate(one.widths.items()):
        parts = [view.values.isel(layer=place, neuron=slice(width)).variable for view in views]
        values = xr.DataArray(xr.Variable.concat(parts, _DIM), {"layer": layer})
        # before a ReLU there are values below 0; behind one, these are 0
        found[layer] = unit(values, negative="rectify").unit_mem.values[0]
    return found


def _view(models: Any, view: int) -> Any:
    return _each(models, lambda values: values.isel({_DIM: view}, drop=True))


def _each(given: Any, change: Callable[[Any], Any]) -> Any:
    """Return models in any of their forms, with a function applied to recordings of views."""
    if isinstance(given, str | Path):
        given = open_activations(given, chunks={})
    if isinstance(given, xr.Dataset | xr.DataArray):
        return change(given) if _DIM in given.dims else given
    if isinstance(given, Mapping):
        return {name: _each(one, change) for name, one in given.items()}
    if isinstance(given, list | tuple):
        return [_each(one, change) for one in given]
    return given


def _views_of(models: Any) -> tuple[int, set[tuple[Any, Any]]]:
    """Return how many views the recordings have, 0 if none, and of what and which seed; all one."""
    found: list[int] = []
    how: set[tuple[Any, Any]] = set()

    def note(given: Any) -> None:
        if isinstance(given, xr.Dataset | xr.DataArray):
            found.append(given.sizes.get(_DIM, 0))
            if _DIM in given.dims and "augment" in given.attrs:
                how.add((given.attrs["augment"], given.attrs.get("seed")))
        elif isinstance(given, Mapping):
            for one in given.values():
                note(one)
        elif isinstance(given, list | tuple):
            for one in given:
                note(one)

    note(_each(models, lambda values: values))
    if len(set(found)) > 1:
        raise ValueError(
            f"the models have {' and '.join(map(str, sorted(set(found))))} views of each sample; "
            "record all of them alike: infonb.record(..., augment=, n_augmentations=, seed=0)."
        )
    _check_how(how)
    return found[0] if found else 0, how


def _check_how(how: set[tuple[Any, Any]]) -> None:
    """Raise if recordings are of views by other functions, or drawn with other seeds."""
    if len(how) > 1:
        told = " and ".join(f"{augment}, seed {seed}" for augment, seed in sorted(how, key=str))
        raise ValueError(
            f"the models were recorded on different views, of {told}: differences would be those "
            "of the views, too. Record all of them with the same augment= and seed=."
        )


def _check_untrained(read: Models, models: Models, n: int, n_new: int) -> None:
    for one in read.networks:
        of = [x for x in models.networks if x.model == one.model and x.seed == one.seed]
        if not of:
            raise ValueError(
                f"untrained has {one.place}, which is not compared; give each under the name of "
                f"the trained one, one of {list(models.names)}, and with its seeds."
            )
        if not set(one.layers) <= set(of[0].layers):
            raise ValueError(
                f"untrained: {one.place} has the layers {one.layers}, the trained one "
                f"{of[0].layers}; record the same."
            )
    if n != n_new:
        raise ValueError(
            f"untrained: the recordings have {n_new} views of each sample, those of the models "
            f"{n}; record them alike."
        )
