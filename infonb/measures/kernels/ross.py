"""Array kernel: MI of rows with classes from nearest neighbours, after Ross and after Gao et al."""

from __future__ import annotations

import numpy as np

from infonb.measures.kernels.compile import compiled, over_blocks

__all__ = ["ross_information"]


def ross_information(
    values: np.ndarray,
    classes: np.ndarray,
    k: int,
    *,
    mixed: bool = False,
    pointwise: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the MI of rows with one discrete variable, (row,) or (row, sample), and (row,) how tied.

    psi(S) + <psi(k_s) - psi(N_s) - psi(m_s)>: N_s samples have the class of sample s, the k-th
    nearest of them lies at some distance, and m_s - 1 samples of any class are nearer than that. A
    class of k samples or fewer takes all its others; samples that are alone in their class are left
    out (Ross 2014). `mixed` (Gao et al. 2017): log S in place of psi(S), and where that distance is
    0, psi of the number of samples that share value and class; classes are equally far apart.
    """
    from scipy.special import digamma

    size = np.bincount(classes)
    kept = size[classes] > 1
    n = int(kept.sum())
    shape = values.shape if pointwise else values.shape[:1]
    mi, tied = np.zeros(shape), np.zeros(len(values), np.int64)
    if (size > 1).sum() < 2:  # at most one class is left, which no value tells from another
        return mi, tied
    psi = np.concatenate([[np.nan], digamma(np.arange(1, n + 1))])
    classes = classes[kept]
    whole = np.log(n) if mixed else psi[n]
    found = np.empty((len(values), n))

    def work(start: int, stop: int) -> None:
        own = values[start:stop][:, kept].astype(np.float64)
        order = np.argsort(own, axis=1, kind="stable")
        ordered = np.take_along_axis(own, order, axis=1)
        out, zeros = found[start:stop], tied[start:stop]
        _ross(ordered, order, classes[order], len(size), k, psi, whole, mixed, out, zeros)
        out[ordered[:, 0] == ordered[:, -1]] = 0.0

    over_blocks(work, len(values), max(1, 2**20 // n), unit="neuron")
    if pointwise:  # the mean over all samples is the MI
        mi[:, kept] = found * (len(kept) / n)
    else:
        mi[:] = found.mean(axis=1)
    return mi, tied


@compiled
def _ross(  # type: ignore[no-untyped-def]
    ordered, order, classes, n_classes, k, psi, whole, mixed, found, tied
):
    n = ordered.shape[1]
    place = np.empty(n, np.int64)
    for row in range(len(ordered)):
        x, label = ordered[row], classes[row]
        # positions of each class, ascending, one class after the other
        start = np.zeros(n_classes + 1, np.int64)
        for p in range(n):
            start[label[p] + 1] += 1
        for c in range(n_classes):
            start[c + 1] += start[c]
        filled = start[:-1].copy()
        for p in range(n):
            place[filled[label[p]]] = p
            filled[label[p]] += 1
        for c in range(n_classes):
            a, stop = start[c], start[c + 1]
            near = min(k, stop - a - 1)
            for i in range(start[c], stop):
                # the nearest others fill a window of the class that only moves right
                p = place[i]
                while a + near + 1 < stop and (x[p] - x[place[a]] > x[place[a + near + 1]] - x[p]):
                    a += 1
                r = max(x[p] - x[place[a]], x[place[a + near]] - x[p])
                m = _nearer_or_own(x, p, r)
                same = near
                if r == 0.0:
                    tied[row] += 1
                    if mixed:
                        same = _equal(x, place[start[c] : stop], i - start[c])
                found[row, order[row, p]] = whole + psi[same] - psi[stop - start[c]] - psi[m]


@compiled
def _equal(x, place, i):  # type: ignore[no-untyped-def]
    """Return how many values of a class equal its i-th, itself included; ascending order."""
    low = high = i
    while low > 0 and x[place[low - 1]] == x[place[i]]:
        low -= 1
    while high < len(place) - 1 and x[place[high + 1]] == x[place[i]]:
        high += 1
    return high - low + 1


@compiled
def _nearer_or_own(x, p, r):  # type: ignore[no-untyped-def]
    """Return how many values are nearer to x[p] than r, itself too; those equal to it at r = 0."""
    low, high = 0, p  # the first that is near, by bisection over what lies left of it
    while low < high:
        middle = (low + high) // 2
        d = x[p] - x[middle]
        if d < r or d == 0.0:
            high = middle
        else:
            low = middle + 1
    first = low
    low, high = p, len(x) - 1
    while low < high:
        middle = (low + high + 1) // 2
        d = x[middle] - x[p]
        if d < r or d == 0.0:
            low = middle
        else:
            high = middle - 1
    return low - first + 1
