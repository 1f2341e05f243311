"""The experiment: networks of other experiments, kept or trained now, ranked without labels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.experiments.experiment import Experiment, One
from infonb.experiments.model_selection.rankings import rankings_of, together
from infonb.experiments.model_selection.sources import (
    LANGUAGE,
    SOURCES,
    is_kept,
    opened_results,
)
from infonb.experiments.model_selection.words import claims_of, published
from infonb.experiments.parameters import MAX_SEED
from infonb.parameters import parameter

if TYPE_CHECKING:
    from torch import nn

    from infonb.claims import ClaimsTable
    from infonb.experiments.digits import Digits

__all__ = ["ModelSelection"]


@dataclass(frozen=True)
class ModelSelection(Experiment):
    """
    Model selection: which network to keep, told without labels.

    Bansal, Pruthi and Belinkov (2022), section 6, Table 2. The networks of other experiments are
    ranked by their mean entropy and by their mean mutual information, on unlabelled examples, and
    the order is compared with that of their validation accuracy.

    Notes
    -----
    A level is an experiment and one of its own levels, α or β. Its runs are those of that
    experiment, found in the cache where they were made before.
    """

    name, over = "model_selection", ("setting", "level")
    claim: ClassVar[str] = (
        "Networks ranked by entropy or by mutual information of their neurons, without labels, "
        "stand in the order of their validation accuracy."
    )

    setting: list[str] = parameter(
        list(SOURCES), "experiments whose networks are ranked, and trained if need be",
        choices=[*SOURCES, *LANGUAGE], affects="selection",
    )  # fmt: skip
    kept: bool = parameter(
        True, "also those on texts, where all runs of their defaults are kept", affects="selection"
    )
    level: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0], "shortcut strengths α, shares β of random labels",
        minimum=0, maximum=1, affects="selection",
    )  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2], "one network for each seed", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    dataset: str = parameter(
        "digits", "digits (8 x 8, offline) or mnist (14 x 14)", choices=["digits", "mnist"]
    )
    found: list[str] = parameter(
        [], "results.zarr of earlier reports to rank instead; empty: the networks above",
        affects="selection",
    )  # fmt: skip
    beside: list[str] = parameter(
        [], "results.zarr of earlier reports to rank beside these, such as those on IMDb",
        affects="selection",
    )  # fmt: skip

    def source(self, setting: str) -> Experiment:
        """Return the experiment that a network is of; one on texts has its own levels and seeds."""
        if setting in LANGUAGE:
            return LANGUAGE[setting](cache=self.cache, cluster=self.cluster)
        kind: type[Digits] = SOURCES[setting]
        values: dict[str, Any] = {str(kind.over): self.level}
        shared: dict[str, Any] = {"cache": self.cache, "cluster": self.cluster}
        return kind(seed=self.seed, dataset=self.dataset, **shared, **values)

    def prepare(self) -> None:
        """Look at the given results, or find the data, before anything is created."""
        self.given()
        if not self.found:
            for setting in self.settings():
                self.source(setting).prepare()

    def given(self, trained: Collection[str] = ()) -> dict[str, xr.Dataset]:
        """Return the results of earlier reports, not read yet: name → runs."""
        found = opened_results("found", self.found)
        return found | opened_results("beside", self.beside, [*trained, *found])

    def settings(self) -> list[str]:
        """Return the experiments that are ranked: those that are asked for, and those kept."""
        there = {str(runs.attrs["experiment"]) for runs in self.given().values()}
        others = [name for name in LANGUAGE if self.kept and name not in (*self.setting, *there)]
        return [*self.setting, *(name for name in others if is_kept(self.source(name)))]

    def data(self, level: tuple[str, float], seed: int) -> dict[str, xr.Dataset]:
        """Return the data of the network's own experiment."""
        return self.source(level[0]).data(level[1], seed)

    def train(
        self, level: tuple[str, float], seed: int, data: dict[str, xr.Dataset],
        checkpoint: Path | None = None, progress: bool | str = False,
    ) -> tuple[Any, xr.Dataset | None]:  # fmt: skip
        """Train the network as its own experiment does."""
        source = self.source(level[0])
        return source.train(level[1], seed, data, checkpoint=checkpoint, progress=progress)

    def measure(
        self, level: tuple[str, float], seed: int, model: nn.Module, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """Measure the network as its own experiment does."""
        return self.source(level[0]).measure(level[1], seed, model, data)

    def one(self, level: Any, seed: int, *, progress: bool | str = False) -> One:
        """Make or read one network, as a run of its own experiment."""
        return self.source(level[0]).one(level[1], seed, progress=progress)

    def run(self, *, progress: bool | str = True) -> xr.Dataset:
        """
        Rank the networks of each experiment; trained are only those that are not kept.

        Returns
        -------
        xarray.Dataset
            Dims (setting, measure, place of the network, seed): ``score``, ``rank`` and ``metric``,
            the validation accuracy, of each network, ``level`` (setting, place) its α or β in
            words; Kendall's ``tau`` with interval and p-value, ``tau_of_seed``.
        """
        trained = () if self.found else self.settings()
        sources = {name: self.source(name).run(progress=progress) for name in trained}
        sources |= {name: runs.load() for name, runs in self.given(trained).items()}
        tables: dict[str, xr.Dataset] = {}
        for name, runs in sources.items():
            tables |= rankings_of(name, runs)
        found = together(tables)
        return self._told(found.assign(paper=published(found)))

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the paper's claims on the rankings; other rulers are not among them."""
        return claims_of(runs)
