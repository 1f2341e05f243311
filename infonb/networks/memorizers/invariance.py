"""What a narrow network cannot see: directions that its first layer maps to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr

from infonb.networks.memorizers.checks import as_points
from infonb.networks.memorizers.points import as_float64, plain_array
from infonb.networks.state import device_and_dtype, eval_mode

__all__ = ["invariance_gap", "null_direction"]


def null_direction(weight: Any) -> np.ndarray:
    """
    Return a direction that a first layer does not see: ``W v = 0``.

    Dims in: `weight` (unit, feature); out: (feature), of length 1, float64.

    Parameters
    ----------
    weight
        Weights of the first layer, such as ``net.fc1.weight``.

    Raises
    ------
    ValueError
        If there is none: the rank of the weights is the number of features.

    Notes
    -----
    With fewer units than features there always is one, whatever the weights, and the network is the
    same along it: ``f(x + t v) = f(x)``. Of several it is the one that the weights shorten most.

    References
    ----------
    Yu, Gao, Zhang and Miao, *Generalizability of memorization neural networks*, NeurIPS 2024
    (arXiv 2411.00372): networks narrower than the dimension of the data do not generalize.

    Examples
    --------
    >>> null_direction([[1.0, 0.0]])
    array([0., 1.])
    """
    matrix = as_float64("weight", weight)
    if matrix.ndim != 2 or not np.isfinite(matrix).all():
        raise ValueError(f"weight must be finite, dims (unit, feature); not shape {matrix.shape}.")
    units, n_features = matrix.shape
    _, lengths, directions = np.linalg.svd(matrix)
    rank = int((lengths > max(matrix.shape) * np.finfo(float).eps * lengths.max(initial=0)).sum())
    if rank == n_features:
        raise ValueError(
            f"the {units} units see all {n_features} features: weight has rank {rank}, and no "
            "direction is mapped to 0. There is one where units are fewer than features."
        )
    found: np.ndarray = directions[-1]
    return found * np.sign(found[np.abs(found).argmax()])


def invariance_gap(net: Any, inputs: Any, direction: Any, scales: Sequence[float]) -> xr.DataArray:
    """
    Return by how much a network changes as its inputs are moved along a direction.

    Dims in: `inputs` (sample, ...), `direction` (feature); out: (scale), in units of the output,
    ``max |f(x + t v) − f(x)|`` over the samples.

    Parameters
    ----------
    net
        A network, or any function of a tensor (sample, ...).
    inputs, direction
        Where it starts, and v, as of `null_direction`.
    scales
        How far it is moved, t.

    Raises
    ------
    ValueError
        If inputs or direction are not finite, or the direction has another number of features.

    Examples
    --------
    >>> net = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[1.0, 0.0]]))
    >>> invariance_gap(net, [[0.3, 0.4]], null_direction(net.weight), [1.0, 100.0]).values
    array([0., 0.])
    """
    points = as_points(inputs)
    along = as_float64("direction", direction).ravel()
    if along.size != points.shape[1]:
        raise ValueError(
            f"direction has {along.size} features, and inputs have {points.shape[1]}; take one of "
            "the same network."
        )
    if not np.isfinite(along).all():
        raise ValueError("direction must be finite; there is NaN or infinity in it.")
    steps = np.atleast_1d(as_float64("scales", scales))
    shape = plain_array(inputs).shape
    far = [points, *(points + scale * along for scale in steps)]
    start, *moved = (_outputs(net, one.reshape(shape)) for one in far)
    gaps = [float(np.abs(one - start).max()) for one in moved]
    return xr.DataArray(
        gaps, {"scale": steps}, ["scale"], "invariance_gap",
        {"n_samples": len(points)},
    )  # fmt: skip


def _outputs(net: Any, inputs: np.ndarray) -> np.ndarray:
    if not isinstance(net, torch.nn.Module):
        with torch.no_grad():
            return as_float64("outputs", net(torch.from_numpy(inputs)))
    device, dtype = device_and_dtype(net)
    with eval_mode(net):
        found = net(torch.from_numpy(inputs).to(device, dtype))
    return np.asarray(found.cpu(), dtype=float)
