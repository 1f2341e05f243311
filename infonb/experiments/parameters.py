"""Parameters that several experiments share: measures, the device, presets."""

from __future__ import annotations

from dataclasses import dataclass

from infonb.parameters import ParameterError, ParameterSet, parameter

__all__ = ["MAX_SEED", "DeviceParameters", "MeasureParameters", "PresetParameters"]

#: The largest seed that all generators take.
MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class MeasureParameters(ParameterSet):
    """The parameters of entropy and mutual information."""

    bins: int = parameter(100, "bins of the entropy", minimum=1, affects="measures")
    edges: str = parameter(
        "common", "range of the bins: common to a network, shared by all, or of each neuron",
        choices=["common", "shared", "neuron"], affects="measures",
    )  # fmt: skip
    k: int = parameter(
        3, "neighbours of the KSG estimator of mutual information", minimum=1, affects="measures"
    )
    mi_samples: int = parameter(
        0, "examples drawn for mutual information; 0: all", minimum=0, affects="measures"
    )

    def check_measured(self, n: int, what: str) -> None:
        """Raise unless `n` samples, called `what`, are enough for `mi_samples` and `k`."""
        if self.mi_samples > n:
            raise ParameterError(
                f"mi_samples must be at most the number of {what}, {n}; not {self.mi_samples}. "
                "0 takes all."
            )
        if self.k >= (self.mi_samples or n):
            most = "mi_samples" if self.mi_samples else f"the number of {what}"
            raise ParameterError(f"k must be below {most}, {self.mi_samples or n}; not {self.k}.")


@dataclass(frozen=True)
class DeviceParameters(ParameterSet):
    """Where networks are trained that are large enough for it to matter."""

    device: str = parameter(
        "cpu", "where networks are trained; auto: on a GPU if there is one",
        choices=["cpu", "cuda", "auto"],
    )  # fmt: skip

    def check_device(self) -> None:
        """Raise a ValueError if there is no such device here."""
        if self.device != "cpu":  # which needs no torch to know
            from infonb.training.device import choose_device

            choose_device(self.device)


@dataclass(frozen=True)
class PresetParameters(ParameterSet):
    """The parameter that opens the list of an experiment with presets."""

    preset: str = parameter(
        "small", "small: the values below; paper: the paper's, for those left as they are",
        choices=["small", "paper"], affects="selection", order=-2,
    )  # fmt: skip
