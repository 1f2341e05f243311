"""Shuffled reviews: what labels learnt by heart do to the neurons of a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, Compare, Row
from infonb.experiments.digits import information_rows
from infonb.experiments.label_outcomes import LabelOutcomes
from infonb.experiments.published import SHUFFLED_IMDB
from infonb.experiments.review_texts import Reviews, above_null, review_texts
from infonb.experiments.texts import PAPER_TEXTS
from infonb.parameters import ParameterError, parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ShuffledReviews", "memorized"]

#: Wrong labels of texts that the network was not trained on, and of those that it was.
_UNSEEN, _TRAINED = "not trained on", "trained on"


@dataclass(frozen=True)
class ShuffledReviews(Reviews):
    """
    Shuffled reviews: what labels learnt by heart do to a language model.

    Bansal, Pruthi and Belinkov (2022), section 5, Figures 6 and 7 (right). With probability β the
    sentiment of a training review is replaced by a random one; the encoder can only learn those
    reviews one by one (hypothesis H2).
    """

    name, over, symbol = "shuffled_reviews", "beta", "β"
    claim: ClassVar[str] = (
        "H2: the more labels are learnt by heart, the higher the entropy of neurons and the lower "
        "the mutual information between neurons, in a language model too."
    )
    direction: ClassVar = 1
    rows = information_rows(1, SHUFFLED_IMDB)
    # until the labels are known: no early stop by validation, which would come before
    PRESETS: ClassVar = {"paper": PAPER_TEXTS | {"dataset": "imdb", "n_train": 0, "patience": 0}}

    beta: list[float] = parameter(
        [0.0, 0.2, 0.4, 0.6, 0.8], "probabilities of a random training label",
        minimum=0, maximum=1, affects="selection", order=-1)  # fmt: skip
    stop_at: float = parameter(
        0.99, "stop once this training accuracy is reached; 0: train all epochs",
        minimum=0, maximum=1, order=-1)  # fmt: skip
    dataset: str = parameter(
        "reviews", "reviews (generated, offline), imdb, or FILE.csv: text, label"
    )
    spread: float = parameter(
        0.05, "standard deviation of the first weights of a tiny encoder; DistilBERT's: 0.02",
        minimum=1e-3)  # fmt: skip
    n_train: int = parameter(200, "training texts; 0: all", minimum=0)
    n_validation: int = parameter(250, "validation texts; 0: all", minimum=0)
    max_length: int = parameter(40, "tokens of a text at most; the rest is cut off", minimum=3)
    width: int = parameter(64, "neurons of each block of a tiny encoder", minimum=4)
    depth: int = parameter(2, "blocks of a tiny encoder", minimum=1)
    epochs: int = parameter(60, "largest number of epochs", minimum=1)
    learning_rate: float = parameter(2e-3, "of AdamW", minimum=0)
    warmup_steps: int = parameter(5, "steps until the learning rate is reached", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.patience and self.stop_at:
            raise ParameterError(
                f"patience {self.patience} would end the training before the labels are known; "
                "take patience 0, or stop_at 0."
            )

    def texts(self, beta: float, seed: int) -> dict[str, xr.Dataset]:
        """Return reviews with shuffled labels to train on, and others with true ones."""
        from infonb.data.language import shuffled_texts

        parts = shuffled_texts(
            review_texts(self.dataset), beta, seed=seed, n_train=self.n_train or None,
            n_validation=self.n_validation or None,
        )  # fmt: skip
        return dict(zip(("train", "evaluation"), parts, strict=True))

    def fitting(self, level: float, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what `infonb.fit` is told; the best epoch would come before labels are learnt."""
        return super().fitting(level, seed, data) | {"stop_at": self.stop_at or None}

    def train(
        self, level: float, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[nn.Module, xr.Dataset]:  # fmt: skip
        """Train one encoder; its history also has ``fraction`` (epoch, group, outcome)."""
        from infonb.training import fit
        from infonb.training.device import choose_device
        from infonb.training.threads import torch_threads

        model = self.network(level, seed, data).to(choose_device(self.device))
        outcomes = LabelOutcomes(data["train"], checkpoint)
        with torch_threads(self.n_threads):
            history = fit(
                model, data["train"], data["evaluation"], seed=seed, checkpoint=checkpoint,
                progress=progress, callbacks=[outcomes], **self.fitting(level, seed, data),
            )  # fmt: skip
        return model, history.assign(fraction=outcomes.fraction)

    def measure(
        self, level: float, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return entropy, MI, and the share of wrong labels that are given: ``known`` (texts)."""
        run = super().measure(level, seed, model, data)
        known = [_unseen(model, data["evaluation"]), _known(model, data["train"])]
        names = np.array([_UNSEEN, _TRAINED], dtype=object)
        return run.assign(known=xr.DataArray(known, {"texts": names}, ("texts",), "known"))

    def equally_long(self, runs: xr.Dataset, *, progress: bool | str = True) -> xr.Dataset:
        """Return both ends again, the lowest level trained for as many epochs as the highest."""
        start, end = self.ends(runs)
        epochs = int(runs.train_accuracy.sel(beta=end).notnull().sum("epoch").max())
        longer = self.changed(beta=[start], stop_at=0.0, epochs=epochs, results="")
        long = longer.run(progress=progress)
        both = [long, runs.sel(beta=[end])]
        alike = [one.drop_dims("epoch").drop_vars("label", errors="ignore") for one in both]
        found = xr.concat(alike, "beta", join="outer", coords="different", compat="equals")
        return found.assign_attrs(runs.attrs | {"epochs": epochs})

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the paper's rows, the check that wrong labels are known by heart, and the null."""
        end = self.ends(runs)[1]
        return (
            *self.rows,
            Compare(
                f"wrong labels ({self.symbol} = {end:g}) are given more often if trained on",
                lambda runs: runs.known.sel(beta=end, drop=True), 1, each=None, over="texts",
                between=(_UNSEEN, _TRAINED), limits=(0, 1),
            ),
            above_null("beta", self.symbol, end),
        )  # fmt: skip

    def opening(self, start: float, end: float) -> str:
        """Return how the answer names the random labels."""
        return f"with {100 * end:.0f} % of the labels random instead of {100 * start:.0f} %,"

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        start, end = self.ends(runs)
        return (
            f"Differences from {self.symbol} = {start:g} to {self.symbol} = {end:g}, one for each "
            "seed; entropy and MI in nats, of the first token's state after each block. "
            f"{INTERVALS} The paper's numbers are those of DistilBERT on IMDb, read off its "
            f"figures; here: {runs.attrs['model']} on {runs.attrs['dataset']}."
        )


def memorized(runs: xr.Dataset) -> xr.DataArray:
    """Return the share of wrong labels that are known by heart at the end: (..., seed)."""
    return runs.final_fraction.sel(group="wrong", outcome="noisy", drop=True)


def _known(model: nn.Module, train: xr.Dataset) -> float:
    """Return the share of the wrong training labels that the network gives; NaN without any."""
    from infonb.training import predict

    told, label = predict(model, train).argmax(axis=1), train["label"].values
    wrong = label != train["true_label"].values
    return float((told == label)[wrong].mean()) if wrong.any() else np.nan


def _unseen(model: nn.Module, texts: xr.Dataset) -> float:
    """Return the share of wrong labels that it gives texts that it was not trained on: chance."""
    from infonb.training import predict

    told = predict(model, texts).argmax(axis=1)
    # a wrong label is one of the other classes, each as probable
    return float((told != texts["label"].values).mean() / (texts.attrs["n_classes"] - 1))
