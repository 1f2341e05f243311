"""Random hyperplanes, and units that cover the points of a class between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.networks.memorizers.points import flat_inputs, plain_array
from infonb.validate import check_integer, check_number

__all__ = ["Covers", "HyperplaneMemorizer", "cover", "random_hyperplane_memorizer"]

#: Points that are tried in one matrix product: few at first, since one may cover many.
_FIRST, _MOST = 16, 512
#: Points that are counted at once: their counts stay in the processor's cache.
_ROWS = 2048


class Threshold(nn.Module):
    """A linear layer whose units are 1 above zero and 0 elsewhere."""

    weight: torch.Tensor
    bias: torch.Tensor

    def __init__(self, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("weight", torch.from_numpy(weight))
        self.register_buffer("bias", torch.from_numpy(bias))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return 0 or 1 in float32: (sample, unit)."""
        above = values.to(self.weight.dtype) @ self.weight.T + self.bias > 0
        return above.to(torch.float32)


class AnyOf(nn.Module):
    """1 for each class of which a unit fires: (sample, unit) → (sample, class)."""

    member: torch.Tensor

    def __init__(self, owner: np.ndarray, n_classes: int) -> None:
        super().__init__()
        member = owner[None, :] == np.arange(n_classes)[:, None]
        self.register_buffer("member", torch.from_numpy(member.astype(np.float32)))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return 0 or 1 in float32: (sample, class)."""
        return (values @ self.member.T > 0).to(torch.float32)


class Covers:
    """Units of layer 2 for one class: which units of layer 1 they count, and up to where."""

    def __init__(self, counted: list[np.ndarray], limits: list[float], covered: np.ndarray) -> None:
        self.counted, self.limits, self.covered = counted, limits, covered


class HyperplaneMemorizer(nn.Module):
    """Threshold units: ``hidden1`` hyperplanes, ``hidden2`` covers, ``out`` any of a class."""

    def __init__(
        self, normals: np.ndarray, offsets: np.ndarray, found: list[Covers], n_classes: int
    ) -> None:
        super().__init__()
        self.hidden1 = Threshold(normals, offsets)
        counted = [one for covers in found for one in covers.counted]
        limits = [one for covers in found for one in covers.limits]
        weight = -np.array(counted, dtype=np.float32).reshape(len(counted), len(normals))
        self.hidden2 = Threshold(weight, np.array(limits, dtype=np.float32))
        # of two classes the units of one are enough: it is the other where none of them fires
        self.classes = np.arange(n_classes) if n_classes > 2 else np.array([1])
        self.widths = [len(covers.counted) for covers in found]
        self.uncovered = sum(int((~covers.covered).sum()) for covers in found)
        self.out = AnyOf(np.repeat(self.classes, self.widths), n_classes)
        self.width, self.accuracy, self.interpolates = len(counted), float("nan"), False

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return 1 for each class of which a unit fires: (sample, ...) → (sample, class)."""
        values = inputs.flatten(1) if inputs.ndim > 1 else inputs[:, None]
        n_features = self.hidden1.weight.shape[1]
        if values.shape[1] != n_features:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this network takes (sample, ...) with "
                f"{n_features} features per sample."
            )
        said: torch.Tensor = self.out(self.hidden2(self.hidden1(values)))
        if len(self.classes) == 1:
            said = torch.stack([1 - said[:, 1], said[:, 1]], dim=1)
        return said

    def predict(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the class of each input, the last of those that fire; the last if none does."""
        said = self(inputs)
        last: torch.Tensor = said.shape[1] - 1 - said.flip(1).argmax(dim=1)
        return last


def random_hyperplane_memorizer(
    inputs: Any, labels: Any, *, n_hyperplanes: int, bias: float = 0.0, seed: int = 0
) -> HyperplaneMemorizer:
    """
    Return a network of random hyperplanes and of units that cover the points of each class.

    Dims in: inputs (sample, ...), labels (sample). The network: (sample, ...) → (sample, class) of
    0 and 1.

    Parameters
    ----------
    inputs
        The points; array, tensor or DataArray. The paper divides them by their largest norm, which
        matters where ``bias`` is not 0.
    labels
        Their classes: 0, 1, ... Of two classes only the points of class 1 are covered; of more,
        those of each class against all others.
    n_hyperplanes
        Units of layer 1.
    bias
        λ: offsets of the hyperplanes are uniform on ±λ; 0: all go through the origin.
    seed
        Of the hyperplanes, and of the order in which points are tried.

    Returns
    -------
    HyperplaneMemorizer
        A module with the children ``hidden1``, ``hidden2`` and ``out``. ``accuracy`` on the inputs,
        and ``interpolates``: whether it is 1; ``width``, units of layer 2 in all, ``widths`` by
        class, ``uncovered``, points on which no unit of their class fires; ``predict(inputs)``.

    Raises
    ------
    ValueError
        If there are fewer than two classes, or labels are no whole numbers from 0 on.

    Notes
    -----
    Layer 1 says on which side of each of n Gaussian hyperplanes an input lies. The points of a
    class are gone through in random order. For one that is not covered yet, a unit of layer 2
    counts how many of the units that are 0 *at this point* are 1, and fires where these are fewer
    than at every point of the other classes. Where some other point has none, either, no unit can
    tell the two apart: that point stays uncovered. Counts are whole numbers, hence exact.

    References
    ----------
    Dirksen, Finke and Genzel, *Memorization with neural nets: going beyond the worst case*, JMLR 25
    (2024), algorithm 2 (arXiv 2310.00327).

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(40, 2))
    >>> labels = (points[:, 0] > 0).astype(int)
    >>> net = random_hyperplane_memorizer(points, labels, n_hyperplanes=60, bias=2.0)
    >>> net.interpolates, net.accuracy
    (True, 1.0)
    >>> bool((net.predict(torch.from_numpy(points)).numpy() == labels).all())
    True
    """
    points, classes = flat_inputs(inputs), plain_array(labels)
    n = check_integer("n_hyperplanes", n_hyperplanes, 1)
    rng = np.random.default_rng([check_integer("seed", seed, 0), 43])
    n_classes = _check_labels(classes, len(points))
    normals = rng.normal(size=(n, points.shape[1]))
    offsets = rng.uniform(-1, 1, size=n) * check_number("bias", bias, 0)
    sides = np.empty((len(points), n), dtype=np.float32)
    for rows in _blocks(len(points)):
        sides[rows] = points[rows] @ normals.T + offsets > 0
    covered = range(n_classes) if n_classes > 2 else [1]
    found = [cover(sides, classes == one, rng) for one in covered]
    net = HyperplaneMemorizer(normals, offsets, found, n_classes)
    # no unit fires on another class than its own, hence nothing has to be computed anew: where none
    # fires at all it is the last class
    right = classes == (n_classes - 1 if n_classes > 2 else 0)
    for one, covers in zip(covered, found, strict=True):
        right[np.flatnonzero(classes == one)[covers.covered]] = True
    net.accuracy = float(right.mean())
    net.interpolates = bool(right.all())
    return net


def cover(sides: np.ndarray, own: np.ndarray, rng: np.random.Generator) -> Covers:
    """
    Return units that fire on points of one class and on no other; sides (sample, unit) of 0 and 1.

    Points are tried in blocks, one after the other within a block: the result does not depend on
    the size of the blocks.
    """
    inside, outside = sides[own], sides[~own]
    order = rng.permutation(len(inside))
    waiting = np.ones(len(inside), dtype=bool)  # neither covered nor tried
    covered = np.zeros(len(inside), dtype=bool)
    found, limits, size, at = [], [], _FIRST, 0
    while at < len(order):
        tried = order[at:]
        tried = tried[waiting[tried]][:size]
        if not tried.size:
            break
        counted = 1 - inside[tried]
        least = _fewest(outside, counted)
        reach = _within(inside, counted, least)
        for j, point in enumerate(tried):
            if not waiting[point]:
                continue  # covered by one before it in this block
            waiting[point] = False
            if least[j] > 0:
                covered |= reach[j]
                waiting &= ~reach[j]
                found.append(counted[j].astype(bool))
                limits.append(float(least[j]))
        at = int(np.flatnonzero(order == tried[-1])[0]) + 1
        size = min(2 * size, _MOST)
    return Covers(found, limits, covered)


def _fewest(outside: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return the least count of each unit among the points of other classes: (unit)."""
    if not len(outside):
        return np.full(len(counted), 1.0)
    least = np.full(len(counted), np.inf)
    for rows in _blocks(len(outside)):
        # units first, so that the minimum runs along memory
        np.minimum(least, (counted @ outside[rows].T).min(axis=1), out=least)
    return least


def _within(inside: np.ndarray, counted: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return on which points of its class each unit fires: (unit, point)."""
    found = np.empty((len(counted), len(inside)), dtype=bool)
    for rows in _blocks(len(inside)):
        found[:, rows] = counted @ inside[rows].T < least[:, None]
    return found


def _blocks(n: int) -> Iterator[slice]:
    return (slice(at, at + _ROWS) for at in range(0, n, _ROWS))


def _check_labels(classes: np.ndarray, n: int) -> int:
    if classes.shape != (n,) or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            f"labels must be {n:,} whole numbers, one for each input; not {classes.dtype} of shape "
            f"{classes.shape}."
        )
    if classes.min() < 0 or len(np.unique(classes)) < 2:
        raise ValueError(
            f"labels must be 0, 1, ... of at least two classes; they lie from {classes.min()} to "
            f"{classes.max()}."
        )
    return int(classes.max()) + 1
