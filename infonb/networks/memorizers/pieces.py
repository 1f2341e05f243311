"""On how many linear pieces a network of piecewise linear units runs along a line."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.networks.memorizers.points import plain_array

__all__ = ["breakpoints_on_line", "pieces_on_line"]

#: By which share of the steepest slope two slopes differ, at least.
_SAME = 1e-9
#: Kinks that are nearer than this share of the line are one: rounding has parted them.
_APART = 1e-12
#: How far the network may be from its pieces, as a share of the largest value.
_OFF = 1e-4


def pieces_on_line(net: nn.Module, start: Any, end: Any) -> int:
    """
    Return on how many linear pieces the output of a network runs from one point to another.

    Dims in: two inputs of the network (...); a number out.

    Parameters
    ----------
    net
        Linear layers, one behind the other, with ReLU, leaky ReLU or hard tanh between them: an
        `MLP`, an ``nn.Sequential``, what `relu_memorizer` gives.
    start, end
        The ends of the line, as one input each.

    Returns
    -------
    int
        One more than the number of kinks. They are found layer by layer, where a unit changes its
        slope, and not by sampling: pieces are counted down to 1e-12 of the line, where rounding
        begins. Two slopes are the same if they differ by less than 1e-9 of the steepest.

    Raises
    ------
    ValueError
        If there is another kind of layer, if the network does more than its layers one behind the
        other, or the points are no inputs of the network.

    References
    ----------
    The bound 2·d1·d2 + d2 + 1 for two hidden layers: Yun, Sra and Jadbabaie (2019), on necessary
    widths; see `necessary_points`.

    Examples
    --------
    >>> from infonb.networks import relu_memorizer
    >>> net = relu_memorizer([[0.0], [1.0], [2.0], [3.0]], [0.5, -1.0, 1.0, 0.0])
    >>> pieces_on_line(net, [-0.4], [3.4])
    8
    """
    _, slopes = breakpoints_on_line(net, start, end)
    steepest = np.abs(slopes).max()
    kinks = np.abs(np.diff(slopes, axis=0)).max(axis=1) > _SAME * steepest
    return 1 + int(kinks.sum())


def breakpoints_on_line(net: nn.Module, start: Any, end: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return places (0 to 1) at which a unit has a kink, and slopes between: (piece, output)."""
    first, last = (_point(one) for one in (start, end))
    if first.shape != last.shape or not np.isfinite([first, last]).all():
        raise ValueError(
            f"start and end must be finite and of one shape; they have {first.size} and "
            f"{last.size} features."
        )
    edges = np.array([0.0, 1.0])
    # on every interval each unit is slope * t + level
    level, slope = first[None], (last - first)[None]
    for layer in _layers(net):
        if isinstance(layer, nn.Linear):
            weight, bias = _weights(layer)
            if weight.shape[1] != level.shape[1]:
                raise ValueError(
                    f"the points of the line have {level.shape[1]} features, the network takes "
                    f"{weight.shape[1]}."
                )
            level, slope = level @ weight.T + bias, slope @ weight.T
        else:
            edges, level, slope = _bent(layer, edges, level, slope)
    _check_pieces(net, np.shape(start), (first, last), (edges, level, slope))
    return edges[1:-1], slope


def _check_pieces(
    net: nn.Module, shape: tuple[int, ...], ends: tuple[np.ndarray, np.ndarray],
    pieces: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:  # fmt: skip
    """Raise unless the network says in the middle of each piece what the piece says."""
    edges, level, slope = pieces
    middle = ((edges[1:] + edges[:-1]) / 2)[:, None]
    inputs = (ends[0] + middle * (ends[1] - ends[0])).reshape(-1, *shape)
    with torch.no_grad():
        said = copy.deepcopy(net).double().eval()(torch.from_numpy(inputs)).numpy()
    expected = level + slope * middle
    off = np.abs(said.reshape(len(middle), -1) - expected).max()
    if not off <= _OFF * max(1.0, np.abs(expected).max()):
        raise ValueError(
            "the network does more than its Linear, ReLU, LeakyReLU and Hardtanh layers, one "
            f"behind the other: it is {off:.1e} off what they say. Write functions as layers."
        )


def _layers(net: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers that compute, in their order."""
    known = (nn.Linear, nn.ReLU, nn.LeakyReLU, nn.Hardtanh)
    passed = (nn.Flatten, nn.Identity)
    every = net.named_modules(remove_duplicate=False)  # one ReLU may stand in several places
    leaves = [module for _, module in every if not list(module.children())]
    for layer in leaves:
        if not isinstance(layer, (*known, *passed)):
            raise ValueError(
                f"the network has a {type(layer).__name__}; pieces are counted of Linear, ReLU, "
                "LeakyReLU and Hardtanh."
            )
        if isinstance(layer, known):
            yield layer


def _bent(
    layer: nn.Module, edges: np.ndarray, level: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return intervals cut where a unit has a kink, and the units behind their nonlinearity."""
    kinks, slopes, levels = _shape(layer)
    cuts = [edges]
    for kink in kinks:
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (kink - level) / slope
        inside = (at > edges[:-1, None]) & (at < edges[1:, None])  # NaN and infinity are not
        cuts.append(at[inside])
    finer = np.unique(np.concatenate(cuts))
    apart = np.diff(finer) > _APART
    finer = np.concatenate([finer[:-1][apart], [1.0]])
    finer[0] = 0.0
    middle = (finer[1:] + finer[:-1]) / 2
    own = np.searchsorted(edges, middle) - 1
    level, slope = level[own], slope[own]
    part = np.searchsorted(kinks, level + slope * middle[:, None])
    return finer, level * slopes[part] + levels[part], slope * slopes[part]


def _shape(layer: nn.Module) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return kinks of a nonlinearity, and slope and level in each of its parts."""
    if isinstance(layer, nn.Hardtanh):
        low, high = float(layer.min_val), float(layer.max_val)
        return np.array([low, high]), np.array([0.0, 1.0, 0.0]), np.array([low, 0.0, high])
    below = float(layer.negative_slope) if isinstance(layer, nn.LeakyReLU) else 0.0
    return np.array([0.0]), np.array([below, 1.0]), np.zeros(2)


def _weights(layer: nn.Linear) -> tuple[np.ndarray, np.ndarray]:
    weight = layer.weight.detach().double().cpu().numpy()
    none = layer.bias is None
    return weight, np.zeros(len(weight)) if none else layer.bias.detach().double().cpu().numpy()


def _point(values: Any) -> np.ndarray:
    return plain_array(values).astype(np.float64).ravel()
