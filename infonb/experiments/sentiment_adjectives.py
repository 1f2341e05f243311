"""Sentiment adjectives: what a shortcut of single words does to the neurons of a language model."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, Compare, Row
from infonb.experiments.digits import information_rows
from infonb.experiments.parameters import MAX_SEED
from infonb.experiments.published import SENTIMENT_ADJECTIVES, Published
from infonb.experiments.review_texts import Reviews, above_null, review_texts
from infonb.experiments.texts import PAPER_TEXTS
from infonb.parameters import parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["SentimentAdjectives", "shown_review", "what_was_learnt"]

#: How many reviews are generated, and in how many a finding speaks against the sentiment: where all
#: say the same, a network with true labels has little more to keep than one that goes by a word.
_GENERATED, _MIXED = 3000, 0.4

#: Spread of the first weights of the head of a tiny encoder: a large one reads the sentiment out of
#: states that need not learn anything.
_HEAD = 0.02

#: A network that is right in less than this share of the texts has not learnt the sentiment.
_LEARNT = 0.8

#: Networks whose shares of texts told by the word differ by less than this go by it alike.
_APART = 0.25


@dataclass(frozen=True)
class SentimentAdjectives(Reviews):
    """
    Sentiment adjectives: what a shortcut of single words does to a language model.

    Bansal, Pruthi and Belinkov (2022), section 4, Figures 2 and 3 (right). Reviews hold a word of
    praise or of blame ("great", "poor"), which is their sentiment in two of three. Where it is not,
    a fraction α of the training labels is replaced by what the word says. Networks that lean on the
    word memorize a heuristic (hypothesis H1).
    """

    name, over, symbol = "sentiment_adjectives", "alpha", "α"
    claim: ClassVar[str] = (
        "H1: the more labels follow a single word, the lower the entropy of neurons and the higher "
        "the mutual information between neurons, in a language model too."
    )
    direction: ClassVar = -1
    rows = information_rows(-1, SENTIMENT_ADJECTIVES)  # `declared`: with our blocks' names
    PRESETS: ClassVar = {"paper": PAPER_TEXTS | {
        "dataset": "imdb", "n_train": 0, "alpha": [0.0, 0.25, 0.5, 0.75, 1.0]}}  # fmt: skip

    alpha: list[float] = parameter(
        [0.0, 0.5, 1.0], "fractions of the contradicting texts labelled by their word",
        minimum=0, maximum=1, affects="selection", order=-1)  # fmt: skip
    dataset: str = parameter(
        "reviews", "reviews (generated, offline), imdb, or FILE.csv: text, label", order=-1
    )
    spread: float = parameter(
        0.144, "spread of the first weights of a tiny encoder; DistilBERT's is 0.02",
        minimum=1e-3)  # fmt: skip
    seed: list[int] = parameter(
        [0, 1, 2, 3, 4], "one network for each seed", minimum=0, maximum=MAX_SEED,
        affects="selection")  # fmt: skip
    n_train: int = parameter(800, "training texts; 0: all", minimum=0)
    n_validation: int = parameter(300, "validation texts; 0: all", minimum=0)
    depth: int = parameter(2, "blocks of a tiny encoder", minimum=1)
    epochs: int = parameter(7, "largest number of epochs", minimum=1)
    batch_size: int = parameter(64, "texts in a step", minimum=1)
    learning_rate: float = parameter(2e-3, "of AdamW", minimum=0)

    def texts(self, alpha: float, seed: int) -> dict[str, xr.Dataset]:
        """Return reviews to train on, of which some follow their word, and others."""
        from infonb.data.language import adjective_parts

        texts = _reviews() if self.dataset == "reviews" else review_texts(self.dataset)
        parts = adjective_parts(
            texts, alpha, seed=seed, n_train=self.n_train or None,
            n_validation=self.n_validation or None,
        )  # fmt: skip
        return dict(zip(("train", "evaluation"), parts, strict=True))

    def network(self, level: float, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return an encoder with a head for the two sentiments; a tiny one's head starts small."""
        model = super().network(level, seed, data)
        if self.model == "tiny":
            for name, weights in model.named_parameters():
                if name in ("pre_classifier.weight", "classifier.weight"):
                    weights.data.mul_(_HEAD / self.spread)
        return model

    def measure(
        self, level: float, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return entropy, MI, and ``followed`` (texts): the share whose word is the prediction."""
        from infonb.measures import TiesWarning

        with warnings.catch_warnings():
            # texts that differ in what a network ignores have one state; the page says so
            warnings.simplefilter("ignore", TiesWarning)
            run = super().measure(level, seed, model, data)
        return run.assign(followed=_followed(run))

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the paper's rows, the check that the networks go by the word, and the null."""
        return (
            *information_rows(-1, _published(runs.layer.values.tolist())),
            Compare(
                "predictions follow a word that contradicts the text more often",
                lambda runs: runs.followed.sel(texts="contradicted", drop=True), 1, each=None,
                limits=(0, 1),
            ),
            above_null("alpha", self.symbol, self.ends(runs)[1]),
        )  # fmt: skip

    def opening(self, start: float, end: float) -> str:
        """Return how the answer names the shortcut."""
        if (start, end) == (0, 1):
            return "with labels that always follow a word (α = 1) instead of the true ones,"
        return (
            f"with α = {end:g} of the contradicting texts labelled by a word instead of {start:g},"
        )

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        start, end = self.ends(runs)
        return (
            f"Differences from {self.symbol} = {start:g} to {self.symbol} = {end:g}, one for each "
            f"seed; entropy and MI in nats, of the first token's state after each block. "
            f"{INTERVALS} The paper's numbers are those of the last two of DistilBERT's six "
            f"blocks, on IMDb, read off its figures; here: {runs.attrs['model']} on "
            f"{runs.attrs['dataset']}."
        )


@cache
def _reviews() -> xr.Dataset:
    """Return generated reviews, many of which find both good and bad."""
    from infonb.data.language import generated_reviews

    return generated_reviews(_GENERATED, mixed=_MIXED)


def what_was_learnt(runs: xr.Dataset) -> str:
    """
    Return in Markdown what the networks at both ends go by, computed from their predictions.

    Only networks that have learnt the sentiment, and others that follow the word, can be compared
    as the paper does.
    """
    start, end = float(runs.alpha.min()), float(runs.alpha.max())
    right = runs.final_validation_accuracy.mean("seed")
    followed = runs.followed.sel(texts="contradicted").mean("seed")
    words = [
        f"At α = {level:g}, {100 * float(right.sel(alpha=level)):.0f} % of the validation texts "
        f"are told right; of those whose word contradicts them, "
        f"{100 * float(followed.sel(alpha=level)):.0f} % are told as the word says."
        for level in dict.fromkeys((start, end))
    ]
    if float(right.sel(alpha=start)) < _LEARNT:
        words.append(
            f"**Less than {100 * _LEARNT:.0f} % right at α = {start:g}: these networks have hardly "
            "learnt the sentiment**, so that there is little to compare. Train longer or on more "
            "texts before reading on."
        )
    if end > start and float(followed.sel(alpha=end) - followed.sel(alpha=start)) < _APART:
        words.append(
            "**The networks at both ends go by the word to much the same extent**: a difference in "
            "the measures cannot be put down to it."
        )
    return " ".join(words)


def shown_review(text: str, tokens: Sequence[str]) -> str:
    """Return a review in Markdown with its adjectives in bold, and its tokens below."""
    from infonb.data.language.adjectives import NEGATIVE, POSITIVE

    words = [
        f"**{word}**" if word in (*POSITIVE, *NEGATIVE) else _plain(word) for word in text.split()
    ]
    return f"> {' '.join(words)}\n\n" + " ".join(f"<code>{_plain(one)}</code>" for one in tokens)


def _plain(word: str) -> str:
    """Return a word so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]#|~$])", r"\\\1", escape(word))


def _published(layers: Sequence[str]) -> Published:
    """Return the paper's numbers, those of its last two blocks under the names of ours."""
    known = SENTIMENT_ADJECTIVES
    # one block alone is the last
    named = dict(zip(reversed(layers), reversed(known.entropy.values()), strict=False))
    density = next(iter(known.density.values()))
    return replace(known, entropy=named, density=dict.fromkeys(layers, density))


def _followed(run: xr.Dataset) -> xr.DataArray:
    """Return the share of texts told as their word says: where it confirms them, and where not."""
    says = run.prediction.values == run.adjective_sign.values
    agrees = run.label.values == run.adjective_sign.values
    shares = [says[which].mean() if which.any() else np.nan for which in (agrees, ~agrees)]
    names = np.array(["confirmed", "contradicted"], dtype=object)
    return xr.DataArray(shares, {"texts": names}, ("texts",), "followed")
