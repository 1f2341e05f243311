"""Do several readings order the same samples alike: Kendall's τ of each pair of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from infonb.memorization.kendall import kendall, kendall_pairs, tau_interval, tau_spread
from infonb.memorization.ranking import BOUND
from infonb.memorization.side_by_side import beside_each_other
from infonb.validate import check_integer, check_level

__all__ = ["agreement"]

#: Of so few values the null is drawn; of more it is Kendall's normal one.
_FEW = 12


def agreement(
    readings: xr.Dataset | xr.DataArray | Mapping[str, xr.DataArray],
    *,
    dim: str | Sequence[str] = "sample",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how alike readings order the same samples: Kendall's τ of each pair of readings.

    Dims (\*batch, sample) in; (\*batch, reading, other_reading) out.

    Parameters
    ----------
    readings
        Readings of the same samples by their names, each (..., sample), as `rank_readings` takes
        them; the results of `measure`; or one array (..., ruler, sample). Their attribute
        ``memorized`` says which of their values speak for memorization: ``"high"`` (also if it is
        missing) or ``"low"``; those are turned around.
    dim
        What is ordered: ``"sample"``, ``"network"``, or several that are taken as one, such as
        ``("layer", "neuron")`` for units.
    level
        Probability that an interval covers the τ of all the samples that these were drawn from.
    draws
        Of the null where there are few samples, at most 12: one of the two is dealt out anew, so
        many times.
    seed
        Of these draws.

    Returns
    -------
    xarray.Dataset
        ``tau``, from -1 to 1; ``interval`` and ``null_interval`` (..., bound), what τ would be
        without any connection; ``p_value``, two-sided, against that null; ``n``, how many samples
        both know. Units: 1. NaN where a reading is the same for all samples.

    Raises
    ------
    TypeError, ValueError
        If there is no reading, one lacks the dim, or they are of different samples.

    Notes
    -----
    τ-b, which counts ties: :math:`\tau = \sum s_{ij} s'_{ij} / \sqrt{\sum s_{ij}^2 \sum
    s'^2_{ij}}` over pairs of samples, with the signs :math:`s_{ij}` of their difference in one
    reading and :math:`s'_{ij}` in the other.

    The interval is that of the delta method, on Fisher's scale, with Student's quantile: of 95 % it
    covers 94 to 100 % where 5 to 200 samples are drawn from normal, heavy-tailed and tied pairs
    (where one of the two has two values only down to 91 %, and to 86 % where one of them is that of
    a twentieth or a tenth of 30 to 100 samples). It is about new samples from the same
    networks, not about networks that are trained anew: keep a dim ``seed`` for those. A reading is
    in complete agreement with itself; there is no null and no p-value of that.

    References
    ----------
    Kendall, "A new measure of rank correlation", Biometrika 30, 81 (1938); Kendall, Rank
    Correlation Methods, 4th edition (1970), chapters 3 to 5; Hoeffding, Ann. Math. Stat. 19, 293
    (1948).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> first = xr.DataArray(rng.normal(size=200), dims="sample")
    >>> second = (-first).assign_attrs(memorized="low")
    >>> readings = {"a": first, "b": second, "c": first + 2 * rng.normal(size=200)}
    >>> found = agreement(readings)
    >>> found.tau.sel(reading="a").values.round(2)
    array([1.  , 1.  , 0.25])
    >>> bool(found.p_value.sel(reading="a", other_reading="c") < 0.01)
    True
    """
    check_level(level)
    check_integer("draws", draws, 1)
    check_integer("seed", seed, 0)
    names, values = beside_each_other(readings, dim)
    array = values.transpose(..., "reading", "item").values
    batch = array.shape[:-2]
    found = [_of_rows(rows, level, draws, seed) for rows in array.reshape(-1, *array.shape[-2:])]
    pair = (*[name for name in values.dims if name not in ("reading", "item")], "reading",
            "other_reading")  # fmt: skip
    variables = {}
    for name in found[0] if found else ():
        whole = np.stack([one[name] for one in found])
        dims = (*pair, "bound") if name.endswith("interval") else pair
        variables[name] = (dims, whole.reshape(*batch, *whole.shape[1:]), {"units": "1"})
    there = {key: coord for key, coord in values.coords.items() if "item" not in coord.dims}
    words = np.array(names, dtype=object)
    return xr.Dataset(
        variables, {**there, "reading": words, "other_reading": words, "bound": BOUND},
        {"measure": "agreement", "statistic": "Kendall's tau-b", "units": "1", "level": level,
         "draws": draws, "seed": seed, "of": dim if isinstance(dim, str) else ", ".join(dim)},
    )  # fmt: skip


def _of_rows(rows: np.ndarray, level: float, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Return τ, interval, null and p-value of all pairs of rows (reading, sample)."""
    taus = kendall_pairs(rows)
    interval = tau_interval(taus, level)
    null, p_value = _null(rows, taus.tau, level)
    few = np.argwhere(np.triu((taus.n <= _FEW) & np.isfinite(taus.tau), k=1))
    for i, j in few:
        ends, chance = _drawn(rows[[i, j]], level, draws, seed)
        null[i, j] = null[j, i] = ends
        p_value[i, j] = p_value[j, i] = chance
    itself = np.diag_indices(len(rows))
    interval[itself] = np.where(np.isnan(taus.tau[itself]), np.nan, 1.0)[:, None]
    null[itself], p_value[itself] = np.nan, np.nan
    return {
        "tau": taus.tau, "interval": interval, "null_interval": null, "p_value": p_value,
        "n": taus.n,
    }  # fmt: skip


def _null(rows: np.ndarray, tau: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Kendall's normal null, (reading, reading, bound), and the p-values of τ by it."""
    from scipy.stats import norm

    spread = np.where(np.isnan(tau), np.nan, tau_spread(rows))
    ends = np.minimum(norm.ppf((1 + level) / 2) * spread, 1.0)
    return np.stack([-ends, ends], axis=-1), 2 * norm.sf(np.abs(tau) / spread)


def _drawn(both: np.ndarray, level: float, draws: int, seed: int) -> tuple[np.ndarray, float]:
    """Return the null of two short rows (2, sample) by dealing out one of them, and the p-value."""
    first, second = both[:, ~np.isnan(both).any(axis=0)]
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.broadcast_to(second, (draws, second.size)), axis=1)
    taus = kendall(first, dealt)
    reached = np.abs(taus) >= abs(float(kendall(first, second))) - 1e-9
    tail = (1 - level) / 2
    return np.quantile(taus, [tail, 1 - tail]), float((1 + reached.sum()) / (1 + draws))
