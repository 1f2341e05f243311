"""The experiment: language models of several sizes on one corpus, looked at along their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable, Row
from infonb.experiments.experiment import Experiment
from infonb.experiments.predictable_memorization.claims import rows_of
from infonb.experiments.predictable_memorization.parameters import PredictableParameters
from infonb.experiments.predictable_memorization.sizes import is_once, largest, width_of

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PredictableMemorization"]


@dataclass(frozen=True)
class PredictableMemorization(PredictableParameters, Experiment):
    """
    Predictable memorization: what models recite, foretold by smaller ones.

    Biderman et al. (NeurIPS 2023): given the first tokens of a training sequence, a language model
    recites the next ones; which sequences these are can be told from smaller models, or earlier
    checkpoints, precisely but far from completely. Here on a corpus with planted copies, so that it
    is known what can be memorized, with models of GPT-NeoX's kind that all see it in one order, a
    control without copies, and what the neurons say about it.

    A size is the width of a model, such as ``"64"``, or ``"64 once"``: trained on a corpus in which
    each planted sequence occurs once. Checkpoints are those of one training each, so that they are
    a dimension of what it leaves behind, and no level of their own.
    """

    name, over = "predictable_memorization", "size"
    claim: ClassVar[str] = (
        "Which sequences a large language model memorizes is told by smaller models and earlier "
        "checkpoints precisely, but incompletely."
    )

    def prepare(self) -> None:
        """Find the device, and the library that the networks come from."""
        self.check_device()

    @property
    def largest(self) -> str:
        """The model whose memory is to be foretold."""
        return largest(self.size)

    def data(self, level: str, seed: int) -> dict[str, xr.Dataset]:
        """Return the windows in their order of training, and the sequences to ask about."""
        from infonb.experiments.predictable_memorization.data import (
            check_first,
            corpus_and_sequences,
        )

        found = corpus_and_sequences(
            copies=self.copies, n_each=self.n_each, n_background=self.n_background,
            n_held_out=self.n_held_out, vocabulary=self.vocabulary, length=self.length,
            concentration=self.concentration, once=is_once(level), seed=seed,
        )  # fmt: skip
        if not is_once(level):
            check_first(found["sequences"], self.stops[0] * self.batch_size, self.checkpoints[0])
        return found

    def train(
        self, level: str, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[list[nn.Module], xr.Dataset]:  # fmt: skip
        """Train one model; return it as it was at each checkpoint, and its course."""
        from infonb.experiments.predictable_memorization.training import train_along
        from infonb.networks import language_model
        from infonb.training.device import choose_device

        model = language_model(
            vocabulary=self.vocabulary, hidden=width_of(level), layers=self.layers,
            length=self.length, spread=self.spread, seed=seed,
        ).to(choose_device(self.device))  # fmt: skip
        return train_along(
            model, data["train"].tokens, self.stops, batch_size=self.batch_size,
            learning_rate=self.learning_rate, warmup=self.warmup, decay=self.decay, seed=seed,
            checkpoint=checkpoint, progress=progress,
        )  # fmt: skip

    def measure(
        self, level: str, seed: int, model: list[nn.Module], data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return what the model recites at each checkpoint, what it holds, and its neurons.

        Dims (checkpoint, sample), (prompt, sample) of the finished model, (checkpoint, group,
        layer); ``entropy`` (group, layer, neuron) and ``mutual_information`` of the finished one.
        """
        from infonb.experiments.predictable_memorization import measures
        from infonb.training.threads import torch_threads

        asked, n = data["sequences"], self.n_compared
        options: dict[str, Any] = {"bins": self.bins, "edges": self.edges, "k": self.k,
                   "mi_samples": self.mi_samples, "mi_neurons": self.mi_neurons}  # fmt: skip
        along, information = [], xr.Dataset()
        with torch_threads(1):
            for one in model:
                told = measures.recitation(one, asked, prompt=self.prompt, at_least=self.at_least)
                activation = measures.activations_of(one, asked, prompt=self.prompt, n=n)
                information = measures.information_of(activation, **options)
                along.append(told.merge(measures.medians(information)))
            tried = sorted({self.prompt, *self.prompts})
            by_prompt = [
                measures.recited_from(model[-1], asked, prompt=one, at_least=self.at_least)
                .score.reset_coords(drop=True) for one in tried
            ]  # fmt: skip
        run = measures.stacked(along, self.checkpoints)
        run["score_by_prompt"] = xr.concat(by_prompt, xr.Variable("prompt", tried))
        run = run.merge(information, join="outer")
        run = run.merge(activation.to_dataset(name="activation"), join="outer")
        windows = [min(one * self.batch_size, data["train"].sizes["sample"]) for one in self.stops]
        return run.assign_coords({
            name: ("sample", asked[name].values) for name in ("role", "planted")
        }).assign(
            n_copies=("sample", asked.n_copies.values),
            first_seen=("sample", asked.first_seen.values),
            n_parameters=sum(one.numel() for one in model[-1].parameters()),
            n_windows=("checkpoint", windows),
            n_tokens=("checkpoint", [one * self.length for one in windows]),
        )  # fmt: skip

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add how well each model and checkpoint predicts the largest, and shared bins."""
        from infonb.experiments.predictable_memorization.prediction import (
            share_by_copies,
            with_prediction,
        )
        from infonb.experiments.predictable_memorization.shared import entropy_in_shared_bins

        if self.edges == "shared":
            runs = entropy_in_shared_bins(runs, self.bins)
        runs = with_prediction(runs.assign_coords(checkpoint=runs.checkpoint.values))
        share = share_by_copies(runs)
        most = share.sel(size=self.largest, drop=True).mean("copies")
        return runs.assign(share=share, share_of_largest=most).assign_attrs(
            prompt=self.prompt,
            at_least=self.at_least,
            vocabulary=self.vocabulary,
            length=self.length,
        )

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows of the sizes that were trained."""
        cost = runs.compute_share.isel(checkpoint=-1)
        return rows_of(
            runs["size"].values.tolist(), costly=cost["size"].values[cost > 0.1].tolist(),
            has_medians="median_entropy" in runs,
        )  # fmt: skip

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        return table.summary

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Precision and recall of what the largest model memorizes, one number for each seed; "
            f"entropy and MI in nats, bits of whole sequences. {INTERVALS} The paper's numbers are "
            "of Pythia on the Pile, where nobody knows how often a sequence occurs; here planted "
            "copies drive everything."
        )
