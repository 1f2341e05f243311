"""The projection memorizer: it sees a few random directions of the inputs, and memorizes these."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.networks.memorizers.cell import cell_memorizer
from infonb.networks.memorizers.checks import as_points, check_signs
from infonb.networks.state import eval_mode
from infonb.validate import check_choice, check_integer

__all__ = ["ProjectedMemorizer", "projected_memorizer"]


def projected_memorizer(
    inputs: Any, labels: Any, *, rank: int, head: str = "cells", seed: int = 0
) -> ProjectedMemorizer:
    """
    Build a memorizer whose first layer sees `rank` random directions of the inputs.

    Dims in: `inputs` (sample, ...), flattened, `labels` (sample) of -1 and 1; the network takes
    (sample, ...) and gives (sample, 1): above 0 for class 1.

    Parameters
    ----------
    inputs, labels
        The points to memorize.
    rank
        Width of the first layer, from 1 to the number of features. Its rows are orthonormal, and at
        full rank distances are those of the inputs.
    head
        What memorizes the projected points: ``"cells"`` with sharp edges, which decide as the
        nearest neighbour of the projection does; or ``"relu"``, the two hidden layers of about 2√N
        units of `infonb.networks.relu_memorizer`.
    seed
        Of the directions.

    Returns
    -------
    ProjectedMemorizer
        In float64, with the modules ``project`` and ``memorizer``, and ``decide(inputs)``.

    Raises
    ------
    ValueError
        If `rank` is not in 1 .. features, or the labels or points are none to memorize.

    References
    ----------
    Yu, Gao, Zhang and Miao, *Generalizability of memorization neural networks*, NeurIPS 2024
    (arXiv 2411.00372): the width must be at least the dimension. A reconstruction.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(20, 3))
    >>> net = projected_memorizer(points, np.sign(points[:, 0]), rank=2)
    >>> net.project.weight.shape, bool((net.decide(points) == np.sign(points[:, 0])).all())
    (torch.Size([2, 3]), True)
    """
    points = as_points(inputs)
    signs = check_signs(labels, len(points))
    n_features = points.shape[1]
    rank = check_integer("rank", rank, 1, n_features)
    check_choice("head", head, ["cells", "relu"])
    drawn = np.random.default_rng([check_integer("seed", seed, 0), 29]).normal(
        size=(n_features, rank)
    )
    rows = np.linalg.qr(drawn)[0].T
    project = nn.utils.skip_init(nn.Linear, n_features, rank, bias=False, dtype=torch.float64)
    project.weight.requires_grad_(False).copy_(torch.from_numpy(rows))
    with torch.no_grad():
        projected = project(torch.from_numpy(points)).numpy()
    if head == "relu":
        from infonb.networks.memorizers.relu_memorizer import relu_memorizer

        memorizer: nn.Module = relu_memorizer(projected, signs.astype(float), seed=seed)
    else:
        memorizer = cell_memorizer(projected, signs, sharpness=math.inf)
    return ProjectedMemorizer(project, memorizer)


class ProjectedMemorizer(nn.Module):
    """
    What `projected_memorizer` returns: ``project`` (sample, rank), then ``memorizer``.

    Examples
    --------
    >>> net = projected_memorizer([[0.0, 1.0], [2.0, 2.0]], [-1, 1], rank=1)
    >>> [name for name, _ in net.named_children()], net.n_parameters
    (['project', 'memorizer'], 12)
    """

    def __init__(self, project: nn.Linear, memorizer: nn.Module) -> None:
        super().__init__()
        self.project, self.memorizer = project, memorizer

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what the memorizer makes of the projection: (sample, 1)."""
        found: torch.Tensor = self.memorizer(self.project(inputs.flatten(1).double()))
        return found.reshape(-1, 1)

    def decide(self, inputs: Any) -> np.ndarray:
        """Return the class of each sample, -1 or 1; 0 is a tie."""
        points = torch.from_numpy(as_points(inputs, self.project.in_features))
        with eval_mode(self):
            parts = [self(part)[:, 0].sign() for part in torch.split(points, 1024)]
        return torch.cat(parts).numpy().astype(np.int64)

    @property
    def n_parameters(self) -> int:
        """Weights and biases that are not zero, those of the cells written out."""
        own = getattr(self.memorizer, "n_parameters", None)
        if own is None:
            own = sum(one.numel() for one in self.memorizer.parameters())
        return self.project.weight.numel() + int(own)
