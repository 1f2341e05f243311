"""What a model loses, or gains, when some of its neurons are switched off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from torch import nn

from infonb.activations.batch import is_array
from infonb.activations.modules import unwrapped
from infonb.activations.recording import record
from infonb.networks.state import eval_mode
from infonb.progress import progress_bar
from infonb.selection.interventions.evaluation import Metric, evaluate
from infonb.selection.interventions.plan import Plan
from infonb.selection.interventions.switching import Switches
from infonb.selection.interventions.switching_order import (
    CHOICES,
    DIFFERENCE,
    check_scores,
    measured,
    scores,
)
from infonb.validate import check_choice, check_integer

__all__ = ["intervene"]

#: Neurons of a layer, and samples, on which mutual information is measured at most.
_MOST_NEURONS, _MOST_SAMPLES = 128, 1000

_DEFAULT = ("lowest entropy", "highest entropy", "highest mutual information", DIFFERENCE)


def intervene(
    model: nn.Module,
    data: Any,
    layers: str | Sequence[str] | None = None,
    *,
    by: Sequence[str] | Mapping[str, xr.DataArray] | None = None,
    numbers: int | Sequence[int] | None = 10,
    metric: Metric = "accuracy",
    measured_on: str | None = None,
    between: tuple[str, str] | None = None,
    within: str | None = None,
    repeats: int = 40,
    seed: int = 0,
    bins: int = 100,
    edges: str = "common",
    k: int = 3,
    select: int | str | None = None,
    neuron_dim: int | None = None,
    batch_size: int = 1024,
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Switch more and more neurons of a model off, and see what becomes of its accuracy.

    The neurons go in the order of a measure, such as those of lowest entropy first, and beside that
    in many drawn orders: the null. Each order is followed, so that the first five are among the
    first six. Of the labels only the accuracy makes use, not the choice of the neurons.

    Parameters
    ----------
    model
        Any torch model that `infonb.record` takes; left as it was found.
    data
        One set of examples with labels, in any form that `infonb.record` takes, or several:
        ``{"bias": ..., "anti": ...}``. Whatever is read more than once: no iterator.
    layers
        Names of modules whose neurons are switched off, or ``"blocks"``, as in `infonb.record`.
        None: all Linear, Conv and recurrent modules but the output.
    by
        What the orders go by: of ``"lowest entropy"``, ``"highest entropy"``, ``"lowest mutual
        information"``, ``"highest mutual information"`` (of a neuron: its mean with the others of
        its layer), ``"largest difference"`` (mean absolute difference of the activations between
        two aligned sets). Or name → scores (layer, neuron), the highest to go first; neurons that
        have none (NaN) stay. None: both of the entropy, highest mutual information, and, with
        `between`, largest difference.
    numbers
        How many neurons are off: 0 to so many, or those of a sequence. None: up to all.
    metric
        ``"accuracy"``: the share of right answers, by the largest of several logits, or the sign of
        a single one (of a probability: above 0.5). Or a function of the model and of one set that
        returns a number; it is called once for every set, order and number.
    measured_on
        The set on which entropy and mutual information are measured. None: the first.
    between
        The two sets of the difference: the same examples in the same order, changed in one thing.
    within
        None: neurons of all `layers` together. ``"layer"``: of each layer alone, one after the
        other; the result has the dim ``layer``.
    repeats
        Number of drawn orders.
    seed
        Of the drawn orders, and of the order of neurons that have equal measures.
    bins, edges
        Of the entropy, as in `infonb.entropy`.
    k
        Neighbours of the mutual information (mixture estimator, standardized), as in
        `infonb.mutual_information`; it is measured for at most 128 drawn neurons of each layer, on
        at most 1,000 samples. Others stay on where that decides.
    select, neuron_dim
        Of outputs that are no tensors, or have more dims, as in `infonb.record`.
    batch_size
        Samples in a batch; a DataLoader uses its own.
    progress
        True, False or ``"text"``, as in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        ``value`` (by, number, set): the metric with the first neurons of an order off, NaN where
        there are fewer neurons; ``null`` (repeat, number, set): with drawn ones;
        ``null_mean`` (number, set) and ``null_band`` (bound, number, set), which holds the middle
        95 % of the drawn ones; ``p`` (by, number, set): the share of drawn orders that are at least
        as far to one side, twice the smaller one. Coordinates: ``off_layer``, ``off_neuron``,
        ``score`` (by, rank), and ``null_layer``, ``null_neuron`` (repeat, rank): which neuron was
        the first to go, which the second. With ``within="layer"`` all have the dim ``layer``
        besides. Attributes say how it was measured.

    Raises
    ------
    ValueError
        If a layer, a set or a choice is not found; if more neurons are to be off than there are; if
        a set has no labels for the accuracy, or one that is no class of the model, or the model
        has no logits; if two sets of a difference are not aligned; if there is NaN in what is
        measured.
    TypeError
        If data can be read only once; if a metric returns no number.

    Notes
    -----
    A neuron that is off puts out zero; for linear layers and convolutions that is the same as
    setting its weights to zero, see `infonb.selection.switched_off`. Where a neuron is constant
    already (a dead ReLU), its entropy is 0 and it is among the first of the lowest to go, and
    nothing changes: so a curve that stays flat may mean that the neurons were dead.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), their published code: interventions.

    Examples
    --------
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks import MLP
    >>> found = intervene(MLP([2, 8, 1]), concentric_circles(100), numbers=3, progress=False)
    >>> found.value.dims, found.value.shape, found.null.shape
    (('by', 'number', 'set'), (3, 4, 1), (40, 4, 1))
    >>> list(found.by.values)
    ['lowest entropy', 'highest entropy', 'highest mutual information']
    """
    check_choice("within", within, [None, "layer"])
    check_integer("repeats", repeats, 1)
    if not callable(metric):
        check_choice("metric", metric, ["accuracy"])
    sets = _sets(data)
    first = next(iter(sets)) if measured_on is None else measured_on
    check_choice("measured_on", first, sets)
    chosen = _choices(by, between, sets)
    how: dict[str, Any] = {"select": select, "neuron_dim": neuron_dim, "batch_size": batch_size}
    on = {
        name: record(model, sets[name], layers, prediction=False, progress=False, **how).activation
        for name in dict.fromkeys((first, *(between or ())))
    }
    recorded = on[first]
    options = {
        "entropy": {"bins": bins, "edges": edges},
        "mutual information": {
            "estimator": "mixture", "standardize": True, "k": k, "neurons": _MOST_NEURONS,
            "max_samples": _MOST_SAMPLES, "seed": seed,
        },
    }  # fmt: skip
    if isinstance(chosen, Mapping):
        scored = check_scores(chosen, recorded)
    else:
        pair = [on[name] for name in between or ()]
        scored = scores(measured(recorded, pair, chosen, options), chosen)
    names = recorded.layer.values.tolist()
    groups = [[name] for name in names] if within else [names]
    counts = _numbers(numbers, recorded, groups)
    plan = Plan.of(scored, recorded, groups, counts, repeats, seed)
    switches = Switches(
        model, names, select=select, neuron_dim=neuron_dim, first=layers == "blocks"
    )
    values = _evaluated(model, sets, metric, plan, switches, batch_size, progress)
    found = plan.labelled(values, list(sets), names if within else None)
    return found.assign_attrs({
        "model": type(unwrapped(model)).__name__,
        "metric": metric if isinstance(metric, str) else _name(metric),
        "measured_on": first, "seed": seed, "repeats": repeats,
        "within": within or "all layers", "layers": ", ".join(names),
        **({} if between is None else {"between": " − ".join(between)}),
        **({} if isinstance(chosen, Mapping) else _described(chosen, options)),
    })  # fmt: skip


def _sets(data: Any) -> dict[str, Any]:
    """Return named sets of examples; a single one has no name of its own."""
    one = not isinstance(data, Mapping) or any(is_array(part) for part in data.values())
    sets = {"data": data} if one or isinstance(data, xr.Dataset) else dict(data)
    if not sets:
        raise ValueError("data names no set; give one, or {'name': set, ...}.")
    for name, part in sets.items():
        if isinstance(part, Iterator):
            raise TypeError(
                f"the set {name!r} is a {type(part).__name__}, which can be read only once; pass a "
                "list of batches, a DataLoader, or (inputs, labels)."
            )
    return sets


def _choices(
    by: Sequence[str] | Mapping[str, xr.DataArray] | None, between: Sequence[str] | None,
    sets: Mapping[str, Any],
) -> list[str] | Mapping[str, xr.DataArray]:  # fmt: skip
    """Return what the orders go by, checked."""
    if between is not None:
        if isinstance(between, str) or len(between) != 2:
            raise ValueError(f"between must be the names of two sets; not {between!r}.")
        for name in between:
            check_choice("between", name, sets)
    if isinstance(by, Mapping):
        if not by:
            raise ValueError("by is empty; give {'name': scores (layer, neuron)}.")
        return by
    if by is None:
        by = [name for name in _DEFAULT if between is not None or name != DIFFERENCE]
    by = [by] if isinstance(by, str) else list(by)
    for name in by:
        check_choice("by", name, CHOICES)
    if not by or len(set(by)) < len(by):
        raise ValueError(f"by must name choices, each once; not {by!r}.")
    if DIFFERENCE in by and between is None:
        raise ValueError(
            f"{DIFFERENCE!r} needs between=, the names of two sets: the same examples in the same "
            "order, changed in one thing."
        )
    return by


def _numbers(
    numbers: int | Sequence[int] | None, recorded: xr.DataArray, groups: Sequence[Sequence[str]]
) -> np.ndarray:
    """Return how many neurons are off, from small to large."""
    width = dict(zip(recorded.layer.values.tolist(), recorded.width.values.tolist(), strict=True))
    most = max(sum(width[name] for name in group) for group in groups)
    if numbers is None:
        return np.arange(most + 1)
    if isinstance(numbers, Sequence | np.ndarray):
        found = sorted({check_integer("numbers", n, 0) for n in numbers})
        if not found or found[-1] > most:
            raise ValueError(
                f"numbers must hold 0 to {most}, as many neurons as there are; not "
                f"{found[-1] if found else list(numbers)}."
            )
        return np.array(found)
    return np.arange(min(check_integer("numbers", numbers, 1), most) + 1)


def _evaluated(
    model: nn.Module, sets: Mapping[str, Any], metric: Metric, plan: Plan, switches: Switches,
    batch_size: int, progress: bool | str,
) -> np.ndarray:  # fmt: skip
    """Return the metric of every set and mask, (set, mask)."""
    with (
        switches,
        eval_mode(model),
        progress_bar(show=progress, total=len(sets), desc="switching off", unit="set") as bar,
    ):
        return np.stack([
            evaluate(
                metric, model, part, switches, plan, name=name, batch_size=batch_size,
                done=bar.update,
            )
            for name, part in sets.items()
        ])  # fmt: skip


def _described(chosen: list[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the measures that decided."""
    used = {CHOICES[name][0] for name in chosen}
    return {
        f"{measure.replace(' ', '_')}_{name}": value
        for measure, given in options.items() if measure in used
        for name, value in given.items() if name != "seed"
    }  # fmt: skip


def _name(metric: Any) -> str:
    return str(getattr(metric, "__name__", type(metric).__name__))
