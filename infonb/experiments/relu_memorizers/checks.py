"""What is known of constructed networks, tried: error over N, pieces, SGD, too few units."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr

__all__ = ["RADII", "checked", "near_a_minimum", "over_points", "smallest_error"]

#: Distances from the minimum at which SGD begins.
RADII = (3e-2, 3e-3)
#: Features of the random points.
_FEATURES = 20


def checked(n_points: Sequence[int], near_epochs: int, seeds: Sequence[int]) -> xr.Dataset:
    """Return all checks: (seed, n_points), (seed, radius, pass) and (seed)."""
    runs = [_one(tuple(n_points), near_epochs, seed) for seed in seeds]
    return xr.concat(runs, xr.Variable("seed", list(seeds)), combine_attrs="override")


@functools.lru_cache(maxsize=64)
def _one(n_points: tuple[int, ...], near_epochs: int, seed: int) -> xr.Dataset:
    return xr.merge([
        over_points(n_points, seed), near_a_minimum(near_epochs, seed),
        xr.Dataset({"smallest_error": smallest_error(seed)}),
    ])  # fmt: skip


def over_points(n_points: Sequence[int], seed: int) -> xr.Dataset:
    """
    Return, of networks that are built for so many points: (n_points).

    ``error`` in float64 and ``error_float32`` of random values from −1 to 1, ``weight_max``,
    widths, ``parameters``, ``necessary`` points; ``pieces`` on a line with labels in turn, beside
    those that are ``needed`` and those that are ``possible``.
    """
    from infonb.networks import (
        memorization_error,
        necessary_points,
        pieces_on_line,
        relu_memorizer,
    )

    rows = []
    for n in n_points:
        rng = np.random.default_rng([seed, n, 61])
        inputs, targets = rng.normal(size=(n, _FEATURES)), rng.uniform(-1, 1, size=n)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the error is large, which is what is looked at
            net = relu_memorizer(inputs, targets, seed=seed)
        sizes, error = net.sizes, float(net.construction.error)
        line = rng.uniform(0.6, 1.4, size=n).cumsum()
        turns = relu_memorizer(line[:, None], (-1.0) ** np.arange(n), seed=seed)
        possible = necessary_points(sizes.d1, sizes.d2)
        rows.append({
            "error": error, "weight_max": float(net.construction.weight_max.max()),
            "error_float32": memorization_error(net.float(), inputs, targets),
            "d1": sizes.d1, "d2": sizes.d2, "capacity": sizes.capacity,
            "parameters": sizes.parameters, "necessary": possible,
            "pieces": pieces_on_line(turns, line[:1], line[-1:]), "needed": n - 1,
            "possible": possible - 1,
        })  # fmt: skip
    return xr.Dataset(
        {name: ("n_points", [row[name] for row in rows]) for name in rows[0]},
        {"n_points": list(n_points)},
    )


def near_a_minimum(epochs: int, seed: int) -> xr.Dataset:
    """Return ``risk`` and ``distance`` (radius, pass) of SGD from near weights that memorize."""
    from infonb.networks import MLP, sgd_near_minimum

    rng = np.random.default_rng([seed, 67])
    inputs, targets = rng.normal(size=(20, 5)), rng.uniform(-1, 1, size=20)
    found = sgd_near_minimum(
        MLP([5, 16, 16, 1], seed=seed), inputs, targets, radii=RADII, epochs=epochs, seed=seed
    )
    found["risk_of_minimum"] = found.attrs["risk_of_minimum"]
    return found.rename(epoch="pass")


def smallest_error(seed: int, restarts: int = 100, steps: int = 500) -> float:
    """
    Return the smallest largest error that networks of widths 1 and 1 reach on six points of a line.

    Their values are 1 and −1 in turn. All restarts are trained side by side by Adam.
    """
    import torch

    from infonb.networks.layers import generator_of

    generator = generator_of(seed, 71)
    x = torch.linspace(-1, 1, 6)
    y = (-1.0) ** torch.arange(6)
    weights = [torch.randn(restarts, 1, generator=generator).requires_grad_() for _ in range(6)]
    optimizer, best = torch.optim.Adam(weights, 0.02), np.inf
    for _ in range(steps):
        first = torch.relu(weights[0] * x + weights[1])
        second = torch.relu(weights[2] * first + weights[3])
        error = (weights[4] * second + weights[5] - y).abs()
        best = min(best, float(error.detach().amax(dim=1).min()))
        optimizer.zero_grad()
        error.square().mean(dim=1).sum().backward()
        optimizer.step()
    return best
