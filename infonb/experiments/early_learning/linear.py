"""The linear model that the theory is about: it learns first, then memorizes; in numpy alone."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data import inject_label_noise

__all__ = ["linear_model"]

Array = NDArray[np.float64]

#: Samples and dimensions, of which there must be more than half as many; noise in the labels.
N, P, NOISE = 300, 250, 0.5
_BETA, _RATE, _UNSEEN, _EPS = 0.7, 2.0, 1000, 1e-4


def linear_model(
    mode: str, lam: float, *, steps: int, sigma: float = 0.1, beta: float = _BETA, seed: int = 0,
    is_noisy: bool = True,
) -> xr.Dataset:  # fmt: skip
    r"""
    Train softmax regression of two classes on noisy labels, by gradient descent on all samples.

    Inputs are :math:`\pm v + \sigma \epsilon`, of unit :math:`v`; a label is drawn anew with
    probability ½, so that a quarter is wrong. ``mode`` and ``lam`` are those of `ELRLoss`, whose
    table and gradient it has: where a probability is clamped, nothing holds the network any more.

    Returns ``linear_right`` (step, group): the share whose prediction is the true class;
    ``linear_error`` (step, group): mean :math:`|p - y|` to the label, noisy or not; and
    ``linear_test``: the accuracy on new samples at the end. Theorem 1 of Liu et al. (2020).
    """
    rng = np.random.default_rng(seed)
    v = _unit(rng, P)
    x, true = _drawn(rng, v, N, sigma)
    noisy = inject_label_noise(true, NOISE if is_noisy else 0.0, n_classes=2, seed=seed)
    y, wrong = np.eye(2)[noisy.values], noisy.is_wrong.values
    first = _unit(rng, P)
    theta, target = np.stack([first, -first]), np.zeros((N, 2))  # 2 apart
    kept = _moments(steps)
    right, error = [], []
    for step in range(steps + 1):
        p = _softmax(x @ theta.T)
        if step in kept:
            right.append(_of_groups(p.argmax(1) == true, wrong))
            error.append(_of_groups(np.abs(p - y)[:, 1], wrong))
        held = p.clip(_EPS, 1 - _EPS)
        target = beta * target + (1 - beta) * held / held.sum(1, keepdims=True)
        slope = p - y + lam * _slope(mode, p, target)
        theta = theta - _RATE * slope.T @ x / N
    new, answers = _drawn(rng, v, _UNSEEN, sigma)
    dims = ("linear_step", "group")
    return xr.Dataset(
        {
            "linear_right": (dims, np.array(right), {"units": "1"}),
            "linear_error": (dims, np.array(error), {"units": "1"}),
            "linear_test": float(((new @ theta.T).argmax(1) == answers).mean()),
        },
        {"linear_step": sorted(kept), "group": np.array(["clean", "wrong"], object)},
    )


def _of_groups(values: NDArray, wrong: NDArray[np.bool_]) -> list[float]:
    """Return the means of samples with right and with wrong labels; NaN where there are none."""
    return [values[group].mean() if group.any() else np.nan for group in (~wrong, wrong)]


def _slope(mode: str, p: Array, target: Array) -> Array:
    """Return the gradient of the regularizer of `ELRLoss` with respect to the logits."""
    if mode == "elr":
        held = p.clip(_EPS, 1 - _EPS)
        product = (held * target).sum(1, keepdims=True)
        by_p = np.where(held == p, -target / (1 - product), 0.0)  # a clamped p has no slope
        return p * (by_p - (p * by_p).sum(1, keepdims=True))
    # of -Σ t log p, for a table whose rows add up to less than 1 at first
    return p * target.sum(1, keepdims=True) - target if mode == "kl" else np.zeros_like(p)


def _moments(steps: int) -> set[int]:
    """Return the steps that are written down: dense at first, then ever further apart."""
    return {0, *np.unique(np.geomspace(1, steps, 60).round().astype(int)).tolist()}


def _drawn(rng: np.random.Generator, v: Array, n: int, sigma: float) -> tuple[Array, NDArray]:
    true = rng.integers(2, size=n)
    sign = np.where(true == 0, 1.0, -1.0)[:, None]
    return sign * v + sigma * rng.normal(size=(n, v.size)), true


def _unit(rng: np.random.Generator, n: int) -> Array:
    values = rng.normal(size=n)
    return values / np.linalg.norm(values)


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
