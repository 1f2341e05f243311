"""The evidence on all pairs, and the halves: one chooses a rule, the other reports it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.verdicts.pairs import TRUTH, evidence_of_pairs, networks_of, pairs_of
from infonb.experiments.verdicts.parameters import divide
from infonb.experiments.verdicts.rates import group_names

__all__ = ["collect", "halves"]


def halves(settings: Sequence[str], choosing: Sequence[str]) -> dict[str, list[str]]:
    """
    Return the settings of the half that chooses a rule, and of that which reports it.

    They share no data set, and therefore no seed: each data set has seeds of its own.
    """
    is_first = {one: divide(one)[0] in choosing for one in settings}
    return {
        "choosing": [one for one in settings if is_first[one]],
        "reporting": [one for one in settings if not is_first[one]],
    }


def collect(
    runs: xr.Dataset, settings: Sequence[str], *, samples: int = 0, neurons: int = 0,
    same_seed: bool = False,
) -> xr.Dataset:  # fmt: skip
    """
    Return what a rule looks at for all pairs of some settings, dim ``pair``.

    With the coordinates ``setting``, ``reference`` and ``other`` (kinds), ``reference_seed`` and
    ``other_seed``, ``group`` (both kinds, or twins), and ``truth``: what should be said. Of so many
    samples and neurons; 0: all.
    """
    kinds = runs.kind.values.tolist()
    seeds, found = runs.seed.values.tolist(), []
    for setting in settings:
        pairs = pairs_of(kinds, seeds, same_seed=same_seed)
        networks = networks_of(runs, setting, seeds, samples=samples, neurons=neurons)
        shown = evidence_of_pairs(networks, pairs).rename(comparison="pair")
        known: dict[str, list[Any]] = {
            "setting": [setting] * len(pairs),
            "reference": [pair.reference[0] for pair in pairs],
            "other": [pair.other[0] for pair in pairs],
            "reference_seed": [pair.reference[1] for pair in pairs],
            "other_seed": [pair.other[1] for pair in pairs],
            "truth": [TRUTH[pair.kinds] for pair in pairs],
        }
        coords = {
            name: ("pair", np.array(values, dtype=None if name.endswith("seed") else object))
            for name, values in known.items()
        }
        found.append(shown.assign_coords(coords))
    everything = xr.concat(found, "pair")
    return everything.assign_coords(group=("pair", group_names(everything)))
