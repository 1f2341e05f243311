"""Two hidden layers of 2√N units that are built to give N points any values."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from infonb.networks.memorizers.hard_tanh import ACTIVATIONS, followed, hidden, linear_of
from infonb.networks.memorizers.points import (
    Line,
    as_float64,
    check_float64,
    distinct,
    flat_inputs,
    laid_out,
    plain_array,
)
from infonb.networks.memorizers.sizes import MemorizerSizes, plan_sizes
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["Built", "ReLUMemorizer", "build", "memorization_error", "relu_memorizer", "tell_error"]

#: Above this error of a stored value a warning is given.
EXACT = 1e-7


class ReLUMemorizer(nn.Module):
    """A network of the layers ``hidden1``, ``hidden2``, ... and ``out``, with its construction."""

    def __init__(
        self, layers: dict[str, nn.Module], sizes: MemorizerSizes, construction: xr.Dataset
    ) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.sizes, self.construction = sizes, construction

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what is stored for inputs (sample, ...): (sample, output)."""
        first = next(self.parameters())
        values = inputs.to(first.dtype).flatten(1) if inputs.ndim > 1 else inputs[:, None]
        values = values.to(first.dtype)
        if values.shape[1] != first.shape[1]:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this network takes (sample, ...) with "
                f"{first.shape[1]} features per sample."
            )
        for layer in self.children():
            values = layer(values)
        return values


class Built:
    """Hard-tanh units that store points: weights and biases of all layers, places of the points."""

    def __init__(self, line: Line, targets: np.ndarray, sizes: MemorizerSizes, margin: float):
        n_groups, n_places = 2 * sizes.p, 2 * sizes.q
        order = np.argsort(line.places, kind="stable")
        places, values = _filled(line.places[order], targets[order], n_groups * n_places)
        self.order, self.margin = order, margin
        places = places.reshape(n_groups, n_places)
        low, high = _intervals(places)
        scale = 2 / (high - low)
        self.weight1 = scale[:, None] * line.direction
        self.bias1 = -1 - scale * low
        #: Of the point at a place of a group, what the unit of this group says: (group, place).
        self.inside = scale[:, None] * (places - low[:, None]) - 1
        stored = [
            self._units(values[:, k].reshape(n_groups, n_places)) for k in range(targets.shape[1])
        ]
        self.weight2 = np.concatenate([weight for weight, _ in stored])
        self.bias2 = np.concatenate([bias for _, bias in stored])
        outputs = np.eye(targets.shape[1])
        self.weight3 = np.repeat(outputs, n_places, axis=1)
        self.bias3 = -np.ones(targets.shape[1])

    def _units(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights (unit, group) and biases of the units of one output: (group, place)."""
        n_places = values.shape[1]
        found = [self._unit(values, unit) for unit in range(n_places)]
        return np.stack([weight for weight, _ in found]), np.array([bias for _, bias in found])

    def _unit(self, values: np.ndarray, unit: int) -> tuple[np.ndarray, float]:
        """
        Return weights and bias of the unit that stores one point of each group.

        Left of its group a unit of layer 1 is at 1, right of it at −1: D equations in D + 1
        unknowns. The solution that is left free alternates in sign, and as much of it is added as
        drives all other points of the groups out of (−1, 1).
        """
        n_groups, n_places = values.shape
        groups = np.arange(n_groups)
        place = np.where(groups % 2 == 0, unit, n_places - 1 - unit)  # back and forth
        at, y = self.inside[groups, place], values[groups, place]
        weight, free = np.zeros(n_groups), np.ones(n_groups)
        for j in range(n_groups - 1):
            down, up = 1 - at[j], 1 + at[j + 1]
            weight[j + 1] = (y[j + 1] - y[j] - weight[j] * down) / up
            free[j + 1] = -free[j] * down / up
        apart = np.abs(self.inside - at[:, None])
        apart[groups, place] = np.inf
        needed = (1 + np.abs(y) + self.margin) / apart.min(axis=1) + np.abs(weight)
        weight += (-1) ** unit * (needed / np.abs(free)).max() * free
        bias = y[0] - weight[0] * at[0] + weight[1:].sum()
        return weight, float(bias)

    def layers(self, activation: str) -> dict[str, nn.Module]:
        """Return the two hidden layers and the last one."""
        return {
            "hidden1": hidden(self.weight1, self.bias1, activation),
            "hidden2": hidden(*followed(self.weight2, self.bias2, activation), activation),
            "out": linear_of(*followed(self.weight3, self.bias3, activation)),
        }


def relu_memorizer(
    inputs: Any, targets: Any, *, p: int | None = None, q: int | None = None, margin: float = 1.0,
    activation: str = "relu", seed: int = 0, dtype: Any = "float64",
) -> ReLUMemorizer:  # fmt: skip
    """
    Return a network of two hidden layers that gives each of N points its value: none is trained.

    Dims in: inputs (sample, ...), targets (sample) or (sample, output). The network: (sample, ...)
    → (sample, output).

    Parameters
    ----------
    inputs
        The points, all different; array, tensor or DataArray.
    targets
        Their values, from −1 to 1.
    p, q
        Half of the hard-tanh units of layer 1, and of layer 2 for each output; None: as few as hold
        all points.
    margin
        How far beyond ±1 what is not stored is driven, at least.
    activation
        ``"hardtanh"``: 2p and 2q·dy units; ``"relu"`` and ``"leaky"`` (slope 0.1 below zero): two
        units for each of these.
    seed
        Of the 200 directions that are tried; the one that keeps the points apart best is taken.
    dtype
        Only float64: see Raises.

    Returns
    -------
    ReLUMemorizer
        A module with the children ``hidden1``, ``hidden2`` (units after their nonlinearity) and
        ``out``; ``sizes``; and ``construction``, a dataset with ``direction`` (feature), ``order``,
        ``group``, ``place`` (point), ``gap``, ``weight_max`` (layer); ``error``, the largest that
        rounding leaves at the stored points.

    Raises
    ------
    ValueError
        If two equal inputs have different targets, a target lies beyond ±1, there are more than 4pq
        points, two points lie too near on every line, or another dtype is asked for.

    Warns
    -----
    UserWarning
        If inputs with equal targets are there more than once: they are stored once. If rounding
        leaves an error above 1e-7: of very many points, of points that lie near each other on the
        line, or far from the origin.

    Notes
    -----
    All points are laid on a line and cut into 2p groups of 2q neighbours. A unit of layer 1 rises
    from −1 to 1 over its own group. A unit of layer 2 stores one point of each group, and is at ±1
    at all the others, which cancel in the sum. So the network holds 4pq values with widths 4p and
    4q; the error is rounding alone: about 1e-9 at N = 1,024 random points around the origin.

    References
    ----------
    Yun, Sra and Jadbabaie, *Small ReLU networks are powerful memorizers*, NeurIPS 2019, theorem
    3.1; weights of our own, of the same sizes.

    Examples
    --------
    >>> net = relu_memorizer([[0.0], [1.0], [2.0], [3.0]], [0.5, -1.0, 1.0, 0.0])
    >>> net(torch.tensor([[0.0], [1.0], [2.0], [3.0]])).detach().numpy().round(12).ravel()
    array([ 0.5, -1. ,  1. ,  0. ])
    >>> net.sizes.d1, net.sizes.d2, net.construction.group.values
    (4, 4, array([0, 0, 1, 1]))
    """
    check_float64(dtype)
    check_choice("activation", activation, ACTIVATIONS)
    values = _targets_of(targets)
    points, values = distinct(flat_inputs(inputs), values)
    built, sizes, construction = build(points, values, p=p, q=q, margin=margin, seed=seed)
    net = ReLUMemorizer(built.layers(activation), sizes, construction)
    tell_error(net, points, values)
    return net


def memorization_error(net: nn.Module, inputs: Any, targets: Any) -> float:
    """
    Return the largest difference between what a network says and what it was to memorize.

    Dims in: inputs (sample, ...), targets (sample) or (sample, output); a number out, in the units
    of the targets.

    Parameters
    ----------
    net
        Any module; it is asked in its own precision and in eval mode.
    inputs, targets
        As of `relu_memorizer`.

    Raises
    ------
    ValueError
        If the network gives other dims than the targets have.

    Examples
    --------
    >>> net = relu_memorizer([[0.0], [1.0]], [0.5, -1.0])
    >>> memorization_error(net, [[0.0], [1.0]], [0.5, -0.75])
    0.25
    """
    from infonb.networks.state import device_and_dtype, eval_mode

    device, dtype = device_and_dtype(net)
    asked = torch.as_tensor(plain_array(inputs))
    with eval_mode(net):
        said = net(asked.to(device, dtype)).double().cpu().numpy()
    wanted = plain_array(targets).astype(np.float64)
    if wanted.ndim == 1 and said.ndim == 2 and said.shape[1] == 1:
        said = said[:, 0]
    if said.shape != wanted.shape:
        raise ValueError(f"the network gives {said.shape}, the targets have {wanted.shape}.")
    return float(np.abs(said - wanted).max())


def tell_error(net: ReLUMemorizer, points: np.ndarray, values: np.ndarray) -> None:
    """Add the largest error at the stored points to the construction; warn if it is large."""
    error = memorization_error(net, points, values)
    net.construction["error"] = error
    if error <= EXACT:
        return
    places = net.construction.position
    away, span = float(abs(places).max()), float(places.max() - places.min())
    warnings.warn(
        f"rounding leaves an error of {error:.1e} at the {len(points):,} stored points, above "
        f"{EXACT:g}: weights go up to {float(net.construction.weight_max.max()):.0e}, and the "
        f"points lie up to {away / span if span else np.inf:.1g} times their range from the "
        "origin. Take their mean off the inputs, take fewer points, or another seed.",
        stacklevel=3,
    )


def build(
    points: np.ndarray, values: np.ndarray, *, p: int | None, q: int | None, margin: float,
    seed: int,
) -> tuple[Built, MemorizerSizes, xr.Dataset]:  # fmt: skip
    """Return weights, sizes and labelled construction for distinct points (sample, feature)."""
    check_number("margin", margin, 0)
    sizes = plan_sizes(len(points), values.shape[1], n_inputs=points.shape[1], p=p, q=q)
    line = laid_out(points, check_integer("seed", seed, 0))
    built = Built(line, values, sizes, margin)
    rank = np.empty(len(points), dtype=int)
    rank[built.order] = np.arange(len(points))
    group, place = np.divmod(rank, 2 * sizes.q)
    largest = [np.abs(weight).max() for weight in (built.weight1, built.weight2, built.weight3)]
    construction = xr.Dataset(
        {
            "direction": ("feature", line.direction), "position": ("point", line.places),
            "order": ("point", rank), "group": ("point", group), "place": ("point", place),
            "gap": line.gap, "weight_max": ("layer", largest),
        },
        {"layer": np.array(["hidden1", "hidden2", "out"], dtype=object)},
    )  # fmt: skip
    return built, sizes, construction


def _targets_of(targets: Any) -> np.ndarray:
    values = as_float64("targets", targets)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2:
        raise ValueError(
            f"targets must have dims (sample) or (sample, output); not {values.shape}."
        )
    if not values.size:
        raise ValueError(f"targets must have values; not shape {values.shape}.")
    largest = np.abs(values).max() if np.isfinite(values).all() else np.nan
    if not largest <= 1:
        raise ValueError(
            f"targets must lie from -1 to 1; the largest is {largest:g}. Divide all by it."
        )
    return values


def _filled(places: np.ndarray, values: np.ndarray, capacity: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places that rise and values, with made-up points to the right of all, of value 0."""
    missing = capacity - len(places)
    if not missing:
        return places, values
    width = places[-1] - places[0]
    # a single one may be so large that 1 is lost beside it
    step = width / (len(places) - 1) if len(places) > 1 else max(1.0, abs(places[0]))
    more = places[-1] + step * np.arange(1, missing + 1)
    return np.concatenate([places, more]), np.concatenate(
        [values, np.zeros((missing, values.shape[1]))]
    )


def _intervals(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of the interval of each group: half way to the neighbouring group."""
    between = (places[1:, 0] + places[:-1, -1]) / 2
    low = np.concatenate([[places[0, 0] - (places[0, 1] - places[0, 0]) / 2], between])
    high = np.concatenate([between, [places[-1, -1] + (places[-1, -1] - places[-1, -2]) / 2]])
    return low, high
