"""The epochs that were watched: whether they can be compared, put together, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import inside_width

__all__ = ["check_widths", "not_finite", "reopened", "stacked"]


def not_finite(activation: xr.DataArray) -> list[str]:
    """Return the layers that have values that are NaN or infinite within their width."""
    bad = xr.DataArray(~np.isfinite(activation.variable))
    inside = inside_width(activation)
    found = (bad if inside is None else bad & inside).any(["neuron", "sample"])
    return [str(layer) for layer in activation.layer.values[found.values]]


def check_widths(first: xr.Dataset, part: xr.Dataset, epoch: int) -> None:
    """Raise unless an epoch has the layers, and as many neurons in each, as the first one."""
    there, now = (dict(zip(p.layer.values, p.width.values, strict=True)) for p in (first, part))
    if there != now:
        changed = [
            f"{name}: {there.get(name, 'none')} → {now.get(name, 'none')}"
            for name in dict.fromkeys([*there, *now])
            if there.get(name) != now.get(name)
        ]
        raise ValueError(
            f"the neurons of a layer have changed before epoch {epoch} ({'; '.join(changed)}): "
            "epochs can be compared only if they have the same. Make a new Watch for the new ones."
        )


def stacked(parts: dict[int, xr.Dataset]) -> xr.Dataset:
    """Put the epochs along a dimension; what an epoch lacks, since it diverged, is NaN there."""
    kinds: dict[Any, xr.DataArray] = {}
    for part in parts.values():
        kinds |= part.data_vars
    # what is known of the samples (predictions) may differ from epoch to epoch
    whole = xr.concat(
        [
            part.assign({
                name: xr.full_like(one, np.nan) for name, one in kinds.items() if name not in part
            })
            for part in parts.values()
        ],
        dim=xr.DataArray(list(parts), dims="epoch", name="epoch"),
        data_vars="all", coords="different", compat="equals", join="exact",
        combine_attrs="drop_conflicts",
    )  # fmt: skip
    for name, one in kinds.items():
        whole[name].attrs = dict(one.attrs)
    return whole


def reopened(to: Path, settings: str) -> dict[int, xr.Dataset]:
    """Return the epochs that an earlier process has watched, if it did so alike."""
    from infonb.storage import open_dataset

    there = open_dataset(to).load()
    if there.attrs.get("watch") != settings:
        raise ValueError(
            f"{to} is not what a Watch with these settings has written; it has "
            f"{there.attrs.get('watch')}, here are {settings}. Choose another to=."
        )
    return {int(epoch): there.sel(epoch=epoch, drop=True) for epoch in there.epoch.values}
