"""Measures as a tidy table: one row for each network, layer and measure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.dims import with_layer, within_layers, without_diagonal
from infonb.measures.summary import quantiles

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["summary"]

_SHARES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
_INNER = ("layer", "neuron", "other_neuron")


def summary(found: xr.Dataset | xr.DataArray) -> pd.DataFrame:
    r"""
    Return a tidy table of measures: one row for each network, layer, measure and setting.

    Dims (\*batch, layer, neuron), or with other_neuron for pairs, in; every batch dim is a column.

    Parameters
    ----------
    found
        What `infonb.entropy` or `infonb.mutual_information` returned, a dataset that holds such
        measures (the runs of an experiment), or a result of `infonb.compare`.

    Returns
    -------
    pandas.DataFrame
        A column for each batch dim (model, seed, edges, ...), ``layer``, ``measure``; ``number`` of
        neurons, or of pairs of different neurons within the layer, each counted once; ``q05``,
        ``q25``, ``median``, ``q75``, ``q95``, ``units``, ``estimator``. Of a comparison also, in
        the rows of all models but the reference, ``change``, ``change_low``, ``change_high``,
        ``p``, ``p_corrected`` and ``verdict``. Layers that a network lacks have no row.

    Raises
    ------
    ValueError
        If there is no measure of neurons or pairs in it.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"fc1": np.eye(4), "fc2": np.ones((4, 2))})
    >>> inb.summary(inb.entropy(acts))[["layer", "measure", "number", "median", "units"]]
      layer  measure  number    median units
    0   fc1  entropy       4  0.562335   nat
    1   fc2  entropy       2  0.000000   nat
    """
    import pandas as pd

    arrays = _measures(found)
    rows = pd.DataFrame([row for one in arrays for row in _rows(one)])
    if isinstance(found, xr.Dataset) and "comparison" in found.dims:
        rows = _with_changes(rows, found, [str(one.name) for one in arrays])
    return rows


def _measures(found: Any) -> list[xr.DataArray]:
    if not isinstance(found, xr.Dataset | xr.DataArray):
        raise TypeError(
            "found must be a labelled result, a Dataset or DataArray of measures; not "
            f"{type(found).__name__}."
        )
    arrays = [found] if isinstance(found, xr.DataArray) else list(found.data_vars.values())
    measures = [one for one in arrays if "neuron" in one.dims and "estimator" in one.attrs]
    if not measures:
        there = "" if isinstance(found, xr.DataArray) else f", only {', '.join(map(str, found))}"
        raise ValueError(
            f"there is no measure of neurons or pairs in this{there}; measure first: "
            "infonb.entropy(activations), infonb.mutual_information(activations)."
        )
    return measures


def _rows(measure: xr.DataArray) -> Iterator[dict[str, Any]]:
    name = str(measure.name or measure.attrs.get("long_name", "measure"))
    values = with_layer(without_diagonal(within_layers(measure)).load())
    batch = [str(d) for d in values.dims if d not in _INNER]
    labels = [_labels(values, d) for d in (*batch, "layer")]
    table = values.transpose(*batch, "layer", ...).values
    once = 2 if "other_neuron" in values.dims else 1
    for at in product(*(range(len(part)) for part in labels)):
        spread = quantiles(table[at], _SHARES)
        if spread:
            place = {d: part[i] for d, part, i in zip((*batch, "layer"), labels, at, strict=True)}
            yield {
                **place, "measure": name, "number": int(np.isfinite(table[at]).sum()) // once,
                **spread, "units": measure.attrs.get("units", ""),
                "estimator": measure.attrs["estimator"],
            }  # fmt: skip


def _labels(values: xr.DataArray, dim: str) -> list[Any]:
    return values[dim].values.tolist()


def _with_changes(rows: pd.DataFrame, found: xr.Dataset, names: list[str]) -> pd.DataFrame:
    """Return the rows with what a comparison says of those that were compared."""
    import pandas as pd

    tables = []
    for name in names:
        if f"{name}_change" not in found:
            continue
        parts = {
            "change": found[f"{name}_change"],
            "change_low": found[f"{name}_interval"].sel(bound="low", drop=True),
            "change_high": found[f"{name}_interval"].sel(bound="high", drop=True),
            "p": found[f"{name}_p"],
            "p_corrected": found[f"{name}_p_corrected"],
        }
        table = xr.Dataset(parts).to_dataframe().reset_index().assign(measure=name)
        tables.append(table[[c for c in table if c not in found.coords or c in found.dims]])
    changes = pd.concat(tables, ignore_index=True).rename(columns={"comparison": "model"})
    keys = [c for c in ("model", "edges", "layer", "measure") if c in rows and c in changes]
    verdict = found["verdict"].to_series().rename_axis("model").rename("verdict").reset_index()
    return rows.merge(changes, how="left", on=keys).merge(verdict, how="left", on="model")
