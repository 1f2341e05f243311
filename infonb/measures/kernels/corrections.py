"""Shannon entropy of counts: plug-in, and three corrections of its bias."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from infonb.validate import check_choice

__all__ = ["CORRECTIONS", "entropy_of_counts"]

# Counts that are turned into floating point at once, a few copies of them.
_CELLS = 2**18


def entropy_of_counts(counts: np.ndarray, corrected: str | None = None) -> np.ndarray:
    """
    Return the Shannon entropy of counts, (..., bins) integers → (...) float64, in nats.

    None: plug-in, too low by about (K - 1) / 2S for K bins that can be filled; ``"miller-madow"``
    adds that for those that are filled. ``"grassberger"``: log S - sum n_b G(n_b) / S, G(n) =
    psi(n) + (-1)^n [psi((n + 1) / 2) - psi(n / 2)] / 2 (2003, 2008, equations 27 to 35); a single
    full bin is 1 / 12S² off 0. ``"chao-shen"``: -sum C p_b log(C p_b) / (1 - (1 - C p_b)^S) with
    the coverage C = 1 - (bins with one sample) / S; where every sample is alone in its bin that
    would be 0, and one bin less is taken as alone.
    """
    check_choice("corrected", corrected, CORRECTIONS)
    estimate = CORRECTIONS[corrected]
    rows = counts.reshape(-1, counts.shape[-1])
    value = np.empty(len(rows))
    step = max(1, _CELLS // rows.shape[1])
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        value[start : start + step] = estimate(some, some.sum(axis=1, keepdims=True))
    return value.reshape(counts.shape[:-1])


def _plug_in(counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    share = counts / total
    return -np.sum(share * np.log(np.where(share > 0, share, 1.0)), axis=1) + 0.0


def _miller_madow(counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    return _plug_in(counts, total) + ((counts > 0).sum(axis=1) - 1) / (2 * total[:, 0])


def _grassberger(counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    from scipy.special import digamma

    n = np.where(counts > 0, counts, 1).astype(np.float64)
    sign = np.where(counts % 2, -0.5, 0.5)
    g = digamma(n) + sign * (digamma((n + 1) / 2) - digamma(n / 2))
    return np.log(total[:, 0]) - np.sum(counts * g, axis=1) / total[:, 0]


def _chao_shen(counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    alone = (counts == 1).sum(axis=1, keepdims=True)
    coverage = 1 - np.minimum(alone, total - 1) / total
    share = np.where(counts > 0, coverage * counts / total, 1.0)
    # 1 - (1 - p)^S, the probability that a bin of share p is seen; p = 1 makes log1p(-p) infinite
    missed = np.log1p(-np.where(share < 1, share, 0.0))
    seen = np.where(share < 1, -np.expm1(total * missed), 1.0)
    return -np.sum(share * np.log(share) / seen, axis=1) + 0.0


CORRECTIONS: dict[str | None, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    None: _plug_in,
    "miller-madow": _miller_madow,
    "grassberger": _grassberger,
    "chao-shen": _chao_shen,
}
