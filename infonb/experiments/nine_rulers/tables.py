"""Tables of the page: what was planted, the networks, what each ruler is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.nine_rulers.expected import SENTENCES
from infonb.experiments.nine_rulers.kinds import NOISY, WORDS
from infonb.experiments.nine_rulers.verdict import with_minus

__all__ = ["kinds_table", "networks_table", "rulers_table"]

#: Typical samples, in the networks with noise.
_BY_NOISE = "typical, wrong by noise"


def kinds_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return mean in and out of each kind in each network, of trained samples and (twins).

    Typical samples whose label noise has made wrong have a column of their own.
    """
    seen, kind = runs["is_in"].values, runs["kind"].values.astype(object)
    true = runs["true_label"].values
    rows = {}
    for network in runs["network"].values.tolist():
        mem = runs["mem"].sel(network=network).mean("seed").values
        label = runs["label"].sel(network=network).isel(seed=0).values
        noisy = (kind == "typical") & (label != true) & (network in NOISY)
        words = np.where(noisy, _BY_NOISE, kind)
        rows[network] = {
            one: _with_twin(mem[(words == one) & seen], mem[(words == one) & ~seen])
            for one in ("typical", _BY_NOISE, *[k for k in dict.fromkeys(kind) if k != "typical"])
        }
    return pd.DataFrame(rows).T


def _with_twin(seen: np.ndarray, twins: np.ndarray) -> str:
    """Return the mean of samples and, in brackets, of their twins; a dash if there are none."""
    if not seen.size:
        return "–"
    mean = f"{seen.mean() + 0:.2f}"
    words = f"{mean} ({twins.mean() + 0:.2f})" if twins.size else mean
    return with_minus(words).replace("−0.00", "0.00")


def networks_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a row for each network: what it is, what it says rightly, how much it memorizes."""
    mean = runs[["taught_accuracy", "unseen_accuracy", "network_score"]].mean("seed")
    rows = {}
    for network in runs["network"].values.tolist():
        one = mean.sel(network=network)
        rows[network] = {
            "what it is": WORDS[network], "taught labels": float(one.taught_accuracy),
            "unseen images": float(one.unseen_accuracy),
            "mean in/out": float(one.network_score.sel(network_ruler="mean_in_out")),
        }  # fmt: skip
    return pd.DataFrame(rows).T


def rulers_table(runs: xr.Dataset) -> pd.DataFrame:
    """Return a sentence for each ruler of samples, units and networks."""
    dims = {"ruler": "sample", "unit_ruler": "unit", "network_ruler": "network"}
    rows = {
        name: {"of a": of, "it is": SENTENCES[name]}
        for dim, of in dims.items() for name in runs[dim].values.tolist()
    }  # fmt: skip
    return pd.DataFrame(rows).T
