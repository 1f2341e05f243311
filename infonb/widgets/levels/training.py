"""Move through the epochs of a training and see entropy and mutual information change."""

from __future__ import annotations

from typing import Any

import xarray as xr

from infonb.dims import with_layer
from infonb.validate import check_choice, check_dim
from infonb.widgets.levels.checks import check_labels, only_measured
from infonb.widgets.levels.levels import Levels
from infonb.widgets.levels.panel import LevelsPanel

__all__ = ["explore_training"]

_WORDS = {"train": "training", "validation": "validation"}


def explore_training(
    results: xr.Dataset | xr.DataArray,
    history: xr.Dataset | None = None,
    *,
    over: str = "epoch",
    bins: int = 100,
    edges: str = "common",
    estimator: str = "mixture",
    k: int = 3,
    neurons: int | None = 32,
    max_samples: int | None = 1000,
    unit: str = "nat",
    interactive: bool = True,
) -> LevelsPanel:
    """
    Choose an epoch; see entropy, mutual information and accuracy there and over the whole training.

    Views with axes that stay as they are: the entropy of neurons and the MI of pairs over the
    epochs, medians and quartiles, with boxes of the chosen epoch beside faint ones of the first;
    accuracies or losses; and the density of the MI of pairs, that of the first epoch dashed. A
    button goes through the epochs by itself.

    Parameters
    ----------
    results
        Activations of several epochs, dims (epoch, layer, neuron, sample), which are measured now,
        once; or ``entropy`` (epoch, layer, neuron) and ``mutual_information`` (epoch, layer,
        neuron, other_layer, other_neuron) in a dataset, or one of them as an array. With seed or
        other dimensions, these are chosen too. Epochs at which nothing was measured (NaN) are left
        out, and so is a measure that is NaN everywhere, such as the MI of a single neuron. For the
        MI of sampled neurons in a dataset see the notes of `infonb.explore_sweep`.
    history
        What `infonb.fit` returned, for the curves: variables whose name ends in ``accuracy`` or
        ``loss``. They may also be in `results`.
    over
        The dimension of the training, such as ``"step"``.
    bins, edges
        Of the entropy, if activations are given, as in `infonb.entropy`.
    estimator, k
        Of the mutual information, if activations are given: ``"mixture"`` (which is KSG but for
        ties, such as those after a ReLU), ``"ksg"``, both with `k` neighbours, or ``"binned"``.
    neurons, max_samples
        For mutual information at most so many neurons of each layer, and so many samples, are taken
        (seed 0); None: all. The picture says so. All neurons count for the entropy.
    unit
        Where the control of the unit starts: ``"nat"`` or ``"bit"``.
    interactive
        False: only the pictures, for reports.

    Returns
    -------
    LevelsPanel
        Its ``value`` is the choice; ``results.sel(panel.selection)`` are the results there.

    Raises
    ------
    TypeError
        For something that has no labels, or a history that is no dataset.
    ValueError
        If there is no dimension `over`, or nothing with it that is or can be measured, or if an
        epoch is NaN or there twice.

    Notes
    -----
    ``infonb.Watch(...).result`` is what this shows: it measures along a training. Activations of
    several epochs may also be recorded in the callback of `infonb.fit` (see the example): 3 × 256
    neurons on 1,000 examples take 3 MB an epoch.

    Examples
    --------
    >>> import infonb as inb
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks.mlp import MLP
    >>> model, points = MLP([2, 8, 8, 1]), concentric_circles(200)
    >>> unseen = concentric_circles(100, seed=1)
    >>> recorded = {}
    >>> def look(epoch, values):
    ...     if epoch == 1 or epoch % 5 == 0:
    ...         recorded[epoch] = inb.record(model, unseen.input, layers=["fc1", "fc2"],
    ...             progress=False).activation
    >>> history = inb.fit(model, points, unseen, epochs=10, callback=look, progress=False)
    >>> epochs = xr.Variable("epoch", list(recorded))
    >>> acts = xr.concat(recorded.values(), dim=epochs, coords="minimal", compat="override")
    >>> panel = explore_training(acts, history)
    >>> panel.controls["epoch"].value = 5
    >>> acts.sel(panel.selection).sizes["sample"]
    100
    """
    check_choice("unit", unit, ["nat", "bit"])
    check_choice("estimator", estimator, ["mixture", "ksg", "binned"])
    if not isinstance(history, xr.Dataset | None):
        raise TypeError(
            "history must be a Dataset, as infonb.fit returns it; not "
            f"{type(history).__name__} ({history!r})."
        )
    results = _dataset(results, over)
    for dim in (over, "seed"):
        check_labels([results] if history is None else [results, history], dim)
    options: dict[str, Any] = {
        "estimator": estimator, "neurons": neurons, "max_samples": max_samples,
    }  # fmt: skip
    entropy, information = _measures(
        results,
        over,
        {"bins": bins, "edges": edges},
        options if estimator == "binned" else options | {"k": k},
    )
    named = {} if information is None else {"mutual_information": information}
    entropy, named = only_measured(entropy, named, over)
    information = named.get("mutual_information")
    there = _there([one for one in (entropy, information) if one is not None], over)
    levels = Levels(
        over,
        there,
        None if entropy is None else entropy.sel({over: there}),
        None if information is None else information.sel({over: there}),
        _curves([results] if history is None else [results, history], over),
        is_scale=True,
    )
    return LevelsPanel.of(
        levels, list(results.dims), unit=unit, interactive=interactive, play=len(there) > 1
    )


def _dataset(results: Any, over: str) -> xr.Dataset:
    """Return results as a dataset, an array under the name of what it is by its dimensions."""
    if isinstance(results, xr.DataArray):
        kinds = {"other_neuron": "mutual_information", "sample": "activation"}
        found = [name for dim, name in kinds.items() if dim in results.dims]
        results = results.to_dataset(name=found[0] if found else "entropy")
    if not isinstance(results, xr.Dataset):
        raise TypeError(f"results must be a DataArray or Dataset; not {type(results).__name__}.")
    check_dim(over, results.dims, "results")
    results = results.assign_coords({over: results[over]})
    if results[over].dtype.kind not in "iuf":
        raise ValueError(
            f"the labels of {over!r} must be numbers; not {results[over].values[0]!r}. For names "
            "use explore_sweep."
        )
    return results


def _measures(
    results: xr.Dataset, over: str, bins: dict[str, Any], options: dict[str, Any]
) -> tuple[xr.DataArray | None, xr.DataArray | None]:
    """Return entropy and mutual information, measured now if there are activations instead."""
    found = {
        name: results[name]
        for name in ("entropy", "mutual_information", "activation")
        if name in results and over in results[name].dims
    }
    if not found:
        raise ValueError(
            f"results hold neither 'activation' nor 'entropy' nor 'mutual_information' with the "
            f"dim {over!r}; they hold {sorted(map(str, results.data_vars))}. Measure during "
            "training: infonb.fit(..., callbacks=[infonb.Watch(...)])."
        )
    if "activation" in found:
        from infonb.measures import entropy, mutual_information

        activation = with_layer(found["activation"])
        # aligned with longer curves, activations have epochs without values
        there = _there([activation.isel(neuron=0, sample=0)], over)
        activation = activation.sel({over: there})
        if "entropy" not in found:
            found["entropy"] = entropy(activation, **bins)
        if "mutual_information" not in found:
            found["mutual_information"] = mutual_information(activation, **options)
    h = found.get("entropy")
    return None if h is None else with_layer(h), found.get("mutual_information")


def _there(measured: list[xr.DataArray], over: str) -> list[Any]:
    """Return the labels at which anything was measured, in order."""
    found: set[Any] = set()
    for one in measured:
        finite = one.notnull().any([dim for dim in one.dims if dim != over])
        found |= set(one[over].values[finite.values].tolist())
    if not found:
        raise ValueError(f"the results are NaN at every {over}: nothing was measured.")
    return sorted(found)


def _curves(sources: list[xr.Dataset], over: str) -> dict[str, dict[str, xr.DataArray]]:
    """Return quantity → name → curve, accuracies first."""
    found: dict[str, dict[str, xr.DataArray]] = {"accuracy": {}, "loss": {}}
    inner = {"layer", "neuron", "other_layer", "other_neuron", "sample"}
    for source in sources:
        for key, curve in source.data_vars.items():
            part, _, quantity = str(key).rpartition("_")
            if quantity in found and over in curve.dims and not inner & set(curve.dims):
                found[quantity][_WORDS.get(part, part.replace("_", " ") or quantity)] = curve
    return {quantity: named for quantity, named in found.items() if named}
