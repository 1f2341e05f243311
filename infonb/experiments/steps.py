"""What the steps of an experiment must return: one clear error where they do not."""

from __future__ import annotations

from typing import Any

import xarray as xr

__all__ = ["checked_data", "checked_run", "checked_training", "with_history"]


def checked_data(data: Any) -> dict[str, xr.Dataset]:
    """Return what the step `data` gave; raise a TypeError unless it is data sets by role."""
    if isinstance(data, dict) and all(isinstance(part, xr.Dataset) for part in data.values()):
        return data
    found = {k: type(v).__name__ for k, v in data.items()} if isinstance(data, dict) else type(data)
    raise TypeError(
        f"data must return {{role: xarray.Dataset}}, such as {{'train': ..., 'evaluation': ...}}; "
        f"not {found}."
    )


def checked_training(found: Any) -> tuple[Any, xr.Dataset | None]:
    """Return what the step `train` gave; raise a TypeError unless it is model and history."""
    pair = isinstance(found, tuple) and len(found) == 2
    if pair and (found[1] is None or isinstance(found[1], xr.Dataset)):
        return found
    what = f"({', '.join(type(one).__name__ for one in found)})" if pair else type(found).__name__
    raise TypeError(
        f"train must return the model, or several in any form, and a history: an xarray.Dataset "
        f"(epoch) or None; not {what}."
    )


def checked_run(run: Any, step: str, taken: tuple[str, ...]) -> xr.Dataset:
    """Return what a step measured; raise unless it is a dataset with names of its own."""
    if not isinstance(run, xr.Dataset):
        raise TypeError(f"{step} must return an xarray.Dataset; not {type(run).__name__}.")
    clash = [name for name in taken if name in run.variables or name in run.dims]
    if clash:
        raise ValueError(
            f"{step} returned something named {clash[0]!r}, the name of the dimension along which "
            "runs are put together; give it another name."
        )
    return run


def with_history(run: xr.Dataset, history: xr.Dataset | None) -> xr.Dataset:
    """
    Return what was measured with the course of the training beside it.

    That is the curves (epoch), ``final_...``: their values at the epoch whose weights were kept,
    the number of ``epochs``, and whatever else the training noted.
    """
    if history is None:
        return run
    curves = history.drop_vars([n for n, v in history.data_vars.items() if "epoch" not in v.dims])
    kept = history.attrs["best_epoch"] if history.attrs.get("keep") == "best" else None
    final = {
        f"final_{name}": curve.isel(epoch=-1, drop=True) if kept is None
        else curve.sel(epoch=kept, drop=True)
        for name, curve in curves.data_vars.items()
    }  # fmt: skip
    noted: dict[Any, xr.DataArray] = {**history.data_vars, **final}
    if curves.data_vars:
        noted["epochs"] = xr.DataArray(history.sizes["epoch"])
    twice = sorted(str(name) for name in noted.keys() & set(run.variables))
    if twice:
        raise ValueError(
            f"{twice[0]!r} is there twice: in what was measured and in the history of the "
            "training (or made of it); give one of them another name."
        )
    return run.assign(noted)
