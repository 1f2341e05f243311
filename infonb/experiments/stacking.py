"""Runs into one labelled result: a dimension for the levels and one for the seeds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["stack_runs", "without_attrs"]


def stack_runs(
    runs: Mapping[tuple[Any, ...], xr.Dataset], labels: Mapping[str, Sequence[Any]]
) -> xr.Dataset:
    """
    Put runs, by their labels along several dimensions, into one dataset: dims (*labels, ...).

    Runs are aligned by the labels of layers, neurons and samples; training curves of different
    length are filled with NaN. What is known of single examples (labels, predictions) gets the new
    dimensions only where it differs between runs.
    """
    keys = product(*labels.values())
    missing = [key for key in keys if key not in runs]
    if missing:
        raise ValueError(
            f"there is no run for {dict(zip(labels, missing[0], strict=True))}; levels must be all "
            f"combinations of {', '.join(labels)}."
        )
    result = _nested({key: without_attrs(run) for key, run in runs.items()}, dict(labels))
    last = runs[tuple(values[-1] for values in labels.values())]
    for name, measured in last.data_vars.items():
        result[name].attrs = dict(measured.attrs)
    return result


def without_attrs(dataset: xr.Dataset) -> xr.Dataset:
    """Return what `drop_attrs` does, but at once: that aligns all variables again for each."""
    plain = dataset.copy()
    plain.attrs = {}
    for variable in plain.variables.values():
        variable.attrs = {}
    return plain


def _nested(
    runs: Mapping[tuple[Any, ...], xr.Dataset], labels: dict[str, Sequence[Any]]
) -> xr.Dataset:
    """Join along the innermost dimension first, where runs are most alike."""
    *outer, name = labels
    rows = {
        key: _join([runs[(*key, label)] for label in labels[name]], name, labels[name])
        for key in product(*(labels[dim] for dim in outer))
    }
    return _nested(rows, {dim: labels[dim] for dim in outer}) if outer else rows[()]


def _join(runs: list[xr.Dataset], name: Hashable, labels: Sequence[Any]) -> xr.Dataset:
    values = np.array(list(labels), dtype=object if isinstance(labels[0], str) else None)
    index = xr.DataArray(values, dims=(name,), coords={name: values}, name=name)
    return xr.concat(
        runs, dim=index, join="outer", data_vars="all", coords="different", compat="equals"
    )
