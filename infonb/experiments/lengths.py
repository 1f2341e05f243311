"""What decides a claim besides the bins: the length of training, and the side of the ReLU."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.dims import median_within_layers
from infonb.experiments.digits import Data, ImageParameters, Train
from infonb.experiments.networks import hidden_layers
from infonb.experiments.sweep import sweep

if TYPE_CHECKING:
    from torch import nn

__all__ = ["over_lengths"]

#: Lengths of training that are compared, as parts of the longest.
PARTS = (0.125, 0.25, 0.5, 1.0)

#: At most so many neurons of each layer, and so many examples, for mutual information.
NEURONS, SAMPLES = 24, 1000


def over_lengths(
    parameters: ImageParameters,
    over: str,
    ends: Sequence[float],
    *,
    data: Data,
    train: Train,
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Train the networks of two levels for several lengths, and measure them by every convention.

    Parameters
    ----------
    parameters
        Of the experiment; ``epochs`` is the greatest length.
    over
        Name of the levels: ``alpha`` or ``beta``.
    ends
        The two levels that are compared.
    data, train
        As in `infonb.experiments.digits.run_levels`.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        For the first seed: ``entropy`` (`over`, epochs, relu, edges, layer), medians over neurons
        in nats, where ``relu`` is before or after it; ``mutual_information`` (`over`, epochs, relu,
        layer), medians over the pairs of at most 24 drawn neurons on at most 1,000 drawn examples,
        by the mixture estimator, which is right after a ReLU too and KSG's where nothing is tied;
        ``train_accuracy`` (`over`, epochs).

    Notes
    -----
    Trainings and results are kept like those of a sweep. Training that stops
    early (``stop_at``, ``patience``) is not longer than that.

    Examples
    --------
    >>> from infonb.experiments import shuffled_digits as experiment
    >>> small = experiment.Parameters(width=8, epochs=8, seed=0, n_train=100, cache="none")
    >>> found = over_lengths(
    ...     small, "beta", [0.0, 1.0], data=experiment.data, train=experiment.train, progress=False
    ... )
    >>> dict(found.entropy.sizes)
    {'beta': 2, 'epochs': 4, 'relu': 2, 'edges': 2, 'layer': 3}
    """
    lengths = sorted({max(1, round(part * parameters.epochs)) for part in PARTS})
    first = parameters.changed(seed=parameters.seed[:1])

    def train_all(
        name: str, examples: xr.Dataset, part: xr.Dataset, seed: int, checkpoint: Path | None
    ) -> tuple[nn.Module, xr.Dataset]:
        from torch import nn

        models = nn.ModuleList()
        with TemporaryDirectory() as temporary:
            before = None
            for length in lengths:
                folder = Path(checkpoint or temporary, f"{length} epochs")
                if before is not None and not folder.exists():
                    _copy(before, folder)  # each length goes on from the one before
                model, history = train(
                    first.changed(epochs=length), examples, part, seed, checkpoint=folder
                )
                models.append(model)
                before = folder
        return models, history

    def measure(
        name: str, models: Any, history: xr.Dataset, part: xr.Dataset, seed: int
    ) -> xr.Dataset:
        found = xr.concat([_measured(first, model, part) for model in models], "epochs")
        # training that stopped early stays as it was then
        curve = history.train_accuracy.reindex(epoch=lengths, method="ffill")
        return found.assign(train_accuracy=("epochs", curve.values))

    names = {f"{over} = {end!r}, over {lengths} epochs": end for end in map(float, ends)}
    runs = sweep(
        first, over, list(names),
        data=lambda name, seed: data(first, names[name], seed),
        train=train_all, measure=measure, progress=progress,
    )  # fmt: skip
    runs = runs.isel(seed=0, drop=True).assign_coords({over: list(names.values())})
    return runs.assign_coords(epochs=lengths)


def _copy(before: Path, folder: Path) -> None:
    """Copy the checkpoint of a training, wholly or not at all."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(before, partial)
    partial.rename(folder)


def _measured(parameters: ImageParameters, model: nn.Module, examples: xr.Dataset) -> xr.Dataset:
    """Return the medians of one network, before and after the ReLU, by common and own bins."""
    from infonb.activations import record
    from infonb.measures import entropy, mutual_information

    sides = []
    for side in ("pre", "post"):
        layers = hidden_layers(parameters.depth, side)
        activation = record(model, examples, layers=layers, progress=False).activation
        activation = activation.drop_attrs().assign_coords(layer=np.arange(1, parameters.depth + 1))
        entropies = [
            _plain(entropy(activation, bins=parameters.bins, edges=edges).median("neuron"))
            for edges in ("common", "neuron")
        ]
        information = mutual_information(
            activation, estimator="mixture", k=parameters.k, within="layer", neurons=NEURONS,
            max_samples=min(SAMPLES, activation.sizes["sample"]), seed=0,
        )  # fmt: skip
        medians = _plain(median_within_layers(information))
        sides.append(
            xr.Dataset({"entropy": xr.concat(entropies, "edges"), "mutual_information": medians})
        )
    both = xr.concat(sides, "relu").assign_coords(
        relu=np.array(["before", "after"], dtype=object),
        edges=np.array(["common", "neuron"], dtype=object),
    )
    for name in both.data_vars:
        both[name].attrs["units"] = "nat"
    return both


def _plain(medians: xr.DataArray) -> xr.DataArray:
    """Return medians with the layer as only coordinate."""
    return medians.reset_coords(drop=True).drop_attrs()
