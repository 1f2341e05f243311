"""Groups of samples of one run, such as in and out of the training set: their difference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.bootstrap import decimals
from infonb.claims.resampling import RESAMPLES, draw_counts
from infonb.claims.rows import Row, levels_of
from infonb.claims.table import signed
from infonb.claims.verdict import Claim
from infonb.validate import check_choice, check_dim

__all__ = ["Within"]

_DRAWS, _AT_ONCE = 1000, 20


@dataclass(frozen=True)
class Within(Row):
    """
    Two groups of samples of the same run differ, by more than a null group does.

    Parameters
    ----------
    statement, value, paper, where, over
        As for `Compare`; the value has one number for each sample: dims (`over`, perhaps seed,
        `dim`), and the coordinate `role` tells the group of each sample.
    direction
        1 if the first group's mean is claimed to be above that of the second, -1 if below.
    groups
        The two groups.
    null
        What memorization cannot explain. One group: its distance from the second group is taken
        away, so that the effect is (first − second) − (null − second). Two groups: the effect is
        (first − second) − (null first − null second). None: nothing is taken away.
    dim
        The dimension of the samples.
    role
        The coordinate with the groups, (`dim`) or with seed or `over` beside it.
    each
        One row for each label of this dimension as well, such as ``"layer"``.

    Notes
    -----
    A row for each level of `over`, and in it one effect per seed. The bootstrap draws seeds, and
    samples: a drawn sample is drawn for all seeds, since seeds that share samples share their
    luck, and the draws are widened for small groups as Student's t is. So a difference is clear
    only if it is beyond what new samples and new seeds would show. A seed without finite values in
    one of the groups is left out.

    Examples
    --------
    >>> scores = np.random.default_rng(0).normal(size=(1, 3, 80))
    >>> scores[..., :40] += 2.0
    >>> runs = xr.Dataset({"score": (("size", "seed", "sample"), scores)},
    ...     {"size": [10], "role": ("sample", ["in"] * 40 + ["out"] * 40)})
    >>> row = Within("scores are {higher} inside", "score", 1)
    >>> [(claim.where, claim.verdict) for claim in row.claims(runs, "size")]
    [('size = 10', 'holds')]
    """

    _: KW_ONLY
    groups: tuple[str, str] = ("in", "out")
    null: str | tuple[str, str] | None = None
    dim: str = "sample"
    role: str = "role"
    each: str | None = None

    def _judged(self, runs: xr.Dataset, values: xr.DataArray, over: str) -> Iterator[Claim | str]:
        check_dim(self.dim, values.dims, str(values.name or "what value returned"))
        if self.role not in values.coords:
            check_choice("role", self.role, [str(name) for name in values.coords])
        words = self._statement(runs, self.direction)
        each = [over, *(dim for dim in [self.each] if dim and dim in values.dims)]
        for labels in product(*(levels_of(values, dim) for dim in each)):
            one = values.sel(dict(zip(each, labels, strict=True)))
            where = ", ".join(_label(*pair) for pair in zip(each, labels, strict=True))
            yield self._row(one, words, where, labels[0])

    def _row(self, one: xr.DataArray, words: str, where: str, level: Any) -> Claim | str:
        one = one if "seed" in one.dims else one.expand_dims("seed")
        one = one.transpose("seed", self.dim)
        role = one[self.role].astype(object)
        table, roles = one.values, np.broadcast_to(role.values, one.shape)
        names, signs = self._contrast()
        inside = np.array([(roles == name) & np.isfinite(table) for name in names])
        known = inside.any(axis=2).all(axis=0)
        if not known.any():
            empty = [name for name, there in zip(names, inside, strict=True) if not there.any()]
            which = (
                f"no values with {self.role} {empty[0]!r}" if empty else "no seed has all groups"
            )
            return f"{words} ({where}: {which})"
        table, inside = table[known], inside[:, known]
        shared = "seed" not in role.dims
        means = _means(table, inside, np.ones((1, table.shape[1])))[..., 0]
        effect, draws = signs @ means, _draws(table, inside, signs, shared=shared)
        return Claim(
            words, where, self.direction, self._paper(where, level, level),
            self._here(means.mean(axis=1)), tuple(effect.tolist()), draws,
        )  # fmt: skip

    def _contrast(self) -> tuple[list[str], np.ndarray]:
        """Return the groups and their signs in the effect; the first two are always `groups`."""
        null = [self.null] if isinstance(self.null, str) else list(self.null or ())
        signs = {0: [1, -1], 1: [1, 0, -1], 2: [1, -1, -1, 1]}[len(null)]
        return [*self.groups, *null], np.array(signs, dtype=float)

    def _here(self, means: np.ndarray) -> str:
        """Return the differences in words: that of the groups, and that of the null."""
        names, _ = self._contrast()
        pairs = [(0, 1)] + {2: [], 3: [(2, 1)], 4: [(2, 3)]}[len(names)]
        differences = [float(means[i] - means[j]) for i, j in pairs]
        digits = decimals(differences[:1])
        return "; ".join(
            f"{names[i]} − {names[j]}: {signed(difference, digits)}"
            for (i, j), difference in zip(pairs, differences, strict=True)
        )


def _label(dim: str, label: Any) -> str:
    return str(label) if isinstance(label, str) else f"{dim} = {label}"


def _means(table: np.ndarray, inside: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return group means: (seed, sample), (group, seed, sample), (draw, sample) → (g, seed, d)."""
    sums = np.where(inside, table, 0.0) @ counts.T
    sizes = inside.astype(float) @ counts.T
    return np.divide(sums, sizes, out=np.full(sums.shape, np.nan), where=sizes > 0)


def _draws(table: np.ndarray, inside: np.ndarray, signs: np.ndarray, *, shared: bool) -> np.ndarray:
    """Return bootstrap draws (draw,) of the mean effect: of seeds, and of samples for all seeds."""
    rng = np.random.default_rng(0)
    n_samples, parts = table.shape[1], []
    # groups keep their sizes if they are the same for all seeds, else samples are drawn from all
    strata = inside.any(axis=1) if shared else inside.any(axis=(0, 1))
    rows = np.atleast_2d(strata)
    for _ in range(RESAMPLES // _AT_ONCE):
        counts = np.zeros((_AT_ONCE, n_samples))
        for members in rows:
            counts[:, members] = draw_counts(int(members.sum()), _AT_ONCE, rng)
        parts.append(np.tensordot(signs, _means(table, inside, counts), axes=1))
    drawn = np.concatenate(parts, axis=1)  # (seed, resample)
    drawn = drawn[:, np.isfinite(drawn).all(axis=0)]
    if not drawn.size:  # so few samples that each draw leaves a group empty
        drawn = np.tensordot(signs, _means(table, inside, np.ones((1, n_samples))), axes=1)
    seeds = rng.integers(len(drawn), size=(_DRAWS, len(drawn)))
    draws = drawn[seeds, rng.integers(drawn.shape[1], size=(_DRAWS, 1))].mean(axis=1)
    return draws.mean() + _widening(int(inside.sum(axis=2).min())) * (draws - draws.mean())


def _widening(n: int) -> float:
    """Return how much wider Student's t is than a bootstrap of `n` values."""
    if n < 2:
        return 1.0
    from scipy.stats import norm, t

    return math.sqrt(n / (n - 1)) * float(t.ppf(0.975, n - 1) / norm.ppf(0.975))
