"""Log-densities with and without each sample: (sample, feature) → U (sample), V (sample)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["gaussian", "histogram", "kernel", "mixture"]

Both = tuple[np.ndarray, np.ndarray]

#: So many squared distances are held at a time.
_BLOCK = 2**22


def kernel(x: np.ndarray, width: float) -> Both:
    """Return those of a kernel density of Gaussians."""
    from scipy.special import logsumexp

    n, d = x.shape
    constant = -d * np.log(width * np.sqrt(2 * np.pi))
    x = x / width
    others = np.empty(n)
    rows = max(1, _BLOCK // (n * d))
    for at in range(0, n, rows):
        block = x[at : at + rows]
        logs = -((block[:, None] - x[None]) ** 2).sum(axis=-1) / 2
        logs[np.arange(len(block)), at + np.arange(len(block))] = -np.inf
        others[at : at + rows] = logsumexp(logs, axis=1)
    whole = np.logaddexp(others, 0.0)  # its own kernel is 1 at its middle
    return whole - np.log(n) + constant, others - np.log(n - 1) + constant


def gaussian(x: np.ndarray, width: float) -> Both:
    """Return those of a Gaussian of known variance with the mean of the data."""
    n, d = x.shape
    squares = ((x - x.mean(axis=0)) ** 2).sum(axis=1) / (2 * width**2)
    constant = -d * np.log(width * np.sqrt(2 * np.pi))
    return constant - squares, constant - squares * (n / (n - 1)) ** 2


def histogram(symbols: np.ndarray, n_symbols: int) -> Both:
    """Return those of shares of symbols, one added to each count: (sample) → U, V."""
    n = len(symbols)
    count = np.bincount(symbols, minlength=n_symbols)[symbols]
    return np.log((count + 1) / (n + n_symbols)), np.log(count / (n - 1 + n_symbols))


class Sums(NamedTuple):
    """What an M-step needs of each component: shares (k), values and squares (k, feature)."""

    share: np.ndarray
    first: np.ndarray
    second: np.ndarray


def mixture(x: np.ndarray, n_components: int, *, refit: bool, seed: int) -> Both:
    """Return those of a mixture with a variance for each feature."""
    x = x - x.mean(axis=0)  # squares are then subtracted from no large numbers
    floor = 1e-6 * float(x.var(axis=0).mean()) or 1e-12
    shares = _fitted(x, n_components, floor, seed).predict_proba(x)
    sums = Sums(shares.sum(axis=0), shares.T @ x, shares.T @ x**2)
    u = _log_density(x, sums, floor)
    v = np.empty(len(x))
    for i, (one, share) in enumerate(zip(x, shares, strict=True)):
        parts = (share, np.outer(share, one), np.outer(share, one**2))
        left = Sums(*(whole - part for whole, part in zip(sums, parts, strict=True)))
        if refit:
            v[i] = _log_density(one[None], _converged(np.delete(x, i, axis=0), left, floor), floor)[
                0
            ]
        else:
            v[i] = _log_density(one[None], left, floor)[0]
    if refit:
        u = _log_density(x, _converged(x, sums, floor), floor)
    return u, v


def _fitted(x: np.ndarray, n_components: int, floor: float, seed: int) -> Any:
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(
        n_components, covariance_type="diag", tol=1e-8, max_iter=2000, reg_covar=floor,
        random_state=seed,
    ).fit(x)  # fmt: skip


def _converged(x: np.ndarray, sums: Sums, floor: float) -> Sums:
    """Return the sums at which EM stays, from those given."""
    before = -np.inf
    for _ in range(5000):
        logs = _by_component(x, sums, floor)
        whole = np.logaddexp.reduce(logs, axis=1)
        shares = np.exp(logs - whole[:, None])
        sums = Sums(shares.sum(axis=0), shares.T @ x, shares.T @ x**2)
        if (now := float(whole.mean())) - before < 1e-10:
            break
        before = now
    return sums


def _log_density(x: np.ndarray, sums: Sums, floor: float) -> np.ndarray:
    return np.logaddexp.reduce(_by_component(x, sums, floor), axis=1)


def _by_component(x: np.ndarray, sums: Sums, floor: float) -> np.ndarray:
    """Return logarithms of share times density, by the M-step: (sample, component)."""
    # a component that was one sample's alone has a share of 0 without it
    share = np.maximum(sums.share, 1e-300)
    mean = sums.first / share[:, None]
    variance = np.maximum(sums.second / share[:, None] - mean**2, 0) + floor
    squares = (x[:, None] - mean) ** 2 / variance + np.log(2 * np.pi * variance)
    return np.log(share / sums.share.sum()) - squares.sum(axis=-1) / 2
