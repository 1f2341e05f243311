"""The laws of memorizers: width, parameters, and a distribution on which memory is of no help."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.experiments.generalizable_memorizers.measures import cover_number

__all__ = ["ASKED", "SEEN", "parameter_law", "parity_law", "width_law"]

#: Points on which the law of width is asked, and how far they are moved.
ASKED, _FAR = 1000, (1.0, 10.0)
#: Shares of the corners of the cube that are memorized.
SEEN = (0.125, 0.25, 0.5, 0.75, 0.9)
#: Dimension of the points of the law of parameters.
_FEATURES = 10


def width_law(n_dims: int, n_points: Sequence[int], draws: int) -> xr.Dataset:
    """
    Return accuracy of memorizers that see `rank` directions of ball and shell.

    ``width_accuracy`` (law_points, rank, draw) on points not seen; ``width_known``, on those
    memorized; ``unseen_change`` (rank, draw): how far the output changes, at most, along a
    direction that the first layer maps to 0, and for the full rank, where there is none, along a
    random one; ``cover`` (law_points, draw): balls that cover the points.
    """
    from infonb.data import ball_shell
    from infonb.networks import invariance_gap, null_direction, projected_memorizer

    ranks = range(1, n_dims + 1)
    shape = len(n_points), n_dims, draws
    accuracy, known = np.zeros(shape), np.zeros(shape)
    change, cover = np.zeros(shape[1:]), np.zeros((shape[0], draws), dtype=int)
    for draw in range(draws):
        whole = ball_shell(n_dims, max(n_points), seed=draw)
        asked = ball_shell(n_dims, ASKED, seed=1_000_000 + draw)
        for i, n in enumerate(n_points):
            x, y = whole["input"].values[:n], whole["label"].values[:n]
            cover[i, draw] = cover_number(x, y)
            for j, rank in enumerate(ranks):
                net = projected_memorizer(x, y, rank=rank, seed=draw)
                said = net.decide(asked["input"])
                accuracy[i, j, draw] = (said == asked["label"].values).mean()
                known[i, j, draw] = (net.decide(x[:500]) == y[:500]).mean()
                if i == 0:
                    along = (
                        null_direction(net.project.weight) if rank < n_dims
                        else np.eye(n_dims)[draw % n_dims]
                    )  # fmt: skip
                    gap = invariance_gap(net, asked["input"].values[:200], along, _FAR)
                    change[j, draw] = float(gap.max())
    return xr.Dataset(
        {
            "width_accuracy": (("law_points", "rank", "draw"), accuracy),
            "width_known": (("law_points", "rank", "draw"), known),
            "unseen_change": (("rank", "draw"), change),
            "cover": (("law_points", "draw"), cover),
        },
        {"law_points": list(n_points), "rank": list(ranks), "draw": np.arange(draws)},
    )  # fmt: skip


def parameter_law(n_points: Sequence[int], draws: int) -> xr.Dataset:
    """
    Return the sizes of memorizers of random labels: ``bit_parameters``, ``word_bits``.

    Dims (bit_points, draw); ``bit_known``: the share of points that is memorized;
    ``cell_parameters`` and ``point_numbers``, N (n + 2), beside them (bit_points).
    """
    from infonb.networks import bit_memorizer, cell_memorizer

    names = ("bit_parameters", "word_bits", "bit_known", "cell_parameters")
    found = {name: np.zeros((len(n_points), draws)) for name in names}
    for draw in range(draws):
        for i, n in enumerate(n_points):
            rng = np.random.default_rng([draw, n, 43])
            points = rng.normal(size=(n, _FEATURES))
            labels = np.where(rng.permutation(n) < n // 2, 1, -1)
            net = bit_memorizer(points, labels, seed=draw)
            found["bit_parameters"][i, draw] = net.n_parameters
            found["word_bits"][i, draw] = net.word_bits
            found["bit_known"][i, draw] = (net.decide(points) == labels).mean()
            found["cell_parameters"][i, draw] = cell_memorizer(points, labels).n_parameters
    numbers = [n * (_FEATURES + 2) for n in n_points]
    return xr.Dataset(
        {name: (("bit_points", "draw"), values) for name, values in found.items()}
        | {"point_numbers": ("bit_points", numbers)},
        {"bit_points": list(n_points), "draw": np.arange(draws)},
    )


def parity_law(n_dims: int, draws: int) -> xr.Dataset:
    """
    Return how sharp cells decide on the corners of a cube, of which they have seen a share.

    ``parity_unseen`` and ``parity_all`` (seen, draw): accuracy on the other corners, and on all.
    """
    from infonb.data import parity_cube
    from infonb.networks import cell_memorizer

    cube = parity_cube(n_dims)
    x, y = cube["input"].values, cube["label"].values
    unseen, whole = np.zeros((2, len(SEEN), draws))
    for draw in range(draws):
        order = np.random.default_rng([draw, 47]).permutation(len(y))
        for i, share in enumerate(SEEN):
            # at least two, and one of each label
            n = min(max(2, round(share * len(y))), len(y) - 1)
            while np.unique(y[order[:n]]).size < 2:
                n += 1
            seen = order[:n]
            said = cell_memorizer(x[seen], y[seen], sharpness=math.inf).decide(x)
            right = said == y
            unseen[i, draw], whole[i, draw] = right[order[n:]].mean(), right.mean()
    return xr.Dataset(
        {"parity_unseen": (("seen", "draw"), unseen), "parity_all": (("seen", "draw"), whole)},
        {"seen": list(SEEN), "draw": np.arange(draws)},
    )
