"""What gradient descent does that begins near weights that memorize."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from infonb.networks.layers import generator_of
from infonb.networks.memorizers.points import plain_array
from infonb.validate import check_integer, check_number

__all__ = ["sgd_near_minimum"]

#: Steps of L-BFGS that bring the network to its minimum, at most.
_LBFGS = 3000


def sgd_near_minimum(
    net: nn.Module, inputs: Any, targets: Any, *,
    radii: Sequence[float] = (3e-2, 1e-2, 3e-3, 1e-3, 3e-4), epochs: int = 300,
    learning_rate: float = 0.02, seed: int = 0,
) -> xr.Dataset:  # fmt: skip
    """
    Return the risk along SGD that begins at some distances from weights that memorize.

    Dims in: inputs (sample, ...), targets (sample) or (sample, output); out: (radius, epoch).

    Parameters
    ----------
    net
        A small network; a copy in float64 is first brought to its minimum by L-BFGS.
    inputs, targets
        What it memorizes.
    radii
        Distances of the first weights from the minimum, in one random direction.
    epochs
        Passes over the samples, one sample a step, in a new order each (without replacement).
    learning_rate
        Of SGD.
    seed
        Of the direction and of the orders.

    Returns
    -------
    xarray.Dataset
        ``risk`` (radius, epoch), the mean square over 2, at epoch 0 before the first step;
        ``distance`` (radius, epoch) from the minimum; attribute ``risk_of_minimum``.

    Raises
    ------
    ValueError
        If L-BFGS does not get below a risk of 1e-12: the network does not memorize the samples; if
        targets are not of the shape that the network gives, or there are no radii.

    References
    ----------
    Yun, Sra and Jadbabaie, *Small ReLU networks are powerful memorizers*, NeurIPS 2019: SGD without
    replacement that begins near such a minimum soon finds a point nearby of far smaller risk.

    Examples
    --------
    >>> from infonb.networks import MLP
    >>> points, values = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.5, -0.5, 1.0]
    >>> found = sgd_near_minimum(MLP([2, 16, 1]), points, values, radii=[1e-2], epochs=50)
    >>> bool(found.risk[0, -1] < found.risk[0, 0] / 10)
    True
    """
    check_integer("epochs", epochs, 1)
    check_number("learning_rate", learning_rate, 0)
    x, y = (torch.as_tensor(plain_array(v), dtype=torch.float64) for v in (inputs, targets))
    y = y[:, None] if y.ndim == 1 else y
    if not len(radii):
        raise ValueError("radii must not be empty; give at least one distance, such as [1e-2].")
    model = copy.deepcopy(net).double()
    if len(x) != len(y) or (given := model(x).shape) != y.shape:
        said = "" if len(x) != len(y) else f", of which the network makes {tuple(given)}"
        raise ValueError(
            f"inputs of shape {tuple(x.shape)}{said} and targets of shape {tuple(y.shape)} do not "
            "belong together."
        )
    minimum = _minimum(model, x, y)
    generator = generator_of(seed, 50)
    direction = torch.randn(minimum.numel(), generator=generator, dtype=torch.float64)
    runs = []
    for at, radius in enumerate(radii):
        generator = generator_of(seed, 51 + at)
        start = minimum + check_number("radii", radius, 0) * direction / direction.norm()
        runs.append(_descend(model, x, y, (minimum, start), epochs, learning_rate, generator))
    risk, distance = np.array(runs).transpose(1, 0, 2)
    nn.utils.vector_to_parameters(minimum, model.parameters())
    return xr.Dataset(
        {"risk": (("radius", "epoch"), risk), "distance": (("radius", "epoch"), distance)},
        {"radius": list(radii), "epoch": np.arange(epochs + 1)},
        {"risk_of_minimum": _risk(model, x, y).item(), "learning_rate": float(learning_rate)},
    )


def _minimum(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Bring a network to its minimum; return the weights in one row."""
    optimizer = torch.optim.LBFGS(
        model.parameters(), max_iter=_LBFGS, max_eval=2 * _LBFGS, tolerance_grad=1e-15,
        tolerance_change=0, line_search_fn="strong_wolfe", history_size=50,
    )  # fmt: skip

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        risk = _risk(model, x, y)
        risk.backward()
        return risk

    optimizer.step(closure)
    reached = _risk(model, x, y).item()
    if not reached < 1e-12:
        raise ValueError(
            f"the network does not memorize the {len(x)} samples: L-BFGS ends at a risk of "
            f"{reached:.1e}, not below 1e-12. Take a wider network, fewer samples or another seed."
        )
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


def _descend(
    model: nn.Module, x: torch.Tensor, y: torch.Tensor, ends: tuple[torch.Tensor, torch.Tensor],
    epochs: int, rate: float, generator: torch.Generator,
) -> tuple[list[float], list[float]]:  # fmt: skip
    """Return risk and distance from the minimum, before and after each epoch."""
    minimum, start = ends
    parameters = list(model.parameters())
    nn.utils.vector_to_parameters(start.clone(), parameters)
    risks, distances = [], []
    for epoch in range(epochs + 1):
        order = torch.randperm(len(x), generator=generator).tolist() if epoch else []
        for i in order:
            gradients = torch.autograd.grad(_risk(model, x[i : i + 1], y[i : i + 1]), parameters)
            with torch.no_grad():
                for values, gradient in zip(parameters, gradients, strict=True):
                    values.sub_(rate * gradient)
        risks.append(_risk(model, x, y).item())
        now = nn.utils.parameters_to_vector(parameters).detach()
        distances.append((now - minimum).norm().item())
    return risks, distances


def _risk(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    risk: torch.Tensor = (model(x) - y).square().mean() / 2
    return risk
