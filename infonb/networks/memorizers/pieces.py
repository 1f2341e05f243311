"""On how many linear pieces a network of piecewise linear units runs along a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from torch import nn

from infonb.networks.memorizers.points import plain_array

__all__ = ["breakpoints_on_line", "pieces_on_line"]

#: By which share of the steepest slope two slopes differ, at least.
_SAME = 1e-9


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
        slope, and not by sampling: pieces of any shortness are counted. Two slopes are the same if
        they differ by less than 1e-9 of the steepest.

    Raises
    ------
    ValueError
        If there is another kind of layer, or the points are no inputs of the network.

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
    return edges[1:-1], slope


def _layers(net: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers that compute, in their order."""
    known = (nn.Linear, nn.ReLU, nn.LeakyReLU, nn.Hardtanh)
    passed = (nn.Flatten, nn.Identity)
    leaves = [module for module in net.modules() if not list(module.children())]
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
