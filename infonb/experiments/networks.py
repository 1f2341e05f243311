"""The steps that every experiment shares: train a network, record it, measure it, collect runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.parameters import ParameterError, ParameterSet, parameter
from infonb.progress import progress_bar

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "MAX_SEED",
    "DeviceParameters",
    "MeasureParameters",
    "PresetParameters",
    "collect",
    "describe_run",
    "hidden_layers",
    "measure_run",
    "save_results",
    "with_history",
]


#: The largest seed that all generators take.
MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class MeasureParameters(ParameterSet):
    """The parameters that close the list of every experiment: measures, controls, results."""

    bins: int = parameter(100, "bins of the entropy", minimum=1, affects="measures")
    edges: str = parameter(
        "common", "bins common to all neurons, or for each neuron its own",
        choices=["common", "neuron"], affects="measures",
    )  # fmt: skip
    k: int = parameter(
        3, "neighbours of the KSG estimator of mutual information", minimum=1, affects="measures"
    )
    mi_samples: int = parameter(
        0, "examples drawn for mutual information; 0: all", minimum=0, affects="measures"
    )
    cache: str = parameter(
        "", "folder that keeps finished runs; empty: the user's cache; none: no folder",
        affects="selection",
    )  # fmt: skip
    interactive: bool = parameter(True, "live controls; false: pictures only", affects="selection")
    results: str = parameter(
        "", "where to save the labelled results (.zarr); empty: nowhere", affects="selection"
    )

    def check_measured(self, n: int, what: str) -> None:
        """Raise unless `n` samples, called `what`, are enough for `mi_samples` and `k`."""
        if self.mi_samples > n:
            raise ParameterError(
                f"mi_samples must be at most the number of {what}, {n}; not {self.mi_samples}. "
                "0 takes all."
            )
        if self.k >= (self.mi_samples or n):
            most = "mi_samples" if self.mi_samples else f"the number of {what}"
            raise ParameterError(f"k must be below {most}, {self.mi_samples or n}; not {self.k}.")


@dataclass(frozen=True)
class DeviceParameters(ParameterSet):
    """Where networks are trained that are large enough for it to matter."""

    device: str = parameter(
        "cpu", "where networks are trained; auto: on a GPU if there is one",
        choices=["cpu", "cuda", "auto"],
    )  # fmt: skip

    def check_device(self) -> None:
        """Raise a ValueError if there is no such device here."""
        if self.device != "cpu":  # which needs no torch to know
            from infonb.training.device import choose_device

            choose_device(self.device)


@dataclass(frozen=True)
class PresetParameters(ParameterSet):
    """The parameter that opens the list of an experiment with presets."""

    preset: str = parameter(
        "small", "small: the values below; paper: the paper's, for those left as they are",
        choices=["small", "paper"], affects="selection",
    )  # fmt: skip


def name_of(parameters: ParameterSet) -> str:
    """Return the name of the experiment that parameters belong to."""
    return type(parameters).__module__.removesuffix(".experiment").rpartition(".")[2]


def describe_run(parameters: ParameterSet) -> dict[str, str]:
    """
    Return attributes that say how results came about: experiment, parameters, versions.

    Examples
    --------
    >>> describe_run(MeasureParameters())["parameters"][:25]
    '{"bins": 100, "edges": "c'
    """
    import torch

    from infonb.version import __version__

    where = ("interactive", "results", "cache")  # how it is shown and where it is kept
    own = {k: v for k, v in asdict(parameters).items() if k not in where}  # type: ignore[call-overload]
    return {
        "experiment": name_of(parameters),
        "parameters": json.dumps(own),
        "versions": f"infonb {__version__}, torch {torch.__version__}",
    }


def hidden_layers(depth: int, activations: str) -> list[str]:
    """
    Return the names of an MLP's layers to record, before or after the ReLU.

    Examples
    --------
    >>> hidden_layers(2, "pre"), hidden_layers(2, "post")
    (['fc1', 'fc2'], ['relu1', 'relu2'])
    """
    stem = {"pre": "fc", "post": "relu"}[activations]
    return [f"{stem}{i}" for i in range(1, depth + 1)]


def measure_run(
    model: nn.Module,
    history: xr.Dataset,
    data: xr.Dataset,
    *,
    layers: Sequence[str],
    bins: int,
    edges: str,
    k: int,
    mi_samples: int = 0,
) -> xr.Dataset:
    """
    Record a trained network on unlabelled examples and return all that a run leaves behind.

    Parameters
    ----------
    model
        A trained network.
    history
        What `infonb.fit` returned.
    data
        Examples to record, ``input`` (sample, ...).
    layers
        Names of the layers.
    bins, edges
        Of `infonb.entropy`.
    k
        Of `infonb.mutual_information` (KSG).
    mi_samples
        Examples that are drawn for it (seed 0); 0: all.

    Returns
    -------
    xarray.Dataset
        ``activation`` (layer, neuron, sample), ``entropy`` (layer, neuron) and
        ``mutual_information`` (layer, neuron, other_layer, other_neuron) in nats, the curves of
        the training (epoch), and ``final_...``: its values at the epoch whose weights were kept.
    """
    from infonb.activations import record
    from infonb.measures import entropy, mutual_information

    run = record(model, data, layers=list(layers), progress=False)
    run["entropy"] = entropy(run.activation, bins=bins, edges=edges)
    run["mutual_information"] = mutual_information(
        run.activation, k=k, max_samples=mi_samples or None
    )
    return with_history(run, history)


def with_history(run: xr.Dataset, history: xr.Dataset) -> xr.Dataset:
    """
    Return what was measured with the course of the training beside it.

    Parameters
    ----------
    run
        Anything measured on the network.
    history
        What `infonb.fit` returned.

    Returns
    -------
    xarray.Dataset
        With the curves (epoch), ``final_...``, their values at the epoch whose weights were kept,
        and the number of ``epochs``.

    Examples
    --------
    >>> curve = {"train_accuracy": ("epoch", [0.5, 0.9, 0.8])}
    >>> history = xr.Dataset(curve, {"epoch": [1, 2, 3]}, {"keep": "best", "best_epoch": 2})
    >>> float(with_history(xr.Dataset(), history).final_train_accuracy)
    0.9
    """
    kept = history.attrs["best_epoch"] if history.attrs["keep"] == "best" else history.epoch[-1]
    final = {
        f"final_{name}": curve.sel(epoch=kept, drop=True)
        for name, curve in history.data_vars.items()
    }
    return run.assign(history.data_vars).assign(final).assign(epochs=history.sizes["epoch"])


def collect(
    run_one: Callable[[Any, int], xr.Dataset],
    over: Hashable,
    levels: Sequence[Any],
    seeds: Sequence[int],
    *,
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Make one run per level and seed and put them into one labelled result.

    Parameters
    ----------
    run_one
        Function (level, seed) → result of `measure_run`.
    over
        Name of the dimension of the levels, such as ``alpha``.
    levels, seeds
        Labels along `over` and ``seed``.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        The runs with the dims (`over`, ``seed``, ...). Training curves of different length are
        filled with NaN. ``activation``, if there is one, is kept for the first seed only, without
        ``seed``.

    Examples
    --------
    >>> def run_one(level, seed):
    ...     return xr.Dataset({"activation": ("sample", [level]), "entropy": level + seed})
    >>> collect(run_one, "alpha", [0.0, 1.0], [0, 1], progress=False).entropy.values
    array([[0., 1.],
           [1., 2.]])
    """
    bar = progress_bar(
        show=progress, total=len(levels) * len(seeds), desc="networks", unit="network"
    )
    rows, activations = [], []
    with bar:
        for level in levels:
            runs = []
            for seed in seeds:
                run = run_one(level, seed)
                if seed == seeds[0] and "activation" in run:
                    activations.append(run.activation)
                runs.append(_plain(run.drop_vars("activation", errors="ignore")))
                bar.update(1)
            rows.append(_join(runs, "seed", seeds))
    result = _join(rows, over, levels)
    if activations:
        result["activation"] = xr.concat(
            [array.drop_attrs() for array in activations],
            dim=_index(over, levels), coords="minimal", compat="override", join="override",
        )  # fmt: skip
        result["activation"].attrs["long_name"] = f"activation (seed {seeds[0]})"
    for name, measured in run.data_vars.items():
        if name in result and "units" in measured.attrs:
            result[name].attrs = dict(measured.attrs)
    return result


def _plain(run: xr.Dataset) -> xr.Dataset:
    """Drop what belongs to single examples: it differs between seeds."""
    return run.drop_dims("sample", errors="ignore").drop_attrs()


def _index(name: Hashable, labels: Sequence[Any]) -> xr.DataArray:
    values = np.array(list(labels), dtype=object if isinstance(labels[0], str) else None)
    return xr.DataArray(values, dims=(name,), coords={name: values}, name=name)


def _join(runs: Sequence[xr.Dataset], name: Hashable, labels: Sequence[Any]) -> xr.Dataset:
    return xr.concat(
        runs, dim=_index(name, labels), join="outer", data_vars="all", coords="minimal",
        compat="override",
    )  # fmt: skip


def save_results(results: xr.Dataset, path: str | Path) -> None:
    """
    Save the labelled results of an experiment as a zarr store; do nothing if `path` is empty.

    A store that is already there is replaced once the new one is whole.

    Examples
    --------
    >>> save_results(xr.Dataset(), "")
    """
    if path:
        from infonb.storage import save_dataset

        save_dataset(results, path, overwrite=True)
