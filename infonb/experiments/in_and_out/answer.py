"""What came out, group by group, beside what the plan says must come out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.in_and_out.experiment import InAndOut
from infonb.experiments.in_and_out.teachers import partners
from infonb.memorization import auroc

__all__ = ["answer_words", "expected_of_copies", "groups_table", "pair_words"]

_NAMES = {
    "clean": "true labels",
    "wrong": "wrong labels, one copy each",
    "pair": "wrong labels in two copies",
    "copies": "wrong labels in {copies} copies",
    "null": "null: nobody trained on them",
}


def groups_table(experiment: InAndOut, runs: xr.Dataset, score: str = "right") -> pd.DataFrame:
    """
    Return a row for each planted group: its memorization with an interval, and what is expected.

    The interval (95 %) is for new trainings on other samples of the kind: Student's t, with the
    variance of the repeats and that of the different images added up, which is a little too wide.
    """
    mem = experiment.by_repeat(runs).sel(score=score)
    rows = []
    for labels in mem.labels.values.tolist():
        for role, name in _NAMES.items():
            if labels == "random" and role not in ("clean", "null"):
                continue  # their labels are as random as those of all others
            of = "random labels" if role == "clean" else "null, random labels"
            name = of if labels == "random" else name.format(copies=experiment.copies)
            rows.append({"samples": name} | _row(runs, mem.sel(labels=labels), labels, role, score))
    return pd.DataFrame(rows).set_index("samples").rename_axis(None)


def _row(runs: xr.Dataset, mem: xr.DataArray, labels: str, role: str, score: str) -> dict[str, Any]:
    at = np.flatnonzero(mem["role"].values == role)
    one = mem.isel(sample=at)
    low, high = _interval(one)
    inside, outside = (
        float(runs[name].sel(score=score, labels=labels).isel(sample=at).mean())
        for name in ("U", "V")
    )
    return {
        "number": at.size, "expected": _expected(runs, labels, role), "mem": float(one.mean()),
        "low": low, "high": high, "score in (U)": inside, "score out (V)": outside,
    }  # fmt: skip


def _interval(mem: xr.DataArray) -> tuple[float, float]:
    """Return an interval of the mean of (seed, sample), for other repeats and other images."""
    from scipy.stats import t

    repeats = mem.mean("sample").values
    images = mem.mean("seed").groupby(mem["copy_of"].reset_coords(drop=True)).mean().values
    variance = sum(one.var(ddof=1) / one.size for one in (repeats, images) if one.size > 1)
    freedom = min(repeats.size, images.size) - 1
    if not freedom:
        return -np.inf, np.inf
    half = t.ppf(0.975, freedom) * np.sqrt(variance)
    return float(mem.mean() - half), float(mem.mean() + half)


def _expected(runs: xr.Dataset, labels: str, role: str) -> float:
    """Return the memorization that the plan implies if everything that is seen is learnt."""
    if role == "null":
        return 0.0
    if labels == "random":
        return 1 - 1 / (int(runs["label"].max()) + 1)
    if role == "clean":
        return np.nan  # that is the question
    return 1.0 if role == "wrong" else expected_of_copies(runs, role)


def expected_of_copies(runs: xr.Dataset, role: str) -> float:
    """Return how often, of the trainings that left out a copy, all its other copies were out."""
    held_out = runs.held_out.isel(labels=0)
    at = np.flatnonzero(held_out["role"].values == role)
    out = held_out.isel(sample=at)
    groups = xr.DataArray(out["copy_of"].values, dims="sample", name="group")
    all_out = out.groupby(groups).map(lambda one: one & one.all("sample"))
    return float(all_out.sum() / out.sum())


def answer_words(experiment: InAndOut, runs: xr.Dataset, table: pd.DataFrame) -> str:
    """Return the answer in a few sentences with their numbers, and what it is limited to."""
    parts = [_of_planted(experiment, runs, table)]
    if "random" in runs.labels.values:
        row, n = table.loc["random labels"], int(runs["label"].max()) + 1
        parts.append(
            f"With **random labels** for all samples it is {row.mem:.2f}{_between(row)}: of {n} "
            f"classes 1 − 1/{n} = {row.expected:.2f} is expected if all that was seen is learnt, "
            f"here {_percent(row['score in (U)'], 1)}."
        )
    seen = int((runs["role"] != "null").sum())
    trained = round(seen * (1 - 1 / experiment.folds))
    parts.append(
        f"All this is about networks that see {trained:,} of {seen:,} small images; where they see "
        f"more, fewer are known by heart."
    )
    return " ".join(parts).replace("-", "−")


def _of_planted(experiment: InAndOut, runs: xr.Dataset, table: pd.DataFrame) -> str:
    mem = _mem(runs)
    clean, wrong, copies, null = (
        table.loc[_NAMES[role].format(copies=experiment.copies)]
        for role in ("clean", "wrong", "copies", "null")
    )
    of_clean = mem.isel(sample=np.flatnonzero(mem["role"].values == "clean"))
    known, none = (float(share.mean()) for share in (of_clean > 0.5, of_clean <= 0.05))
    alone = mem.isel(sample=np.flatnonzero(np.isin(mem["role"].values, ["clean", "wrong"])))
    found = float(auroc(alone, alone["role"] == "wrong").auroc)
    verb = "is" if wrong.low > 0.5 else "is not" if wrong.high < 0.5 else "is not clearly"
    if not np.isfinite(null.low):
        zero = "one repeat has no interval"
    else:
        zero = "with zero inside" if null.low <= 0 <= null.high else "**and zero is outside**"
    return (
        f"A **wrong label** {verb} known by heart. Its memorization, how often networks that saw "
        "it say the label less how often others do, is "
        f"{wrong.mem:.2f}{_between(wrong)} on average of {wrong.number:.0f}. Where "
        f"{experiment.copies} copies share the label it is {copies.mem:.2f} "
        f"({copies.expected:.2f} is expected). Of {clean.number:,.0f} samples with their **true "
        f"label** {_percent(none)} are not memorized (at most 0.05), and {_percent(known)} are "
        f"known by heart (above 0.5). Samples that **nobody trained on** have "
        f"{null.mem:+.3f}{_between(null, '+.3f')}, {zero}. A planted wrong label has more "
        f"memorization than a true one with a chance of {found:.2f} (AUROC)."
    )


def _between(row: pd.Series, digits: str = ".2f") -> str:
    """Return the interval in brackets; nothing where there is none."""
    return f" [{row.low:{digits}}, {row.high:{digits}}]" if np.isfinite(row.low) else ""


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def _mem(runs: xr.Dataset) -> xr.DataArray:
    """Return the memorization by right or wrong among planted labels, mean of the seeds."""
    mem = runs["mem"].sel(score="right", labels="planted", drop=True)
    return mem.mean("seed")


def pair_words(runs: xr.Dataset, found: xr.Dataset) -> str:
    """Return whether each of two copies is found to be the other's teacher."""
    learner, teacher = partners(runs)
    own = found.influence.values[learner, teacher]
    best = np.nan_to_num(found.influence.values[learner], nan=-np.inf)
    first = own >= best.max(axis=1)
    if not np.isfinite(own).any():
        return (
            "With so few repeats no sample was left out both with and without another: take more."
        )
    chance = np.nan_to_num(found["null"].values[learner], nan=-np.inf).max(axis=1)
    return (
        f"Of {learner.size} planted learners (one of two copies of a wrong label) {first.sum()} "
        f"have their other copy as strongest teacher, mean influence {np.nanmean(own):.2f}; "
        f"by chance the strongest of all teachers reaches {chance.mean():.2f}."
    )
