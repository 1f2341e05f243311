"""The measures as plain loops over float64 numbers: slow, and free of what they are to check."""

import numpy as np
from scipy.special import digamma


def ksg(x, y, k):
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if (x == x[0]).all() or (y == y[0]).all():
        return 0.0
    total = 0.0
    for i in range(len(x)):
        dx = np.abs(np.delete(x, i) - x[i])
        dy = np.abs(np.delete(y, i) - y[i])
        radius = np.sort(np.maximum(dx, dy))[k - 1]
        below = np.nextafter(radius, 0)  # of radius 0: 0, so that equal values count
        total += digamma(1 + (dx <= below).sum()) + digamma(1 + (dy <= below).sum())
    return digamma(len(x)) + digamma(k) - total / len(x)


def knn_entropy(x, k):
    x = np.asarray(x, np.float64)
    total = 0.0
    for i in range(len(x)):
        radius = np.sort(np.abs(np.delete(x, i) - x[i]))[k - 1]
        total += np.log(radius) if radius > 0 else -np.inf
    return digamma(len(x)) - digamma(k) + np.log(2) + total / len(x)


def bins_of(x, edges):
    codes = []
    for value in np.asarray(x, np.float64):
        code = 0
        for b in range(len(edges) - 1):
            if value >= edges[b]:
                code = b
        codes.append(code)
    return codes


def shannon(codes):
    n = len(codes)
    h = 0.0
    for code in set(codes):
        share = sum(c == code for c in codes) / n
        h -= share * np.log(share)
    return h


def binned_entropy(x, edges):
    return shannon(bins_of(x, edges))


def binned_mi(x, y, edges_x, edges_y):
    a, b = bins_of(x, edges_x), bins_of(y, edges_y)
    return shannon(a) + shannon(b) - shannon(list(zip(a, b, strict=True)))
