"""Colored digits: what a shortcut does to entropy and mutual information.

Bansal, Pruthi and Belinkov (2022), section 4, Figures 2 and 3 (left). The colour of a digit tells
its label in training, the more so the larger α, and nothing in validation. Networks that lean on
the colour memorize a heuristic (hypothesis H1).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.claims import ClaimsTable
from infonb.experiments.digits import (
    PAPER_SETTINGS,
    ImageParameters,
    claims_table,
    prepare,
    run_levels,
    train_mlp,
)
from infonb.experiments.networks import PresetParameters
from infonb.parameters import ParameterSet, parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["CLAIM", "PAPER", "Parameters", "claims", "data", "prepare", "run", "train"]

CLAIM = (
    "H1: the stronger the shortcut, the lower the entropy of neurons and the higher the mutual "
    "information between neurons."
)

#: Figures 2 and 3 (left) and Table 2 of the paper, Colored MNIST, read off by eye (±0.05).
PAPER = xr.Dataset(
    {
        "validation_accuracy": ("alpha", [0.635, 0.628, 0.60, 0.55, 0.505]),
        "median_entropy": (
            ("layer", "alpha"),
            [
                [3.03, 2.92, 2.78, 2.55, 1.00],
                [2.93, 2.80, 2.61, 2.29, 1.36],
                [2.92, 2.77, 2.69, 2.75, 2.08],
            ],
        ),
        "mutual_information": ("layer", ["all pairs: peak below 0.1 → flat to 0.5"] * 3),
    },
    {"alpha": [0.0, 0.25, 0.5, 0.75, 1.0], "layer": [1, 2, 3]},
    {
        "tau_entropy": 1.0,
        "tau_mutual_information": 1.0,
    },
)


@dataclass(frozen=True)
class Shortcut(ParameterSet):
    """How strong the shortcut is, and what networks can reach without it."""

    alpha: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0], "strengths of the shortcut: 0 none, 1 perfect",
        minimum=0, maximum=1, affects="selection",
    )  # fmt: skip
    label_noise: float = parameter(
        0.25, "probability that a label is flipped", minimum=0, maximum=0.5
    )
    keep: str = parameter(
        "last", "weights to measure: of the last epoch, or of the best validation accuracy",
        choices=["last", "best"],
    )  # fmt: skip
    patience: int = parameter(
        0, "stop after so many epochs without better validation accuracy; 0: never", minimum=0
    )


@dataclass(frozen=True)
class Parameters(ImageParameters, Shortcut, PresetParameters):
    """Parameters of the experiment; the notebook has the same names, defaults and help texts."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper": PAPER_SETTINGS | {"penalty": 0.002, "keep": "best"}
    }


def data(parameters: Parameters, alpha: float, seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return training and validation examples for one strength of the shortcut.

    Examples
    --------
    >>> train, validation = data(Parameters(n_train=100), alpha=1.0, seed=0)
    >>> dict(train.input.sizes)
    {'sample': 100, 'channel': 2, 'row': 8, 'column': 8}
    """
    from infonb.data import colored_images

    return colored_images(
        parameters.dataset, alpha, label_noise=parameters.label_noise, seed=seed,
        n_train=parameters.n_train or None, n_validation=parameters.n_validation or None,
    )  # fmt: skip


def train(
    parameters: Parameters,
    examples: xr.Dataset,
    validation: xr.Dataset,
    seed: int,
    *,
    checkpoint: Path | None = None,
    progress: bool | str = False,
) -> tuple[nn.Module, xr.Dataset]:
    """
    Train one network; return it and its history. The options are those of `infonb.fit`.

    Examples
    --------
    >>> parameters = Parameters(width=8, epochs=2)
    >>> model, history = train(parameters, *data(parameters, 1.0, seed=0), seed=0)
    >>> history.sizes["epoch"]
    2
    """
    return train_mlp(
        parameters, examples, validation, seed, n_outputs=1, keep=parameters.keep,
        patience=parameters.patience or None, checkpoint=checkpoint, progress=progress,
    )  # fmt: skip


def run(parameters: Parameters, *, progress: bool | str = True) -> xr.Dataset:
    """
    Train and measure one network per α and seed.

    Parameters
    ----------
    parameters
        Of the experiment.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        ``entropy`` (alpha, seed, layer, neuron), ``mutual_information`` (alpha, seed, layer,
        neuron, other_layer, other_neuron) in nats, curves of the training (alpha, seed, epoch),
        ``final_validation_accuracy`` (alpha, seed), and ``activation`` (alpha, layer, neuron,
        sample) of the first seed.

    Examples
    --------
    >>> results = run(Parameters(alpha=[0, 1], seed=0, width=8, epochs=2), progress=False)
    >>> dict(results.entropy.sizes)
    {'alpha': 2, 'seed': 1, 'layer': 3, 'neuron': 8}
    """
    return run_levels(parameters, "alpha", data, train, progress=progress)


def claims(results: xr.Dataset) -> ClaimsTable:
    """
    Return the table of the paper's claims beside what `run` found.

    Parameters
    ----------
    results
        What `run` returned; with a single alpha there is nothing to compare, and no row.

    Examples
    --------
    >>> results = run(Parameters(alpha=[0, 1], seed=0, width=8, epochs=2), progress=False)
    >>> [claim.where for claim in claims(results).claims][:4]
    ['fc1', 'fc2', 'fc3', 'fc1']
    """
    return claims_table(results, "alpha", "α", entropy_direction=-1, paper=PAPER)
