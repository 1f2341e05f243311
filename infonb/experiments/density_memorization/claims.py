"""The rows of the table: who is memorized, when, what does not see it, and what neurons show."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row, Trend, Within
from infonb.experiments.density_memorization.readings import SMALL

__all__ = ["rate_words", "rows_of"]

#: What can be read of the paper's figure of quantiles.
AXIS = "figure, axis 8 to 55 nats"
ABSTRACT = "abstract"


def rate_words(rate: float) -> str:
    """Return a learning rate in words, none like those of another: 0.002 → 2e-3."""
    if not 0 < rate < 0.01:
        return f"{rate:g}"
    # as many digits as tell it from others: 0.0015 is no 2e-3
    digits, power = np.format_float_scientific(rate, trim="-").split("e")
    return f"{digits}e{int(power)}"


def rows_of(rates: Sequence[float], checkpoints: Sequence[int]) -> list[Row]:
    """Return the rows, for the lowest and highest rate that were tried."""
    low, high, last = min(rates), max(rates), max(checkpoints)
    return [
        *_groups(high, last),
        *_growth(rates, high, last),
        *_not_overfitting(low, checkpoints),
        *_neighbours(high, last),
        *_neurons(high, checkpoints),
    ]


def _at(runs: xr.Dataset, name: str, **where: float) -> xr.DataArray:
    return runs[name].sel(where, drop=True)


def _beyond_null(runs: xr.Dataset) -> xr.Dataset:
    """Return q.95 less that of the null: what few trainings leave to chance differs by epoch."""
    return (runs["q95"] - runs["q95_null"]).to_dataset(name="q95")


def _of_role(runs: xr.Dataset, role: str, rate: float, last: int) -> xr.DataArray:
    mem = _at(runs, "mem", learning_rate=rate, checkpoint=last)
    return mem.isel(sample=np.flatnonzero(mem["role"].values == role)).mean("sample")


def _groups(rate: float, last: int) -> list[Row]:
    """Return the rows of what was planted, at the highest rate and the last checkpoint."""

    def times(factor: float, of: str, than: str) -> Callable[[xr.Dataset], xr.DataArray]:
        def value(runs: xr.Dataset) -> xr.DataArray:
            more = _of_role(runs, of, rate, last)
            return _side_by_side(factor * _of_role(runs, than, rate, last), more)

        return value

    def mem(runs: xr.Dataset) -> xr.DataArray:
        found = _at(runs, "mem", checkpoint=last).sel(learning_rate=[rate])
        return found.assign_coords(role=("sample", found["role"].values.astype(object)))

    where = f"rate {rate_words(rate)}, epoch {last}"
    return [
        Compare("single shuffled images have more than 3 times the M of regular ones",
                times(3, "single", "regular"), 1, over="side", between=("less", "more"), each=None,
                where=where),
        Compare("regular images have more than 1.5 times the M of shuffled ones in many copies",
                times(1.5, "regular", "copies"), 1, over="side", between=("less", "more"),
                each=None, where=where),
        Within("regular images are memorized more than the null, which nobody trained on", mem, 1,
               groups=("regular", "null"), paper=ABSTRACT),
    ]  # fmt: skip


def _growth(rates: Sequence[float], high: float, last: int) -> list[Row]:
    """Return the rows of the quantiles: along the training, and between the rates."""

    def of_rate(rate: float) -> Callable[[xr.Dataset], xr.DataArray]:
        return lambda runs: _at(_beyond_null(runs), "q95", learning_rate=rate)

    rows: list[Row] = [
        Trend("q.95 of M, less that of the null, {rises} with the epochs", of_rate(rate), 1,
              over="checkpoint", each=None, where=f"rate {rate_words(rate)}", paper=AXIS)
        for rate in sorted(rates)
    ]  # fmt: skip
    if len(rates) > 1:
        rows.append(
            Compare(
                "q.95 of M, less that of the null, is {higher} at rate {end} than at {start}",
                lambda runs: _at(_beyond_null(runs), "q95", checkpoint=last), 1, each=None,
                where=f"epoch {last}", paper=AXIS,
            )
        )  # fmt: skip
    return rows


def _not_overfitting(low: float, checkpoints: Sequence[int]) -> list[Row]:
    """Return the rows on the low rate: images are memorized while held-out ones grow likelier."""
    if len(checkpoints) < 2:
        return []
    before, last = checkpoints[-2:]

    def memory(runs: xr.Dataset) -> xr.DataArray:
        at = {"learning_rate": low, "checkpoint": last}
        return _side_by_side(_at(runs, "q95_null", **at), _at(runs, "q95", **at))

    where = f"rate {rate_words(low)}"
    return [
        Compare("no overfitting: log p of images that nobody trained on {rises} from epoch {start} "
                "to {end}", lambda runs: _at(runs, "held_out_density", learning_rate=low), 1,
                over="checkpoint", between=(before, last), each=None, where=where, paper=ABSTRACT),
        Compare("and yet q.95 of M is above that of the null", memory, 1, over="side",
                between=("less", "more"), each=None, where=f"{where}, epoch {last}",
                paper=ABSTRACT),
    ]  # fmt: skip


def _neighbours(rate: float, last: int) -> list[Row]:
    """Return the rows on the test by nearest neighbours: it orders images in another way."""
    at = {"learning_rate": rate, "checkpoint": last}

    def beside(name: str, limit: float) -> Callable[[xr.Dataset], xr.DataArray]:
        def value(runs: xr.Dataset) -> xr.DataArray:
            found = abs(_at(runs, name, **at))
            return _side_by_side(found, xr.full_like(found, limit))

        return value

    where = f"rate {rate_words(rate)}, epoch {last}"
    return [
        Compare(f"M and the nearest-neighbour ratio: Spearman's ρ is within ±{SMALL}",
                beside("rank_agreement", SMALL), 1, over="side", between=("less", "more"),
                each=None, where=where, paper="not captured by nearest neighbours (abstract)"),
        Compare("their highest 5 % share less than half of the images", beside("top_overlap", 0.5),
                1, over="side", between=("less", "more"), each=None, where=where,
                paper="not captured by nearest neighbours (abstract)"),
    ]  # fmt: skip


def _neurons(rate: float, checkpoints: Sequence[int]) -> list[Row]:
    """Return whether MI and entropy of the encoder fall as memorization grows, layer by layer."""
    if len(checkpoints) < 2:
        return []
    rows: list[Row] = []
    for words, name in (("median MI", "pair_information"), ("median entropy", "entropy")):

        def value(runs: xr.Dataset, name: str = name) -> xr.DataArray:
            return _at(runs, name, learning_rate=rate)

        rows.append(
            Compare(
                f"{words} of the encoder {{rises}} from epoch {{start}} to {{end}}, as M grows",
                value, -1, over="checkpoint", between=tuple(checkpoints[-2:]), subject=words,
            )
        )  # fmt: skip
    return rows


def _side_by_side(less: xr.DataArray, more: xr.DataArray) -> xr.DataArray:
    """Return two numbers of each repeat, the second of which is claimed to be larger."""
    side = xr.Variable("side", np.array(["less", "more"], object))
    return xr.concat([less, more], side, coords="minimal", compat="override")
