"""What the runs say in sentences and tables: who is predicted by whom, and for how much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from infonb.claims import ClaimsTable
from infonb.claims.verdict import UNCLEAR
from infonb.experiments.predictable_memorization.prediction import (
    equal_compute,
    precision_of_copies,
    recommended,
)
from infonb.experiments.predictable_memorization.sizes import control_of, in_order

__all__ = ["answer_words", "checks_table", "compute_words", "information_words", "sizes_table"]

#: Recall may fall by so much from one checkpoint to the next.
_SLACK = 0.05


def sizes_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return a row for each finished model: what it memorizes, holds, and predicts.

    Parameters
    ----------
    runs
        What `PredictableMemorization.run` returned.

    Returns
    -------
    pandas.DataFrame
        Means over seeds: parameters, loss (nat a token), share of the planted sequences memorized,
        bits held of all planted sequences (each counted once) and of as many held-out ones, bits
        for each parameter, precision and recall of the largest model's memory.

    Examples
    --------
    >>> sizes_table(runs).loc["64", "recall"]  # doctest: +SKIP
    """
    end = runs.isel(checkpoint=-1)
    role, rows = runs["role"].values, []
    planted, null = (np.flatnonzero(role == one) for one in ("planted", "held_out"))
    for size in runs["size"].values.tolist():
        one = end.sel(size=size)
        bits = one.bits.isel(sample=planted).sum("sample").mean()
        rows.append({
            "width": size, "parameters": int(one.n_parameters.isel(seed=0)),
            "loss": float(one.final_train_loss.mean()),
            "memorized": float(one.memorized.isel(sample=planted).mean()),
            "bits": float(bits),
            "bits, held out": float(one.bits.isel(sample=null).mean() * planted.size),
            "bits per parameter": float(bits / one.n_parameters.mean()),
            "precision": float(one.precision.mean()), "recall": float(one.recall.mean()),
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("width")


def checks_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return the checks that could have failed: what was to be expected, what came, whether it is met.

    Parameters
    ----------
    runs
        What `PredictableMemorization.run` returned.

    Returns
    -------
    pandas.DataFrame
        A row for each check, of the worst of all seeds where nothing else is said; ``met`` is None
        where there was nothing to look at (one size only, nothing memorized).

    Examples
    --------
    >>> checks_table(runs)["met"].all()  # doctest: +SKIP
    """
    sizes = in_order(runs["size"].values.tolist())
    trained = runs.sel(size=sizes)
    precise = trained.precision.where(trained.n_predicted >= 5)
    smallest = trained.recall.sel(size=sizes[0]).isel(checkpoint=-1)
    of_sizes = trained.recall.isel(checkpoint=-1).mean("seed").transpose("size").values
    along = trained.recall_seen.sel(size=sizes[-1]).mean("seed").values
    share = trained.share.sel(size=sizes[-1]).isel(checkpoint=-1).transpose("seed", "copies")
    each = int((runs["planted"] == int(share.copies[-1])).sum())
    n_predicted, n_truth, n_both = (trained[f"n_{one}"] for one in ("predicted", "truth", "both"))
    off = [abs((n * p).fillna(0) - n_both.where(n > 0, 0)).max()
           for n, p in ((n_predicted, trained.precision), (n_truth, trained.recall))]  # fmt: skip
    rows = [
        ("precision where 5 sequences or more are predicted, the lowest", "≥ 0.9",
         _least(precise), _least(precise) >= 0.9),
        (f"recall of the smallest model (width {sizes[0]}), the highest", "< 0.3",
         float(smallest.max()), float(smallest.max()) < 0.3),
        ("recall along sizes, mean of the seeds: the smallest step", "≥ 0",
         _step(of_sizes), _step(of_sizes) >= 0),
        ("recall along checkpoints, mean of the seeds: the smallest step", f"≥ −{_SLACK:g}",
         _step(along), _step(along) >= -_SLACK),
        ("share memorized along copies, largest model: the smallest step",
         f"≥ −1/{each}: one sequence", _step(share.values), _step(share.values) >= -1.001 / each),
        *_null_rows(runs, sizes[-1]),
        *_control_row(runs),
        ("n_predicted × precision = n_truth × recall = n_both, the largest difference", "0",
         float(max(off)), float(max(off)) < 1e-6),
    ]  # fmt: skip
    # where there is nothing to look at, a check is neither met nor failed
    judged = [(*row[:3], row[3] if np.isfinite(row[2]) else None) for row in rows]
    return pd.DataFrame(judged, columns=["check", "expected", "here", "met"]).set_index("check")


def _null_rows(runs: xr.Dataset, size: str) -> list[tuple[str, str, float, bool]]:
    """Return whether what the model saw once or never stays at chance."""
    role, planted = runs["role"].values, runs["planted"].values
    n = runs.attrs["length"] - runs.attrs["prompt"]
    chance = 1 / runs.attrs["vocabulary"]
    one = runs.sel(size=size).isel(checkpoint=-1)
    groups = {"held-out": role == "held_out", "1-copy": planted == 1}
    at = np.flatnonzero(groups["held-out"] | groups["1-copy"])
    memorized = int(one.memorized.isel(sample=at).sum())
    rows = [("held-out and 1-copy sequences that count as memorized, all seeds", "0",
             float(memorized), memorized == 0)]  # fmt: skip
    for name, where in groups.items():
        scores = one.score.isel(sample=np.flatnonzero(where))
        if not scores.size:
            continue
        error = np.sqrt(chance * (1 - chance) / (scores.size * n))
        away = abs(float(scores.mean()) - chance)
        rows.append((
            f"mean score of {name} sequences, all seeds: distance from {chance:.3g}, chance",
            f"< 3 SE = {3 * error:.3f}", away, away < 3 * error,
        ))  # fmt: skip
    # windows of the chain that were trained on, against new ones: predictable, not memorized
    means, errors = [], []
    for name in ("background", "new"):
        scores = one.score.isel(sample=np.flatnonzero(role == name)).values.ravel()
        means.append(scores.mean())
        errors.append(scores.var(ddof=1) / scores.size)
    away, limit = abs(means[0] - means[1]), 3 * float(np.sqrt(sum(errors)))
    rows.append(("mean score of background windows: distance from that of new ones",
                 f"< 3 SE = {limit:.3f}", away, away < limit))  # fmt: skip
    return rows


def _control_row(runs: xr.Dataset) -> list[tuple[str, str, float, bool]]:
    control = control_of(runs["size"].values.tolist())
    if control is None:
        return []
    planted = np.flatnonzero(runs["role"].values == "planted")
    n = int(runs.memorized.sel(size=control).isel(checkpoint=-1, sample=planted).sum())
    return [(f"without copies ({control}): planted sequences memorized, all seeds", "0",
             float(n), n == 0)]  # fmt: skip


def _least(values: xr.DataArray) -> float:
    return float(values.min())


def _step(values: np.ndarray) -> float:
    """Return the smallest step along the last dim; NaN where there is none."""
    steps = np.diff(values, axis=-1)
    return float(steps.min()) if steps.size else float("nan")


def answer_words(runs: xr.Dataset) -> str:
    """Return the answer in a few sentences with their numbers."""
    sizes = in_order(runs["size"].values.tolist())
    end = runs.isel(checkpoint=-1)
    planted, other = (
        np.flatnonzero(runs["role"].values == one) for one in ("planted", "background")
    )
    true = end.memorized.sel(size=sizes[-1])
    of_planted, of_other = (_range(true.isel(sample=at).sum("sample")) for at in (planted, other))
    parts = [
        f"The largest model (width {sizes[-1]}) recites {of_planted} of the {planted.size} "
        f"planted sequences word for word, and {of_other} of {other.size} background windows"
    ]
    if not int(end.n_truth.sel(size=sizes[-1]).sum()):
        parts = [f"**Nothing to foretell.** {parts[0]}: more copies or more steps are needed"]
    elif len(sizes) > 1:
        small = end.sel(size=sizes[0])
        close = end.sel(size=sizes[-2])
        parts = [
            f"{_verdict(runs, sizes)} {parts[0]}. Of these, the smallest "
            f"({_cheaper(runs, sizes[0])} of the compute) foretells {_of(small.recall)} "
            f"(precision {_of(small.precision)}), width {sizes[-2]} "
            f"({_cheaper(runs, sizes[-2])}) {_of(close.recall)} ({_of(close.precision)})",
            f" Of as many, a guess among the planted ones would have {_of(end.share_of_largest)} "
            "right, and whoever only counts copies, and tells those with the most, "
            f"{_of(precision_of_copies(runs, sizes[0]))}",
        ]
    check = runs.sel(size=sizes[-1]).isel(checkpoint=slice(None, -1))
    if bool(check.recall_seen.notnull().any()):
        at = check.isel(checkpoint=check.sizes["checkpoint"] // 2)
        parts.append(
            f" The largest model itself, looked at after {100 * float(at.checkpoint):.0f} % of its "
            f"training, foretells {_of(at.recall_seen)} ({_of(at.precision_seen)}) of what it had "
            "seen by the first checkpoint"
        )
    control = control_of(runs["size"].values.tolist())
    if control is not None:
        n = int(end.memorized.sel(size=control).isel(sample=planted).sum())
        parts.append(
            f" Planted once each instead, {n or 'none'} of the same sequences "
            f"{'are' if n != 1 else 'is'} memorized"
        )
    return f"{'.'.join(parts)}."


def _verdict(runs: xr.Dataset, sizes: list[str]) -> str:
    """Return whether a smaller model is precise, and misses much."""
    one = runs.sel(size=sizes[0]).isel(checkpoint=-1)
    precise = bool((one.precision.fillna(0) >= 0.9).all())
    misses = bool((one.recall < 0.5).all())
    if precise and misses:
        return "**Precisely, but not completely.**"
    return "**Hardly.**" if not precise else "**Largely.**"


def compute_words(runs: xr.Dataset, budgets: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5)) -> str:
    """Return what is best for a share of the compute, and whether smaller or earlier wins."""
    table = recommended(runs, budgets)
    if table.empty:
        return ""
    said = "; ".join(
        f"{budget}: width {row['width']} at {row['trained for']} of its training (recall "
        f"{row['recall']:.2f})"
        for budget, row in table.iterrows()
    )
    both = equal_compute(runs).mean("seed")
    won = [size for size in both["size"].values.tolist()
           if float(both.sel(way="smaller, finished", size=size))
           > float(both.sel(way="largest, early", size=size))]  # fmt: skip
    known = [size for size in both["size"].values.tolist()
             if np.isfinite(float(both.sel(way="largest, early", size=size)))]  # fmt: skip
    who = (
        f" At equal compute {len([one for one in won if one in known])} of {len(known)} finished "
        "smaller models recall more than the largest that was stopped as early, in the mean of the "
        "seeds." if known else ""
    )  # fmt: skip
    return f"The best predictor for a share of the largest model's compute: {said}.{who}"


def information_words(table: ClaimsTable) -> str:
    """Return whether entropy and MI tell planted sequences from those that were never seen."""
    rows = [one for one in table.claims if "entropy" in one.statement or "MI " in one.statement]
    if not rows:
        return "Nothing of the neurons was compared."
    clear = [one for one in rows if one.verdict != UNCLEAR]
    said = "; ".join(
        f"{one.statement} ({one.where}; {one.here.replace('-', '−')}: {one.verdict})"
        for one in clear
    )
    told = f": {said}" if said else ""
    own = [one for one in rows if one.statement.startswith(("the entropy is", "MI is"))]
    seen = sum(one in clear for one in own)
    return (
        f"Within the largest model {seen or 'none'} of {len(own)} comparisons of what it was "
        f"trained on with what it has not seen {'is' if seen < 2 else 'are'} clear. Of all "
        f"{len(rows)} comparisons of entropy and MI, {len(clear) or 'none'} "
        f"{'is' if len(clear) == 1 else 'are'}{told}."
    )


def _of(values: xr.DataArray) -> str:
    """Return the mean over seeds and their range; NaN is nothing claimed."""
    known = values.values[np.isfinite(values.values)]
    if not known.size:
        return "nothing"
    low, high = f"{known.min():.2f}", f"{known.max():.2f}"
    return f"{known.mean():.2f}" + (f" [{low}, {high}]" if low != high else "")


def _range(numbers: xr.DataArray) -> str:
    low, high = int(numbers.min()), int(numbers.max())
    return str(low) if low == high else f"{low} to {high}"


def _cheaper(runs: xr.Dataset, size: str) -> str:
    share = float(runs.compute_share.sel(size=size).isel(checkpoint=-1))
    return f"{100 * share:.0f} %"
