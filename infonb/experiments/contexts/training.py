"""How the networks that see objects in contexts are trained, and on how many of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    import torch
    from torch import nn

    from infonb.experiments.contexts import Parameters

__all__ = ["sum_by_pair", "train"]


def train(
    parameters: Parameters,
    examples: xr.Dataset,
    evaluation: xr.Dataset,
    seed: int,
    *,
    checkpoint: Path | None = None,
    progress: bool | str = False,
) -> tuple[nn.Module, xr.Dataset]:
    """
    Train one ResNet-18; return it and its history, with what it was trained on.

    Parameters
    ----------
    parameters
        Of the experiment.
    examples, evaluation
        ``input`` (sample, channel, row, column), ``label``, ``object`` and ``context`` (sample).
    seed
        Of the weights and of the order of the examples.
    checkpoint, progress
        As in `infonb.fit`; the checkpoint is written every fifth epoch.

    Returns
    -------
    model : torch.nn.Module
    history : xarray.Dataset
        As `infonb.fit`, and ``n_training`` (object_name, context_name): how many training
        examples there were of each pair.

    Examples
    --------
    >>> from infonb.experiments.contexts import Parameters, data
    >>> parameters = Parameters(width=2, epochs=1, n_train=64, n_evaluation=32)
    >>> model, history = train(parameters, *data(parameters, "unbalanced", seed=0), seed=0)
    >>> int(history.n_training.sum())
    64
    """
    from infonb.networks.resnet import ResNet18
    from infonb.training import fit
    from infonb.training.device import choose_device
    from infonb.training.threads import torch_threads

    n_classes = 1 + int(max(examples.label.max(), evaluation.label.max()))
    model = ResNet18(
        examples.sizes["channel"], n_classes, width=parameters.width, stem=parameters.stem,
        seed=seed,
    ).to(choose_device(parameters.device))  # fmt: skip
    adam = parameters.optimizer == "adam"
    # in narrow networks several threads only wait for each other
    with torch_threads(1 if parameters.width < 32 else None):
        history = fit(
            model, examples, evaluation, epochs=parameters.epochs,
            batch_size=parameters.batch_size, learning_rate=parameters.learning_rate,
            optimizer="adam" if adam else _rmsprop(parameters.learning_rate), seed=seed,
            keep="last", checkpoint=checkpoint, save_every=5, progress=progress,
        )  # fmt: skip
    counts = sum_by_pair(np.ones(examples.sizes["sample"]), examples)
    return model, history.assign(n_training=counts.astype(int))


def _rmsprop(learning_rate: float) -> Any:
    def make(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(parameters, lr=learning_rate)

    return make


def sum_by_pair(values: np.ndarray, examples: xr.Dataset) -> xr.DataArray:
    """
    Return the sum of values over the examples of each object in each context.

    Parameters
    ----------
    values
        A number for each example, shape (sample,).
    examples
        ``object`` and ``context`` (sample), and the attributes ``classes`` and ``contexts``.

    Returns
    -------
    xarray.DataArray
        Dims (object_name, context_name).

    Examples
    --------
    >>> from infonb.data import context_scenes
    >>> _, evaluation = context_scenes("balanced", n_train=4, n_evaluation=8, n_objects=2)
    >>> sum_by_pair(np.ones(8), evaluation).values
    array([[2., 2.],
           [2., 2.]])
    """
    names = {
        f"{what}_name": examples.attrs[attribute].split(", ")
        for what, attribute in (("object", "classes"), ("context", "contexts"))
    }
    places = [
        [there.index(name) for name in examples[what].values]
        for what, there in zip(("object", "context"), names.values(), strict=True)
    ]
    total = np.zeros([len(there) for there in names.values()])
    np.add.at(total, tuple(places), values)
    return xr.DataArray(total, {k: np.array(v, dtype=object) for k, v in names.items()})
