"""What all readings of a training share: the variable that they read, and what they tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.validate import check_dim, did_you_mean

__all__ = ["along_epochs", "described"]

#: What `infonb.training.Dynamics` records of each sample and epoch.
_RECORDED = {"loss", "margin", "prediction", "probability"}


def along_epochs(dynamics: Any, name: str, what: str, at_least: int = 1) -> xr.DataArray:
    """Return a variable (..., epoch, sample) of a training; `what` names who needs it."""
    if isinstance(dynamics, xr.Dataset):
        if name not in dynamics:
            there = sorted(map(str, dynamics.data_vars))
            raise ValueError(
                f"{what} needs the variable {name!r} (epoch, sample); there are {there}. Record "
                f"them with infonb.training.Dynamics.{did_you_mean(name, there)}"
            )
        dynamics = dynamics[name]
    elif getattr(dynamics, "name", None) in _RECORDED - {name}:
        raise ValueError(
            f"{what} reads the variable {name!r}, and this is {dynamics.name!r}. Give the whole "
            f"data set, or its {name!r}; what was made of another variable: .rename({name!r})."
        )
    if not isinstance(dynamics, xr.DataArray):
        raise TypeError(
            f"{what} needs the results of a training, an xarray Dataset or DataArray; not "
            f"{type(dynamics).__name__}. infonb.training.Dynamics records them."
        )
    for dim in ("epoch", "sample"):
        check_dim(dim, dynamics.dims, name)
    n = dynamics.sizes["epoch"]
    if n < at_least:
        raise ValueError(f"{what} needs at least {at_least} epochs; there {_are(n)}.")
    return dynamics.transpose(..., "epoch", "sample")


def described(
    found: xr.DataArray, measure: str, *, units: str, words: str, formula: str, memorized: str,
    **more: Any,
) -> xr.DataArray:  # fmt: skip
    """Return a reading with its name, units, formula, and which of its values speak for memory."""
    attrs = {"units": units, "long_name": words, "measure": measure, "formula": formula}
    whole = {**attrs, "memorized": memorized, "n": int(found.sizes["sample"]), **more}
    return found.astype(np.float64).rename(measure).drop_attrs().assign_attrs(whole)


def _are(n: int) -> str:
    return "is 1" if n == 1 else f"are {n}"
