"""Mutual information from nearest neighbours: KSG and mixture; of classes, the form of Ross."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from infonb.dims import Attributes
from infonb.measures.estimators.mode import Mode
from infonb.measures.pairs import Pairs
from infonb.measures.rows.source import Block, Source
from infonb.measures.scale import standardized, warn_of_scale
from infonb.measures.ties import warn_of_grid, warn_of_lone_classes, warn_of_ties
from infonb.measures.variable import Variable
from infonb.validate import check_integer

__all__ = ["Ksg", "Mixture", "check_neighbours"]


def check_neighbours(k: int, n_samples: int) -> int:
    """Return k as int; raise unless every sample has k others."""
    k = check_integer("k", k, minimum=1)
    if k >= n_samples:
        raise ValueError(
            f"k={k} needs at least {k + 1} samples; there "
            f"{'is' if n_samples == 1 else 'are'} {n_samples}. Record more samples or lower k."
        )
    return k


@dataclass(frozen=True)
class Ksg:
    """Estimator 1 of Kraskov, Stögbauer and Grassberger; of a neuron and classes that of Ross."""

    k: int
    standardize: bool = False
    mixed: ClassVar[bool] = False

    def attrs(self, rows: Source, n_classes: int | None) -> Attributes:
        """Return what a result tells of its estimator."""
        loaded: Attributes = {"loaded": "one block of neurons at a time"} if rows.lazy else {}
        scaled: Attributes = {"standardized": "by deviation"} if self.standardize else {}
        return {"k": self.k, **scaled, **loaded}

    def of_pairs(self, rows: Source, pairs: Pairs, mode: Mode) -> Any:
        """Return the MI of pairs of rows, (pair,) or (pair, sample)."""
        found = rows.pairwise(pairs, partial(self._of_block, mode=mode))
        first, second = pairs.ends
        return rows.call(self._with_warning, found, first != second, rows.layout.n_samples)

    def of_variable(self, rows: Source, variable: Variable, mode: Mode) -> Any:
        """Return the MI of rows with a variable, (row, new) or (row, new, sample)."""
        if variable.n_classes is not None:
            for classes in variable.values.reshape(-1, rows.layout.n_samples):
                warn_of_lone_classes(classes)
        elif self.standardize:
            variable = replace(variable, values=standardized(variable.values))
        found = rows.rowwise(partial(self._of_rows, variable=variable, mode=mode))
        return rows.call(self._without_ties, found, rows.layout.n_samples, mode.pointwise)

    def _of_block(self, rows: Source, block: Block, *, mode: Mode) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of pairs, and how many samples of each are tied."""
        if mode.device is None:
            from infonb.measures.kernels.ksg import ksg_information as kernel
        else:
            from infonb.measures.device.dispatch import ksg_information_on

            kernel = ksg_information_on(mode.device)
        values = rows.load(*block.one)
        others = None if block.one == block.other else rows.load(*block.other)
        if self.standardize:
            values = standardized(values)
            others = None if others is None else standardized(others)
        if block.is_first:  # it speaks for all
            self._warn(values, others, block.first, block.second)
        return kernel(
            values, block.first, block.second, self.k,
            other=others, mixed=self.mixed, pointwise=mode.pointwise, progress=mode.progress,
        )  # fmt: skip

    def _warn(
        self,
        values: np.ndarray,
        others: np.ndarray | None,
        first: np.ndarray,
        second: np.ndarray,
        *,
        classes: bool = False,
    ) -> None:
        """Warn of pairs for which the formula does not hold."""
        warn_of_grid(values, others, first, second, self.k, classes=classes)
        if not (classes or self.standardize):
            warn_of_scale(values, others, first, second, self.k)

    def _with_warning(
        self, found: tuple[np.ndarray, np.ndarray], different: np.ndarray, n_samples: int
    ) -> np.ndarray:
        """Return the values; warn of ties in pairs of different neurons."""
        values, tied = found
        if not self.mixed:
            warn_of_ties(tied[different], n_samples, self.k)
        return values

    def _of_rows(
        self, values: np.ndarray, start: int, stop: int, *, variable: Variable, mode: Mode
    ) -> np.ndarray:
        """Return (row, new, 1 + 1) or (row, new, sample + 1): the values, then how many tied."""
        n_new = variable.values.shape[1]
        n_points = values.shape[1] if mode.pointwise else 1
        result = np.zeros((len(values), n_new, n_points + 1))
        values = standardized(values) if self.standardize else values
        entry = variable.entry[start:stop]
        if start == 0:  # of a lazy array the first block speaks for all
            row, column = (grid.ravel() for grid in np.indices((len(values), n_new)))
            everything = variable.values.reshape(-1, values.shape[1])
            classes, second = variable.n_classes is not None, entry[row] * n_new + column
            self._warn(values, everything, row, second, classes=classes)
        of_entry = self._with_continuous if variable.n_classes is None else self._with_classes
        for number in np.unique(entry):
            own = np.flatnonzero(entry == number)
            mi, tied = of_entry(values[own], variable.values[number], mode)
            result[own, :, :-1] = mi.reshape(len(own), n_new, -1)
            result[own, :, -1] = tied.reshape(len(own), n_new)
        return result

    def _with_classes(
        self, values: np.ndarray, others: np.ndarray, mode: Mode
    ) -> tuple[np.ndarray, np.ndarray]:
        from infonb.measures.kernels.ross import ross_information

        found = [
            ross_information(values, classes, self.k, mixed=self.mixed, pointwise=mode.pointwise)
            for classes in others
        ]
        mi, tied = (np.stack(side, axis=1) for side in zip(*found, strict=True))
        return mi, tied

    def _with_continuous(
        self, values: np.ndarray, others: np.ndarray, mode: Mode
    ) -> tuple[np.ndarray, np.ndarray]:
        from infonb.measures.kernels.ksg import ksg_information

        first, second = (grid.ravel() for grid in np.indices((len(values), len(others)), np.int32))
        return ksg_information(
            values.astype(np.float64), first, second, self.k,
            other=np.ascontiguousarray(others, np.float64), mixed=self.mixed,
            pointwise=mode.pointwise, progress=mode.progress,
        )  # fmt: skip

    def _without_ties(self, found: np.ndarray, n_samples: int, pointwise: bool) -> np.ndarray:
        """Return the values without the number of ties after them, of which this may warn."""
        if not self.mixed:
            warn_of_ties(found[..., -1].ravel(), n_samples, self.k)
        return found[..., :-1] if pointwise else found[..., 0]


@dataclass(frozen=True)
class Mixture(Ksg):
    """That of Gao, Kannan, Oh and Viswanath, for mixtures of discrete and continuous variables."""

    mixed: ClassVar[bool] = True
