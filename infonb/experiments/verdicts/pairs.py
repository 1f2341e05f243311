"""Pairs of networks of known kind: what should be said of them, and what a rule looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import xarray as xr

from infonb.claims import compare_settings
from infonb.selection.comparison.measuring import Measuring, Settings
from infonb.selection.comparison.models import read_models
from infonb.selection.verdict.judge import EXAMPLES, HEURISTIC, INCONCLUSIVE, evidence

__all__ = ["TRUTH", "Pair", "evidence_of_pairs", "networks_of", "pairs_of"]

#: What should be said of two kinds, the first being the reference. All others are not compared.
TRUTH = {
    ("clean", "shortcut"): HEURISTIC,
    ("clean", "memorized"): EXAMPLES,
    ("shortcut", "memorized"): EXAMPLES,
    ("clean", "early"): INCONCLUSIVE,
    ("clean", "clean"): INCONCLUSIVE,
    ("shortcut", "shortcut"): INCONCLUSIVE,
    ("memorized", "memorized"): INCONCLUSIVE,
}

CHANGES = [
    f"{measure}_{what}" for measure in ("entropy", "mutual_information")
    for what in ("change", "interval")
]  # fmt: skip

Network = dict[str, np.ndarray]


class Pair(NamedTuple):
    """Two networks of one setting, (kind, seed) each; the first is the reference."""

    reference: tuple[str, int]
    other: tuple[str, int]

    @property
    def kinds(self) -> tuple[str, str]:
        """Both kinds."""
        return self.reference[0], self.other[0]


def pairs_of(kinds: Sequence[str], seeds: Sequence[int], *, same_seed: bool = False) -> list[Pair]:
    """
    Return all pairs of networks of which is known what should be said.

    Networks of different kinds have the same or different seeds (`same_seed`: the same); twins, of
    one kind, differ by their seed alone, and each two of them are one pair.
    """
    found = []
    for first, second in TRUTH:
        if first not in kinds or second not in kinds:
            continue
        if first == second:
            both = list(combinations(seeds, 2))
        else:
            both = [(a, b) for a, b in product(seeds, seeds) if a == b or not same_seed]
        found += [Pair((first, a), (second, b)) for a, b in both]
    return found


def networks_of(
    runs: xr.Dataset, setting: str, seeds: Sequence[int], *, samples: int = 0, neurons: int = 0
) -> dict[tuple[str, int], Network]:
    """
    Return (kind, seed) → layer → activations (sample, neuron) of the networks of a setting.

    Of so many samples, drawn, and so many neurons of each layer, the first: neurons of a layer are
    exchangeable. 0: all.
    """
    values = runs.activation.sel(setting=setting, seed=list(seeds), drop=True)
    values = values.transpose("kind", "seed", "layer", "sample", "neuron").values
    known = ~np.isnan(values[0, 0])
    there = np.flatnonzero(known.any(axis=(0, 2)))
    chosen = np.random.default_rng(0).permutation(there)[: samples or None]
    widths = known.any(axis=1).sum(axis=1)
    return {
        (kind, seed): {
            f"layer {i + 1}": values[a, b, i][chosen, : min(width, neurons or width)]
            for i, width in enumerate(widths.tolist()) if width
        }
        for a, kind in enumerate(runs.kind.values.tolist())
        for b, seed in enumerate(seeds)
    }  # fmt: skip


def evidence_of_pairs(
    networks: Mapping[tuple[str, int], Network], pairs: Sequence[Pair], *, bins: int = 100
) -> xr.Dataset:
    """
    Return what a rule looks at for each pair, as `infonb.compare` finds it, dim comparison.

    Networks are measured once for all their pairs; the shared bins reach over all that are given.
    """
    names = {_name(key): one for key, one in networks.items()}
    measuring = Measuring(read_models(names, "model"), Settings(bins=bins))
    both = [(_name(pair.reference), _name(pair.other)) for pair in pairs]
    grid = compare_settings(
        {"entropy": measuring.entropies(), "mutual_information": measuring.informations()},
        "model", both,
    )  # fmt: skip
    parts = []
    for i, (first, second) in enumerate(both):
        found = grid[CHANGES].isel(comparison=[i]).assign_coords(comparison=[second])
        ends = grid.median_mutual_information.isel(comparison=i, seed=0, drop=True).T
        found["median_mutual_information"] = ends.rename(end="model").assign_coords(
            model=np.array([first, second], dtype=object)
        )
        parts.append(evidence(found.assign_attrs(reference=first)))
    return xr.concat(parts, "comparison").drop_vars("comparison")


def _name(network: tuple[str, int]) -> str:
    return f"{network[0]}, seed {network[1]}"
