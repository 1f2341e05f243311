"""How the networks of the concentric circles are trained."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.experiments.concentric_circles.recipes import Recipe

__all__ = ["fitting"]


def fitting(
    recipe: Recipe, points: xr.Dataset, unseen: xr.Dataset, *, epochs: int, patience: int, seed: int
) -> dict[str, Any]:
    """
    Return what `infonb.fit` is told of one network.

    On many points it stops when the loss on a tenth of them, held out, no longer falls; on few
    points, which 200 of the unseen ones validate, when all labels are learnt. The networks named
    ``long`` train for all epochs, those named ``short`` for a tenth of them.
    """
    from infonb.data import split

    n_points = points.sizes["sample"]
    if recipe.few:
        return {
            "validation": unseen.isel(sample=slice(None, None, -(-unseen.sizes["sample"] // 200))),
            "batch_size": n_points, "keep": "last", "monitor": "train_accuracy",
            "stop_at": None if recipe.length == "long" else 1.0,
            "epochs": max(1, epochs // 10) if recipe.length == "short" else epochs,
            "save_every": 1000,
        }  # fmt: skip
    part, held_out = split(points, max(1, n_points // 10), seed=seed)
    until: dict[str, Any] = {"patience": patience, "keep": "best"}
    return {
        "train": part, "validation": held_out, "batch_size": 64, "epochs": epochs,
        "monitor": "validation_loss", "save_every": 20,
        **({"keep": "last"} if recipe.length == "long" else until),
    }  # fmt: skip
