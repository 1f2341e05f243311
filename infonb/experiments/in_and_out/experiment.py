"""In and out: which digits a network knows by heart, measured by leaving them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.claims import INTERVALS, Compare, Row, Within
from infonb.experiments.in_and_out.planting import ROLES, images_of, planted
from infonb.experiments.in_out import InOut
from infonb.experiments.parameters import DeviceParameters
from infonb.parameters import ParameterError, parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["InAndOut"]

#: How many images there are.
_MOST = {"digits": 1797, "mnist": 60_000}

_FULL: dict[str, Any] = {
    "dataset": "mnist", "n_clean": 6000, "n_wrong": 200, "n_pairs": 50, "n_copied": 20,
    "n_null": 400, "repeats": 25, "width": 384, "epochs": 60, "batch_size": 128,
    "learning_rate": 2e-3,
}  # fmt: skip


@dataclass(frozen=True)
class InAndOut(DeviceParameters, InOut):
    """
    In and out: which digits a network knows by heart.

    Feldman (2020); Feldman and Zhang (2020). Networks are trained with and without each sample:
    what they know of it only where they saw it, they have memorized. Some samples were planted, so
    that it is known what must come out: wrong labels, copies, samples that nobody trains on, and a
    second series of networks whose labels are all random.
    """

    name, over = "in_and_out", ("labels", "repeat", "fold")
    claim: ClassVar[str] = (
        "Outliers and mislabelled samples are memorized: a network is right on them only if they "
        "were in its training set. Typical samples are learnt from others."
    )
    PRESETS: ClassVar = {"full": _FULL}

    preset: str = parameter(
        "small", "small: the values below; full: 6,000 images of MNIST, for those left as they are",
        choices=["small", "full"], affects="selection", order=-2,
    )  # fmt: skip
    labels: list[str] = parameter(
        ["planted", "random"], "true labels but for the planted ones; or all of them random",
        choices=["planted", "random"], affects="selection", order=-1,
    )  # fmt: skip
    dataset: str = parameter("digits", "digits (8 x 8, offline) or mnist (14 x 14)",
                             choices=list(_MOST))  # fmt: skip
    n_clean: int = parameter(600, "samples with their true label", minimum=4)
    n_wrong: int = parameter(30, "samples with a wrong label", minimum=2)
    n_pairs: int = parameter(10, "wrong labels that two copies of a sample share", minimum=1)
    n_copied: int = parameter(5, "wrong labels that many copies of a sample share", minimum=1)
    copies: int = parameter(6, "how many copies", minimum=3)
    n_null: int = parameter(40, "samples that no network is trained on", minimum=2)
    width: int = parameter(96, "neurons in each of two hidden layers", minimum=2)
    epochs: int = parameter(50, "epochs", minimum=2)  # what is forgotten needs two
    batch_size: int = parameter(64, "samples in a step", minimum=1)
    learning_rate: float = parameter(1e-2, "of Adam", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        n, most = sum(self.numbers.values()), _MOST[self.dataset]
        if n > most:
            raise ParameterError(
                f"n_clean, n_wrong, n_pairs, n_copied and n_null need {n:,} different images; "
                f"{self.dataset} has {most:,}. Take a smaller n_clean, or dataset='mnist'."
            )
        seen = n - self.n_null + self.n_pairs + (self.copies - 1) * self.n_copied
        if self.folds > seen:
            raise ParameterError(
                f"folds must be at most the number of samples to train on, {seen:,}; not "
                f"{self.folds:,}."
            )
        if "planted" not in self.labels:
            raise ParameterError(
                f"labels must hold 'planted', with which random ones are compared; not "
                f"{list(self.labels)}."
            )

    @property
    def numbers(self) -> dict[str, int]:
        """How many different images there are of each role."""
        numbers = (self.n_clean, self.n_wrong, self.n_pairs, self.n_copied, self.n_null)
        return dict(zip(ROLES, numbers, strict=True))

    def prepare(self) -> None:
        """Find the device and the files of the data set before anything is created."""
        self.check_device()
        if self.dataset != "digits":
            self.examples(self.labels[0], self.seeds[0])

    def examples(self, labels: str, seed: int) -> xr.Dataset:
        """Return all samples; the same ones for every seed, so that their memorization compares."""
        images = images_of(self.dataset)
        return planted(images, self.numbers, copies=self.copies, labels=labels, seed=0)

    def network(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return an MLP with first weights of its own."""
        from infonb.networks import MLP

        train = data["train"]
        sizes = [train["input"][0].size, self.width, self.width, train.attrs["n_classes"]]
        return MLP(sizes, seed=self.own_seed(level, seed))

    def fitting(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return how all networks are trained, in an order of samples of their own."""
        return super().fitting(level, seed, data) | {
            "epochs": self.epochs, "batch_size": self.batch_size, "save_every": self.epochs,
            "learning_rate": self.learning_rate, "loss": "cross_entropy",
        }  # fmt: skip

    def scores(self, model: nn.Module, data: xr.Dataset) -> xr.Dataset:
        """Return the ``probability`` of the label, and whether it is the most probable one."""
        from scipy.special import softmax

        from infonb.training import predict

        probability = softmax(predict(model, data).astype(float), axis=1)
        label = data["label"].values
        its = probability[np.arange(label.size), label]
        return xr.Dataset(
            {
                "right": ("sample", (probability.argmax(axis=1) == label).astype(np.float32)),
                "probability": ("sample", its.astype(np.float32)),
            },
            {"sample": data["sample"].values},
        )

    def declared(self, runs: xr.Dataset) -> Sequence[Row]:
        """Return the rows: what the papers say, and what the plan says must come out."""
        return _ROWS

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        return (
            "Memorization by right or wrong: 1 is always right if seen, never if left out. One "
            "effect for each repeat, a division with trainings of its own. "
            + INTERVALS.replace("seeds", "repeats")
        )


def _planted(runs: xr.Dataset) -> xr.DataArray:
    """Return the memorization among planted labels, by repeat: (labels, seed, sample)."""
    mem = runs["mem"].sel(score="right", drop=True)
    there = [label for label in mem.labels.values if label == "planted"]
    return mem.sel(labels=there).assign_coords(role=_roles(mem))


def _roles(mem: xr.DataArray) -> tuple[str, np.ndarray]:
    return "sample", mem["role"].values.astype(object)


def _mean_of_clean(runs: xr.Dataset) -> xr.DataArray:
    """Return the mean memorization of the samples in the role clean: (labels, seed)."""
    mem = runs["mem"].sel(score="right", drop=True)
    return mem.isel(sample=np.flatnonzero(mem["role"].values == "clean")).mean("sample")


_ROWS: tuple[Row, ...] = (
    Within(
        "wrong labels are memorized more than true ones", _planted, 1,
        groups=("wrong", "clean"), paper="outliers and mislabelled samples",
    ),
    Compare(
        "samples with random labels are memorized more than with true ones", _mean_of_clean, 1,
        each=None, between=("planted", "random"), limits=(-1, 1), subject="memorization",
    ),
    Within(
        "a wrong label in many copies is memorized less than one alone", _planted, -1,
        groups=("copies", "wrong"),
    ),
    Within(
        "a wrong label in two copies is memorized less than one alone", _planted, -1,
        groups=("pair", "wrong"),
    ),
)  # fmt: skip
