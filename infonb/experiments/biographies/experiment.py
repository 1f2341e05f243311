"""The experiment: occupation classifiers on six training sets, and what they know of gender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, ClaimsTable
from infonb.experiments.biographies.claims import LEVELS, ROWS
from infonb.experiments.biographies.data import (
    DATASETS,
    as_long,
    check_file,
    people,
    six_sets,
)
from infonb.experiments.biographies.measures import (
    accuracy_by_stereotype,
    gaps,
    readable_gender,
)
from infonb.experiments.parameters import MAX_SEED
from infonb.experiments.texts import PAPER_TEXTS, Texts, tokenized
from infonb.parameters import parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Biographies"]


@dataclass(frozen=True)
class Biographies(Texts):
    """
    Biographies: what networks that tell an occupation know of the gender.

    Bansal, Pruthi and Belinkov (2022), section 4, Figure 4 (Bias in Bios, RoBERTa). An encoder is
    trained to tell the occupation from a biography. The training texts have the words that tell the
    gender, or have them scrubbed away; and they are as they come, with most people of one gender in
    an occupation, or balanced by leaving out or repeating some. Networks that go by the gender
    memorize a heuristic (hypothesis H1).
    """

    name, over = "biographies", "training_set"
    claim: ClassVar[str] = (
        "H1: a network that is trained on raw, unbalanced biographies has the lowest entropy, and "
        "the better the gender can be read from a network, the higher its mutual information."
    )
    rows = ROWS
    direction: ClassVar = -1
    PRESETS: ClassVar = {
        "paper": PAPER_TEXTS
        | {"model": "roberta-base", "dataset": "bias-in-bios", "seed": [0, 5, 26, 42, 63]}
        | {"n_train": 0, "n_validation": 2500, "max_length": 128, "n_occupations": 0},
    }

    n_train: int = parameter(800, "training texts before balancing; 0: all", minimum=0)
    n_validation: int = parameter(480, "validation texts; 0: all", minimum=0)
    max_length: int = parameter(64, "tokens of a text at most; the rest is cut off", minimum=3)
    epochs: int = parameter(10, "passes over the texts before balancing", minimum=1)
    depth: int = parameter(2, "blocks of a tiny encoder", minimum=1)
    seed: list[int] = parameter(
        [0, 1], "six networks for each seed", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    training_set: list[str] = parameter(
        list(LEVELS), "texts raw or scrubbed, genders original, subsampled or oversampled",
        choices=list(LEVELS), affects="selection", order=-1,
    )  # fmt: skip
    dataset: str = parameter(
        "biographies", "biographies: generated, offline; bias-in-bios; bug; or file",
        choices=list(DATASETS), order=-1,
    )  # fmt: skip
    folder: str = parameter(
        "", "where bias-in-bios or bug are, or a .csv with text, label, gender; empty: INFONB_DATA",
        affects="selection", order=-1,
    )  # fmt: skip
    n_occupations: int = parameter(
        12, "of the most frequent occupations; 0: all (biographies: 8)", minimum=0, order=-1
    )
    skew: float = parameter(
        0.9, "biographies: share of the usual gender in an occupation", minimum=0.5, maximum=1,
        order=-1,
    )  # fmt: skip
    opposite: float = parameter(
        0.1, "bug: sentences of the other gender in training, as a share of the usual ones",
        minimum=0, maximum=1, order=-1,
    )  # fmt: skip
    validation: str = parameter(
        "raw", "validation texts: raw, the same for all networks; or own, in the form of training",
        choices=["raw", "own"], order=-1,
    )  # fmt: skip
    permutations: int = parameter(
        5,
        "codes with permuted genders, for the null; 2 or more for its interval",
        minimum=0,
        affects="measures",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_file(self.dataset, self.folder)

    def prepare(self) -> None:
        """Find device, encoder and texts, and people of both genders for sets that are balanced."""
        super().prepare()
        balances = [level.split(" ")[1] for level in self.training_set]
        if balances[0] == "original" and (others := {*balances} - {"original"}):
            self._of(self.people(self.seeds[0]), f"raw {min(others)}", self.seeds[0])

    def people(self, seed: int) -> dict[str, xr.Dataset]:
        """Return the texts that the training sets are made of, and those for validation."""
        return people(
            self.dataset, folder=self.folder, n_train=self.n_train,
            n_validation=self.n_validation, n_occupations=self.n_occupations, skew=self.skew,
            opposite=self.opposite, mask="<mask>" if "roberta" in self.model else "[MASK]",
            seed=seed,
        )  # fmt: skip

    def texts(self, training_set: str, seed: int) -> dict[str, xr.Dataset]:
        """Return a training set, and validation texts with as many women as men everywhere."""
        return self._of(self.people(seed), training_set, seed)

    def data(self, training_set: str, seed: int) -> dict[str, xr.Dataset]:
        """
        Return the texts as numbers of tokens; a tiny encoder has the words of all six sets.

        A set that was made smaller is there several times: a pass is as long for all.
        """
        parts = self.people(seed)
        tokenizer, known = self.tokenizer(parts)
        found = self._of(parts, training_set, seed)
        found["train"] = as_long(found["train"], found["train"].attrs["n_pool"])
        return tokenized(found, tokenizer, self.max_length, known)

    def _of(self, parts: dict[str, xr.Dataset], level: str, seed: int) -> dict[str, xr.Dataset]:
        return six_sets(
            parts, level, pure=self.dataset == "bug", own=self.validation == "own", seed=seed
        )

    def fitting(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return the base's options, with as many steps for each training set as n_train gives."""
        options = super().fitting(level, seed, data)
        full = data["train"].attrs["n_pool"]
        epochs = max(1, round(options["epochs"] * full / data["train"].sizes["sample"]))
        return options | {"epochs": epochs}

    def measure(
        self, level: Any, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """
        Return the recording with its measures; labels and genders serve the metrics only.

        ``entropy`` and ``mutual_information`` in nats; ``compression`` of the gender with
        ``null_compression`` (permutation), ``tpr_gap`` and ``sufficiency_gap`` with their nulls,
        ``accuracy_of`` (stereotype); of BUG also ``gold_accuracy_of`` and ``gold_tpr_gap``.
        """
        run = super().measure(level, seed, model, data)
        run = run.assign(readable_gender(run, permutations=self.permutations, seed=seed))
        run = run.assign(gaps(run, seed=seed)).assign(accuracy_of=accuracy_by_stereotype(run))
        if "gold" in data:
            gold = self.record(level, seed, model, {"evaluation": data["gold"]})
            run["gold_accuracy_of"] = accuracy_by_stereotype(gold)
            run["gold_tpr_gap"] = gaps(gold, seed=seed)["tpr_gap"]
        return run

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the name of the data."""
        return super().finish(runs).assign_attrs(dataset=self.dataset)

    def ends(self, runs: xr.Dataset) -> tuple[str, str]:
        """Return the last training set and the first, in which the heuristic is the strongest."""
        levels = runs["training_set"].values.tolist()
        return levels[-1], levels[0]

    def answer(self, table: ClaimsTable, grid: xr.Dataset | None = None) -> str:
        """Return what the table says in plain sentences."""
        from infonb.experiments.biographies.answer import claims_words

        return claims_words(table)

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "The last block's states of the first token; entropy and MI in nats, Kendall's τ over "
            f"the training sets for each seed. {INTERVALS} The paper's numbers are those of "
            f"RoBERTa on Bias in Bios; here: {runs.attrs['model']} on {runs.attrs['dataset']}."
        )
