"""How the networks of the concentric circles are trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.concentric_circles.recipes import recipe_of

if TYPE_CHECKING:
    from torch import nn

    from infonb.experiments.concentric_circles import Parameters

__all__ = ["train"]


def train(
    parameters: Parameters,
    network: str,
    points: xr.Dataset,
    unseen: xr.Dataset,
    seed: int,
    *,
    checkpoint: Path | None = None,
    progress: bool | str = False,
) -> tuple[nn.Module, xr.Dataset]:
    """
    Train one network; return it and its history.

    On many points it stops when the loss on a tenth of them, held out, no longer falls; on few
    points, which 200 of the unseen ones validate, when all labels are learnt. The networks named
    ``long`` train for all epochs, those named ``short`` for a tenth of them. The options are those
    of `infonb.fit`.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters, data
    >>> parameters = Parameters(epochs=2, n_points=200, mi_samples=0)
    >>> model, history = train(parameters, "baseline", *data(parameters, "baseline", 0), seed=0)
    >>> [name for name, module in model.named_modules() if name.startswith("fc")]
    ['fc1', 'fc2']
    """
    from infonb.data import split
    from infonb.networks.mlp import MLP
    from infonb.training import fit
    from infonb.training.threads import torch_threads

    recipe = recipe_of(parameters, network)
    model = MLP([3, parameters.width, parameters.width, 1], seed=seed, initialization="default")
    common: dict[str, Any] = {
        "learning_rate": parameters.learning_rate, "penalty": parameters.penalty, "seed": seed,
        "checkpoint": checkpoint, "progress": progress,
    }  # fmt: skip
    # in networks this small several threads only wait for each other
    with torch_threads(1):
        if recipe.few:
            epochs = parameters.epochs_memorized
            shown = unseen.isel(sample=slice(None, None, -(-unseen.sizes["sample"] // 200)))
            return model, fit(
                model, points, shown, batch_size=parameters.n_memorized, keep="last",
                stop_at=None if recipe.length == "long" else 1.0, monitor="train_accuracy",
                epochs=max(1, epochs // 10) if recipe.length == "short" else epochs,
                save_every=1000, **common,
            )  # fmt: skip
        part, held_out = split(points, max(1, points.sizes["sample"] // 10), seed=seed)
        until = {"patience": parameters.patience, "keep": "best"}
        return model, fit(
            model, part, held_out, batch_size=64, epochs=parameters.epochs,
            monitor="validation_loss", save_every=20, **common,
            **({"keep": "last"} if recipe.length == "long" else until),
        )  # fmt: skip
