"""Which of several models leans on a heuristic, or on memorized examples: one call, one dataset."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims import compare_settings
from infonb.dims import median_within_layers
from infonb.selection.comparison.chance import p_values
from infonb.selection.comparison.measuring import Measuring, Settings
from infonb.selection.comparison.models import Models, read_models
from infonb.selection.comparison.other_rulers import other_rulers
from infonb.selection.comparison.samples import same_samples
from infonb.selection.comparison.units import first_views, unit_memory
from infonb.selection.verdict.judge import judge
from infonb.selection.verdict.rule import Rule
from infonb.validate import check_choice, check_integer

__all__ = ["compare"]

Given = Mapping[Hashable, Any] | xr.Dataset | xr.DataArray | str | Path


def compare(
    models: Given,
    reference: Hashable | None = None,
    *,
    dim: str = "model",
    bins: int = 100,
    estimator: str = "auto",
    k: int = 3,
    standardize: bool = True,
    neurons: int = 64,
    max_samples: int | None = None,
    permutations: int = 10_000,
    rule: Rule | None = None,
    units: bool = False,
    untrained: Given | None = None,
    rulers: bool = True,
    seed: int = 0,
    progress: bool | str = False,
) -> xr.Dataset:
    r"""
    Return entropy and MI of several models, how they differ from one of them, and a verdict.

    Parameters
    ----------
    models
        Name → activations of the *same* unlabelled examples, in which what is suspected, such as a
        colour, is there and varies, best as in training: a Dataset or DataArray with dims
        (layer, neuron, sample), the path of a zarr store (read in chunks), or layer → array
        (sample, neuron). A list of these, or a dimension ``seed``, is one model trained several
        times. Or one Dataset or DataArray with the dimension `dim`.
    reference
        The model that the others are compared with. None: measures only, and no verdict.
    dim
        Of one array: the dimension of the models, such as ``"alpha"``; the result calls it
        ``model``.
    bins
        Of the entropy, in all three rulers.
    estimator
        Of MI: ``"ksg"``, ``"mixture"``, ``"binned"`` (10 bins of each neuron's range, corrected
        after Miller and Madow), or ``"auto"``: mixture where values repeat, as after a ReLU, binned
        where they lie on a grid, else KSG; one for all, found from pairs of all networks.
    k
        Neighbours of ``"ksg"`` and ``"mixture"``.
    standardize
        Divide each neuron by its standard deviation first (``"ksg"`` and ``"mixture"``): MI does
        not depend on scale, its estimates do. False: as published.
    neurons
        MI is measured between so many neurons of each layer, drawn by `seed`: layers of one width
        have the same. Entropy is that of all.
    max_samples
        MI is measured on at most so many samples. None: on all.
    permutations
        How many are drawn where there are more.
    rule
        Of the verdict; see `infonb.selection.Rule` and `infonb.selection.judge`.
    units
        Whether to measure `infonb.memorization.unit` (UnitMem), too: how much more each neuron
        answers to one sample than to all others, which says something where the samples are
        *training* samples. Recordings of views (``infonb.record(..., augment=...)``), with the dim
        ``augmentation``, are averaged over these; entropy and MI are then of the first view.
    untrained
        Name → activations of the same samples, or views, in the network with new weights
        (`infonb.networks.untrained`), for some models or all: what UnitMem is without training.
    rulers
        Whether to read other rulers of each layer, too, on some of the samples: those of
        `infonb.memorization.rulers` that activations allow, and where a recording knows the
        coordinate ``label``, classes, those that need labels. The verdict does not rest on them.
    seed
        Of neurons, samples, bootstrap and permutations.
    progress
        Show a bar over the networks; ``"text"`` for plain text.

    Returns
    -------
    xarray.Dataset
        In nats. ``entropy`` (edges, model, [seed], layer, neuron) in the rulers ``common``,
        ``shared`` (one range for all models given) and ``neuron``; ``mutual_information`` (model,
        [seed], layer, neuron, other_neuron), NaN where a neuron was not drawn; ``median_entropy``
        and ``median_mutual_information`` without neurons (pairs of different ones). `neuron` counts
        places in the layer.

        With a reference: ``entropy_change``, ``entropy_interval`` (bound), ``entropy_p``,
        ``entropy_p_corrected`` (comparison, edges, layer), ``mutual_information_...`` without
        edges: model minus reference. ``verdict``, ``why``, ``caveat`` (comparison) and
        ``rulers_agree`` (comparison, edges). NaN for a layer that one of the two lacks.

        With `units` also ``unit_mem``, and ``untrained_unit_mem`` (model, [seed], layer, neuron);
        units: 1. Values below 0 count as 0, as behind a ReLU. The verdict does not rest on them.

        With `rulers` also ``other_rulers`` and ``other_rulers_null`` (ruler, model, [seed], layer)
        and ``other_rulers_interval`` (..., bound), about other samples for the same network: as of
        `infonb.memorization.measure`, but of at most 1,000 samples (400 for neighbours) and 32
        neurons for MI; NaN where something is missing.

        attrs: ``reference``, ``estimator`` and ``estimator_why``, ``bins``, ``n_samples``,
        ``n_neurons``, ``permuted``, ``rule`` and others.

    Raises
    ------
    ValueError
        For an unknown reference or dimension, models with other samples or without a common layer,
        NaN or infinite values (named by model, layer, neuron and sample), too few samples for k.
    TypeError
        For something else than activations, such as a model itself.

    Notes
    -----
    Intervals are those of `infonb.claims`: a bootstrap over the neurons of each network and, with
    seeds, over seeds (and Student's t over seeds: ``..._student``).

    p-values: with at least two networks of each model these are exchanged: within the seeds if they
    have labels, since networks of a seed may share data and first weights, and then only their
    exchange leaves everything else as it is; else all of them. With n seeds p is at least 2 / 2^n.
    With one network each, samples take the place of networks. They are divided at random into up to
    16 blocks of at least 25; in each block both models are measured, with rulers of that block, and
    the two could be exchanged if they told the same of the population (single samples could not:
    the ends of a ruler are samples, too). That is about these very networks: twins that differ by
    their seed alone are told apart, too. The verdict does not rest on p. Corrected for all rows of
    the call after Holm; attr ``smallest_p`` says how small p can be at all.

    What this cannot say: a network that was not trained but constructed to memorize every example
    (`infonb.networks.relu_memorizer`) is called ``towards a heuristic``, and a trained one beside
    it ``towards memorized examples``; see `infonb.selection.judge`.

    References
    ----------
    Bansal, Pruthi, Belinkov, "Measures of Information Reflect Memorization Patterns", NeurIPS 2022,
    sections 3 to 5.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> independent = rng.normal(size=(500, 20))
    >>> alike = rng.normal(size=(500, 1)) ** 3 + 0.1 * rng.normal(size=(500, 20))
    >>> found = compare({"a": {"fc1": independent}, "b": {"fc1": alike}}, reference="a")
    >>> found.verdict.values.tolist()
    ['towards a heuristic']
    """
    check_choice("estimator", estimator, ["auto", "ksg", "mixture", "binned"])
    check_choice("standardize", standardize, [True, False])
    check_choice("units", units, [True, False])
    check_choice("rulers", rulers, [True, False])
    if untrained is not None and not units:
        raise ValueError("untrained is what UnitMem is compared with; pass units=True, too.")
    for name, value, least in (
        ("bins", bins, 1), ("k", k, 1), ("neurons", neurons, 2), ("permutations", permutations, 1),
        ("seed", seed, 0), *((("max_samples", max_samples, 2),) if max_samples else ()),
    ):  # fmt: skip
        check_integer(name, value, minimum=least)
    read = read_models(first_views(models) if units else models, dim)
    read = replace(read, networks=tuple(same_samples(read.networks)))
    chosen = None if reference is None else read.resolve(reference)
    if chosen is not None:
        _check_comparable(read, chosen)
    settings = Settings(bins, estimator, k, standardize, neurons, max_samples, seed)
    measuring = Measuring(read, settings)
    found = _measures(measuring, progress)
    if units:
        found = found.assign(unit_memory(found, measuring, models, untrained, dim))
    if chosen is None:
        found.attrs["no_verdict"] = _no_verdict(read)
    else:
        found = judge(_changes(found, measuring, chosen, permutations), rule)
    if rulers:
        bare = None if untrained is None else read_models(first_views(untrained), dim)
        found = found.assign(other_rulers(measuring, bare).variables)
    return found if read.seeds else found.isel(seed=0, drop=True)


def _measures(measuring: Measuring, progress: bool | str) -> xr.Dataset:
    """Return entropy, MI and their medians, with the dim seed."""
    entropies = measuring.entropies()
    informations = measuring.informations(progress)
    estimator, why = measuring.chosen
    settings, models = measuring.settings, measuring.models
    found = xr.Dataset({"entropy": entropies})
    # beside the entropy of all neurons, MI has NaN where a neuron was not drawn
    found["mutual_information"] = informations.reindex(neuron=entropies["neuron"].values)
    found["median_entropy"] = entropies.median("neuron").assign_attrs(units="nat")
    found["median_mutual_information"] = median_within_layers(informations)
    widths = np.zeros(informations.shape[:3], np.int64)
    for one in models.networks:
        for layer, width in one.widths.items():
            widths[measuring.at(one, layer)] = width
    found = found.assign_coords(width=(("model", "layer"), widths.max(axis=1)))
    found.attrs = {
        "units": "nat", "estimator": estimator, "estimator_why": why,
        "standardized": str(settings.standardize and estimator != "binned"),
        "bins": settings.bins, "k": settings.k, "n_samples": measuring.n_samples,
        "n_neurons": settings.neurons, "seed": settings.seed,
        "layers": _layers_in_words(measuring),
    }  # fmt: skip
    return found


def _changes(
    found: xr.Dataset, measuring: Measuring, reference: str, permutations: int
) -> xr.Dataset:
    """Return what was measured with changes, their intervals and p-values."""
    others = [name for name in measuring.models.names if name != reference]
    measures = {
        "entropy": found["entropy"],
        "mutual_information": found["mutual_information"].sel(neuron=found["other_neuron"].values),
    }
    pairs = [(reference, name) for name in others]
    grid = compare_settings(measures, "model", pairs, seed=measuring.settings.seed)
    parts = ["change", "interval", *(["student"] if measuring.models.seeds else [])]
    for name in measures:
        for part in parts:
            one = grid[f"{name}_{part}"].drop_vars("comparison")
            found[f"{name}_{part}"] = one
    found = found.assign_coords(comparison=np.array(others, dtype=object))
    chance = p_values(measuring, found, reference, permutations)
    return found.assign(chance.data_vars).assign_attrs(reference=reference, **chance.attrs)


def _check_comparable(models: Models, reference: str) -> None:
    if len(models.names) == 1:
        raise ValueError(
            f"reference {reference!r} is the only model; give another one to compare it with, or "
            "leave reference out for measures alone."
        )
    own = models.layers(reference)
    for name in models.names:
        layers = models.layers(name)
        if not set(own) & set(layers):
            raise ValueError(
                f"model {name!r} has no layer in common with {reference!r}: {layers} and {own}. "
                "Record them under the same names: infonb.record(..., layers={'name': 'module'})."
            )


def _no_verdict(models: Models) -> str:
    if len(models.names) == 1:
        return (
            "a single model: its measures depend on architecture, data and task as much as on "
            "memorization, so that only a difference to another model says something. Give a "
            "reference trained on the same task."
        )
    return "no reference was given: name the model that the others are compared with."


def _layers_in_words(measuring: Measuring) -> str:
    """Return which layers were compared, and which only some models have."""
    models = measuring.models
    have = {
        layer: [name for name in models.names if layer in models.layers(name)]
        for layer in measuring.layers
    }
    shared = [layer for layer, names in have.items() if len(names) == len(models.names)]
    words = [f"in all models: {', '.join(shared) or 'none'}"]
    words += [
        f"{layer} only in {', '.join(names)}"
        for layer, names in have.items()
        if layer not in shared
    ]
    return "; ".join(words)
