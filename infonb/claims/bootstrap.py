"""How sure a difference between two networks is: a bootstrap over seeds and over neurons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from infonb.claims.resampling import RESAMPLES, draw_medians, draw_seeds
from infonb.dims import check_not_infinite, square
from infonb.validate import check_choice, check_dim, check_integer, check_number

__all__ = [
    "Change",
    "Medians",
    "bootstrap_interval",
    "change",
    "change_of_median",
    "decimals",
    "expanded_tail",
]


class Change(NamedTuple):
    """
    A quantity at two levels: in words, for each seed, and what the bootstrap makes of it.

    Attributes
    ----------
    here : str
        "start → end", means over seeds.
    effect : tuple of float
        End minus start, one for each seed.
    draws : numpy.ndarray
        Bootstrap draws of the mean effect, shape (draw,).
    """

    here: str
    effect: tuple[float, ...]
    draws: np.ndarray


def expanded_tail(n: int, level: float = 0.95) -> float:
    r"""
    Return the share of draws to leave out at each end for a mean of `n` values (one: no more).

    A bootstrap of few values is too narrow: it misses the factor sqrt(n / (n - 1)) of the standard
    error and the tails of Student's t. Hesterberg's expanded percentiles put both back
    (Am. Stat. 69, 371 (2015), sect. 4.5): Phi(-sqrt(n / (n - 1)) t_{alpha / 2, n - 1}).
    """
    check_integer("n", n, minimum=1)
    check_number("level", level, 0.0, 1.0)
    if n == 1:
        return (1 - level) / 2
    from scipy.stats import norm, t

    return float(norm.cdf(math.sqrt(n / (n - 1)) * t.ppf((1 - level) / 2, n - 1)))


def bootstrap_interval(draws: np.ndarray, n_seeds: int, level: float = 0.95) -> tuple[float, float]:
    """
    Return the percentile interval of draws of a mean, expanded for the number of seeds.

    Parameters
    ----------
    draws
        Bootstrap draws of the mean (draw,), such as those of a `Change`.
    n_seeds
        Of how many seeds it is the mean. A bootstrap does not reach beyond the seeds that it has
        and covers less than it should: with three seeds the interval is the range of all draws.
    level
        Probability that the interval covers the mean.

    Returns
    -------
    tuple of float
        Low and high, in the units of the draws.

    References
    ----------
    Hesterberg, Am. Stat. 69, 371 (2015), section 4.5.

    Examples
    --------
    >>> draws = np.arange(1001) / 1000
    >>> for n_seeds in (1, 10):
    ...     low, high = bootstrap_interval(draws, n_seeds)
    ...     print(f"{low:.3f} to {high:.3f}")
    0.025 to 0.975
    0.009 to 0.991
    """
    tail = expanded_tail(n_seeds, level)
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def change(
    values: xr.DataArray,
    over: str,
    start: object,
    end: object,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Change:
    """
    Return the change of a number that each network has one of, such as its accuracy.

    Parameters
    ----------
    values
        One number per level and seed, dims (`over`, seed), or (`over`,) for a single seed.
    over
        The dimension of the levels, such as ``alpha``.
    start, end
        Two of its labels.
    draws
        Of the bootstrap, over seeds.
    seed
        Of the bootstrap.

    Examples
    --------
    >>> values = xr.DataArray([[3.0, 3.2], [1.0, 1.1]], {"alpha": [0, 1]}, ("alpha", "seed"))
    >>> here, effect, draws = change(values, "alpha", 0, 1)
    >>> here, [round(value, 2) for value in effect], round(float(draws.min()), 2)
    ('3.10 → 1.05', [-2.0, -2.1], -2.1)
    """
    return Numbers(values, over, draws=draws, seed=seed).change(start, end)


def change_of_median(
    values: xr.DataArray,
    over: str,
    start: object,
    end: object,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Change:
    """
    Return the change of the median over neurons, or over pairs of different neurons.

    The bootstrap has two stages. It draws seeds with replacement; start and end of a seed, which
    share data and first weights, stay together. Then it draws the neurons of each network with
    replacement, for the start and for the end apart: neuron 7 of one network is not neuron 7 of
    another. Of pairs it draws neurons, not pairs, for the pairs of one neuron hang together. The
    seeds differ also because their neurons do, so that drawing both errs on the wide side.

    Parameters
    ----------
    values
        Entropy (`over`, seed, neuron), or mutual information (`over`, seed, neuron, other_neuron),
        of one layer; ``seed`` may be missing. NaN is padding.
    over
        The dimension of the levels, such as ``alpha``.
    start, end
        Two of its labels.
    draws
        Of the bootstrap over seeds; each network's neurons are drawn at most 200 times.
    seed
        Of the bootstrap.

    Returns
    -------
    Change
        In the units of `values`; for a single seed the draws are those of the neurons.

    Raises
    ------
    ValueError
        For other dims, or a network without finite values.

    References
    ----------
    Davison and Hinkley, Bootstrap Methods and their Application (1997), section 3.8.

    Examples
    --------
    >>> entropy = xr.DataArray(
    ...     np.random.default_rng(0).normal(size=(2, 3, 50)) + [[[3.0]], [[1.0]]],
    ...     {"alpha": [0, 1]}, ("alpha", "seed", "neuron"),
    ... )
    >>> here, effect, draws = change_of_median(entropy, "alpha", 0, 1)
    >>> here, len(effect), len(draws), bool(-3 < draws.mean() < -1)
    ('3.14 → 0.71', 3, 1000, True)
    """
    if "layer" in values.dims:
        raise ValueError(f"values has dims {values.dims}; it needs those of one layer: choose one.")
    return Medians(values, over, draws=draws, seed=seed).change(start, end)


class Numbers:
    """Numbers of networks (over, seed), and how sure their changes are; `Medians` of one value."""

    def __init__(
        self, values: xr.DataArray, over: str, *, draws: int = 1000, seed: int = 0
    ) -> None:
        check_not_infinite(values, str(values.name or "what is compared"))
        self._values, self._over, self._draws, self._seed = values, over, draws, seed

    def change(self, start: object, end: object) -> Change:
        """Return the change from one level to another."""
        ends = [
            np.atleast_1d(one.values)
            for one in _ends(self._values, self._over, start, end, ["seed"])
        ]
        rng = np.random.default_rng(self._seed)
        return _change(ends, draw_seeds([one[:, None] for one in ends], self._draws, rng))

    def at(self, level: object) -> np.ndarray:
        """Return the numbers of a level, (seed,)."""
        return np.atleast_1d(self._values.sel({self._over: level}).values)


class Medians:
    """
    Medians over neurons, or over pairs within a layer, and how sure their changes are.

    Values (over, seed, neuron), (over, seed, neuron, other_neuron), or with a dimension layer: then
    the mean of the layers. The draws of a network are made once and serve all its comparisons.
    """

    def __init__(
        self, values: xr.DataArray, over: str, *, draws: int = 1000, seed: int = 0
    ) -> None:
        values = square(values)
        check_not_infinite(values, str(values.name or "what is compared"))
        inner = [dim for dim in ("layer", "neuron", "other_neuron") if dim in values.dims]
        if inner[-1:] == ["other_neuron"] and not np.array_equal(
            values.neuron, values.other_neuron
        ):
            raise ValueError(
                "neuron and other_neuron differ, so that neurons cannot be drawn; give pairs "
                "within one layer."
            )
        self._dims = ["seed", *(inner if "neuron" in inner else [*inner, "neuron"])]
        self._values, self._over, self._draws = values, over, draws
        self._rng = np.random.default_rng(seed)
        self._networks: dict[object, tuple[np.ndarray, np.ndarray]] = {}

    def change(self, start: object, end: object) -> Change:
        """Return the change from one level to another."""
        ends = _ends(self._values, self._over, start, end, self._dims)
        both = [self._of(level, one) for level, one in zip((start, end), ends, strict=True)]
        drawn = draw_seeds([draws for _, draws in both], self._draws, self._rng)
        return _change([medians for medians, _ in both], drawn)

    def at(self, level: object) -> np.ndarray:
        """Return the medians of a level that was compared, (seed,)."""
        return self._networks[level][0]

    def _of(self, level: object, one: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
        """Return the medians of a level (seed,), and with neurons drawn anew (seed, resample)."""
        if level not in self._networks:
            table = one.values if "seed" in one.dims else one.values[None]
            table = table if "layer" in one.dims else table[:, None]
            times = min(self._draws, RESAMPLES)
            drawn = [
                np.mean([draw_medians(layer, self._rng, times) for layer in part], axis=0)
                for part in table
            ]
            medians = [np.mean([_median(layer) for layer in part]) for part in table]
            self._networks[level] = np.array(medians), np.array(drawn)
        return self._networks[level]


def _ends(
    values: xr.DataArray, over: str, start: object, end: object, dims: list[str]
) -> list[xr.DataArray]:
    check_dim(over, values.dims, str(values.name or "values"))
    there = values[over].values.tolist()
    ends = []
    for name, level in (("start", start), ("end", end)):
        if level not in there:
            check_choice(name, level, there)
        one = values.sel({over: level})
        if set(one.dims) not in (set(dims), set(dims) - {"seed"}):
            raise ValueError(f"values has dims {values.dims}; it needs {(over, *dims)}.")
        ends.append(one.transpose(*(dim for dim in dims if dim in one.dims)))
    return ends


def _median(values: np.ndarray) -> float:
    if values.ndim == 2:
        values = values[~np.eye(len(values), dtype=bool)]
    return float(np.nanmedian(values))


def _change(ends: Sequence[np.ndarray], drawn: np.ndarray) -> Change:
    """Return the change, of values for each level and seed, and draws (level, draw, seed)."""
    means = [float(one.mean()) for one in ends]
    digits = decimals([means[1] - means[0]])
    here = " → ".join(f"{mean:.{digits}f}" for mean in means)
    effect = tuple(float(value) for value in ends[1] - ends[0])
    return Change(here, effect, (drawn[1] - drawn[0]).mean(axis=1))


def decimals(values: Sequence[float]) -> int:
    """Return how many decimals show two digits of the smallest value that is not 0: 2 to 4."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    return min(4, max(2, 1 - math.floor(math.log10(min(sizes))))) if sizes else 2
