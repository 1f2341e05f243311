"""Move α, or whatever was swept, and see entropy, mutual information and accuracy change."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.style import with_layer
from infonb.validate import check_choice, check_dim
from infonb.widgets.levels.checks import check_labels, only_measured
from infonb.widgets.levels.levels import Levels
from infonb.widgets.levels.panel import LevelsPanel

__all__ = ["explore_sweep"]

#: Dimensions of neurons and examples: never a sweep.
_INNER = {"layer", "neuron", "other_layer", "other_neuron", "seed", "sample", "epoch"}

_WORDS = {"final_train_accuracy": "training", "final_validation_accuracy": "validation"}


def explore_sweep(
    results: xr.Dataset,
    by: str | None = None,
    *,
    unit: str = "nat",
    interactive: bool = True,
) -> LevelsPanel:
    """
    Choose a network of a sweep; see its entropy, mutual information and accuracy among all others.

    Four pictures with axes that stay as they are: the entropy of neurons and the MI of pairs along
    the sweep, medians and quartiles, with boxes of the chosen network beside faint ones of the
    first level; accuracies; and the density of the MI of pairs, that of the first level dashed.

    Parameters
    ----------
    results
        What `run` of an experiment returned, or `infonb.storage.open_dataset` of its
        ``results.zarr``, or any dataset with ``entropy`` (level, layer, neuron) or
        ``mutual_information`` (level, layer, neuron, other_layer, other_neuron), or without
        other_layer, in nats. If ``mixture_information`` of the same dims is there too, as in
        `infonb.experiments.concentric_circles`, a control chooses between it and KSG. A measure
        that is NaN everywhere, such as the MI of a single neuron, is left out. With ``seed``, all
        seeds together or one of them is chosen. Variables with these dims whose name ends in
        ``accuracy`` are drawn as curves.
    by
        The dimension of the sweep; needed only if there are several candidates. All other
        dimensions, such as the kind of bins, become controls too.
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
        For something that is not a dataset.
    ValueError
        If the results hold neither measure, or only NaN, or no or several dimensions that could be
        the sweep, or if a label of the sweep is NaN or there twice.

    Notes
    -----
    All pairs are counted once when the panel is made: about a second for 15 networks of 3 x 256
    neurons. After that, controls only choose.

    Mutual information of sampled neurons (``neurons=16``) has coordinates of its own, ``width`` and
    ``drawn_neuron``, which would not fit those of the entropy in one dataset:
    ``xr.Dataset({"entropy": h, "mutual_information": i.drop_vars(["width", "drawn_neuron"])})``.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), Figures 2, 3, 6 and 7.

    Examples
    --------
    >>> h = np.random.default_rng(0).gamma(9, 0.3, size=(3, 2, 1, 20))
    >>> results = xr.Dataset({"entropy": (("alpha", "seed", "layer", "neuron"), h)},
    ...     {"alpha": [0.0, 0.5, 1.0], "seed": [0, 1], "layer": ["fc1"]})
    >>> panel = explore_sweep(results)
    >>> panel.controls["alpha"].value = 0.5
    >>> panel.controls["seed"].value = 1
    >>> panel.selection
    {'alpha': 0.5, 'seed': 1}
    >>> dict(results.sel(panel.selection).entropy.sizes)
    {'layer': 1, 'neuron': 20}

    Entropy of all neurons, mutual information of a few:

    >>> import infonb as inb
    >>> values = np.random.default_rng(0).normal(size=(2, 60, 8))
    >>> acts = [inb.from_arrays({"fc1": one, "fc2": one}).activation for one in values]
    >>> acts = xr.concat(acts, xr.Variable("alpha", [0.0, 1.0]))
    >>> i = inb.mutual_information(acts, neurons=4)
    >>> results = xr.Dataset({"entropy": inb.entropy(acts),
    ...     "mutual_information": i.drop_vars(["width", "drawn_neuron"])})
    >>> list(explore_sweep(results).images)
    ['entropy', 'mutual_information', 'density']
    """
    check_choice("unit", unit, ["nat", "bit"])
    entropy, informations = _measures(results)
    by = _sweep_dim(results, [one for one in (entropy, *informations.values()) if one is not None],
                    by)  # fmt: skip
    results = results.assign_coords({by: results[by]})
    for dim in (by, "seed"):
        check_labels([results], dim)
    labels = results[by].values
    if labels.dtype.kind in "iuf" and (np.diff(labels) < 0).any():
        results = results.sortby(by)  # the weakest level first
    entropy, informations = only_measured(*_measures(results), by)
    levels = Levels(
        by, results[by].values.tolist(), entropy, next(iter(informations.values()), None),
        _accuracies(results, by), estimators=informations,
    )  # fmt: skip
    return LevelsPanel.of(levels, list(results.dims), unit=unit, interactive=interactive)


def _measures(results: Any) -> tuple[xr.DataArray | None, dict[str, xr.DataArray]]:
    """Return the entropy, if it is there, and name of an estimator → mutual information by it."""
    if not isinstance(results, xr.Dataset):
        raise TypeError(f"results must be an xarray Dataset; not {type(results).__name__}.")
    if not {"entropy", "mutual_information"} & set(results.data_vars):
        raise ValueError(
            "results hold neither 'entropy' nor 'mutual_information'; they hold "
            f"{sorted(map(str, results.data_vars))}. Measure activations first: "
            'results["entropy"] = infonb.entropy(results.activation).'
        )
    entropy = results.get("entropy")
    informations = {}
    if "mutual_information" in results:
        information, mixture = results.mutual_information, results.get("mixture_information")
        if (
            mixture is not None
            and mixture.dims == information.dims
            and "estimator" not in (results.dims)
        ):
            informations["mixture"] = mixture  # first: it is right after a ReLU too
        informations["KSG"] = information
    return None if entropy is None else with_layer(entropy), informations


def _sweep_dim(results: xr.Dataset, arrays: list[xr.DataArray], by: str | None) -> str:
    """Return the dimension of the sweep: the one, but for seed, that all measures share."""
    if by is not None:
        for one in arrays:
            check_dim(by, one.dims, str(one.name))
        if by in _INNER:
            found = [dim for dim in arrays[0].dims if dim not in _INNER]
            raise ValueError(
                f"by must be the dimension along which networks differ, such as {found or 'alpha'};"
                f" not {by!r}, which has another place in the pictures."
            )
        return by
    every = [*arrays, *(one for name, one in results.data_vars.items() if name in _WORDS)]
    shared = [str(dim) for dim in arrays[0].dims if dim not in _INNER]
    for one in every:
        # dimensions of a measurement, such as the kind of bins, are not in all of them
        shared = [dim for dim in shared if dim in one.dims] or shared
    if not shared:
        raise ValueError(
            f"results hold no sweep: {arrays[0].name} has dims {arrays[0].dims}. Put networks "
            'together with xarray.concat(runs, dim="alpha").'
        )
    if len(shared) > 1:
        raise ValueError(f"choose by= among {shared}: the results have all of them.")
    return shared[0]


def _accuracies(results: xr.Dataset, by: str) -> dict[str, dict[str, xr.DataArray]]:
    """Return the accuracies of each network, by the words for the legend."""
    dims = {
        dim for name in ("entropy", "mutual_information") if name in results
        for dim in results[name].dims
    } - (_INNER - {"seed"})  # fmt: skip
    found = {
        _WORDS.get(str(name), str(name).replace("_", " ")): one
        for name, one in results.data_vars.items()
        if str(name).endswith("accuracy") and by in one.dims and set(one.dims) <= dims
    }
    return {"accuracy": found} if found else {}
