"""What each ruler can see, cannot see, and costs: two tables, computed from the runs."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.nine_rulers.analysis import (
    network_order,
    planted_found,
    sample_agreement,
    twins_found,
    unit_agreement,
)
from infonb.experiments.nine_rulers.expected import SENTENCES, expected_of, outcome_of

__all__ = [
    "FEWEST",
    "NETWORK",
    "as_expected",
    "chance_words",
    "cheapest",
    "verdict_table",
    "with_minus",
]

#: So many networks are needed for an order of them to be beyond chance: of 4, a chance of 1 in 12.
FEWEST = 5

#: The network whose planted samples the verdicts are about: labels as planted, and noise.
NETWORK = "noise"


def cheapest(runs: xr.Dataset, agreeing: xr.Dataset | None = None) -> pd.DataFrame:
    """
    Return the rulers of samples by what they cost, with how far each agrees with in and out.

    Returns
    -------
    pandas.DataFrame
        A row a ruler, the cheapest first: ``trainings``; ``seconds`` of CPU, mean of networks and
        seeds; ``tau`` with in and out, the mean of the networks, ``lowest`` and ``highest`` of
        them; ``agrees``: in how many networks the interval of τ lies above 0; ``networks``: in how
        many there is a τ.
    """
    found = sample_agreement(runs) if agreeing is None else agreeing
    one = found.sel(other_ruler="in_out")
    rows = {}
    for name in runs["ruler"].values.tolist():
        if name == "in_out":
            continue
        tau = one["tau"].sel(ruler=name).values
        low = one["interval"].sel(ruler=name).values[:, 0]
        known = np.isfinite(tau)
        rows[name] = {
            "trainings": int(runs["trainings"].sel(ruler=name)),
            "seconds": float(runs["seconds"].sel(ruler=name).mean()),
            "tau": float(tau[known].mean()) if known.any() else np.nan,
            "lowest": float(tau[known].min()) if known.any() else np.nan,
            "highest": float(tau[known].max()) if known.any() else np.nan,
            "agrees": int((low[known] > 0).sum()), "networks": int(known.sum()),
        }  # fmt: skip
    table = pd.DataFrame(rows).T.astype({"trainings": int, "agrees": int, "networks": int})
    return table.sort_values(["trainings", "seconds"], kind="stable").rename_axis("ruler")


def as_expected(runs: xr.Dataset, found: xr.Dataset | None = None) -> pd.DataFrame:
    """
    Return what each ruler of samples sees of each planted kind, beside what was expected of it.

    Returns
    -------
    pandas.DataFrame
        A row for each ruler and kind: ``expected`` ("above", "not above"), ``seen`` ("above",
        "alike", "below" typical samples, by the interval of the AUROC), ``auroc``, ``low``,
        ``high``, and ``as expected``; of the network with noise.
    """
    found = planted_found(runs) if found is None else found
    one = found.sel(network=NETWORK)
    rows = {}
    for ruler in one["ruler"].values.tolist():
        for kind in one["kind"].values.tolist():
            here = one.sel(ruler=ruler, kind=kind)
            wanted, seen = expected_of(ruler, kind), outcome_of(here["auroc_interval"])
            low, high = (float(x) for x in here["auroc_interval"].values)
            rows[ruler, kind] = {
                "expected": "above" if wanted else "not above", "seen": seen,
                "auroc": float(here["auroc"]), "low": low, "high": high,
                "as expected": seen != "" and (seen == "above") == wanted,
            }  # fmt: skip
    table = pd.DataFrame(rows).T
    table.index = table.index.set_names(["ruler", "kind"])
    return table.astype({"auroc": float, "low": float, "high": float, "as expected": bool})


def verdict_table(
    runs: xr.Dataset, found: xr.Dataset | None = None, twins: xr.Dataset | None = None
) -> pd.DataFrame:
    """
    Return what each ruler can see, cannot see, and costs: of samples, of units, of networks.

    Returns
    -------
    pandas.DataFrame
        A row a ruler: ``of`` ("sample", "unit", "network"), ``is`` (a sentence), ``sees`` and
        ``cannot see`` (words: kinds that lie above typical samples, or do not), ``memory`` (kinds
        in which it is higher on samples that were trained on than on twins), ``trainings``. All of
        the network with noise, but for those of networks, which compare all of them.
    """
    found = planted_found(runs) if found is None else found
    twins = twins_found(runs) if twins is None else twins
    rows = _of_samples(runs, found, twins) | _of_units(runs) | _of_networks(runs)
    table = pd.DataFrame(rows).T
    table.insert(1, "is", [SENTENCES[name] for name in table.index])
    return table.rename_axis("ruler")


def _of_samples(
    runs: xr.Dataset, found: xr.Dataset, twins: xr.Dataset
) -> dict[str, dict[str, object]]:
    rows: dict[str, dict[str, object]] = {}
    one, other = found.sel(network=NETWORK), twins.sel(network=NETWORK)
    for ruler in runs["ruler"].values.tolist():
        here, there = one.sel(ruler=ruler), other.sel(ruler=ruler)
        seen = {
            kind: outcome_of(here["auroc_interval"].sel(kind=kind))
            for kind in here["kind"].values.tolist()
        }
        who = {
            kind: outcome_of(there["auroc_interval"].sel(kind=kind))
            for kind in there["kind"].values.tolist()
        }
        memory = [kind for kind, word in who.items() if word == "above"]
        sees, not_seen = (
            [kind for kind, word in seen.items() if (word == "above") == wanted and word]
            for wanted in (True, False)
        )
        rows[ruler] = {
            "of": "sample",
            "sees": _listed(sees),
            "cannot see": _listed(not_seen),
            "memory": _listed(memory) if any(who.values()) else "not asked",
            "trainings": str(int(runs["trainings"].sel(ruler=ruler))),
        }
    return rows


def _listed(kinds: list[str]) -> str:
    """Return kinds in words; a dash if there is none."""
    return ", ".join(_plural(kind) for kind in kinds) or "–"


def _plural(kind: str) -> str:
    return kind if kind == "typical" else f"{kind}s"


def _of_units(runs: xr.Dataset) -> dict[str, dict[str, object]]:
    """Return whether a ruler of units tells what units do for wrong labels, by τ."""
    some = unit_agreement(runs.sel(network=[NETWORK]))
    one = some.sel(network=NETWORK, other_unit_ruler="switching_off")
    rows: dict[str, dict[str, object]] = {}
    for name in one["unit_ruler"].values.tolist():
        here = one.sel(unit_ruler=name)
        tau, (low, high) = float(here["tau"]), here["interval"].values.tolist()
        told = with_minus(
            f"which units hold wrong labels: τ = {tau:+.2f} [{low:+.2f}, {high:+.2f}]"
        )
        is_itself, sees = name == "switching_off", low > 0 or high < 0
        rows[name] = {
            "of": "unit",
            "sees": "what a unit does for wrong labels" if is_itself else told if sees else "–",
            "cannot see": "–" if is_itself or sees else told,
            "memory": "–",
            "trainings": "1",
        }
    return rows


def chance_words(value: float) -> str:
    """Return a p-value in words, never 0."""
    return "p < 0.01" if value < 0.01 else f"p = {value:.2f}"


def _of_networks(runs: xr.Dataset) -> dict[str, dict[str, object]]:
    """Return whether a ruler of networks puts them in the order of in and out."""
    order = network_order(runs)
    rows: dict[str, dict[str, object]] = {}
    for name in order["network_ruler"].values.tolist():
        here = order.sel(network_ruler=name)
        tau, chance = float(here["tau"]), float(here["p_value"])
        trained = float(here["tau_trained"])
        itself, sees = name == "mean_in_out", chance < 0.05
        which = "the opposite order" if sees and tau < 0 else "the order"
        told = with_minus(
            f"{which} of networks: τ = {tau:+.2f}, {chance_words(chance)}; trained alike "
            f"{trained:+.2f}"
        )
        in_out = int(runs["trainings"].sel(ruler="in_out"))
        rows[name] = {
            "of": "network",
            "sees": "how much is memorized" if itself else told if sees else "–",
            "cannot see": "–" if itself or sees else told,
            "memory": "–",
            "trainings": str(in_out) if itself else "1",
        }
    return rows


def with_minus(words: str) -> str:
    """Return words in which numbers below zero have a minus sign, and hyphens stay."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", words)
