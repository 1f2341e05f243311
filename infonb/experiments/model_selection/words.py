"""What the rankings say: the paper's table beside ours, its claims, and two sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, Claim, ClaimsTable
from infonb.claims.rank import Agreement
from infonb.claims.table import signed
from infonb.experiments.model_selection.rankings import INFORMATION, MEASURES
from infonb.experiments.model_selection.sources import metrics_of
from infonb.experiments.published import TABLE_2

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["beside_the_paper", "claims_of", "what_was_found"]

#: What the paper ranks by.
_COMMON = next(iter(MEASURES))
_RULERS = {measure: ruler for measure, ruler in MEASURES.items() if ruler}


def beside_the_paper(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return the paper's Table 2 beside ours: Kendall's τ of each measure with the accuracy.

    Parameters
    ----------
    runs
        What `ModelSelection.run` returned.

    Returns
    -------
    pandas.DataFrame
        A row for each column of the paper's table, and for other experiments that were ranked; τ of
        the means over seeds, its 95 % interval and its p-value.

    Examples
    --------
    >>> beside_the_paper(runs).loc["Colored MNIST", "MI, paper"]  # doctest: +SKIP
    '1.00'
    """
    import pandas as pd

    names = runs["setting"].values.tolist()
    of = {_column(runs, name): name for name in reversed(names)}
    rows: dict[str, dict[str, str]] = {}
    for column, (experiment, entropy, information) in TABLE_2.items():
        paper = {"entropy, paper": f"{entropy:.2f}", "MI, paper": f"{information:.2f}"}
        name = of.get(experiment or "")
        rows[column] = _row(runs, name, paper)
    known = {of.get(experiment or "") for experiment, *_ in TABLE_2.values()}
    for name in names:
        if name not in known:
            rows[_title(runs, name)] = _row(
                runs, name, dict.fromkeys(("entropy, paper", "MI, paper"), "–")
            )
    return pd.DataFrame.from_dict(rows, orient="index")


def _column(runs: xr.Dataset, setting: str) -> str:
    """Return what Table 2 knows a ranking by: its experiment, and perhaps its metric."""
    one = runs[["experiment", "metric_name"]].sel(setting=setting)
    experiment, metric = (str(one[name].item()) for name in ("experiment", "metric_name"))
    return f"{experiment}, {metric}" if len(metrics_of(experiment)) > 1 else experiment


def _row(runs: xr.Dataset, setting: str | None, paper: dict[str, str]) -> dict[str, str]:
    """Return a row of the table; the columns that the paper has come first."""
    row = {"here": "not run here" if setting is None else _title(runs, setting)}
    for measure in MEASURES:
        of_information = measure == INFORMATION
        if measure == _COMMON:
            row["entropy, paper"] = paper["entropy, paper"]
        if of_information:
            row["MI, paper"] = paper["MI, paper"]
        column = "MI" if of_information else measure
        row[column] = "–" if setting is None else _cell(runs.sel(setting=setting), measure)
    return row


def _title(runs: xr.Dataset, setting: str) -> str:
    dataset = str(runs["dataset"].sel(setting=setting).item())
    name = setting.replace("_", " ")
    known = any(part.endswith(dataset) for part in name.split(", "))
    return name if known else f"{name}, {dataset}"


def _cell(one: xr.Dataset, measure: str) -> str:
    if measure not in one["measure"].values or one["score"].sel(measure=measure).isnull().all():
        return "not measured"
    found = one.sel(measure=measure)
    if np.isnan(found["tau"]):
        return "undefined: all equal"
    low, high = (f"{end:.2f}" for end in found["tau_interval"].values.tolist())
    parts = f"({low} … {high})", f"p = {found['p_value'].item():.2g}"
    # lines break between the parts only
    unbroken = [part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts]
    return " ".join([f"{found['tau'].item():.2f}", *unbroken]).replace("-", "−")


def published(runs: xr.Dataset) -> xr.DataArray:
    """Return the paper's τ, dims (setting, measure), NaN where it has none."""
    known = {name: taus for name, *taus in TABLE_2.values() if name}
    there = runs["tau"].copy(data=np.full(runs["tau"].shape, np.nan))
    for setting in runs["setting"].values.tolist():
        taus = known.get(_column(runs, setting), [np.nan, np.nan])
        for measure, tau in zip((_COMMON, INFORMATION), taus, strict=True):
            if measure in runs["measure"].values:
                there.loc[{"setting": setting, "measure": measure}] = tau
    return there


def claims_of(runs: xr.Dataset) -> ClaimsTable:
    """Return the rows that the paper's Table 2 claims: entropy in common bins, and MI."""
    claims, missing = [], []
    for setting in runs["setting"].values.tolist():
        for measure in (_COMMON, INFORMATION):
            found = _claim(runs.sel(setting=setting), measure)
            if isinstance(found, str):
                missing.append(found)
                continue
            if measure == _COMMON:
                rulers = {
                    ruler: _claim(runs.sel(setting=setting), m) for m, ruler in _RULERS.items()
                }
                outcomes = {
                    ruler: one.outcome for ruler, one in rulers.items() if isinstance(one, Claim)
                }
                found = replace(found, rulers=outcomes)
            claims.append(found)
    caption = f"Kendall's τ, one for each seed. {INTERVALS}"
    if missing:
        caption = f"Not compared: {'; '.join(missing)}. {caption}"
    return ClaimsTable(claims, caption)


def _claim(one: xr.Dataset, measure: str) -> Claim | str:
    """Return the row of one experiment and measure, or why there is none."""
    setting = str(one["setting"].item())
    higher = (str(one["kind"].item()) == "heuristic") == (measure != INFORMATION)
    words = (
        f"{'higher' if higher else 'lower'} mean {measure.partition(',')[0]} goes with "
        f"{one['goal'].item()}"
    )
    n = int(one["score"].isel(measure=-1).notnull().sum())
    if n < 3 or measure not in one["measure"].values:
        return f"{words} ({setting}: fewer than three networks)"
    of = one.sel(measure=measure)
    taus = of["tau_of_seed"].dropna("seed").values
    if not taus.size:
        return f"{words} ({setting}: all networks are equal in one of them)"
    paper = of["paper"].item()
    said = "not reported" if np.isnan(paper) else f"τ = {paper:.2f}"
    found = Agreement(taus, of["tau"].item(), of["tau_draws"].values, n)
    return found.claim(words, setting, said)


def what_was_found(runs: xr.Dataset) -> str:
    """
    Return in words how the rankings agree with the accuracy, and which rulers turn them.

    Parameters
    ----------
    runs
        What `ModelSelection.run` returned.

    Examples
    --------
    >>> print(what_was_found(runs))  # doctest: +SKIP
    """
    settings = [_title(runs, name) for name in runs["setting"].values.tolist()]
    measures = runs["measure"].values.tolist()
    rulers = [f"{_listed(runs, m)} in {m.partition(', ')[2]}" for m in measures if m != INFORMATION]
    parts = (
        [f"by mutual information {_listed(runs, INFORMATION)}"] if INFORMATION in measures else []
    )
    parts.append(f"by entropy {', '.join(rulers)}")
    return (
        "Kendall's τ between the order in which networks are kept without labels and that of their "
        f"{_metrics(runs)}, on {' and '.join(settings)}: {'; '.join(parts)}. {_of_rulers(runs)}"
    )


def _metrics(runs: xr.Dataset) -> str:
    """Return the metric of all rankings in words, or what all of them are."""
    names = set(runs["metric_name"].values.tolist())
    return names.pop() if len(names) == 1 else "metric, which needs labels"


def _listed(runs: xr.Dataset, measure: str) -> str:
    """Return τ of a measure for all settings, with the p-values."""
    one = runs.sel(measure=measure)
    taus = " and ".join(
        "undefined" if np.isnan(tau) else signed(tau) for tau in one["tau"].values.tolist()
    )
    chances = ["–" if np.isnan(p) else f"{p:.2g}" for p in one["p_value"].values.tolist()]
    return f"{taus} (p = {' and '.join(chances)})"


def _of_rulers(runs: xr.Dataset) -> str:
    """Return in words whether the order by entropy is the same in every ruler."""
    entropies = runs["tau"].sel(measure=[m for m in runs["measure"].values if m != INFORMATION])
    turned = [
        _title(runs, setting)
        for setting in runs["setting"].values.tolist()
        if (entropies.sel(setting=setting) > 0).any() and (entropies.sel(setting=setting) < 0).any()
    ]
    if turned:
        return (
            f"On {' and '.join(turned)} the order by entropy depends on the ruler: in some bins it "
            "keeps the better networks, in others the worse ones."
        )
    if entropies.isnull().all():
        return "Where all networks are equal there is no order to agree with."
    if entropies.sizes["measure"] > 1:
        return "The order by entropy points the same way in every ruler."
    return "The entropy is known in one ruler only."
