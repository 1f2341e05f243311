"""How the networks of the concentric circles are trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.concentric_circles.recipes import Recipe

if TYPE_CHECKING:
    from torch import nn

__all__ = ["train"]


def train(
    recipe: Recipe, points: xr.Dataset, unseen: xr.Dataset, *, width: int, epochs: int,
    patience: int, **options: Any,
) -> tuple[nn.Module, xr.Dataset]:  # fmt: skip
    """
    Train one network; return it and its history. Other options are those of `infonb.fit`.

    On many points it stops when the loss on a tenth of them, held out, no longer falls; on few
    points, which 200 of the unseen ones validate, when all labels are learnt. The networks named
    ``long`` train for all epochs, those named ``short`` for a tenth of them.
    """
    from infonb.data import split
    from infonb.networks.mlp import MLP
    from infonb.training import fit
    from infonb.training.threads import torch_threads

    model = MLP([3, width, width, 1], seed=options["seed"], initialization="default")
    n_points = points.sizes["sample"]
    # in networks this small several threads only wait for each other
    with torch_threads(1):
        if recipe.few:
            shown = unseen.isel(sample=slice(None, None, -(-unseen.sizes["sample"] // 200)))
            return model, fit(
                model, points, shown, batch_size=n_points, keep="last",
                stop_at=None if recipe.length == "long" else 1.0, monitor="train_accuracy",
                epochs=max(1, epochs // 10) if recipe.length == "short" else epochs,
                save_every=1000, **options,
            )  # fmt: skip
        part, held_out = split(points, max(1, n_points // 10), seed=options["seed"])
        until: dict[str, Any] = {"patience": patience, "keep": "best"}
        return model, fit(
            model, part, held_out, batch_size=64, epochs=epochs, monitor="validation_loss",
            save_every=20, **({"keep": "last"} if recipe.length == "long" else until), **options,
        )  # fmt: skip
