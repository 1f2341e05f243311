"""Shuffled digits: what labels learnt by heart do to entropy and mutual information.

Bansal, Pruthi and Belinkov (2022), section 5, Figures 6 and 7 (left). With probability β a training
label is replaced by a random one; the network can only learn those examples one by one
(hypothesis H2).
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
    "H2: the more labels are learnt by heart, the higher the entropy of neurons and the lower the "
    "mutual information between neurons."
)

#: Figures 6 and 7 (left) and Table 2 of the paper, Shuffled MNIST, read off by eye (±0.05).
PAPER = xr.Dataset(
    {
        "validation_accuracy": ("beta", [0.98, 0.82, 0.58, 0.33, 0.10]),
        "median_entropy": (
            ("layer", "beta"),
            [
                [1.60, 2.17, 2.12, 2.26, 2.20],
                [1.66, 2.47, 2.50, 2.71, 2.74],
                [2.12, 2.74, 2.80, 3.00, 3.08],
            ],
        ),
        "mutual_information": ("layer", ["peak 0.046 → 0.02 to 0.026", "", ""]),
    },
    {"beta": [0.0, 0.25, 0.5, 0.75, 1.0], "layer": [1, 2, 3]},
    {
        "tau_entropy": 1.0,
        "tau_mutual_information": 0.88,
    },
)


@dataclass(frozen=True)
class Shuffling(ParameterSet):
    """How many labels are random, and when the network knows them by heart."""

    beta: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0], "probabilities of a random training label",
        minimum=0, maximum=1, affects="selection",
    )  # fmt: skip
    stop_at: float = parameter(
        0.0, "stop once this training accuracy is reached; 0: train all epochs",
        minimum=0, maximum=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Parameters(ImageParameters, Shuffling, PresetParameters):
    """Parameters of the experiment; the notebook has the same names, defaults and help texts."""

    # no penalty: under the 0.002 of the colored digits random labels cannot be learnt by heart
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {"paper": PAPER_SETTINGS}

    width: int = parameter(96, "neurons in each hidden layer", minimum=2)
    epochs: int = parameter(80, "largest number of epochs", minimum=1)
    batch_size: int = parameter(64, "examples in a step", minimum=1)
    learning_rate: float = parameter(2e-3, "of Adam", minimum=0)


def data(parameters: Parameters, beta: float, seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return training examples with shuffled labels and validation examples with true ones.

    Examples
    --------
    >>> train, validation = data(Parameters(n_train=100), beta=1.0, seed=0)
    >>> dict(train.input.sizes)
    {'sample': 100, 'row': 8, 'column': 8}
    """
    from infonb.data import shuffled_images

    return shuffled_images(
        parameters.dataset, beta, seed=seed,
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
    Train one network to learn its examples by heart; return it and its history.

    The options are those of `infonb.fit`. The weights of the last epoch are kept: the best
    validation accuracy would come before the shuffled labels are learnt.

    Examples
    --------
    >>> parameters = Parameters(width=8, epochs=2)
    >>> model, history = train(parameters, *data(parameters, 1.0, seed=0), seed=0)
    >>> history.sizes["epoch"]
    2
    """
    return train_mlp(
        parameters, examples, validation, seed, n_outputs=10, keep="last",
        stop_at=parameters.stop_at or None, checkpoint=checkpoint, progress=progress,
    )  # fmt: skip


def run(parameters: Parameters, *, progress: bool | str = True) -> xr.Dataset:
    """
    Train and measure one network per β and seed.

    Parameters
    ----------
    parameters
        Of the experiment.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        As `infonb.experiments.colored_digits.run`, with ``beta`` in place of ``alpha``.

    Examples
    --------
    >>> results = run(Parameters(beta=[0, 1], seed=0, width=16, epochs=2), progress=False)
    >>> dict(results.entropy.sizes)
    {'beta': 2, 'seed': 1, 'layer': 3, 'neuron': 16}
    """
    return run_levels(parameters, "beta", data, train, progress=progress)


def claims(results: xr.Dataset) -> ClaimsTable:
    """
    Return the table of the paper's claims beside what `run` found.

    Parameters
    ----------
    results
        What `run` returned; with a single beta there is nothing to compare, and no row.

    Examples
    --------
    >>> results = run(Parameters(beta=[0, 1], seed=0, width=16, epochs=2), progress=False)
    >>> [claim.where for claim in claims(results).claims][:4]
    ['fc1', 'fc2', 'fc3', 'fc1']
    """
    return claims_table(results, "beta", "β", entropy_direction=1, paper=PAPER)
