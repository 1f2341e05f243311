"""What the runs say in sentences and tables, each number with its interval over repeats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.density_memorization.claims import rate_words
from infonb.experiments.density_memorization.readings import overlap_of_top
from infonb.memorization import in_out, spearman

if TYPE_CHECKING:
    from infonb.experiments.density_memorization.experiment import DensityMemorization

__all__ = [
    "NAMES", "answer_words", "chosen", "course_table", "groups_table", "interval_of",
    "neighbour_words", "with_minus",
]  # fmt: skip

#: Roles of the samples in words.
NAMES = {
    "single": "shuffled, each once",
    "regular": "regular",
    "copies": "shuffled, in {copies} copies",
    "null": "null: nobody trained on them",
}


def interval_of(values: xr.DataArray) -> tuple[float, float, float]:
    """Return the mean over repeats (seed) with Student's 95 % interval; infinite of one repeat."""
    from scipy.stats import t

    numbers = values.values.astype(float).ravel()
    if numbers.size < 2:
        return float(numbers.mean()), -np.inf, np.inf
    half = t.ppf(0.975, numbers.size - 1) * numbers.std(ddof=1) / np.sqrt(numbers.size)
    return float(numbers.mean()), float(numbers.mean() - half), float(numbers.mean() + half)


def chosen(
    runs: xr.Dataset, rate: float | None = None, checkpoint: int | None = None
) -> xr.Dataset:
    """Return the runs at one rate and checkpoint; the highest and the last if none is named."""
    rate = float(runs.learning_rate.max()) if rate is None else rate
    checkpoint = int(runs.checkpoint.max()) if checkpoint is None else checkpoint
    return runs.sel(learning_rate=rate, checkpoint=checkpoint)


def groups_table(
    experiment: DensityMemorization, runs: xr.Dataset, table: xr.Dataset
) -> pd.DataFrame:
    """
    Return a row for each role, at the highest rate and the last checkpoint: M in nats.

    With its interval over repeats; pooled as the paper does (logmeanexp), which is too high by what
    the null shows; and the log-density where the samples were in, and out. `table` as of `judged`.
    """
    one = chosen(runs)
    found = in_out(one.log_density.astype(float), one.held_out, pool="logmeanexp")
    rows = {}
    for role, words in NAMES.items():
        at = np.flatnonzero(runs["role"].values == role)
        mean, low, high = interval_of(chosen(table).mem.isel(sample=at).mean("sample"))
        inside, outside = (
            float(one[name].sel(score="log_density").isel(sample=at).mean()) for name in ("U", "V")
        )
        rows[words.format(copies=experiment.copies)] = {
            "number": at.size, "M (nat)": mean, "low": low, "high": high,
            "M by logmeanexp": float(found.mem.isel(sample=at).mean()),
            "log p in (U)": inside, "log p out (V)": outside,
        }  # fmt: skip
    return pd.DataFrame(rows).T


def course_table(table: xr.Dataset) -> pd.DataFrame:
    """Return a row for each rate and checkpoint: what is memorized, and what it is good for."""
    rows = {}
    for rate in table.learning_rate.values.tolist():
        for checkpoint in table.checkpoint.values.tolist():
            one = table.sel(learning_rate=rate, checkpoint=checkpoint)
            mean, low, high = interval_of(one.q95)
            rows[f"rate {rate_words(rate)}, epoch {checkpoint}"] = {
                "q.95 of M": mean, "low": low, "high": high,
                "q.95 of the null": float(one.q95_null.mean()),
                "log p, trained on": float(one.train_density.mean()),
                "log p, held out": float(one.held_out_density.mean()),
                "C_T": float(one.c_t.mean()), "of the null": float(one.c_t_null.mean()),
                "AuthPct (%)": float(one.auth_pct.mean()),
                "of real images (%)": float(one.auth_pct_null.mean()),
            }  # fmt: skip
    return pd.DataFrame(rows).T


def answer_words(groups: pd.DataFrame, table: xr.Dataset) -> str:
    """Return the answer in a few sentences with their numbers."""
    single, regular, copies, null = (groups.iloc[at] for at in range(4))
    low, high = (float(one) for one in (table.learning_rate.min(), table.learning_rate.max()))
    first, last = (int(one) for one in (table.checkpoint.min(), table.checkpoint.max()))
    ends = {
        (rate, epoch): interval_of(table.q95.sel(learning_rate=rate, checkpoint=epoch))
        for rate in (low, high) for epoch in (first, last)
    }  # fmt: skip
    one_repeat = table.sizes["seed"] < 2
    verb, inside = "has", ""  # of one repeat nothing is said but numbers
    if not one_repeat:
        clear = single["low"] > regular["M (nat)"]
        verb = f"is{'' if clear else ' not clearly'} known by heart:"
        inside = ", with zero " + ("inside" if null["low"] <= 0 <= null["high"] else "**outside**")
    words = [
        f"A shuffled image that is like no other {verb} M = {_told(single)} nats, the log-density "
        f"that it gains by being in the training set. A regular one gains {_told(regular)}, a "
        f"shuffled one in many copies {_told(copies)}, and images that nobody trained on "
        f"{_told(null)}{inside}."
    ]
    earlier = f", above {_number(ends[high, first])} after {first}" if first < last else ""
    slower = f"; at rate {rate_words(low)} above {_number(ends[low, last])}" if low < high else ""
    words.append(
        f"The highest 5 % of the regular images lie above {_number(ends[high, last])} nats at rate "
        f"{rate_words(high)} after {last} epochs{earlier}{slower}."
    )
    if one_repeat:
        words.append("Of one repeat there is no interval, and nothing is decided: take repeats=3.")
    elif first < last:
        words.append(_overfitting_words(table, low, ends[low, last]))
    return with_minus(" ".join(words))


def neighbour_words(runs: xr.Dataset) -> str:
    """Return how far the nearest-neighbour ratio and M agree, all repeats pooled."""
    one = chosen(runs).isel(seed=0)
    mem = one.mem.sel(score="log_density", drop=True)
    ratio = one.nearest_ratio.where(~one.held_out).mean(["repeat", "fold"])
    at = np.flatnonzero(np.isin(runs["role"].values, ["regular", "single"]))
    mem, ratio = (x.isel(sample=at).reset_coords(drop=True).astype(float) for x in (mem, ratio))
    rho = spearman(mem, ratio)
    low, high = rho.interval.values
    overlap = overlap_of_top(mem.values, ratio.values)
    regular = runs["role"].values[at] == "regular"
    alone = overlap_of_top(mem.values[regular], ratio.values[regular])
    scrambled = float(one.scrambled_agreement.mean())
    return with_minus(
        f"Of {at.size:,} images M and the nearest-neighbour ratio agree with Spearman's ρ = "
        f"{float(rho.spearman):.2f} [{low:.2f}, {high:.2f}]; of the highest 5 % in one, "
        f"{100 * overlap:.0f}\N{NO-BREAK SPACE}% are among the highest 5 % in the other (5 % by "
        f"chance), {100 * alone:.0f}\N{NO-BREAK SPACE}% without the shuffled ones, which were "
        "planted. As the authors' code computes the ratio, from the first image of each batch of "
        f"256, it agrees with the ratio of each image with ρ = {scrambled:.2f}."
    )


def with_minus(words: str) -> str:
    """Return words in which numbers below zero have a minus sign, and hyphens stay."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", words)


def _overfitting_words(table: xr.Dataset, rate: float, q95: tuple[float, float, float]) -> str:
    """Return whether images are memorized while held-out ones grow likelier, as the rows ask."""
    one = table.sel(learning_rate=rate)
    held = one.held_out_density
    before, last = (held.isel(checkpoint=at) for at in (-2, -1))
    rises = interval_of(last.drop_vars("checkpoint") - before.drop_vars("checkpoint"))
    end = one.isel(checkpoint=-1)
    beyond = interval_of(end.q95 - end.q95_null)
    shown = (
        "images are memorized without overfitting" if rises[1] > 0 and beyond[1] > 0
        else "this run does not show memorization without overfitting"
    )  # fmt: skip
    return (
        f"At rate {rate_words(rate)} log p of images that nobody trained on goes from "
        f"{float(before.mean()):.1f} at epoch {int(before.checkpoint)} to {float(last.mean()):.1f} "
        f"nats at epoch {int(last.checkpoint)}, while that quantile stands at {_number(q95)}, that "
        f"of the null at {float(end.q95_null.mean()):.2f}: {shown}."
    )


def _told(row: pd.Series) -> str:
    mean, low, high = (float(row[name]) for name in ("M (nat)", "low", "high"))
    return _number((mean, low, high))


def _number(found: tuple[float, float, float]) -> str:
    """Return a number with its interval in brackets, where there is one."""
    mean, low, high = found
    within = f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) else ""
    return f"{round(mean, 2) + 0.0:.2f}{within}"
