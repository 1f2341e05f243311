"""What the experiments on images of digits share: parameters, the MLP, its measures, the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from infonb.claims import INTERVALS, Compare, Rank, Row, entropy_in_rulers
from infonb.experiments.experiment import Experiment
from infonb.experiments.measuring import hidden_layers, information, shared_entropy
from infonb.experiments.parameters import (
    MAX_SEED,
    DeviceParameters,
    MeasureParameters,
    PresetParameters,
)
from infonb.experiments.published import Published
from infonb.parameters import ParameterError, ParameterSet, parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PAPER_SETTINGS", "Digits", "NetworkParameters", "information_rows"]

#: How many examples there are for training and for validation.
_SIZES = {
    "digits": {"n_train": 1297, "n_validation": 500},
    "mnist": {"n_train": 50_000, "n_validation": 10_000},
}

#: The settings of the paper (section 4, Colored MNIST) that both experiments share.
PAPER_SETTINGS: dict[str, Any] = {
    "dataset": "mnist",
    "width": 256,
    "depth": 3,
    "epochs": 500,
    "batch_size": 512,
    "learning_rate": 1e-3,
}


@dataclass(frozen=True)
class NetworkParameters(ParameterSet):
    """Parameters of data, network and training."""

    dataset: str = parameter(
        "digits", "digits (8 x 8, offline), mnist (14 x 14), or FILE.npz: images, labels"
    )
    seed: list[int] = parameter(
        [0, 1, 2], "one network for each seed", minimum=0, maximum=MAX_SEED, affects="selection"
    )
    n_train: int = parameter(0, "training examples; 0: all", minimum=0)
    n_validation: int = parameter(0, "validation examples; 0: all", minimum=0)
    width: int = parameter(64, "neurons in each hidden layer", minimum=2)
    depth: int = parameter(3, "hidden layers", minimum=1)
    epochs: int = parameter(40, "largest number of epochs", minimum=1)
    batch_size: int = parameter(128, "examples in a step", minimum=1)
    learning_rate: float = parameter(1e-3, "of Adam", minimum=0)
    penalty: float = parameter(0.0, "weight of the squared norm of all parameters", minimum=0)
    activations: str = parameter(
        "pre", "measure before (pre) or after (post) the ReLU", choices=["pre", "post"],
        affects="measures",
    )  # fmt: skip


@dataclass(frozen=True)
class Digits(MeasureParameters, DeviceParameters, NetworkParameters, PresetParameters, Experiment):
    """Base of the experiments that train the paper's MLP on images, for several levels."""

    symbol: ClassVar[str] = ""  # of the levels

    mi_neurons: int = parameter(
        0, "neurons drawn for MI in all layers together; 0: all", minimum=0, affects="measures"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = _SIZES.get(self.dataset)
        if sizes is None:
            if not self.dataset.endswith(".npz"):
                raise ParameterError(
                    "dataset must be 'digits', 'mnist', or the path of a file .npz with the "
                    f"arrays images and labels; not {self.dataset!r}."
                )
            return  # `prepare` counts its images
        for name, size in sizes.items():
            if getattr(self, name) > size:
                raise ParameterError(
                    f"{name} must be at most {size} for {self.dataset}; not {getattr(self, name)}. "
                    "0 takes all."
                )
        self.check_measured(self.n_validation or sizes["n_validation"], "validation examples")

    def prepare(self) -> None:
        """Find the device and the files of the data set, or download them, before all else."""
        self.check_device()
        if self.dataset != "digits":
            data = self.data(self.levels()[0], self.seeds[0])
            self.check_measured(data["evaluation"].sizes["sample"], "validation examples")

    @property
    def sizes(self) -> dict[str, Any]:
        """How many examples are taken of each part; None: all."""
        return {"n_train": self.n_train or None, "n_validation": self.n_validation or None}

    @property
    def layers(self) -> list[str]:
        """The layers that are recorded, before or after the ReLU."""
        return hidden_layers(self.depth, self.activations)

    def options(self, level: Any, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return ``n_outputs`` of the network and what else `infonb.fit` needs."""
        raise NotImplementedError

    def network(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return the MLP, which flattens the images."""
        from infonb.networks.mlp import MLP

        n_inputs = data["train"]["input"][0].size
        n_outputs = self.options(level, data)["n_outputs"]
        return MLP([n_inputs, *[self.width] * self.depth, n_outputs], seed=seed)

    def fitting(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return what `infonb.fit` is told: the parameters of training, and `options`."""
        options = {"penalty": self.penalty} | self.options(level, data)
        del options["n_outputs"]
        return options | {
            "epochs": self.epochs, "batch_size": self.batch_size,
            "learning_rate": self.learning_rate, "save_every": 10,
        }  # fmt: skip

    def record(
        self, level: Any, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return the activations of the validation examples, dims (layer, neuron, sample)."""
        from infonb.activations import record

        return record(model, data["evaluation"], layers=self.layers, progress=False)

    def measure(
        self, level: Any, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset]
    ) -> xr.Dataset:
        """Return the recording with ``entropy`` and ``mutual_information`` in nats."""
        recorded = self.record(level, seed, model, data)
        run = information(
            recorded, bins=self.bins, edges=self.edges, k=self.k, mi_samples=self.mi_samples,
            mi_neurons=self.mi_neurons,
        )  # fmt: skip
        return run.assign(self.switch_off(level, seed, model, data, run))

    def switch_off(
        self, level: float, seed: int, model: nn.Module, data: Mapping[str, xr.Dataset],
        run: xr.Dataset,
    ) -> dict[str, xr.DataArray]:  # fmt: skip
        """Return what becomes of the accuracy when neurons are switched off, if that is asked."""
        return {}

    def finish(self, runs: xr.Dataset) -> xr.Dataset:
        """Add the entropy in shared bins, if that is asked for."""
        runs = shared_entropy(runs, bins=self.bins, edges=self.edges)
        ours = type(self).data.__module__.startswith("infonb.")  # else images of the user's own
        return runs.assign_attrs(dataset=self.dataset if ours else self.name)

    def words(self, runs: xr.Dataset) -> str:
        """Return the caption of the table."""
        start, end = self.ends(runs)
        return (
            f"Differences from {self.symbol} = {start:g} to {self.symbol} = {end:g}, one for each "
            f"seed; entropy and MI in nats. {INTERVALS} The paper's numbers are those of MNIST, "
            f"read off its figures; here: {runs.attrs['dataset']}."
        )


def information_rows(entropy_sign: int, paper: Published) -> tuple[Row, ...]:
    """Return the claims on entropy, MI (which goes the other way), accuracy and ranking."""
    return (
        Compare(
            "median entropy {rises}", entropy_in_rulers, entropy_sign, paper=paper.of_entropy,
            subject="median entropy",
        ),
        Compare(
            "median mutual information {rises}", "mutual_information", -entropy_sign,
            paper=paper.of_information, subject="median mutual information",
        ),
        Compare(
            "validation accuracy falls", "final_validation_accuracy", -1, each=None,
            paper=paper.of_accuracy, limits=(0, 1),
        ),
        Rank(
            "{higher} mean entropy goes with better validation accuracy", entropy_in_rulers,
            -entropy_sign, paper=f"τ = {paper.tau_entropy:.2f}",
        ),
        Rank(
            "{higher} mean mutual information goes with better validation accuracy",
            "mutual_information", entropy_sign, paper=f"τ = {paper.tau_information:.2f}",
        ),
    )  # fmt: skip
