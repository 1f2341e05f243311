"""Whether results can be shown along a dimension at all: one clear sentence if not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import xarray as xr

from infonb.dims import check_not_infinite, without_diagonal

__all__ = ["check_labels", "only_measured"]


def check_labels(arrays: Iterable[xr.Dataset | xr.DataArray], dim: str) -> None:
    """Raise a ValueError if a dimension has a label twice, or none (NaN) somewhere."""
    for one in arrays:
        if dim not in one.dims:
            continue
        labels = one[dim].values.tolist()
        if any(label is None or label != label for label in labels):
            raise ValueError(
                f"a label of {dim!r} is NaN: say which {dim} it is, or leave that place out with "
                f"results.sel({dim}=results[{dim!r}].notnull())."
            )
        label, count = Counter(labels).most_common(1)[0] if labels else (None, 0)
        if count > 1:
            times = "twice" if count == 2 else f"{count} times"
            raise ValueError(
                f"{dim} = {label!r} is there {times}: each label of {dim!r} must stand for one "
                "place. If these are runs that differ in their seed, put them along a dimension "
                "'seed'."
            )


def only_measured(
    entropy: xr.DataArray | None, informations: dict[str, xr.DataArray], by: str
) -> tuple[xr.DataArray | None, dict[str, xr.DataArray]]:
    """
    Return entropy and mutual information without one that is NaN everywhere; raise if none is left.

    Values at minus infinity, which have no quartiles, are refused.

    A neuron with itself is no pair: of a single neuron there is no mutual information to show.
    """
    given: dict[str, Any] = {"entropy": entropy, **informations}
    for name, one in given.items():
        if one is not None:
            check_not_infinite(one, name)
    there = {
        name: one
        for name, one in given.items()
        if one is not None and bool(without_diagonal(one).notnull().any())
    }
    if not there:
        some = any(one is not None and bool(one.notnull().any()) for one in given.values())
        raise ValueError(
            f"the results are NaN at every {by}: nothing was measured."
            if not some
            else "there is one neuron only, which makes no pair: mutual information needs two."
        )
    return there.pop("entropy", None), there
