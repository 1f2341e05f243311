"""Which neurons are switched off first: by a measure of each, or at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.dims import within_layers, without_diagonal
from infonb.validate import did_you_mean

__all__ = [
    "CHOICES",
    "DIFFERENCE",
    "Order",
    "check_scores",
    "difference",
    "inside",
    "mean_information",
    "measured",
    "order",
    "scores",
]

DIFFERENCE = "largest difference"

#: Name → the measure, and 1 if the highest go first.
CHOICES: dict[str, tuple[str, int]] = {
    "lowest entropy": ("entropy", -1),
    "highest entropy": ("entropy", 1),
    "lowest mutual information": ("mutual information", -1),
    "highest mutual information": ("mutual information", 1),
    DIFFERENCE: ("difference", 1),
}


class Order(NamedTuple):
    """Neurons in the order in which they are switched off: the first n for each number n."""

    layer: np.ndarray
    neuron: np.ndarray
    score: np.ndarray

    def first(self, n: int) -> dict[str, np.ndarray]:
        """Return the first n as {layer: neurons}."""
        layer, neuron = self.layer[:n], self.neuron[:n]
        return {name: neuron[layer == name] for name in dict.fromkeys(layer.tolist())}


def scores(measures: Mapping[str, xr.DataArray], by: Sequence[str]) -> dict[str, xr.DataArray]:
    """
    Return for each choice what it goes by, dims (layer, neuron), the highest to go first.

    `measures` are those that the choices name: entropy, mean mutual information, difference.
    """
    return {name: CHOICES[name][1] * measures[CHOICES[name][0]] for name in by}


def measured(
    activation: xr.DataArray, pair: Sequence[xr.DataArray], by: Sequence[str],
    options: Mapping[str, Mapping[str, Any]],
) -> dict[str, xr.DataArray]:  # fmt: skip
    """
    Return the measures that choices go by, each (layer, neuron).

    `pair` is the activation on two aligned sets, or empty; `options` are those of the measures.
    """
    from infonb.measures import entropy, mutual_information

    found: dict[str, xr.DataArray] = {}
    for measure in {CHOICES[name][0] for name in by}:
        if measure == "difference":
            found[measure] = difference(*pair)
        elif measure == "entropy":
            found[measure] = entropy(activation, **options[measure])
        else:
            pairs = mutual_information(activation, within="layer", **options[measure])
            found[measure] = mean_information(pairs).reindex(neuron=activation.neuron)
    return found


def mean_information(pairs: xr.DataArray) -> xr.DataArray:
    """
    Return the mean mutual information of each neuron with the others of its layer.

    Dims (..., layer, neuron); NaN for one that is alone, or was not drawn.
    """
    return without_diagonal(within_layers(pairs)).mean("other_neuron")


def difference(first: xr.DataArray, second: xr.DataArray) -> xr.DataArray:
    """
    Return the mean absolute difference of activations between two aligned sets of samples.

    Dims (layer, neuron, sample), the same samples twice and in one order → (layer, neuron).
    """
    n, m = first.sizes["sample"], second.sizes["sample"]
    if n != m:
        raise ValueError(
            f"the two sets of the difference have {n:,} and {m:,} samples; they must be the same "
            "examples in the same order, changed in one thing. Name two such sets with between=."
        )
    size = abs(first.variable - second.variable).mean("sample", skipna=False)
    lost = np.argwhere(~np.isfinite(size.values) & inside(first))
    if len(lost):
        layer, neuron = lost[0]
        raise ValueError(
            f"activations of layer {first.layer.values[layer]!r}, neuron {neuron}, are NaN or "
            "infinite; a difference of them is nothing to go by."
        )
    coords = {name: c for name, c in first.coords.items() if "sample" not in c.dims}
    return xr.DataArray(size, coords, attrs={"estimator": "mean absolute difference"})


def check_scores(given: Mapping[str, Any], recorded: xr.DataArray) -> dict[str, xr.DataArray]:
    """Return the user's own scores in the order of the layers and neurons that are recorded."""
    found = {}
    for name, values in given.items():
        if not isinstance(values, xr.DataArray) or set(values.dims) != {"layer", "neuron"}:
            what = values.dims if isinstance(values, xr.DataArray) else type(values).__name__
            raise ValueError(
                f"by[{name!r}] must be a DataArray (layer, neuron) of scores, the highest to be "
                f"switched off first; not {what}."
            )
        if name == "random":
            raise ValueError("by must not call scores 'random', the name of the null.")
        known = values.layer.values.tolist()
        for layer in recorded.layer.values.tolist():
            if layer not in known:
                raise ValueError(
                    f"by[{name!r}] has no layer {layer!r}, but {', '.join(map(repr, known))}."
                    f"{did_you_mean(layer, known)}"
                )
        found[name] = values.reindex(layer=recorded.layer, neuron=recorded.neuron)
    return found


def order(
    score: xr.DataArray | None, recorded: xr.DataArray, layers: Sequence[str], seed: Sequence[int]
) -> Order:
    """
    Return the neurons of some layers, those of the highest score first; None: in a drawn order.

    Neurons of equal score are in a drawn order too. Those whose score is NaN are left out.
    """
    wanted = np.isin(recorded.layer.values, list(layers))[:, None] & inside(recorded)
    values = np.zeros(wanted.shape)
    if score is not None:
        values = score.transpose("layer", "neuron").values.astype(float)
    at = np.argwhere(wanted & ~np.isnan(values))
    at = np.random.default_rng(seed).permutation(at)
    chosen = values[tuple(at.T)]
    turn = np.argsort(-chosen, kind="stable")
    at, chosen = at[turn], chosen[turn]
    return Order(recorded.layer.values[at[:, 0]], recorded.neuron.values[at[:, 1]], chosen)


def inside(recorded: xr.DataArray) -> np.ndarray:
    """Return which places of a recording are neurons of their layer, (layer, neuron)."""
    return recorded.neuron.values < recorded.width.values[:, None]
