"""The cell memorizer: a cell around each point, which ends where a point of the other class begins.

With sharp edges it decides as the nearest neighbour does.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.networks.memorizers.checks import as_points, check_signs
from infonb.networks.memorizers.distances import squared_distances
from infonb.validate import check_number

__all__ = ["CellMemorizer", "Cells", "cell_memorizer"]

#: Samples, and sums of half-spaces, at once.
_ROWS, _AT_ONCE = 1024, 4_000_000
#: Largest number of an input.
_LARGEST = 1e140


def cell_memorizer(
    inputs: Any, labels: Any, *, sharpness: float | None = None, split: float = 0.5
) -> CellMemorizer:
    """
    Build the network that keeps a cell around every training point.

    Dims in: `inputs` (sample, ...), flattened, `labels` (sample) of -1 and 1; the network takes
    (sample, ...) and gives (sample, 1): above 0 for class 1, below for class -1.

    Parameters
    ----------
    inputs, labels
        The points to memorize. Distances are without rounding where inputs are whole numbers, as
        grey levels are.
    sharpness
        K, how steeply a cell ends; None: the least that memorizes, `least_sharpness`. ``math.inf``:
        a cell is 1 or 0, and the network decides as the nearest neighbour does.
    split
        Where between two points of different class the border of a cell begins to fall, seen from
        the other point: above 0, below 1; 0.5: halfway.

    Returns
    -------
    CellMemorizer
        In float64, with `least_sharpness`, `n_half_spaces`, `n_parameters` and ``decide(inputs)``.

    Raises
    ------
    ValueError
        If labels are not of -1 and 1, two equal inputs have different labels, `sharpness` is
        below the least one, or inputs are so large or near that their squares are none of float64.

    Notes
    -----
    ``F(x) = Σ_i y_i relu(1 − K Σ_j relu(−⟨x_i − x_j, x − m_ij⟩))``, the inner sum over all points
    j of the other class, ``m_ij = (1 − split) x_j + split x_i``. Every training point is memorized
    from ``K = 1 / (split · min ‖x_i − x_j‖²)`` on. Written out it has a half-space for each i and
    j, N²/2 of them in all; they are never made here: halfway ``⟨x_i − x_j, x − m_ij⟩`` is half the
    difference of the squared distances of x from x_j and x_i, so that the inner sum is one of
    sorted distances. Other splits are summed in blocks, which takes N² for each sample.

    It is a reconstruction in the place of the efficient algorithm of the paper (there Theorem 7.3),
    whose own network could not be read: its size O(N² n) and what it must do are those.

    References
    ----------
    Yu, Gao, Zhang and Miao, *Generalizability of memorization neural networks*, NeurIPS 2024
    (arXiv 2411.00372), section 7.

    Examples
    --------
    >>> net = cell_memorizer([[0.0], [1.0]], [-1, 1])
    >>> net.least_sharpness, net(torch.tensor([[0.0], [0.25], [0.5], [0.75]])).T.tolist()
    (2.0, [[-1.0, -0.5, 0.0, 0.5]])
    >>> net.decide([[0.2], [0.5], [0.9]])
    array([-1,  0,  1])
    """
    points = as_points(inputs)
    signs = check_signs(labels, len(points))
    _check_size(points)
    split = check_number("split", split, 0.0, 1.0)
    if split in (0.0, 1.0):
        raise ValueError(f"split must be above 0 and below 1; not {split}.")
    least = _least_sharpness(points, signs, split)
    if sharpness is None:
        sharpness = least
    elif sharpness != math.inf:
        sharpness = check_number("sharpness", sharpness)
    if sharpness < least:
        raise ValueError(
            f"sharpness must be at least {least:.6g}, below which these points are not memorized "
            f"(least_sharpness); not {sharpness:.6g}. None takes the least."
        )
    return CellMemorizer(points, signs, sharpness, split, least)


class CellMemorizer(nn.Module):
    """
    What `cell_memorizer` returns: the modules ``cells`` (sample, N) and ``out``.

    Attributes
    ----------
    least_sharpness : float
        From which on all points are memorized.
    n_half_spaces, n_parameters : int
        Units of the first layer, and weights and biases of the network that is written out.

    Examples
    --------
    >>> net = cell_memorizer([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]], [-1, 1, 1])
    >>> net.n_half_spaces, net.n_parameters
    (4, 22)
    >>> net.cells(torch.zeros(1, 2)).tolist()
    [[1.0, 0.0, 0.0]]
    """

    def __init__(
        self, points: np.ndarray, signs: np.ndarray, sharpness: float, split: float, least: float
    ) -> None:
        super().__init__()
        self.cells = Cells(points, signs, sharpness, split)
        self.out = nn.utils.skip_init(nn.Linear, len(signs), 1, bias=False, dtype=torch.float64)
        self.out.weight.requires_grad_(False).copy_(torch.from_numpy(signs[None, :]))
        self.sharpness, self.split, self.least_sharpness = sharpness, split, least

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return F (sample, 1) of inputs (sample, ...)."""
        cells = self.cells(inputs)
        values: torch.Tensor = self.out(cells.to(self.out.weight.dtype))
        return values

    def decide(self, inputs: Any) -> np.ndarray:
        """Return the class of each sample, -1 or 1; 0 is a tie, F = 0."""
        points = torch.from_numpy(as_points(inputs, self.cells.points.shape[1]))
        with torch.no_grad():
            parts = [self(part)[:, 0].sign() for part in torch.split(points, _ROWS)]
        return torch.cat(parts).cpu().numpy().astype(np.int64)

    @property
    def n_half_spaces(self) -> int:
        """Units of the first layer, written out: one for each point and each of the other class."""
        positive = int((self.cells.signs > 0).sum())
        return 2 * positive * (self.cells.signs.numel() - positive)

    @property
    def n_parameters(self) -> int:
        """Weights that are not zero, and biases, of the network written out: about N² n / 2."""
        n_points, n_features = self.cells.points.shape
        # half-spaces with bias; what sums them in cells; the biases of the cells; the output
        return self.n_half_spaces * (n_features + 1) + self.n_half_spaces + 2 * n_points


class Cells(nn.Module):
    """The layer of cells: (sample, ...) → (sample, N), 1 within the cell of a point."""

    points: torch.Tensor
    signs: torch.Tensor

    def __init__(
        self, points: np.ndarray, signs: np.ndarray, sharpness: float, split: float
    ) -> None:
        super().__init__()
        self.register_buffer("points", torch.from_numpy(points))
        self.register_buffer("signs", torch.from_numpy(signs))
        self.sharpness, self.split = sharpness, split

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the activation of each cell; NaN of a sample that is not finite."""
        flat = inputs.flatten(1).to(self.points)
        if flat.shape[1] != self.points.shape[1]:  # a single feature would be taken for all
            raise ValueError(
                f"inputs have {flat.shape[1]} features a sample; the memorizer was built of points "
                f"with {self.points.shape[1]}."
            )
        finite = flat.isfinite().all(dim=1, keepdim=True)
        cells = self.of_distances(squared_distances(flat.where(finite, 0), self.points))
        return cells.masked_fill_(~finite, math.nan)

    def of_distances(self, distances: torch.Tensor) -> torch.Tensor:
        """Return the activation of each cell, of squared distances from all points."""
        cells = torch.empty_like(distances)
        for sign in (-1, 1):
            own, other = self.signs == sign, self.signs != sign
            cells[:, own] = self._of_class(distances[:, own], distances[:, other], own)
        return cells

    def _of_class(
        self, own: torch.Tensor, other: torch.Tensor, chosen: torch.Tensor
    ) -> torch.Tensor:
        """Return the cells of one class, of distances from it and from the other one."""
        if self.split == 0.5:
            if math.isinf(self.sharpness):
                return (own <= other.amin(dim=1, keepdim=True)).double()
            excess = _excess_halfway(own, other, self.sharpness)
        else:
            between = squared_distances(self.points[chosen], self.points[~chosen])
            excess = _excess(own, other, (self.split - 0.5) * between)
        if math.isinf(self.sharpness):
            return (excess <= 0).double()
        return (1 - self.sharpness * excess).clamp_(min=0)


def _excess_halfway(own: torch.Tensor, other: torch.Tensor, sharpness: float) -> torch.Tensor:
    """
    Return ``Σ_j relu((own_i − other_j) / 2)``: (sample, i), (sample, j) → (sample, i).

    By sorting and adding up the distances of the other class. Those beyond ``2 / sharpness`` of the
    nearest are left out: where they would count, the cell is off without them.
    """
    nearest = other.amin(dim=1, keepdim=True)
    near_enough = (own.amin(dim=1) < nearest[:, 0] + 2 / sharpness).nonzero()[:, 0]
    if near_enough.numel() < len(own):  # most samples are far from one of the classes
        # of those all cells of the class are off: the excess is at least what turns one off
        found = torch.full_like(own, 1 / sharpness)
        if near_enough.numel():
            found[near_enough] = _excess_halfway(own[near_enough], other[near_enough], sharpness)
        return found
    # differences from the nearest: small numbers, which keep their digits in sums
    own, other = own - nearest, other - nearest
    counting = max(1, int((other < 2 / sharpness).sum(dim=1).max())) if other.numel() else 1
    near = other.topk(counting, dim=1, largest=False, sorted=True).values
    sums = nn.functional.pad(near.cumsum(dim=1), (1, 0))
    number = torch.searchsorted(near.contiguous(), own.contiguous())  # how many are nearer
    return ((number * own - sums.gather(1, number)) / 2).clamp_(min=0)


def _excess(own: torch.Tensor, other: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Return ``Σ_j relu((own_i − other_j) / 2 + shift_ij)``, a few samples at once."""
    rows = max(1, _AT_ONCE // shift.numel())
    parts = [
        ((a[:, :, None] - b[:, None, :]) / 2 + shift).clamp_(min=0).sum(dim=2)
        for a, b in zip(torch.split(own, rows), torch.split(other, rows), strict=True)
    ]
    return torch.cat(parts)


def _check_size(points: np.ndarray) -> None:
    """Raise if squared distances could be more than float64 holds."""
    largest = float(np.abs(points).max())
    if largest > _LARGEST:
        raise ValueError(
            f"inputs must be at most {_LARGEST:g} in size, so that float64 holds squared "
            f"distances; not {largest:g}. Scale them down."
        )


def _least_sharpness(points: np.ndarray, signs: np.ndarray, split: float) -> float:
    """Return 1 / (split · the least squared distance of points of different class)."""
    at = [np.flatnonzero(signs == sign) for sign in (-1, 1)]
    sides = [torch.from_numpy(points[one]) for one in at]
    least = math.inf
    for start in range(0, len(at[0]), _ROWS):
        found = squared_distances(sides[0][start : start + _ROWS], sides[1])
        low = float(found.min())
        if low == 0:
            first, second = divmod(int(found.argmin()), len(at[1]))
            one, other = at[0][start + first], at[1][second]
            if (points[one] != points[other]).any():
                raise ValueError(
                    f"samples {one} and {other} have different labels and are so near to each "
                    "other that the square of their distance is 0 in float64; scale inputs up."
                )
            raise ValueError(
                f"samples {one} and {other} have the same input and different labels, which no "
                "network can memorize; leave one of them out."
            )
        least = min(least, low)
    return 1 / (split * least)
