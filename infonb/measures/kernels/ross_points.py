"""Array kernel: MI of points of several dims with classes, after Ross and after Gao et al."""

from __future__ import annotations

import numpy as np

from infonb.measures.kernels.compile import compiled

__all__ = ["distances", "ross_of_points"]

#: Distances below this share of the largest are 0: equal inputs may differ by rounding.
_ZERO = 1e-9


def distances(points: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances of points (n, dim), (n, n); those of equal points are 0."""
    from scipy.spatial.distance import cdist

    found = cdist(points, points)
    found[found <= _ZERO * found.max(initial=0.0)] = 0.0
    return found


def ross_of_points(apart: np.ndarray, classes: np.ndarray, k: int) -> np.ndarray:
    """
    Return what each point adds to the MI with the classes, (n,): as `ross_information`, `mixed`.

    `apart` (n, n) are the distances. Points that are alone in their class add 0, and the others are
    measured among themselves.
    """
    from scipy.special import digamma

    size = np.bincount(classes)
    kept = size[classes] > 1
    n = int(kept.sum())
    found = np.zeros(len(classes))
    if (size > 1).sum() < 2:
        return found
    if n < len(classes):
        apart = apart[np.ix_(kept, kept)]
    if apart.max() == 0.0:
        return found
    psi = np.concatenate([[np.nan], digamma(np.arange(1, n + 1))])
    values = np.log(n) + _ross(apart, classes[kept], size, k, psi)
    found[kept] = values * (len(classes) / n)
    return found


@compiled
def _ross(apart, classes, size, k, psi):  # type: ignore[no-untyped-def]
    """Return psi(k) - psi(class) - psi(nearer) of each point."""
    n = len(apart)
    found, near = np.empty(n), np.empty(k)
    for i in range(n):
        near[:] = np.inf
        own = min(k, size[classes[i]] - 1)
        for j in range(n):
            d = apart[i, j]
            if j != i and classes[j] == classes[i] and d < near[own - 1]:
                q = own - 1
                while q > 0 and near[q - 1] > d:
                    near[q] = near[q - 1]
                    q -= 1
                near[q] = d
        radius = near[own - 1]
        m, same = 0, own
        if radius == 0.0:  # equal values are counted: of the class, and of all
            same = 0
            for j in range(n):
                m += apart[i, j] == 0.0
                same += apart[i, j] == 0.0 and classes[j] == classes[i]
        else:
            for j in range(n):
                m += apart[i, j] < radius
        found[i] = psi[same] - psi[size[classes[i]]] - psi[m]
    return found
