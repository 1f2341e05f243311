"""Contexts: what objects that always stand in the same place do to entropy and information.

Bansal, Pruthi and Belinkov (2022), section 4, Figure 5 (NICO++, ResNet-18). In the unbalanced
training set every object has its own context (bears on grass, dogs in water), in the balanced one
every object is in all contexts. Networks that tell the context instead of the object memorize a
heuristic (hypothesis H1).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.experiments.claims import Claim, ClaimsTable, change, change_of_median
from infonb.experiments.claims.rows import median_within_layers, within_layer
from infonb.experiments.networks import (
    MAX_SEED,
    MeasureParameters,
    PresetParameters,
    describe_run,
)
from infonb.experiments.parameters import ParameterError, ParameterSet, parameter
from infonb.experiments.sweep import sweep

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = [
    "CLAIM", "SETTINGS", "STAGES", "Parameters", "accuracy_by_context", "by_estimator", "claims",
    "data", "draw_neurons", "measure", "run", "train",
]  # fmt: skip

CLAIM = (
    "H1: where every object has its own context in training, the entropy of neurons is lower and "
    "the mutual information between neurons higher than where it is in all contexts."
)

#: The two training sets; the measures are compared from the first to the second.
SETTINGS = ("balanced", "unbalanced")

#: The residual stages whose pooled outputs are the neurons.
STAGES = ("stage1", "stage2", "stage3", "stage4")

#: How many scenes are generated if the parameters do not say; there is no end of them.
_SCENES = {"n_train": 800, "n_evaluation": 400}


@dataclass(frozen=True)
class NetworkParameters(ParameterSet):
    """Parameters of data, network and training."""

    dataset: str = parameter(
        "scenes", "scenes: generated, offline; waterbirds: in INFONB_DATA; nico: in folder",
        choices=["scenes", "waterbirds", "nico"],
    )  # fmt: skip
    folder: str = parameter(
        "", "where the images of waterbirds or nico are; empty: INFONB_DATA", affects="selection"
    )
    seed: list[int] = parameter(
        [0, 1, 2], "one pair of networks for each seed", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip
    n_train: int = parameter(0, "training examples; 0: all (scenes: 800)", minimum=0)
    n_evaluation: int = parameter(0, "evaluation examples; 0: all (scenes: 400)", minimum=0)
    size: int = parameter(24, "rows and columns of an image", minimum=8)
    width: int = parameter(8, "channels of the first stage; 64 is ResNet-18's", minimum=1)
    stem: str = parameter(
        "small", "first layers: standard (to a quarter of the size) or small (at full size)",
        choices=["standard", "small"],
    )  # fmt: skip
    epochs: int = parameter(6, "passes over the training examples", minimum=1)
    batch_size: int = parameter(64, "examples in a step", minimum=2)
    optimizer: str = parameter("adam", "adam or rmsprop", choices=["adam", "rmsprop"])
    learning_rate: float = parameter(4e-3, "of the optimiser", minimum=0)
    activations: str = parameter(
        "post", "measure before (pre) or after (post) the last ReLU of a stage",
        choices=["pre", "post"], affects="measures",
    )  # fmt: skip
    mi_neurons: int = parameter(
        0, "neurons drawn from all stages for mutual information; 0: all", minimum=0,
        affects="measures",
    )  # fmt: skip


@dataclass(frozen=True)
class Parameters(MeasureParameters, NetworkParameters, PresetParameters):
    """Parameters of the experiment; the notebook has the same names, defaults and help texts."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper": {
            "dataset": "nico",
            "seed": [0, 1, 2, 3, 4],
            "size": 64,
            "width": 64,
            "stem": "standard",
            "epochs": 50,
            "batch_size": 64,
            "optimizer": "rmsprop",
            "learning_rate": 1e-5,
            "mi_neurons": 768,
        }
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        n = self.n_evaluation or (_SCENES["n_evaluation"] if self.dataset == "scenes" else 0)
        if n and self.mi_samples > n:
            raise ParameterError(
                f"mi_samples must be at most the number of evaluation examples, {n}; "
                f"not {self.mi_samples}. 0 takes all."
            )
        measured = self.mi_samples or n
        if measured and self.k >= measured:
            what = "mi_samples" if self.mi_samples else "the number of evaluation examples"
            raise ParameterError(f"k must be below {what}, {measured}; not {self.k}.")


def data(parameters: Parameters, setting: str, seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return training and evaluation examples; the evaluation is balanced over contexts.

    Examples
    --------
    >>> train, evaluation = data(Parameters(n_train=64, n_evaluation=32), "unbalanced", seed=0)
    >>> dict(train.input.sizes)
    {'sample': 64, 'channel': 3, 'row': 24, 'column': 24}
    """
    from infonb import data as sets

    options: dict[str, Any] = {
        "n_train": parameters.n_train or None,
        "n_evaluation": parameters.n_evaluation or None,
        "size": parameters.size,
        "seed": seed,
    }
    if parameters.dataset == "scenes":
        options |= {name: options[name] or size for name, size in _SCENES.items()}
        return sets.context_scenes(setting, **options)
    load = {"waterbirds": sets.waterbirds, "nico": sets.nico}[parameters.dataset]
    return load(setting, folder=parameters.folder or None, **options)


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
    >>> parameters = Parameters(width=2, epochs=1, n_train=64, n_evaluation=32)
    >>> model, history = train(parameters, *data(parameters, "unbalanced", seed=0), seed=0)
    >>> int(history.n_training.sum())
    64
    """
    from infonb.networks.resnet import ResNet18
    from infonb.training import fit

    n_classes = 1 + int(max(examples.label.max(), evaluation.label.max()))
    model = ResNet18(
        examples.sizes["channel"], n_classes, width=parameters.width, stem=parameters.stem,
        seed=seed,
    )  # fmt: skip
    adam = parameters.optimizer == "adam"
    # in narrow networks several threads only wait for each other
    with _threads(1 if parameters.width < 32 else None):
        history = fit(
            model, examples, evaluation, epochs=parameters.epochs,
            batch_size=parameters.batch_size, learning_rate=parameters.learning_rate,
            optimizer="adam" if adam else _rmsprop(parameters.learning_rate), seed=seed,
            keep="last", checkpoint=checkpoint, save_every=5, progress=progress,
        )  # fmt: skip
    counts = _by_pair(np.ones(examples.sizes["sample"]), examples)
    return model, history.assign(n_training=counts.astype(int))


@contextmanager
def _threads(number: int | None = None) -> Iterator[None]:
    """Let torch use so many threads (None: as many as before), and as many as before afterwards."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _rmsprop(learning_rate: float) -> Any:
    def make(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(parameters, lr=learning_rate)

    return make


def measure(
    parameters: Parameters, model: nn.Module, history: xr.Dataset, evaluation: xr.Dataset
) -> xr.Dataset:
    """
    Record a trained network on the evaluation examples and measure it; labels only for accuracy.

    Returns
    -------
    xarray.Dataset
        ``activation`` (layer, neuron, sample); ``entropy`` (layer, neuron) and
        ``mutual_information`` (layer, neuron, other_layer, other_neuron) in nats, NaN for neurons
        that were not drawn; ``pair_accuracy`` and ``n_training`` (object_name, context_name); the
        curves of the training (epoch) and ``final_...``: their last values.
    """
    from infonb.activations import record
    from infonb.measures import TiesWarning, entropy, mutual_information

    hook = {"post": "output", "pre": "input"}[parameters.activations]
    places = {stage: stage if hook == "output" else f"{stage}.block2.relu2" for stage in STAGES}
    run = record(model, evaluation, layers=places, hook=hook, progress=False)
    drawn = draw_neurons(run.activation, parameters.mi_neurons)
    # numba's threads, when they start, set the number of torch's: the next network would differ
    with _threads(), warnings.catch_warnings():
        # the paper's estimator is kept where channels are 0; `by_estimator` says what it does then
        warnings.simplefilter("ignore", TiesWarning)
        run["entropy"] = entropy(run.activation, bins=parameters.bins, edges=parameters.edges)
        information = mutual_information(
            drawn, k=parameters.k, max_samples=parameters.mi_samples or None
        )
    run["mutual_information"] = _in_place(information, run.activation)
    correct = (run.prediction == run.label).values
    run["pair_accuracy"] = _by_pair(correct, evaluation) / _by_pair(
        np.ones(correct.size), evaluation
    )
    run["n_training"] = history.n_training
    for name, curve in history.drop_vars("n_training").data_vars.items():
        run[name] = curve
        run[f"final_{name}"] = curve.isel(epoch=-1, drop=True)
    return run


def _by_pair(values: np.ndarray, examples: xr.Dataset) -> xr.DataArray:
    """Return the sum of values (sample) for each object in each context."""
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


def draw_neurons(activation: xr.DataArray, n: int, *, seed: int = 0) -> xr.DataArray:
    """
    Return the activations of some neurons, drawn from each layer in proportion to its width.

    Parameters
    ----------
    activation
        Dims (layer, neuron, sample), NaN beyond the coordinate ``width`` of the layer.
    n
        How many in all; 0, or as many as there are: all. The paper draws 768 of 960.
    seed
        Of the draw.

    Returns
    -------
    xarray.DataArray
        The same dims; the coordinate ``drawn_neuron`` (layer, neuron) tells which neurons were
        drawn, -1 beyond the ``width`` of the layer.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"a": np.zeros((5, 2)), "b": np.ones((5, 4))}).activation
    >>> drawn = draw_neurons(acts, 3)
    >>> drawn.width.values, drawn.drawn_neuron.values[0]
    (array([1, 2]), array([ 1, -1]))
    """
    widths = activation.width.values
    total = int(widths.sum())
    n = min(n, total) or total
    shares = n * widths / total
    sizes = np.floor(shares).astype(int)
    sizes[np.argsort(sizes - shares, kind="stable")[: n - sizes.sum()]] += 1
    rng = np.random.default_rng(seed)
    drawn = np.full((len(widths), sizes.max()), -1)
    values = np.full((*drawn.shape, activation.sizes["sample"]), np.nan, activation.dtype)
    for row, (width, size) in enumerate(zip(widths, sizes, strict=True)):
        drawn[row, :size] = np.sort(rng.choice(width, size, replace=False))
        values[row, :size] = activation.values[row, drawn[row, :size]]
    return xr.DataArray(
        values,
        {
            "layer": activation.layer,
            "width": ("layer", sizes),
            "drawn_neuron": (("layer", "neuron"), drawn),
        },
        ("layer", "neuron", "sample"),
    )


def _in_place(information: xr.DataArray, activation: xr.DataArray) -> xr.DataArray:
    """Return the MI of drawn neurons where they stand among all neurons; NaN elsewhere."""
    drawn = information.drawn_neuron.values
    rows, slots = np.nonzero(drawn >= 0)
    among = rows, drawn[rows, slots]
    shape = activation.sizes["layer"], activation.sizes["neuron"]
    full = np.full((*shape, *shape), np.nan)
    full[among[0][:, None], among[1][:, None], among[0], among[1]] = information.values[
        rows[:, None], slots[:, None], rows, slots
    ]
    coords = {
        f"{other}{name}": (f"{other}{dim}", activation[name].values)
        for other in ("", "other_")
        for name, dim in (("layer", "layer"), ("width", "layer"), ("neuron", "neuron"))
    }
    dims = ("layer", "neuron", "other_layer", "other_neuron")
    return xr.DataArray(full, coords, dims, attrs=information.attrs | {"neurons": rows.size})


def run(parameters: Parameters, *, progress: bool | str = True) -> xr.Dataset:
    """
    Train and measure a network on each training set for each seed.

    Parameters
    ----------
    parameters
        Of the experiment.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        What `measure` returns, with the dims (setting, seed, ...); ``activation`` (setting,
        layer, neuron, sample) of the first seed.

    Examples
    --------
    >>> small = Parameters(seed=0, width=2, epochs=1, n_train=32, n_evaluation=32)
    >>> results = run(small, progress=False)
    >>> dict(results.entropy.sizes)
    {'setting': 2, 'seed': 1, 'layer': 4, 'neuron': 16}
    """
    results = sweep(
        parameters, "setting", SETTINGS,
        data=lambda setting, seed: data(parameters, setting, seed),
        train=lambda setting, examples, evaluation, seed, checkpoint: train(
            parameters, examples, evaluation, seed, checkpoint=checkpoint
        ),
        measure=lambda setting, model, history, evaluation, seed: measure(
            parameters, model, history, evaluation
        ),
        progress=progress,
    )  # fmt: skip
    return results.assign_attrs(describe_run(parameters), dataset=parameters.dataset)


def accuracy_by_context(results: xr.Dataset) -> xr.DataArray:
    """
    Return the accuracy on objects in their usual context, and in the others.

    Parameters
    ----------
    results
        What `run` returned.

    Returns
    -------
    xarray.DataArray
        Dims (setting, seed, context); the usual context of an object is the one that it has in
        the unbalanced training set. All pairs of object and context count alike.

    Examples
    --------
    >>> small = Parameters(seed=0, width=2, epochs=1, n_train=32, n_evaluation=32)
    >>> accuracy_by_context(run(small, progress=False)).context.values.tolist()
    ['usual', 'another']
    """
    pairs = ["object_name", "context_name"]
    usual = results.n_training.sel(setting="unbalanced").isel(seed=0, drop=True) > 0
    usual = usual.reset_coords(drop=True)
    kinds = [results.pair_accuracy.where(where).mean(pairs) for where in (usual, ~usual)]
    index = xr.DataArray(np.array(["usual", "another"], dtype=object), dims="context")
    accuracy = xr.concat(kinds, dim=index.assign_coords(context=index).context)
    return accuracy.transpose("setting", "seed", "context").rename("accuracy")


def by_estimator(activation: xr.DataArray, *, k: int = 3, neurons: int = 48) -> xr.DataArray:
    """
    Return the median MI within each stage by two estimators, of which one knows of ties.

    Parameters
    ----------
    activation
        Dims (setting, layer, neuron, sample).
    k
        Neighbours.
    neurons
        At most so many neurons of each stage are drawn.

    Returns
    -------
    xarray.DataArray
        Dims (setting, estimator, layer) in nats: ``ksg`` (the paper), made for continuous
        variables, and ``mixture``, which is right too where many values are exactly 0.

    Examples
    --------
    >>> import infonb as inb
    >>> values = np.random.default_rng(0).normal(size=(200, 3))
    >>> acts = inb.from_arrays({"stage1": np.maximum(values, 0)}).activation
    >>> by_estimator(acts.expand_dims(setting=["balanced"])).round(1).values.ravel()
    array([-0.7, 0. ])
    """
    from infonb.measures import TiesWarning, mutual_information

    names = np.array(["ksg", "mixture"], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TiesWarning)
        medians = [
            median_within_layers(
                mutual_information(activation, estimator=name, k=k, within="layer", neurons=neurons)
            ).drop_vars("drawn_neuron", errors="ignore")
            for name in names
        ]
    index = xr.DataArray(names, dims="estimator", coords={"estimator": names}, name="estimator")
    return xr.concat(medians, dim=index).transpose("setting", "estimator", "layer")


def claims(results: xr.Dataset) -> ClaimsTable:
    """
    Return the table of the paper's claims beside what `run` found.

    Parameters
    ----------
    results
        What `run` returned.

    Examples
    --------
    >>> small = Parameters(seed=0, width=2, epochs=1, n_train=32, n_evaluation=32)
    >>> [claim.where for claim in claims(run(small, progress=False)).claims][:4]
    ['stage1', 'stage2', 'stage3', 'stage4']
    """
    ends = ("setting", *SETTINGS)
    information = results.mutual_information
    rows = []
    for stage in results.layer.values:
        found = change_of_median(results.entropy.sel(layer=stage, drop=True), *ends)
        rows.append(Claim("median entropy is lower when unbalanced", stage, -1, _FIGURE, *found))
    for stage in results.layer.values:
        found = change_of_median(within_layer(information, stage), *ends)
        statement = "median mutual information is higher when unbalanced"
        rows.append(Claim(statement, stage, 1, _DENSITY, *found))
    same = (information.layer == information.other_layer) & (
        information.neuron == information.other_neuron
    )
    pairs = ["layer", "neuron", "other_layer", "other_neuron"]
    for quantile, word in ((0.5, "median"), (0.9, "9th decile")):
        values = information.where(~same).quantile(quantile, pairs)
        statement = f"{word} of mutual information is higher when unbalanced"
        rows.append(Claim(statement, "all pairs", 1, _DENSITY, *change(values, *ends)))
    found = change(results.final_validation_accuracy, *ends)
    statement = "accuracy in all contexts is lower when unbalanced"
    rows.append(Claim(statement, "network", -1, "not reported", *found))
    return ClaimsTable(
        rows,
        "Differences from balanced to unbalanced training, one for each seed; entropy and MI in "
        "nats. Figure 5 of the paper (NICO++) shows the directions; here: "
        f"{results.attrs['dataset']}.",
    )


#: What Figure 5 shows: no numbers can be read off it.
_FIGURE = "lower at every stage"
_DENSITY = "more pairs at high MI"
