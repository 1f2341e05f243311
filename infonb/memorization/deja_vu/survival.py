"""The share of samples whose recall reaches a threshold, of which the area is the mean."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization.deja_vu.groups import group_places, joined
from infonb.validate import check_integer

__all__ = ["recall_survival"]


def recall_survival(found: xr.Dataset, thresholds: int = 101, *, by: str = "role") -> xr.DataArray:
    r"""
    Return the share of samples whose recall reaches a threshold: the area under it is the mean.

    Dims (\*batch, model, sample) in; (\*batch, group, model, threshold) out.

    Parameters
    ----------
    found
        As of `deja_vu_gains`, with ``recall``.
    thresholds
        How many of them, evenly from 0 to 1.
    by
        A coordinate of the samples, as in `deja_vu_gains`; without it there is no dim ``group``.

    Returns
    -------
    xarray.DataArray
        A share, units 1, of the samples that have objects.

    Raises
    ------
    ValueError
        Without recall.

    References
    ----------
    Jayaraman, Guo and Chaudhuri, NeurIPS 2024 (AUCG is the area between two such curves).

    Examples
    --------
    >>> recall = xr.DataArray([[0.0, 0.5, 1.0]], dims=("model", "sample"))
    >>> recall_survival(xr.Dataset({"recall": recall}), 3).values.round(2)
    array([[1.  , 0.67, 0.33]])
    """
    if "recall" not in found:
        raise ValueError("found has no variable 'recall': give what deja_vu_gains returns.")
    recall = found.recall
    at = np.linspace(0, 1, check_integer("thresholds", thresholds, 2))
    limit = xr.DataArray(at - 1e-12, dims="threshold", coords={"threshold": at})
    groups = group_places(recall, by)
    curves = []
    for place in groups.values():
        own = recall.isel(sample=place)
        known = own.notnull().sum("sample")
        curves.append(((own >= limit).sum("sample") / known).transpose(..., "threshold"))
    return joined(curves, groups, "model", "threshold").assign_attrs(units="1").rename("survival")
