"""What the experiments on reviews share: texts that are generated, IMDb's, or a user's table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from infonb.experiments.experiment import absolute
from infonb.experiments.texts import Texts
from infonb.parameters import ParameterError

__all__ = ["TABLES", "Reviews", "check_dataset", "review_texts"]

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
    """Base of the experiments whose parameter ``dataset`` names reviews."""

    dataset: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dataset(self.dataset)

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
