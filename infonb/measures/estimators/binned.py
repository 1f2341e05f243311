"""Mutual information from joint histograms: H(X) + H(Y) - H(X, Y) of equal-width bins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from infonb.dims import Attributes
from infonb.measures.estimators.mode import Mode
from infonb.measures.pairs import Pairs
from infonb.measures.rows.edges import Edges, Rulers
from infonb.measures.rows.layout import check_span
from infonb.measures.rows.source import Block, Source
from infonb.measures.variable import Variable

__all__ = ["Binned"]


@dataclass(frozen=True)
class Binned:
    """The plug-in estimator, perhaps corrected: None, ``"miller-madow"`` or ``"permutation"``."""

    edges: Edges
    corrected: str | None = None
    normalized: bool = False
    seed: int = 0

    def attrs(self, rows: Source, n_classes: int | None) -> Attributes:
        """Return what a result tells of its bins and its bias."""
        bins = self.edges.bins
        bias = self._bias((bins - 1) * ((n_classes or bins) - 1), rows, bool(n_classes))
        normalized: Attributes = {"normalized": "by the smaller entropy"} if self.normalized else {}
        return self.edges.attrs | bias | normalized

    def _bias(self, free: int, rows: Source, classes: bool) -> Attributes:
        """Return words for the bias, which `free` cells of the joint histogram make."""
        if self.corrected == "permutation":
            from infonb.measures.kernels.plug_in import PERMUTATIONS

            return {"corrected": self.corrected, "permutations": PERMUTATIONS, "seed": self.seed}
        if self.corrected is not None:
            return {"corrected": self.corrected}
        formula = "(bins-1)(classes-1)/(2S)" if classes else "(bins-1)^2/(2S)"
        bias = free / (2 * rows.layout.n_samples)
        note = (
            f"plug-in values of independent variables are too high by about {formula} = {bias:.3g}"
            " nat"
        )
        if free > rows.layout.n_samples:
            note += "; with so few samples for so many bins they are mostly bias"
        return {"bias": note}

    def of_pairs(self, rows: Source, pairs: Pairs, mode: Mode) -> Any:
        """Return the MI of pairs of rows, (pair,) or (pair, sample)."""
        bins = self.edges.bins
        if rows.lazy and not mode.pointwise and self.corrected != "permutation":
            from infonb.measures.rows.pairing import better_added_up, of_counts

            if better_added_up(rows, len(pairs.ends[0]), bins):
                return of_counts(rows, pairs, self.edges, self._of_counts)
        rulers = rows.rulers(self.edges, checked=False)
        found = rows.pairwise(pairs, partial(self._of_block, mode=mode), rulers, bins=bins)
        return rows.call(_first, found)

    def of_variable(self, rows: Source, variable: Variable, mode: Mode) -> Any:
        """Return the MI of rows with a variable, (row, new) or (row, new, sample)."""
        work = partial(self._of_rows, variable=variable, mode=Mode(mode.pointwise))
        return rows.rowwise(work, rows.rulers(self.edges))

    def _of_block(
        self, rows: Source, block: Block, rulers: Rulers, *, mode: Mode
    ) -> tuple[np.ndarray]:
        codes = others = rows.codes(*block.one, self.edges, rulers)
        if block.one != block.other:
            others = rows.codes(*block.other, self.edges, rulers)
        bins = self.edges.bins, self.edges.bins
        ends = block.first, block.second
        return (self.of_codes((codes, others), bins, ends, np.arange(*block.one), mode),)

    def _of_rows(
        self,
        values: np.ndarray,
        start: int,
        stop: int,
        rulers: Rulers,
        *,
        variable: Variable,
        mode: Mode,
    ) -> np.ndarray:
        from infonb.measures.kernels.counts import row_codes

        sets, which = rulers
        codes = row_codes(values, sets, which[start:stop])
        entry = variable.entry[start:stop]
        shape = (variable.values.shape[1], *((values.shape[1],) if mode.pointwise else ()))
        result = np.zeros((len(values), *shape))
        for number in np.unique(entry):
            own = np.flatnonzero(entry == number)
            others, n_bins = self._codes_of(variable, number)
            grid = np.indices((len(own), len(others)), np.int32).reshape(2, -1)
            bins = self.edges.bins, n_bins
            found = self.of_codes((codes[own], others), bins, (grid[0], grid[1]), start + own, mode)
            result[own] = found.reshape(len(own), *shape)
        return result

    def _codes_of(self, variable: Variable, number: int) -> tuple[np.ndarray, int]:
        """Return the bins of one entry of a variable, (new, sample), and how many there are."""
        from infonb.measures.kernels.counts import equal_edges, row_codes

        others, n_bins = variable.values[number], variable.n_classes
        if n_bins is None:  # equal bins of its own range, or of that in all networks
            n_bins = self.edges.bins
            of = variable.values if self.edges.kind == "shared" else others[None]
            ends = of.min(axis=(0, 2)), of.max(axis=(0, 2))
            check_span(*ends, "other")
            sets = equal_edges(*ends, n_bins)
            others = row_codes(others, sets, np.arange(len(others)))
        return others.astype(np.int32), n_bins

    def of_codes(
        self,
        sides: tuple[np.ndarray, np.ndarray],
        bins: tuple[int, int],
        ends: tuple[np.ndarray, np.ndarray],
        numbers: np.ndarray,
        mode: Mode,
    ) -> np.ndarray:
        """Return the MI of pairs from the bins of both sides; `numbers` are those of the rows."""
        from infonb.measures.kernels import plug_in as kernel

        if mode.pointwise:
            return kernel.pointwise_plug_in(*sides, bins, ends, self.normalized)
        sums = kernel.joint_sums
        if mode.device is not None:
            from infonb.measures.device.dispatch import joint_sums_on

            sums = joint_sums_on(mode.device)
        measure = partial(kernel.plug_in, normalized=self.normalized)
        with_bar = partial(sums, progress=mode.progress)
        if self.corrected != "permutation":
            return measure(*sides, bins, ends, corrected=self.corrected, sums=with_bar)
        found = measure(*sides, bins, ends, sums=with_bar)
        baseline = np.zeros(len(found))
        for shuffled in kernel.shuffles(sides[0], self.seed, numbers):
            baseline += measure(shuffled, sides[1], bins, ends, sums=sums)
        found -= baseline / kernel.PERMUTATIONS
        return found

    def _of_counts(
        self, counts: tuple[np.ndarray, np.ndarray], ends: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        from infonb.measures.kernels.plug_in import information_of_counts

        of_rows, joint = counts
        return information_of_counts(joint, of_rows, ends, self.corrected, self.normalized)


def _first(found: tuple[np.ndarray, ...]) -> np.ndarray:
    return found[0]
