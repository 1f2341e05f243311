"""Readings side by side: how well each ranks wrong labels, or memorization, beside chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from infonb.dims import check_samples
from infonb.memorization.ranking import auroc, check_groups, of_ranks, spearman
from infonb.memorization.side_by_side import side_by_side, turned
from infonb.validate import check_integer

__all__ = ["rank_readings"]


def rank_readings(
    readings: xr.Dataset | Mapping[str, xr.DataArray],
    against: xr.DataArray,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how well each reading ranks samples: against wrong labels (AUROC), or mem (Spearman's ρ).

    Dims (\*batch, sample) in; (reading, \*batch) out.

    Parameters
    ----------
    readings
        Readings of the same samples by their names, each (..., sample). Their attribute
        ``memorized`` says which of their values speak for memorization: ``"high"`` (also if it is
        missing) or ``"low"``; those are turned around. A dim that not all of them have, such as
        ``layer``, makes a reading of each of its labels, as ``pointwise_information fc1``.
    against
        One value for each sample: bool, such as ``is_wrong``, is ranked by AUROC; a number, such as
        ``mem`` of `in_out`, by Spearman's ρ.
    level
        Probability that the intervals cover.
    draws
        Of the null: `against` is dealt out to the samples anew, so many times.
    seed
        Of the null.

    Returns
    -------
    xarray.Dataset
        ``value`` and ``p_value`` (reading, \*batch), ``interval`` and ``null_interval`` (reading,
        \*batch, bound), ``memorized`` (reading), which values of a reading speak for memorization.
        Attributes ``statistic`` (``"AUROC"`` or ``"Spearman"``), ``chance`` (0.5 or 0), ``level``,
        ``n``.

    Raises
    ------
    TypeError, ValueError
        If there is no reading, one of them has other samples, or a group of `against` is empty.

    Notes
    -----
    Above chance a reading points where it is said to point, below it the other way round. The
    p-value is two-sided and counts the value among its draws; it is NaN where the value is.
    Interval and null are about new samples; where networks are trained anew, keep a dim ``seed``
    and compare its values.

    References
    ----------
    As `auroc` and `spearman`; Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9, 39 (2010).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> is_wrong = xr.DataArray(rng.random(200) < 0.3, dims="sample")
    >>> readings = {"loss": is_wrong + rng.normal(size=200), "none": 0 * is_wrong}
    >>> table = rank_readings(readings, is_wrong)
    >>> table.value.to_series().round(2).to_dict(), bool(table.p_value[0] < 0.01)
    ({'loss': 0.8, 'none': 0.5}, True)
    """
    check_integer("draws", draws, 1)
    check_integer("seed", seed, 0)
    by_name = {name: turned(one) for name, one in side_by_side(readings).items()}
    one = next(iter(by_name.values()))[0]
    if against.dtype == bool:
        check_groups(one, against, "against")
    ranked = [_ranked(values, against, level, draws, seed) for values, _ in by_name.values()]
    names = xr.Variable("reading", np.array(list(by_name), dtype=object))
    found = xr.concat(ranked, dim=names.to_index_variable(), coords="minimal", compat="override")
    by_area = against.dtype == bool
    return found.assign(
        memorized=("reading", np.array([memorized for _, memorized in by_name.values()], object))
    ).assign_attrs(
        statistic="AUROC" if by_area else "Spearman", chance=0.5 if by_area else 0.0,
        against=str(against.name or "against"), level=level, draws=draws, seed=seed,
        n=int(against.size), units="1",
    )  # fmt: skip


def _ranked(
    values: xr.DataArray, against: xr.DataArray, level: float, draws: int, seed: int
) -> xr.Dataset:
    rank, name = (auroc, "auroc") if against.dtype == bool else (spearman, "spearman")
    found = rank(values, against, level=level)
    values, against = check_samples(values, against, "against")
    null = _null(values.values, against.values, draws, seed)
    tail, chance = (1 - level) / 2, 0.5 if name == "auroc" else 0.0
    ends = np.moveaxis(np.quantile(null, [tail, 1 - tail], axis=-1), 0, -1)
    far = abs(null - chance) >= abs(found[name].values - chance)[..., None] - 1e-12
    # a reading that is NaN, or the same for all samples, has no rank that chance could beat
    p_value = np.where(found[name].isnull(), np.nan, (1 + far.sum(axis=-1)) / (1 + draws))
    return xr.Dataset({
        "value": found[name],
        "interval": found.interval,
        "null_interval": (found.interval.dims, ends, {"units": "1"}),
        "p_value": (found[name].dims, p_value, {"units": "1"}),
    })  # fmt: skip


def _null(values: np.ndarray, against: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return the statistic where `against` is dealt out anew: (..., sample) → (..., draw)."""
    from scipy.stats import rankdata

    rows = values.reshape(-1, values.shape[-1])
    found = np.full((len(rows), draws), np.nan)
    for row, own in zip(rows, found, strict=True):
        rng = np.random.default_rng(seed)
        known = ~(np.isnan(row) | np.isnan(against.astype(float)))
        ranks, other = rankdata(row[known]), against[known]
        if other.dtype != bool:
            other = rankdata(other)
        for draw in range(draws):
            dealt = rng.permutation(other)
            if dealt.dtype == bool:
                own[draw] = of_ranks(ranks, dealt) if 0 < dealt.sum() < dealt.size else np.nan
            elif np.ptp(ranks) and np.ptp(dealt):
                own[draw] = np.corrcoef(ranks, dealt)[0, 1]
    return found.reshape(*values.shape[:-1], draws)
