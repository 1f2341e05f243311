"""The experiment: pairs of dual encoders, one of which saw the pairs that both are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable, Row
from infonb.experiments.deja_vu.claims import rows_of
from infonb.experiments.deja_vu.parameters import DejaVuParameters
from infonb.experiments.deja_vu.treatments import all_levels, treated
from infonb.experiments.experiment import Experiment
from infonb.experiments.measuring import shared_entropy

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DejaVu"]


@dataclass(frozen=True)
class DejaVu(DejaVuParameters, Experiment):
    """
    Déjà vu: what a vision-language model remembers of images whose captions it has seen.

    Jayaraman, Guo and Chaudhuri (NeurIPS 2024): from the caption of a training pair a model finds
    public images with more of the objects of the pair's own image than a model that has not seen
    it, also of those that the caption does not name. Here on generated scenes, with the paper's
    four mitigations and sizes of the training set, on pairs that neither model saw beside, and with
    what the neurons say about it.

    A treatment is ``"n 500"`` (pairs), ``"mask 0.3"`` (share of words masked in training),
    ``"stop 40"`` (steps), ``"temperature 1"`` (fixed) or ``"decay 5"``; ``"default"`` is always
    trained. The reference of a treatment is trained in the same way, on other pairs.
    """

    name, over = "deja_vu", "treatment"
    claim: ClassVar[str] = (
        "A vision-language model recalls objects of its training images that the captions do not "
        "name; less with more training pairs, and with text masking."
    )

    def prepare(self) -> None:
        """Find the device and the files of the images, before all else."""
        from infonb.experiments.deja_vu.data import check_images

        self.check_device()
        check_images(self.dataset, self.folder, self.n_objects)

    def levels(self) -> list[str]:
        """Return the treatments; the default is always among them."""
        return all_levels(self.treatment)

    def data(self, level: str, seed: int) -> dict[str, xr.Dataset]:
        """Return pairs by role: A and B to train on, C that no network sees, and public ones."""
        from infonb.experiments.deja_vu.data import pairs

        n = treated(level, self.settings)["n"]
        return pairs(
            self.dataset, {"A": n, "B": n, "C": self.n_scored, "public": self.n_public},
            n_objects=self.n_objects, named=self.named, likelier=self.likelier, noise=self.noise,
            seed=seed, folder=self.folder,
        )  # fmt: skip

    def train(
        self, level: str, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[dict[str, nn.Module], xr.Dataset]:  # fmt: skip
        """Train the target on A and the reference on B, alike; return both, and the course of A."""
        from infonb.experiments.deja_vu.training import make_network, train
        from infonb.training.device import choose_device

        settings, models, history = treated(level, self.settings), {}, None
        for place, (name, role) in enumerate({"target": "A", "reference": "B"}.items()):
            own = 2 * seed + place  # first weights, order and masks of its own
            models[name] = make_network(
                data[role], settings, width=self.width, features=self.features, image=self.image,
                seed=own,
            ).to(choose_device(self.device))  # fmt: skip
            found = train(
                models[name], data[role], settings, learning_rate=self.learning_rate,
                warmup=self.warmup,
                epochs=self.epochs(level), batch_size=self.batch_size, seed=own, progress=progress,
                checkpoint=None if checkpoint is None else checkpoint / name,
            )  # fmt: skip
            history = found if history is None else history
        assert history is not None
        return models, history

    def epochs(self, level: str) -> int:
        """Return how long the networks of a treatment are trained, in passes over their pairs."""
        from infonb.experiments.deja_vu.training import epochs_of

        settings = treated(level, self.settings)
        n = self.n if self.hold == "epochs" else settings["n"]
        return epochs_of(n, self.batch_size, settings["stop"] or settings["steps"])

    def measure(
        self, level: str, seed: int, model: dict[str, nn.Module], data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return déjà vu by group and pair, with one model alone, utility, and information.

        Dims (group), (model, pair), (n_neighbors, key, group, top), (reference, group), and of the
        target on held-out pairs ``entropy`` (layer, neuron) and ``mutual_information`` in nats.
        """
        from infonb.experiments.deja_vu import measures
        from infonb.experiments.deja_vu.data import scored
        from infonb.memorization import nearest_public

        pairs, public = scored(data, self.n_scored), data["public"]
        most = max(self.neighbors_tried)
        target, reference = (
            nearest_public(
                measures.embeddings(model[name], pairs, "text"),
                measures.embeddings(model[name], public, "image").rename(sample="public"), most,
            ) for name in ("target", "reference")
        )  # fmt: skip
        limit = self.top_objects or None
        found = measures.between(
            (target, reference), pairs.objects, public.objects.rename(sample="public"),
            tried=self.neighbors_tried, chosen=self.neighbors, top_objects=limit, top=self.top,
        )  # fmt: skip
        alone = measures.one_model(target, pairs, public, k=self.neighbors, top_objects=limit)
        held_out = found.recall.sel(model="target").isel(pair=found.role.values == "C")
        useful = measures.utility(model["target"], data["C"], held_out)
        run = measures.information_of(
            model["target"], data["C"], self.activations, bins=self.bins, edges=self.edges,
            k=self.k, mi_samples=self.mi_samples, mi_neurons=self.mi_neurons,
        )  # fmt: skip
        run = xr.merge([run, found, alone], compat="no_conflicts", join="outer")
        return run.assign(useful).assign(
            epochs_trained=self.epochs(level), prg_on_a=found.prg.sel(group="A", drop=True)
        )

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if that is asked for."""
        runs = shared_entropy(runs, bins=self.bins, edges=self.edges)
        return runs.assign_attrs(dataset=self.dataset, neighbors=self.neighbors)

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the treatments that were tried."""
        return rows_of(runs.treatment.values.tolist(), self.top)

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        return table.summary

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Gains of the target over the reference, one number for each seed; PRG from −1 to 1, "
            f"entropy and MI in nats, of held-out pairs. {INTERVALS} The paper reports these "
            "gains in figures only, of OpenCLIP on LAION; here: small encoders on "
            f"{runs.attrs['dataset']}."
        )
