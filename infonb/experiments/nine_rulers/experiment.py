"""The experiment: every ruler of memorization on the same networks and the same samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable, Row, claims_table
from infonb.experiments.experiment import Experiment
from infonb.experiments.nine_rulers.data import images_of, unseen_images, with_marks
from infonb.experiments.nine_rulers.in_and_out import all_in_out, repeats_of, samples_of
from infonb.experiments.nine_rulers.kinds import BUILT
from infonb.experiments.nine_rulers.parameters import RulerParameters
from infonb.experiments.nine_rulers.readings import RULERS

__all__ = ["NineRulers"]

#: What is known of samples and kept beside the results.
_KNOWN = ("kind", "is_in", "group", "true_label", "planted_label")


@dataclass(frozen=True)
class NineRulers(RulerParameters, Experiment):
    """
    Nine rulers, one network: what each definition of memorization sees.

    Ten readings of samples, six of units and ten of networks, of the papers of this package, are
    taken of the same networks and the same images. In these images it is known what can be learnt
    and what must be known by heart, since it was planted: wrong labels, odd images, copies of odd
    images, marks that tell the label, and of each kind twins that nobody trains on. The networks
    were made so that they memorize more and more. Which ruler sees what?
    """

    name, over = "nine_rulers", "network"
    claim: ClassVar[str] = (
        "Definitions of memorization differ in what they see; entropy and MI of neurons are two "
        "among them."
    )

    def prepare(self) -> None:
        """Find the files of the data set before anything is created."""
        images_of(self.dataset, self.folder)

    def data(self, level: str, seed: int) -> dict[str, xr.Dataset]:
        """Return what a network is trained on, all ``samples``, and images that nobody sees."""
        samples = samples_of(self, level)
        seen = samples.isel(sample=np.flatnonzero(samples["is_in"].values))
        images = images_of(self.dataset, self.folder)
        others = unseen_images(images, samples["source"].values, self.n_unseen)
        marked = with_marks(others, images)
        return {"train": seen, "samples": samples, "evaluation": others, "marked": marked}

    def examples(self, seed: int = 0) -> xr.Dataset:
        """Return the planted images (sample, row, column[, channel]), and what is known of them."""
        found = samples_of(self, "noise")
        label = ("sample", found["planted_label"].values)
        last = [dim for dim in ("channel",) if dim in found["input"].dims]
        low, high = found["input"].min(), found["input"].max()
        shown = (found["input"] - low) / (high - low)  # to look at
        ordered = shown.transpose("sample", "row", "column", *last)
        return found.drop_vars("input").assign(input=ordered, label=label)

    def train(
        self, level: str, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[Any, xr.Dataset]:  # fmt: skip
        """Train or build a network; return it with what each sample went through, and history."""
        from infonb.experiments.nine_rulers import training

        if level in BUILT:
            return training.construct(self, level, seed, data)
        return training.train(self, level, seed, data, checkpoint)

    def measure(self, level: str, seed: int, model: Any, data: dict[str, xr.Dataset]) -> xr.Dataset:
        """
        Return all readings of one network but in and out: samples, units, layers, network.

        ``score`` (ruler, sample), ``label`` (sample), ``unit_score`` and ``unit_null`` (unit_ruler,
        layer, neuron), ``layer_score`` and ``layer_null`` (network_ruler, layer), ``network_score``
        and ``network_null`` (network_ruler), ``own_seconds`` (ruler), ``train_seconds``. As the
        paper measures: ``published_mi`` (images), and what is before the ReLU.
        """
        from infonb.experiments.nine_rulers.as_published import of_images
        from infonb.experiments.nine_rulers.measures import measured
        from infonb.experiments.nine_rulers.networks import untrained
        from infonb.training.threads import torch_threads

        with torch_threads(1):  # in networks this small several threads wait for each other
            null = untrained(self, level, model.network, data["train"], seed)
            found = measured(
                model, null, data, views=self.views, units=self.units, projections=self.projections,
                bins=self.bins, mi_bins=self.mi_bins, seed=seed,
            )  # fmt: skip
            published = of_images(
                model.network, data, n_hidden=2, width=self.width, units=self.units, seed=seed
            )
        known = {name: ("sample", data["samples"][name].values) for name in _KNOWN}
        return found.merge(published).assign_coords(known)

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add in and out of all networks, what each reading costs, entropy in three rulers."""
        from infonb.experiments.nine_rulers.as_published import with_entropy
        from infonb.experiments.nine_rulers.costs import with_costs

        where = {"cache": self.cache, "cluster": self.cluster, "interactive": self.interactive}
        found = all_in_out(self, progress=False, **where)
        runs = runs.merge(found, join="exact", compat="override")
        score = runs["score"].copy()
        score.loc[{"ruler": "in_out"}] = runs["mem"].transpose("network", "seed", "sample")
        runs["score"] = score.transpose("network", "seed", "ruler", "sample")
        seen = runs["is_in"]
        for name, part in {"network_score": seen, "network_null": ~seen}.items():
            values = runs[name].copy()
            values.loc[{"network_ruler": "mean_in_out"}] = runs["mem"].where(part).mean("sample")
            runs[name] = values
        repeats = [repeats_of(self, network) for network in runs.network.values]
        return with_entropy(with_costs(runs, repeats), self.bins)

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows: what was planted and what follows for each ruler; H1, H2."""
        from infonb.experiments.nine_rulers.claims import rows_of

        return rows_of(list(runs.network.values))

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the claims: each says itself along what it compares."""
        return claims_table(self.declared(runs), runs, "network", self.words(runs))

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        return table.summary

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Readings are compared as they stand, higher where more is memorized. Samples are the "
            f"same for all seeds, which vary networks and divisions. {INTERVALS}"
        )

    @property
    def rulers(self) -> tuple[str, ...]:
        """The readings of samples."""
        return RULERS
