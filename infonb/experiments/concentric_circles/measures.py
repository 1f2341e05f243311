"""What is measured on a network of the circles: its neurons, its answers, its use of c1."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.concentric_circles.recipes import Recipe

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "EDGES",
    "LAYERS",
    "aligned_difference",
    "answers",
    "cuts",
    "entropies",
    "informations",
    "record",
    "switch_off",
]

#: What is recorded: before (pre) and after (post) each ReLU.
LAYERS = {"pre": ["fc1", "fc2"], "post": ["relu1", "relu2"]}

#: The three rulers of the entropy. The shared bins have one width and begin at a multiple of it, so
#: that they are the same in all networks although each is measured alone.
EDGES = ("common", "shared", "neuron")

#: Values of c1 at which the answers of a network over the plane are kept, and coarse to fine.
C1 = (-3.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0)
LINE = np.linspace(-1.8, 1.8, 49)
C1_FINE = np.linspace(-3.6, 3.6, 49)
RADIUS = np.linspace(0.0, 1.8, 37)


def record(model: nn.Module, sets: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Return the activations of each set of points, dims (alignment, layer, neuron, sample)."""
    from infonb.activations import record

    layers = [layer for pair in zip(*LAYERS.values(), strict=True) for layer in pair]
    recorded = [
        record(model, points.reset_coords(drop=True), layers=layers, progress=False)
        for points in sets.values()
    ]
    run = xr.concat(
        recorded, dim=xr.Variable("alignment", np.array(list(sets), dtype=object)),
        coords="minimal", compat="override", join="override", combine_attrs="override",
    )  # fmt: skip
    return run.drop_vars("prediction", errors="ignore")  # it differs between the alignments


def answers(model: nn.Module, sets: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Return what a network answers: its accuracy on each set, and over the plane."""
    from infonb.training import accuracy

    right = [accuracy(model, points) for points in sets.values()]
    return xr.Dataset({
        "aligned_accuracy": ("alignment", right, {"long_name": "accuracy"}),
        "probability": _surface(model),
        "radial": _radial(model),
    })  # fmt: skip


def informations(activation: xr.DataArray, *, k: int, mi_samples: int) -> dict[str, xr.DataArray]:
    """Return the MI of the pairs within each layer by two estimators."""
    from infonb.measures import ScaleWarning, TiesWarning, mutual_information

    options: dict[str, Any] = {"k": k, "within": "layer", "max_samples": mi_samples or None}
    with warnings.catch_warnings():
        # the paper's estimator is kept for the layers after a ReLU too, and for neurons of very
        # different scale; the page says what it does
        warnings.simplefilter("ignore", TiesWarning)
        warnings.simplefilter("ignore", ScaleWarning)
        ksg = mutual_information(activation, **options)
        mixture = mutual_information(activation, estimator="mixture", **options)
    return {"mutual_information": ksg, "mixture_information": mixture}


def switch_off(
    recipe: Recipe, model: nn.Module, sets: Mapping[str, xr.Dataset], run: xr.Dataset, seed: int
) -> dict[str, xr.DataArray]:
    """
    Return the accuracy with neurons before the ReLU off, as `infonb.experiments.switching_off`.

    NaN of networks that are no end of a sweep. Entropy in bins common to the network and mutual
    information (KSG) are those on the points whose c1 agrees with the label.
    """
    from infonb.experiments.switching_off import not_switched_off, switched_off
    from infonb.selection.interventions.switching_order import difference

    before = run.sel(layer=LAYERS["pre"])
    names = ("bias", "anti", "none")
    numbers = range(min(10, int(before.width.sum())) + 1)  # as the paper; of fewer neurons all
    if not recipe.is_end:
        return not_switched_off(names, numbers)
    bias = before.sel(alignment="bias", drop=True)
    anti = before.activation.sel(alignment="anti", drop=True)
    return switched_off(
        model, {name: sets[name] for name in names}, numbers,
        entropy=bias.entropy.sel(edges="common", drop=True), information=bias.mutual_information,
        difference=difference(bias.activation, anti), seed=seed,
    )  # fmt: skip


def cuts(model: nn.Module, found: xr.Dataset) -> xr.DataArray:
    """
    Return what a network answers with the neurons of `infonb.intervene` off.

    Probability of label 1, mean over the directions, dims (by, number, c1_fine, radius).
    """
    from infonb.selection import switched_off

    rows = []
    for by in found.by.values.tolist():
        layer, neuron = found.off_layer.sel(by=by).values, found.off_neuron.sel(by=by).values
        answers = []
        for n in found.number.values.tolist():
            off = {name: neuron[:n][layer[:n] == name] for name in set(layer[:n].tolist())}
            with switched_off(model, off):
                answers.append(_radial(model, 12))
        rows.append(xr.concat(answers, dim=xr.Variable("number", found.number.values)))
    return xr.concat(rows, dim=xr.Variable("by", found.by.values))


def entropies(activation: xr.DataArray, *, bins: int, bin_width: float) -> xr.DataArray:
    """
    Return the entropy of each neuron of a network with every kind of bins, in nats.

    Dims (..., layer, neuron, sample), all `LAYERS` → (edges, ..., layer, neuron).
    """
    from infonb.measures import entropy

    # common bins are those of the layers before a ReLU, or of those after it: never of both
    parts = []
    for layers in LAYERS.values():
        values = activation.sel(layer=layers)
        grid = _grid(values, bin_width)
        parts.append([
            entropy(values, bins=bins, edges="common"),
            entropy(values, bins=len(grid) - 1, edges=grid),
            entropy(values, bins=bins, edges="neuron"),
        ])  # fmt: skip
    by_kind = [
        xr.concat(kind, dim="layer", combine_attrs="override") for kind in zip(*parts, strict=True)
    ]
    both = xr.concat(
        by_kind, dim=xr.Variable("edges", np.array(EDGES, dtype=object)), coords="minimal",
        compat="override", combine_attrs="drop_conflicts",
    )  # fmt: skip
    return both.sel(layer=activation.layer)


def by_side(values: xr.DataArray) -> xr.DataArray:
    """Return values of all `LAYERS` by side and number, dims (..., side, layer, ...)."""
    sides = [
        values.sel(layer=layers).assign_coords(layer=np.arange(1, len(layers) + 1))
        for layers in LAYERS.values()
    ]
    names = np.array(["before the ReLU", "after the ReLU"], dtype=object)
    joined = xr.concat(sides, xr.Variable("side", names), coords="minimal", compat="override")
    return joined.transpose(
        "network", "seed", ..., "side", *values.dims[values.dims.index("layer") :]
    )


def _grid(values: xr.DataArray, width: float) -> np.ndarray:
    """Return edges at multiples of a width, which are the same for every network."""
    low, high = np.floor(float(values.min()) / width), np.floor(float(values.max()) / width) + 1
    return width * np.arange(low, high + 1)


def aligned_difference(activation: xr.DataArray) -> xr.DataArray:
    """
    Return how a neuron's activation changes when c1 changes sides, in its standard deviations.

    Dims (..., alignment, layer, neuron, sample) → without alignment: activation where c1 agrees
    with the label minus activation where it disagrees, divided by the neuron's standard deviation
    over both sets; 0 for a neuron that is constant. The samples of both are the same points.
    """
    pair = activation.sel(alignment=["bias", "anti"])
    spread = pair.std(["alignment", "sample"])
    difference = pair.sel(alignment="bias", drop=True) - pair.sel(alignment="anti", drop=True)
    scaled = difference / spread.where(spread > 0, 1.0)
    return scaled.assign_attrs(long_name="bias − anti", units="standard deviations")


def _answers(model: nn.Module, x: np.ndarray, y: np.ndarray, c1: np.ndarray) -> np.ndarray:
    """Return the probability of label 1, in the shape of the coordinates."""
    from scipy.special import expit

    from infonb.training import predict

    points = np.stack([part.ravel() for part in np.broadcast_arrays(x, y, c1)], axis=1)
    shape = np.broadcast_shapes(x.shape, y.shape, c1.shape)
    return expit(predict(model, points)[:, 0].astype(float)).reshape(shape).astype(np.float32)


def _surface(model: nn.Module) -> xr.DataArray:
    """Return the probability of label 1 on planes of equal c1, dims (c1, y, x)."""
    c1, y, x = np.ix_(np.array(C1), LINE, LINE)
    return xr.DataArray(
        _answers(model, x, y, c1), {"c1": np.array(C1), "y": LINE, "x": LINE}, ("c1", "y", "x")
    )


def _radial(model: nn.Module, directions: int = 24) -> xr.DataArray:
    """Return the probability of label 1, mean over the directions, dims (c1_fine, radius)."""
    angle = 2 * np.pi * np.arange(directions) / directions
    c1, radius, angle = np.ix_(C1_FINE, RADIUS, angle)
    answers = _answers(model, radius * np.cos(angle), radius * np.sin(angle), c1)
    return xr.DataArray(
        answers.mean(axis=2), {"c1_fine": C1_FINE, "radius": RADIUS}, ("c1_fine", "radius")
    )
