"""What the experiments on reviews share: texts that are generated, IMDb's, or a user's table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.claims import Compare
from infonb.experiments.before_training import against_null, before_training
from infonb.experiments.experiment import absolute
from infonb.experiments.texts import Texts
from infonb.parameters import ParameterError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["TABLES", "Reviews", "above_null", "check_dataset", "review_texts"]

#: Files of a user's own texts.
TABLES = (".csv", ".tsv")

#: How many reviews are generated: a fifth is for validation.
_GENERATED = 3000


def check_dataset(dataset: str) -> None:
    """Raise a ParameterError unless it names a data set or a table."""
    if dataset not in ("reviews", "imdb") and not dataset.lower().endswith(TABLES):
        raise ParameterError(
            "dataset must be 'reviews', 'imdb', or the path of a file .csv or .tsv with the "
            f"columns text and label; not {dataset!r}."
        )


def review_texts(dataset: str) -> xr.Dataset:
    """Return texts with true labels: ``text`` and ``label`` (sample)."""
    from infonb.data.language import generated_reviews, load_imdb, load_texts

    if dataset == "reviews":
        return generated_reviews(_GENERATED)
    return load_imdb("train") if dataset == "imdb" else load_texts(dataset)


class Reviews(Texts):
    """
    Base of the experiments whose parameter ``dataset`` names reviews.

    What is measured has a null, the same network before its training: ``null_entropy`` and
    ``null_mutual_information``, dims as those without null.
    """

    dataset: str
    spread: float  # of the first weights of a tiny encoder

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dataset(self.dataset)

    def prepare(self) -> None:
        """Find what is needed, and see that the texts of the highest level can be trained on."""
        super().prepare()
        # where labels follow a word, and all texts have words of one list, one class is left
        if (highest := max(self.levels())) != self.levels()[0]:
            self.texts(highest, self.seeds[0])

    def tiny(self) -> dict[str, Any]:
        """Return what a tiny encoder is made of: its sizes, and how far its first weights reach."""
        return super().tiny() | {"spread": self.spread}

    def measure(
        self, level: float, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return entropy and MI, and those of the network before it was trained."""
        run = super().measure(level, seed, model, data)
        how = repr((self.mi_neurons, self.bins, self.edges, self.k, self.mi_samples))
        null = before_training(
            self.network(level, seed, dict(data)), data["evaluation"],
            lambda network: super(Reviews, self).measure(level, seed, network, data), how,
        )  # fmt: skip
        return run.assign(null)

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if that is asked for, and the name of the data."""
        return super().finish(runs).assign_attrs(dataset=self.dataset)

    @classmethod
    def anchored(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return parameters whose paths are seen from any folder, also that of a table."""
        found = super().anchored(values)
        dataset = str(values.get("dataset", ""))
        is_file = dataset.lower().endswith(TABLES) and Path(dataset).expanduser().is_file()
        return found | ({"dataset": absolute(dataset)} if is_file else {})


def above_null(over: str, symbol: str, level: float) -> Compare:
    """Return the check that neurons tell more about each other than before the training."""
    return Compare(
        f"median mutual information ({symbol} = {level:g}) is above that before training (null)",
        lambda runs: against_null(runs, "mutual_information", **{over: level}), 1,
        over="training", between=("before", "after"),
    )  # fmt: skip
