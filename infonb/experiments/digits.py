"""What the experiments on images of digits share: parameters, the MLP, the sweep, the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.claims import INTERVALS, Claim, ClaimsTable, change
from infonb.claims.comparisons import layer_claims, rank_claims
from infonb.experiments.networks import (
    MAX_SEED,
    DeviceParameters,
    MeasureParameters,
    describe_run,
    hidden_layers,
    measure_run,
)
from infonb.experiments.sweep import sweep
from infonb.parameters import ParameterError, ParameterSet, parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "PAPER_SETTINGS",
    "ImageParameters",
    "claims_table",
    "prepare",
    "run_levels",
    "train_mlp",
]

#: How many examples there are for training and for validation.
_SIZES = {
    "digits": {"n_train": 1297, "n_validation": 500},
    "mnist": {"n_train": 50_000, "n_validation": 10_000},
}

#: The settings of the paper (section 4, Colored MNIST) that both experiments share.
PAPER_SETTINGS: dict[str, Any] = {
    "dataset": "mnist",
    "width": 256,
    "depth": 3,
    "epochs": 500,
    "batch_size": 512,
    "learning_rate": 1e-3,
}

Data = Callable[[Any, float, int], tuple[xr.Dataset, xr.Dataset]]
Train = Callable[..., "tuple[nn.Module, xr.Dataset]"]


@dataclass(frozen=True)
class NetworkParameters(ParameterSet):
    """Parameters of data, network and training."""

    dataset: str = parameter(
        "digits", "digits: 8 x 8, offline; mnist: 14 x 14, in INFONB_DATA or downloaded",
        choices=["digits", "mnist"],
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one network for each seed", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    n_train: int = parameter(0, "training examples; 0: all", minimum=0)
    n_validation: int = parameter(0, "validation examples; 0: all", minimum=0)
    width: int = parameter(64, "neurons in each hidden layer", minimum=2)
    depth: int = parameter(3, "hidden layers", minimum=1)
    epochs: int = parameter(40, "largest number of epochs", minimum=1)
    batch_size: int = parameter(128, "examples in a step", minimum=1)
    learning_rate: float = parameter(1e-3, "of Adam", minimum=0)
    penalty: float = parameter(0.0, "weight of the squared norm of all parameters", minimum=0)
    activations: str = parameter(
        "pre", "measure before (pre) or after (post) the ReLU", choices=["pre", "post"],
        affects="measures",
    )  # fmt: skip


@dataclass(frozen=True)
class ImageParameters(MeasureParameters, DeviceParameters, NetworkParameters):
    """Parameters of data, network, training and measures; an experiment sets its own defaults."""

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = _SIZES[self.dataset]
        for name, size in sizes.items():
            if getattr(self, name) > size:
                raise ParameterError(
                    f"{name} must be at most {size} for {self.dataset}; not {getattr(self, name)}. "
                    "0 takes all."
                )
        self.check_measured(self.n_validation or sizes["n_validation"], "validation examples")


def prepare(parameters: ImageParameters) -> None:
    """
    Find the files of the data set, or download them, and the device, before all else.

    Raises
    ------
    FileNotFoundError, ValueError
        As `infonb.data.load_mnist` and `infonb.training.device.choose_device`.

    Examples
    --------
    >>> prepare(ImageParameters())
    """
    parameters.check_device()
    if parameters.dataset == "mnist":
        from infonb.data import load_mnist

        load_mnist("train")


def train_mlp(
    parameters: ImageParameters,
    examples: xr.Dataset,
    validation: xr.Dataset,
    seed: int,
    *,
    n_outputs: int,
    keep: str,
    patience: int | None = None,
    stop_at: float | None = None,
    checkpoint: Path | None = None,
    progress: bool | str = False,
) -> tuple[nn.Module, xr.Dataset]:
    """
    Train the paper's MLP on flattened images; return it and its history.

    Parameters
    ----------
    parameters
        Of the experiment.
    examples, validation
        ``input`` (sample, ...) and ``label`` (sample).
    seed
        Of the weights and of the order of the examples.
    n_outputs
        Number of logits.
    keep, patience, stop_at, checkpoint, progress
        As in `infonb.fit`; the checkpoint is written every tenth epoch.
    """
    from infonb.networks.mlp import MLP
    from infonb.training import fit
    from infonb.training.device import choose_device

    n_inputs = examples["input"][0].size
    hidden = [parameters.width] * parameters.depth
    model = MLP([n_inputs, *hidden, n_outputs], seed=seed).to(choose_device(parameters.device))
    history = fit(
        model, examples, validation, epochs=parameters.epochs, batch_size=parameters.batch_size,
        learning_rate=parameters.learning_rate, penalty=parameters.penalty, seed=seed,
        keep=keep, patience=patience, stop_at=stop_at, checkpoint=checkpoint, save_every=10,
        progress=progress,
    )  # fmt: skip
    return model, history


def run_levels(
    parameters: ImageParameters,
    over: str,
    data: Data,
    train: Train,
    *,
    progress: bool | str,
) -> xr.Dataset:
    """
    Train and measure one network per level and seed.

    Parameters
    ----------
    parameters
        Of the experiment; the attribute `over` holds the levels.
    over
        Name of the levels: ``alpha`` or ``beta``.
    data
        Function (parameters, level, seed) → training and validation examples.
    train
        Function (parameters, examples, validation, seed, checkpoint=) → network and history.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        As `infonb.experiments.sweep.sweep`; measured on the validation examples.
    """

    def measure(
        level: float, model: nn.Module, history: xr.Dataset, validation: xr.Dataset, seed: int
    ) -> xr.Dataset:
        return measure_run(
            model, history, validation,
            layers=hidden_layers(parameters.depth, parameters.activations),
            bins=parameters.bins, edges=parameters.edges, k=parameters.k,
            mi_samples=parameters.mi_samples,
        )  # fmt: skip

    results = sweep(
        parameters, over, getattr(parameters, over),
        data=lambda level, seed: data(parameters, level, seed),
        train=lambda level, examples, validation, seed, checkpoint: train(
            parameters, examples, validation, seed, checkpoint=checkpoint,
            progress="transient" if progress is True else False,
        ),
        measure=measure, progress=progress,
    )  # fmt: skip
    return results.assign_attrs(describe_run(parameters), dataset=parameters.dataset)


def claims_table(
    results: xr.Dataset,
    over: str,
    symbol: str,
    *,
    entropy_direction: int,
    paper: xr.Dataset,
) -> ClaimsTable:
    """
    Return the paper's claims on the lowest and the highest level beside what was found.

    Parameters
    ----------
    results
        What `run_levels` returned.
    over, symbol
        Name and symbol of the levels: ``alpha`` and α, or ``beta`` and β.
    entropy_direction
        1 if the paper has the entropy rise with the level, -1 if it falls; MI goes the other way.
    paper
        The paper's ``median_entropy`` (layer, `over`), ``mutual_information`` (layer) in words,
        ``validation_accuracy`` (`over`), and its ranking as attributes.

    Returns
    -------
    ClaimsTable
        Without rows, and saying why, if there is only one level.
    """
    levels = results[over].values
    if levels.size < 2:
        return ClaimsTable([], f"There is one {symbol} only; give at least two, such as 0,1.")
    start, end = float(levels.min()), float(levels.max())
    rows = layer_claims(results, over, start, end, entropy_direction=entropy_direction, paper=paper)
    found = change(results.final_validation_accuracy, over, start, end)
    accuracy = paper.validation_accuracy
    reported = start in accuracy[over].values and end in accuracy[over].values
    ends = (
        [f"{float(accuracy.sel({over: level})):.3g}" for level in (start, end)] if reported else []
    )
    numbers = " → ".join(ends) or "not reported"
    rows.append(Claim("validation accuracy falls", "network", -1, numbers, *found))
    rows += rank_claims(results, over, entropy_sign=-entropy_direction, paper=paper)
    return ClaimsTable(
        rows,
        f"Differences from {symbol} = {start:g} to {symbol} = {end:g}, one for each seed; entropy "
        f"and MI in nats. {INTERVALS} The paper's numbers are those of MNIST, read off its "
        f"figures; here: {results.attrs['dataset']}.",
    )
