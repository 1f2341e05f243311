"""What a ranking is compared with: by name, as an array, or a number for each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.validate import check_choice

__all__ = ["Metric", "metric_of"]

Metric = str | xr.DataArray | Mapping[Any, float] | Sequence[float] | np.ndarray


def metric_of(found: Any, metric: Metric, values: xr.DataArray, dim: str) -> np.ndarray:
    """Return the metric of the models of `values`, dims (model, seed)."""
    labels = values[dim].values.tolist()
    if isinstance(metric, str):
        if not isinstance(found, xr.Dataset):
            raise ValueError(
                f"metric={metric!r} is a name, but found is a single array; give an array, or "
                "{model: number}."
            )
        if metric not in found:
            check_choice("metric", metric, [str(n) for n in found if dim in found[n].dims])
        metric = found[metric]
    if isinstance(metric, Mapping):
        unknown = [label for label in metric if label not in labels]
        if unknown:
            check_choice("model in metric", unknown[0], labels)
        metric = [metric.get(label, np.nan) for label in labels]
    if not isinstance(metric, xr.DataArray):
        table = np.asarray(metric, dtype=float)
        if table.shape != (len(labels),):
            raise ValueError(
                f"metric must be one number for each of the {len(labels)} models; not an array of "
                f"shape {table.shape}."
            )
        metric = xr.DataArray(table, {dim: labels}, (dim,))
    return _aligned(metric, values, dim)


def _aligned(metric: xr.DataArray, values: xr.DataArray, dim: str) -> np.ndarray:
    """Return a labelled metric for the models and seeds of `values`."""
    wrong = [str(d) for d in metric.dims if d not in (dim, "seed")]
    if wrong or dim not in metric.dims or not np.issubdtype(metric.dtype, np.number):
        raise ValueError(
            f"metric must be numbers (float, int) with dims ({dim!r},) or ({dim!r}, 'seed'); not "
            f"{metric.dtype} with {metric.dims}."
        )
    labelled = {d: values[d].values for d in metric.dims if d in values.dims}
    for d in labelled:
        if d not in metric.coords and metric.sizes[d] == values.sizes[d]:
            metric = metric.assign_coords({d: labelled[d]})
    metric = metric.astype(float).reindex(labelled)
    if "seed" in metric.dims and "seed" not in values.dims:
        metric = metric.mean("seed")
    if "seed" not in metric.dims:
        metric = metric.expand_dims(seed=values.sizes.get("seed", 1))
    return metric.transpose(dim, "seed").values
