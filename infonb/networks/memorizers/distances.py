"""Squared distances without cancellation: what decides which of two points is nearer."""

from __future__ import annotations

import torch

__all__ = ["squared_distances"]

#: Largest whole numbers up to which all are exact: of float32 and float64.
_SINGLE, _DOUBLE = 2.0**24, 2.0**53
#: So many differences are in memory at once.
_AT_ONCE = 4_000_000


def squared_distances(points: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """
    Return squared distances in float64: (sample, feature), (other, feature) → (sample, other).

    Of whole numbers, such as grey levels, by matrix products, in which every sum is exact; of other
    numbers by their differences, since |x|² + |y|² − 2xy would lose the digits that decide.
    """
    points, others = points.double(), others.double()
    if _whole(points) and _whole(others):
        found = _by_products(points, others)
        if found is not None:
            return found
    n_features = points.shape[1]
    rows = max(1, _AT_ONCE // max(1, others.shape[0] * n_features))
    parts = [
        (part[:, None, :] - others).square_().sum(dim=-1) for part in torch.split(points, rows)
    ]
    return torch.cat(parts) if parts else points.new_zeros(0, others.shape[0])


def _whole(values: torch.Tensor) -> bool:
    return bool((values == values.round()).all())


def _by_products(points: torch.Tensor, others: torch.Tensor) -> torch.Tensor | None:
    """Return squared distances of whole numbers; None if sums could be too large to be exact."""
    used = (points != 0).any(dim=0) | (others != 0).any(dim=0)  # borders of images are empty
    points, others = points[:, used], others[:, used]
    if not points.numel() or not others.numel():
        return points.new_zeros(points.shape[0], others.shape[0])
    low = min(float(points.min()), float(others.min()))
    high = max(float(points.max()), float(others.max()))
    middle = (low + high) // 2  # smaller numbers, the same distances
    largest = points.shape[1] * max(high - middle, middle - low) ** 2
    if 4 * largest >= _DOUBLE:
        return None
    dtype = torch.float32 if largest < _SINGLE else torch.float64
    points, others = ((one - middle).to(dtype) for one in (points, others))
    norms = [one.square().sum(dim=1).double() for one in (points, others)]
    products = (points @ others.T).double()
    return products.mul_(-2).add_(norms[0][:, None]).add_(norms[1])
