"""Levels in order: does a value rise with them, does it order them as the accuracy does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from infonb.claims.network_means import by_seed, network_means
from infonb.claims.resampling import draw_seeds
from infonb.claims.rows import Row, lowest_and_highest
from infonb.claims.verdict import MEAN, Claim
from infonb.dims import median_within_layers, square
from infonb.memorization.kendall import kendall

__all__ = ["Agreement", "Rank", "Trend", "agreement"]

_BOUNDS = (-1.0, 1.0)


@dataclass(frozen=True)
class Trend(Row):
    """
    A quantity rises or falls with the level: Kendall's τ of levels and value, one per seed.

    Parameters
    ----------
    statement, value, direction, paper, where, over
        As for `Compare`; of neurons, or pairs within a layer, the median is taken.
    each
        None: the mean of the layers; ``"layer"``: a row for each.

    Notes
    -----
    The verdict also needs that random rankings of as many levels would agree as much with a chance
    below 0.05. With fewer than three levels there is no row. A seed with a NaN is left out.

    Examples
    --------
    >>> runs = xr.Dataset({"loss": (("beta", "seed"), [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])},
    ...     {"beta": [0.0, 0.5, 1.0]})
    >>> [(c.here, c.effect) for c in Trend("loss rises", "loss", 1).claims(runs, "beta")]
    [('τ = 1.00', (1.0, 1.0))]
    """

    _: KW_ONLY
    each: str | None = None

    def _judged(self, runs: xr.Dataset, values: xr.DataArray, over: str) -> Iterator[Claim | str]:
        words = self._statement(runs, self.direction)
        if values.sizes[over] < 3:
            yield f"{words} (fewer than three levels of {over})"
            return
        middle = _median(values)
        if "layer" not in middle.dims:
            yield self._claim(middle, over, words, self.where)
        elif self.each is None:
            yield self._claim(middle.mean("layer", skipna=False), over, words, MEAN)
        else:
            for layer in middle.layer.values:
                yield self._claim(middle.sel(layer=layer), over, words, str(layer))

    def _claim(self, middle: xr.DataArray, over: str, words: str, where: str) -> Claim | str:
        table = by_seed(middle, over)
        table = table[np.isfinite(table).all(axis=1)]
        if not len(table):
            return f"{words} ({where}: no seed with finite values at all levels)"
        taus = kendall(_order(middle[over].values), table)
        paper = self._paper(where, *lowest_and_highest(middle, over))
        here, effect = f"τ = {taus.mean():.2f}", tuple(float(tau) for tau in taus)
        return Claim(
            words, where, self.direction, paper, here, effect,
            bounds=_BOUNDS, n_levels=middle.sizes[over],
        )  # fmt: skip


@dataclass(frozen=True)
class Rank(Row):
    """
    A quantity orders the networks as their accuracy does: Kendall's τ of the two, one per seed.

    Parameters
    ----------
    statement, value, paper, where, over
        As for `Compare`; of neurons, or of pairs of different neurons, the mean is taken.
    direction
        1 if high values go with high accuracy, -1 if they go with low accuracy.
    against
        Name of the variable, one number per network, that the value is compared with.

    Notes
    -----
    Beside the mean of the rankings of the seeds stands the ranking of the means over seeds. The
    bootstrap draws seeds and the neurons of each layer of each network. With fewer than three
    levels there is no row. A seed with a NaN is left out.

    Examples
    --------
    >>> runs = xr.Dataset({"loss": (("beta", "seed"), [[0.1], [0.3], [0.5]]),
    ...     "accuracy": (("beta", "seed"), [[0.9], [0.8], [0.7]])}, {"beta": [0.0, 0.5, 1.0]})
    >>> row = Rank("{higher} loss goes with better accuracy", "loss", -1, against="accuracy")
    >>> [(claim.statement, claim.here) for claim in row.claims(runs, "beta")]
    [('lower loss goes with better accuracy', 'τ = 1.00')]
    """

    _: KW_ONLY
    against: str = "final_validation_accuracy"

    def _judged(self, runs: xr.Dataset, values: xr.DataArray, over: str) -> Iterator[Claim | str]:
        words = self._statement(runs, self.direction)
        if values.sizes[over] < 3:
            yield f"{words} (fewer than three levels of {over})"
            return
        found = agreement(values, runs[self.against], over, self.direction)
        if found is None:
            yield f"{words} (no seed with finite values at all levels)"
            return
        paper = self._paper(self.where, *lowest_and_highest(values, over))
        yield found.claim(words, self.where, paper)


class Agreement(NamedTuple):
    """Whether a quantity orders networks as another does: Kendall's τ, one per seed."""

    of_seeds: np.ndarray
    of_means: float
    draws: np.ndarray
    n_levels: int

    def claim(self, statement: str, where: str, paper: str) -> Claim:
        """Return the row of a table that claims that it does."""
        here = f"τ = {self.of_seeds.mean():.2f}"
        if self.of_seeds.size > 1:
            here += f" (means over seeds: {self.of_means:.2f})"
        effect = tuple(self.of_seeds.tolist())
        return Claim(statement, where, 1, paper, here, effect, self.draws, _BOUNDS, self.n_levels)


def agreement(
    values: xr.DataArray, against: xr.DataArray, over: str, direction: int
) -> Agreement | None:
    """
    Compare the order of the means of networks with that of numbers (over, perhaps seed).

    Values (over, seed, layer, neuron), or of pairs; direction 1 if both are to rise together. The
    draws are means over drawn seeds, with drawn neurons. None if no seed is finite at all levels.
    """
    numbers = by_seed(against, over).T
    means, drawn = network_means(square(values), over)
    known = (np.isfinite(means) & np.isfinite(numbers)).all(axis=0)
    if not known.any():
        return None
    means, drawn, numbers = means[:, known], drawn[:, known], numbers[:, known]
    both = draw_seeds([*drawn, *numbers[:, :, None]], 1000, np.random.default_rng(0))
    both = np.moveaxis(both, 0, -1)  # levels last: the value, then what it is compared with
    n = len(means)
    return Agreement(
        of_seeds=kendall(direction * means.T, numbers.T),
        of_means=float(kendall(direction * means.mean(axis=1), numbers.mean(axis=1))),
        draws=kendall(direction * both[..., :n], both[..., n:]).mean(axis=1),
        n_levels=n,
    )


def _median(values: xr.DataArray) -> xr.DataArray:
    """Return medians over neurons, or pairs within a layer; single numbers as they are."""
    if "other_neuron" in values.dims:
        return median_within_layers(values)
    return values.median("neuron") if "neuron" in values.dims else values


def _order(levels: np.ndarray) -> np.ndarray:
    """Return levels as numbers; names in the order that they have."""
    numbers = levels.dtype.kind in "iufb"
    return levels.astype(float) if numbers else np.arange(levels.size, dtype=float)
