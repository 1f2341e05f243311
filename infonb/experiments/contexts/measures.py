"""What is measured on a network that sees objects in contexts."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.dims import median_within_layers
from infonb.experiments.contexts.drawn import draw_neurons, in_place
from infonb.experiments.contexts.training import sum_by_pair
from infonb.experiments.networks import with_history

if TYPE_CHECKING:
    from torch import nn

    from infonb.experiments.contexts import Parameters

__all__ = ["STAGES", "accuracy_by_context", "by_estimator", "measure", "usual_contexts"]

#: The residual stages whose pooled outputs are the neurons.
STAGES = ("stage1", "stage2", "stage3", "stage4")


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
        that were not drawn; ``median_entropy`` (relu, edges, layer) in nats, before and after the
        last ReLU of a stage, by bins common to all neurons and by each neuron's own;
        ``pair_accuracy`` and ``n_training`` (object_name, context_name); the
        curves of the training (epoch) and ``final_...``: their last values.
    """
    from infonb.measures import TiesWarning, entropy, mutual_information

    sides = {side: _record(model, evaluation, side) for side in ("pre", "post")}
    run = sides[parameters.activations]
    drawn = draw_neurons(run.activation, parameters.mi_neurons)
    with warnings.catch_warnings():
        # the paper's estimator is kept where channels are 0; `by_estimator` says what it does then
        warnings.simplefilter("ignore", TiesWarning)
        run["entropy"] = entropy(run.activation, bins=parameters.bins, edges=parameters.edges)
        information = mutual_information(
            drawn, k=parameters.k, max_samples=parameters.mi_samples or None
        )
    run["mutual_information"] = in_place(information, run.activation)
    run["median_entropy"] = _medians(
        {side: one.activation for side, one in sides.items()}, parameters.bins
    )
    correct = (run.prediction == run.label).values
    run["pair_accuracy"] = sum_by_pair(correct, evaluation) / sum_by_pair(
        np.ones(correct.size), evaluation
    )
    run["n_training"] = history.n_training
    return with_history(run, history.drop_vars("n_training"))


def _record(model: nn.Module, evaluation: xr.Dataset, side: str) -> xr.Dataset:
    """Return the pooled stages before (pre) or after (post) their last ReLU."""
    from infonb.activations import record

    hook = {"post": "output", "pre": "input"}[side]
    places = {stage: stage if side == "post" else f"{stage}.block2.relu2" for stage in STAGES}
    return record(model, evaluation, layers=places, hook=hook, progress=False)


def _medians(sides: dict[str, xr.DataArray], bins: int) -> xr.DataArray:
    """Return the median entropy of each stage, by side of the ReLU and choice of bins."""
    from infonb.measures import entropy

    values = [
        [entropy(one, bins=bins, edges=edges).median("neuron") for edges in ("common", "neuron")]
        for one in sides.values()
    ]
    relu, edges = (
        np.array(names, dtype=object) for names in (["before", "after"], ["common", "neuron"])
    )
    coords = {"relu": relu, "edges": edges, "layer": values[0][0].layer.values}
    return xr.DataArray(
        np.array([[one.values for one in row] for row in values]), coords, tuple(coords),
        attrs={"units": "nat"},
    )  # fmt: skip


def usual_contexts(results: xr.Dataset) -> xr.DataArray:
    """
    Return which context is the usual one of each object: that of the unbalanced training set.

    Parameters
    ----------
    results
        What `run` returned.

    Returns
    -------
    xarray.DataArray
        Dims (object_name, context_name), true or false.

    Examples
    --------
    >>> counts = xr.DataArray(
    ...     [[[[3, 3], [3, 3]]], [[[6, 0], [0, 6]]]], {"setting": ["balanced", "unbalanced"]},
    ...     ("setting", "seed", "object_name", "context_name"),
    ... )
    >>> usual_contexts(xr.Dataset({"n_training": counts})).values
    array([[ True, False],
           [False,  True]])
    """
    counts = results.n_training.sel(setting="unbalanced").isel(seed=0, drop=True)
    return (counts > 0).reset_coords(drop=True)


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
    >>> from infonb.experiments.contexts import Parameters, run
    >>> small = Parameters(seed=0, width=2, epochs=1, n_train=32, n_evaluation=32)
    >>> accuracy_by_context(run(small, progress=False)).context.values.tolist()
    ['usual', 'another']
    """
    pairs = ["object_name", "context_name"]
    usual = usual_contexts(results)
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
            )
            for name in names
        ]
    index = xr.DataArray(names, dims="estimator", coords={"estimator": names}, name="estimator")
    return xr.concat(medians, dim=index).transpose("setting", "estimator", "layer")
