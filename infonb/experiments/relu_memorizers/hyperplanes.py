"""Random hyperplanes: how many are needed, and how many units cover the points between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import ClaimsTable, Row, claims_table
from infonb.experiments.experiment import Experiment
from infonb.experiments.parameters import MAX_SEED
from infonb.experiments.relu_memorizers.data import images_of, part_of
from infonb.experiments.relu_memorizers.parameters import digits_of
from infonb.parameters import parameter

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RandomHyperplanes"]


@dataclass(frozen=True)
class RandomHyperplanes(Experiment):
    """
    Random hyperplanes: three layers that interpolate images.

    Dirksen, Finke and Genzel (2024): layer 1 has random hyperplanes; units of layer 2 cover the
    points of each class. How many hyperplanes are needed, and how many units of layer 2, depends on
    the images, and not on their number alone.
    """

    name, over = "random_hyperplanes", ("n_hyperplanes", "share")
    claim: ClassVar[str] = (
        "Enough random hyperplanes interpolate any images; the units behind them grow slower than "
        "the number of images."
    )

    dataset: str = parameter("digits", "digits, or mnist", choices=["digits", "mnist"])
    folder: str = parameter("", "where the files of mnist are", affects="selection")
    pair: str = parameter("", "two digits, such as 1 v 8: the first is covered; empty: all ten")
    bias: float = parameter(0.0, "offsets of the hyperplanes are uniform on ± this", minimum=0)
    n_hyperplanes: list[int] = parameter([100], "units of layer 1", minimum=1, affects="selection")
    share: list[int] = parameter(
        [100], "of the images, in per cent", minimum=1, maximum=100, affects="selection"
    )
    seed: list[int] = parameter(
        [0], "restarts: hyperplanes and order of points", minimum=0, maximum=MAX_SEED,
        affects="selection",
    )  # fmt: skip

    def prepare(self) -> None:
        """Find the files of the data set before anything is created."""
        images_of(self.dataset, self.folder)

    def data(self, level: tuple[int, int], seed: int) -> dict[str, xr.Dataset]:
        """Return the images, the same ones for every restart."""
        pair = digits_of(self.pair) if self.pair else None
        return {"train": part_of(images_of(self.dataset, self.folder), pair, level[1])}

    def train(
        self, level: tuple[int, int], seed: int, data: dict[str, xr.Dataset],
        checkpoint: Path | None = None, progress: bool | str = False,
    ) -> tuple[Any, None]:  # fmt: skip
        """Return the network, which is built at once."""
        from infonb.networks import random_hyperplane_memorizer

        images = data["train"]
        network = random_hyperplane_memorizer(
            images["input"], images["label"], n_hyperplanes=level[0], bias=self.bias, seed=seed
        )
        return network, None

    def measure(
        self, level: tuple[int, int], seed: int, model: Any, data: dict[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return numbers of the network: accuracy, whether it interpolates, widths, uncovered."""
        return xr.Dataset(
            {
                "accuracy": model.accuracy, "interpolates": float(model.interpolates),
                "width": float(model.width), "uncovered": float(model.uncovered),
                "class_width": ("covered", np.array(model.widths, dtype=float)),
                "n_images": float(data["train"].sizes["sample"]),
            },
            {"covered": model.classes},
        )  # fmt: skip

    def declared(self, runs: xr.Dataset) -> list[Row]:
        """Return the rows of all classes, or of two digits."""
        from infonb.experiments.relu_memorizers.claims import rows_of_hyperplanes

        return rows_of_hyperplanes(self.n_hyperplanes, self.share, self.published())

    def published(self) -> pd.DataFrame | None:
        """Return the published runs of the same levels: of MNIST, and where their file is here."""
        from infonb.experiments.relu_memorizers.published import published_runs

        if self.dataset != "mnist":
            return None
        return published_runs(self.pair, self.bias, self.n_hyperplanes, self.share)

    def claims(self, runs: xr.Dataset) -> ClaimsTable:
        """Return the table of the claims: each says itself along what it compares."""
        return claims_table(self.declared(runs), runs, "n_hyperplanes", "", each="restart")
