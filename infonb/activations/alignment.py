"""Arrays that bring labels of their samples come into one order, or are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import xarray as xr

__all__ = ["align_coords", "aligned", "first_labels", "known_of", "merge_known", "sample_labels"]


def sample_labels(values: Any) -> pd.Index | None:
    """Return the labels that an array has for its samples; None if it only counts them."""
    if isinstance(values, xr.DataArray):
        return values.indexes.get("sample")
    if isinstance(values, pd.Series | pd.DataFrame):
        index = values.index
        return None if index.equals(pd.RangeIndex(len(index))) else index
    return None


def first_labels(arrays: Iterable[Any], beside: Iterable[Any] = ()) -> pd.Index | None:
    """Return the labels of the first array that has some, in whose order the samples are put."""
    arrays = list(arrays)
    given = [own for x in (*arrays, *beside) if (own := sample_labels(x)) is not None]
    found = (_labels_beside(x, given[0]) for x in arrays if given)
    return next((own for own in found if own is not None), None)


def aligned(values: Any, labels: pd.Index | None, what: str) -> Any:
    """Return an array in the order of the labels, if it has labels itself."""
    own = None if labels is None else _labels_beside(values, labels)
    if own is None or labels is None or own.equals(labels):
        return values
    if not (own.is_unique and labels.is_unique and len(own) == len(labels)):
        order = None
    else:
        order = own.get_indexer(labels)
    if order is None or (order < 0).any():
        raise ValueError(
            f"{what} has other labels of the samples ({_few(own)}) than the rest ({_few(labels)}); "
            "select the same samples in all, or drop the labels if the order is the same: "
            ".drop_vars('sample'), .reset_index(drop=True) or .to_numpy()."
        )
    return values.isel(sample=order) if isinstance(values, xr.DataArray) else values.iloc[order]


def align_coords(coords: Mapping[str, Any] | None, labels: pd.Index | None) -> dict[str, Any]:
    """Return what is known about samples in the order of their labels."""
    coords = dict(coords or {})
    if labels is None:  # then those that have labels must agree: in whose order would the data be?
        every = [own for values in coords.values() if (own := sample_labels(values)) is not None]
        if any(not own.equals(every[0]) for own in every):
            raise ValueError(
                "coords have labels of the samples in different orders, and the data have none; "
                "give all in the order of the data, as arrays without labels."
            )
        return coords
    return {name: aligned(values, labels, f"coords: {name!r}") for name, values in coords.items()}


def known_of(values: xr.DataArray) -> dict[str, Any]:
    """Return what a labelled array knows about its samples: name → values."""
    return {
        str(name): coord.values
        for name, coord in values.coords.items()
        if coord.dims == ("sample",) and name not in ("layer", "neuron", "width")
    }


def merge_known(known: dict[str, Any], more: Mapping[str, Any], what: str) -> None:
    """Add what one more array knows about the same samples; it must not contradict."""
    for name, values in more.items():
        if name in known and not pd.Index(known[name]).equals(pd.Index(values)):
            raise ValueError(
                f"{what} has other values of {name!r} than an array before it; rename one of them, "
                "or drop it."
            )
        known.setdefault(name, values)


def _labels_beside(values: Any, others: pd.Index) -> pd.Index | None:
    """Return the labels of an array beside others, among which numbers of rows may be labels."""
    own = sample_labels(values)
    if own is None and isinstance(values, pd.Series | pd.DataFrame):
        return values.index if values.index.isin(others).any() else None
    return own


def _few(labels: pd.Index) -> str:
    shown = ", ".join(repr(label) for label in labels[:3].tolist())
    return shown + (", ..." if len(labels) > 3 else "")
